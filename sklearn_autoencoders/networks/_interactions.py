"""Networks for the ratings or clicks of users."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers import ACTIVATIONS, Dropout
from ._network import Network

# Added to the number of interactions, so that the codes of users with few of them are small.
_N_MORE = 10.0
# Standard deviation of the initial weights of the last layer, so that its outputs are small.
_LAST = 0.01


class _Interactions(nn.Module):
    """Hide some interactions, and divide a sample by the root of their number."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.hidden = Dropout(rate)

    def forward(self, x: Tensor) -> Tensor:
        """Return samples of a norm that hardly depends on the number of interactions."""
        count = (x != 0).sum(1, keepdim=True).to(x.dtype)
        scaled: Tensor = self.hidden(x) * input_scale(count)
        return scaled


def input_scale(count: Tensor) -> Tensor:
    """Return the factor of a sample, given the number of its interactions."""
    return (count + _N_MORE).rsqrt()


class Interactions(Network):
    r"""Dense layers for samples of which most values are zero: ratings or clicks of users.

    The first step of the encoder hides a random part of the values during training, so that the
    network learns to predict them from the others, and scales a sample of :math:`m` values that are
    not zero by :math:`1 / \sqrt{m + 10}`. The code has an activation function, and the last layer
    of the decoder is linear: its weights are the embeddings of the items.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=()
        Number of units in each hidden layer of the encoder, which the decoder mirrors.

    activation : str, default="tanh"
        Activation function of the hidden layers and of the code, as in :class:`Dense`.

    masking_rate : float, default=0.5
        Fraction of the values that are hidden from the network in a training step, in [0, 1).

    See Also
    --------
    Dense : Fully connected layers of decreasing size.

    References
    ----------
    .. [1] D. Liang, R. G. Krishnan, M. D. Hoffman and T. Jebara, "Variational Autoencoders for
       Collaborative Filtering", WWW 2018.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import Interactions
    >>> encoder, decoder = Interactions().build(n_features=100, n_components=8)
    >>> decoder
    Sequential(
      (0): Linear(in_features=8, out_features=100, bias=True)
    )
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_layer_sizes": [Sizes()],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "masking_rate": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (),
        activation: str = "tanh",
        masking_rate: float = 0.5,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.masking_rate = masking_rate

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of items.

        n_components : int
            Size of the code.

        Returns
        -------
        encoder, decoder : Sequential
            The scaling of interactions and dense layers; dense layers.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        sizes = [n_features, *self.hidden_layer_sizes, n_components]
        encoder, decoder = self._layers(sizes), self._layers(sizes[::-1])[:-1]
        with torch.no_grad():
            for name, parameter in decoder[-1].named_parameters():
                parameter.normal_(std=_LAST if name == "weight" else 0.0)
        return nn.Sequential(_Interactions(self.masking_rate), *encoder), nn.Sequential(*decoder)

    def _layers(self, sizes: Sequence[int]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in pairwise(sizes):
            layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[self.activation]()]
        return layers
