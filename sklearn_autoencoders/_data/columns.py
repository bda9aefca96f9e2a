"""Range of each feature: extremes, constants, missing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sources import RowSource, chunks_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ColumnRanges:
    """What one pass over the training data finds, before anything is trained.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        Extremes of each feature; NaN if all of its values are missing.

    has_missing : bool
        Whether any value is missing.
    """

    low: Array
    high: Array
    has_missing: bool

    @property
    def constants(self) -> Array:
        """The value of each feature that has only one, NaN for the others."""
        return np.where(self.low == self.high, self.low, np.nan)

    @property
    def largest(self) -> Array:
        """The largest absolute value of each feature, one if all are zero."""
        largest = np.maximum(self.high, -self.low)
        return np.where(largest == 0, 1.0, largest)


def find_ranges(X: NDArray[Any] | RowSource) -> ColumnRanges:
    """Return the ranges of the features.

    Parameters
    ----------
    X : ndarray or RowSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing. Infinities are not expected.

    Returns
    -------
    ColumnRanges
        In float64.
    """
    low = high = None
    has_missing = False
    for _, rows in chunks_of(X):
        lows, highs = np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)
        low = lows if low is None else np.fmin(low, lows)
        high = highs if high is None else np.fmax(high, highs)
        with np.errstate(over="ignore", invalid="ignore"):
            has_missing = has_missing or bool(np.isnan(rows.sum()))
    return ColumnRanges(np.asarray(low, np.float64), np.asarray(high, np.float64), has_missing)
