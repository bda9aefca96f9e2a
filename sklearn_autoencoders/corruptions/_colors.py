"""Hue and saturation of images with the channels red, green and blue."""

from __future__ import annotations

import torch
from torch import Tensor

# ITU-R BT.601: shares of red, green and blue in the luma.
_LUMA = (0.299, 0.587, 0.114)


def hue_shifted(images: Tensor, turns: Tensor) -> Tensor:
    """Return images whose hue is rotated; pixels with a missing value do not change.

    The largest and the smallest value of a pixel, its value and its chroma in HSV, do not change.

    Parameters
    ----------
    images : Tensor of shape (batch, 3, height, width)
        Images.

    turns : Tensor of shape (batch,) or (1,)
        Rotations, in turns.

    Returns
    -------
    Tensor of shape (batch, 3, height, width)
        The images.
    """
    value, chroma = images.amax(1), images.amax(1) - images.amin(1)
    red, green, blue = images.unbind(1)
    divisor = chroma.where(chroma > 0, 1)
    hue = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(value == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    hue = hue + 6 * turns[:, None, None]  # in sixths of a turn
    # a channel is at most one sixth of a turn from its maximum, or at least two, at its minimum
    channels = [
        value - chroma * torch.minimum(k, 4 - k).clamp(0, 1)
        for k in ((hue + n) % 6 for n in (5, 3, 1))
    ]
    changed = torch.stack(channels, 1)
    return torch.where(images.isnan().any(1, keepdim=True), images, changed)


def saturated(images: Tensor, change: Tensor) -> Tensor:
    """Return images whose pixels are moved away from gray; those with a missing value are not.

    Parameters
    ----------
    images : Tensor of shape (batch, 3, height, width)
        Images.

    change : Tensor of shape (batch,) or (1,)
        Relative changes of the distance of a pixel from the gray one of the same luma.

    Returns
    -------
    Tensor of shape (batch, 3, height, width)
        The images.
    """
    shares = images.new_tensor(_LUMA)[:, None, None]
    gray = (images * shares).sum(1, keepdim=True)
    changed = images + change[:, None, None, None] * (images - gray)
    return torch.where(images.isnan().any(1, keepdim=True), images, changed)
