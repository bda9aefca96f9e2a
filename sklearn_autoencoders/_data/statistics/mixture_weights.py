"""Weights of several models in the average of their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Nats by which the log-probabilities of training samples are too high under a network, times the
# root of the number of samples; weight of the prior, in samples; iterations.
_OPTIMISM, _N_PRIOR, _N_ITERATIONS = 2.0, 20, 60


def mixture_weights(
    log_probabilities: NDArray[Any], prior: Array, weight: Array, n_samples: float
) -> Array:
    """Return the weights with which the average explains training samples best.

    They are found by the EM algorithm.

    Parameters
    ----------
    log_probabilities : ndarray of shape (n_models, m)
        Log-probabilities of training samples under each model. The first one is a network, under
        which they are too high, as it has many parameters: about 2 / sqrt(n_samples) is subtracted.

    prior : ndarray of shape (n_models,)
        Weights of the models without samples, of sum one.

    weight : ndarray of shape (m,)
        Sample weights.

    n_samples : float
        Number of samples in the fit.

    Returns
    -------
    ndarray of shape (n_models,)
        Weights of sum one.
    """
    corrected = log_probabilities.astype(np.float64)
    corrected[0] -= _OPTIMISM / np.sqrt(n_samples)
    likelihood = np.exp(corrected - corrected.max(axis=0))
    weights = prior
    for _ in range(_N_ITERATIONS):
        joint = weights[:, None] * likelihood
        counts = (joint / joint.sum(axis=0)) @ weight
        weights = (counts + _N_PRIOR * prior) / (weight.sum() + _N_PRIOR)
    return weights
