"""What is learnt of an array before training: centre, scale and principal axes.

Every pass goes over the rows in chunks, in float64, so that a memory map stays on disk. Missing
values are left out of the centre and the scale and count as the centre afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

Array = NDArray[np.float64]

_CHUNK_CELLS = 2**18

# Quartile ranges between the quartiles and what is too far away to count.
_FENCE = 30.0


@dataclass(frozen=True)
class Scaling:
    """What the network sees of X: (X - center) / scale.

    Parameters
    ----------
    center : ndarray of shape (n_features,)
        Subtracted from every row.

    scale : ndarray of shape (n_features,)
        Divides every row.
    """

    center: Array
    scale: Array


def fit_scaling(X: NDArray[Any], weight: Array | None, kind: str | None) -> Scaling:
    """Return the centre and the scale of the columns.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Data, NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {"global", "feature", "robust"} or None
        One scale for all columns (the root mean variance), one for each (its standard deviation,
        or that with values beyond 30 quartile ranges moved there), or none.

    Returns
    -------
    Scaling
        Columns that do not vary have scale one.
    """
    n_features = X.shape[1]
    if kind is None:
        return Scaling(np.zeros(n_features), np.ones(n_features))
    if kind == "robust":
        X = _within_fences(X, weight)
    # In units of the largest value neither sums nor squares overflow or vanish.
    unit = np.maximum(np.fmax.reduce(X, axis=0), -np.fmin.reduce(X, axis=0)).astype(np.float64)
    unit[unit == 0] = 1.0
    mean, _ = _column_means(lambda rows: rows / unit, X, weight)
    variance, _ = _column_means(lambda rows: (rows / unit - mean) ** 2, X, weight)
    deviation = np.sqrt(variance)
    deviation[deviation <= 10 * np.finfo(X.dtype).eps * np.abs(mean)] = 0.0
    if kind == "global":
        largest = unit.max()
        root_mean = np.sqrt(np.mean((deviation * (unit / largest)) ** 2))
        scale = np.full(n_features, root_mean * largest)
    else:
        scale = deviation * unit
    return Scaling(mean * unit, np.where(scale > 0, scale, 1.0))


def _within_fences(X: NDArray[Any], weight: Array | None) -> NDArray[Any]:
    """Return X with values far from the quartiles moved nearer; as it is where these agree.

    Nearer fences would cut skewed columns, such as pixels, that are as they should be.
    """
    quartiles = [[weighted_quantile(values, q, weight) for values in X.T] for q in (0.25, 0.75)]
    low, high = np.array(quartiles)
    with np.errstate(over="ignore"):
        reach = _FENCE * (high - low)
        lowest = np.where(reach > 0, low - reach, -np.inf)
        highest = np.where(reach > 0, high + reach, np.inf)
        clipped: NDArray[Any] = np.clip(X, lowest, highest).astype(X.dtype)
    return clipped


def weighted_quantile(values: Array, share: float, weight: Array | None) -> float:
    """Return the least known value that this share of the weight does not exceed; NaN if none."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    weight = np.ones(known.sum()) if weight is None else weight[known]
    reached = np.cumsum(weight[order])
    place = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
    return float(values[known][order[place]])


def constants_of(X: NDArray[Any]) -> Array:
    """Return the value of every column that holds only one, and NaN for the others."""
    low, high = np.fmin.reduce(X, axis=0), np.fmax.reduce(X, axis=0)
    return np.where(low == high, low, np.nan).astype(np.float64)


def put_constants(rows: NDArray[Any], constants: Array) -> NDArray[Any]:
    """Return the rows, changed in place, with the values of the columns that hold only one."""
    is_constant = ~np.isnan(constants)
    rows[:, is_constant] = constants[is_constant]
    return rows


def explained_variance(
    X: NDArray[Any], reconstruction: NDArray[Any], weight: Array | None
) -> float:
    """Return one minus the squared error over the squared deviation from the column means."""
    residual = X / 2 - reconstruction / 2  # halved, since values near the largest float overflow
    unit = max(np.nanmax(np.abs(X)), np.nanmax(np.abs(residual)), np.finfo(X.dtype).tiny)
    mean, _ = _column_means(lambda rows: rows / unit, X, weight)
    deviation, count = _column_means(lambda rows: (rows / unit - mean) ** 2, X, weight)
    error, _ = _column_means(lambda rows: (rows / unit) ** 2, residual, weight)
    total, rest = deviation @ count, 4 * error @ count
    if total <= (10 * np.finfo(X.dtype).eps) ** 2 * (mean**2 @ count):
        return float(rest <= total)
    return float(1.0 - rest / total)


def _column_means(
    function: Callable[[Array], Array], X: NDArray[Any], weight: Array | None
) -> tuple[Array, Array]:
    """Return the means over the known cells of `function(rows)`, and their total weights."""
    total, count = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for chunk in _chunks(X):
        values = function(X[chunk].astype(np.float64))
        weights = np.ones(len(values)) if weight is None else weight[chunk]
        known = ~np.isnan(values)
        total += weights @ np.where(known, values, 0.0)
        count += weights @ known
    return total / np.where(count > 0, count, 1.0), count


def _chunks(X: NDArray[Any]) -> Iterator[slice]:
    yield from gen_batches(len(X), max(_CHUNK_CELLS // X.shape[1], 1))
