"""Conversion between flattened images, used by estimators, and torch's images with channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

LAYOUTS = {"HWC", "CHW"}


def image_sizes(image_shape: Sequence[int], layout: str) -> tuple[int, int, int]:
    """Return channels, height and width.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int
        Shape (height, width), or all three sizes in the order of `layout`.

    layout : {"HWC", "CHW"}
        Order of the axes: channels last or channels first.

    Returns
    -------
    tuple of 3 int
        (channels, height, width).
    """
    sizes = [int(size) for size in image_shape]
    if len(sizes) == 2:
        return 1, sizes[0], sizes[1]
    return sizes[layout.index("C")], sizes[layout.index("H")], sizes[layout.index("W")]


def check_n_features(image_shape: Sequence[int], n_features: int) -> None:
    """Raise ValueError unless samples of `n_features` features are images of this shape."""
    n_values = math.prod(image_shape)
    if n_features != n_values:
        raise ValueError(
            f"image_shape={image_shape!r} requires X with {n_values} features, one for each value "
            f"of an image; got {n_features}."
        )


def unflatten_images(x: Tensor, image_shape: Sequence[int], layout: str) -> Tensor:
    """Reshape flattened images (batch, n_features) to (batch, channels, height, width)."""
    channels, height, width = image_sizes(image_shape, layout)
    if layout == "CHW":
        return x.reshape(-1, channels, height, width)
    return x.reshape(-1, height, width, channels).permute(0, 3, 1, 2)


def flatten_images(images: Tensor, layout: str) -> Tensor:
    """Flatten images of shape (batch, channels, height, width) to (batch, n_features)."""
    return (images if layout == "CHW" else images.permute(0, 2, 3, 1)).flatten(1)
