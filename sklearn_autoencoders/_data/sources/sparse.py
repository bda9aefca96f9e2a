"""Samples of a sparse matrix, of which only the requested ones are made dense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .rows import FeatureRanges, RowSource

# Number of values in a block of columns.
_BLOCK_SIZE = 2**22

# Matrices with more features and more values are large. Of others, the covariance or a dense copy
# is small, and statistics are computed as those of an array, with exactly the same results.
MAX_COVARIANCE, _MAX_VALUES = 4096, 2**24


class SparseRows(RowSource):
    """The samples of a sparse matrix; values that are not stored are zeros.

    Parameters
    ----------
    matrix : csr_array or csr_matrix of shape (n_samples, n_features)
        The samples, NaN where a value is missing. It is not modified.

    missing : ndarray of int, default=()
        Columns whose values are all missing, whatever the matrix contains.

    unstored : float, default=0.0
        Value of what is not stored; NaN for missing values.
    """

    def __init__(self, matrix: Any, missing: Any = (), unstored: float = 0.0) -> None:
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        self.matrix = matrix
        self.shape = matrix.shape
        self.dtype = matrix.dtype
        self._missing = np.asarray(missing, dtype=np.intp)
        self._unstored = unstored

    def __getitem__(self, indices: Any) -> SparseRows:
        """Return samples, as a sparse matrix."""
        return SparseRows(self.matrix[indices], self._missing, self._unstored)

    def take(self, indices: Any) -> NDArray[Any]:
        """Return samples as a dense array."""
        samples = self._dense(self.matrix[indices])
        samples[:, self._missing] = np.nan
        return samples

    def _dense(self, matrix: Any) -> NDArray[Any]:
        if self._unstored == 0:
            dense: NDArray[Any] = matrix.toarray()
            return dense
        dense = np.full(matrix.shape, self._unstored, dtype=self.dtype)
        dense[np.repeat(np.arange(len(dense)), np.diff(matrix.indptr)), matrix.indices] = (
            matrix.data
        )
        return dense

    def as_type(self, dtype: Any) -> SparseRows:
        """Return the same samples in another type."""
        return SparseRows(self.matrix.astype(dtype, copy=False), self._missing, self._unstored)

    def without(self, columns: Any) -> SparseRows:
        """Return the same samples with missing values in the given columns."""
        return SparseRows(self.matrix, np.union1d(self._missing, columns), self._unstored)

    def with_means(self, means: NDArray[np.float64], indices: Any) -> Any:
        """Return a sparse matrix of samples in float64, with means for stored missing values."""
        part = self.matrix[indices].astype(np.float64)
        missing = np.isnan(part.data)
        if len(self._missing):
            missing |= np.isin(part.indices, self._missing)
        part.data[missing] = means[part.indices[missing]]
        return part

    @property
    def is_large(self) -> bool:
        """Whether statistics have to be computed from the stored values."""
        n_samples, n_features = self.shape
        return n_features > MAX_COVARIANCE and n_samples * n_features > _MAX_VALUES

    @property
    def has_missing(self) -> bool:
        """Whether any value is missing."""
        return bool(
            np.isnan(self._unstored) or len(self._missing) or np.isnan(self.matrix.data).any()
        )

    @property
    def largest(self) -> float:
        """Largest absolute value."""
        return float(np.fmax.reduce(np.abs(self.matrix.data), initial=0.0))

    def empty_samples(self) -> NDArray[np.intp]:
        """Return the positions of samples without any value."""
        indices, pointers = self.matrix.indices, self.matrix.indptr
        is_known = np.ones(self.shape[1], dtype=bool)
        is_known[self._missing] = False
        missing = np.isnan(self.matrix.data) & is_known[indices]
        counts = np.diff(np.concatenate([[0], np.cumsum(missing)])[pointers])
        return np.flatnonzero(counts == is_known.sum())

    @property
    def ranges(self) -> FeatureRanges:
        """The ranges of the features."""
        return FeatureRanges(*self.extremes(), self.has_missing, self.empty_samples())

    def extremes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the minimum and the maximum of each column; NaN if all its values are missing."""
        n_samples, n_features = self.shape
        columns, values = self.matrix.indices, self.matrix.data
        is_full = np.bincount(columns, minlength=n_features) == n_samples
        low = np.where(is_full, np.nan, self._unstored)
        low[self._missing] = np.nan
        high = low.copy()
        if len(self._missing):
            kept = ~np.isin(columns, self._missing)
            columns, values = columns[kept], values[kept]
        np.fmin.at(low, columns, values)
        np.fmax.at(high, columns, values)
        return low, high

    def column_blocks(self) -> Iterator[NDArray[Any]]:
        """Yield dense blocks of columns, in order."""
        columns, size = self.matrix.tocsc(), max(_BLOCK_SIZE // max(len(self), 1), 1)
        for start in range(0, self.shape[1], size):
            block: NDArray[Any] = columns[:, start : start + size].toarray()
            own = self._missing[(self._missing >= start) & (self._missing < start + size)]
            block[:, own - start] = np.nan
            yield block


def stacked(first: Any, second: Any) -> Any:
    """Return the samples of two arrays or sparse matrices, the first ones first."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return np.vstack([first, second])
    return SparseRows(sparse.vstack([as_matrix(first), as_matrix(second)], format="csr"))


def as_matrix(samples: Any) -> Any:
    """Return samples as a sparse matrix; an array unchanged where it is not sparse."""
    return samples.matrix if isinstance(samples, SparseRows) else sparse.csr_array(samples)


def as_passed(samples: Any) -> Any:
    """Return samples as a public method takes them: an array, or a sparse matrix."""
    return samples.matrix if isinstance(samples, SparseRows) else samples


def as_dense(samples: Any) -> Any:
    """Return samples as an array; for a few samples, or where the result is dense anyway."""
    return samples.take(slice(None)) if isinstance(samples, RowSource) else samples


def has_nan(samples: Any) -> bool:
    """Return whether any value is missing."""
    if isinstance(samples, RowSource):
        return samples.has_missing
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isnan(np.sum(samples)))
