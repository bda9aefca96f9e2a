"""Parts of the explorer page as JSON data: samples, labels, images and decoded planes."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from ._colors import check_colors
from ._display import COLORS, MISSING
from ._explorer_page import five_digits, pack
from ._indicators import Indicators
from ._labels import UNKNOWN, are_numbers, class_name
from ._montage import check_stack, to_images
from ._samples import check_components, conditioned, row_names

# Default number of components that can be selected; each pair of them is decoded.
_N_AXES = 4
# Maximum number of pixels of decoded images with default components, about one byte each.
_MAX_PIXELS = 2**20
# Margin on each side, as a fraction of the range of the codes.
_MARGIN = 0.05
# Highest level of a pixel, and the level of a missing value.
_BRIGHTEST, _NO_PIXEL = 254, 255
_LEVELS = np.iinfo(np.uint16).max


PALETTE = {"classes": COLORS, "missing": MISSING}


def check_lengths(n_samples, **given):
    """Raise ValueError unless every array has one entry for each sample of X."""
    for name, values in given.items():
        if np.ndim(values) == 0 and values is not None and name != "y":
            raise ValueError(f"{name} must have one entry for each sample of X; got {values!r}.")
        if np.ndim(values) > 0 and len(values) != n_samples:
            raise ValueError(
                f"{name} has {len(values)} entries for {n_samples} samples of X. Pass one for each."
            )


def n_selectable(shape, n_grid):
    """Return the number of components that can be selected such that decoded images are small."""
    n_pixels = 0 if shape is None else n_grid**2 * math.prod(shape)
    fit = (n for n in range(_N_AXES, 2, -1) if math.comb(n, 2) * n_pixels <= _MAX_PIXELS)
    return next(fit, 2)


def selectable(components, n_components, max_axes=_N_AXES):
    """Return the components that can be selected as axes; None is an axis without meaning."""
    if components is None:
        components = np.arange(min(n_components, max_axes))
    axes = check_components(components, n_components).tolist()
    if len(set(axes)) < len(axes) or (len(axes) == 1 < n_components):
        raise ValueError(f"components must be two or more different indices; got {components!r}.")
    return axes if len(axes) > 1 else [*axes, None]


def axes_of(codes, axes):
    """Return the axes: their names, the positions of the samples, and the decoded range."""
    return [_axis(axis, _along(codes, axis)) for axis in axes]


def _axis(axis, values):
    low, high = _range_of(values)
    return {
        "name": "samples, spread out" if axis is None else f"component {axis}",
        "is_spread": axis is None,
        "low": low,
        "high": high,
        "values": pack(values.astype(np.float32)),
    }


def _along(codes, axis):
    return _spread(len(codes)) if axis is None else codes[:, axis]


def _spread(n_samples):
    """Return positions in [0, 1] that differ between neighbors: multiples of the golden ratio."""
    return np.arange(1, n_samples + 1) * ((np.sqrt(5) - 1) / 2) % 1


def _range_of(values):
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def samples_of(X, places):
    """Return the indices and the names of the samples in X."""
    names = row_names(X)
    names = None if names is None else [names[place] for place in places]
    return {"n_all": len(X), "places": pack(places.astype(np.int32)), "names": names}


def columns_of(samples, names, n_columns):
    """Return names and values of the first features, in feature-major order."""
    return {
        "n_all": samples.shape[1],
        "names": [str(name) for name in names[:n_columns]],
        "values": pack(five_digits(samples[:, :n_columns].T)),
    }


def labels_of(labels, places):
    """Return labels as numbers with a scale, or as indices in a list of classes."""
    if labels is None:
        return None
    if np.ndim(labels) > 1:
        raise ValueError(f"labels must be one-dimensional; got shape {np.shape(labels)}.")
    name = str(getattr(labels, "name", None) or "label")
    labels = check_colors(np.asarray(labels)[places], "labels")
    if are_numbers(labels):
        return _scale(name, labels)
    classes, values = np.unique(labels, return_inverse=True)
    names = [class_name(value) for value in classes]
    unknown = names.index(UNKNOWN) if UNKNOWN in names else None
    return {
        "name": name,
        "classes": names,
        "unknown": unknown,
        "values": pack(values.astype(np.uint8)),
    }


def scores_of(estimator, X, y):
    """Return the scores of samples, or None if the estimator cannot compute them."""
    if not hasattr(estimator, "score_samples") or _lacks_condition(estimator, y):
        return None
    return _scale("score", conditioned(estimator.score_samples, X, y))


def _scale(name, values):
    return {"name": name, "classes": None, "values": pack(five_digits(values))}


def _lacks_condition(estimator, y):
    return bool(getattr(estimator, "conditional", False)) and y is None


def stack_of(images, shape, samples, places):
    """Return the images of samples, or None.

    Parameters
    ----------
    images : ndarray or None
        Images of all samples, before the selection.

    shape : tuple of int or None
        Image shape of the samples, if they are images themselves.

    samples : ndarray of shape (n_samples, n_features)
        The selected samples.

    places : ndarray of shape (n_samples,)
        Indices of the selected samples.

    Returns
    -------
    dict or None
        Sizes and pixels.
    """
    if images is not None:
        stack = check_stack(images)[places]
        return _pixels(to_images(stack, stack.shape[1:]), _limits(stack))
    return None if shape is None else _pixels(to_images(samples, shape), _limits(samples))


def _limits(values):
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return low, high if high > low else low + 1.0


def _pixels(images, limits):
    """Return images as levels from 0 (dark) to 254 (bright); 255 is a missing value."""
    low, high = limits
    levels = np.rint((np.clip(images, low, high) - low) / (high - low) * _BRIGHTEST)
    pixels = np.where(np.isnan(levels), _NO_PIXEL, levels).astype(np.uint8)
    height, width, *channels = images.shape[1:]
    return {
        "height": height,
        "width": width,
        "channels": channels[0] if channels else 1,
        "values": pack(pixels),
    }


def decoder_of(estimator, codes, axes, y, n_grid, samples, shape, n_columns, convert):
    """Return decoded codes on a grid over each pair of axes, or why they cannot be decoded.

    A grid can be decoded by the public methods of any estimator. Exporting weights would be exact,
    but would require an implementation of every network in JavaScript.

    Parameters
    ----------
    estimator : estimator
        The estimator, which can have `inverse_transform`.

    codes : ndarray of shape (n_samples, n_components)
        The codes of the samples.

    axes : list of int or None
        Components, as returned by :func:`selectable`.

    y : array-like, scalar or None
        Condition of a conditional estimator.

    n_grid : int
        Number of codes along each axis.

    samples : ndarray of shape (n_samples, n_features)
        The samples, which determine the range of brightness of images.

    shape : tuple of int or None
        Image shape of the samples.

    n_columns : int
        Maximum number of features of samples that are not images.

    convert : callable
        Returns decoded samples as an array of numbers.

    Returns
    -------
    dict
        A dict with the key "hint" or "planes".
    """
    hint = _why_not(estimator, y)
    if hint is not None:
        return {"hint": hint}
    pairs = list(combinations(range(len(axes)), 2))
    decoded = [
        conditioned(estimator.inverse_transform, _grid(codes, axes, pair, n_grid), y)
        for pair in pairs
    ]
    if isinstance(convert, Indicators):
        decoded = [convert(table) for table in decoded]
    decoded = [part.reshape(n_grid**2, -1) for part in decoded]
    if shape is not None:
        kind, ends = "images", {}
        parts = [_pixels(to_images(part, shape), _limits(samples)) for part in decoded]
    else:
        kind, (parts, ends) = "rows", _quantized([part[:, :n_columns] for part in decoded])
    planes = [{"axes": pair, **part} for pair, part in zip(pairs, parts, strict=True)]
    others = codes.shape[1] - 2 > 0
    return {"kind": kind, "n_grid": n_grid, "others": others, "planes": planes, **ends}


def _why_not(estimator, y):
    name = type(estimator).__name__
    if not hasattr(estimator, "inverse_transform"):
        return f"{name} has no inverse_transform. Codes cannot be decoded."
    if np.ndim(y) > 0:
        return "Codes are not decoded because each sample has its own y. Pass one y for all."
    if _lacks_condition(estimator, y):
        return f"Codes are not decoded because this {name} is conditional. Pass y to decode them."
    return None


def _grid(codes, axes, pair, n_grid):
    """Return codes on a grid over two axes, the second varying fastest; others are medians."""
    levels = [np.linspace(*_range_of(_along(codes, axes[place])), n_grid) for place in pair]
    grid = np.tile(np.median(codes, axis=0), (n_grid**2, 1))
    for place, values in zip(pair, np.meshgrid(*levels, indexing="ij"), strict=True):
        if axes[place] is not None:
            grid[:, axes[place]] = values.ravel()
    return grid.astype(codes.dtype)


def _quantized(decoded):
    """Quantize decoded features to 65536 levels between their minimum and maximum."""
    low = np.min([part.min(axis=0) for part in decoded], axis=0).astype(np.float64)
    high = np.max([part.max(axis=0) for part in decoded], axis=0).astype(np.float64)
    spans = np.where(high > low, high - low, 1.0)
    parts = [
        {"values": pack(np.rint((part - low) / spans * _LEVELS).astype(np.uint16))}
        for part in decoded
    ]
    return parts, {"low": low.tolist(), "high": (low + spans).tolist()}
