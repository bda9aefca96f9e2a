"""Columns of a table: numbers, dates, durations and categories as cells, and back.

A table of `n` columns becomes an array of cells with `n` columns in float64: numbers, seconds, and
indices of categories; NaN where a value is missing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from ..._utils.layout import Layout
from ..._utils.user_warnings import warn_user
from .built_frames import table_from
from .column_kinds import Category, Kind, Limits, Number
from .frames import Column, FrameTable, Table, table_of
from .texts import Texts, texts_of

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DEFAULT_LIMITS = Limits()
# Number of inputs of a network from which on a warning is issued.
_MANY_INPUTS = 10_000


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
            Unknown categories are missing.

        unknown : ndarray of bool of shape (n_samples, n_columns) or None
            Which values are unknown categories. None if there are none.
        """
        n = np.array(self.n_categories)
        marked = (cells == n) & (n > 0)
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
            Where the cells are those of X: infrequent categories and large integers remain as they
            are in X, and a column has the type of that of X if that in the fit does not hold these
            numbers.

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
                if isinstance(kind, Number) and not kind.can_hold(cells[known[:, index], index]):
                    columns[index] = self._type_in(table, index)
        return table_from(self.backend, columns, values, X)

    def _type_in(self, table: Table, index: int) -> Column:
        """Return a column with its type in a table; if of another package, with that in the fit."""
        column = self.kinds[index].column
        if self.backend is None or table.backend != self.backend:
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


def learn_columns(
    X: Any,
    categorical_features: Any,
    limits: Limits = _DEFAULT_LIMITS,
    are_drawn: bool = False,
) -> tuple[Columns | Texts, NDArray[Any]] | None:
    """Return the columns of a table and its cells; None if all columns are numbers.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_columns), sequence of str or str
        Training samples.

    categorical_features : "from_dtype", None, array-like or Columns
        Which columns are categories: those of strings, categories or booleans of a frame, and of
        strings of an array of objects; none; or names, indices or a mask. Or the columns
        themselves.

    limits : Limits, default=Limits()
        Which categories are infrequent.

    are_drawn : bool, default=False
        Whether samples like X are drawn, of which the warning of identifiers tells.

    Returns
    -------
    (Columns or Texts, ndarray of shape (n_samples, n_columns)) or None
        The cells, of texts in float32 and otherwise in float64.
    """
    if isinstance(categorical_features, Columns | Texts):
        X = categorical_features.shortened(X)
        return categorical_features, categorical_features.encode(X)
    texts = texts_of(X)
    if texts is not None:
        return Texts.learn(texts, limits)
    table = table_of(X)
    if table is None or categorical_features is None:
        return None
    is_category = _are_categories(table, categorical_features)
    if not any(is_category) and not any(map(table.is_converted, range(len(table.names)))):
        return None
    for index, own in enumerate(is_category):
        if own and table.is_date(index):
            raise ValueError(
                f"Column {table.names[index]!r} contains dates or durations, which are numbers and "
                "not categories. Remove it from categorical_features, or convert it to strings."
            )
    kinds, cells = _learn_kinds(table, is_category, limits, are_drawn)
    _warn_of_width(kinds)
    return Columns(table.backend, kinds), cells


def _learn_kinds(
    table: Table, is_category: list[bool], limits: Limits, are_drawn: bool
) -> tuple[list[Kind], Array]:
    """Return what each column contains, and the cells; warn of identifiers."""
    kinds: list[Kind] = []
    all_cells = np.empty((table.n_samples, len(table.names)))
    for index, own in enumerate(is_category):
        kind, cells = (Category if own else Number).learn(table, index, limits)
        kinds.append(kind)
        all_cells[:, index] = cells
        if kind.identifies(cells):
            _warn_of_identifier(kind.column.name, are_drawn)
    return kinds, all_cells


def columns_of_numbers(X: Any) -> Columns | None:
    """Return the columns of a frame whose types are those of numbers, and None for anything else.

    Its cells are those of an array of its numbers: only their types are restored.
    """
    table = table_of(X)
    if not isinstance(table, FrameTable) or not table.has_number_types:
        return None
    kinds: list[Kind] = [Number.of_type(table, index) for index in range(len(table.names))]
    return Columns(table.backend, kinds)


def columns_without_numbers(X: Any) -> list[Any]:
    """Return the names of the columns of a table that contain categories or dates."""
    table = table_of(X)
    if table is None:
        return []
    own = [table.is_category(index) or table.is_date(index) for index in range(len(table.names))]
    return [name for name, is_own in zip(table.names, own, strict=True) if is_own]


def check_are_numbers(X: Any) -> None:
    """Raise an error with the name of a column of objects or strings that are not numbers."""
    table = table_of(X)
    if table is None or (isinstance(X, np.ndarray) and X.dtype.kind not in "OU"):
        return
    for index in range(len(table.names)):
        table.numbers(index)


def _have_types_of_categories(table: Table) -> list[bool]:
    """Return whether the type of each column is one of categories.

    The TypeErrors of all columns are raised as one.
    """
    found, errors = [], []
    for index in range(len(table.names)):
        try:
            found.append(table.is_category(index))
        except TypeError as error:
            errors.append(error)
    if len(errors) > 1:
        raise TypeError("\n".join(map(str, errors))) from errors[0]
    if errors:
        raise errors[0]
    return found


def _warn_of_identifier(name: Any, are_drawn: bool) -> None:
    drawn = (
        " Samples that are drawn repeat these identifiers, which may be private: drop the column "
        "before the fit."
    )
    warn_user(
        f"Column {name!r} has a different category in each sample, like an identifier. Nothing "
        f"can be learned of it: drop it, or convert it to numbers.{drawn if are_drawn else ''}",
        UserWarning,
    )


def _warn_of_width(kinds: list[Kind]) -> None:
    """Warn of a network with very many inputs, naming the column with the most categories."""
    n_inputs = sum(max(kind.n_categories, 1) for kind in kinds)
    if n_inputs > _MANY_INPUTS:
        widest = max(kinds, key=lambda kind: kind.n_categories)
        warn_user(
            f"The network has {n_inputs} inputs, one for each category. Column "
            f"{widest.column.name!r} has {widest.n_categories} categories. The fit may need "
            "gigabytes of memory and hours: lower max_categories, or raise min_frequency.",
            UserWarning,
        )


def _are_categories(table: Table, categorical_features: Any) -> list[bool]:
    """Return whether each column is a category."""
    n_columns = len(table.names)
    if isinstance(categorical_features, str):  # "from_dtype"
        return _have_types_of_categories(table)
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
