"""Codes that are weighted means of learned points, called places."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

# Standard deviation of the initial places is a fortieth of this unit, in which they are learned.
_UNIT, _INITIAL = 20.0, 0.25


class Places(nn.Module):
    r"""The mean of learned points of the latent space, weighted by a softmax.

    .. math:: z = \operatorname{softmax}(\beta h)\, Y

    with :math:`\beta = 1` in training. A larger :math:`\beta` afterwards moves a code that lies
    between several places toward the one with the largest weight.

    Parameters
    ----------
    n_places : int
        Number of places :math:`Y`, and of inputs.

    n_components : int
        Number of components of a place.

    sharpness : float
        The factor :math:`\beta` outside training.
    """

    def __init__(self, n_places: int, n_components: int, sharpness: float) -> None:
        super().__init__()
        self.places = nn.Parameter(_INITIAL * torch.randn(n_places, n_components))
        self.sharpness = sharpness

    def forward(self, x: Any) -> Tensor:
        """Return the codes."""
        logits = x if self.training else self.sharpness * x
        code: Tensor = logits.softmax(-1) @ (_UNIT * self.places)
        return code
