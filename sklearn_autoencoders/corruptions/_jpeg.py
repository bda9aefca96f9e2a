"""JPEG compression of images."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

# ITU-T T.81, table K.1: quantization steps of the luminance at quality 50.
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)


def compressed(levels: Tensor, quality: Tensor) -> Tensor:
    """Return images after JPEG compression and decompression; missing pixels remain NaN.

    The cosine transform of every block of 8 x 8 pixels is rounded to quantization steps. The
    subsequent lossless coding of a JPEG file is not required and is omitted.

    Parameters
    ----------
    levels : Tensor of shape (batch, channels, height, width)
        Pixel levels from 0 to 255. Images are padded to multiples of 8 by replicating the edge and
        are cropped afterwards.

    quality : integer Tensor of shape (batch,) or (1,)
        Quality from 1 to 100.

    Returns
    -------
    Tensor of shape (batch, channels, height, width)
        The pixel levels, neither rounded nor clamped to [0, 255].
    """
    height, width = levels.shape[-2:]
    centered = (levels - 128).nan_to_num(nan=0.0)
    padded = functional.pad(centered, (0, -width % 8, 0, -height % 8), mode="replicate")
    blocks = padded.unflatten(2, (-1, 8)).unflatten(4, (-1, 8)).transpose(3, 4)
    cosines, steps = _cosines(levels), _steps(quality)[:, None, None, None]
    kept: Tensor = (cosines @ blocks @ cosines.T / steps).round() * steps
    decoded: Tensor = (cosines.T @ kept @ cosines).transpose(3, 4).flatten(4).flatten(2, 3)
    return (decoded[..., :height, :width] + 128).masked_fill(levels.isnan(), math.nan)


def _cosines(like: Tensor) -> Tensor:
    """Return the orthonormal cosine transform of eight values, a matrix of (frequency, place)."""
    k = torch.arange(8, dtype=like.dtype, device=like.device)
    cosines = torch.cos(k[:, None] * (2 * k + 1) * (math.pi / 16)) / 2
    cosines[0] /= math.sqrt(2)
    return cosines


def _steps(quality: Tensor) -> Tensor:
    """Return the quantization tables of the IJG library for qualities, of shape (n, 8, 8)."""
    percent = torch.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    table = torch.tensor(_LUMINANCE, device=quality.device)
    steps: Tensor = (table * percent[:, None, None] + 50) // 100
    return steps.clamp(1, 255)
