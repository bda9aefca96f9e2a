"""Blocks of dask arrays and partitions of dask frames, as samples in chunks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KINDS = "must be a dask array of two axes or a dask frame whose columns are numbers"


def is_frame(X: Any) -> bool:
    """Return whether X is a frame of dask, rather than an array."""
    return hasattr(X, "npartitions") and hasattr(X, "map_partitions")


def in_blocks(X: Any) -> Any:
    """Return a dask frame, or a dask array whose blocks contain all features.

    Raises
    ------
    TypeError
        If X is neither, or an array of another type than numbers.

    ValueError
        If X does not have two axes.
    """
    if is_frame(X):
        return X
    if not hasattr(X, "map_blocks"):
        raise TypeError(f"X {_KINDS}; got {type(X).__name__}. Use the method of the estimator.")
    if X.ndim != 2:
        raise ValueError(f"X {_KINDS}; got {X.ndim} axes. Reshape it to flat samples.")
    if X.dtype.kind not in "biuf":
        raise TypeError(f"X {_KINDS}; got the type {X.dtype}. Convert it to numbers.")
    return X.rechunk({1: -1})


def header_of(X: Any) -> Any:
    """Return a frame or an array like X without samples; raise TypeError if X is no numbers."""
    if not is_frame(X):
        return np.empty((0, X.shape[1]), _float_type([X.dtype]))
    for name, dtype in X.dtypes.items():
        if getattr(dtype, "kind", "O") not in "iuf":
            raise TypeError(
                f"Column {name!r} of X has the type {dtype}; X {_KINDS}. Drop it, or pass "
                "the frame X.compute() to the method of the estimator."
            )
    return X._meta


def dtype_of(X: Any) -> np.dtype[Any]:
    """Return float32 if no value of X has more digits, otherwise float64."""
    return _float_type(list(X.dtypes) if is_frame(X) else [X.dtype])


def _float_type(dtypes: list[Any]) -> np.dtype[Any]:
    is_single = all(str(dtype).lower() in ("float16", "float32") for dtype in dtypes)
    return np.dtype(np.float32 if is_single else np.float64)


class PartitionChunks:
    """Partitions in the memory of the workers of a cluster, which are fetched when they are read.

    Parameters
    ----------
    keys : list of str
        Names of the partitions in the cluster.

    lengths : list of int
        Number of samples of each partition.

    header : frame or ndarray
        Like a partition, without samples.

    dtype : dtype
        float32 or float64.
    """

    def __init__(self, keys: list[Any], lengths: list[int], header: Any, dtype: Any) -> None:
        self._keys, self.lengths, self.header, self.dtype = keys, lengths, header, dtype
        self.n_features = header.shape[1]
        self._client: Any = None

    def on(self, client: Any) -> PartitionChunks:
        """Set the client that fetches partitions, and return the chunks."""
        self._client = client
        return self

    def read(self, number: int) -> NDArray[Any]:
        """Return the samples of a partition."""
        future: Any = import_module("distributed").Future
        part = future(self._keys[number], self._client, state="memory").result()
        if hasattr(part, "to_numpy"):
            return np.ascontiguousarray(part.to_numpy(dtype=self.dtype, na_value=np.nan))
        return np.ascontiguousarray(part, dtype=self.dtype)
