"""Factor analysis of samples with missing values, by the EM algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..sources.arrays import SampleSource, as_source
from .scaling import Array, Scaling

# Number of iterations, and maximum number of samples, of which every n-th is used.
_N_ITERATIONS, _MAX_SAMPLES = 5, 2048
# Maximum number of factors, and of products of pairs of factors over all inputs.
_MAX_FACTORS, _MAX_PRODUCTS = 64, 2**19
# Minimum variance of the noise of an input, as fractions of its variance and of the mean variance.
# Without the second one, inputs that are nearly constant would determine the factors of a sample.
_MIN_NOISE, _MIN_SHARE = 0.02, 0.01
# Number of samples whose posteriors are in memory.
_CHUNK = 256


@dataclass(frozen=True)
class Factors:
    r"""The model :math:`x = W z + \epsilon` of scaled inputs, with standard normal :math:`z`.

    Parameters
    ----------
    loadings : ndarray of shape (n_inputs, n_factors)
        The matrix :math:`W`.

    noise : ndarray of shape (n_inputs,)
        Variances of the independent noise :math:`\epsilon`.
    """

    loadings: Array
    noise: Array

    def to_dict(self) -> dict[str, Array]:
        """Return plain values, from which the model can be restored."""
        return dict(vars(self))


def fit_factors(
    X: NDArray[Any] | SampleSource,
    scaling: Scaling,
    weight: Array | None,
    variances: Array,
    axes: Array,
) -> Factors:
    """Return the factor analysis of samples, starting at their principal components.

    Parameters
    ----------
    X : ndarray or SampleSource of shape (n_samples, n_inputs)
        Samples, NaN where a value is missing.

    scaling : Scaling
        Scaling that is applied first; its center is the mean.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    variances : ndarray of shape (m,)
        Variance along each principal axis.

    axes : ndarray of shape (m, n_inputs)
        Principal axes.

    Returns
    -------
    Factors
        At most 64 factors, fewer for many inputs.

    References
    ----------
    .. [1] D. B. Rubin and D. T. Thayer, "EM Algorithms for ML Factor Analysis", Psychometrika 47,
       1982.
    """
    n_samples, n_inputs = X.shape
    step = -(-n_samples // _MAX_SAMPLES)
    samples = as_source(X).take(slice(None, None, step)).astype(np.float64)
    scaled = (samples - scaling.center) / scaling.scale
    observed = (~np.isnan(scaled)).astype(np.float64)
    values: Array = np.nan_to_num(scaled, copy=False)
    weights = np.ones(len(values)) if weight is None else weight[::step]
    n_factors = min(_MAX_FACTORS, len(axes), int(np.sqrt(_MAX_PRODUCTS / n_inputs)) or 1)
    count = np.maximum(weights @ observed, np.finfo(float).tiny)
    variance = np.maximum(weights @ values**2 / count, 1e-12)
    loadings = axes[:n_factors].T * np.sqrt(variances[:n_factors])
    noise = _noise(variance - (loadings**2).sum(1), variance)
    ridge = 1e-3 * np.eye(n_factors)  # for inputs without any value
    for _ in range(_N_ITERATIONS):
        moments, products = _expectations(values, observed, weights, loadings, noise)
        solved: Any = np.linalg.solve(moments + ridge, products[..., None])
        loadings = solved[..., 0]
        explained = (loadings * products).sum(1) / count
        noise = _noise(variance - explained, variance)
    return Factors(loadings, noise)


def _noise(rest: Array, variance: Array) -> Array:
    lowest: Array = np.maximum(_MIN_NOISE * variance, _MIN_SHARE * variance.mean())
    return np.maximum(rest, lowest)


def _expectations(
    values: Array, observed: Array, weights: Array, loadings: Array, noise: Array
) -> tuple[Array, Array]:
    """Return sums, over the samples in which an input is known, of E[zz'] and of x E[z]."""
    n_inputs, n_factors = loadings.shape
    products = np.einsum("pk,pl->pkl", loadings, loadings / noise[:, None]).reshape(n_inputs, -1)
    second, first = np.zeros((n_inputs, n_factors**2)), np.zeros((n_inputs, n_factors))
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        known, x, weight = observed[part], values[part], weights[part, None]
        precision = np.eye(n_factors) + (known @ products).reshape(-1, n_factors, n_factors)
        covariance = np.linalg.inv(precision)
        mean = np.einsum("nkl,nl->nk", covariance, x @ (loadings / noise[:, None]))
        moment = covariance + mean[:, :, None] * mean[:, None, :]
        second += (known * weight).T @ moment.reshape(len(x), -1)
        first += (x * weight).T @ mean
    return second.reshape(n_inputs, n_factors, n_factors), first
