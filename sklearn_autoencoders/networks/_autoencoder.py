"""The module that all networks become."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Output(NamedTuple):
    """What one pass through an autoencoder gives.

    Parameters
    ----------
    code : Tensor of shape (batch, n_components)
        The bottleneck.

    reconstruction : Tensor of shape (batch, n_features)
        The decoder's output, before the link of the loss. Where the code is random, of shape
        (n_draws, batch, n_features).

    latent : object or None, default=None
        What a random bottleneck knows of its draws.

    prediction : Tensor of shape (batch, n_outputs) or None, default=None
        What a head makes of the code.
    """

    code: Tensor
    reconstruction: Tensor
    latent: Any = None
    prediction: Tensor | None = None


class Autoencoder(nn.Module):
    """An encoder followed by a decoder.

    Parameters
    ----------
    encoder : Module
        Maps (batch, n_features) to (batch, n_components).

    decoder : Module
        Maps (batch, n_components) to (batch, n_features).

    Attributes
    ----------
    generator : Generator or None
        Where modules and penalties draw from; training sets it on every module that has one.

    per_batch : bool
        Whether one draw serves all rows of a batch; set likewise.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of a batch."""
        code: Tensor = self.encoder(x)
        return code

    def decode(self, code: Tensor) -> Tensor:
        """Return what codes stand for, before the link of the loss."""
        output: Tensor = self.decoder(code)
        return output

    def forward(self, x: Tensor) -> Output:
        """Return the code and the reconstruction of a batch."""
        code = self.encode(x)
        return Output(code, self.decode(code))
