"""Networks of residual blocks."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._utils.sklearn_compat import Constraints, Interval, StrOptions
from ._layers.basic import ACTIVATIONS
from ._network import Network

# Factor of the initial weights of the last layer, so that its outputs are small.
_LAST = 0.1


class _Block(nn.Module):
    """Add the output of two layers to their input."""

    def __init__(self, n_units: int, activation: str, dropout: float) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.LayerNorm(n_units),
            nn.Linear(n_units, n_units),
            ACTIVATIONS[activation](),
            nn.Dropout(dropout),
            nn.Linear(n_units, n_units),
        )

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = x + self.layers(x)
        return output


class Residual(Network):
    r"""Residual blocks in the encoder, and a linear decoder.

    The encoder consists of a linear layer and of blocks of the size of the code, which add to their
    input the output of two layers, with layer normalization [2]_,

    .. math:: h_{k+1} = h_k + W_2\, \sigma(W_1 \operatorname{norm}(h_k) + b_1) + b_2.

    The decoder is linear in the normalized code. It suits codes of hundreds of components, as those
    of :class:`AutoregressiveGenerator`, and requires `init="random"`.

    Parameters
    ----------
    n_blocks : int, default=2
        Number of residual blocks.

    activation : str, default="gelu"
        Activation function :math:`\sigma`, as in :class:`Dense`.

    dropout : float, default=0.1
        Dropout rate of the blocks, in [0, 1).

    See Also
    --------
    Dense : Fully connected layers of decreasing size.

    References
    ----------
    .. [1] K. He, X. Zhang, S. Ren and J. Sun, "Deep Residual Learning for Image Recognition", CVPR
       2016.

    .. [2] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer Normalization", arXiv 1607.06450, 2016.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import Residual
    >>> encoder, decoder = Residual(n_blocks=3).build(n_features=4, n_components=16)
    >>> len(encoder), decoder[-1]
    (4, Linear(in_features=16, out_features=4, bias=True))
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_blocks": [Interval(Integral, 1, None, closed="left")],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(self, n_blocks: int = 2, activation: str = "gelu", dropout: float = 0.1):
        self.n_blocks = n_blocks
        self.activation = activation
        self.dropout = dropout

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Size of the code and of the blocks.

        Returns
        -------
        encoder, decoder : Sequential
            A linear layer and the blocks; layer normalization and a linear layer.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        parameters = n_components, self.activation, self.dropout
        blocks = [_Block(*parameters) for _ in range(self.n_blocks)]
        last = nn.Linear(n_components, n_features)
        with torch.no_grad():
            last.weight.mul_(_LAST)
            last.bias.zero_()
        encoder = nn.Sequential(nn.Linear(n_features, n_components), *blocks)
        return encoder, nn.Sequential(nn.LayerNorm(n_components), last)
