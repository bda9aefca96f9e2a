"""Recurrent networks whose state after a symbol depends on this symbol and on those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.batch import Batch, as_batch
from ..._utils.sklearn_compat import Constraints, Interval, StrOptions
from .._layers.basic import Dropout
from .._models.autoencoder import Autoencoder, Output
from .._network import Network
from .members import MemberLogits, MemberStates
from .ngrams import NgramEmbedding, symbol_numbers
from .recurrent import CELLS
from .repeats import RepeatEmbedding, check_lengths

# States of all layers: one tensor for each of them, or a pair.
State = list[Tensor | tuple[Tensor, Tensor]]


class RecurrentStates(nn.Module):
    """Recurrent layers, each followed by layer normalization and dropout.

    Parameters
    ----------
    n_symbols, n_embedding, n_components : int
        Sizes of an input, of its embedding, and of the states.

    n_layers : int
        Number of layers. Each adds its input, if it is of the size of the states.

    cell : {"gru", "lstm"}
        Kind of the layers.

    layer_norm : bool
        Whether the output of a layer is normalized.

    dropout : float
        Dropout rate of the outputs.

    is_bidirectional : bool, default=False
        Whether half of the states read the sequence backwards.

    Attributes
    ----------
    ngrams : NgramEmbedding or None
        Vectors of the last symbols, which are added to the embedding. A network sets them after
        the layers are drawn, so that initial weights are those of a network without n-grams.

    repeats : RepeatEmbedding or None
        Vectors of the symbols that followed the last symbols before, as `ngrams`.
    """

    ngrams: NgramEmbedding | None
    repeats: RepeatEmbedding | None

    def __init__(
        self,
        n_symbols: int,
        n_embedding: int,
        n_components: int,
        n_layers: int,
        cell: str,
        layer_norm: bool,
        dropout: float,
        is_bidirectional: bool = False,
    ) -> None:
        super().__init__()
        sizes = [n_embedding] + [n_components] * n_layers
        self.embedding = nn.Linear(n_symbols, n_embedding, bias=False)
        n_units = n_components // 2 if is_bidirectional else n_components
        settings = {"batch_first": True, "bidirectional": is_bidirectional}
        self.cells = nn.ModuleList(CELLS[cell](size, n_units, **settings) for size in sizes[:-1])
        norms = (nn.LayerNorm(n_components) if layer_norm else nn.Identity() for _ in sizes[1:])
        self.norms = nn.ModuleList(norms)
        self.dropout = Dropout(dropout) if dropout else nn.Identity()
        self.ngrams = self.repeats = None

    def forward(self, x: Tensor) -> Tensor:
        """Return the states after each position, of shape (batch, time, n_components)."""
        hidden: Tensor = self.embedding(x)
        parts = self._parts()
        numbers = symbol_numbers(x) if parts else None
        for part in parts:
            hidden = hidden + part(numbers)
        return self._layers(hidden, [None] * len(self.cells))[0]

    def _parts(self) -> list[Any]:
        """Return what is added to the embedding, if there is any."""
        return [part for part in (self.ngrams, self.repeats) if part is not None]

    def keep_frequent(self, parts: Iterable[tuple[Tensor, Tensor]]) -> None:
        """Find the n-grams, if any, that are not rare in the training sequences."""
        if self.ngrams is not None:
            self.ngrams.keep_frequent(parts)

    def advance(self, x: Tensor, states: State | None = None) -> tuple[Tensor, State]:
        """Return the outputs after each position, and the states after the last one.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_symbols)
            Inputs.

        states : list or None, default=None
            States before the first position; None for zero.

        Returns
        -------
        outputs : Tensor of shape (batch, time, n_components)
            Of the last layer.

        states : list
            Those of the layers and, if there are any, of the n-grams and of the repeats.
        """
        n_layers, parts = len(self.cells), self._parts()
        before: list[Any] = [None] * (n_layers + len(parts)) if states is None else states
        hidden: Tensor = self.embedding(x)
        numbers = symbol_numbers(x) if parts else None
        last: State = []
        for part, own in zip(parts, before[n_layers:], strict=True):
            vectors, own = part.advance(numbers, own)
            hidden = hidden + vectors
            last.append(own)
        hidden, after = self._layers(hidden, before[:n_layers])
        return hidden, after + last

    def _layers(self, hidden: Tensor, before: list[Any]) -> tuple[Tensor, State]:
        """Return the outputs of the layers, and their states after the last position."""
        after: State = []
        for cell, norm, state in zip(self.cells, self.norms, before, strict=True):
            output, state = cell(hidden, state)
            output = self.dropout(norm(output))
            hidden = output + hidden if output.shape == hidden.shape else output
            after.append(state)
        return hidden, after


class SymbolNetwork(Network):
    """Base class of recurrent networks for sequences of symbols."""

    reads_sequences = True

    _parameter_constraints: ClassVar[Constraints] = {
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions(set(CELLS))],
        "n_embedding": [Interval(Integral, 1, None, closed="left")],
        "layer_norm": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        n_layers: int = 1,
        cell: str = "gru",
        n_embedding: int = 64,
        layer_norm: bool = True,
        dropout: float = 0.0,
    ):
        self.n_layers = n_layers
        self.cell = cell
        self.n_embedding = n_embedding
        self.layer_norm = layer_norm
        self.dropout = dropout

    def _states(
        self, n_symbols: int, n_components: int, is_bidirectional: bool = False
    ) -> RecurrentStates:
        """Return a new encoder."""
        return RecurrentStates(
            n_symbols,
            self.n_embedding,
            n_components,
            self.n_layers,
            self.cell,
            self.layer_norm,
            self.dropout,
            is_bidirectional,
        )


class CausalRecurrent(SymbolNetwork):
    r"""Recurrent network for sequences of symbols, which reads them from left to right.

    The state after position :math:`t` is

    .. math:: h_t^{(k)} = h_t^{(k - 1)} + \operatorname{norm}\bigl(
        \operatorname{cell}_k(h_t^{(k - 1)}, s_{t - 1}^{(k)})\bigr),

    where :math:`h_t^{(0)}` is the sum of learned vectors of the symbol, of the n-grams that end
    with it, and of the symbols that followed the same n-grams earlier in the text, and :math:`s`
    the state of the cell. The n-grams remember what follows a few symbols in all texts, as count
    models do, the earlier occurrences what follows them in this one, and the states the rest. The
    decoder is a linear function of the last layer's state, to the logits of the next symbol. It is
    the network of :class:`AutoregressiveGenerator` for texts.

    Parameters
    ----------
    n_layers : int, default=1
        Number of recurrent layers, each with `n_components` units.

    cell : {"gru", "lstm"}, default="gru"
        Kind of the layers: gated recurrent units [1]_ or long short-term memory.

    n_embedding : int, default=64
        Size of the vector of a symbol.

    layer_norm : bool, default=True
        Whether the output of each layer is normalized [2]_.

    dropout : float, default=0.0
        Dropout rate of the outputs of the layers, in [0, 1).

    max_ngram : int, default=6
        Length of the longest n-grams, the last symbols of a position. Each has a learned vector,
        and those of 2 to `max_ngram` symbols are added to that of the last symbol; n-grams with
        equal hash values share a vector [3]_ [4]_, and those that occur less than ten times in the
        training texts (for `partial_fit`, in the first batch) have none. With 1 there are no
        n-grams.

    ngram_dropout : float, default=0.5
        Probability of leaving out the vector of an n-gram in training, in [0, 1).

    n_members : int, default=1
        Number of networks among which the components are divided, and whose probabilities of the
        next symbol are averaged. They differ in their initial weights only. Two of 256 units need
        0.04 bits per character less than one, and twice the time.

    repeat_lengths : sequence of int, default=(3, 5, 8)
        Lengths of n-grams whose last occurrence in the same text is looked up, at least 1. The
        symbol that followed it has a learned vector for each length, which is added as well, so
        that names and phrases of a long text are repeated, over any distance [5]_ [6]_. Empty for
        none.

    References
    ----------
    .. [1] K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
       Machine Translation", EMNLP 2014.

    .. [2] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer Normalization", arXiv 1607.06450, 2016.

    .. [3] P. Bojanowski, E. Grave, A. Joulin and T. Mikolov, "Enriching Word Vectors with Subword
       Information", TACL 5, 2017.

    .. [4] A. Pagnoni et al., "Byte Latent Transformer: Patches Scale Better Than Tokens",
       arXiv 2412.09871, 2024.

    .. [5] M. V. Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression",
       Florida Institute of Technology CS-2005-16, 2005.

    .. [6] E. Grave, A. Joulin and N. Usunier, "Improving Neural Language Models with a Continuous
       Cache", ICLR 2017.

    Examples
    --------
    >>> from sklearn_autoencoders import AutoregressiveGenerator
    >>> from sklearn_autoencoders.networks import CausalRecurrent
    >>> texts = ["to be or not to be"] * 20
    >>> network = CausalRecurrent(n_embedding=16)
    >>> generator = AutoregressiveGenerator(32, network=network, max_epochs=80, random_state=0)
    >>> generator.fit(texts).sample(top_k=1, random_state=0)
    ['to be or not to be']
    """

    is_causal = True
    _in_earlier_files: ClassVar[dict[str, Any]] = {"max_ngram": 1, "repeat_lengths": ()}

    _parameter_constraints: ClassVar[Constraints] = {
        **SymbolNetwork._parameter_constraints,
        "max_ngram": [Interval(Integral, 1, None, closed="left")],
        "ngram_dropout": [Interval(Real, 0, 1, closed="left")],
        "n_members": [Interval(Integral, 1, None, closed="left")],
        "repeat_lengths": ["array-like"],
    }

    def __init__(
        self,
        n_layers: int = 1,
        cell: str = "gru",
        n_embedding: int = 64,
        layer_norm: bool = True,
        dropout: float = 0.0,
        max_ngram: int = 6,
        ngram_dropout: float = 0.5,
        n_members: int = 1,
        repeat_lengths: Sequence[int] = (3, 5, 8),
    ):
        super().__init__(n_layers, cell, n_embedding, layer_norm, dropout)
        self.n_members = n_members
        self.repeat_lengths = repeat_lengths
        self.max_ngram = max_ngram
        self.ngram_dropout = ngram_dropout

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of symbols.

        n_components : int
            Size of the states.

        Returns
        -------
        encoder, decoder : Module
            Map (batch, time, n_features) to (batch, time, n_components), and back to logits.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        check_lengths(self.repeat_lengths)
        n_members = self.n_members
        if n_components % n_members:
            raise ValueError(
                f"n_components must be a multiple of n_members={n_members} of the network, as each "
                f"member has as many of the units; got n_components={n_components}."
            )
        members = [self._member(n_features, n_components // n_members) for _ in range(n_members)]
        if n_members == 1:
            return members[0]
        encoders, decoders = zip(*members, strict=True)
        return MemberStates(encoders), MemberLogits(decoders)

    def _member(self, n_symbols: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return the encoder and the decoder of a member."""
        states, decoder = self._states(n_symbols, n_components), nn.Linear(n_components, n_symbols)
        if self.max_ngram > 1:
            states.ngrams = NgramEmbedding(self.max_ngram, self.n_embedding, self.ngram_dropout)
        if len(self.repeat_lengths):
            states.repeats = RepeatEmbedding(self.repeat_lengths, n_symbols, self.n_embedding)
        return states, decoder


class SequenceModel(Autoencoder):
    """A causal encoder and a decoder, which predict each symbol from those before it.

    Samples are indicators of the symbols at all positions, one position after another. The code of
    a sample is the mean of the states after its known symbols.

    Parameters
    ----------
    encoder, decoder : Module
        Of a causal network.

    n_symbols : int
        Number of symbols.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, n_symbols: int) -> None:
        super().__init__(encoder, decoder)
        self.n_symbols = n_symbols

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the mean states of a batch."""
        batch = as_batch(x)
        symbols = self._by_position(batch.x)
        start = torch.zeros_like(symbols[:, :1])
        return mean_state(self.encoder(torch.cat([start, symbols], 1))[:, 1:], batch.missing)

    def forward(self, x: Batch | Tensor) -> Output:
        """Return the mean states, and the logits of each symbol given those before it."""
        batch = as_batch(x)
        symbols = self._by_position(batch.x)
        if batch.carried is None or not self.training:
            before = torch.cat([torch.zeros_like(symbols[:, :1]), symbols[:, :-1]], 1)
            states = self.encoder(before)
        else:
            states = self._continued(symbols, batch)
        return Output(states.mean(1), self.decode(states).flatten(-2))

    def _continued(self, symbols: Tensor, batch: Batch) -> Tensor:
        """Return the states in chunks, each of which starts with those after the chunk before it.

        There is no gradient with respect to them.
        """
        carried, chunk = batch.carried, batch.chunk
        assert carried is not None
        assert chunk is not None
        first, states = torch.zeros_like(symbols[:, :1]), None
        if carried.chunk is not None:
            resume = partial(_resumed, follows=_follows(chunk, carried.chunk))
            states = [_map(resume, state) for state in carried.states]
            first = resume(carried.last.transpose(0, 1)).transpose(0, 1)
        encoder: Any = self.encoder
        hidden: Tensor
        hidden, after = encoder.advance(torch.cat([first, symbols[:, :-1]], 1), states)
        carried.chunk, carried.last = chunk, symbols[:, -1:]
        carried.states = [_map(Tensor.detach, state) for state in after]
        return hidden

    def _by_position(self, x: Tensor) -> Tensor:
        symbols: Tensor = x.unflatten(-1, (-1, self.n_symbols))
        return symbols


def centered_indicators(index: Tensor, is_known: Tensor, center: Tensor) -> Tensor:
    """Return inputs for indices of symbols: centered indicators, zero where not known.

    Parameters
    ----------
    index : Tensor of int of shape (...)
        Indices of symbols, any of them where the symbol is not known.

    is_known : Tensor of bool of shape (...)
        Whether the symbol is known.

    center : Tensor of shape (n_symbols,)
        Frequencies of the symbols.

    Returns
    -------
    Tensor of shape (..., n_symbols)
        In the type of `center`.
    """
    indicators = functional.one_hot(index, len(center)) - center
    return indicators * is_known.to(center)[..., None]


def _map(function: Callable[[Tensor], Tensor], state: Any) -> Any:
    """Apply a function to a tensor, or to both tensors of a pair."""
    return function(state) if isinstance(state, Tensor) else tuple(map(function, state))


def _follows(chunk: Tensor, before: Tensor) -> Tensor:
    """Return whether each chunk follows the one at the same place of the batch before."""
    n_missing = len(chunk) - len(before)
    return chunk == functional.pad(before[: len(chunk)], (0, max(n_missing, 0)), value=-2) + 1


def _resumed(state: Tensor, follows: Tensor) -> Tensor:
    """Return states of shape (1, batch, size) for the samples of a batch: zero for new texts."""
    kept = state[:, : len(follows)]
    n_missing = len(follows) - kept.shape[1]
    return functional.pad(kept, (0, 0, 0, n_missing)).masked_fill(~follows[:, None], 0.0)


def mean_state(states: Tensor, missing: Tensor | None) -> Tensor:
    """Return the mean over known positions of states of shape (batch, time, n_components)."""
    if missing is None:
        return states.mean(1)
    known = (1 - missing).unsqueeze(-1)
    total = (states * known).sum(1)
    return total / known.sum(1).clamp(min=1)
