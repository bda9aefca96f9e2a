"""Order of the samples in an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..._data.sources.chunked import ChunkedRows
from ..._utils.batch import Carried
from ..._utils.ranks import Ranks


class ShuffledSampler(torch.utils.data.Sampler[int]):
    """Positions in random order, without a Python list of all of them as in RandomSampler.

    Parameters
    ----------
    n_samples : int
        Number of positions.

    generator : Generator
        Source of the order.
    """

    def __init__(self, n_samples: int, generator: torch.Generator) -> None:
        self._n_samples, self._generator = n_samples, generator

    def __len__(self) -> int:
        """Return the number of positions."""
        return self._n_samples

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch."""
        for part in torch.randperm(self._n_samples, generator=self._generator).split(4096):
            yield from part.tolist()


class WindowSampler(ShuffledSampler):
    """Positions of samples that are read from files into a shuffle buffer, called a window.

    Chunks are in random order, and the samples of a few consecutive ones, a window, are shuffled.
    Every sample occurs once in an epoch. While a window is used, the next one is read.

    Parameters
    ----------
    n_samples : int
        Number of positions.

    generator : Generator
        Source of the order.

    rows : ChunkedRows
        The samples.

    kept : ndarray of int of shape (n_samples,) or None, default=None
        Those to which the positions refer; all by default.
    """

    def __init__(
        self,
        n_samples: int,
        generator: torch.Generator,
        rows: ChunkedRows,
        kept: NDArray[np.intp] | None = None,
    ) -> None:
        super().__init__(n_samples, generator)
        self._rows, self._groups = rows, rows.groups(kept)

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch."""
        size = self._rows.n_per_window
        windows = torch.randperm(len(self._groups), generator=self._generator).split(size)
        self._rows.read_ahead(windows[0].tolist())
        for window, following in zip(windows, [*windows[1:], None], strict=True):
            positions = self._shuffled(window)
            for place, part in enumerate(positions.split(-(-len(positions) // 4))):
                # not earlier, since a batch can contain samples of the window before
                if following is not None and place == 1:
                    self._rows.read_ahead([*window.tolist(), *following.tolist()])
                yield from part.tolist()

    def _shuffled(self, window: Tensor) -> Tensor:
        """Return the positions in some chunks, in random order."""
        groups: list[Any] = [self._groups[number] for number in window.tolist()]
        positions = torch.cat([torch.as_tensor(np.asarray(group)) for group in groups])
        return positions[torch.randperm(len(positions), generator=self._generator)]


class StreamSampler(ShuffledSampler):
    """Positions of several streams: each batch has the next position of every stream.

    The sequence of all positions, which begins at a random one, is divided into `batch_size`
    consecutive streams. States of an earlier epoch are forgotten.

    Parameters
    ----------
    n_samples : int
        Number of positions.

    generator : Generator
        Source of the first position.

    batch_size : int
        Number of streams.

    carried : Carried
        The states of a causal network between batches.
    """

    def __init__(
        self, n_samples: int, generator: torch.Generator, batch_size: int, carried: Carried
    ) -> None:
        super().__init__(n_samples, generator)
        self._batch_size, self._carried = batch_size, carried

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch."""
        self._carried.chunk = None
        first = int(torch.randint(self._n_samples, (1,), generator=self._generator))
        streams = np.array_split(np.arange(self._n_samples), self._batch_size)
        for place in range(len(streams[0])):
            for stream in streams:
                if place < len(stream):
                    yield int(stream[place] + first) % self._n_samples


class NeighborSampler(ShuffledSampler):
    """Positions of batches of which one half are random samples, the other half their neighbors.

    Parameters
    ----------
    n_samples : int
        Number of positions.

    generator : Generator
        Source of the order and of the neighbors.

    neighbors : Tensor of shape (n_samples, n_neighbors)
        Positions of the neighbors of each sample.

    batch_size : int
        Number of positions of a batch.
    """

    def __init__(
        self, n_samples: int, generator: torch.Generator, neighbors: Tensor, batch_size: int
    ) -> None:
        super().__init__(n_samples, generator)
        self._neighbors, self._batch_size = neighbors, batch_size

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch."""
        order, place = torch.randperm(self._n_samples, generator=self._generator), 0
        for start in range(0, self._n_samples, self._batch_size):
            size = min(self._batch_size, self._n_samples - start)
            samples = order[place : place + size - size // 2]
            place += len(samples)
            yield from torch.cat([samples, self._neighbors_of(samples[: size // 2])]).tolist()

    def _neighbors_of(self, samples: Tensor) -> Tensor:
        n_neighbors = self._neighbors.shape[1]
        chosen = torch.randint(n_neighbors, (len(samples),), generator=self._generator)
        return self._neighbors[samples, chosen]


class RankSampler(torch.utils.data.Sampler[int]):
    """The positions of each batch that one of several processes computes.

    Parameters
    ----------
    sampler : Sampler
        Positions of all processes.

    ranks : Ranks
        The processes.

    batch_size : int
        Number of positions of a batch of all processes.
    """

    def __init__(
        self, sampler: torch.utils.data.Sampler[int], ranks: Ranks, batch_size: int
    ) -> None:
        self._sampler, self._ranks, self._batch_size = sampler, ranks, batch_size

    def __len__(self) -> int:
        """Return the number of positions."""
        n_batches = -(-len(cast(Sized, self._sampler)) // self._batch_size)
        return n_batches * self._batch_size // self._ranks.size

    def __iter__(self) -> Iterator[int]:
        """Yield the positions of one epoch; the first one of a batch smaller than the group."""
        for batch in torch.utils.data.BatchSampler(self._sampler, self._batch_size, False):
            yield from batch[self._ranks.rank :: self._ranks.size] or batch[:1]
