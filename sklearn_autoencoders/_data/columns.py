"""Columns of a table: numbers, dates, durations and categories as cells, and back.

A table of `n` columns becomes an array of cells with `n` columns in float64: numbers, seconds, and
indices of categories; NaN where a value is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .._utils.labels import is_missing
from .._utils.user_warnings import warn_user
from .frames import Column, Table, table_from, table_of

Array = NDArray[np.float64]

# Maximum number of categories of a column; rarer ones share the last one.
_MAX_CATEGORIES = 256
# Steps of the values of a column, of which the largest one that fits is used.
_STEPS = (1.0, 0.1, 0.01, 0.001, 0.0001)
# Number of samples from which on a category with a different value in each is an identifier.
_MIN_IDENTIFIERS = 20


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
    def learn(cls, table: Table, index: int) -> tuple[Number, Array]:
        """Return the kind of a column, and its cells."""
        cells = table.numbers(index)
        known = cells[~np.isnan(cells)]
        low, high = (known.min(), known.max()) if len(known) else (np.nan, np.nan)
        return cls(table.column(index), float(low), float(high), _step_of(known)), cells

    def encode(self, table: Table, index: int) -> Array:
        """Return the cells of a column."""
        return table.numbers(index)

    def valid(self, cells: Array) -> Array:
        """Return numbers within the range, in multiples of the step."""
        rounded = np.round(cells / self.step) * self.step if self.step else cells
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
    def learn(cls, table: Table, index: int) -> tuple[Category, Array]:
        """Return the kind of a column, and its cells."""
        column, values = table.column(index), table.values(index)
        counts = _counted(values, column.name)
        _warn_of_identifier(counts, column.name)
        ranked = [value for value, _ in counts.most_common()]
        n_frequent = len(ranked) if len(ranked) <= _MAX_CATEGORIES else _MAX_CATEGORIES - 1
        frequent = _in_order(ranked[:n_frequent], column)
        kind = cls(column, frequent, ranked[n_frequent:])
        return kind, kind._cells(values)

    def encode(self, table: Table, index: int) -> Array:
        """Return the cells of a column; unknown categories are missing."""
        values = table.values(index)
        _counted(values, self.column.name)
        cells = self._cells(values)
        if np.isnan(cells).all():
            self._check_types(values)
        return cells

    def valid(self, cells: Array) -> Array:
        """Return the cells, which are indices of categories."""
        return cells

    def decode(self, cells: Array) -> NDArray[Any]:
        """Return the categories of cells, the most frequent of infrequent ones."""
        values = np.array([*self.categories, *self.infrequent[:1], None], dtype=object)
        index = np.where(np.isnan(cells), len(values) - 1, cells).astype(np.intp)
        decoded: NDArray[Any] = values[index]
        return decoded

    def _cells(self, values: Sequence[Any]) -> Array:
        place = {value: place for place, value in enumerate(self.categories)}
        place |= dict.fromkeys(self.infrequent, len(self.categories))
        return np.array([place.get(value, np.nan) for value in values], dtype=np.float64)

    def _check_types(self, values: Sequence[Any]) -> None:
        """Raise ValueError if no value is of the type of any category."""
        known = {type(value) for value in [*self.categories, *self.infrequent]}
        found = {type(value) for value in values if not is_missing(value)}
        if found and not found & known:
            raise ValueError(
                f"Column {self.column.name!r} contains values of type {_names(found)}, but of type "
                f"{_names(known)} in the fit. Convert the column."
            )


@dataclass(frozen=True)
class Columns:
    """The columns of a table that are not all numbers.

    Parameters
    ----------
    backend : str or None
        Package of the table, None for an array.

    kinds : list of Number or Category
        What each column contains.
    """

    backend: str | None
    kinds: list[Number | Category]

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Number of categories of each column, 0 for a number."""
        return tuple(kind.n_categories for kind in self.kinds)

    def encode(self, X: Any) -> Array:
        """Return the cells of a table with the same columns."""
        table = table_of(X)
        if table is None:
            table = table_of(np.asarray(X, dtype=object))
        assert table is not None
        cells = [kind.encode(table, index) for index, kind in enumerate(self.kinds)]
        return np.stack(cells, axis=1)

    def valid(self, cells: NDArray[Any]) -> Array:
        """Return cells with the values that columns can have: in range, whole numbers whole."""
        return np.stack([k.valid(cells[:, i].astype(float)) for i, k in enumerate(self.kinds)], 1)

    def decode(self, cells: Array, X: Any = None) -> Any:
        """Return the table of cells.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories.

        X : frame or None, default=None
            If it has as many samples and an index, the table gets this index.

        Returns
        -------
        frame or ndarray
            With the names and the types of the columns in the fit.
        """
        columns = [kind.column for kind in self.kinds]
        values = [kind.decode(cells[:, i]) for i, kind in enumerate(self.kinds)]
        return table_from(self.backend, columns, values, getattr(X, "index", None))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the columns."""
        kinds = [{"kind": type(kind).__name__, **asdict(kind)} for kind in self.kinds]
        return {"backend": self.backend, "kinds": kinds}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Columns:
        """Return the columns from which :meth:`to_dict` computed the values."""
        return cls(values["backend"], [_kind_from(dict(kind)) for kind in values["kinds"]])


_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Number, Category)}


def _kind_from(values: dict[str, Any]) -> Number | Category:
    kind: Number | Category = _KINDS[values.pop("kind")](
        **values | {"column": Column(**values["column"])}
    )
    return kind


def learn_columns(X: Any, categorical_features: Any) -> tuple[Columns, Array] | None:
    """Return the columns of a table and its cells; None if all columns are numbers.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_columns)
        Training samples.

    categorical_features : "from_dtype", None, array-like or Columns
        Which columns are categories: those of strings, categories or booleans of a frame; none; or
        names, indices or a mask. Or the columns themselves.

    Returns
    -------
    (Columns, ndarray of shape (n_samples, n_columns)) or None
        The cells are in float64.
    """
    if isinstance(categorical_features, Columns):
        return categorical_features, categorical_features.encode(X)
    table = table_of(X)
    if table is None or categorical_features is None:
        return None
    is_category = _are_categories(table, categorical_features)
    if not any(is_category) and not any(map(table.is_date, range(len(table.names)))):
        return None
    pairs = [
        (Category if own else Number).learn(table, index) for index, own in enumerate(is_category)
    ]
    kinds, cells = zip(*pairs, strict=True)
    return Columns(table.backend, list(kinds)), np.stack(cells, axis=1)


def _are_categories(table: Table, categorical_features: Any) -> list[bool]:
    """Return whether each column is a category."""
    n_columns = len(table.names)
    if isinstance(categorical_features, str):  # "from_dtype"
        return [table.is_category(index) for index in range(n_columns)]
    chosen = np.asarray(categorical_features)
    if chosen.dtype == bool:
        if chosen.shape != (n_columns,):
            raise ValueError(
                f"categorical_features is a mask of shape {chosen.shape}, but X has {n_columns} "
                "columns."
            )
        return list(chosen.tolist())
    places: Any = table.names if chosen.dtype.kind in "OU" else range(n_columns)
    unknown = [own for own in chosen.tolist() if own not in places]
    if unknown:
        raise ValueError(
            f"categorical_features names columns that X does not have: {unknown}. Its columns are "
            f"{list(places)}."
        )
    return [place in chosen.tolist() for place in places]


def _step_of(known: Array) -> float:
    """Return the largest step of which all numbers are multiples, or 0."""
    for step in _STEPS:
        multiples = known / step
        if np.allclose(multiples, np.round(multiples), rtol=1e-9, atol=1e-6):
            return step
    return 0.0


def _counted(values: Sequence[Any], name: Any) -> Counter[Any]:
    """Return how often each value occurs, or raise TypeError if it cannot be a category."""
    try:
        return Counter(value for value in values if not is_missing(value))
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} contains values that are not hashable ({error}). Categories must be "
            "strings, numbers or booleans. Convert the column or drop it."
        ) from error


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


def _warn_of_identifier(counts: Counter[Any], name: Any) -> None:
    n_known = counts.total()
    if n_known >= _MIN_IDENTIFIERS and len(counts) == n_known:
        warn_user(
            f"Column {name!r} has a different category in each sample, like an identifier. Nothing "
            "can be learned of it: drop it, or convert it to numbers.",
            UserWarning,
        )


def _names(types: set[type]) -> str:
    return " and ".join(sorted(kind.__name__ for kind in types))
