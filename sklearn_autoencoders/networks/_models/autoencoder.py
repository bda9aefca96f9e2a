"""The torch module of an autoencoder, and its output."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from ..._utils.batch import Batch, as_batch
from .._layers.subspace import FixedLinear, InSubspace


class Output(NamedTuple):
    """Output of a forward pass through an autoencoder.

    Parameters
    ----------
    code : Tensor of shape (batch, n_components)
        The latent code.

    reconstruction : Tensor of shape (batch, n_features)
        The decoder's output, before the link function of the loss. If the code is random, its shape
        is (n_draws, batch, n_features).

    latent : object or None, default=None
        Draws of a random bottleneck, with their densities.

    prediction : Tensor of shape (batch, n_outputs) or None, default=None
        Output of a head.
    """

    code: Tensor
    reconstruction: Tensor
    latent: Any = None
    prediction: Tensor | None = None


class Autoencoder(nn.Module):
    """An encoder followed by a decoder.

    Methods accept a `Batch`, or a tensor of inputs only.

    Parameters
    ----------
    encoder : Module
        Maps (batch, n_features) to (batch, n_components).

    decoder : Module
        Maps (batch, n_components) to (batch, n_features).

    Attributes
    ----------
    generator : Generator or None
        Source of random numbers of modules and penalties; set during training.

    per_batch : bool
        Whether one draw is used for all samples of a batch; set during training.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False
    n_masks: int = 0

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    @property
    def subspace(self) -> tuple[FixedLinear, FixedLinear] | None:
        """Maps from features to coordinates in a subspace and back, if the network has them."""
        parts = self.encoder, self.decoder
        if not all(isinstance(part, InSubspace) for part in parts):
            return None
        inwards, outwards = (cast(InSubspace, part).subspace for part in parts)
        return inwards, outwards

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the latent codes of a batch."""
        code: Tensor = self.encoder(self.inputs(as_batch(x)))
        return code

    def inputs(self, batch: Batch) -> Tensor:
        """Return the input of the encoder: the samples and, if it uses them, missing values."""
        if not self.n_masks or batch.missing is None:
            return batch.x
        return torch.cat([batch.x, batch.missing], -1)

    @property
    def reads_target(self) -> bool:
        """Whether the decoder predicts each symbol from the code and the symbols before it.

        Without a target, these are the ones that it has chosen.
        """
        return getattr(self.decoder, "reads_target", False)

    def decode(
        self, code: Tensor, condition: Tensor | None = None, target: Tensor | None = None
    ) -> Tensor:
        """Return the decoder's output, before the link function of the loss.

        The target, of shape (batch, n_features), is not used unless the decoder reads it, or
        predicts its stored values only.
        """
        takes_target = self.reads_target or getattr(self.decoder, "predicts_stored_only", False)
        given = (target,) if takes_target else ()
        output: Tensor = self.decoder(with_condition(code, condition), *given)
        return output

    def forward(self, x: Batch | Tensor) -> Output:
        """Return the codes and the reconstructions of a batch."""
        batch = as_batch(x)
        code = self.encode(batch)
        return Output(code, self.decode(code, target=batch.target))


def with_condition(code: Tensor, condition: Tensor | None) -> Tensor:
    """Return the input of the decoder: codes, followed by the condition if there is one."""
    if condition is None:
        return code
    return torch.cat([code, condition.expand(*code.shape[:-1], -1)], -1)
