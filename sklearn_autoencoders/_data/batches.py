"""Training data and batches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._utils.batch import Batch, Carried
from .._utils.layout import Layout
from .._utils.rows import rows_of
from .model import Model, scaling_tensors, torch_dtype
from .neighbors import NeighborGraph
from .rows import FeatureRanges, RowSource
from .sources import EncodedSource, as_source
from .sparse import as_dense, has_nan


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

    def labeled(self) -> Data:
        """Return the samples with labels; all samples if there are no labels."""
        if self.labels is None:
            return self
        known = self.labeled_positions
        held_out = self.held_out
        if held_out is not None:
            held_out = np.flatnonzero(np.isin(known, held_out))
        weight = self.weight if self.label_weight is None else self.label_weight
        weight = None if weight is None else weight[known]
        index = known if self.index is None else self.index[known]
        fold = None if self.fold is None else self.fold[known]
        return Data(
            self.X[known],
            weight,
            None,
            held_out,
            labels=self.labels[known],
            index=index,
            fold=fold,
            pseudo_label_source=self.pseudo_label_source,
        )

    def thinned(self, n_samples: int) -> Data:
        """Return at most `n_samples` training samples, evenly spread."""
        kept = self.training_rows
        kept = kept[:: -(-len(kept) // n_samples)]
        weight, condition = (
            None if values is None else values[kept] for values in (self.weight, self.condition)
        )
        return Data(self.X[kept], weight, condition=condition)

    @property
    def training_weight(self) -> NDArray[np.float64] | None:
        """Sample weights, zero for validation samples."""
        if self.held_out is None:
            return self.weight
        weight = np.ones(len(self.X)) if self.weight is None else self.weight.copy()
        weight[self.held_out] = 0.0
        return weight

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


Corruptor = Callable[[Tensor], Tensor]


class SampleDataset(torch.utils.data.Dataset[Any]):
    """Dataset of samples from which whole batches are read.

    Only the samples of one batch are copied, so that a memory map stays on disk.

    Parameters
    ----------
    model : Model
        Gives the scaling, the device and the kind of target.

    data : Data
        The samples.

    dtype : torch.dtype or None, default=None
        Type of the batches; that of X by default.

    scaled : bool, default=False
        Whether X is already scaled, like latent codes.

    resident : bool, default=False
        Whether to move all samples to the model's device initially, instead of batch by batch.
    """

    _corruptor: Corruptor | None = None
    _known_weight = 1.0

    def __init__(
        self,
        model: Model,
        data: Data,
        dtype: torch.dtype | None = None,
        scaled: bool = False,
        resident: bool = False,
    ) -> None:
        self.dtype = torch_dtype(data.X.dtype) if dtype is None else dtype
        self._device, self._index = (device := model.device), data.index
        self._inputs = _source(data.X, device, resident)
        self._clean = None if data.clean is None else _source(data.clean, device, True)
        # the wider type, in which the center and the values neither lose digits nor overflow
        self._wide = torch.promote_types(self.dtype, torch_dtype(data.X.dtype))
        self._layout = Layout.of_numbers(0) if scaled else model.layout
        self._scaling = self._target_scaling = None
        if not scaled:
            self._scaling = scaling_tensors(model.scaling, device, self._wide)
            self._target_scaling = self._scaling
            if (target_scaling := model.target_scaling) is not model.scaling:
                self._target_scaling = scaling_tensors(target_scaling, device, self._wide)
        self.conditional_mean = None if scaled else model.conditional_mean(self.dtype)
        self._has_own_target = model.loss.unit_interval or not model.layout.is_numeric
        weight = None if data.weight is None else data.weight / data.mean_training_weight
        numbers = {"weight": weight, "condition": data.condition, "labels": data.labels}
        self._fields = {
            name: torch.tensor(array, device=device, dtype=self.dtype)
            for name, array in numbers.items()
            if array is not None
        }
        for name in ("fold", "chunk"):
            if getattr(data, name) is not None:
                self._fields[name] = torch.tensor(getattr(data, name), device=device)
        self._carried = data.carried
        self._has_missing, self._neighbors = data.has_missing, data.neighbors

    def corrupted_by(self, corruptor: Corruptor | None, known_weight: float = 1.0) -> SampleDataset:
        """Return these samples with a corruption applied to the input of the network.

        `known_weight` is the weight of the loss of values that the corruption does not hide.
        """
        samples = copy.copy(self)
        samples._corruptor, samples._known_weight = corruptor, known_weight
        return samples

    def __len__(self) -> int:
        """Return the number of samples."""
        return int(self._inputs.shape[0])

    def __getitems__(self, indices: Any) -> Batch:
        """Return a batch, for a list of positions or a slice."""
        raw = self._raw(indices)
        clean = raw if self._clean is None else self._read(self._clean, indices)
        fields = {name: tensor[indices] for name, tensor in self._fields.items()}
        index = indices if self._index is None else self._index[indices]
        neighbors = self._neighbors_among(indices)
        others = {"index": index, "neighbors": neighbors, "carried": self._carried}
        return self.batch(raw, clean, **others, **fields)

    def _neighbors_among(self, indices: Any) -> Tensor | None:
        if self._neighbors is None:
            return None
        return self._neighbors.pairs(indices).to(self._device, self.dtype)

    def batch(self, raw: Tensor, clean: Tensor, **others: Any) -> Batch:
        """Return a batch of raw inputs and clean targets, with additional fields."""
        corrupted = raw if self._corruptor is None else self._corruptor(raw)
        missing = corrupted.isnan() if self._may_miss else None
        x = self._filled(corrupted, missing)
        if clean is corrupted and not self._has_own_target and not self._has_missing:
            target = x
        else:
            target = self._scaled(clean, self._target_scaling)
        observed = (~clean.isnan()).to(self.dtype) if self._has_missing else None
        if self._known_weight != 1 and missing is not None:
            weights = torch.where(missing, 1.0, self._known_weight).to(self.dtype)
            observed = weights if observed is None else weights * observed
        find_mask = None if corrupted is raw else lambda: _differ(corrupted, raw)
        missing = None if missing is None else missing.to(self.dtype)
        return Batch(x, target, observed, missing=missing, find_mask=find_mask, **others)

    def largest_corruption(self, n_samples: int) -> float:
        """Return the largest change of a value of `n_samples` samples, in units of scale."""
        raw = self._raw(slice(0, n_samples))
        raw = raw.repeat(-(-n_samples // len(raw)), 1)
        corrupted = raw if self._corruptor is None else self._corruptor(raw)
        x, clean = (self._scaled(samples, self._scaling) for samples in (corrupted, raw))
        return float((x - clean).abs().max())

    def _raw(self, indices: Any) -> Tensor:
        return self._read(self._inputs, indices)

    def _read(self, source: Any, indices: Any) -> Tensor:
        return _as_tensor(source.take(indices)).to(self._device)

    def _scaled(self, cells: Tensor, scaling: tuple[Tensor, Tensor] | None) -> Tensor:
        """Return encoded samples in the units of the network."""
        if scaling is None:
            return cells.to(self.dtype)
        center, scale = scaling
        encoded = self._layout.encode(cells.to(self._wide))
        return self._without_nan((encoded - center).div_(scale).to(self.dtype))

    def _filled(self, cells: Tensor, missing: Tensor | None) -> Tensor:
        """Return encoded samples in the units of the network, with predictions where missing."""
        x = self._scaled(cells, self._scaling)
        if self.conditional_mean is None or missing is None:
            return x
        return self.conditional_mean(x, self._layout.of_inputs(missing))

    @property
    def _may_miss(self) -> bool:
        """Whether a value of the input can be missing."""
        return self._has_missing or self._corruptor is not None

    def _without_nan(self, x: Tensor) -> Tensor:
        return x.nan_to_num(nan=0.0) if self._may_miss else x


class _TensorSource:
    """Samples of a tensor on a device."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor, self.shape = tensor, tuple(tensor.shape)

    def take(self, indices: Any) -> Tensor:
        return self._tensor[indices]


def _source(X: Any, device: torch.device, resident: bool) -> Any:
    """Return a source of samples; if `resident` and dense, of a tensor on another device."""
    if not resident or device.type == "cpu" or isinstance(X, RowSource):
        return as_source(X)
    return _TensorSource(torch.from_numpy(np.array(X)).to(device))


def _differ(corrupted: Tensor, raw: Tensor) -> Tensor:
    """Return a mask of the values that differ; NaN equals NaN."""
    return (corrupted != raw) & ~(corrupted.isnan() & raw.isnan())


def _as_tensor(samples: Any) -> Tensor:
    """Return a tensor that shares the memory of an array, or a copy if it is read-only."""
    is_read_only = isinstance(samples, np.ndarray) and not samples.flags.writeable
    return torch.as_tensor(samples.copy() if is_read_only else samples)
