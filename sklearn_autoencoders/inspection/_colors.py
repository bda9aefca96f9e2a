"""Scatter plots with points colored by classes or by numbers."""

from __future__ import annotations

import numpy as np

from ._display import (
    ASIDE,
    COLORS,
    MARKERS,
    MAX_CLASSES,
    SEQUENTIAL,
    as_texts,
    inches_of,
    legend_beside,
)
from ._labels import UNKNOWN, are_numbers, are_of, as_labels, class_name, classes_of

# Maximum number of classes in one column of the legend.
_MAX_PER_COLUMN = 15


def check_colors(y, name="y"):
    """Return y as a one-dimensional array, or raise if it has too many classes for the colors."""
    y = as_labels(y, name)
    if not are_numbers(y) and len(np.unique(y)) > MAX_CLASSES:
        raise ValueError(
            f"{name} has {len(np.unique(y))} classes; at most {MAX_CLASSES} can be distinguished. "
            "Pass numbers, or merge classes."
        )
    return y


def room_beside(y):
    """Return the width in inches of the legend or color bar next to the axes."""
    if y is None or are_numbers(y):
        return 0.9
    return _n_columns(y) * (inches_of(as_texts(map(class_name, np.unique(y)))) + 0.5)


def _n_columns(y):
    return 1 if len(np.unique(y)) <= _MAX_PER_COLUMN else 2


def draw_points(ax, points, y, settings, name):
    """Draw points in the colors of y; if a name is given, with a legend or color bar."""
    if name is not None:
        [name] = as_texts([name])
    if y is None:
        ax.scatter(*points.T, **{"color": COLORS[0], **settings})
    elif are_numbers(y):
        _draw_numbers(ax, points, y, settings, name)
    else:
        _draw_classes(ax, points, y, settings, name)


def _draw_numbers(ax, points, y, settings, name):
    from matplotlib import colormaps

    settings = {"cmap": SEQUENTIAL, **settings}
    cmap = colormaps.get_cmap(settings.pop("cmap")).with_extremes(bad=ASIDE)
    cloud = ax.scatter(*points.T, c=y, cmap=cmap, plotnonfinite=True, **settings)
    if name is not None:
        bar = ax.figure.colorbar(cloud, ax=ax, label=name)
        bar.solids.set_alpha(1)


def _draw_classes(ax, points, y, settings, name):
    classes = classes_of(y)
    texts = as_texts(map(class_name, classes))
    for place, (value, text) in enumerate(zip(classes, texts, strict=True)):
        style = {
            "color": ASIDE if text == UNKNOWN else COLORS[place % len(COLORS)],
            "marker": MARKERS[place // len(COLORS)],
            "label": text,
        }
        ax.scatter(*points[are_of(y, value)].T, **{**style, **settings})
    if name is not None:
        legend = legend_beside(ax, title=name, markerscale=1.8, ncols=_n_columns(y))
        for handle in legend.legend_handles:
            handle.set_alpha(1)
