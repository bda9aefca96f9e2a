"""Units in which an outlier detector compares errors, and the scores in these units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._data.data import Data
from .._data.model import Model
from .._data.shapes import channel_of_features
from .._data.sources.arrays import map_in_chunks
from .._data.sources.sparse import has_nan
from .._data.statistics.scaling import fit_scaling
from .._data.validation import given_network
from .._data.value_checks import check_output
from .._inference.outlier_errors import (
    WIDE,
    distance_unit_of,
    mean_of_known,
    prototype_errors,
    root_mean_square,
    sample_errors,
    upper_quartile,
)
from .._inference.postprocess import (
    apply_to_arrays,
    comparable,
    constant_errors,
    mean_constant_errors,
)
from .._inference.run import cell_errors, reconstruct

Array = NDArray[np.float64]

# Minimum tolerance in standard deviations, because most values of a feature can be equal.
_MIN_TOLERANCE = 0.1

# The same for constant features, as a fraction of the constant.
_MIN_CHANGE = 1e-3

# Minimum mean distance of training samples from prototypes, in ranges of the features.
_MIN_DISTANCE = 0.01


@dataclass(frozen=True)
class ErrorUnits:
    """What errors of values are divided by, and what makes them comparable.

    Parameters
    ----------
    tolerance : ndarray of shape (n_features,)
        Unit of the errors of each feature.

    distance : ndarray of shape (n_features,) or None
        Unit of the differences of each feature from the nearest prototypes, if there are any.

    constants : ndarray of shape (n_features,)
        The values of constant features; NaN for all other features.

    n_samples : float
        Number of samples in which they are constant.

    quantiles : ndarray of shape (n_features + 1, n_quantiles) or None, default=None
        What makes errors of samples with missing values comparable, as of :func:`comparable`.
    """

    tolerance: Array
    distance: Array | None
    constants: Array
    n_samples: float
    quantiles: Array | None = None

    @property
    def is_constant(self) -> NDArray[np.bool_]:
        """Which features are constant."""
        return ~np.isnan(self.constants)

    @property
    def of_varying(self) -> tuple[Array, Array | None]:
        """Tolerance and unit of distances, infinite for constant features, whose errors vanish."""
        distance = self.distance
        distance = None if distance is None else infinite_if_constant(distance, self.constants)
        return infinite_if_constant(self.tolerance, self.constants), distance

    @property
    def of_constants(self) -> tuple[Array, Array, float]:
        """Values of the constant features, their tolerances and the number of samples."""
        return self.constants[self.is_constant], self.tolerance[self.is_constant], self.n_samples

    def scores(self, model: Model, X: Any) -> Array:
        """Return the negative mean error of the observed values of every sample.

        Parameters
        ----------
        model : Model
            Predicts the values of all features that are not constant.

        X : ndarray of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            The scores, in float64.
        """
        found = sample_errors(model, X, *self.of_varying).astype(np.float64)
        if self.is_constant.any():
            found += map_in_chunks(self._mean_errors_of_constants, X)
        if self.quantiles is not None and has_nan(X):
            found = self.comparable(found, map_in_chunks(_n_observed, X))
        scores: Array = -check_output(found)
        return scores

    def comparable(self, errors: Array, n_observed: NDArray[np.intp]) -> Array:
        """Return mean errors of samples as those of samples without missing values."""
        return apply_to_arrays(comparable, errors, n_observed, self.quantiles)

    def errors_of_constants(self, samples: NDArray[Any]) -> Array:
        """Return the errors of the values of constant features."""
        values = samples[:, self.is_constant].astype(np.float64)
        return apply_to_arrays(constant_errors, values, *self.of_constants)

    def _mean_errors_of_constants(self, samples: NDArray[Any]) -> Array:
        given = samples[:, self.is_constant], *self.of_constants, _n_observed(samples)
        return apply_to_arrays(mean_constant_errors, *given)


def _n_observed(samples: NDArray[Any]) -> NDArray[np.intp]:
    """Return the number of known values of each sample."""
    counts: NDArray[np.intp] = (~np.isnan(samples)).sum(1)
    return counts


def infinite_if_constant(unit: Array, constants: Array) -> Array:
    """Return units of features, infinite for constant ones."""
    return np.where(np.isnan(constants), unit, np.inf)


def averaged(before: Any, new: Any, fraction: float) -> Any:
    """Return the mean of a statistic over all batches.

    Parameters
    ----------
    before : float, ndarray or None
        The mean of earlier batches, if any.

    new : float or ndarray
        The statistic of the last batch.

    fraction : float
        Fraction of all samples that are in the last batch.

    Returns
    -------
    float or ndarray
        The mean, weighted by the numbers of samples.
    """
    return new if fraction == 1 or before is None else before + fraction * (new - before)


def units_are_ranges(estimator: Any) -> bool:
    """Return whether distances are in units of the ranges of features, not of the scale."""
    return bool(estimator._scaling_kind == "feature" and estimator._layout.is_numeric)


def robust_spread(model: Model, data: Data) -> Array:
    """Return the robust scale of each column; the entropy of a category, in nats."""
    spread, layout = fit_scaling(data.X, data.weight, "robust").scale, model.layout
    if not layout.is_numeric:
        loss: Any = model.loss
        spread[layout.categories] = loss.entropies
    return spread


def fit_tolerance(estimator: Any, model: Model, data: Data, spread: Array, before: Array) -> Array:
    """Return the typical error of each feature.

    Parameters
    ----------
    estimator : AutoencoderOutlierDetector
        Knows the constant features, and which ones share a scale.

    model : Model
        Predicts values.

    data : Data
        Samples.

    spread : ndarray of shape (n_features,)
        Standard deviation of each feature, of which a tolerance is a minimum fraction.

    before : ndarray of shape (n_features,)
        The tolerance of features without any value.

    Returns
    -------
    ndarray of shape (n_features,)
        The tolerances.
    """
    errors, constants = cell_errors(model, data.X, reconstruct(model, data.X)), estimator._constants
    if _has_common_unit(estimator, model):
        tolerance = _tolerance_by_range(model, errors, data.weight, constants)
    else:
        tolerance = _tolerance_of_each(estimator, errors, data.weight, spread, before)
    varies = np.isnan(constants)
    size = np.where(constants == 0, 1.0, np.abs(constants))
    tolerance[~varies] = np.maximum(_MIN_CHANGE * size[~varies], np.finfo(np.float64).tiny)
    return tolerance


def _has_common_unit(estimator: Any, model: Any) -> bool:
    """Return whether the tolerances of the features are the same fraction of their ranges."""
    is_wide = model.layout.n_columns >= WIDE and model.network.prototypes is not None
    return is_wide and units_are_ranges(estimator)


def _tolerance_by_range(
    model: Model, errors: Array, weight: Array | None, constants: Array
) -> Array:
    """Return units in which the mean error of the observed values is one."""
    unit = distance_unit_of(model)
    relative = (errors / unit)[:, np.isnan(constants)]
    n_known = (~np.isnan(relative)).sum(axis=1)
    weight = (n_known > 0) * (1.0 if weight is None else weight)
    total, of_samples = weight.sum(), np.nansum(relative, axis=1) / np.maximum(n_known, 1)
    return unit * max(weight @ of_samples / total if total > 0 else 0.0, _MIN_DISTANCE)


def _tolerance_of_each(
    estimator: Any, errors: Array, weight: Array | None, spread: Array, before: Array
) -> Array:
    """Return the typical error of each feature, or its mean over those of one scale."""
    kinds = [mean_of_known if n else upper_quartile for n in estimator._layout.n_categories]
    columns = zip(errors.T, before, kinds, strict=True)
    found = [old if np.isnan(own).all() else typical(own, weight) for own, old, typical in columns]
    tolerance = np.maximum(found, _MIN_TOLERANCE * spread)
    used = np.isnan(estimator._constants)
    used[estimator._empty_features] = False
    for own in _features_of_one_scale(estimator):
        known = tolerance[own & used]
        if len(known):
            largest = known.max()
            tolerance[own] = (known / largest).mean() * largest  # avoids overflow
    return tolerance


def _features_of_one_scale(estimator: Any) -> list[NDArray[np.bool_]]:
    """Return masks of the features that share a scale; none if each has its own."""
    kind, n_features = estimator._scaling_kind, estimator.n_features_in_
    if kind == "feature":
        return []
    if kind != "channel":
        return [np.ones(n_features, dtype=bool)]
    channel = channel_of_features(given_network(estimator), n_features)
    return [channel == index for index in np.unique(channel)]


def fit_distance_unit(model: Any, data: Data, constants: Array) -> Array | None:
    """Return the unit in which the mean distance from prototypes is one; None without these."""
    if model.network.prototypes is None:
        return None
    unit = distance_unit_of(model)
    varying = infinite_if_constant(unit, constants)
    distance = root_mean_square((prototype_errors(model, data.X) / varying) ** 2)[:, 0]
    mean: float = max(np.average(distance, weights=data.weight), _MIN_DISTANCE)
    return mean * unit
