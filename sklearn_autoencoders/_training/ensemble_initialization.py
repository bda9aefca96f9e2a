"""Initialization of an ensemble head: folds, regressions on the inputs, and intervals."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.sources.arrays import map_in_chunks
from .._data.sources.ranges import find_ranges
from .._data.sources.rows import FeatureRanges
from .._data.sources.splits import draw_by_content, has_many_copies
from .._inference.run import codes, run
from ..networks._models.ensemble_head import FAR_LIMIT, LIMIT, N_BINS, EnsembleHead
from ..networks._models.predictor import Predictor
from .head_initialization import (
    Array,
    Regression,
    regression_samples,
    scaled_to_unit,
)
from .number_intervals import intervals
from .repeated_values import few_values

# Number of members, each of which is trained on all folds but one.
N_MEMBERS = 8

# Number of standard errors of a correlation from which on missing values are informative.
_MIN_DEVIATIONS = 2.0


def draw_folds(
    X: NDArray[Any], weight: Array | None, ranges: FeatureRanges | None = None
) -> NDArray[np.intp]:
    """Return the fold of each sample, the same for copies of a sample.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    ranges : FeatureRanges or None, default=None
        Ranges of the features, if they are known.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        A number below `N_MEMBERS`; -1 for samples on which all members are trained: those with many
        copies, and all samples if they would be in one fold.
    """
    draw = draw_by_content(X, 0, find_ranges(X) if ranges is None else ranges)
    fold = (N_MEMBERS * draw).astype(np.intp)
    fold[has_many_copies(draw, weight)] = -1
    return fold if (fold != fold[0]).any() else np.full(len(X), -1)


def columns_with_gaps(data: Data) -> tuple[int, ...]:
    """Return the columns whose missing values tell something of the labels.

    These are the ones whose indicator of missing values is correlated with a label by more than
    `_MIN_DEVIATIONS` standard errors: others would only add noise.

    Parameters
    ----------
    data : Data
        Training samples with labels.

    Returns
    -------
    tuple of int
        Indices of columns.
    """
    if not data.has_missing:
        return ()
    labeled = data.labeled()
    labels, weight = cast(Array, labeled.labels), labeled.training_weight
    weights = ~np.isnan(labels) * (1.0 if weight is None else weight[:, None])
    values, gaps = np.nan_to_num(labels), map_in_chunks(np.isnan, labeled.X).T
    return tuple(
        column
        for column, gap in enumerate(gaps)
        if gap.any() and _are_correlated(gap[:, None], values, weights)
    )


def _are_correlated(gap: NDArray[np.bool_], values: Array, weights: Array) -> bool:
    """Return whether an indicator is correlated with any column of values, beyond noise."""
    n = weights.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        centered = values - (weights * values).sum(axis=0) / n
        share = (gap * weights).sum(axis=0) / n
        covariance = (gap * weights * centered).sum(axis=0) / n
        variance = share * (1 - share) * (weights * centered**2).sum(axis=0) / n
        return bool((n * covariance**2 > _MIN_DEVIATIONS**2 * variance).any())


def start_at_regressions(model: Model, data: Data, regression: Regression) -> None:
    """Initialize each member by a regression on the inputs of the samples of the other folds.

    Parameters
    ----------
    model : Model
        The model. The head of its network is modified in place.

    data : Data
        Labeled samples with folds. Held-out samples are not used.

    regression : Regression
        The regression.
    """
    head = cast(EnsembleHead, cast(Predictor, model.network).head)
    _set_repeated(head, model, data)
    used, weight, draw = regression_samples(data)
    samples = SampleDataset(model, Data(data.X[used]))
    head.limit.fill_(FAR_LIMIT)
    x = run(model, samples, lambda network, batch: network.head.inputs(batch))
    x = x.astype(np.float64)
    labels, fold = cast(Array, data.labels)[used], cast(NDArray[np.intp], data.fold)[used]
    numbers = model.layout.number_inputs.numpy()
    read = numbers if head.has_vectors else numbers[:0]
    edges = intervals(x[:, read].clip(-LIMIT, LIMIT), weight, N_BINS)
    given = {"labels": labels, "weight": weight, "draw": draw}
    choose = partial(regression.best, **given, strengths=regression.of_inputs)
    x, strength, limit = _best_inputs(x, numbers, head.repeated.n_outputs, weight, choose)
    head.limit.fill_(limit)
    unit, mean, scale = scaled_to_unit(x, weight)
    found = []  # slopes and biases for the unscaled inputs
    for member in range(N_MEMBERS):
        own = fold != member
        if np.isnan(labels[own]).all(axis=0).any():  # of several targets
            own = np.ones(len(fold), dtype=bool)
        weights, biases = regression.fit(unit[own], labels[own], weight[own], strength)
        found.append((weights / scale, biases - weights @ mean / scale))
    slopes, offsets = (torch.tensor(np.array(part)) for part in zip(*found, strict=True))
    found_codes = run(model, samples, codes).astype(np.float64)
    head.start_at(slopes, offsets, edges, torch.tensor(_range(found_codes, weight)))


def _best_inputs(
    x: Array, numbers: NDArray[np.intp], n_repeated: int, weight: Array, choose: Any
) -> tuple[Array, float, float]:
    """Return the inputs of the lowest loss, the strength of the penalty and the limit of numbers.

    Inputs without indicators of repeated values have zeros instead.
    """
    is_far = bool(np.abs(x[:, numbers]).max(initial=0.0) > LIMIT)
    limits = (LIMIT, FAR_LIMIT) if is_far else (LIMIT,)

    def found(limit: float, n_left_out: int) -> tuple[float, float, float, int]:
        own, _, _ = scaled_to_unit(_limited(x, numbers, limit, n_left_out), weight)
        return *choose(own), limit, n_left_out

    best = min(found(limit, n_repeated) for limit in limits)
    if n_repeated:
        best = min(best, found(best[2], 0))
    _, strength, limit, n_left_out = best
    return _limited(x, numbers, limit, n_left_out), strength, limit


def _limited(x: Array, numbers: NDArray[np.intp], limit: float, n_left_out: int) -> Array:
    """Return inputs with limited numbers, the last ones of which are zero."""
    x = x.copy()
    x[:, numbers] = x[:, numbers].clip(-limit, limit)
    x[:, x.shape[1] - n_left_out :] = 0.0
    return x


def _set_repeated(head: EnsembleHead, model: Model, data: Data) -> None:
    """Set the values of which the regressions have indicators."""
    numbers, scaling = head.repeated.numbers, model.scaling
    if not numbers:
        return
    values, _ = few_values(data, model.layout.numbers.numpy()[numbers])
    places = model.layout.number_inputs.numpy()[numbers]
    scaled = [
        torch.from_numpy((own - scaling.center[place]) / scaling.scale[place])
        for own, place in zip(values, places, strict=True)
    ]
    head.repeated.start_at(scaled)


def _range(codes: Array, weight: Array) -> Array:
    """Return the limits of each component of the code."""
    mean = np.average(codes, axis=0, weights=weight)
    deviation = np.sqrt(np.average((codes - mean) ** 2, axis=0, weights=weight))
    return np.stack([mean - LIMIT * deviation, mean + LIMIT * deviation])
