"""The normal distribution of samples with missing values, by the EM algorithm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...networks._layers.conditional_mean import LIMIT, hidden_blocks
from ..sources.arrays import SampleSource, as_source
from ..sources.ranges import find_ranges
from ..sources.rows import FeatureRanges
from .scaling import Array, Scaling

# Number of inputs up to which their full covariance matrix is used.
MAX_INPUTS = 512
# Number of iterations, and maximum number of samples, which are drawn at random.
_N_ITERATIONS, _MAX_SAMPLES = 5, 2048
# Cost of the inverses of one iteration, in multiplications, beyond which fewer samples are used.
_MAX_PRODUCTS = 2e10
# Covariances are multiplied by n / (n + this), for n samples.
_SHRINKAGE = 30
# Fraction of the variance of an input that is independent noise.
_NOISE = 0.02
# Variance of scaled inputs below which it is rounding error.
_NEGLIGIBLE = 1e-12
# Number of samples whose inverses are in memory.
_CHUNK = 128


@dataclass(frozen=True)
class Gaussian:
    """Normal distribution of scaled inputs of mean zero, and their ranges.

    Parameters
    ----------
    precision : ndarray of shape (n_inputs, n_inputs)
        Inverse of the covariance matrix.

    low, high : ndarray of shape (n_inputs,)
        Smallest and largest value of each input in the training samples.
    """

    precision: Array
    low: Array
    high: Array

    def to_dict(self) -> dict[str, Array]:
        """Return plain values, from which the distribution can be restored."""
        return dict(vars(self))


def fit_gaussian(
    X: NDArray[Any] | SampleSource,
    scaling: Scaling,
    weight: Array | None,
    ranges: FeatureRanges | None = None,
) -> Gaussian:
    """Return the normal distribution of samples, with shrunken covariances.

    Factor analysis with few factors loses relations between a few columns of a wide table, such as
    an area that is the sum of two others.

    Parameters
    ----------
    X : ndarray or SampleSource of shape (n_samples, n_inputs)
        Samples, NaN where a value is missing.

    scaling : Scaling
        Scaling that is applied first; its center is the mean.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    ranges : FeatureRanges or None, default=None
        Ranges of the inputs, if they are known.

    Returns
    -------
    Gaussian
        The distribution. Values are limited to four standard deviations before it is fitted.

    References
    ----------
    .. [1] R. J. A. Little and D. B. Rubin, "Statistical Analysis with Missing Data", chapter 11,
       Wiley, 2002.
    """
    ranges = find_ranges(X) if ranges is None else ranges
    low, high = ((limit - scaling.center) / scaling.scale for limit in (ranges.low, ranges.high))
    scaled, weights = _thinned(X, scaling, weight)
    missing = torch.tensor(np.isnan(scaled))
    values = torch.tensor(np.nan_to_num(scaled)).clamp(-LIMIT, LIMIT)
    covariance = _covariance_at_first(values, missing, weights)
    shrinkage = _SHRINKAGE / (_SHRINKAGE + max(len(values), float(weights.sum())))
    for _ in range(_N_ITERATIONS if missing.any() else 0):
        precision = _precision(covariance, shrinkage)
        covariance = _expected_covariance(values, missing, weights, precision)
    precision = _precision(covariance, shrinkage)
    return Gaussian(precision.numpy(), np.nan_to_num(low), np.nan_to_num(high))


def _thinned(
    X: NDArray[Any] | SampleSource, scaling: Scaling, weight: Array | None
) -> tuple[Array, Tensor]:
    """Return scaled samples and their weights, so few that an iteration is not too costly.

    They are in random order, as the order of X can be periodic.
    """
    chosen = np.random.RandomState(0).permutation(X.shape[0])[:_MAX_SAMPLES]
    samples = as_source(X).take(chosen).astype(np.float64)
    cost = np.cumsum(np.isnan(samples).sum(1, dtype=float) ** 3)
    n_kept = max(int(np.searchsorted(cost, _MAX_PRODUCTS, side="right")), 1)
    weights = np.ones(len(chosen)) if weight is None else weight[chosen]
    scaled = (samples[:n_kept] - scaling.center) / scaling.scale
    return scaled, torch.tensor(weights[:n_kept])


def _covariance_at_first(values: Tensor, missing: Tensor, weights: Tensor) -> Tensor:
    """Return the covariance of samples with zeros for what is missing, but exact variances."""
    count = (weights @ (~missing).to(values)).clamp(min=torch.finfo(values.dtype).tiny)
    variance = weights @ values.square() / count
    covariance = (values.T * weights) @ values / weights.sum()
    return covariance.diagonal_scatter(variance)


def _precision(covariance: Tensor, shrinkage: float) -> Tensor:
    variance = covariance.diagonal()
    # an input that does not vary is independent of the others
    variance = torch.where(variance > _NEGLIGIBLE, variance, 1.0)
    shrunken = ((1 - shrinkage) * covariance).diagonal_scatter((1 + _NOISE) * variance)
    inverse: Tensor = torch.linalg.inv(shrunken)
    return inverse


def _expected_covariance(
    values: Tensor, missing: Tensor, weights: Tensor, precision: Tensor
) -> Tensor:
    """Return the mean of E[xx'] given the known inputs; values are zero where missing."""
    n_inputs, filled = values.shape[1], values.clone()
    rest = values.new_zeros(n_inputs**2)
    # similar numbers of missing inputs make small blocks
    for part in missing.sum(1).argsort(dim=0, stable=True).split(_CHUNK):
        blocks, index, is_hidden = hidden_blocks(precision, missing[part])
        inverse = torch.linalg.inv(blocks) * (is_hidden[:, :, None] & is_hidden[:, None, :])
        right = (values[part] @ precision).gather(1, index)
        mean = -(inverse @ right[..., None])[..., 0]
        filled[part] = filled[part].scatter_add(1, index, mean)
        pairs = index[:, :, None] * n_inputs + index[:, None, :]
        inverse *= weights[part, None, None]
        rest.index_add_(0, pairs.flatten(), inverse.flatten())
    covariance = (filled.T * weights) @ filled + rest.view(n_inputs, n_inputs)
    return (covariance + covariance.T) / (2 * weights.sum())
