"""Corruptions of images for pretext tasks: hidden rectangles, shuffled tiles, rotations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import ClassVar

import torch
from torch import Tensor

from .._utils.grids import as_grids, flatten_grids, grid_sizes
from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._base import Range, number_or_pair, uniform
from ._elementwise import FINITE
from ._images import ImageCorruption


class Occlusion(ImageCorruption):
    r"""A hidden rectangle at a random position of each image.

    The rectangle lies within the image. If it is hidden by missing values, which is the default, an
    autoencoder learns to fill gaps of images (inpainting [1]_).

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int
        Shape (height, width), or all three sizes in the order of `layout`.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes: channels last or channels first.

    size : float or pair of float, default=0.5
        Height and width of the rectangle, as fractions in [0, 1] of those of the image, rounded to
        whole pixels. From a pair (low, high), both are drawn independently for every image. The
        default hides a quarter of the pixels.

    value : float or "mean", default=nan
        Value of the hidden pixels, in the units of X. NaN marks them as missing: the network
        receives the center of the feature instead. "mean" is the mean of each channel of the image.

    See Also
    --------
    Masking : Pixels that are hidden independently.

    References
    ----------
    .. [1] D. Pathak et al., "Context Encoders: Feature Learning by Inpainting", CVPR 2016.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Occlusion
    >>> hidden = Occlusion(image_shape=(4, 6), value=0.0)
    >>> hidden(torch.ones(1, 24), torch.Generator().manual_seed(0)).reshape(4, 6)
    tensor([[1., 1., 1., 1., 1., 1.],
            [1., 1., 1., 1., 1., 1.],
            [0., 0., 0., 1., 1., 1.],
            [0., 0., 0., 1., 1., 1.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **ImageCorruption._parameter_constraints,
        "size": number_or_pair(Real, 0, 1, "both"),
        "value": [FINITE, "nan", StrOptions({"mean"})],
    }

    def __init__(
        self,
        image_shape: Sequence[int],
        layout: str = "HWC",
        size: Range = 0.5,
        value: float | str = math.nan,
    ):
        self.image_shape = image_shape
        self.layout = layout
        self.size = size
        self.value = value

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        images = as_grids(x, self.image_shape, self.layout)
        draws = uniform(x, generator, shared, 4)
        down, across = (
            self._is_hidden(images.shape[axis], draws[:, i : i + 2]) for axis, i in ((2, 0), (3, 2))
        )
        hidden = down[:, None, :, None] & across[:, None, None, :] & ~images.isnan()
        value = self.value
        if value == "mean":
            filled = images.nanmean((2, 3), keepdim=True)
        else:
            filled = images.new_tensor(value)
        return flatten_grids(torch.where(hidden, filled, images), self.layout)

    def _is_hidden(self, n_pixels: int, draws: Tensor) -> Tensor:
        """Return which rows, or columns, of each image are in its rectangle."""
        low, high = self.size if isinstance(self.size, tuple | list) else (self.size, self.size)
        length = ((low + (high - low) * draws[:, :1]) * n_pixels).round()
        first = (draws[:, 1:] * (n_pixels - length + 1)).floor().minimum(n_pixels - length)
        places = torch.arange(n_pixels, device=draws.device)
        return (places >= first) & (places < first + length)


class Jigsaw(ImageCorruption):
    r"""Shuffled tiles of each image, which the network learns to put in order.

    An image is cut into rows and columns of tiles of equal size, and all their orders are equally
    likely. The pixels of a tile, also missing ones, are moved together.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int
        Shape (height, width), or all three sizes in the order of `layout`.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes: channels last or channels first.

    n_tiles : int or pair of int, default=2
        Number of rows and of columns of tiles, or a pair of both. Height and width of the image are
        multiples of them.

    See Also
    --------
    QuarterTurns : Rotations by multiples of 90 degrees.

    References
    ----------
    .. [1] M. Noroozi and P. Favaro, "Unsupervised Learning of Visual Representations by Solving
       Jigsaw Puzzles", ECCV 2016.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Jigsaw
    >>> image = torch.arange(8.0)[None]
    >>> Jigsaw(image_shape=(2, 4))(image, torch.Generator().manual_seed(1)).reshape(2, 4)
    tensor([[2., 3., 4., 5.],
            [6., 7., 0., 1.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **ImageCorruption._parameter_constraints,
        "n_tiles": [
            Interval(Integral, 1, None, closed="left"),
            Sizes(2, 2),
        ],
    }

    def __init__(
        self,
        image_shape: Sequence[int],
        layout: str = "HWC",
        n_tiles: int | Sequence[int] = 2,
    ):
        self.image_shape = image_shape
        self.layout = layout
        self.n_tiles = n_tiles

    def check(self, n_features: int) -> None:
        """Raise ValueError unless samples of `n_features` features are images that can be cut.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """
        super().check(n_features)
        _, *size = grid_sizes(self.image_shape, self.layout)
        for name, n_pixels, n in zip(("height", "width"), size, self._n_tiles, strict=True):
            if n_pixels % n:
                possible = [k for k in range(1, n_pixels + 1) if n_pixels % k == 0]
                raise ValueError(
                    f"n_tiles={self.n_tiles!r} must divide the height and the width of an image "
                    f"without remainder; the {name} is {n_pixels}, which {possible} divide."
                )

    @property
    def _n_tiles(self) -> tuple[int, int]:
        n_tiles = self.n_tiles
        rows, columns = (n_tiles,) * 2 if isinstance(n_tiles, int | Integral) else n_tiles
        return int(rows), int(columns)

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        images = as_grids(x, self.image_shape, self.layout)
        rows, columns = self._n_tiles
        tiles = images.unflatten(3, (columns, -1)).unflatten(2, (rows, -1)).transpose(3, 4)
        order = uniform(x, generator, shared, rows * columns).argsort(1)
        index = order[:, None, :, None, None]
        moved = tiles.flatten(2, 3).take_along_dim(index, 2).unflatten(2, (rows, columns))
        return flatten_grids(moved.transpose(3, 4).flatten(4).flatten(2, 3), self.layout)


class QuarterTurns(ImageCorruption):
    r"""Random rotation of each image by 0, 90, 180 or 270 degrees.

    Images must have the same height and width. No pixel is interpolated. As a corruption, the
    rotation is undone by the network. A classifier can also predict the rotation [1]_: see
    :doc:`/guide/few_labels`.

    Parameters
    ----------
    image_shape : tuple of 2 or 3 int
        Shape (height, width), or all three sizes in the order of `layout`.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes: channels last or channels first.

    See Also
    --------
    ImageAugmentation : Rotations by any angle.

    References
    ----------
    .. [1] S. Gidaris, P. Singh and N. Komodakis, "Unsupervised Representation Learning by
       Predicting Image Rotations", ICLR 2018.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import QuarterTurns
    >>> image = torch.tensor([[1.0, 2.0, 3.0, 4.0]])
    >>> QuarterTurns(image_shape=(2, 2))(image, torch.Generator().manual_seed(1)).reshape(2, 2)
    tensor([[2., 4.],
            [1., 3.]])
    """

    def __init__(self, image_shape: Sequence[int], layout: str = "HWC"):
        self.image_shape = image_shape
        self.layout = layout

    def check(self, n_features: int) -> None:
        """Raise ValueError unless samples of `n_features` features are square images.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """
        super().check(n_features)
        _, height, width = grid_sizes(self.image_shape, self.layout)
        if height != width:
            raise ValueError(
                "QuarterTurns requires images of the same height and width; got "
                f"{height} and {width} in image_shape={self.image_shape!r}. Use "
                "ImageAugmentation(rotation=...), which keeps the shape."
            )

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        images = as_grids(x.clone(), self.image_shape, self.layout)
        size = (1 if shared else len(x), 1, 1, 1)
        turns = torch.randint(4, size, device=x.device, generator=generator)
        turned = images
        for n in range(1, 4):
            turned = torch.where(turns == n, images.rot90(n, (2, 3)), turned)
        return flatten_grids(turned, self.layout)
