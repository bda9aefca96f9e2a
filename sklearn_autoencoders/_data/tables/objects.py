"""What kinds of values a list of Python objects contains, and its numbers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._utils.labels import is_missing

_KINDS: dict[str, tuple[type, ...]] = {
    "booleans": (bool, np.bool_),
    "numbers": (Real, Decimal),
    "strings": (str,),
}


# How a column of other values can be converted.
OR_DROP = "or drop it"
TO_DATES = "to a type of dates, for instance by pandas.to_datetime"
AS_ARRAY = (
    "to several columns of numbers, or drop it. Series are no table: pass an array of shape "
    "(n_samples, n_time_points, n_channels), or a list of arrays, with network=Temporal(...)"
)


def as_numbers(values: list[Any], name: Any) -> NDArray[np.float64]:
    """Return objects as numbers, or raise ValueError with the name of the column."""
    _check_not_nested(values, name)
    try:
        return np.array([np.nan if is_missing(v) else v for v in values], np.float64)
    except (TypeError, ValueError) as error:
        advice = "If it contains categories, fit with its name in categorical_features."
        if any(isinstance(value, datetime.date | datetime.timedelta) for value in values):
            advice = (
                "It contains dates, which are recognized in a frame: pass that instead of an array "
                "of its values, or convert them to numbers."
            )
        raise ValueError(f"Column {name!r} must contain numbers; {error}. {advice}") from error


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
    _check_not_nested(others, name)
    kinds = {_kind_of(value, name) for value in others if not is_missing(value)}
    return kinds | {"strings"} if len(others) < len(values) else kinds


def _kind_of(value: Any, name: Any) -> str:
    """Return what kind of value an object is, or raise TypeError with the name of the column."""
    for kind, types in _KINDS.items():
        if isinstance(value, types):
            return kind
    advice = TO_DATES if isinstance(value, datetime.date | datetime.timedelta) else OR_DROP
    raise wrong_type(name, f"{type(value).__name__}, such as {value!r}", advice)


def _check_not_nested(values: list[Any], name: Any) -> None:
    """Raise TypeError if a value contains several ones, such as a list, an array or a series."""
    for kind in set(map(type, values)):  # of which there are few
        if hasattr(kind, "__len__") and not issubclass(kind, str | bytes | Mapping):
            raise wrong_type(name, kind.__name__, AS_ARRAY)


def wrong_type(name: Any, kind: str, advice: str = OR_DROP) -> TypeError:
    """Return the error of a column that contains other values than a table can have."""
    return TypeError(
        f"Column {name!r} contains values of type {kind}. Columns must contain numbers, strings, "
        f"booleans, categories, dates or durations. Convert the column {advice}."
    )
