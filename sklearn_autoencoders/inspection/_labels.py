"""Labels of samples: numbers or classes."""

from __future__ import annotations

from numbers import Real

import numpy as np

from .._utils.labels import Labels

# Name of the class of samples without a label.
UNKNOWN = "unknown"
# Integers are classes if there are at most this many distinct values.
_MAX_INTEGER_CLASSES = 20


def as_labels(y, name):
    """Return y as numbers or strings, with missing labels as NaN or UNKNOWN."""
    labels = Labels.of(y, name)
    known, missing = labels.known, ~labels.is_known
    if known.dtype.kind != "O" and not missing.any():
        return known
    is_number = all(isinstance(v, Real) and not isinstance(v, bool) for v in known.tolist())
    filled = np.full(len(missing), np.nan if is_number else UNKNOWN, dtype=object)
    filled[~missing] = known.tolist()
    return filled.astype(np.float64 if is_number else str)


def are_numbers(y):
    """Return whether y is continuous: non-integer numbers, or many distinct ones."""
    if y.dtype.kind not in "fiu":
        return False
    known = y[~np.isnan(y)]
    return bool((known != np.round(known)).any()) or len(np.unique(known)) > _MAX_INTEGER_CLASSES


def classes_of(y):
    """Return the sorted classes, with the unknown class at the end."""
    classes = np.unique(y)
    is_unknown = np.array([class_name(value) == UNKNOWN for value in classes], dtype=bool)
    return np.concatenate([classes[~is_unknown], classes[is_unknown]])


def class_name(value):
    """Return the name of a class in a legend."""
    if not isinstance(value, float | np.floating):
        return str(value)
    return UNKNOWN if np.isnan(value) else f"{value:.10g}"


def are_of(y, value):
    """Return which samples belong to a class."""
    return y == value if value == value else y != y  # NaN differs from itself
