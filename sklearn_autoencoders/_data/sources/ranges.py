"""Range of each feature: extremes, constants, missing values."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from .arrays import SampleSource, chunks_of
from .rows import FeatureRanges, RowSource


def find_ranges(X: NDArray[Any] | SampleSource) -> FeatureRanges:
    """Return the ranges of the features.

    Parameters
    ----------
    X : ndarray, RowSource or SampleSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing. Infinities are not expected.

    Returns
    -------
    FeatureRanges
        In float64.
    """
    if isinstance(X, RowSource):
        return X.ranges
    return FeatureRanges.of(chunks_of(X), X.shape[1])
