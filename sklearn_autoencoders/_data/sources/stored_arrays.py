"""Arrays of Zarr and HDF5, which are read from files, as samples in chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Number of bytes that are read at once, if the chunks of the file are smaller.
_MIN_BYTES = 2**23

# Packages whose arrays are read from files by slices.
_PACKAGES = ("zarr", "h5py")


def is_stored_array(X: Any) -> bool:
    """Return whether X is an array of zarr or a dataset of h5py, without importing them."""
    is_theirs = type(X).__module__.partition(".")[0] in _PACKAGES
    return is_theirs and all(hasattr(X, name) for name in ("shape", "dtype", "chunks"))


class ArrayChunks:
    """Consecutive rows of an array, a multiple of the rows of its chunks.

    Parameters
    ----------
    array : zarr.Array or h5py.Dataset of shape (n_samples, n_features)
        Numbers.

    Raises
    ------
    TypeError
        If the values are not numbers.

    ValueError
        If the array does not have two axes.
    """

    def __init__(self, array: Any) -> None:
        if array.ndim != 2:
            raise ValueError(
                f"X is an array in a file, which must have two axes; got {array.ndim} axes. Write "
                "it with shape (n_samples, n_features), or pass X[:], the array in memory."
            )
        if array.dtype.kind not in "biuf":
            raise TypeError(
                f"X is an array in a file, whose values must be numbers; got the type "
                f"{array.dtype}. Convert them to numbers, or pass X[:], the array in memory."
            )
        self._array = array
        n_samples, self.n_features = array.shape
        is_single = array.dtype.kind == "f" and array.dtype.itemsize <= 4
        self.dtype = np.dtype(np.float32 if is_single else np.float64)
        self.header = np.empty((0, self.n_features), self.dtype)
        n_stored = (array.chunks or (1,))[0]
        n_bytes = max(n_stored * self.n_features * self.dtype.itemsize, 1)
        self._length = n_stored * -(-_MIN_BYTES // n_bytes)
        starts = range(0, n_samples, self._length)
        self.lengths = [min(self._length, n_samples - start) for start in starts]

    def read(self, number: int) -> NDArray[Any]:
        """Return the samples of a chunk, NaN where a value is missing."""
        start = number * self._length
        return np.asarray(self._array[start : start + self._length], dtype=self.dtype)
