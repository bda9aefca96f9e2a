"""Order of the samples in an epoch."""

from __future__ import annotations

from collections.abc import Iterator

import torch


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
