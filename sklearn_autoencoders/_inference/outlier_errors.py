"""Errors by which outliers are detected: of predictions, and of the nearest prototypes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model, torch_dtype
from .._data.sources.sparse import as_dense
from .._data.statistics.scaling import MIN_FREQUENCY, weighted_quantile
from .._utils.batch import Batch
from ..networks._layers.prototypes import Prototypes
from ..networks._models.ensemble import Ensemble
from ..objectives._contract import not_none
from ..objectives._losses import Loss
from .run import Function, Samples, cell_errors, reconstruct, run

# From this number of columns on, the features of numbers share one unit of the errors of
# predictions, and these errors count less, in proportion to one divided by the number.
WIDE = 48


def sample_errors(
    model: Model,
    X: Samples,
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None = None,
) -> NDArray[Any]:
    """Return the mean of the errors of the predictions of each sample and of its distance.

    Parameters
    ----------
    model : Model
        Predicts the values.

    X : ndarray of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    tolerance : ndarray of shape (n_features,)
        Unit of the absolute errors of the predictions of each feature, in the units of X.

    distance_unit : ndarray of shape (n_features,) or None, default=None
        The same for differences from the nearest prototype, if the network has any, whose root
        mean square is the distance.

    Returns
    -------
    ndarray of shape (n_samples,)
        The means, in the type of X; for more features than `WIDE`, the errors of predictions have
        a weight of `WIDE` divided by their number.
    """
    function = error_function(model, tolerance, distance_unit, X.dtype)
    # as if there were copies: small chunks fit into the cache
    return run(model, SampleDataset(model, Data(X)), function, n_copies=2)


def value_errors(
    model: Model,
    X: Samples,
    expected: NDArray[Any],
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None,
    unknown: UnknownCategories | None = None,
) -> NDArray[np.float64]:
    """Return the part of each value in the errors of its sample; NaN where a value is missing.

    Parameters
    ----------
    model, X, tolerance, distance_unit
        As in :func:`sample_errors`.

    expected : ndarray of shape (n_samples, n_columns)
        Predictions of the network.

    unknown : UnknownCategories or None, default=None
        Missing values of X that are not missing, but categories that did not occur in the fit.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Their means over the observed values of a sample are those of :func:`sample_errors`.
    """
    found = cell_errors(model, X, expected)
    if unknown is not None:
        found = np.where(unknown.where, unknown.error, found)
    found = found / tolerance
    if distance_unit is None:
        return found
    deviations = prototype_errors(model, X)
    if unknown is not None:
        deviations = np.where(unknown.where, unknown.deviation, deviations)
    parts = (deviations / distance_unit) ** 2
    distance = root_mean_square(parts)
    parts = np.divide(parts, distance, out=np.zeros_like(parts), where=distance > 0)
    parts[np.isnan(found)] = np.nan
    weight = _weight_of_predictions(len(tolerance))
    joined: NDArray[np.float64] = (weight * found + parts) / (weight + 1)
    return joined


@dataclass(frozen=True)
class UnknownCategories:
    """Categories that did not occur in the fit, and what they count in the errors.

    Parameters
    ----------
    where : ndarray of bool of shape (n_samples, n_columns)
        Which missing values are unknown categories.

    error, deviation : ndarray of shape (n_columns,)
        Their error of prediction and their deviation from prototypes, as of :func:`unknown_costs`.
    """

    where: NDArray[np.bool_]
    error: NDArray[np.float64]
    deviation: NDArray[np.float64]


def unknown_costs(
    model: Model,
    with_infrequent: NDArray[np.bool_],
    n_samples: float,
    least: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    r"""Return the errors and the deviations of categories that did not occur in the fit.

    They count as categories of frequency :math:`f = 1 / (n + 1)`, as if they were in one of
    :math:`n + 1` samples, that neither the network nor a prototype predicts. In columns with
    infrequent categories, f is the frequency of these together. The error is :math:`-\log f`, and
    the deviation is the scaled indicator of such a category. Both are at least those of a typical
    held-out value, which are larger if most categories are in few samples.

    Parameters
    ----------
    model : Model
        Its scaling has the frequencies of the known categories.

    with_infrequent : ndarray of bool of shape (n_columns,)
        Which columns have infrequent categories.

    n_samples : float
        Number of samples of the fit.

    least : ndarray of shape (2, n_columns) or None
        Typical errors and deviations of held-out values, if they are known.

    Returns
    -------
    ndarray of shape (2, n_columns)
        As those of :func:`typical_errors`; of no meaning for numbers.
    """
    n_categories = np.maximum(model.layout.n_categories, 1)
    last = model.layout.first_inputs.numpy() + n_categories - 1
    frequency = np.full(len(last), 1 / (n_samples + 1))
    frequency[with_infrequent] = model.scaling.center[last][with_infrequent]
    sizes = np.maximum(n_categories - with_infrequent, 1)
    costs = np.stack(
        [-np.log(frequency), 1 / np.sqrt(np.maximum(frequency, MIN_FREQUENCY) * sizes)]
    )
    return costs if least is None else np.maximum(costs, least)


def typical_errors(
    model: Model, X: Samples, weight: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Return weighted medians of the errors of known values, of shape (2, n_columns).

    The first row has those of predictions, as in :func:`cell_errors`, and the second one those of
    prototypes, as in :func:`prototype_errors`; zero if there are none.
    """
    parts = [cell_errors(model, X, reconstruct(model, X))]
    has_prototypes = cast(Ensemble, model.network).prototypes is not None
    parts.append(prototype_errors(model, X) if has_prototypes else np.zeros_like(parts[0]))
    medians = [[weighted_quantile(own, 0.5, weight) for own in part.T] for part in parts]
    found: NDArray[np.float64] = np.nan_to_num(np.array(medians))
    return found


def root_mean_square(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the root of the mean of the known squares of each sample, of shape (n_samples, 1)."""
    known = ~np.isnan(squares)
    total = np.where(known, squares, 0.0).sum(1, keepdims=True)
    root: NDArray[np.float64] = np.sqrt(total / known.sum(1, keepdims=True).clip(min=1))
    return root


def prototype_errors(model: Model, X: Samples) -> NDArray[np.float64]:
    """Return the difference of each value from its reconstructions near prototypes.

    Parameters
    ----------
    model : Model
        Its network has prototypes.

    X : ndarray of shape (n_samples, n_columns)
        Samples, NaN where a value is missing.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Root mean squares over the groups of prototypes, in the units of X; of a category, the root
        of the sum of the squares of those of its indicators.
    """

    def function(network: Any, batch: Batch) -> Tensor:
        return _squares(model, network, batch).sqrt()

    found = run(model, SampleDataset(model, Data(X)), function) * _scale_of_columns(model)
    return np.where(np.isnan(as_dense(X)), np.nan, found)


def distance_unit_of(model: Model) -> NDArray[np.float64]:
    """Return the unit of each column that distances from prototypes have, in the units of X."""
    prototypes = cast(Prototypes, cast(Ensemble, model.network).prototypes)
    own = prototypes.unit.double().cpu().numpy()[model.layout.first_inputs.numpy()]
    scale = _scale_of_columns(model)
    largest = np.finfo(np.float64).max / 1e3  # neither the product nor multiples of it overflow
    unit: NDArray[np.float64] = np.minimum(own, largest / np.maximum(scale, 1.0)) * scale
    return unit


def _scale_of_columns(model: Model) -> NDArray[np.float64]:
    """Return the scale of the inputs of each column, in the units of X; one for categories."""
    scale: NDArray[np.float64] = model.scaling.scale[model.layout.first_inputs.numpy()]
    scale[model.layout.categories.numpy()] = 1.0
    return scale


def error_function(
    model: Model,
    tolerance: NDArray[np.float64],
    distance_unit: NDArray[np.float64] | None,
    dtype: Any,
) -> Function:
    """Return the function from samples of a type to their errors, as in :func:`sample_errors`."""
    unit = _as_factor(model, model.column_scale / tolerance, dtype)
    weight, loss = _weight_of_predictions(len(tolerance)), cast(Loss, model.loss)
    if distance_unit is not None:
        unit_of_squares = _as_factor(model, (_scale_of_columns(model) / distance_unit) ** 2, dtype)

    def function(network: Any, batch: Batch) -> Tensor:
        values = loss.errors(network(batch).reconstruction, not_none(batch.target)) * unit
        found = _mean(values, batch.observed)
        if distance_unit is None:
            return found
        squares = _squares(model, network, batch) * unit_of_squares
        return (weight * found + _mean(squares, batch.observed).sqrt()) / (weight + 1)

    return function


def _weight_of_predictions(n_columns: int) -> float:
    """Return the weight of the errors of predictions relative to that of the distance."""
    return min(1.0, WIDE / n_columns)


def _as_factor(model: Model, factor: NDArray[np.float64], dtype: Any) -> Tensor:
    return torch.tensor(factor, dtype=torch_dtype(dtype), device=model.device)


def _mean(values: Tensor, observed: Tensor | None) -> Tensor:
    """Return the mean of the observed values of each sample; zero if there is none."""
    if observed is None:
        return values.mean(1)
    return (values * observed).sum(1) / observed.sum(1).clamp(min=1.0)


def _squares(model: Model, network: Any, batch: Batch) -> Tensor:
    """Return the mean squared difference from the nearest prototypes of each column."""
    squares, layout = network.deviation(batch).square().mean(0), model.layout
    if layout.is_numeric:
        return cast(Tensor, squares)
    totals = layout.totals(layout.indicators_of(squares))
    return layout.joined(squares[:, layout.number_inputs], totals)


def upper_quartile(errors: NDArray[np.float64], weight: NDArray[np.float64] | None) -> float:
    """Return the weighted upper quartile of the known errors."""
    return weighted_quantile(errors, 0.75, weight)


def mean_of_known(errors: NDArray[np.float64], weight: NDArray[np.float64] | None) -> float:
    """Return the weighted mean of the known errors."""
    known = ~np.isnan(errors)
    return float(np.average(errors[known], weights=None if weight is None else weight[known]))
