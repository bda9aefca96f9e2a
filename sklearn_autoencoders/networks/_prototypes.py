"""Reconstruction of a sample by the nearest of a few typical samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class Prototypes(nn.Module):
    """Groups of typical samples; each group reconstructs a sample by its nearest prototype.

    A group is a code book, as that of a vector-quantized autoencoder whose encoder and decoder are
    the identity. It is set once and never trained.

    Parameters
    ----------
    n_groups, n_prototypes : int
        Number of groups, and of prototypes in each group.

    n_features : int
        Number of inputs of the network.

    has_logits : bool, default=False
        Whether the outputs differ from the inputs, because some of them are logits.
    """

    inputs: Tensor
    logits: Tensor | None

    def __init__(
        self, n_groups: int, n_prototypes: int, n_features: int, has_logits: bool = False
    ) -> None:
        super().__init__()
        shape = n_groups, n_prototypes, n_features
        self.register_buffer("inputs", torch.zeros(shape))
        self.register_buffer("logits", torch.zeros(shape) if has_logits else None)

    @property
    def outputs(self) -> Tensor:
        """Outputs of the network that correspond to the prototypes, of the shape of the inputs."""
        return self.inputs if self.logits is None else self.logits

    def forward(self, x: Tensor, observed: Tensor | None = None) -> Tensor:
        """Return the output of the nearest prototype of each group.

        Parameters
        ----------
        x : Tensor of shape (batch, n_features)
            Inputs of the network; missing values are zero.

        observed : Tensor of shape (batch, n_features) or None, default=None
            Zero where a value is missing. None if all values are known.

        Returns
        -------
        Tensor of shape (n_groups, batch, n_features)
            The outputs, before the link function of the loss.
        """
        n_groups, n_prototypes, _ = self.inputs.shape
        flat = self.inputs.flatten(0, 1)
        center = flat.mean(0)  # squares of values far from zero would be rounded
        flat, x = flat - center, x - center
        x = x if observed is None else x * observed
        squares = flat.square()
        norms = squares.sum(1) if observed is None else observed @ squares.T
        distance = torch.addmm(norms, x, flat.T, alpha=-2).unflatten(1, (n_groups, n_prototypes))
        first = torch.arange(n_groups, device=x.device) * n_prototypes
        return functional.embedding((distance.argmin(2) + first).T, self.outputs.flatten(0, 1))

    def set(self, inputs: Any, outputs: Any, kept: Any) -> None:
        """Set prototypes of shape (n_groups, n_prototypes, n_features), except those to keep."""
        for buffer, new in ((self.inputs, inputs), (self.logits, outputs)):
            if buffer is None:
                continue
            is_kept = torch.as_tensor(kept, device=buffer.device)[..., None]
            buffer.copy_(torch.where(is_kept, buffer, torch.as_tensor(new).to(buffer)))
