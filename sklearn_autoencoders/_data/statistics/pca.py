"""Principal component analysis of an array, in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from sklearn.utils.extmath import svd_flip

from ..sources.arrays import SampleSource, as_source, chunks_of
from ..sources.sparse import MAX_COVARIANCE, SparseRows
from .scaling import Array, Scaling
from .sparse_pca import sparse_axes

# Minimum noise variance of probabilistic PCA, as a fraction of the mean variance: with less, the
# likelihood degenerates.
_MIN_NOISE = 1e-2

# Minimum noise variance of scaled samples, for a condition that explains all of their variance.
_LOWEST_NOISE = 1e-4


def principal_axes(
    X: NDArray[Any] | SampleSource,
    scaling: Scaling,
    weight: Array | None,
    random_state: np.random.RandomState,
) -> tuple[Array, Array]:
    """Return the principal components of the scaled data.

    Parameters
    ----------
    X : ndarray, SparseRows or SampleSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    scaling : Scaling
        Scaling that is applied first; its center is the mean of the features.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    random_state : RandomState
        Draws a subset of the samples if both samples and features outnumber 4096; for sparse
        matrices, the first directions of a randomized decomposition of all samples.

    Returns
    -------
    variances : ndarray of shape (m,)
        Variance along each axis, in decreasing order.

    axes : ndarray of shape (m, n_features)
        Orthonormal rows, with the signs that scikit-learn's PCA gives them.
    """
    source = as_source(X)
    n_samples = source.shape[0]
    if X.shape[1] <= min(n_samples, MAX_COVARIANCE):
        covariance = np.zeros((X.shape[1], X.shape[1]))
        for part in _root_weighted_samples(X, scaling, weight):
            covariance += part.T @ part
        variances, axes = linalg.eigh(covariance, check_finite=False)
        variances, axes = variances[::-1], axes.T[::-1].copy()
    elif isinstance(X, SparseRows) and X.is_large:
        variances, axes = sparse_axes(X, scaling, weight, random_state)
    else:
        if n_samples > MAX_COVARIANCE:
            chosen = random_state.permutation(n_samples)[:MAX_COVARIANCE]
            X, weight = source.take(chosen), None if weight is None else weight[chosen]
        variances, axes = _axes_of(_root_weighted_samples(X, scaling, weight))
    _, axes = svd_flip(None, axes, u_based_decision=False)
    return np.maximum(variances, 0.0), axes


def principal_axes_within(
    basis: Array, X: NDArray[Any] | SampleSource, scaling: Scaling, weight: Array | None
) -> tuple[Array, Array]:
    """Return the principal components of the scaled data in the coordinates of a subspace.

    Parameters
    ----------
    basis : ndarray of shape (n_axes, n_features)
        Orthonormal rows that span the subspace.

    X, scaling, weight
        As in :func:`principal_axes`.

    Returns
    -------
    variances : ndarray of shape (m,)
        Variance along each axis, in decreasing order.

    axes : ndarray of shape (m, n_axes)
        Orthonormal rows.
    """
    parts = _root_weighted_samples(X, scaling, weight)
    variances, axes = _axes_of(part @ basis.T for part in parts)
    _, axes = svd_flip(None, axes, u_based_decision=False)
    return variances, axes


def probabilistic_pca(
    variances: Array, n_components: int, n_features: int
) -> tuple[Array, Array, Array, float]:
    """Return the maximum likelihood solution of probabilistic PCA.

    Parameters
    ----------
    variances : ndarray of shape (m,)
        Variance along each principal axis, in decreasing order.

    n_components : int
        Number of codes, at most m.

    n_features : int
        Number of features.

    Returns
    -------
    gain : ndarray of shape (n_components,)
        Factors from principal components to posterior means.

    loading : ndarray of shape (n_components,)
        Factors from codes to principal components.

    log_var : ndarray of shape (n_components,)
        Logarithms of the posterior variances.

    noise : float
        Variance of the noise of each feature.

    References
    ----------
    M. E. Tipping and C. M. Bishop, "Probabilistic Principal Component Analysis", JRSS B 61, 1999.
    """
    total, kept = variances.sum(), variances[:n_components]
    noise = (total - kept.sum()) / max(n_features - n_components, 1)
    noise = max(noise, _MIN_NOISE * total / n_features, _LOWEST_NOISE)
    above = np.maximum(kept, noise)
    loading = np.sqrt(above - noise)
    return loading / above, loading, np.log(noise / above), noise


def n_components_for(fraction: float, variances: Array) -> int:
    """Return the number of components that explain the given fraction of the variance."""
    cumulative = np.cumsum(variances) / max(variances.sum(), np.finfo(float).tiny)
    return min(int(np.searchsorted(cumulative, fraction, side="right")) + 1, len(variances))


def _axes_of(parts: Iterable[Array]) -> tuple[Array, Array]:
    """Return the variances and the principal axes of chunks of samples, of any sign."""
    samples = np.vstack(list(parts))
    _, deviations, axes = linalg.svd(samples, full_matrices=False, check_finite=False)
    return deviations**2, axes


def _root_weighted_samples(
    X: NDArray[Any] | SampleSource, scaling: Scaling, weight: Array | None
) -> Iterator[Array]:
    """Yield chunks of the scaled samples times the root of their fraction of the total weight."""
    total = X.shape[0] if weight is None else weight.sum()
    for chunk, part in chunks_of(X):
        scaled = (part.astype(np.float64) - scaling.center) / scaling.scale
        part_weight = 1.0 if weight is None else weight[chunk, None]
        yield np.nan_to_num(scaled, copy=False) * np.sqrt(part_weight / total)
