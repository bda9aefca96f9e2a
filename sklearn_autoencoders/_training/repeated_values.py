"""The values of numbers that can be codes, of which an ensemble head has indicators."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .._data.data import Data
from .._data.sources.arrays import chunks_of
from .._data.statistics.close_values import distinct
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
        Samples with labels. Held-out samples are not used. Weights of classes do not count: they
        do not stand for more samples.

    layout : Layout
        The columns.

    Returns
    -------
    list of ndarray
        The values of each number in increasing order. Columns of few values come first, if there
        are too many values together.
    """
    data = replace(data, label_weight=None).labeled()
    pairs = zip(*few_values(data, layout.numbers.numpy()), strict=True)
    found = [own if _can_be_codes(own, n) else own[:0] for own, n in pairs]
    total = 0
    for place in np.argsort([len(values) for values in found], kind="stable"):
        total += len(found[place])
        if total > _MAX_TOTAL:
            found[place] = found[place][:0]
    return found


def few_values(data: Data, columns: NDArray[np.intp]) -> tuple[list[Array], Array]:
    """Return the values of columns, and the number of samples in which they are known.

    Samples are read in chunks. Columns with too many values, as most have already in the first
    chunks, are not read to the end.

    Parameters
    ----------
    data : Data
        Samples. Held-out samples are not used.

    columns : ndarray of int of shape (n_columns,)
        Their indices.

    Returns
    -------
    values : list of ndarray
        The values of each column in increasing order.

    n_samples : ndarray of shape (n_columns,)
        Total weights, if these are larger than the numbers of samples.
    """
    rows = data.training_rows
    weight = data.weight_as_counts(rows)
    values, n_samples = [np.empty(0) for _ in columns], np.zeros(len(columns))
    for part, samples in chunks_of(data.X[rows]):
        for place, column in enumerate(samples[:, columns].T):
            if len(values[place]) <= _MAX_VALUES:
                is_known = ~np.isnan(column)
                known = column[is_known].astype(np.float64)
                values[place] = distinct(np.append(values[place], known))
                n_samples[place] += weight[part][is_known].sum()
    return values, n_samples


def _can_be_codes(values: Array, n_samples: float) -> bool:
    """Return whether values are few, frequent on average, and different in float32."""
    if not _MIN_VALUES <= len(values) <= min(_MAX_VALUES, n_samples / _MIN_SAMPLES):
        return False
    return bool(np.diff(values).min() > _MIN_GAP * np.ptp(values))
