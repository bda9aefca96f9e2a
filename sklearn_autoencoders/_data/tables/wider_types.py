"""Types of columns that have the values of a later table, also if that in the fit does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .frames import Column


def can_hold(column: Column, values: NDArray[Any]) -> bool:
    """Return whether the type of a column of numbers or booleans has these values; else True."""
    name = column.dtype.lower()
    if name == "boolean":
        return all(isinstance(value, bool | np.bool_) for value in values)
    if not (name.startswith(("int", "uint", "float")) and hasattr(np, name)):
        return True
    try:
        with np.errstate(invalid="ignore", over="ignore"):
            return bool((values.astype(name) == values).all())
    except (OverflowError, TypeError, ValueError):  # strings, or too large
        return False


def with_categories(column: Column, given: Column, values: list[Any]) -> Column:
    """Return a column with a type that has further categories.

    Parameters
    ----------
    column : Column
        The column in the fit.

    given : Column
        The same column in a later table of the same package, or `column` itself.

    values : list
        The categories of the later table that did not occur in the fit.

    Returns
    -------
    Column
        Of a type that declares categories, it declares all of them: in the order of the later
        table, if those of the fit have the same order there, otherwise with the further ones at the
        end. So the order of ordered categories remains.
    """
    if column.declared is not None:
        return _declaring(column, given, values)
    if column.dtype[:1] in "<>=|":  # of an array
        return replace(column, dtype=np.result_type(column.dtype, given.dtype).str)
    return column if can_hold(column, np.array(values, dtype=object)) else given


def _declaring(column: Column, given: Column, values: list[Any]) -> Column:
    """Return a column whose type declares further categories."""
    own: list[Any] = column.declared or []
    declared = [*own, *(value for value in values if value not in own)]
    later: list[Any] = given.declared or []
    if set(declared) <= set(later) and [value for value in later if value in own] == own:
        declared = later
    is_enum = column.dtype.startswith("Enum(")
    dtype = f"Enum(categories={declared!r})" if is_enum else column.dtype
    has_own_type = {*map(type, declared)} <= {*map(type, own)}
    native = column.native_dtype if has_own_type or column.native_dtype is None else "object"
    return replace(column, dtype=dtype, native_dtype=native, declared=declared)
