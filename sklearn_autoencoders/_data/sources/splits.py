"""Selection of the held-out samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import columns_of, map_in_chunks
from .chunked import ChunkedRows
from .rows import FeatureRanges, RowSource
from .sparse import as_dense

Array = NDArray[Any]

# Number of steps in the range of a column, in each of which values count as equal: a power of two,
# so that whole numbers are not at the limit of two steps. A range that is a smaller fraction of the
# values consists of rounding errors.
_N_STEPS, _MIN_RANGE = 2.0**20, 1e-10

# From this total weight and share of all samples on, copies of a sample are not held out: a model
# that is trained on them overfits them little, and one that is not would have to extrapolate to
# samples that are frequent in new data too.
_MANY_COPIES, _LARGE_SHARE = 10, 1 / 40
# The same where all samples have copies: in comparison with the mean over different samples.
_MANY_TIMES = 2
# Share of the samples from which on, if they are combinations of values that others have too, all
# samples with many copies are combinations.
_MIN_SHARED = 0.5
# A step by which the offsets of batches are spread evenly over [0, 1).
_GOLDEN = 0.6180339887498949


def draw_held_out(n_samples: int, fraction: float, rng: np.random.RandomState) -> Array:
    """Return the positions of a random fraction of `n_samples` samples, at least of one."""
    n_held_out = max(round(fraction * n_samples), 1)
    check_enough_samples(n_samples - n_held_out, n_samples, fraction)
    return rng.permutation(n_samples)[:n_held_out]


def check_enough_samples(n_left: int, n_samples: int, fraction: float) -> None:
    """Raise if no sample is left to train on."""
    if n_left <= 0:
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction} leaves no sample "
            f"of n_samples={n_samples} to train on. Use more samples, a smaller fraction, or no "
            "early stopping."
        )


def draw_by_content(
    X: Array | RowSource, seed: int, ranges: FeatureRanges | None = None
) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each sample that depends on its values and the seed only.

    Parameters
    ----------
    X : ndarray or RowSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    seed : int
        Different seeds give independent numbers.

    ranges : FeatureRanges or None, default=None
        Ranges of the features. With them, values are rounded to about a millionth of these, so that
        the numbers depend neither on the last digits of the values nor on their units.

    Returns
    -------
    ndarray of shape (n_samples,)
        Uniformly distributed; the same for copies of a sample.
    """
    if isinstance(X, ChunkedRows):  # whose columns would have to be read one by one
        return map_in_chunks(lambda part: draw_by_content(part, seed, ranges), X)
    mixed = np.full(len(X), seed, dtype=np.uint64)
    for place, column in enumerate(columns_of(X)):
        values = column.astype(np.float64)
        if ranges is not None:
            values = _rounded(values, ranges.low[place], ranges.high[place])
        mixed ^= (np.nan_to_num(values) + 0.0).view(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)  # the mixing of splitmix64 (Steele et al., 2014)
    return np.ldexp((mixed >> np.uint64(11)).astype(np.float64), -53)


def _rounded(values: Array, low: float, high: float) -> Array:
    """Return the numbers of the steps in a range, in which values are."""
    half = high / 2 - low / 2  # the difference can overflow
    if not half > _MIN_RANGE * max(abs(low), abs(high)):
        return np.zeros(len(values))
    steps: Array = np.rint((values / 2 - low / 2) / half * _N_STEPS)
    return steps


def has_many_copies(draw: Array, weight: Array | None) -> NDArray[np.bool_]:
    """Return a mask of the samples that are so frequent that they should not be held out.

    Parameters
    ----------
    draw : ndarray of shape (n_samples,)
        Numbers that are equal for copies of a sample.

    weight : ndarray of shape (n_samples,) or None
        Sample weights; a sample of weight two counts as two.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        Whether the total weight of a sample and its copies is at least 10 and at least a fortieth
        of that of all samples.
    """
    kind, mass = _copies(draw, weight)
    return _are_many(mass)[kind]


def _copies(draw: Array, weight: Array | None) -> tuple[NDArray[np.intp], Array]:
    """Return the number of the kind of each sample, the same for copies, and the total weights."""
    _, kind = np.unique(draw, return_inverse=True)
    return kind, np.bincount(kind, weight)


def _are_many(mass: Array) -> NDArray[np.bool_]:
    """Return whether total weights of copies are those of :func:`has_many_copies`."""
    found: NDArray[np.bool_] = mass >= max(_MANY_COPIES, _LARGE_SHARE * mass.sum())
    return found


def hold_out_by_content(
    X: Array,
    weight: Array | None,
    fraction: float,
    seed: int,
    is_category: Array | None = None,
    n_before: int = 0,
) -> Array:
    """Return a mask of the samples to hold out; copies of a sample are not separated.

    Only where samples are combinations of a few values, copies are common among new samples too.
    If they were held out together, the combination would be missing in training. So each copy is
    held out or not by itself if all columns are categories, or if there are at least ten copies
    and each value of a number is that of other such combinations too; also without the latter if
    this holds for most samples.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    fraction : float
        Approximate fraction of the samples that is held out. If the total weight of a sample and
        its copies exceeds half of this fraction, or if they are many (see
        :func:`has_many_copies`) and more than twice as many as of the average sample, they are not
        held out, since they would be missing in training.

    seed : int
        Seed of the choice.

    is_category : ndarray of bool of shape (n_features,) or None, default=None
        Which columns are categories. By default, none.

    n_before : int, default=0
        Number of samples of earlier batches, so that copies in other batches are separated too.

    Returns
    -------
    ndarray of bool, of shape (n_samples,)
        At least one sample is held out and at least one is not, unless all samples are equal: then
        none is held out.
    """
    draw = draw_by_content(X, seed)
    kind, mass = _copies(draw, weight)
    if kind.max() == 0:
        return np.zeros(len(X), dtype=bool)
    is_separate = _in_combinations(X, kind, is_category)
    if weight is not None:  # that of a sample cannot be divided, and a large one is that of many
        is_separate &= weight <= max(weight.min(), _LARGE_SHARE * mass.sum())
    is_frequent = (_are_many(mass) & (mass > _MANY_TIMES * mass[mass > 0].mean()))[kind]
    total, mass = mass.sum(), mass[kind]
    is_alone = np.where(is_separate, _places_of_copies(kind, draw + _GOLDEN * n_before), draw)
    is_small = is_separate | (~is_frequent & (mass <= 0.5 * fraction * total))
    held_out: Array = (is_alone < fraction) & is_small
    if not held_out.any():
        held_out = draw == draw[mass == mass.min()].min()
        held_out &= ~is_separate | (np.arange(len(X)) == held_out.argmax())
    return held_out


def are_combinations(X: Array, is_category: Array) -> NDArray[np.bool_]:
    """Return which samples are combinations of a few values, and have copies.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Samples.

    is_category : ndarray of bool of shape (n_features,)
        Which columns are categories.

    Returns
    -------
    ndarray of bool of shape (n_samples,)
        The copies are held out one by one, as in :func:`hold_out_by_content`.
    """
    kind, mass = _copies(draw_by_content(X, 0), None)
    return _in_combinations(X, kind, is_category) & (mass[kind] > 1)


def _in_combinations(
    X: Array, kind: NDArray[np.intp], is_category: Array | None
) -> NDArray[np.bool_]:
    """Return which samples are combinations of a few values, that new samples may be copies of."""
    n_features = X.shape[1]
    is_number = np.ones(n_features, dtype=bool) if is_category is None else ~is_category
    if not is_number.any():
        return np.ones(len(X), dtype=bool)
    _, first, n_copies = np.unique(kind, return_index=True, return_counts=True)
    found = n_copies >= _MANY_COPIES
    columns = [
        np.unique(column, return_inverse=True, return_counts=True)[1:]
        for column in as_dense(X[first[found]])[:, is_number].T
    ]
    shared = np.all([n_kinds[value] > 1 for value, n_kinds in columns], axis=0)
    if n_copies[found][shared].sum() > _MIN_SHARED * len(X):  # others have a value of their own
        return found[kind]
    found[found] = shared
    return found[kind]


def _places_of_copies(kind: NDArray[np.intp], offset: Array) -> Array:
    """Return evenly spaced numbers in [0, 1) for the copies of each kind, from its offset on."""
    order, count = np.argsort(kind, kind="stable"), np.bincount(kind)
    place = np.empty(len(kind))
    place[order] = np.arange(len(kind)) - np.repeat(np.cumsum(count) - count, count)
    places: Array = (place / count[kind] + offset) % 1
    return places
