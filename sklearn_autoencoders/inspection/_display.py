"""What all displays draw with: matplotlib, axes to draw on, colours that remain apart."""

from __future__ import annotations

from itertools import product

import numpy as np

from .._utils.optional_imports import import_optional

# Ten colours that remain apart for colour-blind readers (Petroff, arXiv:2107.02270).
COLOURS = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
# The same, neighbours further apart.
APART = COLOURS[::2] + COLOURS[1::2]
# After ten classes the colours begin again, with another marker or line.
MARKERS = ("o", "^", "s")
LINES = ("-", "--", ":")

# Of the characters of a name; the middle of a longer one is left out.
_LONGEST = 40

# More of either cannot be told apart.
MOST_CLASSES = len(COLOURS) * len(MARKERS)

# Of cells without a value, and of what is not in the foreground.
MISSING = "#d55e00"
ASIDE = "0.6"

# For values above and below zero, and for those on one side of it.
DIVERGING, SEQUENTIAL = "RdBu_r", "cividis"


def need_matplotlib(name):
    """Raise ImportError, with what to install, if there is no matplotlib."""
    import_optional("matplotlib", "plot", name)


class Display:
    """Base of the displays: `axes_`, `ax_` and `figure_` are set by drawing."""

    def _open(self, ax, shape=(1, 1), size=None):
        """Return axes to draw on: those given, or those of a new figure."""
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
    """Return the axes that were given; one where several are needed is divided."""
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
            f"This {name} needs {n_axes} axes, and ax, which is no subplot, cannot be divided. "
            f"Give an array of {n_axes} axes."
        )
    ax.set_axis_off()
    grid = ax.get_subplotspec().subgridspec(*shape)
    places = product(*map(range, shape))
    return np.array([ax.figure.add_subplot(grid[place]) for place in places], dtype=object)


def as_texts(names):
    """Return names as matplotlib has to get them: no formulas, none hidden, and none too long."""
    return [_as_text(str(name)) for name in names]


def _as_text(name):
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST // 2]}…{name[1 - _LONGEST // 2 :]}"
    name = name.replace("$", r"\$")
    return f" {name}" if name.startswith("_") else name  # no label that matplotlib leaves out


def legend_beside(ax, **settings):
    """Put a legend to the right of the axes, if the layout makes room there, or else inside."""
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if isinstance(ax.get_figure(root=True).get_layout_engine(), ConstrainedLayoutEngine):
        settings |= {"loc": "center left", "bbox_to_anchor": (1.01, 0.5), "frameon": False}
    return ax.legend(**settings)


def inches_of(texts):
    """Return about how long the longest of some texts is."""
    return 0.085 * max(map(len, texts))


def heat_map(ax, values, label, **kwargs):
    """Draw a matrix with a colour bar; zero is in the middle of the colours if signs differ."""
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


def name_ticks(axis, names, most=40, **kwargs):
    """Name the ticks of a matrix or of bars by texts; if there are many, some of them."""
    step = -(-len(names) // most)
    places = np.arange(0, len(names), step)
    axis.set_ticks(places, [names[place] for place in places], **kwargs)
