"""Principal axes of a fit, at which a network starts: of samples, or of patches of images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._data.data import Data
from .._data.pca import n_components_for, principal_axes, principal_axes_within
from .._data.scaling import MIN_FREQUENCY, Scaling, fit_encoded_scaling
from .._data.sources import as_source, encoded
from .._data.sparse import stacked
from .._utils.layout import Layout
from ..networks._patches import Patches
from .parameters import max_axes, starts_at_pca

Array = NDArray[np.float64]

# Fraction of the largest variance below which a principal axis is rounding error.
_MIN_VARIANCE = 1e-10
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


def fit_axes(
    estimator: Any,
    data: Data,
    layout: Layout,
    scaling: Scaling,
    kind: str | None,
    loss: Any,
    rng: np.random.RandomState,
) -> FittedAxes:
    """Return the principal axes of a fit, and the latent dimension.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its parameters determine which axes there are.

    data : Data
        Training samples.

    layout : Layout
        Kinds of the columns.

    scaling : Scaling
        Scaling of the samples.

    kind : {"global", "channel", "feature", "robust", "by_units"} or None
        Kind of the scaling.

    loss : Loss or Likelihood
        What the output of the network is compared by.

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
    patches = getattr(estimator.network, "_patches", None)
    if max_count := max_axes(estimator, data, layout.n_inputs):
        found = _subspace_and_axes(data, layout, scaling, kind, loss, rng, max_count)
        subspace, principal = found
    elif are_start or n_components < 1:
        principal = _principal_axes(data, layout, scaling, kind, loss, rng, patches)
    if principal is not None and n_components < 1:
        n_components = n_components_for(n_components, principal.variances)
        n_components *= _n_positions(patches)
    return FittedAxes(principal, subspace, n_components, are_start, patches)


def _n_positions(patches: Patches | None) -> int:
    return 1 if patches is None else patches.n_positions


def _subspace_and_axes(
    data: Data,
    layout: Layout,
    scaling: Scaling,
    kind: str | None,
    loss: Any,
    rng: np.random.RandomState,
    max_axes: int,
) -> tuple[PrincipalAxes, PrincipalAxes]:
    """Return axes of a subspace, and the principal axes in its coordinates.

    The subspace is that of the target, with the effect of a condition, and of the input: a network
    can learn from both. The principal axes are those of the target without this effect.
    """
    mean, weight = _with_means(scaling, data, layout, kind), data.training_weight
    is_target, values = data.clean is None, encoded(data.target, layout)
    if not is_target:
        values = stacked(values, encoded(data.X, layout))
    weights = weight if weight is None or is_target else np.tile(weight, 2)
    axes = _described(principal_axes(values, mean, weights, rng), data, layout, scaling, mean, loss)
    subspace = axes.first(max_axes)
    inner = subspace.in_subspace()
    if is_target and data.effect is None:
        return subspace, inner
    variances, rows = principal_axes_within(subspace.axes, data.residual(layout), mean, weight)
    return subspace, replace(inner, variances=variances, axes=rows)


def _principal_axes(
    data: Data,
    layout: Layout,
    scaling: Scaling,
    kind: str | None,
    loss: Any,
    rng: np.random.RandomState,
    patches: Patches | None,
) -> PrincipalAxes:
    """Return the principal axes of the target minus the effect of the condition, or of patches."""
    mean = _with_means(scaling, data, layout, kind)
    if patches is not None:
        return _axes_of_patches(patches, data, layout, scaling, mean.center, loss)
    found = principal_axes(data.residual(layout), mean, data.training_weight, rng)
    return _described(found, data, layout, scaling, mean, loss)


def _linearized(loss: Any, scaling: Scaling, mean: Array) -> tuple[Array, Array]:
    """Return the output for the feature means, and its slope there."""
    if loss.unit_interval:
        probability = np.clip(mean, 0.02, 0.98)
        slope = scaling.scale / (probability * (1 - probability))
        return np.log(probability / (1 - probability)), slope
    return (mean - scaling.center) / scaling.scale, np.ones_like(scaling.scale)


def _axes_of_patches(
    patches: Patches, data: Data, layout: Layout, scaling: Scaling, center: Array, loss: Any
) -> PrincipalAxes:
    """Return the principal axes of the patches of all positions.

    Parameters
    ----------
    patches : Patches
        The patches.

    data : Data
        Training samples, of which a part is used if they are large.

    layout : Layout
        Kinds of the columns.

    scaling : Scaling
        Scaling of the samples.

    center : ndarray of shape (n_inputs,)
        Means of the features, before scaling.

    loss : Loss or Likelihood
        What the output of the network is compared by.

    Returns
    -------
    PrincipalAxes
        Means and outputs are those over the positions, at each place of a patch.
    """
    rows = data.training_rows
    rows = rows[:: -(-len(rows) * layout.n_inputs // _MAX_VALUES)]
    samples = as_source(data.residual(layout)).take(rows).astype(np.float64)
    found = _split(patches, np.nan_to_num((samples - scaling.center) / scaling.scale))
    weight = np.ones(len(rows)) if data.weight is None else data.weight[rows]
    origin = (center - scaling.center) / scaling.scale
    vectors = np.stack([np.ones_like(origin), origin, *_linearized(loss, scaling, center)])
    is_inside, *means = _split(patches, vectors)
    counts = np.maximum(is_inside.sum(axis=0), 1)  # a place can be padding in all patches
    origin, output, slope = (mean.sum(axis=0) / counts for mean in means)
    found = ((found - origin) * is_inside).reshape(-1, patches.n_values)
    units = Scaling(np.zeros(patches.n_values), np.ones(patches.n_values))
    weight, rng = np.repeat(weight, patches.n_positions), np.random.RandomState(0)
    return PrincipalAxes(*principal_axes(found, units, weight, rng), origin, output, slope)


def _split(patches: Patches, values: Array) -> Array:
    """Return the patches, of shape (n_samples, n_positions, n_values)."""
    found: Array = patches.split(torch.from_numpy(values)).numpy()
    return found


def _linearized_softmax(scaling: Scaling, indicators: NDArray[Any]) -> tuple[Array, Array]:
    """Return the logits of the frequencies of categories, and their slopes there."""
    frequency = scaling.center[indicators]
    return np.log(frequency), scaling.scale[indicators] / np.maximum(frequency, MIN_FREQUENCY)


def _with_means(scaling: Scaling, data: Data, layout: Layout, kind: str | None) -> Scaling:
    """Return the scaling with the means of the features as its center."""
    if kind is not None:
        return scaling
    weight, ranges = data.training_weight, data.target_ranges
    center = fit_encoded_scaling(data.target, weight, "global", layout, ranges).center
    return replace(scaling, center=center)


def _described(
    found: tuple[Array, Array],
    data: Data,
    layout: Layout,
    scaling: Scaling,
    mean: Scaling,
    loss: Any,
) -> PrincipalAxes:
    """Return variances and axes together with the output and the effect at the feature means."""
    effect = None if data.effect is None else data.effect / scaling.scale
    origin = (mean.center - scaling.center) / scaling.scale
    output, slope = _linearized(loss, scaling, mean.center)
    indicators = layout.indicators.numpy()
    output[indicators], slope[indicators] = _linearized_softmax(scaling, indicators)
    return PrincipalAxes(*found, origin, output, slope, effect)
