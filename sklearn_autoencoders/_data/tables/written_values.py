"""Numbers and dates that are written as strings, which are read as categories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..._utils.user_warnings import warn_user
from .column_kinds import Category, Kind

# Number of categories above which a column may be one of numbers or dates, and of them that are
# looked at.
_MIN_CATEGORIES, _N_LOOKED_AT = 20, 200
# Fraction of the categories that have to be numbers or dates.
_MIN_FRACTION = 0.9
# Characters that are left out before a string is compared with a number.
_NOT_OF_NUMBERS = str.maketrans("", "", "$€£% \t")

_DAY = r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
# What a string looks like, by what it is; codes begin with a zero, as postal codes do.
_PATTERNS = {
    "numbers": re.compile(r"[-+]?(?!0\d)(\d[\d,]*\.?\d*(,\d+)?|[.,]\d+)([eE][-+]?\d+)?"),
    "dates": re.compile(_DAY + r"([ T]\d{1,2}:\d{2}.*)?"),
}
_FUNCTIONS = {
    "numbers": "pandas.to_numeric(X[{0!r}], errors='coerce'), after removing signs such as $ or % "
    "and replacing decimal commas by points",
    "dates": "pandas.to_datetime(X[{0!r}], errors='coerce')",
}


def written_as_strings(kind: Kind) -> str | None:
    """Return "numbers" or "dates" if strings of a column are these; None if it is anything else.

    The categories of a type that declares them are what the user wants them to be. Strings of
    digits alone are codes: they are often numbers that the user made strings, to be categories.
    """
    if not isinstance(kind, Category) or kind.column.declared is not None:
        return None
    values = _looked_at(kind)
    if len(values) <= _MIN_CATEGORIES or not all(isinstance(value, str) for value in values):
        return None
    if all(value.isdigit() for value in values):
        return None
    for what in _PATTERNS:
        if sum(_is(what, value) for value in values) >= _MIN_FRACTION * len(values):
            return what
    return None


def warn_of_written_values(found: Sequence[tuple[Kind, str]]) -> None:
    """Warn of columns and what is written in them as strings, once for all of them."""
    if not found:
        return
    columns = ", ".join(f"{kind.column.name!r} ({what}, {_examples(kind, what)})"
                        for kind, what in found)  # fmt: skip
    name, what = found[0][0].column.name, found[0][1]
    warn_user(
        f"Numbers or dates are written as strings in the column(s) {columns}. They are read as "
        f"categories, without any order. Convert them, for instance by "
        f"{_FUNCTIONS[what].format(name)}. If they are categories, name them in "
        "categorical_features, or convert the column to a type of categories.",
        UserWarning,
    )


def _looked_at(kind: Category) -> list[Any]:
    """Return up to a number of the categories of a column, from all parts of their order."""
    values = [*kind.categories, *kind.infrequent]
    return values[:: -(-len(values) // _N_LOOKED_AT) or 1]


def _is(what: str, value: str) -> bool:
    plain = value.translate(_NOT_OF_NUMBERS) if what == "numbers" else value.strip()
    return _PATTERNS[what].fullmatch(plain) is not None


def _examples(kind: Any, what: str) -> str:
    """Return one of the values that are numbers or dates, and one that is not if there is one."""
    values = _looked_at(kind)
    first = [next((v for v in values if _is(what, v) == own), None) for own in (True, False)]
    return "such as " + " and ".join(repr(value) for value in first if value is not None)
