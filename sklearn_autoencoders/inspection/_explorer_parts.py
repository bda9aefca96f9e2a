"""The parts of an explorer: rows, colours, images and decoded planes, as what JSON can hold."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from ._colours import check_colours
from ._display import COLOURS, MISSING
from ._explorer_page import five_digits, pack
from ._labels import UNKNOWN, are_numbers, class_name
from ._montage import check_stack, to_images
from ._rows import check_components, conditioned, row_names

# Components that can be chosen if nothing is said; each pair of them is decoded.
_N_AXES = 4
# Pixels of decoded images, unless components are chosen: about as many bytes.
_MOST_PIXELS = 2**20
# Of the range of the codes, added on each side.
_MARGIN = 0.05
# The levels of pixels end at the first; the other says that there is no value.
_BRIGHTEST, _NO_PIXEL = 254, 255
_LEVELS = np.iinfo(np.uint16).max


PALETTE = {"classes": COLOURS, "missing": MISSING}


def check_lengths(n_samples, **given):
    """Raise ValueError unless everything given has one entry for each row of X."""
    for name, values in given.items():
        if np.ndim(values) == 0 and values is not None and name != "y":
            raise ValueError(f"{name} must have one entry for each row of X; got {values!r}.")
        if np.ndim(values) > 0 and len(values) != n_samples:
            raise ValueError(
                f"{name} has {len(values)} entries for {n_samples} rows of X. Give one each."
            )


def most_axes(shape, n_grid):
    """Return how many components can be chosen while what is decoded of images stays small."""
    n_pixels = 0 if shape is None else n_grid**2 * math.prod(shape)
    fit = (n for n in range(_N_AXES, 2, -1) if math.comb(n, 2) * n_pixels <= _MOST_PIXELS)
    return next(fit, 2)


def selectable(components, n_components, n_most=_N_AXES):
    """Return which components can be axes. None stands for an axis without a meaning."""
    if components is None:
        components = np.arange(min(n_components, n_most))
    axes = check_components(components, n_components).tolist()
    if len(set(axes)) < len(axes) or (len(axes) == 1 < n_components):
        raise ValueError(f"components must be two or more different numbers; got {components!r}.")
    return axes if len(axes) > 1 else [*axes, None]


def axes_of(codes, axes):
    """Return the axes: their names, where rows lie on them, and what range is decoded."""
    return [_axis(axis, _along(codes, axis)) for axis in axes]


def _axis(axis, values):
    low, high = _reach(values)
    return {
        "name": "rows, spread out" if axis is None else f"component {axis}",
        "is_spread": axis is None,
        "low": low,
        "high": high,
        "values": pack(values.astype(np.float32)),
    }


def _along(codes, axis):
    return _spread(len(codes)) if axis is None else codes[:, axis]


def _spread(n_samples):
    """Return places from 0 to 1 that neighbours do not share: multiples of the golden ratio."""
    return np.arange(1, n_samples + 1) * ((np.sqrt(5) - 1) / 2) % 1


def _reach(values):
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def rows_of(X, places):
    """Return where the rows stood in the table, and what they are called there."""
    names = row_names(X)
    names = None if names is None else [names[place] for place in places]
    return {"n_all": len(X), "places": pack(places.astype(np.int32)), "names": names}


def columns_of(rows, names, n_columns):
    """Return names and values of the first columns, a column after another."""
    return {
        "n_all": rows.shape[1],
        "names": [str(name) for name in names[:n_columns]],
        "values": pack(five_digits(rows[:, :n_columns].T)),
    }


def labels_of(labels, places):
    """Return labels as numbers with a scale, or as places in a list of classes."""
    if labels is None:
        return None
    if np.ndim(labels) > 1:
        raise ValueError(f"labels must be one for each row; got shape {np.shape(labels)}.")
    name = str(getattr(labels, "name", None) or "label")
    labels = check_colours(np.asarray(labels)[places], "labels")
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
    """Return the scores of rows, or None from an estimator that cannot tell."""
    if not hasattr(estimator, "score_samples") or _lacks_condition(estimator, y):
        return None
    return _scale("score", conditioned(estimator.score_samples, X, y))


def _scale(name, values):
    return {"name": name, "classes": None, "values": pack(five_digits(values))}


def _lacks_condition(estimator, y):
    return bool(getattr(estimator, "conditional", False)) and y is None


def stack_of(images, shape, rows, places):
    """Return what rows look like, or None.

    Parameters
    ----------
    images : ndarray or None
        Images of all rows, before some were taken.

    shape : tuple of int or None
        The shape of images that rows themselves are.

    rows : ndarray of shape (n_samples, n_features)
        The rows taken.

    places : ndarray of shape (n_samples,)
        Where they were.

    Returns
    -------
    dict or None
        Sizes and pixels.
    """
    if images is not None:
        stack = check_stack(images)[places]
        return _pixels(to_images(stack, stack.shape[1:]), _limits(stack))
    return None if shape is None else _pixels(to_images(rows, shape), _limits(rows))


def _limits(values):
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return low, high if high > low else low + 1.0


def _pixels(images, limits):
    """Return images as levels from 0, the darkest, to 254; 255 is a missing value."""
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


def decoder_of(estimator, codes, axes, y, n_grid, rows, shape, n_columns):
    """Return what codes on a grid over each pair of axes stand for, or why that is not known.

    A grid asks any estimator by its public methods. Weights would be exact, but every network would
    have to be written a second time in JavaScript.

    Parameters
    ----------
    estimator : estimator
        Perhaps with `inverse_transform`.

    codes : ndarray of shape (n_samples, n_components)
        The codes of the rows.

    axes : list of int or None
        As from :func:`selectable`.

    y : array-like, scalar or None
        What the estimator is conditional on.

    n_grid : int
        Codes along each axis.

    rows : ndarray of shape (n_samples, n_features)
        The rows; they say how bright images are.

    shape : tuple of int or None
        The shape of images that rows are.

    n_columns : int
        Most columns that are kept if they are none.

    Returns
    -------
    dict
        With "hint", or with "planes".
    """
    hint = _why_not(estimator, y)
    if hint is not None:
        return {"hint": hint}
    pairs = list(combinations(range(len(axes)), 2))
    decoded = [
        conditioned(estimator.inverse_transform, _grid(codes, axes, pair, n_grid), y)
        for pair in pairs
    ]
    decoded = [part.reshape(n_grid**2, -1) for part in decoded]
    if shape is not None:
        kind, ends = "images", {}
        parts = [_pixels(to_images(part, shape), _limits(rows)) for part in decoded]
    else:
        kind, (parts, ends) = "rows", _shares([part[:, :n_columns] for part in decoded])
    planes = [{"axes": pair, **part} for pair, part in zip(pairs, parts, strict=True)]
    others = codes.shape[1] - 2 > 0
    return {"kind": kind, "n_grid": n_grid, "others": others, "planes": planes, **ends}


def _why_not(estimator, y):
    name = type(estimator).__name__
    if not hasattr(estimator, "inverse_transform"):
        return f"{name} has no inverse_transform, so that nothing can be decoded."
    if np.ndim(y) > 0:
        return "Nothing is decoded, as each row has a y of its own. Give one y for all."
    if _lacks_condition(estimator, y):
        return f"Nothing is decoded, as this {name} is conditional. Give a y to decode by."
    return None


def _grid(codes, axes, pair, n_grid):
    """Return codes on a grid over two axes, the second fastest; the others are at medians."""
    levels = [np.linspace(*_reach(_along(codes, axes[place])), n_grid) for place in pair]
    grid = np.tile(np.median(codes, axis=0), (n_grid**2, 1))
    for place, values in zip(pair, np.meshgrid(*levels, indexing="ij"), strict=True):
        if axes[place] is not None:
            grid[:, axes[place]] = values.ravel()
    return grid.astype(codes.dtype)


def _shares(decoded):
    """Return decoded rows as shares of what each column reaches from, and up to, in 65535ths."""
    low = np.min([part.min(axis=0) for part in decoded], axis=0).astype(np.float64)
    high = np.max([part.max(axis=0) for part in decoded], axis=0).astype(np.float64)
    spans = np.where(high > low, high - low, 1.0)
    parts = [
        {"values": pack(np.rint((part - low) / spans * _LEVELS).astype(np.uint16))}
        for part in decoded
    ]
    return parts, {"low": low.tolist(), "high": (low + spans).tolist()}
