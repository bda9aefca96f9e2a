"""Rows to judge by, and what their scores say of others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Scores that are kept of held-out rows.
_N_KEPT = 4096


def draw_by_content(X: Array, seed: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for every row, the same for the same row in every call.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows, NaN where a value is missing.

    seed : int
        Another one gives other numbers.

    Returns
    -------
    ndarray of shape (n_samples,)
        As if drawn at random. Copies of a row get the same.
    """
    mixed = np.full(len(X), seed, dtype=np.uint64)
    for column in X.T:
        mixed ^= (np.nan_to_num(column.astype(np.float64)) + 0.0).view(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)  # the mixing of splitmix64 (Steele et al., 2014)
    return np.ldexp((mixed >> np.uint64(11)).astype(np.float64), -53)


def weighted_quantile(values: Array, share: float, weight: Array | None) -> float:
    """Return the least known value that this share of the weight does not exceed."""
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    weight = np.ones(known.sum()) if weight is None else weight[known]
    reached = np.cumsum(weight[order])
    place = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
    return float(values[known][order[place]])


def keep_some(values: Array, n_values: float, more: Array, rng: np.random.RandomState) -> Array:
    """Return a sorted sample of values and of more values.

    Parameters
    ----------
    values : ndarray of shape (n_kept,)
        A sample of those before.

    n_values : float
        How many there were.

    more : ndarray of shape (n_more,)
        The new ones.

    rng : RandomState
        Chooses.

    Returns
    -------
    ndarray of shape (at most 4096,)
        Every value that ever was has about the same chance to be among them.
    """
    share = len(more) / (n_values + len(more))
    n_new = min(len(more), math.ceil(_N_KEPT * share))
    n_old = min(len(values), _N_KEPT - n_new)
    kept = [rng.choice(v, n, replace=False) for v, n in ((values, n_old), (more, n_new))]
    return np.sort(np.concatenate(kept))


def fence(values: Array) -> float:
    """Return Tukey's upper fence of positive values, on their logarithms [1]_.

    .. [1] J. W. Tukey, "Exploratory Data Analysis", 1977.
    """
    logs = np.log(np.maximum(values, np.finfo(np.float64).tiny))
    low, high = np.quantile(logs, [0.25, 0.75])
    return float(np.exp(high + 1.5 * (high - low)))
