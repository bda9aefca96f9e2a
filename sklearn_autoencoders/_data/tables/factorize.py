"""The distinct values of a column, and which of them each sample has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from ..._utils.labels import is_missing

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Factorized:
    """The values of a column.

    Parameters
    ----------
    codes : ndarray of int, of shape (n_samples,)
        Index of the value of each sample, -1 where it is missing.

    values : list
        The distinct values as Python objects, in the order in which they first occur.
    """

    codes: Codes
    values: list[Any]

    def counts(self) -> NDArray[np.intp]:
        """Return the number of samples that have each value."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.values))

    def objects(self) -> NDArray[np.object_]:
        """Return the value of each sample, None where it is missing."""
        values = np.empty(len(self.values) + 1, dtype=object)
        values[:-1] = self.values
        return values[self.codes]

    def mapped(self, places: Sequence[float]) -> NDArray[np.float64]:
        """Return a number for each sample: that of its value, NaN where it is missing."""
        found: NDArray[np.float64] = np.array([*places, np.nan])[self.codes]
        return found


def factorized_objects(values: list[Any]) -> Factorized:
    """Return a list of Python objects as distinct values; raise TypeError if one is unhashable."""
    distinct = [value for value in dict.fromkeys(values) if not is_missing(value)]
    place = {value: index for index, value in enumerate(distinct)}
    codes = np.fromiter((place.get(value, -1) for value in values), np.intp, len(values))
    return Factorized(codes, distinct)


def factorized_series(series: nw.Series[Any]) -> Factorized:
    """Return the distinct values of a series, by the functions of its package if it has them."""
    if series.dtype == nw.Object or is_object(series):
        return factorized_objects(series.to_list())
    package = series.implementation.name.lower()
    codes, values = _FUNCTIONS.get(package, _of_list)(series)
    return Factorized(np.asarray(codes, dtype=np.intp), values)


def is_object(series: nw.Series[Any]) -> bool:
    """Return whether a series of pandas contains Python objects, which may be of any type."""
    return str(getattr(series.to_native(), "dtype", "")) == "object"


def _of_pandas(series: nw.Series[Any]) -> tuple[Any, list[Any]]:
    codes, values = series.to_native().factorize()
    return codes, values.tolist()


def _of_polars(series: nw.Series[Any]) -> tuple[Any, list[Any]]:
    native = series.to_native()
    distinct = native.drop_nulls().unique(maintain_order=True)
    if not len(distinct):
        return np.full(len(native), -1), []
    codes = native.replace_strict(distinct, list(range(len(distinct))), default=-1)
    return codes.fill_null(-1).to_numpy(), distinct.to_list()


def _of_arrow(series: nw.Series[Any]) -> tuple[Any, list[Any]]:
    values = series.to_arrow()
    if hasattr(values, "dictionary"):  # which may contain values that do not occur
        values = values.dictionary_decode()
    encoded = values.dictionary_encode()
    codes = encoded.indices.cast("int64").fill_null(-1)
    return codes.to_numpy(), encoded.dictionary.to_pylist()


def _of_list(series: nw.Series[Any]) -> tuple[Any, list[Any]]:
    found = factorized_objects(series.to_list())
    return found.codes, found.values


_FUNCTIONS: dict[str, Callable[[nw.Series[Any]], tuple[Any, list[Any]]]] = {
    "pandas": _of_pandas,
    "polars": _of_polars,
    "pyarrow": _of_arrow,
}
