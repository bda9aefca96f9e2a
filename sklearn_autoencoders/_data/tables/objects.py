"""What kinds of values a list of Python objects contains, and its numbers."""

from __future__ import annotations

import datetime
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.labels import is_missing

_KINDS: dict[str, tuple[type, ...]] = {
    "booleans": (bool, np.bool_),
    "numbers": (Real,),
    "strings": (str,),
}


def as_numbers(values: list[Any], name: Any) -> NDArray[np.float64]:
    """Return objects as numbers, or raise ValueError with the name of the column."""
    try:
        return np.array([np.nan if is_missing(v) else v for v in values], np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {name!r} must contain numbers; {error}. If it contains categories, name it in "
            "categorical_features."
        ) from error


def are_numbers(values: list[Any], name: Any) -> bool:
    """Return whether all objects are numbers; raise TypeError if only some of them are.

    Strings are not, also if they look like numbers.
    """
    kinds = _kinds_of(values, name)
    if len(kinds) > 1:
        raise TypeError(
            f"Column {name!r} mixes {' and '.join(sorted(kinds))}. Convert it to one type: to "
            "numbers if its strings are numbers, otherwise to strings."
        )
    return kinds <= {"numbers"}


def _kinds_of(values: list[Any], name: Any) -> set[str]:
    """Return what kinds of values a list contains, apart from missing ones."""
    others = [value for value in values if type(value) is not str]
    kinds = {_kind_of(value, name) for value in others if not is_missing(value)}
    return kinds | {"strings"} if len(others) < len(values) else kinds


def _kind_of(value: Any, name: Any) -> str:
    """Return what kind of value an object is, or raise TypeError with the name of the column."""
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return kind
    is_date = isinstance(value, datetime.date | datetime.timedelta)
    raise wrong_type(name, f"{type(value).__name__}, such as {value!r}", is_date=is_date)


def wrong_type(name: Any, kind: str, *, is_date: bool = False) -> TypeError:
    """Return the error of a column that contains other values than a table can have."""
    advice = "to a type of dates, for instance by pandas.to_datetime" if is_date else "or drop it"
    return TypeError(
        f"Column {name!r} contains values of type {kind}. Columns must contain numbers, strings, "
        f"booleans, categories, dates or durations. Convert the column {advice}."
    )
