"""Recurrent encoders and decoders for series."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..._utils.grids import check_n_features, grid_sizes
from ..._utils.sklearn_compat import Constraints, Interval, StrOptions
from .._convolutions import Flatten, Grids, at_positions, n_masks_of
from .._layers.basic import Dropout
from .series import SeriesNetwork

CELLS: dict[str, Any] = {"gru": nn.GRU, "lstm": nn.LSTM}


class Recurrent(SeriesNetwork):
    r"""Recurrent network for series.

    The encoder reads a series :math:`x_1, x_2, \ldots` with layers of recurrent cells [1]_ [2]_,
    whose states are :math:`h_t = f(x_t, h_{t-1})`. The code is a linear map of the last state, or
    of the mean of the states. The decoder is a second recurrent network without feedback of its
    output: it receives the code and the time, from -1 to 1, at every time point, and a linear map
    of its states is the series. Both are deterministic.

    Series are given as for :class:`Temporal`. The last state is that of the last time point that
    has a value, and the mean is that over the time points with a value. Time points without any
    value are read nevertheless, as their conditional means or as zeros.

    Parameters
    ----------
    series_shape : sequence of 1 or 2 int, default=(100, 1)
        Shape (time, channels) of a series, or its sizes in the order of `layout`. With a single
        int, there is one channel. The time is the length of the longest series.

    layout : {"TC", "CT"}, default="TC"
        Order of the axes of a series: channels last or, as in sktime and aeon, channels first.

    hidden_size : int, default=64
        Number of units of a recurrent layer.

    n_layers : int, default=1
        Number of recurrent layers of the encoder, and of the decoder.

    cell : {"gru", "lstm"}, default="gru"
        Gated recurrent units, or long short-term memory.

    layer_norm : bool, default=False
        Whether the output of each recurrent layer is standardized over its units [3]_.

    bidirectional_encoder : bool, default=False
        Whether the encoder also reads the series backwards, with further units.

    bottleneck : {"last", "global"}, default="last"
        Whether the code is a linear map of the last state, or of the mean over time.

    dropout : float, default=0.0
        Dropout rate of the outputs of the recurrent layers, in [0, 1).

    See Also
    --------
    Temporal : A convolutional network for series, which is trained several times faster.

    References
    ----------
    .. [1] K. Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical
       Machine Translation", EMNLP 2014.

    .. [2] S. Hochreiter and J. Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997.

    .. [3] J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer Normalization", arXiv:1607.06450, 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Recurrent
    >>> X = np.random.RandomState(0).randn(40, 12, 2).cumsum(1)
    >>> network = Recurrent(series_shape=(12, 2), hidden_size=8)
    >>> autoencoder = AutoencoderTransformer(3, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit(X).reconstruct(X).shape
    (40, 12, 2)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **SeriesNetwork._parameter_constraints,
        "hidden_size": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
        "cell": [StrOptions(set(CELLS))],
        "layer_norm": ["boolean"],
        "bidirectional_encoder": ["boolean"],
        "bottleneck": [StrOptions({"last", "global"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        series_shape: Sequence[int] = (100, 1),
        layout: str = "TC",
        hidden_size: int = 64,
        n_layers: int = 1,
        cell: str = "gru",
        layer_norm: bool = False,
        bidirectional_encoder: bool = False,
        bottleneck: str = "last",
        dropout: float = 0.0,
    ):
        self.series_shape = series_shape
        self.layout = layout
        self.hidden_size = hidden_size
        self.n_layers = n_layers
        self.cell = cell
        self.layer_norm = layer_norm
        self.bidirectional_encoder = bidirectional_encoder
        self.bottleneck = bottleneck
        self.dropout = dropout

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of values of a series; with the masks of missing values, twice as many.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Module
            Modules that map flattened series to codes and codes to flattened series.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if `n_features` is not the size of a series.
        """
        self._validate_params()
        n_masks = n_masks_of(self, n_features)
        check_n_features(self.series_shape, n_features - n_masks, "series_shape", "a series")
        n_channels, n_times = grid_sizes(self.series_shape, self.layout)
        start = Grids(self.series_shape, self.layout, n_masks)
        reader = self._recurrence(start.n_channels, n_times, self.bidirectional_encoder)
        is_last = self.bottleneck == "last"
        encoder = _Encoder(start, reader, is_last, nn.Linear(reader.n_outputs, n_components))
        writer = self._recurrence(n_components + 1, n_times, is_bidirectional=False)
        output = nn.Linear(writer.n_outputs, n_channels)
        return encoder, _Decoder(writer, n_times, output, Flatten(self.layout))

    def _recurrence(self, n_inputs: int, n_times: int, is_bidirectional: bool) -> Recurrence:
        ends = n_inputs, int(self.hidden_size), int(self.n_layers)
        settings = self.layer_norm, self.dropout, is_bidirectional
        return Recurrence(self.cell, *ends, *settings, positions=n_times)


class Recurrence(nn.Module):
    """Recurrent layers, each with layer normalization and dropout if there are any.

    Parameters
    ----------
    cell : {"gru", "lstm"}
        Kind of the cells.

    n_inputs, n_units, n_layers : int
        Sizes.

    layer_norm : bool
        Whether outputs are standardized.

    dropout : float
        Dropout rate of the outputs.

    is_bidirectional : bool
        Whether the sequence is also read backwards.

    positions : int, default=1
        Number of time points, for the cost.
    """

    def __init__(
        self,
        cell: str,
        n_inputs: int,
        n_units: int,
        n_layers: int,
        layer_norm: bool,
        dropout: float,
        is_bidirectional: bool,
        positions: int = 1,
    ) -> None:
        super().__init__()
        self.n_units, self.n_outputs = n_units, n_units * (2 if is_bidirectional else 1)
        sizes = [n_inputs, *[self.n_outputs] * (n_layers - 1)]
        settings = {"batch_first": True, "bidirectional": is_bidirectional}
        self.cells = nn.ModuleList(
            at_positions(CELLS[cell](size, n_units, **settings), positions) for size in sizes
        )
        self.ends = nn.ModuleList(self._end(layer_norm, dropout) for _ in sizes)

    def _end(self, layer_norm: bool, dropout: float) -> nn.Sequential:
        parts: list[nn.Module] = [nn.LayerNorm(self.n_outputs)] if layer_norm else []
        return nn.Sequential(*parts, *([Dropout(dropout)] if dropout else []))

    def forward(self, sequence: Tensor) -> Tensor:
        """Return the outputs at each time point of sequences of shape (batch, time, n_inputs)."""
        return self.step(sequence, [None] * len(self.cells))[0]

    def step(self, sequence: Tensor, states: list[Any]) -> tuple[Tensor, list[Any]]:
        """Return the outputs for the next time points, and the states after them.

        Parameters
        ----------
        sequence : Tensor of shape (batch, time, n_inputs)
            The next time points.

        states : list
            The state of each layer after the time points before; None at the start.

        Returns
        -------
        outputs : Tensor of shape (batch, time, n_outputs)
            The outputs of the last layer.

        states : list
            The new states.
        """
        after = []
        for cell, end, state in zip(self.cells, self.ends, states, strict=True):
            sequence, state = cell(sequence, state)
            sequence = end(sequence)
            after.append(state)
        return sequence, after


class _Encoder(nn.Module):
    """Maps flattened series to codes."""

    def __init__(self, grids: Grids, layers: Recurrence, is_last: bool, output: nn.Linear) -> None:
        super().__init__()
        self.grids, self.layers, self.is_last, self.output = grids, layers, is_last, output

    def forward(self, x: Tensor) -> Tensor:
        sequence = self.grids(x).mT
        outputs, known = self.layers(sequence), self._known(sequence)
        n_units = self.layers.n_units
        summary = _last(outputs, known, n_units) if self.is_last else _mean(outputs, known)
        code: Tensor = self.output(summary)
        return code

    def _known(self, sequence: Tensor) -> Tensor:
        """Return one for each time point that has a value, otherwise zero."""
        if not self.grids.n_masks:
            return torch.ones_like(sequence[..., 0])
        return 1 - sequence[..., sequence.shape[-1] // 2 :].amin(-1)


def _last(outputs: Tensor, known: Tensor, n_units: int) -> Tensor:
    """Return the output of the last known time point, backwards that of the first time point."""
    place = known * torch.arange(1, known.shape[1] + 1, device=known.device)
    weight = ((place == place.amax(1, keepdim=True)) & (place > 0)).to(outputs)
    forward = (weight[:, None] @ outputs[..., :n_units])[:, 0]
    if outputs.shape[-1] == n_units:
        return forward
    return torch.cat([forward, outputs[:, 0, n_units:]], 1)


def _mean(outputs: Tensor, known: Tensor) -> Tensor:
    """Return the mean over known time points."""
    return (known[:, None] @ outputs)[:, 0] / known.sum(1, keepdim=True).clamp(min=1)


class _Decoder(nn.Module):
    """Maps codes to flattened series."""

    def __init__(
        self, layers: Recurrence, n_times: int, output: nn.Linear, flatten: Flatten
    ) -> None:
        super().__init__()
        self.layers, self.n_times, self.flatten = layers, n_times, flatten
        self.output = at_positions(output, n_times)

    def forward(self, code: Tensor) -> Tensor:
        time = torch.linspace(-1, 1, self.n_times, device=code.device, dtype=code.dtype)
        codes = code[:, None].expand(-1, self.n_times, -1)
        times = time[:, None].expand(len(code), -1, 1)
        outputs = self.output(self.layers(torch.cat([codes, times], -1)))
        series: Tensor = self.flatten(outputs.mT)
        return series
