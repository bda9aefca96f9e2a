"""Numbers as levels: single values that occur often, and intervals of the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sources.splits import draw_by_content

Array = NDArray[np.float64]

# Fraction of the samples from which on a value has a level of its own.
_MIN_ATOM = 0.005
# Occurrences in copies of a single sample, as there are in bootstrap samples, count from this
# fraction and this number of the samples on.
_MIN_COPIED, _MIN_COPIES = 0.02, 8
# Columns of at most this number of values, and those of which half of the values occur twice, have
# a level for each value.
_MAX_FEW = 10
# Samples in an interval, on average.
_MIN_SAMPLES = 5
# Number of quantiles that are stored for each interval, between which values are interpolated.
_N_QUANTILES = 8


@dataclass(frozen=True)
class NumberLevels:
    """The levels of a column of numbers.

    Levels are numbered from the smallest value to the largest one of the single values, and then
    from the lowest interval to the highest one.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Values with a level of their own.

    edges : ndarray of shape (n_intervals + 1,) or (0,)
        Limits of the intervals.

    quantiles : ndarray of shape (n_intervals, 9)
        Quantiles of the training samples within each interval.

    is_whole : bool
        Whether all values are whole numbers.

    n_outermost : tuple of two ints or None, default=None
        Number of training samples in the lowest and in the highest interval. None for models of
        earlier versions, which have no tails, and if there are no intervals.
    """

    values: Array
    edges: Array
    quantiles: Array
    is_whole: bool
    n_outermost: tuple[int, int] | None = None

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.values) + len(self.quantiles)

    @classmethod
    def learn(
        cls, numbers: Array, max_levels: int, samples: NDArray[np.intp] | None = None
    ) -> NumberLevels:
        """Return the levels of the known values of a column.

        Parameters
        ----------
        numbers : ndarray of shape (n,)
            Known values.

        max_levels : int
            Maximum number of levels.

        samples : ndarray of shape (n,) or None, default=None
            Numbers of the samples that the values belong to, the same for copies of a sample. None
            if all are different.
        """
        if not len(numbers):  # a column without values has one level, which is drawn as NaN
            numbers = np.array([np.nan])
        values, counts = _occurrences(numbers, samples)
        is_whole = bool((values == np.round(values)).all())
        if len(values) <= max_levels and (len(values) <= _MAX_FEW or np.median(counts) >= 2):
            return cls(values, np.empty(0), np.empty((0, _N_QUANTILES + 1)), is_whole)
        is_atom = counts >= max(_MIN_ATOM * counts.sum(), 2)
        atoms = values[is_atom][np.argsort(-counts[is_atom], kind="stable")][: max_levels // 2]
        atoms = np.sort(atoms)
        is_other = ~np.isin(values, atoms)
        others = np.repeat(values[is_other], counts[is_other])
        n_intervals = min(max_levels // 2, max(len(others) // _MIN_SAMPLES, 1))
        edges = np.unique(np.quantile(others, np.linspace(0, 1, n_intervals + 1)))
        place = _interval(edges, others)
        fractions = np.linspace(0, 1, _N_QUANTILES + 1)
        parts = [others[place == k] for k in range(len(edges) - 1)]
        quantiles = [np.quantile(part, fractions) for part in parts if len(part)]
        sizes = [len(part) for part in parts if len(part)]
        outermost = sizes[0], sizes[-1]
        return cls(atoms, _edges_of(parts, edges), np.array(quantiles), is_whole, outermost)

    def encode(self, numbers: Array) -> Array:
        """Return the index of the level of each number; NaN where it is missing."""
        known = ~np.isnan(numbers)
        given = numbers[known]
        levels = np.zeros(len(given))
        if len(self.quantiles):
            levels[:] = len(self.values) + _interval(self.edges, given)
        if len(self.values):
            nearest = _nearest(self.values, given)
            is_value = self.values[nearest] == given
            own = is_value if len(self.quantiles) else np.ones(len(given), dtype=bool)
            levels[own] = nearest[own]
        encoded = np.full(len(numbers), np.nan)
        encoded[known] = levels
        return encoded

    @property
    def means(self) -> Array:
        """The mean of each level."""
        return np.concatenate([self.values, self.quantiles.mean(1)])

    @property
    def log_widths(self) -> Array:
        """Logarithm of the width of each interval; zero for single values."""
        widths = np.diff(self.edges) if len(self.edges) else np.empty(0)
        return np.concatenate([np.zeros(len(self.values)), np.log(widths)])

    def log_densities(self, levels: NDArray[np.intp], numbers: Array) -> Array:
        """Return the log-density of numbers, given their levels; zero for single values.

        Of the probability of an outermost interval, a part is that of an exponential tail beyond
        it, whose mean is the width of the interval. The part is the probability that a further
        value is beyond all of the n training samples of the interval, 1 / (n + 1).
        """
        found: Array = -self.log_widths[levels]
        if self.n_outermost is None:
            return found
        n_single = len(self.values)
        outermost = (n_single, self.n_levels - 1)
        parts = 1 / (1 + np.asarray(self.n_outermost, dtype=np.float64))
        inside = np.ones(self.n_levels)
        np.subtract.at(inside, list(outermost), parts)
        distances = self.edges[0] - numbers, numbers - self.edges[-1]
        rounding = np.finfo(np.float32).eps * np.abs(numbers)  # of training samples in float32
        found += np.log(inside)[levels]
        for level, part, distance in zip(outermost, parts, distances, strict=True):
            beyond = (levels == level) & (distance > rounding)
            log_width = self.log_widths[level]
            found[beyond] = np.log(part) - log_width - distance[beyond] / np.exp(log_width)
        return found

    @property
    def relative_widths(self) -> Array:
        """Width of each interval, divided by the smallest one; one for single values."""
        n_single = len(self.values)
        log_widths = self.log_widths
        if len(log_widths) > n_single:
            log_widths[n_single:] -= log_widths[n_single:].min()
        return np.exp(log_widths)

    def draw(self, levels: NDArray[np.intp], rng: np.random.RandomState) -> Array:
        """Return a number of each level: the value, or a draw from the interval."""
        numbers = np.zeros(len(levels))
        single = levels < len(self.values)
        numbers[single] = self.values[levels[single]]
        rows = self.quantiles[levels[~single] - len(self.values)]
        place = rng.random_sample(len(rows)) * _N_QUANTILES
        low = place.astype(np.intp)
        index = np.arange(len(rows))
        fraction = place - low
        numbers[~single] = (1 - fraction) * rows[index, low] + fraction * rows[index, low + 1]
        return np.round(numbers) if self.is_whole else numbers


def _with_copies(cells: NDArray[Any]) -> NDArray[np.intp] | None:
    """Return numbers of the samples, the same for copies; None if there are none.

    Copies in a single column are repeated values.
    """
    if cells.shape[1] == 1:
        return None
    draws, numbers = np.unique(draw_by_content(cells, 0), return_inverse=True)
    return None if len(draws) == len(cells) else numbers


def _occurrences(
    numbers: Array, samples: NDArray[np.intp] | None
) -> tuple[Array, NDArray[np.intp]]:
    """Return the values in order, and the number of occurrences that are not copies."""
    values, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    if samples is None:
        return values, counts
    n_samples = int(samples.max(initial=0)) + 1
    different = np.unique(place * n_samples + samples) // n_samples
    is_single = counts < max(_MIN_COPIED * len(numbers), _MIN_COPIES)
    return values, np.where(is_single, np.bincount(different, minlength=len(values)), counts)


def _edges_of(parts: list[Array], edges: Array) -> Array:
    """Return the limits of the intervals that contain values."""
    return edges[[True, *(len(part) > 0 for part in parts)]]


def _interval(edges: Array, numbers: Array) -> NDArray[np.intp]:
    """Return the index of the interval of each number; the first and the last one are unbounded."""
    return np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)


def _nearest(values: Array, numbers: Array) -> NDArray[np.intp]:
    """Return the index of the nearest of sorted values."""
    above = np.clip(np.searchsorted(values, numbers), 1, max(len(values) - 1, 1))
    below = above - 1
    above = np.minimum(above, len(values) - 1)
    is_above = np.abs(values[above] - numbers) < np.abs(numbers - values[below])
    return np.where(is_above, above, below)


@dataclass(frozen=True)
class Levels:
    """The levels of all columns: of numbers, of categories, and of missing values.

    Parameters
    ----------
    numbers : dict of int to NumberLevels
        Levels of the columns of numbers.

    n_categories : tuple of int
        Number of categories of each column, 0 for a number.

    has_missing : tuple of bool
        Whether the last level of each column is that of missing values.

    first : tuple of int or None, default=None
        The only levels that the first column can have, if the network tells it from the others.
    """

    numbers: dict[int, NumberLevels]
    n_categories: tuple[int, ...]
    has_missing: tuple[bool, ...]
    first: tuple[int, ...] | None = None

    @classmethod
    def learn(cls, cells: NDArray[Any], n_categories: tuple[int, ...], max_levels: int) -> Levels:
        """Return the levels of samples.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories; NaN where a value is missing.

        n_categories : tuple of int
            Number of categories of each column, 0 for a number.

        max_levels : int
            Maximum number of levels of a number.
        """
        missing = np.isnan(cells)
        samples = _with_copies(cells)
        numbers = {
            j: NumberLevels.learn(
                cells[known, j].astype(np.float64),
                max_levels,
                None if samples is None else samples[known],
            )
            for j, (n, known) in enumerate(zip(n_categories, ~missing.T, strict=True))
            if not n
        }
        return cls(numbers, n_categories, tuple(missing.any(0).tolist()))

    @classmethod
    def learn_shared(
        cls, cells: NDArray[Any], n_categories: tuple[int, ...], max_levels: int
    ) -> Levels:
        """Return levels that all columns have in common, and none of missing values."""
        n_columns = cells.shape[1]
        has_missing = (False,) * n_columns
        if any(n_categories):
            return cls({}, n_categories[:1] * n_columns, has_missing)
        shared = NumberLevels.learn(cells[~np.isnan(cells)].astype(np.float64), max_levels)
        return cls(dict.fromkeys(range(n_columns), shared), (0,) * n_columns, has_missing)

    def resized(self, n_columns: int) -> Levels:
        """Return levels that all columns have in common, for another number of columns."""
        numbers = dict.fromkeys(range(n_columns), self.numbers[0]) if self.numbers else {}
        n_categories = self.n_categories[:1] * n_columns
        return Levels(numbers, n_categories, (False,) * n_columns, self.first)

    def with_first(self, levels: NDArray[Any]) -> Levels:
        """Return the same levels, of which the first column can have the given ones, too."""
        seen = np.unique(levels[~np.isnan(levels)]).astype(int).tolist()
        if not (seen or self.first):
            raise ValueError(
                "The network has class_first=True, but the first value of every sample, its class, "
                "is missing. Pass classes as the first column of X, or use class_first=False."
            )
        return replace(self, first=tuple(sorted({*(self.first or ()), *seen})))

    @property
    def n_levels(self) -> tuple[int, ...]:
        """Number of levels of each column, without that of missing values."""
        sizes = (n or self.numbers[j].n_levels for j, n in enumerate(self.n_categories))
        return tuple(max(size, 1) for size in sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of levels of each column."""
        return tuple(n + own for n, own in zip(self.n_levels, self.has_missing, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the levels."""
        return vars(self) | {"numbers": {str(j): vars(own) for j, own in self.numbers.items()}}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Levels:
        """Return the levels from which :meth:`to_dict` computed the values."""
        numbers = {int(j): NumberLevels(**own) for j, own in values["numbers"].items()}
        return cls(**values | {"numbers": numbers})

    def encode(self, cells: NDArray[Any], missing: bool = False) -> Array:
        """Return the index of the level of each cell.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories; NaN where a value is missing.

        missing : bool, default=False
            Whether missing values have a level, if they occurred in the fit. Otherwise they are
            NaN.
        """
        levels = np.array(cells, dtype=np.float64)
        for j, own in self.numbers.items():
            levels[:, j] = own.encode(levels[:, j])
        if missing:
            last = np.where(self.has_missing, self.n_levels, np.nan)
            levels = np.where(np.isnan(levels), last, levels)
        return levels

    def log_densities(self, levels: NDArray[Any], cells: NDArray[Any]) -> Array:
        """Return the log-density of each known number, given its level; zero for other cells.

        Parameters
        ----------
        levels : ndarray of shape (n_samples, n_columns)
            Indices of levels; NaN where a value is missing.

        cells : ndarray of shape (n_samples, n_columns)
            The numbers themselves.
        """
        densities = np.zeros_like(levels)
        for j, own in self.numbers.items():
            known = ~np.isnan(levels[:, j])
            numbers = cells[known, j].astype(np.float64)
            densities[known, j] = own.log_densities(levels[known, j].astype(np.intp), numbers)
        return densities

    def expect(self, column: int, probabilities: NDArray[Any]) -> Array:
        """Return the means of a number, or the most probable categories.

        Parameters
        ----------
        column : int
            The column.

        probabilities : ndarray of shape (n_samples, n_levels)
            Probabilities of its levels.
        """
        if column in self.numbers:
            return np.asarray(probabilities @ self.numbers[column].means)
        return probabilities.argmax(1).astype(np.float64)

    def wrong_values(self, column: int, frequencies: NDArray[Any]) -> Array:
        """Return the probabilities that a wrong value of a column has each level.

        Half of the wrong values are distributed as the values of the column, and half uniformly
        over its categories or its range.

        Parameters
        ----------
        column : int
            The column.

        frequencies : ndarray of shape (n_levels,)
            Frequencies of its levels.
        """
        widths = np.ones(self.n_levels[column])
        if column in self.numbers:
            widths = self.numbers[column].relative_widths
        total = max(frequencies.sum(), np.finfo(np.float64).tiny)
        drawn: Array = 0.5 * (frequencies / total + widths / widths.sum())
        return drawn

    def draw(self, levels: NDArray[Any], rng: np.random.RandomState) -> Array:
        """Return cells of levels; numbers are drawn from their intervals."""
        cells = np.array(levels, dtype=np.float64)
        cells[cells == self.n_levels] = np.nan
        for j, own in self.numbers.items():
            known = ~np.isnan(cells[:, j])
            cells[known, j] = own.draw(cells[known, j].astype(np.intp), rng)
        return cells
