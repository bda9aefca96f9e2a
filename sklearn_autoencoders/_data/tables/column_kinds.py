"""What a column of a table contains: numbers, dates, durations or categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .built_frames import representable
from .factorize import Factorized
from .frames import Column, Table
from .time_zones import instants, zone_of
from .wider_types import can_hold, with_categories

Array = NDArray[np.float64]

# Steps of the values of a column, of which the largest one that fits is used.
_STEPS = (1.0, 0.1, 0.01, 0.001, 0.0001)
# The same for dates and durations, in seconds, beginning with a day.
_TIME_STEPS = (86_400.0, 3_600.0, 60.0, *_STEPS)
# Functions of pandas for columns of dates and durations, by their types.
_FUNCTIONS = {"Date": "to_datetime", "Datetime": "to_datetime", "Duration": "to_timedelta"}
# Number of values for which a step is tried first.
_FIRST_VALUES = 1000
# Number of samples from which on categories are identifiers, if their number is more than this
# fraction of the number of samples.
_MIN_IDENTIFIERS, _IDENTIFIERS = 20, 0.95
# A category of fewer samples is rare; a column contains identifiers if more than half of its
# samples have one of at least so many rare categories.
_RARE, _MANY_RARE = 10, 20
# Integers from which on float64 does not contain all of them.
_EXACT = 2.0**53


@dataclass(frozen=True)
class Limits:
    """Which categories of a column share the infrequent category.

    Parameters
    ----------
    max_categories : int or None, default=256
        Maximum number of categories, with the infrequent one.

    min_frequency : int, float, "auto" or None, default=None
        Minimum number of samples of the other categories, or fraction of all samples. "auto" is 10
        for columns of identifiers, in which more than half of the samples have one of at least 20
        categories of fewer samples, and otherwise None.

    chunk_size : int or None, default=None
        Number of positions of the parts into which a long text is cut; None if it is not cut.
    """

    max_categories: int | None = 256
    min_frequency: float | str | None = None
    chunk_size: int | None = None

    def n_frequent(self, counts: NDArray[np.intp], n_samples: int) -> int:
        """Return how many categories are frequent, given the counts in decreasing order."""
        n_frequent = int(np.count_nonzero(counts >= self._minimum(counts, n_samples)))
        n_indices = n_frequent + (n_frequent < len(counts))
        if self.max_categories is None or n_indices <= self.max_categories:
            return n_frequent
        return self.max_categories - 1

    def _minimum(self, counts: NDArray[np.intp], n_samples: int) -> float:
        """Return the minimum number of samples of a frequent category."""
        minimum = self.min_frequency or 0
        if isinstance(minimum, str):
            rare = counts[counts < _RARE]
            return _RARE if len(rare) >= _MANY_RARE and 2 * rare.sum() > counts.sum() else 0
        return minimum if isinstance(minimum, Integral) else minimum * n_samples


@dataclass(frozen=True)
class Number:
    """A column of numbers, or of dates or durations, which are numbers of seconds.

    Dates with a time zone are wall times.

    Parameters
    ----------
    column : Column
        Name and type of the column.

    low, high : float
        Range of the values seen in the fit.

    step : float
        All values are multiples of it; 0 if there is no such step.
    """

    column: Column
    low: float
    high: float
    step: float

    n_categories: ClassVar[int] = 0
    n_values: ClassVar[int] = 0

    @classmethod
    def learn(cls, table: Table, index: int, limits: Limits) -> tuple[Number, Array]:
        """Return the kind of a column, and its cells."""
        cells = table.numbers(index)
        known = cells[~np.isnan(cells)]
        steps = _TIME_STEPS if table.is_date(index) else _STEPS
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        return cls(table.column(index), float(low), float(high), _step_of(known, steps)), cells

    @classmethod
    def of_type(cls, table: Table, index: int) -> Number:
        """Return the kind of a column whose values are those of an array.

        Only the numbers of an integer type have to be whole and in the range of the fit.
        """
        column = table.column(index)
        if column.dtype.startswith(("Int", "UInt")):
            return cls.learn(table, index, Limits())[0]
        return cls(column, -np.inf, np.inf, 0.0)

    def widened(self, low: float, high: float) -> Number:
        """Return the same with a range that contains the given one, which is NaN if empty."""
        return replace(
            self, low=float(np.fmin(self.low, low)), high=float(np.fmax(self.high, high))
        )

    def refined(self, cells: Array) -> Number:
        """Return the same with the largest step of which further numbers are multiples, too.

        The step of integers remains one: their type would cut off the decimals.
        """
        if self.column.dtype.lstrip("<>=|").startswith(("Int", "UInt", "i", "u")):
            return self
        steps = [step for step in _TIME_STEPS if step <= self.step]
        return replace(self, step=_step_of(cells[~np.isnan(cells)], steps))

    def with_known(
        self, values: Array, table: Table, index: int, known: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """Return numbers where those that are known are exactly the integers of a table.

        Of dates with a time zone, they are the instants, of which the clock shows some twice.
        """
        own_instants = table.instants(index)
        if own_instants is not None and zone_of(self.column) is not None:
            return np.where(known, own_instants, values)
        is_whole = self.column.dtype in ("Int64", "UInt64") and not np.isnan(values).any()
        if not is_whole or np.abs(values[known]).max(initial=0.0) < _EXACT:
            return values
        own = table.integers(index)
        if own is None:
            return values
        pairs = zip(own, representable(values, self.column.dtype), known, strict=True)
        return np.array([given if is_known else other for given, other, is_known in pairs], object)

    def identifies(self, cells: Array) -> bool:
        """Return False: numbers that all differ can be learned."""
        return False

    def can_hold(self, table: Table, index: int, cells: Array) -> bool:
        """Return whether the type of the column has the values of a table, with these cells."""
        return can_hold(self.column, cells)

    def column_with(self, given: Column, table: Table, index: int) -> Column:
        """Return the column with a type that has the values of a table: that of the table."""
        return given

    def encode(self, table: Table, index: int, marks_unknown: bool = False) -> Array:
        """Return the cells of a column, in which no number is unknown."""
        try:
            return table.numbers(index, zone_of(self.column))
        except ValueError as error:
            function = _FUNCTIONS.get(self.column.dtype.partition("(")[0])
            if function is None:
                raise
            name = self.column.name
            raise ValueError(
                f"Column {name!r} contained dates or durations in the fit, and contains other "
                f"values now. Convert it, for instance by pandas.{function}(X[{name!r}]); if X is "
                "an array, pass the frame that it was made of."
            ) from error

    def valid(self, cells: Array, are_means: bool) -> Array:
        """Return numbers within the range, in multiples of the step.

        Means are left as they are where the type of the column can hold them.
        """
        is_mean = are_means and self.column.dtype.startswith("Float")
        is_rounded = self.step and not is_mean
        rounded = np.round(cells / self.step) * self.step if is_rounded else cells
        return np.clip(rounded, self.low, self.high)

    def decode(self, cells: Array, backend: str | None) -> Array:
        """Return the numbers, and the instants of dates with a time zone."""
        return instants(cells, self.column, backend)


@dataclass(frozen=True)
class Category:
    """A column of categories.

    Parameters
    ----------
    column : Column
        Name and type of the column.

    categories : list
        Strings, booleans or numbers, in the order of their indices.

    infrequent : list
        Categories that share the last index, the most frequent one first.
    """

    column: Column
    categories: list[Any]
    infrequent: list[Any]

    @property
    def n_categories(self) -> int:
        """Number of indices."""
        return len(self.categories) + bool(self.infrequent)

    @property
    def n_values(self) -> int:
        """Number of categories that occurred in the fit."""
        return len(self.categories) + len(self.infrequent)

    @classmethod
    def learn(cls, table: Table, index: int, limits: Limits) -> tuple[Category, Array]:
        """Return the kind of a column, and its cells."""
        column, found = table.column(index), table.factorized(index)
        counts = found.counts()
        order = np.argsort(-counts, kind="stable")
        ranked = [found.values[place] for place in order]
        n_frequent = limits.n_frequent(counts[order], len(found.codes))
        frequent = _in_order(ranked[:n_frequent], column)
        kind = cls(column, frequent, ranked[n_frequent:])
        return kind, kind._cells(found)

    def encode(self, table: Table, index: int, marks_unknown: bool = False) -> Array:
        """Return the cells of a column.

        Unknown categories are missing, or have the index `n_categories` if `marks_unknown`.
        """
        found = table.factorized(index)
        return self._cells(found, float(self.n_categories) if marks_unknown else np.nan)

    def identifies(self, cells: Array) -> bool:
        """Return whether nearly all samples of the fit have categories of their own."""
        n_known = int(np.count_nonzero(~np.isnan(cells)))
        return n_known >= _MIN_IDENTIFIERS and self.n_values > _IDENTIFIERS * n_known

    def unknown(self, table: Table, index: int) -> list[Any]:
        """Return the values of a column that are not among the categories."""
        known = {*self.categories, *self.infrequent}
        return [value for value in table.factorized(index).values if value not in known]

    def valid(self, cells: Array, are_means: bool) -> Array:
        """Return the cells, which are indices of categories."""
        return cells

    def with_known(
        self, values: NDArray[Any], table: Table, index: int, known: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """Return categories where all that a table has, also unknown ones, are as in the table."""
        found = table.factorized(index)
        if set(self.categories).issuperset(found.values):
            return values
        return np.where(found.codes >= 0, found.objects(), values)

    def can_hold(self, table: Table, index: int, cells: Array) -> bool:
        """Return whether all categories of a table occurred in the fit."""
        return not self.unknown(table, index)

    def column_with(self, given: Column, table: Table, index: int) -> Column:
        """Return the column with a type that has the categories of a table, where it is `given`."""
        return with_categories(self.column, given, self.unknown(table, index))

    def decode(self, cells: Array, backend: str | None) -> NDArray[Any]:
        """Return the categories of cells, the most frequent of infrequent ones."""
        values = np.array([*self.categories, *self.infrequent[:1], None], dtype=object)
        index = np.where(np.isnan(cells), len(values) - 1, cells).astype(np.intp)
        decoded: NDArray[Any] = values[index]
        return decoded

    def _cells(self, found: Factorized, unknown: float = np.nan) -> Array:
        place = dict.fromkeys(self.infrequent, float(len(self.categories)))
        place |= {value: float(place) for place, value in enumerate(self.categories)}
        if place.keys().isdisjoint(found.values):
            self._check_types(found.values)
        return found.mapped([place.get(value, unknown) for value in found.values])

    def _check_types(self, values: list[Any]) -> None:
        """Raise ValueError if no value is of the type of any category."""
        known = {type(value) for value in [*self.categories, *self.infrequent]}
        found = {type(value) for value in values}
        if found and not found & known:
            raise ValueError(
                f"Column {self.column.name!r} contains values of type {_names(found)}, but of type "
                f"{_names(known)} in the fit. Convert the column."
            )


Kind = Number | Category


def _step_of(known: Array, steps: Sequence[float]) -> float:
    """Return the largest step of which all numbers are multiples, or 0."""
    for step in steps:
        if _are_multiples(known[:_FIRST_VALUES], step) and _are_multiples(known, step):
            return step
    return 0.0


def _are_multiples(known: Array, step: float) -> bool:
    multiples = known / step
    return np.allclose(multiples, np.round(multiples), rtol=1e-12, atol=1e-6)


def _in_order(categories: list[Any], column: Column) -> list[Any]:
    """Return categories in the order that the column declares, or sorted."""
    if column.declared is not None:
        place = {category: place for place, category in enumerate(column.declared)}
        return sorted(categories, key=place.__getitem__)
    try:
        return sorted(categories)
    except TypeError as error:
        raise TypeError(
            f"Column {column.name!r} mixes values that cannot be compared ({error}). Convert it to "
            "one type."
        ) from error


def _names(types: set[type]) -> str:
    return " and ".join(sorted(kind.__name__ for kind in types))
