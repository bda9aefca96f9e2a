"""Conversion between flattened images or series, used by estimators, and torch's channels first.

A grid is an image or a series: each of its positions has the same channels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

# Orders of the axes of an image, and of a series.
IMAGE_LAYOUTS, SERIES_LAYOUTS = {"HWC", "CHW"}, {"TC", "CT"}


def grid_sizes(shape: Sequence[int], layout: str) -> tuple[int, ...]:
    """Return the number of channels, followed by the other sizes.

    Parameters
    ----------
    shape : sequence of int
        All sizes in the order of `layout`, or those without the channels, of which there is one.

    layout : {"HWC", "CHW", "TC", "CT"}
        Order of the axes: channels last or channels first.

    Returns
    -------
    tuple of int
        (channels, height, width) of an image, (channels, time) of a series.
    """
    axes, sizes = layout.replace("C", ""), [int(size) for size in shape]
    if len(sizes) == len(axes):
        return (1, *sizes)
    return tuple(sizes[layout.index(axis)] for axis in f"C{axes}")


def check_n_features(
    shape: Sequence[int], n_features: int, parameter: str = "image_shape", kind: str = "an image"
) -> None:
    """Raise ValueError unless samples of `n_features` features are grids of this shape."""
    n_values = math.prod(shape)
    if n_features != n_values:
        raise ValueError(
            f"{parameter}={shape!r} requires X with {n_values} features, one for each value of "
            f"{kind}; got {n_features}."
        )


def as_grids(x: Tensor, shape: Sequence[int], layout: str) -> Tensor:
    """Reshape flattened grids (batch, n_features) to (batch, channels, *sizes)."""
    channels, *sizes = grid_sizes(shape, layout)
    if layout[0] == "C":
        return x.reshape(-1, channels, *sizes)
    return x.reshape(-1, *sizes, channels).permute(0, len(sizes) + 1, *range(1, len(sizes) + 1))


def flatten_grids(grids: Tensor, layout: str) -> Tensor:
    """Flatten grids of shape (batch, channels, *sizes) to (batch, n_features)."""
    if layout[0] == "C":
        return grids.flatten(1)
    return grids.permute(0, *range(2, grids.ndim), 1).flatten(1)
