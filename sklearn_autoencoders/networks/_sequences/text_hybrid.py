"""Convolutional encoder of texts, and a decoder of deconvolutions and a recurrent layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from .._convolutions import at_positions
from .._network import Network
from .recurrent import CELLS, Recurrence
from .temporal import Temporal

# Adds noise to the logits of a symbol, so that the most probable one is a draw.
Noise = Callable[[Tensor], Tensor]


class TextHybrid(Network):
    r"""Network for texts: convolutions, deconvolutions and a recurrent layer.

    The encoder is an embedding of the symbols and convolutions over the positions, as in
    :class:`Temporal`. The decoder [1]_ maps the code :math:`z` by deconvolutions to features
    :math:`f_t(z)` of each position, which a recurrent layer reads together with the symbol before,

    .. math:: h_t = \operatorname{cell}(f_t(z), x_{t - 1}, h_{t - 1}), \quad
        p(x_t | x_1, \ldots, x_{t - 1}, z) = \operatorname{softmax}(W n(h_t) + V f_t(z) + b),

    where :math:`n` is layer normalization. Likelihoods are therefore those of a symbol given the
    code and all symbols before it. A decoder that is only recurrent predicts so well from these
    symbols that training ignores the code (posterior collapse) [2]_. In the hybrid, recurrence is
    left with what adjoining symbols say of one another.

    Codes are decoded symbol by symbol: `reconstruct`, `inverse_transform` and `interpolate` take
    the most probable symbol, and `sample` draws it; the next one depends on it.
    For :class:`VAEGenerator`, `auxiliary` is the weight of the likelihood of the symbols given the
    code alone, :math:`\operatorname{softmax}(V f_t(z) + b)`.

    Parameters
    ----------
    decoder : {"hybrid", "recurrent"}, default="hybrid"
        Features of the positions: "hybrid" for deconvolutions of the code; "recurrent" for the same
        linear map of the code at all positions, which is the classical decoder, for comparison.

    channels : sequence of int, default=(64, 128)
        Number of filters of each level of the convolutions, from the symbols to the code. Each
        level halves the number of positions; the deconvolutions mirror them.

    kernel_size : int, default=5
        Number of positions of a filter, an odd number.

    n_embedding : int, default=32
        Size of the vector of a symbol.

    hidden_size : int, default=256
        Number of units of the recurrent layer.

    cell : {"gru", "lstm"}, default="gru"
        Gated recurrent units, or long short-term memory.

    input_dropout : float, default=0.0
        Fraction of the preceding symbols, in [0, 1], that are hidden from the recurrent layer in
        training, so that it needs the code.

    n_positions : int or None, default=None
        Number of positions of a text, with its end. None for that of the longest text in the fit.

    See Also
    --------
    CausalRecurrent : A network without a code of fixed size, for AutoregressiveGenerator.
    Temporal : Convolutions for series of numbers.

    References
    ----------
    .. [1] S. Semeniuta, A. Severyn and E. Barth, "A Hybrid Convolutional Variational Autoencoder
       for Text Generation", EMNLP 2017.

    .. [2] S. R. Bowman et al., "Generating Sentences from a Continuous Space", CoNLL 2016.

    Examples
    --------
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.networks import TextHybrid
    >>> words = ["table", "cable", "stable", "able", "fable"] * 20
    >>> network = TextHybrid(channels=(16, 16), hidden_size=32)
    >>> settings = {"latent": "normal", "auxiliary": 1.0, "max_epochs": 10, "random_state": 0}
    >>> generator = VAEGenerator(2, network=network, **settings).fit(words)
    >>> generator.transform(["stable", "able"]).shape
    (2, 2)
    >>> len(generator.interpolate("stable", "able", n_steps=5))
    5
    """

    starts_at_pca = False

    _parameter_constraints: ClassVar[Constraints] = {
        "decoder": [StrOptions({"hybrid", "recurrent"})],
        "channels": [Sizes(1)],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "n_embedding": [Interval(Integral, 1, None, closed="left")],
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions(set(CELLS))],
        "input_dropout": [Interval(Real, 0, 1, closed="both")],
        "n_positions": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        decoder: str = "hybrid",
        channels: Sequence[int] = (64, 128),
        kernel_size: int = 5,
        n_embedding: int = 32,
        hidden_size: int = 256,
        cell: str = "gru",
        input_dropout: float = 0.0,
        n_positions: int | None = None,
    ):
        self.decoder = decoder
        self.channels = channels
        self.kernel_size = kernel_size
        self.n_embedding = n_embedding
        self.hidden_size = hidden_size
        self.cell = cell
        self.input_dropout = input_dropout
        self.n_positions = n_positions

    def for_texts(self, n_positions: int) -> TextHybrid:
        """Return the network for texts with this number of positions."""
        if self.n_positions not in (None, n_positions):
            raise ValueError(
                f"n_positions={self.n_positions} of {self!r}, but the texts have {n_positions} "
                "positions: those of the longest text and its end. Use n_positions=None."
            )
        network: TextHybrid = type(self)(**self.get_params() | {"n_positions": n_positions})
        return network

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of positions times number of symbols.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Module
            Map indicators of the symbols at all positions to codes, and codes to logits. The
            decoder reads the symbols before each one if it is called with a target.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if samples are not texts of `n_positions`.
        """
        self._validate_params()
        if self.n_positions is None or n_features % self.n_positions:
            raise ValueError(
                f"{self!r} is a network for lists of strings. Use Temporal or Recurrent for series "
                "of numbers, network=None for tables, and CausalRecurrent for "
                "AutoregressiveGenerator."
            )
        n_symbols = n_features // self.n_positions
        convolutions = self._convolutions(self.n_embedding).build(
            self.n_positions * self.n_embedding, n_components
        )[0]
        embedding = SymbolEmbedding(n_symbols, self.n_embedding, self.n_positions)
        return nn.Sequential(embedding, convolutions), self._decoder(n_symbols, n_components)

    def _convolutions(self, n_channels: int) -> Temporal:
        shape = cast(int, self.n_positions), int(n_channels)
        return Temporal(shape, channels=self.channels, kernel_size=self.kernel_size)

    def _decoder(self, n_symbols: int, n_components: int) -> HybridDecoder:
        n_positions, n_features = cast(int, self.n_positions), int(self.channels[0])
        n_inputs = n_features + self.n_embedding
        size = int(self.hidden_size)
        cells = Recurrence(self.cell, n_inputs, size, 1, True, 0.0, False, n_positions)
        embedding = nn.Linear(n_symbols, self.n_embedding, bias=False)
        nn.init.normal_(embedding.weight)  # the default is so small that symbols are learned late
        parts = embedding, cells, nn.Linear(size, n_symbols), nn.Linear(n_features, n_symbols)
        for part in parts:
            at_positions(part, n_positions)
        features = FEATURES[self.decoder](self, n_features, n_components)
        return HybridDecoder(features, *parts, SymbolDropout(self.input_dropout), n_positions)


def _deconvolutions(network: TextHybrid, n_features: int, n_components: int) -> nn.Module:
    convolutions = network._convolutions(n_features)
    return convolutions.build(cast(int, network.n_positions) * n_features, n_components)[1]


def _repetitions(network: TextHybrid, n_features: int, n_components: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(n_components, n_features), Repeat(cast(int, network.n_positions))
    )


# Features of all positions, side by side, as a function of the code.
FEATURES = {"hybrid": _deconvolutions, "recurrent": _repetitions}


class Repeat(nn.Module):
    """Repeats the features of a sample at each position.

    Parameters
    ----------
    n_positions : int
        Number of positions.
    """

    def __init__(self, n_positions: int) -> None:
        super().__init__()
        self.n_positions = n_positions

    def forward(self, x: Tensor) -> Tensor:
        """Return the features side by side."""
        return x.repeat(1, self.n_positions)


class SymbolEmbedding(nn.Module):
    """A vector for the symbol at each position; zero where it is missing.

    Parameters
    ----------
    n_symbols, n_components, n_positions : int
        Sizes.
    """

    def __init__(self, n_symbols: int, n_components: int, n_positions: int) -> None:
        super().__init__()
        self.n_symbols = n_symbols
        self.linear = at_positions(nn.Linear(n_symbols, n_components, bias=False), n_positions)
        nn.init.normal_(cast(nn.Linear, self.linear).weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors side by side."""
        symbols = x.unflatten(-1, (-1, self.n_symbols))
        # scaled indicators of rare symbols are large
        vectors: Tensor = self.linear(functional.normalize(symbols, dim=-1))
        return vectors.flatten(-2)


class SymbolDropout(nn.Module):
    """Sets the vectors of some positions to zero in training.

    Parameters
    ----------
    rate : float
        Probability, in [0, 1].

    Attributes
    ----------
    generator : Generator or None
        Source of the random draws during training.

    per_batch : bool
        Whether one draw is used for all samples.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return vectors of shape (batch, n_positions, n_components)."""
        if not self.training or not self.rate:
            return x
        kept = x.new_empty(1 if self.per_batch else len(x), x.shape[1], 1)
        return x * kept.bernoulli_(1 - self.rate, generator=self.generator)


class HybridDecoder(nn.Module):
    """Maps codes to logits of the symbols, each given the symbols before it.

    Parameters
    ----------
    features : Module
        Maps codes to the features of all positions, side by side.

    embedding : Module
        Maps the indicator of a symbol to its vector.

    cells : Recurrence
        Reads features, and the vectors of the symbols before.

    output, from_features : Module
        Map the states of the cells, and the features, to logits, which are added.

    dropout : SymbolDropout
        Hides symbols in training.

    n_positions : int
        Number of positions.

    Attributes
    ----------
    reads_target : bool
        Whether the decoder can be called with the symbols that it predicts.
    """

    reads_target = True

    def __init__(
        self,
        features: nn.Module,
        embedding: nn.Module,
        cells: Recurrence,
        output: nn.Module,
        from_features: nn.Module,
        dropout: SymbolDropout,
        n_positions: int,
    ) -> None:
        super().__init__()
        self.features, self.embedding, self.cells = features, embedding, cells
        self.output, self.from_features, self.dropout = output, from_features, dropout
        self.n_positions = n_positions

    def forward(
        self, code: Tensor, target: Tensor | None = None, noise: Noise | None = None
    ) -> Tensor:
        """Return logits, of shape (batch, n_positions * n_symbols).

        Parameters
        ----------
        code : Tensor of shape (batch, n_components)
            Codes.

        target : Tensor of shape (batch, n_positions * n_symbols) or None, default=None
            Indicators of the symbols, of which those before a symbol are read; zero where they are
            not known. If None, they are the most probable ones.

        noise : callable or None, default=None
            Returns what is added to the logits of a position before the most probable symbol is
            taken.
        """
        features = self._by_position(self.features(code))
        if target is None:
            return self._continued(features, noise)
        before = functional.pad(self._by_position(target)[:, :-1], (0, 0, 1, 0))
        inputs = torch.cat([features, self.dropout(self.embedding(before))], -1)
        logits: Tensor = self.output(self.cells(inputs)) + self.from_features(features)
        return logits.flatten(1)

    def alone(self, code: Tensor) -> Tensor:
        """Return logits given the code alone."""
        logits: Tensor = self.from_features(self._by_position(self.features(code)))
        return logits.flatten(1)

    def _continued(self, features: Tensor, noise: Noise | None) -> Tensor:
        """Return the logits of each symbol, given those that were chosen before it."""
        alone: Tensor = self.from_features(features)
        found: list[Tensor] = []
        symbol, states = torch.zeros_like(alone[:, :1]), [None]
        for own, logits in zip(features.split(1, 1), alone.split(1, 1), strict=True):
            hidden, states = self.cells.step(torch.cat([own, self.embedding(symbol)], -1), states)
            logits = logits + self.output(hidden)
            logits = logits if noise is None else logits + noise(logits)
            chosen = functional.one_hot(logits.argmax(-1), logits.shape[-1])
            symbol = chosen.to(logits)
            found.append(logits)
        return torch.cat(found, 1).flatten(1)

    def _by_position(self, x: Tensor) -> Tensor:
        values: Tensor = x.unflatten(-1, (self.n_positions, -1))
        return values
