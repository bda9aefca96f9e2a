"""Class labels in any container: which samples have one, and the labels as an array.

A missing value is None, NaN, NaT or pandas.NA, in every container. Labels keep their type: those of
a nullable integer column are integers, whether or not values are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import type_of_target

from .sklearn_compat import column_or_1d, safe_indexing
from .tensors import plain_array
from .user_warnings import warn_user

Array = NDArray[Any]
Mask = NDArray[np.bool_]

# Kinds of labels that cannot be compared with one another; bool comes first, as it is a Real too.
_KINDS = {"bool": (bool, np.bool_), "number": (Real,), "str": (str,)}


def is_missing(value: Any) -> bool:
    """Return whether a scalar is None, NaN, NaT or pandas.NA."""
    try:
        return value is None or bool(value != value)
    except TypeError:  # the truth of a comparison with pandas.NA is not defined
        return True


def missing_values(values: Array) -> Mask:
    """Return a mask of the missing values of an array."""
    if values.dtype.kind == "O":
        missing = np.fromiter(map(is_missing, values.ravel()), dtype=bool, count=values.size)
        return missing.reshape(values.shape)
    return np.asarray(values != values, dtype=bool)


def with_nan(y: Any) -> Any:
    """Return y with NaN for the missing values among objects; anything else unchanged."""
    if getattr(getattr(y, "dtype", None), "kind", "O") != "O":  # also nullable columns of pandas
        return y
    values = np.asarray(y)
    return np.where(missing_values(values), np.nan, values) if values.dtype.kind == "O" else y


@dataclass(frozen=True)
class Labels:
    """The labels of some samples.

    Parameters
    ----------
    known : ndarray of shape (n_known,)
        The labels of the samples that have one.

    is_known : ndarray of bool, of shape (n_samples,)
        Which samples have a label.
    """

    known: Array
    is_known: Mask

    @classmethod
    def of(cls, y: Any, input_name: str = "y") -> Labels:
        """Return the labels in a container.

        Parameters
        ----------
        y : array-like of shape (n_samples,) or (n_samples, 1)
            Labels, of which some can be missing values.

        input_name : str, default="y"
            For error messages.

        Returns
        -------
        Labels
            Their type is that of the container, or object.
        """
        y = _column(plain_array(y), input_name)
        is_known = ~missing_values(y if isinstance(y, np.ndarray) else _array(list(y)))
        known = np.asarray(y if is_known.all() else y[np.flatnonzero(is_known)])
        if known.dtype.kind == "T":  # NumPy's strings of variable width, unknown to scikit-learn
            known = known.astype(object)
        if known.dtype.kind == "f":
            assert_all_finite(known, input_name=input_name)
        return cls(known, is_known)

    def without(self, label: Any) -> Labels:
        """Return the same labels without those that are equal to a value."""
        is_other, is_known = ~_equal(self.known, label), self.is_known.copy()
        is_known[is_known] = is_other
        return Labels(self.known[is_other], is_known)

    def distinct(self) -> set[Any]:
        """Return the labels that occur."""
        return set(self.known.tolist())

    @property
    def is_complete(self) -> bool:
        """Whether every sample has a label, and all labels are of one kind."""
        is_mixed = self.known.dtype.kind == "O" and len({_kind_of(v) for v in self.known}) > 1
        return bool(self.is_known.all()) and not is_mixed

    @property
    def are_classes(self) -> bool:
        """Whether the labels are strings, booleans or integers, as those of classes usually are."""
        if self.known.dtype.kind != "O":
            return self.known.dtype.kind in "biuUS"
        kinds = {_kind_of(label) for label in self.known}
        is_float = kinds <= {"number"} and np.array(self.known.tolist()).dtype.kind == "f"
        return kinds <= {*_KINDS} and not is_float

    def codes(self) -> Array:
        """Return an integer for every sample: the same for equal labels, -1 where there is none."""
        codes = np.full(len(self.is_known), -1)
        if self.known.dtype.kind == "O":  # strings and numbers cannot be sorted
            number: dict[Any, int] = {}
            keys = ((_kind_of(label), label) for label in self.known)
            codes[self.is_known] = [number.setdefault(key, len(number)) for key in keys]
        else:
            codes[self.is_known] = np.unique(self.known, return_inverse=True)[1]
        return codes

    def of_one_type(self, input_name: str = "y") -> Array:
        """Return the known labels as an array of their own type; strings stay as they are."""
        if self.known.dtype.kind != "O":
            return self.known
        kinds = {_kind_of(label) for label in self.known}
        if len(kinds) > 1:
            raise ValueError(
                f"{input_name} contains labels of different types: {', '.join(sorted(kinds))}. "
                "Convert all of them to strings, or all to numbers."
            )
        return np.array(self.known.tolist()) if kinds <= {"bool", "number"} else self.known


def single_column(y: Any) -> Any:
    """Return the column of a table that has only one, without a warning; else y itself.

    A tensor is returned as an array, and a list as an array of objects.
    """
    y = plain_array(y)
    y = y if hasattr(y, "shape") or hasattr(y, "to_pylist") else np.asarray(y, dtype=object)
    is_column = tuple(getattr(y, "shape", ())[1:]) == (1,)
    return _first_column(y) if is_column else y


def label_type(labels: Array) -> str:
    """Return the type of the target as :func:`type_of_target`, which warns about rare classes."""
    kind: str = type_of_target(np.repeat(np.unique(labels), 2), input_name="y")
    return kind


def _column(y: Any, input_name: str) -> Any:
    """Return y as an array with one axis: of NumPy, or of pandas or polars with missing values.

    NumPy turns nullable integers into floats, which are therefore converted later.
    """
    if hasattr(y, "columns"):
        y = _column_of_frame(y, input_name)
    if hasattr(y, "to_pylist"):  # Arrow
        y = y.to_pylist()
    is_nullable = hasattr(y, "isna") or hasattr(y, "is_null")  # pandas or polars
    if is_nullable and not isinstance(y.dtype, np.dtype) and not hasattr(y, "compute"):
        return y.array if hasattr(y, "array") else y
    return column_or_1d(_array(y) if isinstance(y, list) else y, input_name=input_name, warn=True)


def _column_of_frame(y: Any, input_name: str) -> Any:
    """Return the only column of a frame; an array, which is refused, if there are several."""
    if tuple(y.shape[1:]) != (1,):
        return np.asarray(y)
    warn_user(
        f"{input_name} has one column, but a 1d array was expected. Pass the column itself.",
        DataConversionWarning,
    )
    return _first_column(y)


def _first_column(table: Any) -> Any:
    if hasattr(table, "itercolumns"):  # Arrow, from which older scikit-learn does not select
        return table.column(0)
    return safe_indexing(table, 0, axis=1)


def _array(values: list[Any]) -> Array:
    """Return values as an array, of objects if they are not all of the same kind."""
    kinds = {"missing" if _is_scalar_missing(value) else _kind_of(value) for value in values}
    if len(kinds) <= 1:
        return np.asarray(values)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _is_scalar_missing(value: Any) -> bool:
    return np.ndim(value) == 0 and is_missing(value)


def _kind_of(label: Any) -> str:
    for name, types in _KINDS.items():
        if isinstance(label, types):
            return name
    return type(label).__name__


def _equal(labels: Array, value: Any) -> Mask:
    """Return which labels are equal to a value; strings and numbers never are."""
    if labels.dtype.kind in "iuf" and _kind_of(value) == "number":
        return np.asarray(labels == value)
    is_equal = (_kind_of(label) == _kind_of(value) and label == value for label in labels)
    return np.fromiter(is_equal, dtype=bool, count=len(labels))
