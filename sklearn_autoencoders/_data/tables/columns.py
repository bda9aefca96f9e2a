"""Columns of a table: numbers, dates, durations and categories as cells, and back.

A table of `n` columns becomes an array of cells with `n` columns in float64: numbers, seconds, and
indices of categories; NaN where a value is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from ..._utils.layout import Layout
from .built_frames import table_from
from .column_kinds import Category, Kind, Number
from .frames import Column, Table, table_of
from .texts import Texts

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


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
    kinds: list[Kind]

    @property
    def n_categories(self) -> tuple[int, ...]:
        """Number of categories of each column, 0 for a number."""
        return tuple(kind.n_categories for kind in self.kinds)

    is_sequence: ClassVar[bool] = False

    @property
    def layout(self) -> Layout:
        """The inputs of a network for the columns."""
        return Layout(self.n_categories)

    def check(self, estimator: Any, X: Any, reset: bool) -> None:
        """Raise ValueError if X has other columns than in the fit; store their names if `reset`."""
        if not reset:
            self._check_names(X)
        validate_data(estimator, X, reset=reset, skip_check_array=True)

    def _check_names(self, X: Any) -> None:
        """Raise ValueError if X is a frame with other columns than that of the fit."""
        table = table_of(X)
        expected = [kind.column.name for kind in self.kinds]
        if table is None or None in (table.backend, self.backend) or table.names == expected:
            return
        others = [name for name in table.names if name not in expected]
        missing = [name for name in expected if name not in table.names]
        if others or missing:
            raise ValueError(
                f"The feature names of X differ from those of the fit: {_listed(missing)} missing, "
                f"{_listed(others)} new. Rename or select the columns."
            )
        place = next(i for i, name in enumerate(expected) if table.names[i] != name)
        raise ValueError(
            f"The feature names of X are in another order than in the fit: column {place} is "
            f"{table.names[place]!r} and was {expected[place]!r}. Select the columns in the order "
            "of the fit."
        )

    def encode(self, X: Any, *, marks_unknown: bool = False) -> Array:
        """Return the cells of a table with the same columns.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_columns)
            The table.

        marks_unknown : bool, default=False
            Whether the index of categories that did not occur in the fit is the number of
            categories. Otherwise they are missing.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories; NaN where a value is missing.
        """
        table = _table(X)
        cells = np.empty((table.n_samples, len(self.kinds)))
        for index, kind in enumerate(self.kinds):
            cells[:, index] = kind.encode(table, index, marks_unknown)
        return cells

    def shortened(self, X: Any) -> Any:
        """Return X, of which all columns are read."""
        return X

    def split_unknown(self, cells: Array) -> tuple[Array, Mask | None]:
        """Return cells without marks of unknown categories, and where these were.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            With marks of unknown categories, as :meth:`encode` returns them.

        Returns
        -------
        cells : ndarray of shape (n_samples, n_columns)
            Unknown categories are missing. In columns of infrequent categories only, of which an
            unknown one is another, they are known.

        unknown : ndarray of bool of shape (n_samples, n_columns) or None
            Which values are unknown categories. None if there are none.
        """
        n = np.array(self.n_categories)
        marked = (cells == n) & (n > 0)
        expected = marked & (n == 1) & self.with_infrequent
        if expected.any():
            cells, marked = np.where(expected, 0.0, cells), marked & ~expected
        if not marked.any():
            return cells, None
        return np.where(marked, np.nan, cells), marked

    @property
    def with_infrequent(self) -> Mask:
        """Which columns have infrequent categories, of which an unknown one is another."""
        return np.array(
            [isinstance(kind, Category) and bool(kind.infrequent) for kind in self.kinds]
        )

    def restore(self, cells: Array) -> Any:
        """Return a table with these cells."""
        return self.decode(cells)

    def with_unknown(self, X: Any) -> list[Any]:
        """Return the names of the columns with categories that did not occur in the fit."""
        table = _table(X)
        return [
            kind.column.name
            for index, kind in enumerate(self.kinds)
            if isinstance(kind, Category) and kind.unknown(table, index)
        ]

    def observed(
        self, X: Any, places: Iterable[int]
    ) -> Iterator[tuple[Any, list[Any], list[Any], int]]:
        """Return what some columns of categories of a table contain.

        Parameters
        ----------
        X : frame or array-like of shape (n_samples, n_columns)
            The table.

        places : iterable of int
            The columns.

        Returns
        -------
        iterator of tuple
            The name, the categories of the fit, those of X, and the number of values that are not
            missing.
        """
        table = _table(X)
        for index in places:
            kind, own = self.kinds[index], table.factorized(index)
            assert isinstance(kind, Category)
            n_observed = int(np.count_nonzero(own.codes >= 0))
            known = [*kind.categories, *kind.infrequent]
            yield kind.column.name, known, own.values, n_observed

    def valid(self, cells: NDArray[Any], are_means: bool = False) -> Array:
        """Return cells with the values that columns can have: in range, whole numbers whole.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories.

        are_means : bool, default=False
            Whether the numbers are expected values, which need not be whole in columns of
            floating-point types.

        Returns
        -------
        ndarray of shape (n_samples, n_columns)
            The values.
        """
        columns = cells.astype(float).T
        return np.stack(
            [k.valid(c, are_means) for k, c in zip(self.kinds, columns, strict=True)], 1
        )

    def decode(self, cells: Array, X: Any = None, known: Mask | None = None) -> Any:
        """Return the table of cells.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Numbers and indices of categories.

        X : frame or None, default=None
            If it has as many samples and an index, the table gets this index.

        known : ndarray of bool, of shape (n_samples, n_columns), or None, default=None
            Where the cells are those of X: large integers remain as they are in X. So do all
            categories, also infrequent and unknown ones, which have no cells. A column has a type
            with the values of X if that in the fit does not have them.

        Returns
        -------
        frame or ndarray
            With the names and the types of the columns in the fit.
        """
        columns = [kind.column for kind in self.kinds]
        values = [kind.decode(cells[:, i], self.backend) for i, kind in enumerate(self.kinds)]
        if known is not None:
            table = _table(X)
            for index, kind in enumerate(self.kinds):
                values[index] = kind.with_known(values[index], table, index, known[:, index])
                if not kind.can_hold(table, index, cells[known[:, index], index]):
                    given = self._type_in(table, index)
                    columns[index] = kind.column_with(given, table, index)
        return table_from(self.backend, columns, values, X)

    def _type_in(self, table: Table, index: int) -> Column:
        """Return a column with its type in a table; if of another package, with that in the fit."""
        column = self.kinds[index].column
        if table.backend != self.backend:
            return column
        return replace(table.column(index), name=column.name)

    def widened(self, low: NDArray[Any], high: NDArray[Any], cells: Any) -> Columns:
        """Return the columns after a fit to further cells, whose numbers are in the given ranges.

        Cells that are not in memory have no steps.
        """
        kinds: list[Kind] = []
        for index, kind in enumerate(self.kinds):
            if isinstance(kind, Number):
                kind = kind.widened(low[index], high[index])
                kind = kind.refined(cells[:, index]) if isinstance(cells, np.ndarray) else kind
            kinds.append(kind)
        return replace(self, kinds=kinds)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the columns."""
        kinds = [{"kind": type(kind).__name__, **asdict(kind)} for kind in self.kinds]
        return {"backend": self.backend, "kinds": kinds}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Columns:
        """Return the columns from which :meth:`to_dict` computed the values."""
        return cls(values["backend"], [_kind_from(dict(kind)) for kind in values["kinds"]])


def _table(X: Any) -> Table:
    """Return a frame or anything that is like an array as a table."""
    table = table_of(X)
    table = table_of(np.asarray(X, dtype=object)) if table is None else table
    assert table is not None
    return table


def _listed(names: list[Any]) -> str:
    return ", ".join(map(repr, names)) or "none"


_KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Number, Category)}


def _kind_from(values: dict[str, Any]) -> Kind:
    column = Column(**values["column"])
    if isinstance(column.name, list):  # files have no tuples
        column = replace(column, name=tuple(column.name))
    kind: Kind = _KINDS[values.pop("kind")](**values | {"column": column})
    return kind


def columns_from_dict(values: dict[str, Any]) -> Columns | Texts:
    """Return the columns or texts from whose `to_dict` the values are."""
    return (Columns if "kinds" in values else Texts).from_dict(values)
