"""Learned vectors of the last symbols of a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._layers.basic import Dropout

# Rows of the table, and their size. Tables with a row for each n-gram of the training texts are not
# better (docs/decisions/0016-texts.md).
_N_ROWS, _N_VALUES = 2**17, 16
# Occurrences in the training texts from which on an n-gram has a vector: what follows rarer ones
# would be overfitted.
_MIN_FREQUENCY = 10
# Of the hash function: a large prime number, and a factor whose products with it fit into 64 bits.
_PRIME, _FACTOR = 2**31 - 1, 1_000_003


class NgramEmbedding(nn.Module):
    r"""A linear map of the sum of the vectors of the n-grams that end at a position.

    .. math:: W \sum_{n = 2}^{N} E_{\operatorname{hash}(x_{t - n + 1}, \ldots, x_t)}

    Different n-grams can share a row of the table :math:`E`; the vectors of rare ones are zero. In
    training, each of the terms is left out with probability `dropout`, so that the network also
    learns from the shorter n-grams, which occur more often.

    Parameters
    ----------
    max_ngram : int
        Length :math:`N` of the longest n-grams, at least 2.

    n_embedding : int
        Size of the output.

    dropout : float
        Probability, in [0, 1), of leaving out an n-gram.

    Attributes
    ----------
    is_frequent : Tensor of shape (n_rows,)
        One for the rows of n-grams that are not rare, zero for the others.
    """

    is_frequent: Tensor

    def __init__(self, max_ngram: int, n_embedding: int, dropout: float) -> None:
        super().__init__()
        self.n_before = max_ngram - 1
        self.hashes = NgramHashes(range(2, max_ngram + 1))
        self.table = nn.Embedding(_N_ROWS, _N_VALUES)
        nn.init.normal_(self.table.weight, std=0.02)
        self.to_embedding = nn.Linear(_N_VALUES, n_embedding, bias=False)
        self.dropout = Dropout(dropout)
        self.register_buffer("is_frequent", torch.ones(_N_ROWS))

    def keep_frequent(self, parts: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Find the n-grams that are not rare in the training sequences.

        Parameters
        ----------
        parts : iterable of (Tensor of shape (n, n_positions), Tensor of shape (n,))
            Numbers of the symbols of some sequences, zero where they are unknown, and the weights
            of these sequences: a weight of two is equivalent to two sequences.
        """
        frequency = torch.zeros(_N_ROWS, dtype=torch.double)
        for numbers, weight in parts:
            rows = self._rows(functional.pad(numbers, (self.n_before, 0))).flatten(1)
            weights = weight.double()[:, None].expand(rows.shape)
            frequency += torch.bincount(rows.flatten(), weights.flatten(), _N_ROWS)
        self.is_frequent.copy_(frequency >= _MIN_FREQUENCY)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vectors of all positions, of shape (batch, time, n_embedding)."""
        return self.advance(numbers, None)[0]

    def advance(self, numbers: Tensor, before: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the vectors of all positions, and the symbols before the next position.

        Parameters
        ----------
        numbers : Tensor of int of shape (batch, time)
            Numbers of the symbols, zero where they are unknown.

        before : Tensor of shape (1, batch, max_ngram - 1) or None
            Numbers of the symbols before the first position, as floats: zero where there
            is none, as for unknown symbols. None if there are none.

        Returns
        -------
        vectors : Tensor of shape (batch, time, n_embedding)
            The outputs.

        after : Tensor of shape (1, batch, max_ngram - 1)
            As `before`, for the position after the last one.
        """
        if before is None:
            before = self.table.weight.new_zeros(1, len(numbers), self.n_before)
        numbers = torch.cat([before[0].long(), numbers], 1)
        rows = self._rows(numbers)
        kept = self.dropout(self.is_frequent[rows])
        vectors = (self.table(rows) * kept[..., None]).sum(-2)
        return self.to_embedding(vectors), numbers[None, :, -self.n_before :].to(before)

    def _rows(self, numbers: Tensor) -> Tensor:
        """Return the rows of n-grams, of shape (batch, time, max_ngram - 1)."""
        rows: Tensor = self.hashes(numbers) % _N_ROWS
        return rows


class NgramHashes(nn.Module):
    r"""Hash values of the n-grams that end at a position.

    .. math:: h_n(t) = \sum_{i = 0}^{n - 1} (x_{t - i} + i) a^{n - 1 - i} \bmod p

    Parameters
    ----------
    lengths : sequence of int
        Their lengths :math:`n`.
    """

    factors: Tensor
    shifts: Tensor

    def __init__(self, lengths: Sequence[int]) -> None:
        super().__init__()
        longest = max(lengths)
        factors = torch.zeros(longest, len(lengths), dtype=torch.long)
        for place, length in enumerate(lengths):
            powers = [pow(_FACTOR, exponent, _PRIME) for exponent in range(length)]
            factors[-length:, place] = torch.tensor(powers)
        self.register_buffer("factors", factors, persistent=False)
        shifts = torch.arange(longest - 1, -1, -1)
        self.register_buffer("shifts", shifts, persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return values from 0 to 2 ** 31 - 2, of shape (batch, n_positions, n_lengths).

        Parameters
        ----------
        numbers : Tensor of int of shape (batch, longest - 1 + n_positions)
            Numbers of symbols.
        """
        windows = numbers.unfold(1, len(self.factors), 1) + self.shifts
        return (windows[..., None] * self.factors).sum(-2) % _PRIME


def symbol_numbers(x: Tensor) -> Tensor:
    """Return one plus the indices of symbols; zero where they are unknown."""
    largest, index = x.max(-1)
    return (index + 1) * (largest > 0)
