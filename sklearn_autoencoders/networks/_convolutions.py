"""What convolutional networks of images and of series have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice, pairwise
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.grids import as_grids, check_n_features, flatten_grids, grid_sizes
from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers.basic import ACTIVATIONS, block, linear_layers
from ._layers.patches import Patches
from ._network import Network

Size = tuple[int, ...]


class GridLayers(NamedTuple):
    """The layers of torch for grids of one dimension.

    Parameters
    ----------
    conv, transposed : type
        Convolution, and transposed convolution whose output is cropped.

    pooling : type
        Max pooling.

    whole : dict of str to type
        By the name of the bottleneck, pooling over all positions.

    linear : str
        Name of the upsampling by linear interpolation.
    """

    conv: Any
    transposed: Any
    pooling: Any
    whole: dict[str, Any]
    linear: str


class GridNetwork(Network):
    """Base class of convolutional networks, whose decoder mirrors the encoder.

    Subclasses have the parameters of :class:`Convolutional`, but name the shape differently.
    """

    _layers: ClassVar[GridLayers]
    _shape_parameter: ClassVar[str]
    _kind: ClassVar[str]
    _parameter_constraints: ClassVar[Constraints] = {
        "channels": [Sizes(1)],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "blocks": [Interval(Integral, 1, None, closed="left")],
        "pooling": ["boolean"],
        "bottleneck": [StrOptions({"dense", "global", "global_max", "spatial"})],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "batch_norm": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "pool_size": [Interval(Integral, 2, None, closed="left")],
        "hidden_layer_sizes": [Sizes()],
    }
    # Factor by which the distance of the positions that a filter covers grows from level to level.
    dilation: int = 1
    layout: str
    channels: Sequence[int]
    kernel_size: int
    blocks: int
    pooling: bool
    upsample: str
    bottleneck: str
    activation: str
    batch_norm: bool
    dropout: float
    pool_size: int
    hidden_layer_sizes: Sequence[int]

    @property
    def _patches(self) -> Patches | None:
        """Patches that the linear path maps to the code, if the code is spatial."""
        if self.bottleneck != "spatial":
            return None
        shape, sizes = getattr(self, self._shape_parameter), self._levels()[1]
        n_poolings = sum(size != smaller for size, smaller in pairwise(sizes))
        return Patches(tuple(map(int, shape)), self.layout, sizes[-1], self.pool_size**n_poolings)

    @property
    def channel_axis(self) -> int | None:
        """Axis of `input_shape` with the channels; None if it has no such axis."""
        return self.layout.index("C") if len(self.input_shape or ()) == len(self.layout) else None

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of values of a sample; with the masks of missing values, twice as many.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Sequential
            Modules that map flattened samples to codes and codes to flattened samples.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if `n_features` is not the size of a sample.
        """
        self._validate_params()
        shape: tuple[int, ...] = getattr(self, self._shape_parameter)
        n_masks = n_masks_of(self, n_features)
        check_n_features(shape, n_features - n_masks, self._shape_parameter, self._kind)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd; got {self.kernel_size}.")
        if self.bottleneck == "spatial" and len(self.hidden_layer_sizes):
            raise ValueError(
                f"hidden_layer_sizes={self.hidden_layer_sizes!r} cannot be combined with "
                'bottleneck="spatial", whose code is computed by a convolution. Use '
                "hidden_layer_sizes=() or another bottleneck."
            )
        widths, sizes = self._levels()
        start = Grids(shape, self.layout, n_masks)
        encoder = self._encoder(start, [start.n_channels, *widths[1:]], sizes, n_components)
        return encoder, self._decoder(widths, sizes, n_components)

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
            innermost pair: the levels, and then the layers between the last level and the code.
            They map flattened samples and are parts of the network, not copies.
        """
        widths, sizes = self._levels()
        levels = [self.blocks + (smaller != size) for size, smaller in pairwise(sizes)]
        n_layers = 1 + len(self.hidden_layer_sizes)
        n_before, n_inner = (1, [1] * n_layers) if self.bottleneck != "spatial" else (0, [2])
        n_before += self.bottleneck in self._layers.whole
        inwards = _parts(encoder, [1 + levels[0], *levels[1:], n_before + n_inner[0], *n_inner[1:]])
        outwards = _parts(decoder, [*n_inner[::-1], *levels[:0:-1], levels[0] + 2])[::-1]
        for level, shape in enumerate(zip(widths[1:], *zip(*sizes[1:], strict=True), strict=True)):
            # from one level to the next, samples are flattened, as between dense layers
            unflatten = nn.Unflatten(1, shape)
            inwards[level].append(nn.Flatten())
            inwards[level + 1].insert(0, unflatten)
            outwards[level].insert(0, unflatten)
            outwards[level + 1].append(nn.Flatten())
        return [
            (nn.Sequential(*ends[0]), nn.Sequential(*ends[1]))
            for ends in zip(inwards, outwards, strict=True)
        ]

    def _levels(self) -> tuple[list[int], list[Size]]:
        """Return numbers of channels and sizes, before the first level and after each level."""
        n_channels, *size = grid_sizes(getattr(self, self._shape_parameter), self.layout)
        sizes: list[Size] = [tuple(size)]
        for _ in self.channels:
            factor = self.pool_size if self.pooling and min(sizes[-1]) >= self.pool_size else 1
            sizes.append(tuple(math.ceil(n / factor) for n in sizes[-1]))
        return [n_channels, *map(int, self.channels)], sizes

    def _encoder(
        self, start: nn.Module, widths: Sequence[int], sizes: Sequence[Size], n_components: int
    ) -> nn.Sequential:
        parts = [start]
        for level, (ends, (size, smaller)) in enumerate(
            zip(pairwise(widths), pairwise(sizes), strict=True)
        ):
            parts += self._convolutions([ends[0]] + [ends[1]] * self.blocks, size, level)
            pooling = self._layers.pooling(self.pool_size, ceil_mode=True)
            parts += [pooling] if smaller != size else []
        return nn.Sequential(*parts, *self._code(widths[-1], sizes[-1], n_components))

    def _code(self, n_channels: int, size: Size, n_components: int) -> list[nn.Module]:
        """Return the layers from the last level to the code."""
        if self.bottleneck == "spatial":
            n_codes = _n_code_channels(size, n_components)
            return [self._conv((n_channels, n_codes), size, 0), nn.Flatten()]
        parts, n_values = [], n_channels * math.prod(size)
        if self.bottleneck in self._layers.whole:
            parts, n_values = [self._layers.whole[self.bottleneck](1)], n_channels
        sizes = tuple(map(int, self.hidden_layer_sizes))
        *hidden, last = linear_layers((n_values, *sizes, n_components), self.batch_norm)
        return [*parts, nn.Flatten(), *map(self._hidden, hidden, sizes), last]

    def _start(self, n_channels: int, size: Size, n_components: int) -> list[nn.Module]:
        """Return the layers from the code to the last level."""
        if self.bottleneck == "spatial":
            n_codes = _n_code_channels(size, n_components)
            first = self._hidden(self._conv((n_codes, n_channels), size, 0), n_channels)
            return [nn.Unflatten(1, (n_codes, *size)), first]
        shape, sizes = (n_channels, *size), tuple(map(int, self.hidden_layer_sizes))[::-1]
        *hidden, last = linear_layers((n_components, *sizes, math.prod(shape)), self.batch_norm)
        start = nn.Sequential(last, nn.Unflatten(1, shape))
        return [*map(self._hidden, hidden, sizes), self._hidden(start, n_channels)]

    def _decoder(
        self, widths: Sequence[int], sizes: Sequence[Size], n_components: int
    ) -> nn.Sequential:
        parts = self._start(widths[-1], sizes[-1], n_components)
        outputs, levels = [*widths[-2:0:-1], widths[1]], range(len(widths) - 1)[::-1]
        for level, n_inputs, n_outputs, (size, larger) in zip(
            levels, widths[:0:-1], outputs, pairwise(sizes[::-1]), strict=True
        ):
            parts += self._enlargement(n_inputs, size, larger) if larger != size else []
            parts += self._convolutions([n_inputs] * self.blocks + [n_outputs], larger, level)
        end = self._conv((widths[1], widths[0]), sizes[0], 0)
        return nn.Sequential(*parts, end, Flatten(self.layout))

    def _convolutions(self, widths: Sequence[int], size: Size, level: int) -> list[nn.Module]:
        """Return convolutions between numbers of channels, each followed by its activation."""
        return [
            self._hidden(self._conv(ends, size, level, not self.batch_norm), ends[1])
            for ends in pairwise(widths)
        ]

    def _conv(self, ends: tuple[int, int], size: Size, level: int, bias: bool = True) -> nn.Module:
        """Return a convolution that preserves the sizes."""
        dilation = self.dilation**level
        settings = {"padding": dilation * (self.kernel_size // 2), "dilation": dilation}
        conv: nn.Module = self._layers.conv(*ends, self.kernel_size, bias=bias, **settings)
        return at_positions(conv, math.prod(size))

    def _enlargement(self, n_channels: int, size: Size, larger: Size) -> list[nn.Module]:
        """Return upsampling layers from `size` to `larger`."""
        if self.upsample != "transposed":
            return [nn.Upsample(size=larger, mode=self.upsample)]
        ends, step = (n_channels, n_channels), int(self.pool_size)
        layer = self._layers.transposed(*ends, step, step, bias=not self.batch_norm)
        layer.larger = larger
        return [self._hidden(at_positions(layer, math.prod(size)), n_channels)]

    def _hidden(self, layer: nn.Module, n_channels: int) -> nn.Sequential:
        return block(layer, n_channels, self.activation, self.batch_norm, self.dropout)


def _parts(module: nn.Module, lengths: Sequence[int]) -> list[list[nn.Module]]:
    """Return the layers of a module in parts of the given lengths."""
    layers = iter(module.children())
    return [list(islice(layers, length)) for length in lengths]


def _n_code_channels(size: Size, n_components: int) -> int:
    """Return the number of channels of a code that has components at each position."""
    n_channels, n_others = divmod(n_components, n_positions := math.prod(size))
    if n_others or not n_channels:
        raise ValueError(
            'bottleneck="spatial" requires the same number of components at each of the '
            f"{n_positions} positions ({' x '.join(map(str, size))}) of the last level: "
            f"n_components={n_positions}, {2 * n_positions}, {3 * n_positions} and so on; got "
            f"{n_components}. "
            "Labels as conditions are further components without a position, and cannot be used."
        )
    return n_channels


def n_masks_of(network: Network, n_features: int) -> int:
    """Return how many of the features are masks: half of them, if there are twice as many."""
    n_values = math.prod(network.input_shape or (0,))
    return n_values if network.takes_masks and n_features == 2 * n_values else 0


def at_positions(layer: nn.Module, positions: int) -> nn.Module:
    """Return a layer that says at how many positions its weights are applied."""
    layer.positions = positions  # type: ignore[assignment]  # of which costs are computed
    return layer


class Grids(nn.Module):
    """Reshapes flattened samples to (batch, channels, *sizes); masks are further channels.

    Parameters
    ----------
    shape : sequence of int
        Shape of a sample.

    layout : str
        Order of its axes.

    n_masks : int, default=0
        Number of masks after the values of a sample, of which none is missing by default.
    """

    def __init__(self, shape: Sequence[int], layout: str, n_masks: int = 0) -> None:
        super().__init__()
        self.shape, self.layout, self.n_masks = tuple(map(int, shape)), layout, n_masks

    @property
    def n_channels(self) -> int:
        """Number of channels of the output."""
        return grid_sizes(self.shape, self.layout)[0] * (2 if self.n_masks else 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return a batch with channels on the second axis."""
        if not self.n_masks:
            return as_grids(x, self.shape, self.layout)
        if x.shape[-1] == self.n_masks:  # nothing is missing
            x = functional.pad(x, (0, self.n_masks))
        parts = x[..., : self.n_masks], x[..., self.n_masks :]
        return torch.cat([as_grids(part, self.shape, self.layout) for part in parts], 1)


class Flatten(nn.Module):
    """Flattens grids."""

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout

    def forward(self, x: Tensor) -> Tensor:
        """Return a batch of flattened samples."""
        return flatten_grids(x, self.layout)


class _Cropped(nn.Module):
    """Crops the output of a transposed convolution to the sizes `larger`."""

    larger: Size = ()

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Return the cropped output."""
        output: Tensor = super().forward(x, output_size)
        for axis, size in enumerate(self.larger, 2):
            output = output.narrow(axis, 0, size)
        return output


class _Enlarging1d(_Cropped, nn.ConvTranspose1d):
    """A transposed convolution that multiplies the length and crops it."""


class _Enlarging2d(_Cropped, nn.ConvTranspose2d):
    """A transposed convolution that multiplies height and width and crops them."""


IMAGE_LAYERS = GridLayers(
    nn.Conv2d,
    _Enlarging2d,
    nn.MaxPool2d,
    {"global": nn.AdaptiveAvgPool2d, "global_max": nn.AdaptiveMaxPool2d},
    "bilinear",
)
SERIES_LAYERS = GridLayers(
    nn.Conv1d,
    _Enlarging1d,
    nn.MaxPool1d,
    {"global": nn.AdaptiveAvgPool1d, "global_max": nn.AdaptiveMaxPool1d},
    "linear",
)
