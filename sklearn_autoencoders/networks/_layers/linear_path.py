"""A linear map in parallel with a network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.torch_compat import ConvNd


class LinearPath(nn.Module):
    r"""A linear map plus a network: :math:`y = Wx + b + f(x)`.

    The last layer of `f` starts at zero, so that training starts at the linear map.

    Parameters
    ----------
    linear : Linear
        The linear map. Its weights can be those of patches.

    n_inputs : int
        Size of `x`.

    correction : Module
        The network `f`.

    n_masks : int, default=0
        Number of further inputs, of the network only: one for each column, whose value is missing
        where it is one. They are zero by default.

    starts_at_zero : bool, default=True
        Whether the last layer of `f` is set to zero. It is not necessary if weights are loaded.

    Raises
    ------
    ValueError
        If the output of `f` is not the output of its last layer.
    """

    def __init__(
        self,
        linear: nn.Linear,
        n_inputs: int,
        correction: nn.Module,
        n_masks: int = 0,
        starts_at_zero: bool = True,
    ) -> None:
        super().__init__()
        self.linear, self.n_inputs = linear, n_inputs
        self.correction, self.n_masks = correction, n_masks
        if starts_at_zero:
            _start_at_zero(correction, self.linear.weight.new_ones(2, n_inputs + n_masks))

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of the linear map and its correction."""
        n_inputs = self.n_inputs
        known = x if x.shape[-1] == n_inputs else x[..., :n_inputs]
        if self.n_masks and known is x:  # nothing is missing
            x = functional.pad(x, (0, self.n_masks))
        y: Tensor = self.linear(known) + self.correction(x)
        return y

    @torch.no_grad()
    def start_at(self, weight: Tensor, bias: Tensor) -> None:
        """Set the linear map, or a part of it.

        If `weight` has fewer rows than the map, the other rows are unchanged. If it has fewer
        columns, the other columns are set to zero.

        Parameters
        ----------
        weight : Tensor of shape (m, in_features) or (out_features, m)
            The weights, possibly for fewer components than the network has.

        bias : Tensor of shape (out_features,) or (1,)
            The bias.
        """
        n_outputs, n_inputs = weight.shape
        self.linear.weight[:, n_inputs:] = 0
        self.linear.weight[:n_outputs, :n_inputs] = weight
        self.linear.bias.copy_(bias.expand_as(self.linear.bias))


@torch.no_grad()
def _start_at_zero(network: nn.Module, x: Tensor) -> None:
    """Set the last layer to zero, or raise ValueError if its output is not that of the network."""
    layers = [m for m in network.modules() if isinstance(m, nn.Linear | ConvNd)]
    if not layers or not _is_output(layers[-1], network, x):
        raise ValueError(
            'init="pca" needs an encoder and a decoder whose last layer, in the order of '
            "registration, is linear or convolutional with no activation after it, because it is "
            f'initialized with zeros; got {network}. Use init="random" with this network.'
        )
    for parameter in layers[-1].parameters():
        parameter.zero_()


def _is_output(layer: nn.Linear | ConvNd, network: nn.Module, x: Tensor) -> bool:
    """Return whether the output of a layer is that of the network; overwrites its weights."""
    constant = 0.0 if layer.bias is None else -3.0
    layer.weight.zero_()
    if layer.bias is not None:
        layer.bias.fill_(constant)
    output = network.eval()(x)
    network.train()
    return bool((output == constant).all())
