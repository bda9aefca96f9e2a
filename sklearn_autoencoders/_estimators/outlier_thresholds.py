"""Thresholds of outlier scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Maximum number of held-out scores that are kept.
_N_KEPT = 4096
# Distance of the fence from the median, in differences between the median and the lower quartile,
# and the least of these, in differences between the upper quartile and the median: many values of
# the lower half can be equal.
_FENCE, _MIN_WIDTH = 4.5, 0.25
# The width that few scores typically have, and as how many scores it counts.
_TYPICAL_WIDTH, _N_TYPICAL = 0.25, 10
# From this number of scores on, the threshold is at most the largest of them.
_N_FOR_LARGEST = 25
# Fraction of the scores from which on equal ones are those of a frequent combination of values.
_FREQUENT = 1 / 100
# Logarithms that are equal after rounding to this number of decimals are those of equal samples.
_DECIMALS = 5
# Values of which the differences of logarithms are compared; errors can be infinite.
_LARGEST = 1e300


def repeat_by_weight(values: Array, weight: Array | None) -> Array:
    """Return sorted values, each repeated in proportion to its weight, at most 4096 of them."""
    if weight is None:
        return np.sort(values)
    order, n = np.argsort(values, kind="stable"), round(float(weight.sum()))
    if (weight != np.round(weight)).any():
        n = max(n, len(values))  # weights may be normalized to sum to one
    reached = np.cumsum(weight[order])
    places = (np.arange(min(n, _N_KEPT)) + 0.5) / min(n, _N_KEPT) * reached[-1]
    return values[order][np.searchsorted(reached, places)]


def sample_stream(values: Array, n_values: int, more: Array, rng: np.random.RandomState) -> Array:
    """Return a sorted uniform sample of the values of a stream.

    Parameters
    ----------
    values : ndarray of shape (n_kept,)
        A uniform sample of the previous values.

    n_values : int
        Number of previous values.

    more : ndarray of shape (n_more,)
        New values.

    rng : RandomState
        Source of random numbers; a different one for each call.

    Returns
    -------
    ndarray of shape (at most 4096,)
        Every value of the stream has the same probability of being in it.
    """
    n_kept = min(_N_KEPT, n_values + len(more))
    n_new = rng.hypergeometric(len(more), n_values, n_kept) if n_kept else 0
    parts = ((values, n_kept - n_new), (more, n_new))
    return np.sort(np.concatenate([rng.choice(v, n, replace=False) for v, n in parts if n]))


def midpoint_threshold(values: Array, at: float, fraction: float, weight: Array | None) -> float:
    """Return a threshold just above or below a value, with about a fraction of the values below it.

    It is the midpoint to the next value, so that rounding errors do not matter.
    """
    below = np.average(values < at, weights=weight)
    up_to = np.average(values <= at, weights=weight)
    if below == up_to:
        return at
    is_above = abs(up_to - fraction) <= abs(below - fraction)
    beyond = values[values > at] if is_above else -values[values < at]
    sign = 1.0 if is_above else -1.0
    step = beyond.min() - sign * at if len(beyond) else 2e-6 * abs(at)
    return float(at + sign * step / 2)


def upper_fence(values: Array) -> float:
    """Return a value that few of the typical ones exceed, of positive values that may be mixed.

    It is the median plus 4.5 times the difference from the lower quartile, on logarithms. This is
    a fence as Tukey's [1]_, of the lower half: outliers change the upper quartile, but hardly the
    median. For normally distributed logarithms it is 3 standard deviations from the mean.

    .. [1] J. W. Tukey, "Exploratory Data Analysis", 1977.
    """
    median, width = _center_and_width(_logarithms(values))
    return _beyond(median + _FENCE * width)


def automatic_threshold(values: Array, are_combinations: bool = False) -> float:
    """Return the fence of held-out scores, also of few, but at most the largest of many.

    The width of few scores is averaged with a typical one, as if that were of a few more scores,
    and increased by the variance of their median. Scores that are equal, as those of copies of a
    sample are, count as one: their number is the effective sample size [1]_ of different scores.

    .. [1] L. Kish, "Survey Sampling", 1965.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Positive scores in ascending order.

    are_combinations : bool, default=False
        Whether new samples have the same values as others, so that equal scores are those of
        different samples. Then frequent scores are not beyond the threshold.
    """
    logs = _logarithms(values)
    median, width = _center_and_width(logs)
    n = len(values) if are_combinations else _number_of_different(logs)
    width = (n * width + _N_TYPICAL * _TYPICAL_WIDTH) / (n + _N_TYPICAL)
    fence = _beyond(median + _FENCE * width * np.sqrt(1 + np.pi / 2 / n))
    if are_combinations:
        fence = max(fence, _beyond(_largest_frequent(logs)))
    return fence if n < _N_FOR_LARGEST else min(fence, float(values[-1]))


def _largest_frequent(logs: Array) -> float:
    """Return the largest logarithm that a hundredth of the scores, and at least two, have."""
    step = 10.0**-_DECIMALS  # rounded numbers of equal samples could differ
    group = np.concatenate([[0], np.cumsum(np.diff(logs) > step)])
    is_frequent = np.bincount(group) >= max(2, _FREQUENT * len(logs))
    frequent: Array = logs[is_frequent[group]]
    return float(frequent.max(initial=-np.inf)) + step


def _logarithms(values: Array) -> NDArray[np.float64]:
    return np.log(np.clip(values, np.finfo(np.float64).tiny, _LARGEST))


def _center_and_width(logs: Array) -> tuple[float, float]:
    low, median, high = np.quantile(logs, [0.25, 0.5, 0.75])
    return median, max(median - low, _MIN_WIDTH * (high - median))


def _number_of_different(logs: Array) -> float:
    _, counts = np.unique(np.round(logs, _DECIMALS), return_counts=True)
    return float(len(logs) ** 2 / (counts.astype(np.float64) ** 2).sum())


def _beyond(log: float) -> float:
    # not below equal values, whatever the rounding of logarithms
    with np.errstate(over="ignore"):
        return float(np.exp(log) * (1 + 1e-9))
