"""Rows to judge by, and what their scores say of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Scores that are kept of held-out rows.
_N_KEPT = 4096


def repeated(values: Array, weight: Array | None) -> Array:
    """Return a sorted sample of values, each as often as its weight says, at most 4096."""
    if weight is None:
        return np.sort(values)
    order, n = np.argsort(values, kind="stable"), round(float(weight.sum()))
    if (weight != np.round(weight)).any():
        n = max(n, len(values))  # weights that sum to one, say, are no reason to forget values
    reached = np.cumsum(weight[order])
    places = (np.arange(min(n, _N_KEPT)) + 0.5) / min(n, _N_KEPT) * reached[-1]
    return values[order][np.searchsorted(reached, places)]


def keep_some(values: Array, n_values: int, more: Array, rng: np.random.RandomState) -> Array:
    """Return a sorted sample of values and of more values.

    Parameters
    ----------
    values : ndarray of shape (n_kept,)
        A sample of those before.

    n_values : int
        How many there were.

    more : ndarray of shape (n_more,)
        The new ones.

    rng : RandomState
        Chooses; another one for every call.

    Returns
    -------
    ndarray of shape (at most 4096,)
        Every value that ever was has the same chance to be among them.
    """
    n_kept = min(_N_KEPT, n_values + len(more))
    n_new = rng.hypergeometric(len(more), n_values, n_kept) if n_kept else 0
    parts = ((values, n_kept - n_new), (more, n_new))
    return np.sort(np.concatenate([rng.choice(v, n, replace=False) for v, n in parts if n]))


def border(values: Array, at: float, share: float, weight: Array | None) -> float:
    """Return a threshold above or below a value, whichever leaves nearer to a share below it.

    It is midway to the next value, so that rounding errors do not cross it.
    """
    below = np.average(values < at, weights=weight)
    up_to = np.average(values <= at, weights=weight)
    if below == up_to:
        return at
    is_above = abs(up_to - share) <= abs(below - share)
    beyond = values[values > at] if is_above else -values[values < at]
    sign = 1.0 if is_above else -1.0
    step = beyond.min() - sign * at if len(beyond) else 2e-6 * abs(at)
    return float(at + sign * step / 2)


def fence(values: Array) -> float:
    """Return Tukey's upper fence of positive values, on their logarithms [1]_.

    .. [1] J. W. Tukey, "Exploratory Data Analysis", 1977.
    """
    logs = np.log(np.maximum(values, np.finfo(np.float64).tiny))
    low, high = np.quantile(logs, [0.25, 0.75])
    # of equal values it is not below them, however logarithms are rounded
    return float(np.exp(high + 1.5 * (high - low)) * (1 + 1e-9))
