"""What a column of a table contains: numbers, dates, durations or categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..._utils.user_warnings import warn_user
from .built_frames import representable
from .factorize import Factorized
from .frames import Column, Table

Array = NDArray[np.float64]

# Steps of the values of a column, of which the largest one that fits is used.
_STEPS = (1.0, 0.1, 0.01, 0.001, 0.0001)
# The same for dates and durations, in seconds, beginning with a day.
_TIME_STEPS = (86_400.0, 3_600.0, 60.0, *_STEPS)
# Number of values for which a step is tried first.
_FIRST_VALUES = 1000
# Integers from which on float64 does not contain all of them.
_EXACT = 2.0**53
# Number of samples from which on a category with a different value in each is an identifier.
_MIN_IDENTIFIERS = 20


@dataclass(frozen=True)
class Limits:
    """Which categories of a column share the infrequent category.

    Parameters
    ----------
    max_categories : int or None, default=256
        Maximum number of categories, with the infrequent one.

    min_frequency : int, float or None, default=None
        Minimum number of samples of the other categories, or fraction of all samples.

    chunk_size : int or None, default=None
        Number of positions of the parts into which a long text is cut; None if it is not cut.
    """

    max_categories: int | None = 256
    min_frequency: float | None = None
    chunk_size: int | None = None

    def n_frequent(self, counts: NDArray[np.intp], n_samples: int) -> int:
        """Return how many categories are frequent, given the counts in decreasing order."""
        minimum = self.min_frequency or 0
        minimum = minimum if isinstance(minimum, Integral) else minimum * n_samples
        n_frequent = int(np.count_nonzero(counts >= minimum))
        n_indices = n_frequent + (n_frequent < len(counts))
        if self.max_categories is None or n_indices <= self.max_categories:
            return n_frequent
        return self.max_categories - 1


@dataclass(frozen=True)
class Number:
    """A column of numbers, or of dates or durations, which are numbers of seconds.

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
        """Return the same with the largest step of which further numbers are multiples, too."""
        steps = [step for step in _TIME_STEPS if step <= self.step]
        return replace(self, step=_step_of(cells[~np.isnan(cells)], steps))

    def with_known(
        self, values: Array, table: Table, index: int, known: NDArray[np.bool_]
    ) -> NDArray[Any]:
        """Return numbers where those that are known are exactly the integers of a table."""
        is_whole = self.column.dtype in ("Int64", "UInt64") and not np.isnan(values).any()
        if not is_whole or np.abs(values[known]).max(initial=0.0) < _EXACT:
            return values
        own = table.integers(index)
        if own is None:
            return values
        pairs = zip(own, representable(values, self.column.dtype), known, strict=True)
        return np.array([given if is_known else other for given, other, is_known in pairs], object)

    def can_hold(self, cells: Array) -> bool:
        """Return whether the type of the column has these numbers."""
        name = self.column.dtype.lower()
        if not (name.startswith(("int", "uint", "float")) and hasattr(np, name)):
            return True
        with np.errstate(invalid="ignore", over="ignore"):
            return bool((cells.astype(name) == cells).all())

    def encode(self, table: Table, index: int, marks_unknown: bool = False) -> Array:
        """Return the cells of a column, in which no number is unknown."""
        return table.numbers(index)

    def valid(self, cells: Array, are_means: bool) -> Array:
        """Return numbers within the range, in multiples of the step.

        Means are left as they are where the type of the column can hold them.
        """
        is_mean = are_means and self.column.dtype.startswith("Float")
        is_rounded = self.step and not is_mean
        rounded = np.round(cells / self.step) * self.step if is_rounded else cells
        return np.clip(rounded, self.low, self.high)

    def decode(self, cells: Array) -> Array:
        """Return the numbers."""
        return cells


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

    @classmethod
    def learn(cls, table: Table, index: int, limits: Limits) -> tuple[Category, Array]:
        """Return the kind of a column, and its cells."""
        column, found = table.column(index), table.factorized(index)
        counts = found.counts()
        _warn_of_identifier(counts, column.name)
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
        """Return categories where those that are known are as in a table."""
        if not self.infrequent:
            return values
        return np.where(known, table.factorized(index).objects(), values)

    def decode(self, cells: Array) -> NDArray[Any]:
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


def _warn_of_identifier(counts: NDArray[np.intp], name: Any) -> None:
    if counts.sum() >= _MIN_IDENTIFIERS and counts.max() == 1:
        warn_user(
            f"Column {name!r} has a different category in each sample, like an identifier. Nothing "
            "can be learned of it: drop it, or convert it to numbers.",
            UserWarning,
        )


def _names(types: set[type]) -> str:
    return " and ".join(sorted(kind.__name__ for kind in types))
