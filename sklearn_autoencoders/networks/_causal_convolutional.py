"""Convolutional network whose state at a pixel depends on the pixels before it, row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from numbers import Integral
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.grids import check_n_features
from .._utils.sklearn_compat import Constraints, Interval, Sizes
from ._layers.masked_convolution import MaskedConvolution, PixelMemory
from ._network import Network

# Size of the vector of a value, radius of the first filters, distances that later filters cover.
_N_EMBEDDING, _FIRST_RADIUS, _DILATIONS = 16, 3, (1, 2, 4)


class CausalConvolutional(Network):
    r"""Convolutional network for images, which reads them pixel by pixel, row by row.

    It is a network for :class:`AutoregressiveGenerator`, which predicts the value of each pixel
    from those of the rows above it and of the pixels to the left of it [1]_. The hidden channels at
    a pixel :math:`t` are

    .. math::
        h_t^{(0)} &= p_t + c + \sum_{s < t} W^{(0)}_{t - s} e(x_s) \\
        h_t^{(k)} &= h_t^{(k - 1)} + V^{(k)} \operatorname{relu}\Bigl(b^{(k)} + \sum_{s \leq t}
        W^{(k)}_{t - s} \operatorname{relu}(h_s^{(k - 1)})\Bigr)

    where :math:`e(x_s)` is a learned vector of the value, :math:`p_t` one of the pixel, and
    :math:`c` one of the class. The sums are those of masked filters: of 7 x 7 pixels for the first
    layer and of 3 x 3 pixels, which are 1, 2, 4, 1, ... pixels apart, for the others. The state is
    a dense layer of the last hidden channels, with `n_components` units.

    Parameters
    ----------
    image_shape : sequence of 2 int, default=(28, 28)
        Height and width. Each sample is a flattened image of this shape.

    class_first : bool, default=False
        Whether the first value of a sample, before those of the pixels, is its class. All pixels
        see it. To draw images of a class, pass it as the prompt. Classes and pixels share their
        levels: both should be small whole numbers.

    channels : int, default=32
        Number of hidden channels.

    n_layers : int, default=6
        Number of layers after the first one.

    See Also
    --------
    CausalRecurrent : Network for texts and other sequences.
    Convolutional : Network for codes of images.

    References
    ----------
    .. [1] A. van den Oord, N. Kalchbrenner and K. Kavukcuoglu, "Pixel Recurrent Neural Networks",
       ICML 2016.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoregressiveGenerator
    >>> from sklearn_autoencoders.networks import CausalConvolutional
    >>> X = (load_digits().data > 8).astype(float)
    >>> network = CausalConvolutional((8, 8), channels=8, n_layers=2)
    >>> generator = AutoregressiveGenerator(16, network=network, max_epochs=2, random_state=0)
    >>> generator.fit(X).sample(3, random_state=0).shape
    (3, 64)
    """

    is_causal = True
    reads_sequences = True
    reads_texts = False

    _parameter_constraints: ClassVar[Constraints] = {
        "image_shape": [Sizes(2, 2)],
        "class_first": ["boolean"],
        "channels": [Interval(Integral, 1, None, closed="left")],
        "n_layers": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28),
        class_first: bool = False,
        channels: int = 32,
        n_layers: int = 6,
    ):
        self.image_shape = image_shape
        self.class_first = class_first
        self.channels = channels
        self.n_layers = n_layers

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of an image; None if its class is the first value."""
        return None if self.class_first else tuple(map(int, self.image_shape))

    def for_texts(self, n_positions: int) -> Network:
        """Return the network itself, for samples with this number of values.

        Parameters
        ----------
        n_positions : int
            Number of values of a sample.

        Returns
        -------
        CausalConvolutional
            The network.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if samples are no images of this shape.
        """
        self._validate_params()
        kind = "an image after its class" if self.class_first else "an image"
        n_pixels = n_positions - bool(self.class_first)
        check_n_features(self.image_shape, n_pixels, "image_shape", kind)
        return self

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of levels of a pixel.

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
        sizes = int(self.channels), int(self.n_layers), n_components
        encoder = PixelStates(n_features, *sizes, self.image_shape, bool(self.class_first))
        return encoder, nn.Linear(n_components, n_features)


@dataclass
class PixelState:
    """What has been read of a batch of images.

    Parameters
    ----------
    memory : PixelMemory
        Of the rows; later pixels are written into it.

    n_read : int, default=0
        Number of values.

    class_vector : Tensor of shape (batch, channels, 1, 1) or None, default=None
        Vector of the class; None before it is read, or if there is none.
    """

    memory: PixelMemory
    n_read: int = 0
    class_vector: Tensor | None = None


class PixelStates(nn.Module):
    """Maps the values before each pixel to states.

    Parameters
    ----------
    n_symbols, channels, n_layers, n_components : int
        Number of levels of a pixel, hidden channels, layers, and size of a state.

    image_shape : sequence of 2 int
        Height and width.

    class_first : bool
        Whether a class precedes the pixels.
    """

    def __init__(
        self,
        n_symbols: int,
        channels: int,
        n_layers: int,
        n_components: int,
        image_shape: Sequence[int],
        class_first: bool,
    ) -> None:
        super().__init__()
        height, self.width = map(int, image_shape)
        self.n_before, self.n_values = int(class_first), height * self.width + class_first
        self.embedding = nn.Conv2d(n_symbols, _N_EMBEDDING, 1, bias=False)
        nn.init.normal_(self.embedding.weight)
        self.classes = nn.Conv2d(n_symbols, channels, 1, bias=False) if class_first else None
        self.first = MaskedConvolution(_N_EMBEDDING, channels, _FIRST_RADIUS, reads_pixel=False)
        self.position = nn.Parameter(torch.zeros(channels, self.n_values + 1))
        dilations = islice(cycle(_DILATIONS), n_layers)
        masked = (MaskedConvolution(channels, channels, 1, dilation) for dilation in dilations)
        self.masked = nn.ModuleList(masked)
        outputs = [nn.Conv2d(channels, channels, 1) for _ in range(n_layers)]
        for output in outputs:
            nn.init.zeros_(output.weight)
        self.outputs = nn.ModuleList(outputs)
        self.states = nn.Linear(channels, n_components)

    def forward(self, x: Tensor) -> Tensor:
        """Return the state before each value, of shape (batch, time, n_components).

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_symbols)
            The value before each one: zero, the class if there is one, and pixels.
        """
        self._check_length(n_times := x.shape[1])
        n_before, n_pixels = self.n_before, n_times - self.n_before
        start = self._grid(self.position[None, :, n_before:n_times])
        if self.classes is not None:
            start = start + self.classes(x[:, 1, :, None, None])
        pixels = functional.pad(x[:, n_before + 1 :].mT, (0, 1))
        hidden = self._hidden(self._grid(pixels), start, MaskedConvolution.__call__)
        first = self.position[None, :, :n_before].expand(len(x), -1, -1)
        return self._states_of(torch.cat([first, hidden.flatten(2)[..., :n_pixels]], -1))

    def advance(self, x: Tensor, states: Any = None) -> tuple[Tensor, Any]:
        """Return the states before further values, and what has been read.

        Parameters
        ----------
        x : Tensor of shape (batch, time, n_symbols)
            The value before each one.

        states : PixelState, Tensor or None, default=None
            What has been read before. A PixelState is changed. After a whole image, these are its
            values, since at most one more can follow.
        """
        if isinstance(states, Tensor) or (states is None and x.shape[1] >= self.n_values):
            values = x if states is None else torch.cat([states, x], 1)
            return self(values)[:, -x.shape[1] :], values
        state = PixelState(PixelMemory(self.width)) if states is None else states
        self._check_length(state.n_read + x.shape[1])
        return torch.cat([self._next(value, state) for value in x.unbind(1)], 1), state

    def _next(self, value: Tensor, state: PixelState) -> Tensor:
        """Return the state after one further value, of shape (batch, 1, n_components)."""
        place, value = state.n_read, value[..., None, None]
        state.n_read += 1
        if self.classes is not None and place == self.n_before:
            state.class_vector = self.classes(value)
        hidden = self.position[None, :, place, None, None].expand(len(value), -1, -1, -1)
        if place >= self.n_before:
            start = hidden if state.class_vector is None else hidden + state.class_vector
            read = partial(state.memory.output, place - self.n_before)
            hidden = self._hidden(value, start, read)
        return self._states_of(hidden.flatten(2))

    def _hidden(self, values: Tensor, start: Tensor, read: Callable[..., Tensor]) -> Tensor:
        """Return the last hidden channels; `read` applies a masked convolution."""
        hidden: Tensor = read(self.first, self.embedding(values)) + start
        for layer, output in zip(self.masked, self.outputs, strict=True):
            hidden = hidden + output(read(layer, hidden.relu()).relu())
        return hidden

    def _states_of(self, hidden: Tensor) -> Tensor:
        """Return the states for hidden channels of shape (batch, channels, time)."""
        states: Tensor = self.states(hidden.mT.relu()).relu()
        return states

    def _grid(self, values: Tensor) -> Tensor:
        """Return images for values of shape (batch, channels, time), zero in the last row."""
        n_missing = -values.shape[-1] % self.width
        grid: Tensor = functional.pad(values, (0, n_missing)).unflatten(-1, (-1, self.width))
        return grid

    def _check_length(self, n_times: int) -> None:
        """Raise ValueError if more values are read than an image has."""
        if n_times > self.n_values + 1:
            raise ValueError(
                f"The network reads images of {self.n_values} values, and cannot predict further "
                f"ones; got {n_times - 1}. Use a smaller length, or CausalRecurrent() for "
                "sequences of any length."
            )
