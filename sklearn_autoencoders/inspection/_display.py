"""Common parts of all displays: axes, distinguishable colors, heat maps and legends."""

from __future__ import annotations

from itertools import product

import numpy as np

from .._utils.optional_imports import import_optional

# Ten colors that color-blind readers can distinguish (Petroff, arXiv:2107.02270).
COLORS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
# The same colors in another order, in which neighbors differ more.
APART = COLORS[::2] + COLORS[1::2]
# After ten classes, the colors are repeated with another marker or line style.
MARKERS = ("o", "^", "s")
LINES = ("-", "--", ":")

# Maximum number of characters of a name; the middle of longer names is omitted.
_MAX_LENGTH = 40

# Maximum number of classes that can be distinguished.
MAX_CLASSES = len(COLORS) * len(MARKERS)

# Colors of missing values and of elements in the background.
MISSING = "#d55e00"
ASIDE = "0.6"

# Color maps for values of both signs and for values of one sign.
DIVERGING, SEQUENTIAL = "RdBu_r", "cividis"


def need_matplotlib(name):
    """Raise ImportError with installation advice if matplotlib is not installed."""
    import_optional("matplotlib", "plot", name)


class Display:
    """Base class of the displays. Drawing sets `axes_`, `ax_` and `figure_`."""

    def _open(self, ax, shape=(1, 1), size=None):
        """Return the axes to draw on: the given ones, or those of a new figure."""
        name = type(self).__name__
        need_matplotlib(f"{name}.plot")
        self.axes_ = _new_axes(shape, size) if ax is None else _own_axes(ax, shape, name)
        self.ax_ = self.axes_[0]
        self.figure_ = self.ax_.figure
        return self.axes_


def _new_axes(shape, size):
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    return axes.ravel()


def _own_axes(ax, shape, name):
    """Return the given axes; a single axes is divided if several are required."""
    from matplotlib.axes import Axes

    n_axes = int(np.prod(shape))
    if not isinstance(ax, Axes):
        axes = np.array(ax, dtype=object).ravel()
        if len(axes) != n_axes or not all(isinstance(part, Axes) for part in axes):
            raise ValueError(
                f"ax of this {name} must be one matplotlib Axes, or {n_axes} of them; got {ax!r}."
            )
        return axes
    if n_axes == 1:
        return np.array([ax], dtype=object)
    if ax.get_subplotspec() is None:
        raise ValueError(
            f"This {name} requires {n_axes} axes, and ax cannot be divided because it is not a "
            f"subplot. Pass an array of {n_axes} axes."
        )
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(*shape)
    places = product(*map(range, shape))
    return np.array([ax.figure.add_subplot(grid[place]) for place in places], dtype=object)


def as_texts(names):
    """Return names as texts for matplotlib: shortened, and without its special characters."""
    return [_as_text(str(name)) for name in names]


def _as_text(name):
    if len(name) > _MAX_LENGTH:
        name = f"{name[: _MAX_LENGTH // 2]}…{name[1 - _MAX_LENGTH // 2 :]}"
    name = name.replace("$", r"\$")
    return f" {name}" if name.startswith("_") else name  # matplotlib hides labels that start with _


def legend_beside(ax, **settings):
    """Add a legend, to the right of the axes if the layout is constrained, otherwise inside."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if isinstance(ax.get_figure(root=True).get_layout_engine(), ConstrainedLayoutEngine):
        settings |= {"loc": "center left", "bbox_to_anchor": (1.01, 0.5), "frameon": False}
    return ax.legend(**settings)


def inches_of(texts):
    """Return the approximate length in inches of the longest of some texts."""
    return 0.085 * max(map(len, texts))


def heat_map(ax, values, label, **kwargs):
    """Draw a matrix with a color bar, which is centered at zero if the signs differ."""
    from matplotlib import colormaps

    largest = np.nanmax(np.abs(values)) or 1.0
    signs_differ = np.nanmin(values) < 0
    settings = {
        "cmap": DIVERGING if signs_differ else SEQUENTIAL,
        "vmin": -largest if signs_differ else 0.0,
        "vmax": largest,
        "aspect": "auto",
        "interpolation": "nearest",
        **kwargs,
    }
    settings["cmap"] = colormaps.get_cmap(settings["cmap"]).with_extremes(bad=ASIDE)
    image = ax.imshow(values, **settings)
    ax.figure.colorbar(image, ax=ax, label=label)
    return image


def name_ticks(axis, names, max_ticks=40, **kwargs):
    """Label the ticks of a matrix or of bars; if there are many, only some of them."""
    step = -(-len(names) // max_ticks)
    places = np.arange(0, len(names), step)
    axis.set_ticks(places, [names[place] for place in places], **kwargs)
