"""Samples as images, and grids of images on one axes."""

from __future__ import annotations

from numbers import Integral

import numpy as np

from .._utils.grids import check_n_features
from .._utils.tensors import plain_array
from ._display import DIVERGING, MISSING, as_texts

# Numbers of channels that are supported.
_CHANNELS = (1, 3)


def find_image_shape(image_shape, n_features, X=None, estimator=None):
    """Return the image shape of samples, or None if they are not images.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int or None
        Shape given by the user. None uses the shape of X or of the estimator's network.

    n_features : int
        Number of features.

    X : array-like, default=None
        Samples or images.

    estimator : estimator, default=None
        The estimator, which can have a network for images.

    Returns
    -------
    tuple of int or None
        Two sizes, or three with the channels first or last.
    """
    if image_shape is not None:
        return _check_image_shape(image_shape, n_features)
    network = getattr(estimator, "network", None)
    if getattr(network, "time_axis", None) is not None:  # a series is a row of values
        return None
    is_frame = hasattr(X, "columns")
    shape = np.shape(X)[1:] if X is not None and not is_frame and np.ndim(X) > 2 else None
    if shape is None:
        shape = getattr(network, "input_shape", None)
    is_image = shape is not None and _is_image(shape) and np.prod(shape) == n_features
    return tuple(shape) if is_image else None


def _is_image(shape):
    return len(shape) == 2 or (len(shape) == 3 and _channel_axis(shape) is not None)


def _channel_axis(shape):
    """Return which of three axes can be the channels, preferring the last, or None."""
    return next((axis for axis in (-1, 0) if shape[axis] in _CHANNELS), None)


def _check_image_shape(image_shape, n_features):
    shape = tuple(image_shape) if np.ndim(image_shape) == 1 else ()
    are_sizes = all(isinstance(size, Integral) and size > 0 for size in shape)
    if not (are_sizes and _is_image(shape)):
        raise ValueError(
            "image_shape must be (height, width), optionally with 1 or 3 channels first or last; "
            f"got {image_shape!r}."
        )
    check_n_features(shape, n_features)
    return tuple(map(int, shape))


def check_stack(images):
    """Return images as a float array of shape (n, ...), or raise if they are not images."""
    images = np.asarray(plain_array(images), dtype=np.float64)
    if not (images.ndim > 2 and images.size and _is_image(images.shape[1:])):
        raise ValueError(
            "images must be of shape (n_samples, height, width), optionally with 1 or 3 channels "
            f"first or last; got {images.shape}."
        )
    if np.isinf(images).any():
        raise ValueError("images has infinite pixels. Use NaN for missing values.")
    if np.isnan(images).all():
        raise ValueError("images has no value: all pixels are NaN.")
    return images


def to_images(samples, image_shape):
    """Reshape samples to images of shape (n, height, width), or (n, height, width, 3) for RGB."""
    images = np.reshape(samples, (-1, *image_shape))
    if len(image_shape) == 2:
        return images
    if _channel_axis(image_shape) == 0:
        images = np.moveaxis(images, 1, -1)
    return images[..., 0] if images.shape[-1] == 1 else images


def grid_size(n_rows, n_columns, images, margin=(1.4, 0.6)):
    """Return width and height in inches of a figure for a grid of images."""
    height, width = images.shape[1:3]
    preferred = min(max(0.9, 0.4 * width / height), 2.0 * width / height)
    cell = min(preferred, 11.0 / n_columns, 9.0 * width / (height * n_rows))
    return max(n_columns * cell + margin[0], 3.0), n_rows * cell * height / width + margin[1]


def draw_grid(ax, images, n_columns, limits, **kwargs):
    """Draw images in a grid, row by row, on one axes.

    Parameters
    ----------
    ax : Axes
        Axes to draw on.

    images : ndarray of shape (n, height, width) or (n, height, width, 3)
        Images. Missing values (NaN) are drawn in a separate color.

    n_columns : int
        Number of images in a row of the grid.

    limits : tuple of float
        Limits of the color map, to which values are clipped.

    **kwargs : dict
        Keyword arguments of `imshow`.

    Returns
    -------
    AxesImage
        The grid.
    """
    from matplotlib import colormaps, colors

    low, high = limits if limits[0] < limits[1] else (limits[0], limits[0] + 1.0)
    images = np.clip(images, low, high)
    if images.ndim == 4:
        images = np.where(np.isnan(images), colors.to_rgb(MISSING), (images - low) / (high - low))
        gap = 1.0
    else:
        gap = high + (high - low)  # above the limits, for which a color is set below
    settings = {"cmap": "gray", "interpolation": "nearest", "vmin": low, "vmax": high, **kwargs}
    cmap = colormaps.get_cmap(settings.pop("cmap"))
    settings["cmap"] = cmap.with_extremes(bad=MISSING, over="white")
    grid = ax.imshow(_tiled(images, n_columns, gap), **settings)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    return grid


def draw_signed_grid(ax, images, n_columns, label, **kwargs):
    """Draw images of positive and negative values with a color bar; see :func:`draw_grid`."""
    largest = np.nanmax(np.abs(images)) or 1.0
    kwargs = {"cmap": DIVERGING, **kwargs}
    grid = draw_grid(ax, images, n_columns, (-largest, largest), **kwargs)
    if images.ndim == 3:  # RGB images have no color scale
        ax.figure.colorbar(grid, ax=ax, label=label, shrink=0.8)
    return grid


def _gap_of(size):
    return max(size // 16, 1)


def _tiled(images, n_columns, gap):
    """Return images in one array, with gaps between them."""
    height, width = (size + _gap_of(images.shape[2]) for size in images.shape[1:3])
    n_rows = -(-len(images) // n_columns)
    tiles = np.full((n_rows * height, n_columns * width, *images.shape[3:]), gap)
    for place, image in enumerate(images):
        top, left = (place // n_columns) * height, (place % n_columns) * width
        tiles[top : top + image.shape[0], left : left + image.shape[1]] = image
    space = _gap_of(images.shape[2])
    return tiles[:-space, :-space]


def label_grid(ax, images, rows=(), columns=()):
    """Label the rows and columns of a grid of images."""
    height, width = images.shape[1:3]
    space = _gap_of(width)
    ax.set_yticks(np.arange(len(rows)) * (height + space) + (height - 1) / 2, as_texts(rows))
    ax.set_xticks(np.arange(len(columns)) * (width + space) + (width - 1) / 2, columns)
    ax.tick_params(length=0)
