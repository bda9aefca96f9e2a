"""Containers of output: of other estimators for internal use, and like those of the input."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import config_context
from sklearn.utils import check_array

from .tensors import plain_array


def plain_output(estimator: Any, X: Any, method: str = "transform", **params: Any) -> Any:
    """Return the output of a method as an array, whatever containers the user has configured.

    Parameters
    ----------
    estimator : estimator
        Has the method. Its own `set_output` can differ from the configuration.

    X : array-like
        Samples.

    method : str, default="transform"
        Name of a method.

    **params : dict
        Other parameters of the method.

    Returns
    -------
    ndarray or sparse matrix
        The output.
    """
    with config_context(transform_output="default"):
        output = getattr(estimator, method)(X, **params)
    return output if issparse(output) else as_numbers(output)


def as_numbers(output: Any) -> Any:
    """Return output as an array, with the numbers of nullable types as floats and NaN.

    Parameters
    ----------
    output : array-like
        Output of a transformer.

    Returns
    -------
    ndarray
        Strings stay as they are.
    """
    if hasattr(output, "iloc"):
        with suppress(TypeError, ValueError):
            return check_array(output, ensure_all_finite=False)
    return np.asarray(output)


def names_of_columns(X: Any) -> Any:
    """Return the names of the columns of a frame, or None if X has none.

    Parameters
    ----------
    X : array-like
        Samples. The `columns` of an Arrow table are its data.

    Returns
    -------
    sequence or None
        The names.
    """
    is_arrow = _package_of(X) == "pyarrow"
    return getattr(X, "column_names" if is_arrow else "columns", None)


def as_table(X: Any) -> Any:
    """Return samples in a container from which scikit-learn can select.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Samples.

    Returns
    -------
    array or frame
        An array for a tensor or a list, and a frame of pandas for one of Arrow or dask, for which
        scikit-learn has no adapter; anything else, such as a list of series of different lengths,
        unchanged.
    """
    X = plain_array(X)
    if hasattr(X, "columns") and hasattr(X, "npartitions"):
        return X.compute()
    if _package_of(X) == "pyarrow" and hasattr(X, "to_pandas"):
        with suppress(ImportError):
            return X.to_pandas()
        return np.asarray(X)
    with suppress(ValueError):
        return X if hasattr(X, "shape") else np.asarray(X)
    return X


def _package_of(X: Any) -> str:
    return type(X).__module__.partition(".")[0]


def like(X: Any, values: Any) -> Any:
    """Return values in a container of the kind of X.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Samples. Containers are recognized without an import of their packages.

    values : ndarray of the same shape
        Numbers.

    Returns
    -------
    array or frame
        A frame with the columns and, if there is one, the index of X if X is a frame of pandas,
        polars, PyArrow, dask or a package with the interface of pandas, otherwise the values.
    """
    package = _package_of(X)
    if package in _FRAMES and np.ndim(values) == 2 and hasattr(X, _FRAMES[package][0]):
        return _FRAMES[package][1](X, values)
    return _like_pandas(X, values) if hasattr(X, "iloc") else values


def _like_pandas(X: Any, values: Any) -> Any:
    return type(X)(values, index=X.index, columns=X.columns)


def _like_polars(X: Any, values: Any) -> Any:
    return type(X)(values, schema=X.columns)


def _like_arrow(X: Any, values: Any) -> Any:
    to_arrow = import_module("pyarrow").array
    return type(X).from_arrays([to_arrow(column) for column in values.T], names=X.column_names)


def _like_dask(X: Any, values: Any) -> Any:
    index = X.index.compute()
    frame = import_module("pandas").DataFrame(values, index=index, columns=X.columns)
    return import_module("dask.dataframe").from_pandas(frame, npartitions=X.npartitions, sort=False)


# By package: an attribute of its frames, and the function that makes one like a given one.
_FRAMES = {
    "dask": ("npartitions", _like_dask),
    "polars": ("columns", _like_polars),
    "pyarrow": ("column_names", _like_arrow),
}
