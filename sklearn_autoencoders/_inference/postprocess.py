"""Conversion of a network's output to scores, labels and probabilities of each sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

# Relative difference below which scores are equal, since rounding depends on the batch size.
SAME = 1e-6
# Limits of errors of which logarithms are taken; errors can be infinite.
_POSITIVE = (1e-300, 1e300)


def apply_to_arrays(function: Callable[..., Tensor], *arrays: Any) -> NDArray[Any]:
    """Apply a function of tensors to arrays."""
    result: NDArray[Any] = function(*(torch.tensor(array) for array in arrays)).numpy()
    return result


def log_mean_exp(log_weights: Tensor) -> Tensor:
    """Return the logarithm of the mean of exponentials, over the last axis."""
    return log_weights.logsumexp(-1) - math.log(log_weights.shape[-1])


def with_constants(samples: Tensor, constants: Tensor) -> Tensor:
    """Return samples with constant features set to their values; NaN marks the other features."""
    return torch.where(constants.isnan(), samples, constants.to(samples.dtype))


def constant_errors(
    values: Tensor, constants: Tensor, tolerance: Tensor, n_samples: float
) -> Tensor:
    """Return the errors in constant features, in units of the tolerance.

    A value that was the same in `n_samples` samples differs in a new one with a probability of up
    to about one divided by their number. So errors count fully up to `n_samples` tolerances, and
    beyond by their logarithm.

    Parameters
    ----------
    values : Tensor of shape (n_samples, m)
        Values of the constant features, NaN where a value is missing.

    constants, tolerance : Tensor of shape (m,)
        Expected values, and tolerances.

    n_samples : float
        Number of samples in which the features are constant.

    Returns
    -------
    Tensor of shape (n_samples, m)
        Zero for the expected values, and NaN for missing ones.
    """
    errors = (values - constants).abs() / tolerance
    beyond = (errors / n_samples).clamp(min=1.0).log()
    return errors.clamp(max=n_samples) + n_samples * beyond


def mean_constant_errors(
    values: Tensor, constants: Tensor, tolerance: Tensor, n_samples: float, n_observed: Tensor
) -> Tensor:
    """Return the sums of the errors in constant features, divided by the numbers of known values.

    The first four arguments are those of :func:`constant_errors`. `n_observed`, of shape
    (n_samples,), counts the known values of all features.
    """
    errors = constant_errors(values, constants, tolerance, n_samples)
    return errors.nan_to_num(nan=0.0).sum(1) / n_observed.clamp(min=1)


def comparable(errors: Tensor, n_observed: Tensor, quantiles: Tensor) -> Tensor:
    """Return mean errors as those of samples without missing values.

    Quantiles of errors of samples with as many values become those of the last row; between them,
    logarithms are interpolated. Below the lowest, their differences remain; above the highest, they
    are multiplied by the ratio of the upper halves, at most one.

    Parameters
    ----------
    errors : Tensor of shape (n_samples,)
        Mean errors of the observed values.

    n_observed : Tensor of int of shape (n_samples,)
        Numbers of observed values.

    quantiles : Tensor of shape (n_features + 1, n_quantiles)
        Increasing logarithms for each number of observed values; the middle one is the median.

    Returns
    -------
    Tensor of shape (n_samples,)
        Unchanged where the quantiles are those of the last row; the median without any value.
    """
    usual, own, middle = quantiles[-1], quantiles[n_observed], quantiles.shape[1] // 2
    logs = errors.clamp(*_POSITIVE).log()[:, None] - own
    steps = own[:, 1:] - own[:, :-1]
    inner = logs[:, :-1].clamp(min=0.0).minimum(steps) * (usual[1:] - usual[:-1]) / steps
    ratio = (usual[-1] - usual[middle]) / (own[:, -1] - own[:, middle])
    outer = logs[:, 0].clamp(max=0.0) + logs[:, -1].clamp(min=0.0) * ratio.clamp(max=1.0)
    found = (usual[0] + inner.sum(1) + outer).exp()
    found = torch.where((own == usual).all(1), errors, found)
    return torch.where(n_observed == 0, usual[middle].exp(), found)


def outlier_labels(decision: Tensor) -> Tensor:
    """Return -1 for outliers, whose decision function is negative, and 1 for inliers."""
    return torch.where(decision < 0, -1, 1)


def p_values(scores: Tensor, held_out: Tensor) -> Tensor:
    """Return the fraction of held-out samples, plus the sample itself, that score no higher.

    Parameters
    ----------
    scores : Tensor of shape (n_samples,)
        Scores of the samples.

    held_out : Tensor of shape (n,)
        Negative scores of held-out samples, in ascending order.

    Returns
    -------
    Tensor of shape (n_samples,)
        In (0, 1].
    """
    anomaly, n = -scores, len(held_out)
    less = torch.searchsorted(held_out, anomaly - SAME * anomaly)
    return (1 + n - less).to(scores.dtype) / (1 + n)


def margins(logits: Tensor) -> Tensor:
    """Return the logits; for two classes their difference, positive for the second class."""
    return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits


def probabilities(logits: Tensor) -> Tensor:
    """Return the probability of each class."""
    return logits.softmax(1)


def log_probabilities(logits: Tensor) -> Tensor:
    """Return the logarithm of the probability of each class, exact also for small ones."""
    return logits.log_softmax(1)


def most_likely(logits: Tensor) -> Tensor:
    """Return the index of the most likely class of each sample."""
    return logits.argmax(1)


def in_units(prediction: Tensor, center: Tensor, scale: Tensor) -> Tensor:
    """Return standardized targets in the units of y."""
    return prediction * scale + center
