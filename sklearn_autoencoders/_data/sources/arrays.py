"""Sources of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import gen_batches

from ..._utils.layout import Layout
from .rows import RowSource
from .sparse import as_dense

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


class EncodedSource:
    """The samples of a table as inputs of a network, encoded when they are read.

    Parameters
    ----------
    cells : ndarray or RowSource of shape (n_samples, n_columns)
        Numbers and indices of categories; NaN where a value is missing.

    layout : Layout
        Kinds of the columns.

    condition, effect : ndarray or None, default=None
        The condition of each sample, and its effect on each input, which is subtracted.
    """

    def __init__(
        self,
        cells: NDArray[Any] | RowSource,
        layout: Layout,
        condition: NDArray[Any] | None = None,
        effect: NDArray[Any] | None = None,
    ) -> None:
        self._cells, self._layout = as_source(cells), layout
        self._condition, self._effect = condition, effect
        self.shape, self.dtype = (len(cells), layout.n_inputs), cells.dtype

    def take(self, indices: Any) -> NDArray[Any]:
        """Return encoded samples as a dense array."""
        cells = torch.from_numpy(np.array(self._cells.take(indices)))
        encoded: NDArray[Any] = self._layout.encode(cells).numpy()
        if self._condition is None or self._effect is None:
            return encoded
        without_effect: NDArray[Any] = encoded - self._condition[indices] @ self._effect
        return without_effect


def encoded_source(cells: Any, layout: Layout) -> Any:
    """Return samples of a table whose parts are encoded when they are taken."""
    return cells if layout.is_numeric else EncodedSource(cells, layout)


def encoded(cells: Any, layout: Layout) -> Any:
    """Return all samples of a table, encoded; numbers unchanged."""
    return cells if layout.is_numeric else EncodedSource(cells, layout).take(slice(None))


def as_source(X: NDArray[Any] | SampleSource) -> SampleSource:
    """Return an array as a source of samples, and a source unchanged."""
    return ArraySource(X) if isinstance(X, np.ndarray) else X


def chunks_of(X: NDArray[Any] | SampleSource) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield all samples in order, in chunks that fit into the cache, each with its slice."""
    source = as_source(X)
    n_samples, n_features = source.shape
    size = getattr(source, "chunk_size", _CHUNK_SIZE)
    for chunk in gen_batches(n_samples, max(size // max(n_features, 1), 1)):
        yield chunk, source.take(chunk)


def map_in_chunks(
    function: Callable[[NDArray[Any]], NDArray[Any]], X: NDArray[Any] | RowSource
) -> NDArray[Any]:
    """Return the result of a function for each sample, on dense chunks of a sparse matrix."""
    if isinstance(X, np.ndarray) or not len(X):
        return function(as_dense(X))
    return np.concatenate([function(samples) for _, samples in chunks_of(X)])


def columns_of(X: NDArray[Any] | RowSource) -> Iterator[NDArray[Any]]:
    """Yield the values of each feature."""
    for block in [X] if isinstance(X, np.ndarray) else X.column_blocks():
        yield from block.T
