"""Samples in chunks outside memory, such as the row groups of Parquet files."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .arrays import chunks_of
from .rows import FeatureRanges, RowSource

# Number of bytes of a window, the chunks among which samples are shuffled. Two windows are in
# memory: one from which samples are read, and one that is read ahead. What is smaller than a
# window is read into an array.
_WINDOW = 2**27


class Chunks(Protocol):
    """Numbers in chunks, which are read as a whole."""

    @property
    def lengths(self) -> list[int]:
        """Number of samples of each chunk."""

    @property
    def n_features(self) -> int:
        """Number of features."""

    @property
    def dtype(self) -> Any:
        """float32 or float64."""

    @property
    def header(self) -> Any:
        """A table or an array without samples, with the names of the columns if they have any."""

    def read(self, number: int) -> NDArray[Any]:
        """Return the samples of a chunk, which can be read in any thread."""


class ChunkedRows(RowSource):
    """Samples of which only the chunks of a window are in memory.

    Parameters
    ----------
    chunks : Chunks
        The samples. Chunks without samples are allowed.
    """

    _missing: Any = ()
    _ranges: FeatureRanges | None = None

    def __init__(self, chunks: Chunks) -> None:
        self.chunks, self.dtype = chunks, np.dtype(chunks.dtype)
        self._ends = np.cumsum([0, *chunks.lengths])
        self._positions: range | NDArray[np.intp] = range(int(self._ends[-1]))
        self.shape = (len(self._positions), chunks.n_features)
        largest = max(chunks.lengths, default=0) * chunks.n_features * self.dtype.itemsize
        self.n_per_window = max(_WINDOW // max(largest, 1), 1)
        self._reader = _Reader(chunks, 2 * self.n_per_window + 1)

    def __getitem__(self, indices: Any) -> Any:
        """Return samples, as an array if they fit into a window."""
        positions = self._absolute(indices)
        if len(positions) * self.shape[1] * self.dtype.itemsize <= _WINDOW:
            samples = self.take(indices)
            return samples if samples.base is None else samples.copy()  # not a part of a chunk
        if isinstance(positions, range) and positions == self._positions:
            return self
        return self._with(_positions=positions, shape=(len(positions), self.shape[1]))

    def _with(self, **changes: Any) -> ChunkedRows:
        """Return other samples of the same chunks, which are read by the same thread."""
        other = object.__new__(ChunkedRows)
        vars(other).update(vars(self) | {"_ranges": None} | changes)
        return other

    def take(self, indices: Any) -> NDArray[Any]:
        """Return samples as a dense array, which may be part of a chunk: do not modify it."""
        samples = self._taken(self._absolute(indices))
        if len(self._missing):
            samples = samples.copy()
            samples[:, self._missing] = np.nan
        return samples

    def _absolute(self, indices: Any) -> Any:
        """Return positions among those of the chunks: a range if they are consecutive."""
        if isinstance(indices, slice):
            found: Any = self._positions[indices]
        else:
            indices = np.asarray(indices)
            indices = np.flatnonzero(indices) if indices.dtype == bool else indices
            own = self._positions
            found = own.start + indices if isinstance(own, range) else own[indices]
        if isinstance(found, range) and found.step == 1:
            return found
        found = np.asarray(found, dtype=np.intp)
        if len(found) and found[-1] - found[0] == len(found) - 1 and (np.diff(found) == 1).all():
            return range(int(found[0]), int(found[-1]) + 1)
        return found

    def _taken(self, positions: Any) -> NDArray[Any]:
        if isinstance(positions, range) and len(positions):
            parts = list(self._consecutive(positions))
            return parts[0] if len(parts) == 1 else np.concatenate(parts)
        taken = np.empty((len(positions), self.shape[1]), self.dtype)
        positions = np.asarray(positions, dtype=np.intp)
        numbers = self._number_of(positions)
        for number in np.unique(numbers).tolist():
            own = np.flatnonzero(numbers == number)
            taken[own] = self._reader.chunk(number)[positions[own] - self._ends[number]]
        return taken

    def _consecutive(self, positions: range) -> Iterator[NDArray[Any]]:
        """Yield the parts of chunks that contain consecutive samples; in a pass, read ahead."""
        start, n_ahead = positions.start, int(positions.start == self._reader.place)
        self._reader.place = positions.stop
        while start < positions.stop:
            number = int(self._number_of(start))
            first = start - int(self._ends[number])
            following = range(number + 1, min(number + 1 + n_ahead, len(self._ends) - 1))
            part = self._reader.chunk(number, *following)[first : first + positions.stop - start]
            yield part
            start += len(part)

    def _number_of(self, positions: Any) -> Any:
        """Return the numbers of the chunks in which samples are."""
        return np.searchsorted(self._ends, positions, "right") - 1

    def without(self, columns: Any) -> ChunkedRows:
        """Return the same samples with missing values in the given columns."""
        missing = np.union1d(np.asarray(self._missing, dtype=np.intp), columns)
        return self._with(_missing=missing)

    def column_blocks(self) -> Iterator[NDArray[Any]]:
        """Yield dense blocks of columns, in order; each takes a pass over all chunks."""
        size = max(_WINDOW // max(len(self) * self.dtype.itemsize, 1), 1)
        for start in range(0, self.shape[1], size):
            columns = slice(start, start + size)
            yield np.concatenate([part[:, columns] for _, part in chunks_of(self)])

    @property
    def ranges(self) -> FeatureRanges:
        """The ranges of the features, which are computed once."""
        if self._ranges is None:
            self._ranges = FeatureRanges.of(chunks_of(self), self.shape[1])
        return self._ranges

    def groups(self, kept: NDArray[np.intp] | None = None) -> list[Any]:
        """Return the indices of the samples of each chunk, among those that are kept."""
        if kept is None and len(self) == self._ends[-1] and isinstance(self._positions, range):
            ends = self._ends.tolist()
            return [range(*pair) for pair in itertools.pairwise(ends)]
        numbers = self._number_of(np.asarray(self._absolute(slice(None) if kept is None else kept)))
        order = np.argsort(numbers, kind="stable")
        return np.split(order, np.searchsorted(numbers[order], np.arange(1, len(self._ends) - 1)))

    def read_ahead(self, numbers: Iterable[int]) -> None:
        """Read chunks in the other thread."""
        self._reader.read_ahead(numbers)

    def __getstate__(self) -> dict[str, Any]:
        """Return checksums of the samples, which identify them in the name of a checkpoint."""
        sums = [float(part.sum(dtype=np.float64)) for _, part in chunks_of(self)]
        return {"shape": self.shape, "dtype": self.dtype.str, "sums": sums}


class _Reader:
    """Reads chunks in a thread, and keeps the latest ones.

    Parameters
    ----------
    chunks : Chunks
        What is read.

    capacity : int
        Number of chunks that are kept.

    Attributes
    ----------
    place : int
        Where consecutive samples were last read up to. If the next ones follow, it is a pass.
    """

    place = 0

    def __init__(self, chunks: Chunks, capacity: int) -> None:
        self._chunks, self._capacity = chunks, capacity
        self._found: OrderedDict[int, Future[NDArray[Any]]] = OrderedDict()
        self._thread = ThreadPoolExecutor(1, "read-ahead")

    def chunk(self, number: int, *following: int) -> NDArray[Any]:
        """Return a chunk, and start to read those that follow."""
        self.read_ahead([number])
        found = self._found[number]
        self.read_ahead(following)
        return found.result()

    def read_ahead(self, numbers: Iterable[int]) -> None:
        """Start to read chunks that are not in memory, and keep those that are."""
        for number in numbers:
            if number in self._found:
                self._found.move_to_end(number)
                continue
            while len(self._found) >= self._capacity:
                self._found.popitem(last=False)[1].cancel()
            self._found[number] = self._thread.submit(self._chunks.read, number)
