"""Tables of any package, read with narwhals, and arrays with columns of categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from .factorize import Factorized, factorized_objects, factorized_series, is_object
from .objects import AS_ARRAY, OR_DROP, are_numbers, as_numbers, wrong_type

Array = NDArray[np.float64]

_CATEGORIES = (nw.Boolean, nw.Categorical, nw.Enum, nw.String)
DATES = (nw.Date, nw.Datetime, nw.Duration)
# Types that are neither categories nor numbers, and those of several values in a cell.
_NESTED = (nw.Array, nw.List)
_OTHERS = (*_NESTED, nw.Binary, nw.Struct, nw.Time)
# Microseconds in a second, the unit of dates and durations.
MICRO = 1e6


@dataclass(frozen=True)
class Column:
    """Name and type of a column.

    Parameters
    ----------
    name : str or int
        The name, or the index in an array.

    dtype : str
        Type of the column for narwhals, or of the array.

    native_dtype : str or None, default=None
        Type of the column for pandas, or of its categories.

    declared : list or None, default=None
        The categories that the type declares, in order.

    is_ordered : bool, default=False
        Whether the type declares that the categories are ordered.
    """

    name: Any
    dtype: str
    native_dtype: str | None = None
    declared: list[Any] | None = None
    is_ordered: bool = False


class Table(Protocol):
    """A table whose columns are read one by one."""

    @property
    def backend(self) -> str | None:
        """Package of a frame; None for an array."""

    @property
    def names(self) -> list[Any]:
        """Names of the columns."""

    def column(self, index: int) -> Column:
        """Return the name and the type of a column."""

    def numbers(self, index: int, zone: str | None = None) -> Array:
        """Return the numbers of a column, seconds of a date, and NaN where a value is missing.

        Dates are wall times: in `zone` if it is given and they have a time zone, or in their own.
        """

    def instants(self, index: int) -> Array | None:
        """Return the seconds in UTC of dates with a time zone; None of any other column."""

    def integers(self, index: int) -> list[int | None] | None:
        """Return the integers of a column; None if its type is not one of integers."""

    @property
    def n_samples(self) -> int:
        """Number of samples."""

    def factorized(self, index: int) -> Factorized:
        """Return the distinct values of a column; raise TypeError if one cannot be a category."""

    def is_category(self, index: int) -> bool:
        """Return whether a column contains strings, categories or booleans, by its type."""

    def is_date(self, index: int) -> bool:
        """Return whether a column contains dates or durations."""

    def is_converted(self, index: int) -> bool:
        """Return whether the type of a column is not one of numbers."""


class ArrayTable:
    """An array of numbers or of objects.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        The values.
    """

    backend = None

    def __init__(self, X: NDArray[Any]) -> None:
        self._X, self.names = X, list(range(X.shape[1]))

    def column(self, index: int) -> Column:
        """Return the index of a column and the type of the array."""
        return Column(index, self._X.dtype.str)

    def numbers(self, index: int, zone: str | None = None) -> Array:
        """Return the numbers of a column."""
        return as_numbers(self._X[:, index].tolist(), index)

    def instants(self, index: int) -> Array | None:
        """Return None."""
        return None

    def integers(self, index: int) -> list[int | None] | None:
        """Return the integers of a column of an array of integers."""
        return self._X[:, index].tolist() if self._X.dtype.kind in "iu" else None

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self._X)

    def factorized(self, index: int) -> Factorized:
        """Return the distinct values of a column."""
        return _factorized(factorized_objects, self._X[:, index].tolist(), index)

    def is_category(self, index: int) -> bool:
        """Return whether a column of an array of objects contains strings.

        Other arrays have no columns of their own type.
        """
        if self._X.dtype.kind != "O":
            return False
        values = self._X[:, index].tolist()
        has_strings = any(isinstance(value, str) for value in values)
        return has_strings and not are_numbers(values, index)

    def is_date(self, index: int) -> bool:
        """Return False."""
        return False

    def is_converted(self, index: int) -> bool:
        """Return False."""
        return False


class FrameTable:
    """A frame of any package that narwhals supports.

    Parameters
    ----------
    frame : narwhals.DataFrame
        The frame.
    """

    def __init__(self, frame: nw.DataFrame[Any]) -> None:
        self._frame, self.names = frame, list(frame.columns)
        self.backend: str | None = nw.get_native_namespace(frame).__name__

    def column(self, index: int) -> Column:
        """Return the name and the type of a column."""
        series, declared = self._series(index), None
        dtype = _dtype_of(series)
        native = _native_dtype(series) if self.backend == "pandas" else None
        if native is not None:
            _check_restorable(native, self.names[index])
        if dtype in (nw.Categorical, nw.Enum):
            declared = series.cat.get_categories().to_list()
        is_ordered = native is not None and dtype == nw.Enum
        return Column(self.names[index], str(dtype), native, declared, is_ordered)

    def numbers(self, index: int, zone: str | None = None) -> Array:
        """Return the numbers of a column, seconds of a date, and NaN where a value is missing."""
        series, name = self._series(index), self.names[index]
        dtype = _dtype_of(series)
        if dtype in (nw.Date, nw.Datetime):
            series = wall_times(series, zone) if _has_zone(series) else series
            return seconds(series, name)
        if dtype == nw.Duration:
            return _floats(series.dt.total_microseconds(), name) / MICRO
        if dtype.is_numeric() or dtype == nw.Boolean:
            return _floats(series, name)
        _check_is_supported(dtype, name)
        return as_numbers(series.to_list(), name)

    def instants(self, index: int) -> Array | None:
        """Return the seconds in UTC of dates with a time zone; None of any other column."""
        series = self._series(index)
        if not _has_zone(series):
            return None
        return seconds(wall_times(series, "UTC"), self.names[index])

    def integers(self, index: int) -> list[int | None] | None:
        """Return the integers of a column; None if its type is not one of integers."""
        series = self._series(index)
        return series.to_list() if series.dtype.is_integer() else None

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self._frame)

    @property
    def has_number_types(self) -> bool:
        """Whether the types of all columns are those of numbers."""
        return all(dtype.is_integer() or dtype.is_float() for dtype in self._frame.schema.values())

    def factorized(self, index: int) -> Factorized:
        """Return the distinct values of a column."""
        return _factorized(factorized_series, self._series(index), self.names[index])

    def is_category(self, index: int) -> bool:
        """Return whether a column contains strings, categories or booleans, by its type."""
        series, name = self._series(index), self.names[index]
        dtype = _dtype_of(series)
        _check_is_supported(dtype, name)
        if self.backend == "pandas" and dtype == nw.Unknown:
            _check_is_numeric(series.to_native().dtype, name)
        if dtype != nw.Object and not is_object(series):
            return dtype in _CATEGORIES and bool(series.null_count() < len(series))
        return not are_numbers(series.to_list(), name)

    def is_date(self, index: int) -> bool:
        """Return whether a column contains dates or durations."""
        return _dtype_of(self._series(index)) in DATES

    def is_converted(self, index: int) -> bool:
        """Return whether the type of a column is not one of numbers."""
        return _dtype_of(self._series(index)) in (*DATES, *_CATEGORIES)

    def _series(self, index: int) -> nw.Series[Any]:
        return self._all_series[index]

    @cached_property
    def _all_series(self) -> list[nw.Series[Any]]:
        series: Any = self._frame.iter_columns()  # ten times as fast as one by one
        return list(series)


def table_of(X: Any, input_name: str = "X") -> Table | None:
    """Return a frame or an array as a table, and None for anything else."""
    if isinstance(X, np.ndarray):
        return ArrayTable(X) if X.ndim == 2 else None
    check_different_names(X, input_name)
    frame = nw.from_native(as_frame(X), eager_only=True, pass_through=True)
    return FrameTable(frame) if isinstance(frame, nw.DataFrame) else None


def as_frame(X: Any) -> Any:
    """Return a batch of Arrow, which narwhals does not know, as a table; others unchanged."""
    is_batch = hasattr(X, "column_names") and type(X).__name__ == "RecordBatch"
    return import_module("pyarrow").Table.from_batches([X]) if is_batch else X


def is_frame(X: Any) -> bool:
    """Return whether X is a frame in memory."""
    return not isinstance(X, np.ndarray) and table_of(X) is not None


def check_different_names(X: Any, input_name: str) -> None:
    """Raise ValueError if X is a table two columns of which have the same name."""
    names = list(getattr(X, "column_names", getattr(X, "columns", ())))
    if len(set(names)) < len(names):
        name, _ = Counter(names).most_common(1)[0]
        raise ValueError(
            f"Several columns of {input_name} have the name {name!r}. The columns of a table must "
            "have different names: rename or drop them."
        )


# ------------------------------------------------------------------------------------- reading


def _native_dtype(series: nw.Series[Any]) -> str:
    """Return the type of a column of pandas, or of the categories that its type declares."""
    dtype = series.to_native().dtype
    categories = getattr(dtype, "categories", None)
    dtype = dtype if categories is None else categories.dtype
    # pandas does not name the storage of strings
    return f"string[{dtype.storage}]" if str(dtype) == "string" else str(dtype)


def _dtype_of(series: nw.Series[Any]) -> Any:
    """Return the type of a series, also of zones of pandas that narwhals does not know.

    These are all zones with an underscore, a digit or a hyphen in their names.
    """
    native: Any = getattr(series.to_native(), "dtype", None)
    native = getattr(native, "pyarrow_dtype", native)
    if series.dtype in (nw.Unknown, nw.Time) and hasattr(native, "tz") and hasattr(native, "unit"):
        return nw.Datetime(native.unit, str(native.tz))
    return series.dtype


def _check_is_supported(dtype: Any, name: Any) -> None:
    """Raise TypeError if a type is one of values that are neither numbers nor categories."""
    if dtype in _OTHERS:
        raise wrong_type(name, str(dtype), AS_ARRAY if dtype in _NESTED else OR_DROP)


def _has_zone(series: nw.Series[Any]) -> bool:
    return getattr(_dtype_of(series), "time_zone", None) is not None


def wall_times(series: nw.Series[Any], zone: str | None = None) -> nw.Series[Any]:
    """Return dates with a time zone as the clock of a zone shows them, by default of their own."""
    native: Any = series.to_native()
    if hasattr(getattr(native, "dt", None), "tz_localize"):  # pandas, with zones of any name
        arrow = getattr(native.dtype, "pyarrow_dtype", None)
        if arrow is not None:  # of which old versions return the time in UTC
            native = native.astype(f"datetime64[{arrow.unit}, {arrow.tz}]")
        native = native if zone is None else native.dt.tz_convert(zone)
        return nw.from_native(native.dt.tz_localize(None), series_only=True)
    series = series if zone is None else series.dt.convert_time_zone(zone)
    return series.dt.replace_time_zone(None)


def seconds(series: nw.Series[Any], name: Any) -> Array:
    """Return dates without a time zone as seconds since 1970, NaN where one is missing."""
    return _floats(series.dt.timestamp("us"), name) / MICRO


def _floats(series: nw.Series[Any], name: Any) -> Array:
    """Return a series as float64, NaN where a value is missing."""
    try:
        with np.errstate(over="ignore"):
            return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
    except ValueError:  # Arrow does not round large integers
        return as_numbers(series.to_list(), name)


def _factorized(function: Callable[[Any], Factorized], values: Any, name: Any) -> Factorized:
    """Return the distinct values of a column, or raise TypeError with its name."""
    try:
        return function(values)
    except TypeError as error:
        raise TypeError(
            f"Column {name!r} contains values that are not hashable ({error}). Categories must be "
            "strings, numbers or booleans. Convert the column or drop it."
        ) from error


def _check_is_numeric(native: Any, name: Any) -> None:
    """Raise TypeError if a type of pandas that narwhals does not know has no numbers."""
    if not import_module("pandas").api.types.is_numeric_dtype(native):
        raise wrong_type(name, str(native))


def _check_restorable(native: str, name: Any) -> None:
    """Raise TypeError if pandas cannot create a column of a type from the name of the type."""
    try:
        import_module("pandas").api.types.pandas_dtype(native)
    except (NotImplementedError, TypeError, ValueError) as error:
        raise TypeError(
            f"Column {name!r} has the type {native}, which cannot be restored from its name. "
            "Convert the column to strings, numbers or a categorical type, or drop it."
        ) from error
