"""Range of each feature: extremes, constants, missing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .sources import SampleSource, chunks_of
from .sparse import SparseRows

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FeatureRanges:
    """Statistics of the training data that are computed in one pass before training.

    Parameters
    ----------
    low, high : ndarray of shape (n_features,)
        Extremes of each feature; NaN if all of its values are missing.

    has_missing : bool
        Whether any value is missing.

    empty_samples : ndarray of shape (n_empty,)
        Positions of samples without any value.
    """

    low: Array
    high: Array
    has_missing: bool
    empty_samples: NDArray[np.intp]

    @property
    def constants(self) -> Array:
        """The values of constant features; NaN for the others."""
        return np.where(self.low == self.high, self.low, np.nan)

    def constants_since(self, before: Array) -> Array:
        """Return the values of the features that are constant here and were constant before.

        Parameters
        ----------
        before : ndarray of shape (n_features,)
            Constants of all earlier samples.

        Returns
        -------
        ndarray of shape (n_features,)
            A feature without values here stays as it was; NaN for features that are not constant.
        """
        constants = np.where(np.isnan(self.low), before, self.constants)
        return np.where(constants == before, constants, np.nan)


def find_ranges(X: NDArray[Any] | SampleSource) -> FeatureRanges:
    """Return the ranges of the features.

    Parameters
    ----------
    X : ndarray, SparseRows or SampleSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing. Infinities are not expected.

    Returns
    -------
    FeatureRanges
        In float64.
    """
    if isinstance(X, SparseRows):
        return FeatureRanges(*X.extremes(), X.has_missing, X.empty_samples())
    low = np.full(X.shape[1], np.nan)
    high, empty = low.copy(), [np.zeros(0, dtype=np.intp)]
    has_missing = False
    for chunk, samples in chunks_of(X):
        np.fmin(low, np.fmin.reduce(samples, axis=0), out=low)
        np.fmax(high, np.fmax.reduce(samples, axis=0), out=high)
        with np.errstate(over="ignore", invalid="ignore"):
            may_miss = np.isnan(samples.sum())
        if may_miss:
            missing = np.isnan(samples)
            has_missing = has_missing or bool(missing.any())
            empty.append(chunk.start + np.flatnonzero(missing.all(axis=1)))
    return FeatureRanges(low, high, has_missing, np.concatenate(empty))
