"""Data for the displays, and helpers that read their axes."""

import numpy as np
from sklearn.datasets import load_digits, load_iris

FRAME, LABELS = load_iris(return_X_y=True, as_frame=True)
ROWS = FRAME.to_numpy()
DIGITS = load_digits().data[:120]


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def tiles(display, n_columns, size=8, gap=1):
    """Return the images of a grid, in row-major order."""
    grid = np.asarray(display.ax_.images[0].get_array())
    step = size + gap
    n_rows = (grid.shape[0] + gap) // step
    return np.array(
        [
            grid[r * step : r * step + size, c * step : c * step + size]
            for r in range(n_rows)
            for c in range(n_columns)
        ]
    )


def in_range(images, like):
    return np.clip(images, np.nanmin(like), np.nanmax(like)).reshape(-1, 8, 8)
