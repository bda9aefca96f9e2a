"""The training samples of a fit, and what belongs to each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.batch import Carried
from .._utils.layout import Layout
from .._utils.rows import rows_of
from .sources.arrays import EncodedSource
from .sources.ranges import find_ranges
from .sources.rows import FeatureRanges, RowSource
from .sources.sparse import as_dense, has_nan
from .sources.splits import draw_held_out
from .statistics.neighbors import NeighborGraph

# Fields that contain one row, or one value, for each sample.
_PER_SAMPLE = (
    "X",
    "weight",
    "clean",
    "condition",
    "labels",
    "label_weight",
    "index",
    "fold",
    "chunk",
)


@dataclass(frozen=True)
class Data:
    """Training samples.

    Parameters
    ----------
    X : ndarray or RowSource of shape (n_samples, n_features)
        Input of the network, in the user's units; NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None, default=None
        Sample weights.

    clean : ndarray or RowSource of shape (n_samples, n_features) or None, default=None
        What the network is to reconstruct, if not X itself.

    held_out : ndarray of shape (n_held_out,) or None, default=None
        Positions of the validation samples.

    condition : ndarray of shape (n_samples, n_conditions) or None, default=None
        Further input of the network, of mean zero.

    effect : ndarray of shape (n_conditions, n_features) or None, default=None
        What the condition adds to the feature means, in the user's units.

    labels : ndarray of shape (n_samples, n_outputs) or None, default=None
        What a head is to predict, NaN where that is unknown.

    label_weight : ndarray of shape (n_samples,) or None, default=None
        Sample weights for the training on labels, if they differ from `weight`.

    index : ndarray of shape (n_samples,) or None, default=None
        Positions of the samples in the user's X, if some were dropped.

    fold : ndarray of int of shape (n_samples,) or None, default=None
        The member of an ensemble head that is not trained on the sample; -1 for none.

    chunk : ndarray of int of shape (n_samples,) or None, default=None
        Numbers of parts of texts, if they are read in order; consecutive for parts of a text.

    carried : Carried or None, default=None
        What a causal network keeps between batches of these parts.

    ranges, clean_ranges : FeatureRanges or None, default=None
        Ranges of the features of `X` and of `clean`, once they are known.

    partial : bool, default=False
        Whether further samples may follow, as in `partial_fit`.

    neighbors : NeighborGraph or None, default=None
        Nearest neighbors of the training samples.

    pseudo_label_source : str or None, default=None
        Name of the model that predicted some of the labels from others, if any.
    """

    X: NDArray[Any] | RowSource
    weight: NDArray[np.float64] | None = None
    clean: NDArray[Any] | RowSource | None = None
    held_out: NDArray[np.intp] | None = None
    condition: NDArray[Any] | None = None
    effect: NDArray[np.float64] | None = None
    labels: NDArray[np.float64] | None = None
    label_weight: NDArray[np.float64] | None = None
    index: NDArray[np.intp] | None = None
    fold: NDArray[np.intp] | None = None
    chunk: NDArray[np.intp] | None = None
    carried: Carried | None = None
    ranges: FeatureRanges | None = None
    clean_ranges: FeatureRanges | None = None
    partial: bool = False
    neighbors: NeighborGraph | None = None
    pseudo_label_source: str | None = None

    @property
    def training_rows(self) -> NDArray[np.intp]:
        """Positions of the samples that are not held out."""
        rows = np.arange(len(self.X))
        return rows if self.held_out is None else np.delete(rows, self.held_out)

    @property
    def target(self) -> Any:
        """The values that the network reconstructs."""
        return self.X if self.clean is None else self.clean

    @property
    def target_ranges(self) -> FeatureRanges:
        """Ranges of the features of the target."""
        ranges = self.ranges if self.clean is None else self.clean_ranges
        assert ranges is not None
        return ranges

    def residual(self, layout: Layout) -> Any:
        """Return the encoded target minus the effect of the condition."""
        condition, effect = self.condition, self.effect
        if not layout.is_numeric:
            return EncodedSource(self.target, layout, condition, effect)
        if condition is None or effect is None:
            return self.target
        if isinstance(self.target, RowSource):
            return EncodedSource(self.target, layout, condition, effect)
        return self.target - condition @ effect

    @property
    def has_missing(self) -> bool:
        """Whether any value of X or of the target is missing."""
        if self.ranges is None:
            return has_nan(self.X) or (self.clean is not None and has_nan(self.clean))
        return self.ranges.has_missing or self.target_ranges.has_missing

    def is_one_batch(self, batch_size: int) -> bool:
        """Whether a batch contains all training samples, for which one random draw is then used."""
        n_held_out = 0 if self.held_out is None else len(self.held_out)
        return batch_size >= len(self.X) - n_held_out

    def of(self, values: Any) -> Any:
        """Return the user's values, one for each sample of X, of the samples that are used."""
        if values is None or self.index is None:
            return values
        return rows_of(values, self.index)

    def some_values(self, y: Any) -> list[Any]:
        """Return the number of samples, some of them with what belongs to them, and all of y."""
        rows = np.linspace(0, len(self.X) - 1, min(len(self.X), 100)).astype(np.intp)
        clean = None if self.clean is None else as_dense(self.clean[rows])
        y = None if y is None else np.asarray(y)
        return [len(self.X), as_dense(self.X[rows]), clean, self.weight, y]

    @property
    def labeled_positions(self) -> NDArray[np.intp]:
        """Positions of the samples with at least one label."""
        assert self.labels is not None
        return np.flatnonzero(~np.isnan(self.labels).all(axis=1))

    @property
    def has_unlabeled(self) -> bool:
        """Whether some samples have no label."""
        return len(self.labeled_positions) < len(self.X)

    @property
    def feature_ranges(self) -> FeatureRanges:
        """Ranges of the features, for which X is only read if they are not known."""
        return find_ranges(self.X) if self.ranges is None else self.ranges

    @property
    def reference_rows(self) -> Any:
        """Positions of the held-out samples, or of all samples if none is held out."""
        return slice(None) if self.held_out is None else self.held_out

    @property
    def validation(self) -> tuple[Any, NDArray[np.float64] | None]:
        """The held-out samples, or all samples if none is held out, and their weights."""
        rows = self.reference_rows
        return self.X[rows], None if self.weight is None else self.weight[rows]

    def take(self, positions: NDArray[np.intp]) -> Data:
        """Return the samples at some positions, with what belongs to each of them.

        If samples are held out, the positions must be increasing.
        """
        parts = {name: getattr(self, name) for name in _PER_SAMPLE}
        taken: dict[str, Any] = {
            name: values[positions] for name, values in parts.items() if values is not None
        }
        if self.held_out is not None:
            taken["held_out"] = np.flatnonzero(np.isin(positions, self.held_out))
        if self.index is None:
            taken["index"] = positions
        return replace(self, **taken, ranges=None, clean_ranges=None, neighbors=None, carried=None)

    def labeled(self) -> Data:
        """Return the samples with labels, and their weights in the training on labels.

        All samples are returned if there are no labels.
        """
        if self.labels is None:
            return self
        weight = self.weight if self.label_weight is None else self.label_weight
        data = replace(self, weight=weight, label_weight=None, clean=None, clean_ranges=None)
        return data.take(self.labeled_positions) if self.has_unlabeled else data

    def thinned(self, n_samples: int) -> Data:
        """Return at most `n_samples` training samples, evenly spread."""
        kept = self.training_rows
        some = replace(self, clean=None, clean_ranges=None, held_out=None)
        return some.take(kept[:: -(-len(kept) // n_samples)])

    def with_validation(self, fraction: float, rng: np.random.RandomState) -> Data:
        """Return these samples with a random fraction of them held out for validation."""
        return replace(self, held_out=draw_held_out(len(self.X), fraction, rng))

    @property
    def weight_or_ones(self) -> NDArray[np.float64]:
        """Sample weights; ones if there are none."""
        return np.ones(len(self.X)) if self.weight is None else self.weight

    def weight_as_counts(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the weights of some samples, multiplied so that their mean is at least one."""
        weight = self.weight_or_ones[rows]
        return weight / min(float(weight.mean()), 1.0)

    @property
    def training_weight(self) -> NDArray[np.float64] | None:
        """Sample weights, zero for validation samples."""
        if self.held_out is None:
            return self.weight
        weight = self.weight_or_ones.copy()
        weight[self.held_out] = 0.0
        return weight

    @property
    def training_counts(self) -> NDArray[np.float64] | None:
        """The training weights, multiplied so that their sum is `n_samples`."""
        weight = self.training_weight
        return None if weight is None else weight * float(self.n_samples / weight.sum())

    @property
    def mean_training_weight(self) -> float:
        """Mean weight of the training samples."""
        if self.weight is None:
            return 1.0
        weight = self.weight if self.held_out is None else np.delete(self.weight, self.held_out)
        return float(weight.mean())

    @property
    def n_samples(self) -> float:
        """Number of training samples, or their total weight if that is larger."""
        weight = self.training_weight
        return len(self.X) if weight is None else max(float(weight.sum()), (weight > 0).sum())
