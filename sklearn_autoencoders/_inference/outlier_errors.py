"""Errors by which outliers are detected: of predictions, and of the nearest prototypes."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import Data, SampleDataset
from .._data.model import Model, torch_dtype
from .._data.sparse import as_dense
from .._utils.batch import Batch
from ..objectives._contract import known
from ..objectives._losses import Loss
from .run import Function, Samples, cell_errors, run


def sample_errors(
    model: Model,
    X: Samples,
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None = None,
) -> NDArray[Any]:
    """Return the mean error of each sample's observed values, in units of tolerances.

    Parameters
    ----------
    model : Model
        Predicts the values.

    X : ndarray of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    tolerance : ndarray of shape (n_features,)
        Unit of the absolute errors of the predictions of each feature, in the units of X.

    distance_unit : ndarray of shape (n_features,) or None, default=None
        The same for differences from the nearest prototypes, if the network has any.

    Returns
    -------
    ndarray of shape (n_samples,)
        The errors, in the type of X.
    """
    function = errors(model, tolerance, distance_unit, X.dtype)
    # n_draws=4: small chunks fit into the cache
    return run(model, SampleDataset(model, Data(X)), function, n_draws=4)


def value_errors(
    model: Model,
    X: Samples,
    expected: NDArray[Any],
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Return the error of each value, in units of tolerances; NaN where a value is missing.

    Parameters
    ----------
    model, X, tolerance, distance_unit
        As in :func:`sample_errors`.

    expected : ndarray of shape (n_samples, n_columns)
        Predictions of the network.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Their means over the observed values of a sample are those of :func:`sample_errors`, if no
        feature is constant.
    """
    found = cell_errors(model, X, expected) / tolerance
    if distance_unit is None:
        return found
    joined: NDArray[np.float64] = (found + prototype_errors(model, X) / distance_unit) / 2
    return joined


def prototype_errors(model: Model, X: Samples) -> NDArray[np.float64]:
    """Return the mean error of each value, if the nearest prototype of a group predicts it.

    Parameters
    ----------
    model : Model
        Its network has prototypes.

    X : ndarray of shape (n_samples, n_columns)
        Samples, NaN where a value is missing.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Means over the groups, in the units of X, as in :func:`cell_errors`.
    """
    loss = cast(Loss, model.loss)
    found = run(model, SampleDataset(model, Data(X)), lambda *given: _distances(loss, *given))
    found = found * model.column_scale
    return np.where(np.isnan(as_dense(X)), np.nan, found)


def errors(
    model: Model,
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None,
    dtype: Any,
) -> Function:
    """Return the function from samples of a type to their errors, as in :func:`sample_errors`."""
    unit = _as_unit(model, tolerance, dtype)
    unit_of_distance = None if distance_unit is None else _as_unit(model, distance_unit, dtype)
    loss = cast(Loss, model.loss)

    def function(network: Any, batch: Batch) -> Tensor:
        observed = batch.observed
        values = loss.errors(network(batch).reconstruction, known(batch.target)) * unit
        if unit_of_distance is not None:
            values = (values + _distances(loss, network, batch) * unit_of_distance) / 2
        if observed is None:
            return values.mean(1)
        return (values * observed).sum(1) / observed.sum(1)

    return function


def _as_unit(model: Model, tolerance: NDArray[np.float64], dtype: Any) -> Tensor:
    """Return the factor of the errors of each column in the units of the network."""
    factor = model.column_scale / tolerance
    return torch.tensor(factor, dtype=torch_dtype(dtype), device=model.device)


def _distances(loss: Loss, network: Any, batch: Batch) -> Tensor:
    """Return the errors of the nearest prototypes, averaged over the groups."""
    return loss.errors(network.nearest(batch), known(batch.target)).mean(0)
