"""What the columns of a table are, as a fit learns it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.user_warnings import warn_user
from .column_kinds import Category, Kind, Limits, Number
from .columns import Columns
from .frames import FrameTable, Table, table_of
from .texts import Texts, texts_of
from .written_values import warn_of_written_values, written_as_strings

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
_DEFAULT_LIMITS = Limits()
# Number of inputs of a network from which on a warning is issued.
_MANY_INPUTS = 10_000


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
    kinds, cells = _learn_kinds(table, is_category, limits)
    _warn_of_strings(kinds, cells, are_drawn, isinstance(categorical_features, str))
    _warn_of_width(kinds)
    return Columns(table.backend, kinds), cells


def _learn_kinds(table: Table, is_category: list[bool], limits: Limits) -> tuple[list[Kind], Array]:
    """Return what each column contains, and the cells."""
    kinds: list[Kind] = []
    all_cells = np.empty((table.n_samples, len(table.names)))
    for index, own in enumerate(is_category):
        kind, cells = (Category if own else Number).learn(table, index, limits)
        kinds.append(kind)
        all_cells[:, index] = cells
    return kinds, all_cells


def _warn_of_strings(kinds: list[Kind], cells: Array, are_drawn: bool, by_type: bool) -> None:
    """Warn of identifiers and, if types decide what is a category, of numbers and dates."""
    found = [written_as_strings(kind) if by_type else None for kind in kinds]
    written = {index: what for index, what in enumerate(found) if what is not None}
    warn_of_written_values([(kinds[index], what) for index, what in written.items()])
    for index, kind in enumerate(kinds):
        if index not in written and kind.identifies(cells[:, index]):
            _warn_of_identifier(kind, int(np.count_nonzero(~np.isnan(cells[:, index]))), are_drawn)


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


def _warn_of_identifier(kind: Kind, n_known: int, are_drawn: bool) -> None:
    drawn = (
        " Samples that are drawn repeat these identifiers, which may be private: drop the column "
        "before the fit."
    )
    warn_user(
        f"Column {kind.column.name!r} has {kind.n_values} categories in {n_known} samples, like an "
        "identifier. Nothing can be learned of it: drop it, or convert it to numbers."
        f"{drawn if are_drawn else ''}",
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
