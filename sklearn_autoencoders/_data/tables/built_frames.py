"""Tables of any package from the values of their columns."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from ..._utils.labels import is_missing
from .frames import DATES, MICRO, Column

# Smallest integer that is too large for a type, of the types that float64 does not contain.
_TOO_LARGE = {"Int64": 2.0**63, "UInt64": 2.0**64}


def table_from(
    backend: str | None,
    columns: Sequence[Column],
    values: Sequence[NDArray[Any]],
    X: Any = None,
) -> Any:
    """Return a table of the given package.

    Parameters
    ----------
    backend : str or None
        Package of the frame; None for an array.

    columns : sequence of Column
        Names and types.

    values : sequence of ndarray
        Numbers, seconds of dates (in UTC if they have a time zone) and durations, or Python objects
        of categories.

    X : frame or None, default=None
        A frame of pandas gets its index, if there are as many samples.

    Returns
    -------
    frame or ndarray
        The table.
    """
    pairs = list(zip(columns, values, strict=True))
    if backend is None:
        return np.stack([own.astype(column.dtype) for column, own in pairs], axis=1)
    if backend == "pandas":
        frame, index = _pandas_frame(pairs, backend), getattr(X, "index", None)
        frame.columns = _pandas_names([column.name for column in columns], X, backend)
        return frame if index is None or len(index) != len(frame) else frame.set_axis(index)
    series = [_series(*pair, backend).to_frame() for pair in pairs]
    return nw.concat(series, how="horizontal").to_native()


def _series(column: Column, values: NDArray[Any], backend: Any) -> nw.Series[Any]:
    """Return a column as a series of narwhals."""
    name = str(column.name)
    plain = plain_dtype(column.dtype)
    if plain not in DATES:
        values = representable(values, column.dtype)
        objects = [None if is_missing(value) else value for value in values.tolist()]
        is_float = plain.is_numeric() and column.dtype not in _TOO_LARGE
        # older versions do not build categories of Arrow
        other = nw.String() if plain in (nw.Categorical, nw.Enum) else plain
        own = nw.Float64() if is_float else other
        return nw.new_series(name, objects, own, backend=backend).cast(plain)
    return series_of_times(column, values, backend).cast(plain)


def series_of_times(column: Column, values: NDArray[Any], backend: Any) -> nw.Series[Any]:
    """Return seconds as dates, in the time zone of a column, or as durations, in microseconds."""
    plain = plain_dtype(column.dtype)
    dtype = nw.Duration("us") if plain == nw.Duration else nw.Datetime("us")
    ticks = np.round(np.nan_to_num(values) * MICRO).astype(np.int64)
    ticks[np.isnan(values)] = np.iinfo(np.int64).min  # NaT
    kind = "timedelta64[us]" if plain == nw.Duration else "datetime64[us]"
    series = nw.new_series(str(column.name), ticks.view(kind), dtype, backend=backend)
    zone = getattr(plain, "time_zone", None)
    if zone is not None:
        series = series.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    return series


def _pandas_names(names: list[Any], X: Any, backend: str) -> Any:
    """Return the names of columns, with the levels of those of X, or of their own."""
    given: Any = getattr(X, "columns", None)
    if isinstance(names[0], tuple) and hasattr(given, "nlevels") and list(given) == names:
        return given
    has_levels = {type(name) for name in names} == {tuple} and len(set(map(len, names))) == 1
    return import_module(backend).MultiIndex.from_tuples(names) if has_levels else names


def _pandas_frame(pairs: Sequence[tuple[Column, NDArray[Any]]], backend: str) -> Any:
    """Return columns as a frame of pandas, without their names."""
    pandas: Any = import_module(backend)
    native = {column.native_dtype for column, _ in pairs}
    if native <= {"float64"}:  # a hundred times as fast for many columns
        return pandas.DataFrame(np.stack([own for _, own in pairs], axis=1), dtype=float)
    return pandas.concat([_pandas_series(*pair, backend) for pair in pairs], axis=1)


def _pandas_series(column: Column, values: NDArray[Any], backend: str) -> Any:
    """Return a column as a series of pandas, of its own type."""
    pandas: Any = import_module(backend)
    if column.declared is not None:
        declared = pandas.Index(column.declared, dtype=column.native_dtype)
        dtype = pandas.CategoricalDtype(declared, column.is_ordered)
        return pandas.Series(values, dtype=dtype)
    native = column.native_dtype or "object"
    if plain_dtype(column.dtype) in DATES:
        series = _series(column, values, backend).to_native()
        return series if native == "object" else series.astype(native)
    if native == "object":
        return pandas.Series([None if is_missing(v) else v for v in values.tolist()], dtype=object)
    if "pyarrow" in native and column.dtype in _TOO_LARGE:
        return pandas.Series(representable(values, column.dtype), dtype=native)
    series = pandas.Series(_within(values, column.dtype))
    is_empty_integer = series.dtype.kind == "f" and series.isna().any() and _is_integer(native)
    return series if is_empty_integer else series.astype(native)


def representable(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return numbers as Python integers if the type is one of large integers; else unchanged."""
    if dtype not in _TOO_LARGE or values.dtype.kind != "f":
        return values
    whole = [None if np.isnan(value) else int(value) for value in _within(values, dtype)]
    return np.array(whole, dtype=object)


def _within(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return numbers that are not too large for a type of integers; others unchanged."""
    limit = _TOO_LARGE.get(dtype)
    if limit is None or values.dtype.kind != "f":
        return values
    return np.minimum(values, np.nextafter(limit, 0))


def _is_integer(dtype: str) -> bool:
    return dtype.startswith(("int", "uint")) and "pyarrow" not in dtype


def plain_dtype(dtype: str) -> Any:
    """Return the type of narwhals that a string describes, such as "Datetime(time_unit='us')"."""
    call = ast.parse(dtype, mode="eval").body
    if isinstance(call, ast.Name):
        return getattr(nw, call.id)()
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    values = {str(part.arg): ast.literal_eval(part.value) for part in call.keywords}
    return getattr(nw, call.func.id)(**values)
