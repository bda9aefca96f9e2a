"""Units of the errors by which an outlier detector scores samples."""

from __future__ import annotations

import numpy as np

from .._data.shapes import channel_of_features
from .._data.statistics.scaling import fit_scaling
from .._data.validation import given_network
from .._inference.outlier_errors import (
    WIDE,
    distance_unit_of,
    mean_of_known,
    prototype_errors,
    root_mean_square,
    upper_quartile,
)
from .._inference.run import cell_errors, reconstruct

# Minimum tolerance in standard deviations, because most values of a feature can be equal.
_MIN_TOLERANCE = 0.1
# The same for constant features, as a fraction of the constant.
_MIN_CHANGE = 1e-3
# Minimum mean distance of training samples from prototypes, in ranges of the features.
_MIN_DISTANCE = 0.01


class OutlierUnitsMixin:
    """Tolerances of predictions and units of distances, computed after training."""

    def _spread(self, data):
        """Return the robust scale of each column; the entropy of a category, in nats."""
        spread, layout = fit_scaling(data.X, data.weight, "robust").scale, self._layout
        if not layout.is_numeric:
            spread[layout.categories] = self._model.loss.entropies
        return spread

    def _typical_errors(self):
        """Return for each column the function from errors to its typical error."""
        n_categories = self._layout.n_categories
        return [mean_of_known if n else upper_quartile for n in n_categories]

    def _features_of_one_scale(self):
        """Return masks of the features that share a scale; none if each has its own."""
        kind, n_features = self._scaling_kind, self.n_features_in_
        if kind == "feature":
            return []
        if kind != "channel":
            return [np.ones(n_features, dtype=bool)]
        channel = channel_of_features(given_network(self), n_features)
        return [channel == index for index in np.unique(channel)]

    def _tolerance(self, model, data, spread, fraction):
        """Return the typical error of each feature, averaged over all batches."""
        errors = cell_errors(model, data.X, reconstruct(model, data.X))
        before = spread if fraction == 1 else self.tolerance_
        if self._has_common_unit(model):
            tolerance = self._tolerance_by_range(model, errors, data.weight)
        else:
            tolerance = self._tolerance_of_each(errors, data.weight, spread, before)
        varies = np.isnan(self._constants)
        size = np.where(self._constants == 0, 1.0, np.abs(self._constants))
        tolerance[~varies] = np.maximum(_MIN_CHANGE * size[~varies], np.finfo(np.float64).tiny)
        return tolerance if fraction == 1 else before + fraction * (tolerance - before)

    def _has_common_unit(self, model):
        """Return whether the tolerances of the features are the same fraction of their ranges."""
        is_wide = self._layout.n_columns >= WIDE and model.network.prototypes is not None
        return is_wide and self._units_are_ranges

    def _tolerance_by_range(self, model, errors, weight):
        """Return units in which the mean error of the observed values is one."""
        unit = distance_unit_of(model)
        relative = (errors / unit)[:, np.isnan(self._constants)]
        n_known = (~np.isnan(relative)).sum(axis=1)
        weight = (n_known > 0) * (1.0 if weight is None else weight)
        total, of_samples = weight.sum(), np.nansum(relative, axis=1) / np.maximum(n_known, 1)
        return unit * max(weight @ of_samples / total if total > 0 else 0.0, _MIN_DISTANCE)

    def _tolerance_of_each(self, errors, weight, spread, before):
        """Return the typical error of each feature, or its mean over those of one scale."""
        tolerance = np.array(
            [
                old if np.isnan(error).all() else typical(error, weight)
                for error, old, typical in zip(
                    errors.T, before, self._typical_errors(), strict=True
                )
            ]
        )
        tolerance = np.maximum(tolerance, _MIN_TOLERANCE * spread)
        used = np.isnan(self._constants)
        used[self._empty_features] = False
        for own in self._features_of_one_scale():
            known = tolerance[own & used]
            if len(known):
                largest = known.max()
                tolerance[own] = (known / largest).mean() * largest  # avoids overflow
        return tolerance

    @property
    def _units_are_ranges(self):
        """Whether distances are in units of the ranges of features, not of the scale."""
        return self._scaling_kind == "feature" and self._layout.is_numeric

    def _unit_of_distances(self, model, data, fraction):
        """Return the unit in which the mean distance from prototypes is one."""
        before = self.distance_unit_
        if model.network.prototypes is None:
            return None
        unit = distance_unit_of(model)
        varying = np.where(np.isnan(self._constants), unit, np.inf)
        distance = root_mean_square((prototype_errors(model, data.X) / varying) ** 2)[:, 0]
        unit = max(np.average(distance, weights=data.weight), _MIN_DISTANCE) * unit
        return unit if fraction == 1 else before + fraction * (unit - before)
