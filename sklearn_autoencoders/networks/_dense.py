"""Fully connected encoders and decoders."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

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

    References
    ----------
    .. [1] G. E. Hinton and R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural
       Networks", Science 313:504-507, 2006.

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

    def __init__(self, hidden_layer_sizes: Sequence[int] = (64,), activation: str = "gelu"):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation

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
        for n_inputs, n_outputs in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(n_inputs, n_outputs), ACTIVATIONS[self.activation]()]
        return nn.Sequential(*layers[:-1])
