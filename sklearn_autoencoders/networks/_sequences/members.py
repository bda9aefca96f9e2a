"""Several recurrent networks side by side, whose probabilities are averaged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn


class MemberStates(nn.Module):
    """Encoders that read the same sequence; the states are those of all of them.

    Parameters
    ----------
    members : sequence of RecurrentStates
        The encoders.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        """Return the states after each position, of shape (batch, time, n_components)."""
        return torch.cat([member(x) for member in self.members], -1)

    def advance(self, x: Tensor, states: list[Any] | None = None) -> tuple[Tensor, list[Any]]:
        """Return the outputs after each position, and the states after the last one.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_symbols)
            Inputs.

        states : list or None, default=None
            Those of the layers of all members and, if there are n-grams, the last symbols, which
            are the same for all; None for zero.
        """
        outputs, after, last = [], [], []
        members: list[Any] = list(self.members)
        for place, member in enumerate(members):
            n_layers = len(member.cells)
            own = None
            if states is not None:
                first = place * n_layers
                own = [*states[first : first + n_layers], *states[len(self.members) * n_layers :]]
            output, own = member.advance(x, own)
            outputs.append(output)
            after += own[:n_layers]
            last = own[n_layers:]
        return torch.cat(outputs, -1), after + last

    def keep_frequent(self, parts: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Find the n-grams that are not rare in the training sequences."""
        tables: list[Any] = [member.ngrams for member in self.members]
        if tables[0] is not None:
            tables[0].keep_frequent(parts)
            for table in tables[1:]:
                table.is_frequent.copy_(tables[0].is_frequent)


class MemberLogits(nn.Module):
    r"""Logits of members, each a linear function of the states of its encoder.

    The probabilities :math:`p_m` of the members are averaged,

    .. math:: \log \frac{1}{M} \sum_{m=1}^{M} p_m

    except in training, in which each member has its own loss.

    Parameters
    ----------
    members : sequence of Linear
        Of members with equally many units.
    """

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, states: Tensor) -> Tensor:
        """Return logits of shape (..., n_symbols); in training, of shape (n_members, ...)."""
        parts = states.chunk(len(self.members), -1)
        logits = torch.stack([own(x) for own, x in zip(self.members, parts, strict=True)])
        if self.training:
            return logits
        return logits.log_softmax(-1).logsumexp(0) - math.log(len(self.members))
