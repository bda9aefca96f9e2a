"""Where random numbers come from: a generator, or numbers that are given."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor


class Draws(Protocol):
    """A source of random numbers."""

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers, in the shape of another tensor."""

    def uniform(self, like: Tensor) -> Tensor:
        """Return numbers from the open interval (0, 1), in the shape of another tensor."""

    def bernoulli(self, share: Tensor) -> Tensor:
        """Return ones with the given chances, else zeros."""

    def choice(self, shares: Tensor) -> Tensor:
        """Return the number of a column for each row, with the chances that the row holds."""


class Generated:
    """Draws from a generator.

    Parameters
    ----------
    generator : Generator
        On the device of what is drawn.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers."""
        return torch.empty_like(like).normal_(generator=self._generator)

    def uniform(self, like: Tensor) -> Tensor:
        """Return numbers from the open interval (0, 1)."""
        return _inside(torch.empty_like(like).uniform_(generator=self._generator))

    def bernoulli(self, share: Tensor) -> Tensor:
        """Return ones with the given chances, else zeros."""
        return share.bernoulli(generator=self._generator)

    def choice(self, shares: Tensor) -> Tensor:
        """Return the number of a column for each row."""
        return shares.multinomial(1, generator=self._generator)[:, 0]


class Given:
    """Draws made of given numbers, column by column: the same numbers make the same draws.

    Parameters
    ----------
    uniform : Tensor of shape (batch, m)
        From the unit interval. One makes a uniform number or a choice, two make a normal one.

    Attributes
    ----------
    n_taken : int
        How many columns have been used.

    References
    ----------
    G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates", Annals of
    Mathematical Statistics 29:610-611, 1958.
    """

    def __init__(self, uniform: Tensor) -> None:
        self._uniform, self.n_taken = uniform, 0

    @property
    def n_rows(self) -> int:
        """Number of draws that rows of numbers make."""
        return self._uniform.shape[0]

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers, by Box and Muller."""
        u, v = self.uniform(like), self.uniform(like)
        return (-2 * u.log()).sqrt() * (2 * math.pi * v).cos()

    def uniform(self, like: Tensor) -> Tensor:
        """Return the next columns."""
        return self._take(like.shape[1]).to(like.dtype)

    def bernoulli(self, share: Tensor) -> Tensor:
        """Return ones where the next columns are below the given chances, else zeros."""
        return (self.uniform(share) < share).to(share.dtype)

    def choice(self, shares: Tensor) -> Tensor:
        """Return how many cumulative shares the next column exceeds."""
        reached = shares.cumsum(1)
        exceeds = reached[:, :-1] < self._take(1).to(shares.dtype) * reached[:, -1:]
        return exceeds.sum(1)

    def _take(self, n_columns: int) -> Tensor:
        start, self.n_taken = self.n_taken, self.n_taken + n_columns
        return _inside(self._uniform[:, start : self.n_taken])


def _inside(uniform: Tensor) -> Tensor:
    """Return numbers of [0, 1] without its ends, whose logarithms are not finite."""
    eps = torch.finfo(uniform.dtype).eps
    return uniform.clamp(eps / 2, 1 - eps / 2)
