"""Errors by which outliers are detected: of predictions, and of the nearest prototypes."""

from __future__ import annotations

from collections.abc import Sequence
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
from .._data.statistics.scaling import MIN_FREQUENCY
from .._utils.batch import Batch
from ..networks._ensemble import Ensemble
from ..networks._prototypes import Prototypes
from ..objectives._contract import not_none
from ..objectives._losses import Loss
from .run import Function, Samples, cell_errors, run

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
    function = errors(model, tolerance, distance_unit, X.dtype)
    # n_draws=2: small chunks fit into the cache
    return run(model, SampleDataset(model, Data(X)), function, n_draws=2)


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
    found = (found if unknown is None else unknown.in_errors(found)) / tolerance
    if distance_unit is None:
        return found
    deviations = prototype_errors(model, X)
    deviations = deviations if unknown is None else unknown.in_deviations(deviations)
    parts = (deviations / distance_unit) ** 2
    distance = root_mean_square(parts)
    parts = np.divide(parts, distance, out=np.zeros_like(parts), where=distance > 0)
    parts[np.isnan(found)] = np.nan
    weight = _weight_of_predictions(len(tolerance))
    joined: NDArray[np.float64] = (weight * found + parts) / (weight + 1)
    return joined


@dataclass(frozen=True)
class UnknownCategories:
    r"""What categories that did not occur in the fit to :math:`n` samples count in the errors.

    They count as categories that occurred once in :math:`n + 1` samples, and that neither the
    network nor any prototype predicts: the error is :math:`\log(n + 1)`, and the deviation from a
    prototype is the difference of the indicator of such a category in the columns with it.

    Parameters
    ----------
    where : ndarray of bool of shape (n_samples, n_columns)
        Which values are unknown categories.

    n_categories : sequence of int
        Number of the known categories of each column.

    n_samples : float
        Number of samples of the fit.
    """

    where: NDArray[np.bool_]
    n_categories: Sequence[int]
    n_samples: float

    def in_errors(self, errors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return errors of predictions with those of unknown categories."""
        return np.where(self.where, np.log1p(self.n_samples), errors)

    def in_deviations(self, deviations: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return differences from prototypes with those of unknown categories."""
        frequency = max(1 / (self.n_samples + 1), MIN_FREQUENCY)
        own = 1 / np.sqrt(frequency * np.maximum(self.n_categories, 1))
        return np.where(self.where, own, deviations)


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


def errors(
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
