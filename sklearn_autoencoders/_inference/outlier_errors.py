"""Errors by which outliers are detected: of predictions, and of the nearest prototypes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import Data, SampleDataset
from .._data.model import Model, torch_dtype
from .._utils.batch import Batch
from ..objectives._contract import known
from ..objectives._losses import Loss
from .run import Function, Samples, cell_errors, run

# Weight of the distance to prototypes; the remaining weight is that of the prediction error.
_SHARE = 0.5


def sample_errors(model: Model, X: Samples, tolerance: NDArray[np.float64]) -> NDArray[Any]:
    """Return the mean error of each sample's observed values, in units of a tolerance.

    Parameters
    ----------
    model : Model
        Predicts the values.

    X : ndarray of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    tolerance : ndarray of shape (n_features,)
        Tolerance of each feature, in the units of X.

    Returns
    -------
    ndarray of shape (n_samples,)
        The errors, in the type of X.
    """
    function = errors(model, tolerance, X.dtype)
    # n_draws=4: small chunks fit into the cache
    return run(model, SampleDataset(model, Data(X)), function, n_draws=4)


def outlier_errors(
    model: Model,
    X: Samples,
    expected: NDArray[Any],
    constants: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the error of each value, in the units of X; NaN where a value is missing.

    Parameters
    ----------
    model : Model
        Predicts the values.

    X, expected : ndarray of shape (n_samples, n_columns)
        Samples and their predictions.

    constants : ndarray of shape (n_columns,)
        The values of constant features, which no prototype can improve; NaN for all others.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Absolute errors of numbers, and negative log-probabilities of categories: the weighted mean
        of that of the prediction and those of the nearest prototypes.
    """
    errors = cell_errors(model, X, expected)
    if getattr(model.network, "prototypes", None) is None:
        return errors
    found = run(model, SampleDataset(model, Data(X)), distances(model)) * model.column_scale
    joined: NDArray[np.float64] = (1 - _SHARE) * errors + _SHARE * found
    return np.where(np.isnan(constants), joined, errors)


def distances(model: Model) -> Function:
    """Return the function from samples to the mean errors of their nearest prototypes."""
    loss: Any = model.loss
    return lambda network, batch: _distances(loss, network, batch)


def errors(model: Model, tolerance: NDArray[np.float64], dtype: Any) -> Function:
    """Return the function from samples of a type to their errors, as in :func:`sample_errors`."""
    unit = torch.tensor(
        model.column_scale / tolerance, dtype=torch_dtype(dtype), device=model.device
    )
    loss = cast(Loss, model.loss)

    def function(network: Any, batch: Batch) -> Tensor:
        observed = batch.observed
        values = loss.errors(network(batch).reconstruction, known(batch.target))
        if getattr(network, "prototypes", None) is not None:
            values = (1 - _SHARE) * values + _SHARE * _distances(loss, network, batch)
        values = values * unit
        if observed is None:
            return values.mean(1)
        return (values * observed).sum(1) / observed.sum(1)

    return function


def _distances(loss: Loss, network: Any, batch: Batch) -> Tensor:
    return loss.errors(network.nearest(batch), known(batch.target)).mean(0)
