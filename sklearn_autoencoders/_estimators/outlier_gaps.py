"""Outlier scores of samples with missing values, made comparable with those of other samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._data.data import Data
from .._data.sources.ranges import find_ranges
from .._data.sources.sparse import as_dense
from .._data.statistics.scaling import weighted_quantile
from .._training.prototypes import different_rows

Array = NDArray[np.float64]

# Numbers of observed values for which errors are computed; others are interpolated.
_N_LEVELS = 9
# Minimum and maximum number of samples of each level, and maximum number of their values.
_MIN_ROWS, _MAX_ROWS, _N_VALUES = 64, 512, 2**17
# Quantiles of the errors, and the least difference of logarithms of two of them.
_QUANTILES, _MIN_STEP = (0.1, 0.25, 0.4, 0.5, 0.75, 0.9, 0.97), 1e-3
# Smallest error, as a fraction of the median of samples with the usual number of values.
_SMALLEST = 1e-3


def quantiles_of_errors(score: Callable[[Any], Array], data: Data, seed: int) -> Array:
    """Return quantiles by which errors of samples with missing values are comparable.

    The mean error of few values has another distribution than that of many: it varies more, and a
    prototype is found that is near to a few values. So the quantiles of the error are computed for
    each number of observed values, from held-out samples of which values are removed at random.

    Parameters
    ----------
    score : callable
        Maps samples to their scores, which are minus their errors.

    data : Data
        Held-out samples with values are used; all samples if none of these has any.

    seed : int
        Determines which samples are used and which values are removed.

    Returns
    -------
    ndarray of shape (n_features + 1, n_quantiles)
        Increasing logarithms, for each number of observed values. From the median number of the
        samples on, they are equal: samples with more values do not change.
    """
    rows = _rows_with_values(data)
    n_most = int(np.clip(_N_VALUES // data.X.shape[1], _MIN_ROWS, _MAX_ROWS))
    rows, weight = different_rows(data, rows, n_most, seed)
    X = as_dense(data.X[rows])
    n_observed = (~np.isnan(X)).sum(axis=1).astype(np.float64)
    usual = max(int(weighted_quantile(n_observed, 0.5, weight)), 1)
    levels = np.unique(np.geomspace(1, usual, _N_LEVELS).round().astype(int))
    found = _log_quantiles(_errors_of_levels(score, X, levels, seed), weight)
    numbers = np.log(np.arange(X.shape[1] + 1).clip(1, usual))
    return np.stack([np.interp(numbers, np.log(levels), part) for part in found.T], axis=1)


def _rows_with_values(data: Data) -> NDArray[np.intp]:
    """Return the positions of the held-out samples with values, or of all samples with values."""
    empty = (data.ranges or find_ranges(data.X)).empty_samples
    with_values = np.setdiff1d(np.arange(len(data.X)), empty)
    if data.held_out is None:
        return with_values
    held_out = np.intersect1d(data.held_out, with_values)
    return held_out if len(held_out) else with_values


def _errors_of_levels(
    score: Callable[[Any], Array], X: NDArray[Any], levels: NDArray[np.intp], seed: int
) -> Array:
    """Return errors of shape (n_levels, n_samples); NaN where a sample has too few values."""
    draws = np.random.RandomState(seed).uniform(size=X.shape)
    place = np.where(np.isnan(X), 2.0, draws).argsort(axis=1).argsort(axis=1)
    n_observed = (~np.isnan(X)).sum(axis=1)
    errors = np.full((len(levels), len(X)), np.nan)
    for own, level in zip(errors, levels, strict=True):
        some = n_observed >= level
        own[some] = -score(np.where(place[some] < level, X[some], np.nan).astype(X.dtype))
    return errors


def _log_quantiles(errors: Array, weight: Array) -> Array:
    """Return logarithms of quantiles of the errors of each level, of shape (n_levels, n)."""
    tiny, largest = np.finfo(np.float64).tiny, np.finfo(np.float64).max
    typical = weighted_quantile(errors[-1], 0.5, weight)
    logs = np.log(np.clip(errors, max(_SMALLEST * np.nan_to_num(typical), tiny), largest))
    found = np.array([[weighted_quantile(own, at, weight) for at in _QUANTILES] for own in logs])
    least = _MIN_STEP * np.arange(len(_QUANTILES))
    increasing: Array = np.maximum.accumulate(found - least, axis=1) + least
    return increasing
