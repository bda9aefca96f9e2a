"""Samples of which only some are in memory at a time, and the ranges of their features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    @classmethod
    def of(cls, chunks: Iterable[tuple[slice, NDArray[Any]]], n_features: int) -> FeatureRanges:
        """Return the ranges of samples in chunks, each with its slice."""
        low = np.full(n_features, np.nan)
        high, empty = low.copy(), [np.zeros(0, dtype=np.intp)]
        has_missing = False
        for chunk, samples in chunks:
            np.fmin(low, np.fmin.reduce(samples, axis=0), out=low)
            np.fmax(high, np.fmax.reduce(samples, axis=0), out=high)
            with np.errstate(over="ignore", invalid="ignore"):
                may_miss = np.isnan(samples.sum())
            if may_miss:
                missing = np.isnan(samples)
                has_missing = has_missing or bool(missing.any())
                empty.append(chunk.start + np.flatnonzero(missing.all(axis=1)))
        return cls(low, high, has_missing, np.concatenate(empty))

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


class RowSource(ABC):
    """Samples that are read in parts: those of a sparse matrix, or of a dataset in files.

    Attributes
    ----------
    shape : tuple of int
        Number of samples and of features.

    dtype : dtype
        float32 or float64. Missing values are NaN.
    """

    # NumPy would otherwise read the samples one by one.
    __iter__ = None
    ndim = 2
    shape: tuple[int, ...]
    dtype: Any

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.shape[0]

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        """Refuse to be converted, which would read all samples into memory."""
        raise TypeError("These samples are made dense in batches only.")

    @abstractmethod
    def __getitem__(self, indices: Any) -> Any:
        """Return samples, as a source of the same kind or, if they are few, as an array."""

    @abstractmethod
    def take(self, indices: Any) -> NDArray[Any]:
        """Return samples as a dense array.

        Parameters
        ----------
        indices : slice or sequence of int
            Indices of the samples.
        """

    @abstractmethod
    def without(self, columns: Any) -> RowSource:
        """Return the same samples with missing values in the given columns."""

    @abstractmethod
    def column_blocks(self) -> Iterator[NDArray[Any]]:
        """Yield dense blocks of columns, in order."""

    @property
    @abstractmethod
    def ranges(self) -> FeatureRanges:
        """The ranges of the features."""

    @property
    def has_missing(self) -> bool:
        """Whether any value is missing."""
        return self.ranges.has_missing
