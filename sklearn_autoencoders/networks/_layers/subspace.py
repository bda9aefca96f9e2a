"""Encoders and decoders of coordinates in a fixed linear subspace."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class FixedLinear(nn.Module):
    """A linear map whose weights are set once and never trained.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Sizes of the input and of the output.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_outputs, n_inputs))
        self.register_buffer("bias", torch.zeros(n_outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return the transformed batch."""
        return functional.linear(x, self.weight, self.bias)

    def set(self, weight: Any, bias: Any) -> None:
        """Set the weights of shape (n_outputs, n_inputs) and the biases of shape (n_outputs,)."""
        self.weight.copy_(torch.as_tensor(weight))
        self.bias.copy_(torch.as_tensor(bias))


class InSubspace(nn.Sequential):
    """An encoder or a decoder in which a fixed linear map is the first or the last step.

    Parameters
    ----------
    subspace : FixedLinear
        Maps features to coordinates in the subspace, or coordinates to features.

    network : Module
        The encoder or the decoder of the coordinates.

    is_encoder : bool
        Whether the map precedes the network.
    """

    subspace: FixedLinear
    network: nn.Module

    def __init__(self, subspace: FixedLinear, network: nn.Module, is_encoder: bool) -> None:
        super().__init__()
        parts = {"subspace": subspace, "network": network}
        for name in parts if is_encoder else reversed(parts):
            self.add_module(name, parts[name])

    @property
    def linear(self) -> nn.Module:
        """The linear map of the network's linear path, if it has one."""
        return cast(nn.Module, self.network.linear)


def without_subspace(part: nn.Module) -> nn.Module:
    """Return what is trained of an encoder or a decoder."""
    return part.network if isinstance(part, InSubspace) else part


def fixed_tensors(network: nn.Module) -> list[Tensor]:
    """Return the buffers that never change; those of a large subspace need much memory."""
    maps = (module for module in network.modules() if isinstance(module, FixedLinear))
    return [buffer for fixed in maps for buffer in fixed.buffers()]
