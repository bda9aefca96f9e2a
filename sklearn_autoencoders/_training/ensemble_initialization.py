"""Initialization of an ensemble head: folds, regressions on the inputs, and intervals."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from .._data.batches import Data, SampleDataset
from .._data.model import Model
from .._data.sparse import as_dense
from .._data.splits import draw_by_content, has_many_copies
from .._inference.run import codes, run
from ..networks._ensemble_head import LIMIT, N_BINS, EnsembleHead
from ..networks._predictor import Predictor
from .head_initialization import (
    Array,
    Regression,
    regression_samples,
    scaled_to_unit,
)
from .number_intervals import intervals

# Number of members, each of which is trained on all folds but one.
N_MEMBERS = 8

# Number of standard errors of a correlation from which on missing values are informative.
_MIN_DEVIATIONS = 2.0


def draw_folds(X: NDArray[Any], weight: Array | None) -> NDArray[np.intp]:
    """Return the fold of each sample, the same for copies of a sample.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    ndarray of int of shape (n_samples,)
        A number below `N_MEMBERS`; -1 for samples on which all members are trained: those with many
        copies, and all samples if they would be in one fold.
    """
    draw = draw_by_content(X, 0)
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
    values, gaps = np.nan_to_num(labels), map(np.isnan, as_dense(labeled.X).T)
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
    used, weight, draw = regression_samples(data)
    samples = SampleDataset(model, Data(data.X[used]))
    x = run(model, samples, lambda network, batch: network.head.inputs(batch))
    x = x.astype(np.float64)
    labels, fold = cast(Array, data.labels)[used], cast(NDArray[np.intp], data.fold)[used]
    edges = intervals(x[:, model.layout.number_inputs.numpy()], weight, N_BINS)
    unit, mean, scale = scaled_to_unit(x, weight)
    strength = regression.best(unit, labels, weight, draw, regression.of_inputs)
    found = []  # slopes and biases for the unscaled inputs
    for member in range(N_MEMBERS):
        own = fold != member
        if np.isnan(labels[own]).all(axis=0).any():  # of several targets
            own = np.ones(len(fold), dtype=bool)
        weights, biases = regression.fit(unit[own], labels[own], weight[own], strength)
        found.append((weights / scale, biases - weights @ mean / scale))
    head = cast(EnsembleHead, cast(Predictor, model.network).head)
    slopes, offsets = (torch.tensor(np.array(part)) for part in zip(*found, strict=True))
    found_codes = run(model, samples, codes).astype(np.float64)
    head.start_at(slopes, offsets, edges, torch.tensor(_range(found_codes, weight)))


def _range(codes: Array, weight: Array) -> Array:
    """Return the limits of each component of the code."""
    mean = np.average(codes, axis=0, weights=weight)
    deviation = np.sqrt(np.average((codes - mean) ** 2, axis=0, weights=weight))
    return np.stack([mean - LIMIT * deviation, mean + LIMIT * deviation])
