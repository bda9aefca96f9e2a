"""Principal axes of a fit, at which a network starts: of samples, or of patches of images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._data.data import Data
from .._data.sources.arrays import as_source, encoded
from .._data.sources.sparse import SparseRows, stacked
from .._data.sources.splits import draw_by_content
from .._data.statistics.held_out_values import n_components_by_held_out
from .._data.statistics.pca import n_components_for, principal_axes, principal_axes_within
from .._data.statistics.scaling import MIN_FREQUENCY, Scaling, fit_encoded_scaling
from .._utils.layout import Layout
from ..networks._layers.patches import Patches
from .parameters import max_axes, starts_at_pca

Array = NDArray[np.float64]

# Fraction of the largest variance below which a principal axis is rounding error.
_MIN_VARIANCE = 1e-10
# Of n_components="auto", the fraction of the variance that the components explain at most, and
# numbers of samples and of inputs of which it holds values out.
_AUTO_FRACTION, _MAX_SAMPLES, _MAX_INPUTS = 0.99, 256, 2048
# Maximum number of values of the samples whose patches are used.
_MAX_VALUES = 20_000_000


@dataclass(frozen=True)
class PrincipalAxes:
    """Principal components of the scaled training data, and a network's output at their mean.

    Parameters
    ----------
    variances : ndarray of shape (n,)
        Variance along each axis, in decreasing order.

    axes : ndarray of shape (n, n_inputs)
        Orthonormal rows.

    origin : ndarray of shape (n_inputs,)
        Feature means, as input of the network.

    output, slope : ndarray of shape (n_inputs,)
        The output that corresponds to the feature means, and its derivative with respect to them.
        Under a loss whose output is a logit, the output is not linear in the features.

    effect : ndarray of shape (n_conditions, n_inputs) or None, default=None
        What a condition adds to the feature means, as input of the network.
    """

    variances: Array
    axes: Array
    origin: Array
    output: Array
    slope: Array
    effect: Array | None = None

    @property
    def rank(self) -> int:
        """Number of axes whose variance is more than a rounding error, at least one."""
        return max(int((self.variances > _MIN_VARIANCE * self.variances[0]).sum()), 1)

    def first(self, n_components: int) -> PrincipalAxes:
        """Return the first axes, at most as many as the data have dimensions."""
        return replace(self, axes=self.axes[: min(n_components, self.rank)])

    def in_subspace(self) -> PrincipalAxes:
        """Return the same in coordinates along the axes."""
        n_axes = len(self.axes)
        effect = None if self.effect is None else self.effect @ self.axes.T
        zeros, ones = np.zeros(n_axes), np.ones(n_axes)
        return PrincipalAxes(self.variances, np.eye(n_axes), zeros, zeros, ones, effect)


@dataclass(frozen=True)
class FittedAxes:
    """The principal axes of a fit, and the latent dimension.

    Parameters
    ----------
    principal : PrincipalAxes or None
        Those of the target, or of patches of images; in the coordinates of the subspace, if any.

    subspace : PrincipalAxes or None
        The axes of the inputs, if the network receives their components.

    n_components : int
        Latent dimension.

    are_start : bool
        Whether training starts at the principal axes.

    patches : Patches or None
        The patches whose axes `principal` are.
    """

    principal: PrincipalAxes | None
    subspace: PrincipalAxes | None
    n_components: int
    are_start: bool
    patches: Patches | None

    @property
    def start(self) -> PrincipalAxes | None:
        """One axis for each component, or for each of a patch, at which training starts, if any."""
        if self.principal is None or not self.are_start:
            return None
        return self.principal.first(self.n_components // _n_positions(self.patches))


@dataclass(frozen=True)
class ScaledData:
    """Training samples, and the units in which a network receives and reconstructs them.

    Parameters
    ----------
    data : Data
        The samples.

    layout : Layout
        Kinds of their columns.

    scaling : Scaling
        Scaling of the encoded samples.

    kind : {"global", "channel", "feature", "robust", "by_units"} or None
        Kind of the scaling.

    loss : Loss or Likelihood
        What the output of the network is compared by.
    """

    data: Data
    layout: Layout
    scaling: Scaling
    kind: str | None
    loss: Any

    @cached_property
    def mean(self) -> Scaling:
        """The scaling with the means of the features as its center."""
        if self.kind is not None:
            return self.scaling
        data, layout = self.data, self.layout
        weight, ranges = data.training_weight, data.target_ranges
        found = fit_encoded_scaling(data.target, weight, "global", layout, ranges)
        return replace(self.scaling, center=found.center)

    @property
    def residual(self) -> Any:
        """The encoded target minus the effect of the condition."""
        return self.data.residual(self.layout)

    @property
    def origin(self) -> Array:
        """The feature means as input of the network."""
        return (self.mean.center - self.scaling.center) / self.scaling.scale

    def outputs(self) -> tuple[Array, Array]:
        """Return the output that corresponds to the feature means, and its slope there."""
        scaling, mean = self.scaling, self.mean.center
        output, slope = self.origin, np.ones_like(scaling.scale)
        if self.loss.unit_interval:
            probability = np.clip(mean, 0.02, 0.98)
            output = np.log(probability / (1 - probability))
            slope = scaling.scale / (probability * (1 - probability))
        indicators = self.layout.indicators.numpy()
        frequency = mean[indicators]
        output[indicators] = np.log(frequency)  # a softmax
        slope[indicators] = scaling.scale[indicators] / np.maximum(frequency, MIN_FREQUENCY)
        return output, slope

    def described(self, variances: Array, axes: Array) -> PrincipalAxes:
        """Return variances and axes together with what the network does at the feature means."""
        effect = self.data.effect
        effect = None if effect is None else effect / self.scaling.scale
        return PrincipalAxes(variances, axes, self.origin, *self.outputs(), effect)


def fit_axes(estimator: Any, samples: ScaledData, rng: np.random.RandomState) -> FittedAxes:
    """Return the principal axes of a fit, and the latent dimension.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its parameters determine which axes there are.

    samples : ScaledData
        Training samples.

    rng : RandomState
        Source of random numbers for the decomposition.

    Returns
    -------
    FittedAxes
        Without axes if neither the start nor the latent dimension needs them.
    """
    subspace: PrincipalAxes | None = None
    principal: PrincipalAxes | None = None
    are_start, n_components = starts_at_pca(estimator), estimator.n_components
    is_auto = isinstance(n_components, str)
    n_components = _AUTO_FRACTION if is_auto else n_components
    patches = getattr(estimator.network, "_patches", None)
    if max_count := max_axes(estimator, samples.data, samples.layout.n_inputs):
        subspace, principal = _subspace_and_axes(samples, rng, max_count)
    elif are_start or n_components < 1:
        principal = (
            _principal_axes(samples, rng) if patches is None else _patch_axes(samples, patches)
        )
    if principal is not None and n_components < 1:
        n_components = n_components_for(n_components, principal.variances)
        if is_auto and patches is None:
            n_components = _without_noise(samples, n_components)
        n_components *= _n_positions(patches)
    return FittedAxes(principal, subspace, n_components, are_start, patches)


def _without_noise(samples: ScaledData, largest: int) -> int:
    """Return the number of components, fewer if that predicts held-out values better.

    The components of more samples than features do not overfit the noise. Of many samples, a
    part is used, which can have fewer components than all of them.
    """
    data, scaling = samples.data, samples.mean
    n_inputs, is_large = samples.layout.n_inputs, isinstance(data.X, SparseRows) and data.X.is_large
    if n_inputs <= data.n_samples or is_large or not samples.layout.is_numeric:
        return largest
    draw = draw_by_content(data.X, 0, data.feature_ranges)
    rows = data.training_rows
    rows = rows[np.argsort(draw[rows], kind="stable")[:_MAX_SAMPLES]]
    inputs = np.sort(np.random.RandomState(0).permutation(n_inputs)[:_MAX_INPUTS])
    values = as_source(samples.residual).take(rows)[:, inputs].astype(np.float64)
    values = (values - scaling.center[inputs]) / scaling.scale[inputs]
    limit = min(largest, len(rows) - 2)
    found = n_components_by_held_out(values, data.weight_as_counts(rows), draw[rows], limit)
    return found if found < limit else largest


def _n_positions(patches: Patches | None) -> int:
    return 1 if patches is None else patches.n_positions


def _subspace_and_axes(
    samples: ScaledData, rng: np.random.RandomState, max_axes: int
) -> tuple[PrincipalAxes, PrincipalAxes]:
    """Return axes of a subspace, and the principal axes in its coordinates.

    The subspace is that of the target, with the effect of a condition, and of the input: a network
    can learn from both. The principal axes are those of the target without this effect.
    """
    data, layout, weight = samples.data, samples.layout, samples.data.training_weight
    is_target, values = data.clean is None, encoded(data.target, layout)
    if not is_target:
        values = stacked(values, encoded(data.X, layout))
    weights = weight if weight is None or is_target else np.tile(weight, 2)
    found = samples.described(*principal_axes(values, samples.mean, weights, rng))
    subspace = found.first(max_axes)
    inner = subspace.in_subspace()
    if is_target and data.effect is None:
        return subspace, inner
    within = principal_axes_within(subspace.axes, samples.residual, samples.mean, weight)
    return subspace, replace(inner, variances=within[0], axes=within[1])


def _principal_axes(samples: ScaledData, rng: np.random.RandomState) -> PrincipalAxes:
    """Return the principal axes of the target minus the effect of the condition."""
    weight = samples.data.training_weight
    return samples.described(*principal_axes(samples.residual, samples.mean, weight, rng))


def _patch_axes(samples: ScaledData, patches: Patches) -> PrincipalAxes:
    """Return the principal axes of the patches of all positions of a part of the samples.

    Means and outputs are those over the positions, at each place of a patch.
    """
    data, scaling = samples.data, samples.scaling
    rows = data.training_rows
    rows = rows[:: -(-len(rows) * samples.layout.n_inputs // _MAX_VALUES)]
    values = as_source(samples.residual).take(rows).astype(np.float64)
    found = _split(patches, np.nan_to_num((values - scaling.center) / scaling.scale))
    weight = data.weight_or_ones[rows]
    origin = samples.origin
    vectors = np.stack([np.ones_like(origin), origin, *samples.outputs()])
    is_inside, *means = _split(patches, vectors)
    counts = np.maximum(is_inside.sum(axis=0), 1)  # a place can be padding in all patches
    origin, output, slope = (mean.sum(axis=0) / counts for mean in means)
    found = ((found - origin) * is_inside).reshape(-1, patches.n_values)
    units = Scaling.identity(patches.n_values)
    weight, rng = np.repeat(weight, patches.n_positions), np.random.RandomState(0)
    return PrincipalAxes(*principal_axes(found, units, weight, rng), origin, output, slope)


def _split(patches: Patches, values: Array) -> Array:
    """Return the patches, of shape (n_samples, n_positions, n_values)."""
    found: Array = patches.split(torch.from_numpy(values)).numpy()
    return found
