"""Sources of samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

# Number of values in a chunk when statistics are computed.
_CHUNK_SIZE = 2**18


class SampleSource(Protocol):
    """A dataset whose samples can be read in any order; missing values are NaN."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples and of features."""

    def take(self, indices: Any) -> NDArray[Any]:
        """Return samples as a dense array.

        Parameters
        ----------
        indices : slice or sequence of int
            Indices of the samples.
        """


class ArraySource:
    """The samples of an array or of a memory map, of which only the requested ones are read.

    Parameters
    ----------
    array : ndarray of shape (n_samples, n_features)
        The samples.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = np.asarray(array)
        self.shape = self._array.shape

    def take(self, indices: Any) -> NDArray[Any]:
        """Return samples as a dense array."""
        samples: NDArray[Any] = self._array[indices]
        return samples


def as_source(X: NDArray[Any] | SampleSource) -> SampleSource:
    """Return an array as a source of samples, and a source unchanged."""
    return ArraySource(X) if isinstance(X, np.ndarray) else X


def chunks_of(X: NDArray[Any] | SampleSource) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield all samples in order, in chunks that fit into the cache, each with its slice."""
    source = as_source(X)
    n_samples, n_features = source.shape
    for chunk in gen_batches(n_samples, max(_CHUNK_SIZE // n_features, 1)):
        yield chunk, source.take(chunk)
