"""Masked convolutions of images, for all pixels at once and pixel by pixel."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class MaskedConvolution(nn.Module):
    """Convolution of an image, whose output at a pixel depends on pixels in reading order.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Numbers of channels.

    radius : int
        Number of pixels of a filter to the left and to the right, and of rows above the pixel.

    dilation : int, default=1
        Distance of these pixels.

    reads_pixel : bool, default=True
        Whether the output depends on the pixel itself.
    """

    mask: Tensor

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        radius: int,
        dilation: int = 1,
        reads_pixel: bool = True,
    ) -> None:
        super().__init__()
        self.radius, self.dilation, self.reads_pixel = radius, dilation, reads_pixel
        shape = n_outputs, n_inputs, radius + 1, 2 * radius + 1
        mask = torch.ones(shape[2:])
        mask[-1, radius + reads_pixel :] = 0
        self.register_buffer("mask", mask, persistent=False)
        n_read = radius * shape[-1] + radius + reads_pixel
        bound = 1 / math.sqrt(n_inputs * n_read)
        self.weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_outputs).uniform_(-bound, bound))

    @property
    def margin(self) -> int:
        """Number of pixels to each side, and of rows above, of which the output depends."""
        return self.radius * self.dilation

    def forward(self, image: Tensor) -> Tensor:
        """Return the output at all pixels of images of shape (batch, channels, height, width)."""
        padded = functional.pad(image, (self.margin, self.margin, self.margin, 0))
        return functional.conv2d(padded, self.weight * self.mask, self.bias, dilation=self.dilation)

    def at_pixel(self, window: Tensor) -> Tensor:
        """Return the output at one pixel, of shape (batch, channels, 1, 1), given a window."""
        weight = (self.weight * self.mask).flatten(1)
        return functional.linear(window.flatten(1), weight, self.bias)[..., None, None]


class PixelMemory:
    """What each layer has read of the rows on which its next outputs depend.

    Parameters
    ----------
    width : int
        Number of pixels of a row.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._rows: dict[MaskedConvolution, Tensor] = {}

    def output(self, pixel: int, layer: MaskedConvolution, value: Tensor) -> Tensor:
        """Return the output of a layer at a pixel, after its next input has been read.

        Parameters
        ----------
        pixel : int
            Number of the pixel.

        layer : MaskedConvolution
            The layer.

        value : Tensor of shape (batch, n_inputs, 1, 1)
            Input at this pixel, or at the one before it if the layer does not read the pixel.
        """
        margin, n_rows = layer.margin, layer.margin + 1
        if layer not in self._rows:
            shape = len(value), value.shape[1], n_rows, self.width + 2 * margin
            self._rows[layer] = value.new_zeros(shape)
        rows, own = self._rows[layer], pixel - (not layer.reads_pixel)
        if own >= 0:
            row, column = divmod(own, self.width)
            rows[:, :, row % n_rows, margin + column] = value[..., 0, 0]
        row, column = divmod(pixel, self.width)
        above = [(row - margin + k * layer.dilation) % n_rows for k in range(layer.radius + 1)]
        columns = slice(column, column + 2 * margin + 1, layer.dilation)
        return layer.at_pixel(rows[..., columns][:, :, above])
