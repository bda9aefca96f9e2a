"""Convolutional encoders and decoders for images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from numbers import Integral, Real
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._utils.images import LAYOUTS, check_n_features, flatten_images, image_sizes, unflatten_images
from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers import ACTIVATIONS, block
from ._network import Network

Size = tuple[int, int]


class Convolutional(Network):
    """Convolutional network for images; the decoder mirrors the encoder.

    Each entry of `channels` defines a level of `blocks` convolutions, each followed by the
    activation, and a pooling layer that halves height and width (rounded up). A linear layer
    computes the code. The decoder reverses these steps and ends with a convolution without
    activation. Images of odd sizes, or with different height and width, are reconstructed in their
    original size.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int, default=(28, 28)
        Shape (height, width), or all three sizes in the order of `layout`. Each sample is a
        flattened image of this shape.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes of an image: channels last or channels first.

    channels : sequence of int, default=(16, 32)
        Number of filters of each level, from the input to the code.

    kernel_size : int, default=3
        Height and width of the filters, an odd number. Images are padded with zeros.

    blocks : int, default=1
        Number of convolutions per level.

    pooling : bool, default=True
        Whether each level ends with 2 x 2 max pooling, as long as height and width are at least
        two. Without pooling, details are preserved, which can be useful for denoising, but training
        takes longer.

    upsample : {"nearest", "transposed"}, default="nearest"
        Upsampling of the decoder where the encoder applies pooling: by repeating pixels, or by a
        transposed convolution, which can cause checkerboard artifacts [1]_.

    bottleneck : {"dense", "global"}, default="dense"
        Whether the linear layer before the code receives all pixels of the last level, or the mean
        of each channel.

    activation : str, default="gelu"
        Activation function of the hidden layers: "elu", "gelu", "identity", "leaky_relu",
        "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    batch_norm : bool, default=False
        Whether the channels of every hidden layer are standardized over the batch. During training,
        the output for a sample then depends on the other samples of its batch.

    dropout : float, default=0.0
        Dropout rate of the hidden layers, in [0, 1).

    See Also
    --------
    Dense : Network for tabular data.

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
        self._validate_params()  # this property is used before `build`
        return tuple(map(int, self.image_shape))

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of pixels of an image times the number of channels.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Sequential
            Modules that map flattened images to codes and codes to flattened images.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if `n_features` is not the size of an image.
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
        for part in (encoder, decoder):  # reduces the time of a training step on a CPU by a third
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in stubs
        return encoder, decoder

    def _sizes(self, size: Size, n_levels: int) -> list[Size]:
        """Return height and width before the first level and after each level."""
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
        n_values = widths[-1] * math.prod(sizes[-1])
        if self.bottleneck == "global":
            parts, n_values = [*parts, nn.AdaptiveAvgPool2d(1)], widths[-1]
        return nn.Sequential(*parts, nn.Flatten(), nn.Linear(n_values, n_components))

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
        return nn.Sequential(*parts, end, _Flatten(self.layout))

    def _convolutions(self, widths: Sequence[int], size: Size) -> list[nn.Module]:
        """Return convolutions between numbers of channels, each followed by its activation."""
        return [
            self._hidden(_Conv(*ends, self.kernel_size, size, not self.batch_norm), ends[1])
            for ends in pairwise(widths)
        ]

    def _enlargement(self, n_channels: int, size: Size, larger: Size) -> list[nn.Module]:
        """Return upsampling layers from `size` to `larger`."""
        if self.upsample == "nearest":
            return [nn.Upsample(size=larger, mode="nearest")]
        layer = _Enlarging(n_channels, size, larger, not self.batch_norm)
        return [self._hidden(layer, n_channels)]

    def _hidden(self, layer: nn.Module, n_channels: int) -> nn.Sequential:
        return block(layer, n_channels, self.activation, self.batch_norm, self.dropout)


class _Images(nn.Module):
    """Reshapes flattened images to (batch, channels, height, width)."""

    def __init__(self, image_shape: Sequence[int], layout: str) -> None:
        super().__init__()
        self.image_shape, self.layout = image_shape, layout

    def forward(self, x: Tensor) -> Tensor:
        return unflatten_images(x, self.image_shape, self.layout)


class _Flatten(nn.Module):
    """Flattens images."""

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout

    def forward(self, x: Tensor) -> Tensor:
        return flatten_images(x, self.layout)


class _Conv(nn.Conv2d):
    """A convolution that preserves height and width and stores its number of positions."""

    def __init__(
        self, n_inputs: int, n_outputs: int, kernel_size: int, size: Size, bias: bool = True
    ) -> None:
        super().__init__(n_inputs, n_outputs, kernel_size, padding=kernel_size // 2, bias=bias)
        self.positions = math.prod(size)


class _Enlarging(nn.ConvTranspose2d):
    """A transposed convolution that doubles height and width and crops them to `larger`."""

    def __init__(self, n_channels: int, size: Size, larger: Size, bias: bool) -> None:
        super().__init__(n_channels, n_channels, kernel_size=2, stride=2, bias=bias)
        self.positions, self.larger = math.prod(size), larger

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        height, width = self.larger
        return super().forward(x, output_size)[:, :, :height, :width]
