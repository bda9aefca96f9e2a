"""Points in the colours of their classes, or of their numbers."""

from __future__ import annotations

import numpy as np
from sklearn.utils import column_or_1d

from ._display import ASIDE, COLOURS, MARKERS, MOST_CLASSES, SEQUENTIAL, legend_beside

# Whole numbers are classes, unless they are more.
_MOST_NUMBERS = 20


def check_colours(y):
    """Return y as numbers of a continuous target, or as classes, which are not of type float."""
    y = column_or_1d(np.asarray(y), input_name="y")
    is_numeric = y.dtype.kind in "fiu"
    known = y[~np.isnan(y)] if y.dtype.kind == "f" else y
    n_distinct = len(set(known.tolist()))
    if is_numeric and (n_distinct > _MOST_NUMBERS or (known != np.round(known)).any()):
        return y.astype(np.float64)
    if n_distinct > MOST_CLASSES:
        raise ValueError(
            f"y has {n_distinct} classes, of which at most {MOST_CLASSES} can be told apart. Give "
            "numbers, or join classes."
        )
    if y.dtype.kind == "f":  # whole numbers, some of them perhaps unknown
        return np.array([f"{v:.0f}" if v == v else "unknown" for v in y], dtype=object)
    return y


def draw_points(ax, points, y, settings, name):
    """Draw points by what :func:`check_colours` returned.

    With a name there is a legend or a colour bar.
    """
    is_continuous = y is not None and y.dtype.kind == "f"
    (_draw_numbers if is_continuous else _draw_classes)(ax, points, y, settings, name)


def _draw_numbers(ax, points, y, settings, name):
    from matplotlib import colormaps

    settings = {"cmap": SEQUENTIAL, **settings}
    cmap = colormaps.get_cmap(settings.pop("cmap")).with_extremes(bad=ASIDE)
    cloud = ax.scatter(*points.T, c=y, cmap=cmap, plotnonfinite=True, **settings)
    if name is not None:
        bar = ax.figure.colorbar(cloud, ax=ax, label=name)
        bar.solids.set_alpha(1)


def _draw_classes(ax, points, y, settings, name):
    if y is None:
        ax.scatter(*points.T, **{"color": COLOURS[0], **settings})
        return
    for place, value in enumerate(np.unique(y)):
        style = {
            "color": COLOURS[place % len(COLOURS)],
            "marker": MARKERS[place // len(COLOURS)],
            "label": str(value),
        }
        ax.scatter(*points[y == value].T, **{**style, **settings})
    if name is not None:
        legend = legend_beside(ax, title=name, markerscale=1.8, ncols=1 + (place >= 15))
        for handle in legend.legend_handles:
            handle.set_alpha(1)
