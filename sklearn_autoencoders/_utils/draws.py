"""Sources of random draws: a generator, or given uniform numbers."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor


class Draws(Protocol):
    """A source of random numbers."""

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers with the shape of another tensor."""

    def uniform(self, like: Tensor) -> Tensor:
        """Return numbers from the open interval (0, 1) with the shape of another tensor."""

    def bernoulli(self, probability: Tensor) -> Tensor:
        """Return ones with the given probabilities, otherwise zeros."""

    def choice(self, probabilities: Tensor) -> Tensor:
        """Return a category for each row of a matrix of probabilities, one column per category."""


class Generated:
    """Draws from a generator.

    Parameters
    ----------
    generator : Generator
        Generator on the device of the tensors that are drawn.
    """

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers."""
        return torch.empty_like(like).normal_(generator=self._generator)

    def uniform(self, like: Tensor) -> Tensor:
        """Return numbers from the open interval (0, 1)."""
        return _inside(torch.empty_like(like).uniform_(generator=self._generator))

    def bernoulli(self, probability: Tensor) -> Tensor:
        """Return ones with the given probabilities, otherwise zeros."""
        return probability.bernoulli(generator=self._generator)

    def choice(self, probabilities: Tensor) -> Tensor:
        """Return a category for each row."""
        return probabilities.multinomial(1, generator=self._generator)[:, 0]


class Given:
    """Draws computed deterministically from given uniform numbers, column by column.

    Parameters
    ----------
    uniform : Tensor of shape (batch, m)
        Numbers from the unit interval. A uniform number or a choice uses one column, a normal
        number uses two.

    Attributes
    ----------
    n_taken : int
        Number of columns used so far.

    References
    ----------
    G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates", Annals of
    Mathematical Statistics 29:610-611, 1958.
    """

    def __init__(self, uniform: Tensor) -> None:
        self._uniform, self.n_taken = uniform, 0

    @property
    def n_rows(self) -> int:
        """Number of rows, which is the number of samples that can be drawn."""
        return self._uniform.shape[0]

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal numbers by the Box-Muller transform."""
        u, v = self.uniform(like), self.uniform(like)
        return (-2 * u.log()).sqrt() * (2 * math.pi * v).cos()

    def uniform(self, like: Tensor) -> Tensor:
        """Return the next columns."""
        return self._take(like.shape[1]).to(like.dtype)

    def bernoulli(self, probability: Tensor) -> Tensor:
        """Return ones where the next columns are below the given probabilities, else zeros."""
        return (self.uniform(probability) < probability).to(probability.dtype)

    def choice(self, probabilities: Tensor) -> Tensor:
        """Return the category given by the number of cumulative sums below the next column."""
        reached = probabilities.cumsum(1)
        exceeds = reached[:, :-1] < self._take(1).to(probabilities.dtype) * reached[:, -1:]
        return exceeds.sum(1)

    def _take(self, n_columns: int) -> Tensor:
        start, self.n_taken = self.n_taken, self.n_taken + n_columns
        return _inside(self._uniform[:, start : self.n_taken])


def gumbel(draws: Draws, like: Tensor) -> Tensor:
    """Return Gumbel noise: the largest of logits with such noise is a draw of the category."""
    return -(-draws.uniform(like).log()).log()


def _inside(uniform: Tensor) -> Tensor:
    """Clamp numbers of [0, 1] to the open interval, so that their logarithms are finite."""
    eps = torch.finfo(uniform.dtype).eps
    return uniform.clamp(eps / 2, 1 - eps / 2)
