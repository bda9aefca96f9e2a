"""The values of numbers that can be codes, of which an ensemble head has indicators."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._data.data import Data
from .._data.sources.sparse import as_dense
from .._utils.layout import Layout

Array = NDArray[np.float64]

# Numbers of different values of a column, and minimum mean number of samples of a value.
_MIN_VALUES, _MAX_VALUES, _MIN_SAMPLES = 3, 256, 3
# Maximum number of values of all columns together.
_MAX_TOTAL = 512
# Smallest difference of two values, as a fraction of the range, that float32 can tell apart.
_MIN_GAP = 1e-5


def repeated_values(data: Data, layout: Layout) -> list[Array]:
    """Return the values of each number that can be codes; none of the others.

    Parameters
    ----------
    data : Data
        Samples with labels. Held-out samples are not used.

    layout : Layout
        The columns.

    Returns
    -------
    list of ndarray
        The values of each number in increasing order. Columns of few values come first, if there
        are too many values together.
    """
    rows = data.training_rows
    X, weight = as_dense(data.X[rows]), np.ones(len(rows))
    if data.weight is not None:
        weight = data.weight[rows] / min(data.weight[rows].mean(), 1.0)
    found = [_codes(X[:, column], weight) for column in layout.numbers.numpy()]
    total = 0
    for place in np.argsort([len(values) for values in found], kind="stable"):
        total += len(found[place])
        if total > _MAX_TOTAL:
            found[place] = found[place][:0]
    return found


def _codes(column: Array, weight: Array) -> Array:
    """Return the values of a column if they can be codes, otherwise none."""
    is_known = ~np.isnan(column)
    values = np.unique(column[is_known].astype(np.float64))
    n_samples = weight[is_known].sum()
    is_few = _MIN_VALUES <= len(values) <= min(_MAX_VALUES, n_samples / _MIN_SAMPLES)
    if is_few and np.diff(values).min() > _MIN_GAP * np.ptp(values):
        return values
    return values[:0]
