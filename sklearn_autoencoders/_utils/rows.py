"""Samples at given positions, of values in any container."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from .sklearn_compat import safe_indexing


def rows_of(values: Any, positions: NDArray[np.intp]) -> Any:
    """Return the values of the samples at the given positions.

    Parameters
    ----------
    values : array-like of shape (n_samples, ...)
        One value or row for each sample.

    positions : ndarray of int
        Positions of samples.

    Returns
    -------
    array-like
        In a container of the same kind, or an array.
    """
    if hasattr(values, "npartitions"):  # a frame or a series of dask, which has no positions
        chosen = values.compute().take(positions)
        return import_module("dask.dataframe").from_pandas(chosen, npartitions=1, sort=False)
    is_array_of_pandas = hasattr(values, "isna") and not hasattr(values, "iloc")
    if is_array_of_pandas or hasattr(values, "to_pylist"):  # or of Arrow
        return values.take(positions)
    values = values.tocsr() if issparse(values) else values  # other formats have no indices
    is_indexable = hasattr(values, "__getitem__")
    return safe_indexing(values if is_indexable else np.asarray(values), positions)
