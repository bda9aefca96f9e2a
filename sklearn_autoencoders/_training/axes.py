"""Principal axes at which the linear path of a network starts: of samples, or of patches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._data.batches import Data
from .._data.pca import principal_axes
from .._data.scaling import Scaling
from .._data.sources import as_source
from .._utils.layout import Layout
from ..networks._patches import Patches

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


def linearized(loss: Any, scaling: Scaling, mean: Array) -> tuple[Array, Array]:
    """Return the output for the feature means, and its slope there."""
    if loss.unit_interval:
        probability = np.clip(mean, 0.02, 0.98)
        slope = scaling.scale / (probability * (1 - probability))
        return np.log(probability / (1 - probability)), slope
    return (mean - scaling.center) / scaling.scale, np.ones_like(scaling.scale)


def axes_of_patches(
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
    vectors = np.stack([np.ones_like(origin), origin, *linearized(loss, scaling, center)])
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
