"""Learned vectors of what followed earlier occurrences of the last symbols in the same sequence."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import torch
from torch import Tensor, nn
from torch.nn import functional

from .ngrams import NgramHashes

# Places of a table for each length: a hash table in which later n-grams replace earlier ones.
_N_SLOTS = 2**12
# Values that tell n-grams of the same place apart. Their product with the number of symbols is
# stored exactly in single precision for up to 250 000 symbols.
_N_CHECKS = 64
# Positions that are compared with each other at once.
_N_BLOCK = 64


class RepeatEmbedding(nn.Module):
    r"""Vectors of the symbols that followed the last occurrences of the n-grams at a position.

    .. math:: \sum_{n \in \mathcal{N}} E^{(n)}_{f_n(t)}, \qquad
        f_n(t) = x_{s + 1}, \quad s = \max \{s < t: x_{s - n + 1}, \ldots, x_s =
        x_{t - n + 1}, \ldots, x_t\},

    with a learned vector for the case that the n-gram is new. Names and phrases that are repeated
    in a text are so remembered over any distance, as by the match model of PAQ [1]_ or by a cache
    [2]_. Occurrences are found by a hash table, which is a part of the state, so that a few of them
    are forgotten or wrong.

    Parameters
    ----------
    lengths : sequence of int
        The lengths :math:`n`, at least 1.

    n_symbols : int
        Number of symbols.

    n_embedding : int
        Size of the vectors.

    References
    ----------
    .. [1] M. V. Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression",
       Florida Institute of Technology CS-2005-16, 2005.

    .. [2] E. Grave, A. Joulin and N. Usunier, "Improving Neural Language Models with a Continuous
       Cache", ICLR 2017.
    """

    first_row: Tensor
    first_slot: Tensor

    def __init__(self, lengths: Sequence[int], n_symbols: int, n_embedding: int) -> None:
        super().__init__()
        n_lengths, self.n_before = len(lengths), int(max(lengths))
        self.n_numbers, self.n_state = n_symbols + 1, self.n_before + n_lengths * _N_SLOTS
        self.hashes = NgramHashes(lengths)
        self.table = nn.Embedding(n_lengths * self.n_numbers, n_embedding)
        nn.init.normal_(self.table.weight, std=0.02)
        place = torch.arange(n_lengths)
        self.register_buffer("first_row", place * self.n_numbers, persistent=False)
        self.register_buffer("first_slot", place * _N_SLOTS + self.n_before, persistent=False)

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the vectors of all positions, of shape (batch, time, n_embedding)."""
        if numbers.shape[1] > _N_BLOCK:
            return self.advance(numbers, None)[0]
        # No hash table is required, which is large if there are many sequences.
        known = functional.pad(numbers, (self.n_before, 0))
        slots, checks, entries = self._entries(known, numbers)
        found, _ = _within_block(slots, entries, torch.zeros_like(entries))
        return self._vectors(self._followers(found, checks))

    def advance(self, numbers: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the vectors of all positions, and the state after the last one.

        Parameters
        ----------
        numbers : Tensor of int of shape (batch, time)
            Numbers of the symbols, zero where they are unknown.

        state : Tensor of shape (1, batch, size) or None
            Numbers of the symbols before the first position, and the hash table, as floats. None at
            the beginning of a sequence.

        Returns
        -------
        vectors : Tensor of shape (batch, time, n_embedding)
            The outputs.

        after : Tensor of shape (1, batch, size)
            As `state`, for the position after the last one.
        """
        if state is None:
            state = self.table.weight.new_zeros(1, len(numbers), self.n_state)
        memory, found = state[0], []
        for block in numbers.split(_N_BLOCK, 1):
            followers, memory = self._look_up(block, memory)
            found.append(followers)
        return self._vectors(torch.cat(found, 1)), memory[None]

    def _vectors(self, followers: Tensor) -> Tensor:
        """Return the sums of the vectors of symbols of shape (batch, time, n_lengths)."""
        vectors: Tensor = self.table(followers + self.first_row).sum(-2)
        return vectors

    def _look_up(self, numbers: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Return what followed before, of shape (batch, time, n_lengths), and the next state."""
        known = torch.cat([memory[:, : self.n_before].long(), numbers], 1)
        slots, checks, entries = self._entries(known, numbers)
        if numbers.shape[1] == 1:
            memory = memory.scatter(1, slots[:, 0], entries[:, 0])
            found = memory.gather(1, slots[:, 1])[:, None]
        else:
            stored = memory.gather(1, slots[:, 1:].flatten(1)).view_as(entries)
            found, written = _within_block(slots, entries, stored)
            memory = memory.scatter(1, slots[:, :-1].flatten(1), written.flatten(1))
        memory[:, : self.n_before] = known[:, -self.n_before :].to(memory)
        return self._followers(found, checks), memory

    def _entries(self, known: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return slots and checks before and at each position, and what is written there."""
        hashed = self.hashes(known)
        slots = hashed % _N_SLOTS + self.first_slot
        checks = hashed // _N_SLOTS % _N_CHECKS
        entries = checks[:, :-1] * self.n_numbers + numbers[..., None]
        return slots, checks, entries.to(self.table.weight)

    def _followers(self, found: Tensor, checks: Tensor) -> Tensor:
        """Return the symbols of the entries that are of the n-grams at the positions."""
        found = found.long()
        return found % self.n_numbers * (found // self.n_numbers == checks[:, 1:])


def _within_block(slots: Tensor, entries: Tensor, stored: Tensor) -> tuple[Tensor, Tensor]:
    """Return the entries that are found at each position, and those that are written.

    Parameters
    ----------
    slots : Tensor of int of shape (batch, n_positions + 1, n_lengths)
        Where an entry is written before the position, and found at the position before.

    entries, stored : Tensor of shape (batch, n_positions, n_lengths)
        The entries, and what is found if none of the block is written to the slot before.
    """
    n_positions = entries.shape[1]
    is_same = slots[:, :, None] == slots[:, None, :-1]
    place = is_same * torch.arange(1, n_positions + 1).to(slots)[:, None]
    # Of several entries of a slot, the last one is written: any order of writing is the same.
    written = entries.gather(1, place[:, :-1].amax(2) - 1)
    is_earlier = torch.ones_like(is_same[0, 1:, :, 0]).tril()
    earlier = (place[:, 1:] * is_earlier[..., None]).amax(2)
    recent = entries.gather(1, (earlier - 1).clamp(min=0))
    return torch.where(earlier > 0, recent, stored), written


def check_lengths(lengths: Sequence[int]) -> None:
    """Raise a ValueError if lengths are not distinct whole numbers of at least 1."""
    if not all(isinstance(length, Integral) and length >= 1 for length in lengths):
        raise ValueError(
            f"repeat_lengths must be whole numbers of at least 1, such as (3, 5, 8), or empty for "
            f"no look-up; got {lengths!r}."
        )
    if len(set(lengths)) < len(lengths):
        raise ValueError(f"repeat_lengths must be different numbers; got {lengths!r}.")
