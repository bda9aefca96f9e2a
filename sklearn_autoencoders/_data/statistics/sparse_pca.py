"""Principal component analysis of a sparse matrix, which is centered implicitly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from ..sources.sparse import SparseRows
from .scaling import Scaling

Array = NDArray[np.float64]

# Maximum number of values of the axes, which limits their number.
_MAX_VALUES = 2**24
# Maximum number of samples whose Gram matrix is decomposed.
_MAX_GRAM = 4096
# Number of iterations of the randomized decomposition, and of additional directions.
_N_ITERATIONS, _N_MORE = 4, 10
# Number of samples in a chunk.
_CHUNK = 4096
# Fraction of the largest variance below which an axis is rounding error.
_MIN_VARIANCE = 1e-10


def sparse_axes(
    rows: SparseRows,
    scaling: Scaling,
    weight: Array | None,
    random_state: np.random.RandomState,
    max_values: int = _MAX_VALUES,
) -> tuple[Array, Array]:
    """Return the leading principal components of the scaled data, of either sign.

    Parameters
    ----------
    rows : SparseRows of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    scaling : Scaling
        Scaling that is applied first; its center is the mean of the features.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    random_state : RandomState
        Draws the first directions of the randomized decomposition, for more than 4096 samples.

    max_values : int, default=2**24
        Maximum number of values of the axes for more than 4096 samples.

    Returns
    -------
    variances : ndarray of shape (m,)
        Variance along each axis, in decreasing order.

    axes : ndarray of shape (m, n_features)
        Orthonormal rows; at most 2**24 values.

    References
    ----------
    .. [1] N. Halko, P. G. Martinsson and J. A. Tropp, "Finding Structure with Randomness", SIAM
       Review 53, 2011.
    """
    n_samples, n_features = rows.shape
    limit = _MAX_VALUES if n_samples <= _MAX_GRAM else max_values
    n_axes = min(max(limit // n_features, 1), n_samples)
    parts = list(_centered(rows, scaling, weight))
    if n_samples <= _MAX_GRAM:
        variances, axes = _axes_of_gram(parts[0], n_axes)
    else:
        start = random_state.standard_normal((n_features, min(n_axes + _N_MORE, n_features)))
        variances, axes = _randomized_axes(parts, start, n_axes)
    kept = variances > _MIN_VARIANCE * variances[0]
    kept[0] = True
    return variances[kept], axes[kept]


class _Centered:
    """Rows of the product of a diagonal matrix and of samples minus their center."""

    def __init__(self, values: Any, root: Array, center: Array) -> None:
        self._values, self._root, self._center = values, root, center

    def times(self, other: Array) -> Array:
        """Return the product with a dense matrix."""
        product: Array = self._values @ other - self._root[:, None] * (self._center @ other)
        return product

    def transposed_times(self, other: Array) -> Array:
        """Return the product of the transpose with a dense matrix."""
        product: Array = self._values.T @ other - np.outer(self._center, self._root @ other)
        return product

    def gram(self) -> Array:
        """Return the scalar products of the rows."""
        inner = np.outer(self._values @ self._center, self._root)
        squares = (self._center @ self._center) * np.outer(self._root, self._root)
        product: Array = (self._values @ self._values.T).toarray() - inner - inner.T + squares
        return product


def _centered(rows: SparseRows, scaling: Scaling, weight: Array | None) -> Iterator[_Centered]:
    """Yield the scaled samples times the root of their fraction of the total weight, in chunks."""
    weight = np.ones(len(rows)) if weight is None else weight
    roots, center = np.sqrt(weight / weight.sum()), scaling.center / scaling.scale
    size = max(len(rows) if len(rows) <= _MAX_GRAM else _CHUNK, 1)
    for start in range(0, len(rows), size):
        part, root = rows.with_means(scaling.center, slice(start, start + size)), roots[start:]
        root = root[:size]
        counts = np.diff(part.indptr)
        part.data *= np.repeat(root, counts) / scaling.scale[part.indices]
        yield _Centered(part, root, center)


def _axes_of_gram(rows: _Centered, n_axes: int) -> tuple[Array, Array]:
    variances, vectors = linalg.eigh(rows.gram(), check_finite=False)
    variances, vectors = np.maximum(variances[::-1], 0.0)[:n_axes], vectors[:, ::-1][:, :n_axes]
    axes = rows.transposed_times(vectors)
    length = np.sqrt((axes**2).sum(0))
    return variances, (axes / np.where(length > 0, length, 1.0)).T


def _randomized_axes(parts: list[_Centered], start: Array, n_axes: int) -> tuple[Array, Array]:
    """Return the axes by iterations of a subspace of features; samples are read in chunks."""
    basis = start
    for _ in range(_N_ITERATIONS):
        basis, _ = linalg.qr(
            _times_covariance(parts, basis), mode="economic", overwrite_a=True, check_finite=False
        )
    inner = np.zeros((basis.shape[1], basis.shape[1]))
    for part in parts:
        projected = part.times(basis)
        inner += projected.T @ projected
    variances, vectors = linalg.eigh(inner, check_finite=False)
    order = np.argsort(variances)[::-1][:n_axes]
    return np.maximum(variances[order], 0.0), vectors[:, order].T @ basis.T


def _times_covariance(parts: list[_Centered], basis: Array) -> Array:
    product = np.zeros_like(basis)
    for part in parts:
        product += part.transposed_times(part.times(basis))
    return product
