"""Fully connected encoders and decoders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ._base import Network

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "identity": nn.Identity,
    "leaky_relu": nn.LeakyReLU,
    "logistic": nn.Sigmoid,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}


class Dropout(nn.Module):
    """Leave out units in training, and scale the others up to compensate.

    Unlike `torch.nn.Dropout` it draws from an explicit generator, which training sets.

    Parameters
    ----------
    rate : float
        Probability in [0, 1) of leaving a unit out.

    Attributes
    ----------
    generator : Generator or None
        Where training draws from.

    per_batch : bool
        Whether one draw serves all rows. Training sets it when a batch holds all rows, where a row
        of weight two has to remain the same as two rows.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return the units, in training with some of them set to zero."""
        if not self.training:
            return x
        shape = x.shape[1:] if self.per_batch else x.shape
        kept = x.new_empty(shape).bernoulli_(1 - self.rate, generator=self.generator)
        return x * kept.div_(1 - self.rate)


class Dense(Network):
    """Fully connected layers; the decoder mirrors the encoder.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64,)
        Widths of the encoder's hidden layers, from the input to the code. An empty sequence gives
        a linear autoencoder.

    activation : str, default="gelu"
        Non-linearity after every hidden layer: "elu", "gelu", "identity", "leaky_relu",
        "logistic", "relu", "selu", "silu", "softplus" or "tanh". The code and the output are
        linear.

    dropout : float, default=0.0
        Share of the hidden units, in [0, 1), that sit out a training step [2]_.

    References
    ----------
    .. [1] G. E. Hinton and R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural
       Networks", Science 313:504-507, 2006.

    .. [2] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", JMLR 15:1929-1958, 2014.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import Dense
    >>> encoder, decoder = Dense(hidden_layer_sizes=(8,)).build(n_features=4, n_components=2)
    >>> encoder
    Sequential(
      (0): Linear(in_features=4, out_features=8, bias=True)
      (1): GELU(approximate='none')
      (2): Linear(in_features=8, out_features=2, bias=True)
    )
    """

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (64,),
        activation: str = "gelu",
        dropout: float = 0.0,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of columns of the input.

        n_components : int
            Width of the code.

        Returns
        -------
        encoder, decoder : Sequential
            Linear layers with the activation between them.
        """
        sizes = [n_features, *self.hidden_layer_sizes, n_components]
        return self._layers(sizes), self._layers(sizes[::-1])

    def _layers(self, sizes: Sequence[int]) -> nn.Sequential:
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in pairwise(sizes[:-1]):
            layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[self.activation]()]
            layers += [Dropout(self.dropout)] if self.dropout else []
        return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
