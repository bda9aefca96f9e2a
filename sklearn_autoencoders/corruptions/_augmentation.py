"""Corruptions of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from .._utils.grids import as_grids, flatten_grids, grid_sizes
from .._utils.sklearn_compat import Constraints, Interval, Pair
from ._base import Range, number_or_pair, uniform
from ._colors import hue_shifted, saturated
from ._images import ImageCorruption
from ._jpeg import compressed


def _up_to(high: float) -> list[Any]:
    """Return the constraints of a strength v, a shorthand for (-v, v), or of a pair."""
    return [Interval(Real, 0, high, closed="both"), Pair(Real, -high, high, closed="both")]


def _whole() -> list[Any]:
    """Return the constraints of an integer v, a shorthand for (-v, v), or of a pair."""
    return [
        Interval(Integral, 0, None, closed="left"),
        Pair(Integral, None, None, closed="neither"),
    ]


def _below(high: float) -> list[Any]:
    """Return the constraints of `_up_to`, excluding the limit itself."""
    return [Interval(Real, 0, high, closed="left"), Pair(Real, -high, high, closed="neither")]


class ImageAugmentation(ImageCorruption):
    r"""Random rotation, shift, shear, zoom, colors, brightness and JPEG compression of images.

    Every sample is an image. A strength `v` is a shorthand for the pair (-v, v), and the value for
    each sample is drawn uniformly from the pair. Rotation, shift, shear and zoom are combined in
    one affine map about the center of the image. Pixels beyond the edge have the value of the
    nearest edge pixel, and missing pixels are moved with the image. Shifts by whole pixels, colors,
    brightness and compression are applied afterwards, in this order. Saturation, brightness and
    compression clamp pixels to `value_range`.

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

    pixel_shift : int or pair of int, default=0
        Shift to the right and downwards by a whole number of pixels, drawn independently. Unlike
        those of `shift`, these pixels are not interpolated.

    hue : float or pair of float, default=0.0
        Rotation of the hue, in turns, at most 1, of images with the channels red, green and blue.
        A third of a turn makes red pixels green. Gray pixels do not change.

    saturation : float or pair of float, default=0.0
        Relative change of the saturation of images with the channels red, green and blue: -1 gives
        gray images, 1 doubles the distance from the gray pixel of the same luma [2]_. At most 1.

    See Also
    --------
    Occlusion : Rectangles that are hidden.
    QuarterTurns : Rotations by multiples of 90 degrees.

    References
    ----------
    .. [1] ITU-T Recommendation T.81, 1992; quality as in the Independent JPEG Group's library.

    .. [2] ITU-R Recommendation BT.601: 0.299 red + 0.587 green + 0.114 blue.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import ImageAugmentation
    >>> quarter_turn = ImageAugmentation(image_shape=(2, 2), rotation=(90, 90))
    >>> quarter_turn(torch.tensor([[1.0, 2.0, 3.0, 4.0]]), torch.Generator()).round()
    tensor([[2., 4., 1., 3.]])
    >>> green = ImageAugmentation(image_shape=(1, 1, 3), hue=(1 / 3, 1 / 3))
    >>> green(torch.tensor([[1.0, 0.0, 0.0]]), torch.Generator()).abs().round()
    tensor([[0., 1., 0.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **ImageCorruption._parameter_constraints,
        "rotation": _up_to(360),
        "shift": _up_to(1),
        "shear": _below(90),
        "zoom": _below(1),
        "brightness": _up_to(1),
        "jpeg_quality": [*number_or_pair(Integral, 1, 100, "both"), None],
        "value_range": [Pair(Real, None, None, closed="neither", strict=True)],
        "pixel_shift": _whole(),
        "hue": _up_to(1),
        "saturation": _up_to(1),
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
        *,
        pixel_shift: int | tuple[int, int] = 0,
        hue: Range = 0.0,
        saturation: Range = 0.0,
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
        self.pixel_shift = pixel_shift
        self.hue = hue
        self.saturation = saturation

    def check(self, n_features: int) -> None:
        """Raise ValueError unless samples of `n_features` features are images of this shape.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """
        super().check(n_features)
        n_channels = grid_sizes(self.image_shape, self.layout)[0]
        if n_channels != 3 and (_is_drawn(self.hue) or _is_drawn(self.saturation)):
            raise ValueError(
                f"hue={self.hue!r} and saturation={self.saturation!r} require images with the "
                f"channels red, green and blue; image_shape={self.image_shape!r} with "
                f"layout={self.layout!r} has {n_channels}. Set both to 0."
            )

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        images = as_grids(x.clone(), self.image_shape, self.layout)
        for step in (self._moved, self._colored, self._compressed):
            images = step(images, generator, shared)
        return flatten_grids(images, self.layout)

    def _moved(self, images: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
        if any(map(_is_drawn, (self.rotation, self.shift, self.shear, self.zoom))):
            images = _resampled(images, self._maps(images, generator, shared))
        if _is_drawn(self.pixel_shift):
            steps = [_integers(self.pixel_shift, images, generator, shared) for _ in range(2)]
            images = shifted(images, *steps)
        return images

    def _colored(self, images: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
        low, high = self.value_range
        if _is_drawn(self.hue):
            images = hue_shifted(images, *_drawn([self.hue], images, generator, shared))
        if _is_drawn(self.saturation):
            change = _drawn([self.saturation], images, generator, shared)
            images = saturated(images, *change).clamp(low, high)
        if _is_drawn(self.brightness):
            (offset,) = _drawn([self.brightness], images, generator, shared)
            images = (images + (high - low) * offset[:, None, None, None]).clamp(low, high)
        return images

    def _compressed(self, images: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
        quality = self.jpeg_quality
        if quality is None:
            return images
        low, high = self.value_range
        levels = (images.clamp(low, high) - low) * (255 / (high - low))
        bounds = (quality[0], quality[1]) if isinstance(quality, tuple | list) else (quality,) * 2
        levels = compressed(levels, _integers(bounds, images, generator, shared))
        return low + levels.clamp(0, 255) * ((high - low) / 255)

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


def _is_drawn(value: Range) -> bool:
    """Return whether a strength is not zero."""
    return any(_pair(value))


def _integers(
    value: int | tuple[int, int], x: Tensor, generator: torch.Generator, shared: bool
) -> Tensor:
    """Return draws of integers: one per sample, shape (batch,), or a shared one, (1,)."""
    low, high = value if isinstance(value, tuple | list) else (-value, value)
    size = (1 if shared else len(x),)
    return torch.randint(low, high + 1, size, device=x.device, generator=generator)


def shifted(images: Tensor, right: Tensor, down: Tensor) -> Tensor:
    """Return images that are shifted by whole pixels; the pixels of the edges are repeated.

    Parameters
    ----------
    images : Tensor of shape (batch, channels, height, width)
        Images.

    right, down : integer Tensor of shape (batch,) or (1,)
        Shifts in pixels.

    Returns
    -------
    Tensor of shape (batch, channels, height, width)
        Image `i` is its own pixel at (row - down[i], column - right[i]), clamped to the image.
    """
    for axis, step in ((2, down), (3, right)):
        size = images.shape[axis]
        places = (torch.arange(size, device=images.device) - step[:, None]).clamp(0, size - 1)
        shape = [len(places), 1, 1, 1]
        shape[axis] = size
        images = images.take_along_dim(places.reshape(shape), axis)
    return images


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
