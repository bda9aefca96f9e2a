"""Center and scale of the features, quantiles, and the explained variance.

Statistics are computed in chunks, in float64, so that a memory map stays on disk. Missing
values are ignored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.layout import Layout
from ..sources.arrays import SampleSource, as_source, chunks_of, columns_of
from ..sources.ranges import find_ranges
from ..sources.rows import FeatureRanges, RowSource
from ..sources.sparse import SparseRows

Array = NDArray[np.float64]

# Minimum frequency by whose root the indicator of a rare category is divided, and number of
# observations that are added for each category, so that no frequency is zero.
MIN_FREQUENCY, _SMALLEST = 0.01, 1e-3

# Ratio of the largest standard deviation to the median one beyond which units are different.
_MAX_RATIO = 10.0

# Values farther from the quartiles than this number of interquartile ranges are clipped.
_MAX_INTERQUARTILE_RANGES = 30.0


@dataclass(frozen=True)
class Scaling:
    """The input of the network is (X - center) / scale.

    Parameters
    ----------
    center : ndarray of shape (n_features,)
        Subtracted from every sample.

    scale : ndarray of shape (n_features,)
        Divides every sample.
    """

    center: Array
    scale: Array

    @classmethod
    def identity(cls, n_features: int) -> Scaling:
        """Return the scaling that leaves samples as they are."""
        return cls(np.zeros(n_features), np.ones(n_features))


def fit_scaling(
    X: Any,
    weight: Array | None,
    kind: str | None,
    ranges: FeatureRanges | None = None,
    channel: NDArray[np.intp] | None = None,
) -> Scaling:
    """Return the center and the scale of the features.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {"global", "channel", "feature", "robust", "by_units"} or None
        One scale for all features (the root mean variance), or for those of each channel, one for
        each (its standard deviation, or that after values beyond 30 interquartile ranges have been
        clipped), one for each if the features have different units, or none.

    ranges : FeatureRanges or None, default=None
        Ranges of the features of X, if they are known.

    channel : ndarray of int of shape (n_features,) or None, default=None
        The channel of each feature, for `kind="channel"`.

    Returns
    -------
    Scaling
        The scale of constant features is one.
    """
    if kind is None:
        return Scaling.identity(X.shape[1])
    if kind == "robust":
        X = _clip_outliers(X, weight)
        ranges = None
    ranges = find_ranges(X) if ranges is None else ranges
    center, deviation = _moments(X, weight, ranges)
    deviation[deviation <= 10 * np.finfo(X.dtype).eps * np.abs(center)] = 0.0
    has_values = ~np.isnan(ranges.low)
    if kind == "global" or (kind == "by_units" and not _have_different_units(deviation)):
        deviation = np.full_like(deviation, _root_mean_square(deviation[has_values]))
    elif kind == "channel":
        assert channel is not None
        for own in (channel == index for index in np.unique(channel)):
            deviation[own] = _root_mean_square(deviation[own & has_values])
    return Scaling(center, np.where(deviation > 0, deviation, 1.0))


def _root_mean_square(values: Array) -> float:
    """Return the root of the mean square of non-negative values; zero if there are none."""
    largest = values.max(initial=0.0)
    unit = largest if largest > 0 else 1.0  # squares of small or large values are not exact
    return float(np.sqrt(np.mean((values / unit) ** 2)) * largest) if len(values) else 0.0


def _have_different_units(deviation: Array) -> bool:
    """Return whether one standard deviation is more than ten times as large as the median one."""
    deviation = deviation[deviation > 0]
    if not len(deviation):
        return False
    return bool(_MAX_RATIO * np.median(deviation / deviation.max()) < 1)


def fit_encoded_scaling(
    X: NDArray[Any],
    weight: Array | None,
    kind: str | None,
    layout: Layout,
    ranges: FeatureRanges | None = None,
    channel: NDArray[np.intp] | None = None,
) -> Scaling:
    """Return the center and the scale of the inputs of a network.

    Indicators are centered by the frequency of the category and divided by its root, as in factor
    analysis of mixed data [1]_, and by the root of the number of other categories, so that the
    variances of a column sum to one, like the variance of a number.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Cells.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {"global", "channel", "feature", "robust"} or None
        Scaling of the numbers, as in :func:`fit_scaling`.

    layout : Layout
        Kinds of the columns.

    ranges : FeatureRanges or None, default=None
        Ranges of the columns of X, if they are known.

    channel : ndarray of int of shape (n_columns,) or None, default=None
        The channel of each column, if all are numbers.

    Returns
    -------
    Scaling
        One center and one scale for each input.

    References
    ----------
    .. [1] J. Pagès, "Analyse factorielle de données mixtes", Revue de Statistique Appliquée 52,
       2004.
    """
    if layout.is_numeric:
        return fit_scaling(X, weight, kind, ranges, channel)
    column, inputs = layout.column.numpy(), layout.number_inputs.numpy()
    center, scale = np.zeros(layout.n_inputs), np.ones(layout.n_inputs)
    if len(inputs):
        numbers = fit_scaling(X[:, layout.numbers.numpy()], weight, kind)
        center[inputs], scale[inputs] = numbers.center, numbers.scale
    if layout.is_shared:
        weights = None if weight is None else np.repeat(weight, layout.n_columns)
        shared = _frequencies(X.reshape(-1), weights, layout.n_categories[0])
        center[:] = np.tile(shared, layout.n_columns)
    else:
        for index in layout.categories.tolist():
            n, own = layout.n_categories[index], np.flatnonzero(column == index)
            center[own] = _frequencies(X[:, index], weight, n)
    sizes = np.maximum(np.array(layout.n_categories)[column] - 1, 1)
    is_category = layout.indicators.numpy()
    scale[is_category] = np.sqrt(np.maximum(center, MIN_FREQUENCY) * sizes)[is_category]
    return Scaling(center, scale)


def _frequencies(cells: NDArray[Any], weight: Array | None, n_categories: int) -> Array:
    """Return the frequency of each category among the observed cells."""
    known = ~np.isnan(cells)
    weights = None if weight is None else weight[known]
    count = np.bincount(cells[known].astype(np.intp), weights, minlength=n_categories) + _SMALLEST
    frequencies: Array = count / count.sum()
    return frequencies


def marginal_surprise(cells: NDArray[Any], weight: Array | None, n_categories: int) -> Array:
    """Return the negative logarithm of the frequency of each category; NaN if it is missing."""
    surprise = -np.log(_frequencies(cells, weight, n_categories))
    known = ~np.isnan(cells)
    return np.where(known, surprise[np.where(known, cells, 0).astype(np.intp)], np.nan)


def _moments(X: NDArray[Any], weight: Array | None, ranges: FeatureRanges) -> tuple[Array, Array]:
    """Return the means and the standard deviations of the features, in one pass.

    Means and squared deviations of chunks are merged as in [1]_. In units of half the range around
    its midpoint all values lie in [-1, 1], so that squares neither overflow nor vanish.

    .. [1] T. F. Chan, G. H. Golub and R. J. LeVeque, "Updating Formulae and a Pairwise Algorithm
       for Computing Sample Variances", COMPSTAT 1982.
    """
    if isinstance(X, SparseRows) and X.is_large:
        return _sparse_moments(X, weight, ranges)
    middle = np.nan_to_num(ranges.low / 2 + ranges.high / 2)
    unit = np.nan_to_num(ranges.high / 2 - ranges.low / 2)
    unit[unit == 0] = 1.0
    count, mean, squares = np.zeros((3, X.shape[1]))
    for chunk, samples in chunks_of(X):
        own_count, own_mean, own_squares = _chunk_moments(
            (samples.astype(np.float64) - middle) / unit,
            None if weight is None else weight[chunk],
            ranges.has_missing,
        )
        total = np.maximum(count + own_count, np.finfo(np.float64).tiny)
        step = own_mean - mean
        squares += own_squares + step**2 * count * (own_count / total)
        mean += step * own_count / total
        count = count + own_count
    variance = squares / np.where(count > 0, count, 1.0)
    return middle + mean * unit, np.sqrt(variance) * unit


def _sparse_moments(
    rows: SparseRows, weight: Array | None, ranges: FeatureRanges
) -> tuple[Array, Array]:
    """Return the means and the standard deviations of features, from the stored values alone."""
    weight = np.ones(len(rows)) if weight is None else weight
    n_features, column = rows.shape[1], rows.matrix.indices
    unit = np.fmax(np.abs(ranges.low), np.abs(ranges.high))
    unit = np.where(unit > 0, unit, 1.0)
    values = rows.with_means(np.full(n_features, np.nan), slice(None)).data / unit[column]
    stored = np.repeat(weight, np.diff(rows.matrix.indptr))
    known = np.where(np.isnan(values), 0.0, stored)
    values = np.nan_to_num(values, copy=False)
    missing = np.bincount(column, stored - known, n_features)
    count = np.where(np.isnan(ranges.low), 0.0, weight.sum() - missing)
    divisor = np.where(count > 0, count, 1.0)
    mean = np.bincount(column, known * values, n_features) / divisor
    squares = np.bincount(column, known * (values - mean[column]) ** 2, n_features)
    zeros = np.maximum(count - np.bincount(column, known, n_features), 0.0)
    variance = (squares + zeros * mean**2) / divisor
    return mean * unit, np.sqrt(variance) * unit


def _chunk_moments(
    values: Array, weight: Array | None, has_missing: bool
) -> tuple[Array, Array, Array]:
    """Return the total weight, mean and weighted squared deviation of the observed values."""
    weight = np.ones(len(values)) if weight is None else weight
    known = ~np.isnan(values) if has_missing else np.ones((len(values), 1), dtype=bool)
    count = weight @ known
    mean = weight @ np.nan_to_num(values) / np.where(count > 0, count, 1.0)
    deviation = np.nan_to_num(values - mean, copy=False)
    return count, mean, weight @ np.square(deviation, out=deviation)


def _clip_outliers(X: NDArray[Any] | RowSource, weight: Array | None) -> Any:
    """Return X with values far from the quartiles clipped; features with equal quartiles are not.

    Tighter limits would clip skewed features, such as pixels.
    """
    fractions = (0.25, 0.75)
    quartiles = [
        [weighted_quantile(column, q, weight) for q in fractions] for column in columns_of(X)
    ]
    low, high = np.array(quartiles).T
    with np.errstate(over="ignore"):
        reach = _MAX_INTERQUARTILE_RANGES * (high - low)
        lowest = np.where(reach > 0, low - reach, -np.inf)
        highest = np.where(reach > 0, high + reach, np.inf)
        if isinstance(X, RowSource):
            return _Clipped(X, lowest, highest)
        clipped: NDArray[Any] = np.clip(X, lowest, highest).astype(X.dtype)
    return clipped


class _Clipped:
    """Samples whose values are clipped when they are read."""

    def __init__(self, rows: RowSource, lowest: Array, highest: Array) -> None:
        self._rows, self._limits = rows, (lowest, highest)
        self.shape, self.dtype = rows.shape, rows.dtype

    def take(self, indices: Any) -> NDArray[Any]:
        samples = self._rows.take(indices)
        clipped: NDArray[Any] = np.clip(samples, *self._limits).astype(samples.dtype)
        return clipped


def weighted_quantile(values: Array, fraction: float, weight: Array | None) -> float:
    """Return the smallest observed value that has this fraction of the weight up to it."""
    known = ~np.isnan(values)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known], kind="stable")
    weight = np.ones(known.sum()) if weight is None else weight[known]
    reached = np.cumsum(weight[order])
    place = np.searchsorted(reached, fraction * reached[-1] * (1 - 1e-12))
    return float(values[known][order[place]])


def put_constants(samples: NDArray[Any], constants: Array) -> NDArray[Any]:
    """Set the constant features of samples to their values, in place, and return the samples."""
    is_constant = ~np.isnan(constants)
    samples[:, is_constant] = constants[is_constant]
    return samples


def explained_variance(
    X: NDArray[Any], reconstruction: NDArray[Any], weight: Array | None
) -> float:
    """Return one minus the squared error over the squared deviation from the feature means."""
    residual = X / 2 - reconstruction / 2  # halved, since values near the largest float overflow
    unit = max(np.nanmax(np.abs(X)), np.nanmax(np.abs(residual)), np.finfo(X.dtype).tiny)
    return _explained(X, residual, weight, unit)


def explained_variance_in_chunks(
    X: Any, target: Any, reconstruct: Callable[[Any], NDArray[Any]], weight: Array | None
) -> float:
    """Return the same, where only chunks of the samples and of reconstructions are dense."""
    ranges = find_ranges(target)
    unit = max(np.nanmax(np.abs([ranges.low, ranges.high])), np.finfo(target.dtype).tiny)
    return _explained(target, _Residuals(X, target, reconstruct), weight, unit)


class _Residuals:
    """Halves of the differences of samples and their reconstructions, computed when read."""

    chunk_size = 2**23

    def __init__(self, X: Any, target: Any, reconstruct: Callable[[Any], NDArray[Any]]) -> None:
        self._X, self._target, self._reconstruct = X, as_source(target), reconstruct
        self.shape = target.shape

    def take(self, indices: Any) -> NDArray[Any]:
        return self._target.take(indices) / 2 - self._reconstruct(self._X[indices]) / 2


def _explained(X: Any, residual: Any, weight: Array | None, unit: float) -> float:
    """Return the explained variance, given halved residuals, computed in units of `unit`."""
    mean, _ = _feature_means(lambda samples: samples / unit, X, weight)
    deviation, count = _feature_means(lambda samples: (samples / unit - mean) ** 2, X, weight)
    error, _ = _feature_means(lambda samples: (samples / unit) ** 2, residual, weight)
    total, rest = deviation @ count, 4 * error @ count
    if total <= (10 * np.finfo(X.dtype).eps) ** 2 * (mean**2 @ count):
        return float(rest <= total)
    return float(1.0 - rest / total)


def _feature_means(
    function: Callable[[Array], Array], X: NDArray[Any] | SampleSource, weight: Array | None
) -> tuple[Array, Array]:
    """Return the means over the observed values of `function(samples)`, and their total weights."""
    total, count = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for chunk, samples in chunks_of(X):
        values = function(samples.astype(np.float64))
        weights = np.ones(len(values)) if weight is None else weight[chunk]
        known = ~np.isnan(values)
        total += weights @ np.where(known, values, 0.0)
        count += weights @ known
    return total / np.where(count > 0, count, 1.0), count
