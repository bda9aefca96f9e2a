"""What is said of rows: numbers, or the classes that they belong to."""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.utils import column_or_1d

# What a row without a label is called.
UNKNOWN = "unknown"
# Whole numbers are classes, unless they are more.
_MOST_NUMBERS = 20


def as_labels(y, name):
    """Return y as a column of numbers, NaN where there is none, or of words, then UNKNOWN."""
    y = column_or_1d(np.asarray(y), input_name=name)
    if y.dtype.kind != "O":
        return y
    missing = np.array([_is_missing(value) for value in y])
    if all(isinstance(value, Real) and not isinstance(value, bool) for value in y[~missing]):
        return np.where(missing, np.nan, y).astype(np.float64)
    return np.where(missing, UNKNOWN, y).astype(str)


def _is_missing(value):
    """Whether it is None, NaN, or one of pandas' values for what is not there."""
    return value is None or str(value) in ("nan", "NaT", "<NA>")


def are_numbers(y):
    """Whether y is a continuous target: numbers with fractions, or many different ones."""
    if y.dtype.kind not in "fiu":
        return False
    known = y[~np.isnan(y)]
    return bool((known != np.round(known)).any()) or len(np.unique(known)) > _MOST_NUMBERS


def classes_of(y):
    """Return the classes in order, what is unknown at the end."""
    classes = np.unique(y)
    is_unknown = np.array([class_name(value) == UNKNOWN for value in classes], dtype=bool)
    return np.concatenate([classes[~is_unknown], classes[is_unknown]])


def class_name(value):
    """Return a class as it is written in a legend."""
    if not isinstance(value, float | np.floating):
        return str(value)
    return UNKNOWN if np.isnan(value) else f"{value:.10g}"


def are_of(y, value):
    """Return which rows are of a class."""
    return y == value if value == value else y != y  # NaN equals nothing
