"""Fully connected encoders and decoders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import ClassVar

from torch import nn

from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers.basic import (
    ACTIVATIONS,
    CODE_ACTIVATIONS,
    OUTPUT_ACTIVATIONS,
    ByFeature,
    Transposed,
    biases_of,
    block,
    linear_layers,
)
from ._layers.places import Places
from ._network import Network


class Dense(Network):
    r"""Fully connected layers; the decoder mirrors the encoder.

    Every hidden layer computes :math:`y = \sigma(Wx + b)`. The last layers of the encoder and of
    the decoder are linear unless `code_activation` and `output_activation` are set.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=(64,)
        Number of units in each hidden layer of the encoder, from the input to the code. It can
        exceed the number of input features. An empty sequence results in a single layer for the
        encoder and for the decoder.

    activation : str, default="gelu"
        Activation function :math:`\sigma` of the hidden layers: "elu", "gelu", "identity",
        "leaky_relu", "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    dropout : float, default=0.0
        Dropout rate of the hidden layers, in [0, 1) [2]_.

    code_activation : str, default="identity"
        Activation function of the code, with the same names: "relu" for the code of a classical
        autoencoder, "logistic" for a sparse autoencoder with codes in (0, 1), "tanh" for codes in
        (-1, 1). "binary" gives codes of zeros and ones, which can be stored as bits and compared
        by the number of bits that differ (semantic hashing [5]_): in training, they are drawn with
        the probabilities :math:`\sigma(W h + b)`, whose gradient is used [6]_; afterwards they are
        rounded. Any value other than "identity" requires `init="random"`.

    output_activation : str or sequence of str, default="identity"
        Activation function of the reconstruction, with the same names and "clip", which limits
        values to [0, 1]; or one name for each output of the network. The gradients of "clip" and
        "relu" are those of the identity, so that no output stays at zero. The function acts on
        scaled values; with the `scaling=None` of the estimator, these are the values of X. After a
        `MinMaxScaler`, "logistic" and "clip" give values in the range of the training samples,
        under the losses of numbers. Any value other than "identity" requires `init="random"`. It is
        refused with losses and likelihoods that have a logistic function of their own, such as
        "binary_cross_entropy". Outputs of categories are logits, too, and need "identity".

    batch_norm : bool, default=False
        Whether the :math:`Wx` of every hidden layer is standardized over the batch [3]_. The layer
        then has no bias. During training, the output for a sample depends on the other samples of
        its batch.

    tied_weights : bool, default=False
        Whether every weight matrix of the decoder is the transpose of the encoder's [4]_. The
        biases are not shared. This requires `init="random"`.

    decoder_layer_sizes : sequence of int or None, default=None
        Number of units in each hidden layer of the decoder, from the code to the output. None
        mirrors the encoder.

    n_places : int, default=0
        If positive, the code is a weighted mean of this number of learned points :math:`Y`, with
        softmax weights: :math:`z = \operatorname{softmax}(\beta (W h + b))\, Y` for the last hidden
        layer :math:`h`. A sample between two clusters is then assigned to one of them, which suits
        :class:`~sklearn_autoencoders.objectives.Neighbors`. Such a network has no linear path, also
        with `init="pca"`.

    sharpness : float, default=1.25
        The factor :math:`\beta` after training, if `n_places` is positive; it is 1 in training.

    See Also
    --------
    Linear : Network without hidden layers.
    Convolutional : Network for images.

    References
    ----------
    .. [1] G. E. Hinton and R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural
       Networks", Science 313:504-507, 2006.

    .. [2] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", JMLR 15:1929-1958, 2014.

    .. [3] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
       Reducing Internal Covariate Shift", ICML 2015.

    .. [4] P. Vincent et al., "Stacked Denoising Autoencoders: Learning Useful Representations in a
       Deep Network with a Local Denoising Criterion", JMLR 11:3371-3408, 2010.

    .. [5] R. Salakhutdinov and G. Hinton, "Semantic Hashing", International Journal of Approximate
       Reasoning 50:969-978, 2009.

    .. [6] Y. Bengio, N. Léonard and A. Courville, "Estimating or Propagating Gradients Through
       Stochastic Neurons for Conditional Computation", arXiv 1308.3432, 2013.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import Dense
    >>> encoder, decoder = Dense((8,), code_activation="relu").build(n_features=4, n_components=2)
    >>> encoder
    Sequential(
      (0): Sequential(
        (0): Linear(in_features=4, out_features=8, bias=True)
        (1): GELU(approximate='none')
      )
      (1): Sequential(
        (0): Linear(in_features=8, out_features=2, bias=True)
        (1): ReLU()
      )
    )
    >>> Dense((), tied_weights=True).build(n_features=4, n_components=2)[1]
    Sequential(
      (0): Transposed(in_features=2, out_features=4, bias=True)
    )
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_layer_sizes": [Sizes()],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "code_activation": [StrOptions(set(CODE_ACTIVATIONS))],
        "output_activation": [StrOptions(set(OUTPUT_ACTIVATIONS)), list, tuple],
        "batch_norm": ["boolean"],
        "tied_weights": ["boolean"],
        "decoder_layer_sizes": [Sizes(), None],
        "n_places": [Interval(Integral, 0, None, closed="left")],
        "sharpness": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (64,),
        activation: str = "gelu",
        dropout: float = 0.0,
        *,
        code_activation: str = "identity",
        output_activation: str | Sequence[str] = "identity",
        batch_norm: bool = False,
        tied_weights: bool = False,
        decoder_layer_sizes: Sequence[int] | None = None,
        n_places: int = 0,
        sharpness: float = 1.25,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.code_activation = code_activation
        self.output_activation = output_activation
        self.batch_norm = batch_norm
        self.tied_weights = tied_weights
        self.decoder_layer_sizes = decoder_layer_sizes
        self.n_places = n_places
        self.sharpness = sharpness

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Sequential
            One block for every layer: linear map, batch normalization, activation, dropout. The
            last block is a linear map, followed by the activation of the code or of the
            reconstruction.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        inwards, outwards = self._hidden_sizes()
        if self.tied_weights and outwards != inwards[::-1]:
            raise ValueError(
                "tied_weights=True needs a decoder that mirrors the encoder: with "
                f"hidden_layer_sizes={inwards}, decoder_layer_sizes must be None or "
                f"{inwards[::-1]}; got {outwards}."
            )
        if self.tied_weights and self.n_places:
            raise ValueError(
                "n_places > 0 cannot be combined with tied_weights=True: the places have no "
                "counterpart in the decoder. Use tied_weights=False."
            )
        encoder: Sequence[nn.Module]
        decoder: Sequence[nn.Module]
        sizes = n_features, *inwards, self.n_places or n_components
        encoder = linear_layers(sizes, self.batch_norm)
        if self.tied_weights:
            decoder = self._transposed(encoder)
        else:
            decoder = linear_layers((n_components, *outwards, n_features), self.batch_norm)
        if self.n_places:
            places = Places(self.n_places, n_components, self.sharpness)
            encoder = [*encoder[:-1], nn.Sequential(encoder[-1], places)]
        return (
            self._sequential(encoder, inwards, _activation(self.code_activation, CODE_ACTIVATIONS)),
            self._sequential(decoder, outwards, self._output_activation(n_features)),
        )

    def _output_activation(self, n_features: int) -> list[nn.Module]:
        if isinstance(self.output_activation, str):
            return _activation(self.output_activation, OUTPUT_ACTIVATIONS)
        names = list(self.output_activation)
        are_known = all(map(StrOptions(set(OUTPUT_ACTIVATIONS)).is_satisfied_by, names))
        if len(names) != n_features or not are_known:
            raise ValueError(
                "output_activation must be a name, or a name for each of the "
                f"{n_features} outputs, among {sorted(OUTPUT_ACTIVATIONS)}; got {names}."
            )
        return [ByFeature(names)]

    def stages(self, encoder: nn.Module, decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
        """Return the pairs of layers that greedy pretraining trains one after another.

        Parameters
        ----------
        encoder, decoder : Sequential
            Return values of :meth:`build`.

        Returns
        -------
        list of (Module, Module)
            Pairs of an encoder stage and the corresponding decoder stage, from the outermost to the
            innermost pair. They are parts of the network, not copies.

        Raises
        ------
        ValueError
            If the decoder does not mirror the encoder.
        """
        inwards, outwards = self._hidden_sizes()
        if outwards != inwards[::-1]:
            raise ValueError(
                "pretraining='layerwise' needs a decoder that mirrors the encoder; got "
                f"hidden_layer_sizes={inwards} and decoder_layer_sizes={outwards}. Use "
                "decoder_layer_sizes=None."
            )
        return list(zip(encoder.children(), reversed(list(decoder.children())), strict=True))

    def _hidden_sizes(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the sizes of the hidden layers of the encoder and of the decoder."""
        inwards = tuple(map(int, self.hidden_layer_sizes))
        if self.decoder_layer_sizes is None:
            return inwards, inwards[::-1]
        return inwards, tuple(map(int, self.decoder_layer_sizes))

    def _transposed(self, layers: Sequence[nn.Linear]) -> list[Transposed]:
        biases = biases_of(len(layers), self.batch_norm)
        return [Transposed(a.weight, bias) for a, bias in zip(layers[::-1], biases, strict=True)]

    def _sequential(
        self, layers: Sequence[nn.Module], hidden: Sequence[int], activation: Sequence[nn.Module]
    ) -> nn.Sequential:
        *inner, last = layers
        blocks: list[nn.Module] = [
            block(layer, width, self.activation, self.batch_norm, self.dropout)
            for layer, width in zip(inner, hidden, strict=True)
        ]
        if activation:
            last = nn.Sequential(last, *activation)
        return nn.Sequential(*blocks, last)


def _activation(name: str, kinds: Mapping[str, Callable[[], nn.Module]]) -> list[nn.Module]:
    """Return an activation function, if any."""
    return [] if name == "identity" else [kinds[name]()]


class Linear(Network):
    r"""Linear encoder and decoder without activation: PCA as an autoencoder.

    The code is :math:`z = Wx + b` and the reconstruction is :math:`Vz + c`, with
    :math:`V = W^\top` if the weights are tied. At the optimum of the squared error, :math:`VW` is
    the projection onto the principal subspace [1]_.

    Parameters
    ----------
    tied_weights : bool, default=False
        Whether the weight matrix of the decoder is the transpose of the encoder's. This requires
        `init="random"`.

    See Also
    --------
    Dense : Network with hidden layers.

    References
    ----------
    .. [1] P. Baldi and K. Hornik, "Neural Networks and Principal Component Analysis: Learning from
       Examples Without Local Minima", Neural Networks 2:53-58, 1989.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.decomposition import PCA
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Linear
    >>> X, _ = load_iris(return_X_y=True)
    >>> settings = {"init": "random", "weight_decay": 0, "learning_rate": 0.03, "max_epochs": 100}
    >>> network = Linear(tied_weights=True)
    >>> autoencoder = AutoencoderTransformer(2, network=network, random_state=0, **settings).fit(X)
    >>> best = PCA(2).fit(X).explained_variance_ratio_.sum()
    >>> bool(best - 0.001 < autoencoder.score(X) <= best)
    True
    """

    _parameter_constraints: ClassVar[Constraints] = {"tied_weights": ["boolean"]}

    def __init__(self, tied_weights: bool = False):
        self.tied_weights = tied_weights

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Sequential
            A linear layer each.

        Raises
        ------
        ValueError
            If `tied_weights` is not a boolean.
        """
        self._validate_params()
        return Dense((), tied_weights=self.tied_weights).build(n_features, n_components)

    def stages(self, encoder: nn.Module, decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
        """Return the single pair of layers.

        Parameters
        ----------
        encoder, decoder : Sequential
            Return values of :meth:`build`.

        Returns
        -------
        list of (Module, Module)
            The encoder and the decoder.
        """
        return [(encoder, decoder)]
