"""Convolutional encoders and decoders for images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._utils.images import LAYOUTS, check_n_features, image_sizes, images_to_rows, rows_to_images
from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers import ACTIVATIONS, block
from ._network import Network

Size = tuple[int, int]


class Convolutional(Network):
    """Convolutions and pooling for images; the decoder mirrors the encoder.

    Every entry of `channels` is a level: `blocks` convolutions, each followed by the activation,
    then pooling, which halves height and width, rounded up. A linear layer leads to the code. The
    decoder goes the same way back and ends in a convolution without an activation. Sizes that are
    odd, or not the same, come back as they were.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int, default=(28, 28)
        (height, width), or the three sizes in the order that `layout` names. The rows are such
        images, flattened.

    layout : {"HWC", "CHW"}, default="HWC"
        Whether the channels of an image come last or first.

    channels : sequence of int, default=(16, 32)
        Number of filters of every level, from the input to the code.

    kernel_size : int, default=3
        Height and width of the filters, an odd number. Images are padded with zeros.

    blocks : int, default=1
        Convolutions per level.

    pooling : bool, default=True
        Whether every level ends in 2 x 2 maximum pooling, as long as both sides are two or more.
        Without it, details survive, as denoising may want; training takes longer.

    upsample : {"nearest", "transposed"}, default="nearest"
        How the decoder enlarges images where the encoder pooled: by repeating pixels, or by a
        transposed convolution, which may leave a checkerboard pattern [1]_.

    bottleneck : {"dense", "global"}, default="dense"
        Whether the linear layer before the code sees all pixels of the last level, or the mean of
        every channel.

    activation : str, default="gelu"
        Non-linearity of the hidden layers: "elu", "gelu", "identity", "leaky_relu", "logistic",
        "relu", "selu", "silu", "softplus" or "tanh".

    batch_norm : bool, default=False
        Whether the channels of every hidden layer are standardised over the batch. A row then
        depends on its batch, though only in training.

    dropout : float, default=0.0
        Share of the hidden units, in [0, 1), that sit out a training step.

    See Also
    --------
    Dense : For tables.

    References
    ----------
    .. [1] A. Odena, V. Dumoulin and C. Olah, "Deconvolution and Checkerboard Artifacts", Distill,
       2016.

    .. [2] J. Masci et al., "Stacked Convolutional Auto-Encoders for Hierarchical Feature
       Extraction", ICANN 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Convolutional
    >>> X, _ = load_digits(return_X_y=True)
    >>> network = Convolutional(image_shape=(8, 8), channels=(8, 16))
    >>> autoencoder = AutoencoderTransformer(4, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (1797, 4)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "image_shape": [Sizes(2, 3)],
        "layout": [StrOptions(LAYOUTS)],
        "channels": [Sizes(1)],
        "kernel_size": [Interval(Integral, 1, None, closed="left")],
        "blocks": [Interval(Integral, 1, None, closed="left")],
        "pooling": ["boolean"],
        "upsample": [StrOptions({"nearest", "transposed"})],
        "bottleneck": [StrOptions({"dense", "global"})],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "batch_norm": ["boolean"],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28),
        layout: str = "HWC",
        channels: Sequence[int] = (16, 32),
        kernel_size: int = 3,
        blocks: int = 1,
        pooling: bool = True,
        upsample: str = "nearest",
        bottleneck: str = "dense",
        activation: str = "gelu",
        batch_norm: bool = False,
        dropout: float = 0.0,
    ):
        self.image_shape = image_shape
        self.layout = layout
        self.channels = channels
        self.kernel_size = kernel_size
        self.blocks = blocks
        self.pooling = pooling
        self.upsample = upsample
        self.bottleneck = bottleneck
        self.activation = activation
        self.batch_norm = batch_norm
        self.dropout = dropout

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an image."""
        self._validate_params()  # asked for before the network is built
        return tuple(map(int, self.image_shape))

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of pixels times channels of an image.

        n_components : int
            Width of the code.

        Returns
        -------
        encoder, decoder : Sequential
            Modules that map rows to codes and codes to rows.

        Raises
        ------
        ValueError
            If an argument of the constructor is not usable, or `n_features` is not the size of an
            image.
        """
        self._validate_params()
        check_n_features(self.image_shape, n_features)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be odd; got {self.kernel_size}.")
        n_channels, height, width = image_sizes(self.image_shape, self.layout)
        widths = [n_channels, *map(int, self.channels)]
        sizes = self._sizes((height, width), len(self.channels))
        encoder = self._encoder(widths, sizes, n_components)
        decoder = self._decoder(widths, sizes, n_components)
        for half in (encoder, decoder):  # a training step on a CPU takes two thirds of the time
            half.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in stubs
        return encoder, decoder

    def _sizes(self, size: Size, n_levels: int) -> list[Size]:
        """Return height and width before the first level and after every level."""
        sizes = [size]
        for _ in range(n_levels):
            height, width = sizes[-1]
            is_pooled = self.pooling and min(height, width) >= 2
            sizes.append(((height + 1) // 2, (width + 1) // 2) if is_pooled else sizes[-1])
        return sizes

    def _encoder(
        self, widths: Sequence[int], sizes: Sequence[Size], n_components: int
    ) -> nn.Sequential:
        parts: list[nn.Module] = [_Images(tuple(self.image_shape), self.layout)]
        for ends, (size, smaller) in zip(pairwise(widths), pairwise(sizes), strict=True):
            parts += self._convolutions([ends[0]] + [ends[1]] * self.blocks, size)
            parts += [nn.MaxPool2d(2, ceil_mode=True)] if smaller != size else []
        n_cells = widths[-1] * math.prod(sizes[-1])
        if self.bottleneck == "global":
            parts, n_cells = [*parts, nn.AdaptiveAvgPool2d(1)], widths[-1]
        return nn.Sequential(*parts, nn.Flatten(), nn.Linear(n_cells, n_components))

    def _decoder(
        self, widths: Sequence[int], sizes: Sequence[Size], n_components: int
    ) -> nn.Sequential:
        shape = (widths[-1], *sizes[-1])
        start = nn.Sequential(nn.Linear(n_components, math.prod(shape)), nn.Unflatten(1, shape))
        parts: list[nn.Module] = [self._hidden(start, widths[-1])]
        outputs = [*widths[-2:0:-1], widths[1]]
        for n_inputs, n_outputs, (size, larger) in zip(
            widths[:0:-1], outputs, pairwise(sizes[::-1]), strict=True
        ):
            parts += self._enlargement(n_inputs, size, larger) if larger != size else []
            parts += self._convolutions([n_inputs] * self.blocks + [n_outputs], larger)
        end = _Conv(widths[1], widths[0], self.kernel_size, sizes[0])
        return nn.Sequential(*parts, end, _Rows(self.layout))

    def _convolutions(self, widths: Sequence[int], size: Size) -> list[nn.Module]:
        """Return convolutions from width to width, each with what follows it."""
        return [
            self._hidden(_Conv(*ends, self.kernel_size, size, not self.batch_norm), ends[1])
            for ends in pairwise(widths)
        ]

    def _enlargement(self, n_channels: int, size: Size, larger: Size) -> list[nn.Module]:
        """Return what undoes the pooling from `larger` to `size`."""
        if self.upsample == "nearest":
            return [nn.Upsample(size=larger, mode="nearest")]
        layer = _Enlarging(n_channels, size, larger, not self.batch_norm)
        return [self._hidden(layer, n_channels)]

    def _hidden(self, layer: nn.Module, n_channels: int) -> nn.Sequential:
        return block(layer, n_channels, self.activation, self.batch_norm, self.dropout)


class _Images(nn.Module):
    """Turns rows into images of shape (batch, channels, height, width)."""

    def __init__(self, image_shape: Sequence[int], layout: str) -> None:
        super().__init__()
        self.image_shape, self.layout = image_shape, layout

    def forward(self, x: Tensor) -> Tensor:
        return rows_to_images(x, self.image_shape, self.layout)


class _Rows(nn.Module):
    """Turns images into rows."""

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout

    def forward(self, x: Tensor) -> Tensor:
        return images_to_rows(x, self.layout)


class _Conv(nn.Conv2d):
    """A convolution that keeps height and width, and knows how often it is applied."""

    def __init__(
        self, n_inputs: int, n_outputs: int, kernel_size: int, size: Size, bias: bool = True
    ) -> None:
        super().__init__(n_inputs, n_outputs, kernel_size, padding=kernel_size // 2, bias=bias)
        self.positions = math.prod(size)


class _Enlarging(nn.ConvTranspose2d):
    """A transposed convolution that doubles height and width, less what pooling rounded up."""

    def __init__(self, n_channels: int, size: Size, larger: Size, bias: bool) -> None:
        super().__init__(n_channels, n_channels, kernel_size=2, stride=2, bias=bias)
        self.positions, self.larger = math.prod(size), larger

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        height, width = self.larger
        return super().forward(x, output_size)[:, :, :height, :width]
