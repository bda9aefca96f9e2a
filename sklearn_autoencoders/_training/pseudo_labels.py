"""Probabilities of the classes that unlabeled samples are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.sources.splits import draw_by_content
from .._data.statistics.label_spreading import Spreading, with_masses
from .._data.statistics.neighbors import NeighborSearch
from .._data.statistics.scaling import Scaling
from .._inference.run import codes, encode, run
from .._utils.layout import Layout
from ..objectives._pseudo_labels import PseudoLabels
from ..objectives._supervised import log_loss
from .head_initialization import LOGISTIC, Formula, fit_logistic, scaled_to_unit

Array = NDArray[np.float64]

# Number of folds of the labeled samples.
_N_FOLDS = 5
# With more labels than this, the strength makes little difference, and is one.
_MAX_CROSS_VALIDATED = 2_000
# By how many standard errors a graph must be better than the regression.
_N_ERRORS = 1.5
# Weight of the log loss of graphs beside the rate of errors: it decides between equal rates.
_LOSS_WEIGHT = 1e-3
# Logarithms of smaller shares of a class are limited.
_MIN_SHARE = 1e-4
# With more samples than this, all pairs of them are not compared.
_MAX_SAMPLES = 200_000
# With more inputs than this, logistic regression is on the codes.
_MAX_INPUTS = 2_000


@dataclass(frozen=True)
class _Known:
    """The labeled samples that are not held out.

    Parameters
    ----------
    rows, weight, fold : ndarray of shape (n_labeled,)
        Positions, weights, and numbers of the folds, which are the same for copies.

    labels : ndarray of shape (n_labeled, n_classes)
        Probabilities of the classes.
    """

    rows: NDArray[np.intp]
    weight: Array
    fold: NDArray[np.intp]
    labels: Array

    @classmethod
    def of(cls, data: Data) -> _Known:
        """Return the labeled samples of positive weight.

        Weights of classes are not used: predicted labels get them in training.
        """
        rows, labels = data.labeled_positions, cast(Array, data.labels)
        weight = data.weight_or_ones
        held_out = () if data.held_out is None else data.held_out
        rows = rows[(weight[rows] > 0) & ~np.isin(rows, held_out)]
        fold = (_N_FOLDS * draw_by_content(data.X[rows], 0)).astype(np.intp)
        return cls(rows, weight[rows], fold, labels[rows])

    def tests(self) -> Iterator[NDArray[np.bool_]]:
        """Yield a mask of the samples of each fold, if there are others."""
        for number in np.unique(self.fold):
            if (self.fold != number).any():
                yield self.fold == number

    def score(self, log_odds: Array) -> float:
        """Return the rate of errors of predictions, and a little of their log loss."""
        errors = np.average(self._errors(log_odds), weights=self.weight)
        return float(errors + _LOSS_WEIGHT * self.mean(log_loss, log_odds))

    def mean(self, formula: Formula, log_odds: Array) -> float:
        """Return the mean loss of predictions."""
        losses = formula(torch.tensor(log_odds), torch.tensor(self.labels)).numpy()
        return float(np.average(losses, weights=self.weight))

    def is_better(self, log_odds: Array, others: Array) -> bool:
        """Return whether predictions have fewer errors than others, beyond noise."""
        gain = self._errors(others) - self._errors(log_odds)
        mean = np.average(gain, weights=self.weight)
        variance = np.average((gain - mean) ** 2, weights=self.weight)
        n_samples = max(self.weight.sum(), len(gain))
        return bool(mean > _N_ERRORS * np.sqrt(variance / n_samples))

    def _errors(self, log_odds: Array) -> Array:
        return (log_odds.argmax(axis=1) != self.labels.argmax(axis=1)).astype(np.float64)


@dataclass(frozen=True)
class _Prediction:
    """Logarithms of probabilities, up to a constant for each sample.

    Parameters
    ----------
    held_out : ndarray of shape (n_labeled, n_classes)
        Of labeled samples, each predicted without the labels of its fold.

    all : ndarray of shape (n_samples, n_classes)
        Of all samples.
    """

    held_out: Array
    all: Array


def with_pseudo_labels(
    part: PseudoLabels, model: Model, data: Data, rng: np.random.RandomState, uses_codes: bool
) -> Data:
    """Return the data with probabilities of the classes in place of missing labels.

    Parameters
    ----------
    part : PseudoLabels
        How they are found.

    model : Model
        Gives the scaling and, if `uses_codes`, the codes in which neighbors are also searched.

    data : Data
        Samples with labels, some of which are missing.

    rng : RandomState
        Draws the samples from which principal components of large data are computed.

    uses_codes : bool
        Whether the network was trained.

    Returns
    -------
    Data
        The data itself if no label is missing, or if there are too few for any to be held out.
    """
    part._validate_params()
    known, labels = _Known.of(data), cast(Array, data.labels)
    is_unknown = cast(NDArray[np.bool_], np.isnan(labels).any(axis=1))
    if not is_unknown.any() or len(np.unique(known.fold)) < 2:
        return data
    regression, graphs = _regression(model, data, known), list[_Prediction]()
    for space in _spaces(model, data, known, uses_codes):
        graphs += _spread(part, space, data, known, rng)
    found, source = _best(known, regression, graphs)
    filled = np.where(is_unknown[:, None], found, labels)
    filled, weight = _weighted(data, filled, is_unknown)
    return replace(data, labels=filled, label_weight=weight, pseudo_label_source=source)


def _best(known: _Known, regression: _Prediction, graphs: list[_Prediction]) -> tuple[Array, str]:
    """Return the probabilities of the regression, or the most likely classes of a graph; its name.

    The best graph is chosen if it has fewer held-out errors. Where no label arrives, the regression
    predicts.
    """
    probabilities: Array = np.exp(log_softmax(regression.all, axis=1))
    found = min(graphs, key=lambda each: known.score(each.held_out), default=regression)
    if not known.is_better(found.held_out, regression.held_out):
        return probabilities, "logistic_regression"
    likely: Array = np.eye(found.all.shape[1])[found.all.argmax(axis=1)]
    is_reached = np.ptp(found.all, axis=1, keepdims=True) > 0
    return np.where(is_reached, likely, probabilities), "label_spreading"


def _weighted(
    data: Data, labels: Array, is_unknown: NDArray[np.bool_]
) -> tuple[Array, Array | None]:
    r"""Return labels and weights of the samples, with the weights of the classes if there are any.

    .. math:: \sum_k w_k p_k \log q_k = \Bigl(\sum_k w_k p_k\Bigr) \sum_k p'_k \log q_k, \quad
        p'_k \propto w_k p_k

    The total weight is that of the samples: only then, a sample of weight two is two samples.
    """
    if data.label_weight is None:
        return labels, None
    own = data.weight_or_ones
    ratio = np.divide(data.label_weight, own, out=np.ones(len(own)), where=own > 0)
    chosen = labels.argmax(axis=1)
    of_class = np.ones(labels.shape[1])
    of_class[chosen[~is_unknown]] = ratio[~is_unknown]
    expected = labels @ of_class
    weight = np.where(is_unknown, own * expected, data.label_weight)
    weight *= own.sum() / weight.sum()
    return np.where(is_unknown[:, None], labels * of_class / expected[:, None], labels), weight


def _regression(model: Model, data: Data, known: _Known) -> _Prediction:
    """Return the predictions of logistic regression on the inputs, or on the codes."""
    function = codes if model.layout.n_inputs > _MAX_INPUTS else _inputs
    x = run(model, SampleDataset(model, Data(data.X[known.rows])), function).astype(np.float64)
    weight = data.weight_as_counts(known.rows)
    x, mean, scale = scaled_to_unit(x, weight)
    strengths = LOGISTIC.of_inputs if len(x) <= _MAX_CROSS_VALIDATED else (1.0,)
    tried = {strength: _held_out_logits(x, known, weight, strength) for strength in strengths}
    strength = min(strengths, key=lambda each: known.mean(LOGISTIC.loss, tried[each]))
    slopes, biases = fit_logistic(x, known.labels, weight, strength)
    parts = torch.tensor(slopes / scale), torch.tensor(biases - slopes @ mean / scale)

    def logits(network: Any, batch: Any) -> torch.Tensor:
        found = function(network, batch)
        weight, bias = (part.to(found) for part in parts)
        return found @ weight.T + bias

    found = run(model, SampleDataset(model, Data(data.X)), logits).astype(np.float64)
    return _Prediction(log_softmax(tried[strength], axis=1), log_softmax(found, axis=1))


def _held_out_logits(x: Array, known: _Known, weight: Array, strength: float) -> Array:
    """Return the logits of labeled samples, each predicted without the labels of its fold."""
    logits, folds = np.zeros_like(known.labels), ((~test, test) for test in known.tests())
    for test, found in LOGISTIC.held_out(x, known.labels, weight, strength, folds):
        logits[test] = found
    return logits


def _inputs(network: Any, batch: Any) -> torch.Tensor:
    return cast(torch.Tensor, batch.x)


def _spaces(
    model: Model, data: Data, known: _Known, uses_codes: bool
) -> list[tuple[Any, Layout, Scaling]]:
    """Return the samples, kinds of columns and scaling of each space of the neighbors."""
    if len(data.X) > _MAX_SAMPLES:
        return []
    center, scale = model.scaling.center, model.scaling.scale
    spaces = [(data.X, model.layout, model.scaling)]
    if (scale != scale[0]).any():
        spaces += [(data.X, model.layout, Scaling(center, np.ones_like(scale)))]
    if uses_codes:
        found = encode(model, data.X)
        n_codes = found.shape[1]
        spaces += [(found, Layout.of_numbers(n_codes), Scaling.identity(n_codes))]
    return spaces


def _spread(
    part: PseudoLabels,
    space: tuple[Any, Layout, Scaling],
    data: Data,
    known: _Known,
    rng: np.random.RandomState,
) -> list[_Prediction]:
    """Return the predictions of label spreading, also with the masses of the labeled classes."""
    own = data.weight_or_ones
    rows = np.flatnonzero(own)
    X, layout, scaling = space
    graph = NeighborSearch(part.n_neighbors)(X, rows, layout, scaling, rng, data.weight)
    spreading = Spreading.over(graph, rows, part.alpha)

    def shares(is_used: NDArray[np.bool_]) -> tuple[Array, Array]:
        weight = known.weight[is_used]
        found = spreading(known.labels[is_used], known.rows[is_used], weight)
        return found, with_masses(found, own, weight @ known.labels[is_used])

    held_out = np.zeros((2, *known.labels.shape))
    for test in known.tests():
        held_out[:, test] = [found[known.rows[test]] for found in shares(~test)]
    everything = shares(np.ones(len(known.rows), dtype=bool))
    return [_Prediction(_log(h), _log(a)) for h, a in zip(held_out, everything, strict=True)]


def _log(shares: Array) -> Array:
    logarithms: Array = np.log(np.maximum(shares, _MIN_SHARE))
    return logarithms
