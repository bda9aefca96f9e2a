"""Containers of samples as users give them."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from .._utils.labels import is_missing
from .._utils.output import as_table
from .._utils.tensors import plain_array
from .sources.chunked import ChunkedRows
from .sources.parquet import DatasetChunks, is_dataset
from .sources.stored_arrays import ArrayChunks, is_stored_array
from .tables.texts import texts_of

# Types of objects that are dates or durations; those of pandas are among them.
_TIMES: dict[str, tuple[type, ...]] = {
    "dates": (datetime.date, np.datetime64),
    "durations": (datetime.timedelta, np.timedelta64),
}

# Names of tables in files.
_TABLE_FILES = (".parquet", ".csv", ".arrow", ".feather")
_OPEN = "Open Parquet files by pyarrow.dataset.dataset(path), and others by pandas, for instance."

# What to do with objects that are no containers of samples.
_CONVERSIONS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda X: isinstance(X, os.PathLike), _OPEN),
    (lambda X: isinstance(X, dict), "Convert it to a frame: pandas.DataFrame(X)."),
    (
        lambda X: isinstance(X, Mapping) or hasattr(X, "arrays"),
        "Convert one of its arrays: X[name].",
    ),
    (lambda X: hasattr(X, "collect"), "Convert it by X.collect()."),
    (
        lambda X: hasattr(X, "to_table"),
        "Convert it by X.to_table(), or pass the dataset of pyarrow, which is read in parts.",
    ),
    (lambda X: hasattr(X, "read_all"), "Convert it by X.read_all()."),
    (lambda X: hasattr(X, "read"), "Convert it by reading it, such as with pandas or X.read()."),
    (lambda X: isinstance(X, Iterable), "Convert it to a list: list(X)."),
)


def check_is_container(X: Any) -> None:
    """Raise TypeError if X has neither a length nor a shape, nor can become an array.

    Parameters
    ----------
    X : object
        Samples as the user gave them.

    Raises
    ------
    TypeError
        If X is, for instance, an iterator, an open file or a dataset of torch.
    """
    _check_is_no_path(X)
    if X is None or np.isscalar(X):  # scikit-learn has an error for these
        return
    if isinstance(X, Dataset):
        raise TypeError(
            f"X is a {type(X).__name__}, a dataset of torch. Pass its samples as one tensor or "
            "array, such as X.tensors[0] of a TensorDataset."
        )
    is_list = isinstance(X, Sized) and hasattr(X, "__getitem__") and not hasattr(X, "keys")
    if not (is_list or any(hasattr(X, name) for name in ("shape", "__array__", "__dataframe__"))):
        raise TypeError(
            f"X is a {type(X).__module__}.{type(X).__qualname__}, which is neither an array nor a "
            f"table. {_conversion(X)}"
        )
    first = X[0] if isinstance(X, list | tuple) and len(X) else None
    if isinstance(first, Mapping | bytes):
        remedy = "pandas.DataFrame(X)" if isinstance(first, Mapping) else "[x.decode() for x in X]"
        raise TypeError(f"X is a list of {type(first).__name__} objects. Pass {remedy}.")


def _conversion(X: Any) -> str:
    """Return what to do with an object that is no container of samples."""
    for is_such, advice in _CONVERSIONS:
        if is_such(X):
            return advice
    return "Convert it to an array or a frame."


def _check_is_no_path(X: Any) -> None:
    """Raise TypeError if X is the path of an existing file or folder, or a list of table files."""
    if isinstance(X, str):
        is_path = os.path.exists(X)
    else:
        is_path = isinstance(X, list | tuple) and len(X) > 0 and all(map(_is_table_file, X))
    if is_path:
        what = "the path of a file or folder" if isinstance(X, str) else "a list of paths"
        raise TypeError(f"X is {what}, {X if isinstance(X, str) else X[0]!r}. {_OPEN}")


def _is_table_file(value: Any) -> bool:
    """Return whether a value is the path of a file of a table."""
    if not isinstance(value, str | os.PathLike):
        return False
    return str(value).endswith(_TABLE_FILES) and os.path.isfile(value)


def check_has_no_dates(X: Any) -> None:
    """Raise TypeError if X is an array of dates or durations, which would become large numbers."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM":
        raise TypeError(
            f"X is an array of the type {X.dtype}, whose missing values would become large "
            "numbers. Pass a frame, such as pandas.DataFrame(X): its columns of dates and "
            "durations are recognized."
        )


def check_is_no_date(y: Any, input_name: str = "y") -> None:
    """Raise TypeError if numbers are expected and a target contains dates or durations."""
    found = times_in(np.asarray(plain_array(y)))
    if found is not None:
        raise TypeError(
            f"{input_name} contains {found}, but must contain numbers. Convert it, for instance to "
            "days: (y - y.min()) / numpy.timedelta64(1, 'D')."
        )


def times_in(values: NDArray[Any]) -> str | None:
    """Return "dates" or "durations" if an array contains these, also as objects; else None."""
    if values.dtype.kind in "mM":
        return "dates" if values.dtype.kind == "M" else "durations"
    if values.dtype.kind != "O" or not values.ndim:
        return None
    first = next((value for value in values.ravel() if not is_missing(value)), None)
    return next((name for name, types in _TIMES.items() if isinstance(first, types)), None)


def check_is_no_row(X: Any, are_texts: bool) -> None:
    """Raise ValueError if X is a series of pandas, such as a row of a table.

    If `are_texts`, it may be a series of texts.
    """
    if not (hasattr(X, "iloc") and len(X.shape) == 1):
        return
    if len(X) and isinstance(X.iloc[0], np.ndarray | list | tuple):
        raise ValueError(
            f"X is a {type(X).__name__} of {type(X.iloc[0]).__name__} objects. Pass a list of "
            "them, X.tolist(); or one array, numpy.stack(X.tolist())."
        )
    if not (are_texts and any(isinstance(value, Sized) for value in X)):
        raise ValueError(
            f"Expected a 2-dimensional container but got {type(X)} instead. Pass a row of a frame "
            "as df.iloc[[0]], instead of df.iloc[0], and a column as df[['name']]."
        )


def in_chunks(X: Any) -> Any:
    """Return samples in files as :class:`ChunkedRows`, and anything else unchanged."""
    if is_dataset(X):
        return ChunkedRows(DatasetChunks(X))
    return ChunkedRows(ArrayChunks(X)) if is_stored_array(X) else X


def samples_in_memory(X: Any, is_table: bool) -> Any:
    """Return samples in a container from which scikit-learn can select.

    Parameters
    ----------
    X : object
        Samples as the user gave them.

    is_table : bool
        Whether they have to be rows of a table.

    Returns
    -------
    array or frame
        The samples.

    Raises
    ------
    TypeError
        If X is a dataset of pyarrow, an array in a file, or no container of samples.

    ValueError
        If they have to be rows of a table and are texts, series or images.
    """
    if is_dataset(X) or is_stored_array(X):
        kind, remedy = "an array in a file", "X[:]"
        if is_dataset(X):
            kind, remedy = "a dataset of pyarrow", "X.to_table()"
        raise TypeError(
            f"AutoencoderFeatureUnion requires samples in memory; got {kind}. Pass {remedy}, or "
            "use the encoder alone."
        )
    check_is_container(X)
    X = as_table(X)
    if is_table and not _is_table(X):
        if texts_of(X) is not None:
            raise ValueError(
                "Texts cannot be passed through beside codes, which are columns of a table. Use "
                "passthrough=False."
            )
        raise ValueError(
            "Series and images cannot be passed through beside codes, which are columns of "
            "a table. Use passthrough=False; or flatten the samples: X.reshape(len(X), -1)."
        )
    return X


def _is_table(X: Any) -> bool:
    """Return whether X is not a list of texts or of series of different lengths, nor of images."""
    shape = getattr(X, "shape", None)
    if shape is None or len(shape) > 2:
        return False
    return len(shape) == 2 or texts_of(X) is None
