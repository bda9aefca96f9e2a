"""Drawing of samples that are decoded along paths in the latent space."""

from __future__ import annotations

from itertools import cycle

import numpy as np
from sklearn.utils import check_consistent_length

from ._display import COLORS, LINES, Display, as_texts, inches_of, legend_beside
from ._indicators import as_numbers
from ._montage import draw_grid, find_image_shape, grid_size, label_grid, to_images
from ._samples import largest_columns, units_to_draw
from ._tables import are_objects


class PathsDisplay(Display):
    """The drawing of a :class:`TraversalDisplay`, which computes the decoded samples."""

    def __init__(
        self,
        rows,
        positions,
        path_names,
        *,
        levels=None,
        image_shape=None,
        feature_names=None,
        reference=None,
    ):
        rows = np.asarray(rows, dtype=object if are_objects(rows) else np.float64)
        self.positions = np.asarray(positions, dtype=np.float64)
        self.path_names, self.levels = list(path_names), levels
        if rows.ndim != 3 or self.positions.shape != rows.shape[:2]:
            raise ValueError(
                "rows must be of shape (n_paths, n_steps, n_features), and positions of shape "
                f"(n_paths, n_steps); got {rows.shape} and {self.positions.shape}."
            )
        check_consistent_length(rows, self.path_names)
        tables = {"rows": rows.reshape(-1, rows.shape[2])}
        tables |= {} if reference is None else {"reference": reference}
        arrays, self.feature_names, self.is_indicator = as_numbers(tables, feature_names)
        self.rows = arrays[0].reshape(*rows.shape[:2], -1)
        self.reference = arrays[-1]
        self.image_shape = find_image_shape(image_shape, self.rows.shape[2])

    def plot(self, ax=None, *, units="auto", n_columns=8, **kwargs):
        """Draw all paths.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Axes to draw on. By default a new figure is created. Tabular data require one axes for
            each path; a single axes is divided.

        units : {"auto", "original", "standardized"}, default="auto"
            Units of the features of tabular data: the original units of X, or standard deviations
            from the mean. "auto" uses standard deviations if the largest values of the features
            differ by more than a factor of thirty.

        n_columns : int, default=8
            Maximum number of features of tabular data that are drawn: those that change most, in
            standard deviations.

        **kwargs : dict
            Keyword arguments of matplotlib's `imshow` or `plot`.

        Returns
        -------
        PathsDisplay
            The display.
        """
        if self.image_shape is not None:
            self._draw_images(ax, kwargs)
        else:
            self._draw_lines(ax, units, n_columns, kwargs)
        return self

    def _draw_images(self, ax, kwargs):
        n_paths, n_steps, _ = self.rows.shape
        images = to_images(self.rows.reshape(n_paths * n_steps, -1), self.image_shape)
        self._open(ax, size=grid_size(n_paths, n_steps, images, (1.6, 0.9)))
        limits = np.nanmin(self.reference), np.nanmax(self.reference)
        draw_grid(self.ax_, images, n_steps, limits, **kwargs)
        is_named = self.levels is not None
        steps = [f"{step:.0%}" for step in (self.levels if is_named else self.positions[0])]
        label_grid(self.ax_, images, self.path_names, steps)
        self.ax_.set_xlabel("quantile of the component" if is_named else "fraction of the path")

    def _draw_lines(self, ax, units, n_columns, kwargs):
        _, deviation, _ = units_to_draw(self.reference, "standardized", self.is_indicator)
        change = np.ptp(self.rows, axis=1) / deviation
        shown = largest_columns(change.max(axis=0), n_columns)
        center, scale, label = units_to_draw(self.reference, units, self.is_indicator)
        n_paths = len(self.rows)
        names = as_texts(self.feature_names[shown])
        axes = self._open(ax, (n_paths, 1), (5.8 + inches_of(names), 2.6 * n_paths + 0.8))
        for part, values, position, name in zip(
            axes, (self.rows - center) / scale, self.positions, self.path_names, strict=True
        ):
            lines = zip(shown, names, cycle(COLORS), cycle(LINES))
            for column, label_of, color, line in lines:
                style = {"color": color, "linestyle": line, "label": label_of}
                part.plot(position, values[:, column], **{**style, **kwargs})
            part.set(xlabel=name, ylabel=label)
        legend_beside(axes[0])
