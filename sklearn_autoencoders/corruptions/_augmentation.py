"""Corruptions of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from .._utils.grids import IMAGE_LAYOUTS, as_grids, check_n_features, flatten_grids
from .._utils.sklearn_compat import Constraints, Interval, Pair, Sizes, StrOptions
from ._base import Corruption, Range, number_or_pair, uniform


def _up_to(high: float) -> list[Any]:
    """Return the constraints of a strength v, a shorthand for (-v, v), or of a pair."""
    return [Interval(Real, 0, high, closed="both"), Pair(Real, -high, high, closed="both")]


def _below(high: float) -> list[Any]:
    """Return the constraints of `_up_to`, excluding the limit itself."""
    return [Interval(Real, 0, high, closed="left"), Pair(Real, -high, high, closed="neither")]


class ImageAugmentation(Corruption):
    r"""Random rotation, shift, shear, zoom, brightness and JPEG compression of images.

    Every sample is an image. A strength `v` is a shorthand for the pair (-v, v), and the value for
    each sample is drawn uniformly from the pair. Rotation, shift, shear and zoom are combined in
    one affine map about the center of the image. Pixels beyond the edge have the value of the
    nearest edge pixel, and missing pixels are moved with the image. Brightness and compression are
    applied afterwards and clamp pixels to `value_range`.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int
        Shape (height, width), or all three sizes in the order of `layout`.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes: channels last or channels first.

    rotation : float or pair of float, default=0.0
        Counterclockwise rotation in degrees, at most 360.

    shift : float or pair of float, default=0.0
        Shift to the right, as a fraction of the width, and downwards, as a fraction of the height,
        drawn independently. At most 1.

    shear : float or pair of float, default=0.0
        Angle in degrees by which columns of pixels lean to the left, less than 90.

    zoom : float or pair of float, default=0.0
        Relative magnification, less than 1. 0.1 corresponds to magnifications in [0.9, 1.1].

    brightness : float or pair of float, default=0.0
        Value added to all pixels, as a fraction of the width of `value_range`. At most 1.

    jpeg_quality : int, pair of int or None, default=None
        Quality, from 1 to 100, of a JPEG compression [1]_ of each channel separately. A pair (low,
        high) is a range from which a value is drawn for every sample. None disables compression.

    value_range : pair of float, default=(0.0, 1.0)
        Values of black and white pixels, in the units of X.

    References
    ----------
    .. [1] ITU-T Recommendation T.81, 1992; quality as in the Independent JPEG Group's library.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import ImageAugmentation
    >>> quarter_turn = ImageAugmentation(image_shape=(2, 2), rotation=(90, 90))
    >>> quarter_turn(torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.Generator()).round()
    tensor([[2., 4., 1., 3.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "image_shape": [Sizes(2, 3)],
        "layout": [StrOptions(IMAGE_LAYOUTS)],
        "rotation": _up_to(360),
        "shift": _up_to(1),
        "shear": _below(90),
        "zoom": _below(1),
        "brightness": _up_to(1),
        "jpeg_quality": [*number_or_pair(Integral, 1, 100, "both"), None],
        "value_range": [Pair(Real, None, None, closed="neither", strict=True)],
    }

    def __init__(
        self,
        image_shape: Sequence[int],
        layout: str = "HWC",
        rotation: Range = 0.0,
        shift: Range = 0.0,
        shear: Range = 0.0,
        zoom: Range = 0.0,
        brightness: Range = 0.0,
        jpeg_quality: int | tuple[int, int] | None = None,
        value_range: tuple[float, float] = (0.0, 1.0),
    ):
        self.image_shape = image_shape
        self.layout = layout
        self.rotation = rotation
        self.shift = shift
        self.shear = shear
        self.zoom = zoom
        self.brightness = brightness
        self.jpeg_quality = jpeg_quality
        self.value_range = value_range

    def check(self, n_features: int) -> None:
        """Raise ValueError unless samples of `n_features` features are images of this shape.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """
        check_n_features(self.image_shape, n_features)

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        images = as_grids(x.clone(), self.image_shape, self.layout)
        low, high = self.value_range
        if any(any(_pair(v)) for v in (self.rotation, self.shift, self.shear, self.zoom)):
            images = _resampled(images, self._maps(images, generator, shared))
        if any(_pair(self.brightness)):
            (offset,) = _drawn([self.brightness], x, generator, shared)
            images = (images + (high - low) * offset[:, None, None, None]).clamp(low, high)
        if self.jpeg_quality is not None:
            levels = (images.clamp(low, high) - low) * (255 / (high - low))
            levels = compressed(levels, _qualities(self.jpeg_quality, x, generator, shared))
            images = low + levels.clamp(0, 255) * ((high - low) / 255)
        return flatten_grids(images, self.layout)

    def _maps(self, images: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
        ranges = [self.rotation, self.shear, self.zoom, self.shift, self.shift]
        rotation, shear, zoom, right, down = _drawn(ranges, images, generator, shared)
        height, width = images.shape[-2:]
        return affine_maps(rotation, shear, 1 + zoom, right, down, width / height)


def _pair(value: Range) -> tuple[float, float]:
    return (value[0], value[1]) if isinstance(value, tuple | list) else (-value, value)


def _drawn(
    ranges: Sequence[Range], x: Tensor, generator: torch.Generator, shared: bool
) -> tuple[Tensor, ...]:
    """Return draws from each range: one per sample, shape (batch,), or a shared one, (1,)."""
    low, high = x.new_tensor([_pair(value) for value in ranges]).unbind(1)
    return (low + (high - low) * uniform(x, generator, shared, len(ranges))).unbind(1)


def _qualities(
    quality: int | tuple[int, int], x: Tensor, generator: torch.Generator, shared: bool
) -> Tensor:
    """Return integer qualities: one per sample, shape (batch,), or a shared one, (1,)."""
    low, high = quality if isinstance(quality, tuple | list) else (quality, quality)
    size = (1 if shared else len(x),)
    return torch.randint(low, high + 1, size, device=x.device, generator=generator)


def affine_maps(
    rotation: Tensor, shear: Tensor, zoom: Tensor, right: Tensor, down: Tensor, aspect: float
) -> Tensor:
    """Return maps from target to source coordinates of pixels, of shape (n, 2, 3).

    An image is shifted, then zoomed and sheared, then rotated. Coordinates are those of torch's
    `affine_grid`: from -1 to 1 on both axes, so that the maps depend on `aspect`, the ratio of
    width to height.
    """
    cos, sin, lean = rotation.deg2rad().cos(), rotation.deg2rad().sin(), shear.deg2rad().tan()
    x = torch.stack([(cos - lean * sin) / zoom, -(sin + lean * cos) / zoom / aspect, -2 * right])
    y = torch.stack([sin / zoom * aspect, cos / zoom, -2 * down])
    return torch.stack([x, y]).permute(2, 0, 1)


def _resampled(images: Tensor, maps: Tensor) -> Tensor:
    """Return images under affine maps; a pixel is missing if most of its source is missing."""
    grid = functional.affine_grid(
        maps.expand(len(images), -1, -1), list(images.shape), align_corners=False
    )
    observed = ~images.isnan()
    if observed.all():
        return _sampled(images, grid)
    fraction = _sampled(observed.to(images.dtype), grid)
    mean = _sampled(images.nan_to_num(nan=0.0), grid) / fraction
    return mean.masked_fill(fraction < 0.5, math.nan)


def _sampled(images: Tensor, grid: Tensor) -> Tensor:
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


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
