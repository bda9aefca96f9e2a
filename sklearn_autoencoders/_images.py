"""Images as the rows that estimators see, and as the stacks of channels that torch sees."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

LAYOUTS = ("HWC", "CHW")


def image_sizes(image_shape: Sequence[int], layout: str) -> tuple[int, int, int]:
    """Return channels, height and width.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int
        (height, width), or the three sizes in the order that `layout` names.

    layout : {"HWC", "CHW"}
        Whether the channels come last or first.

    Returns
    -------
    tuple of 3 int
        (channels, height, width).
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be 'HWC' or 'CHW'; got {layout!r}.")
    sizes = tuple(image_shape)
    if len(sizes) not in (2, 3) or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(
            f"image_shape must be (height, width) or the three sizes of layout={layout!r}, all "
            f"positive integers; got {image_shape!r}."
        )
    if len(sizes) == 2:
        return 1, *sizes
    channels = sizes[layout.index("C")]
    return channels, sizes[layout.index("H")], sizes[layout.index("W")]


def rows_to_images(rows: Tensor, image_shape: Sequence[int], layout: str) -> Tensor:
    """Return rows of shape (batch, n_features) as images of shape (batch, channels, h, w)."""
    channels, height, width = image_sizes(image_shape, layout)
    if layout == "CHW":
        return rows.reshape(-1, channels, height, width)
    return rows.reshape(-1, height, width, channels).permute(0, 3, 1, 2)


def images_to_rows(images: Tensor, layout: str) -> Tensor:
    """Return images of shape (batch, channels, h, w) as rows of shape (batch, n_features)."""
    return (images if layout == "CHW" else images.permute(0, 2, 3, 1)).flatten(1)
