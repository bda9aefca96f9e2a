"""Initial state of a fit: scaling, latent dimension, and weights that start at PCA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .._data.batches import Data
from .._data.factors import fit_factors
from .._data.model import place, resolve_device
from .._data.pca import n_components_for, principal_axes, probabilistic_pca
from .._data.scaling import MIN_FREQUENCY, Scaling, fit_encoded_scaling
from .._data.validation import check_magnitude
from .._utils.layout import Layout
from .._utils.random import draw_seed, make_generator
from ..networks._bottlenecks import GaussianBottleneck
from ..networks._linear_path import LinearPath
from ..networks._recipes import AutoencoderRecipe, Recipe, build
from ..networks._subspace import without_subspace
from ..networks._variational import VariationalAutoencoder
from ..networks._vector_quantizer import QuantizedBottleneck
from .parameters import network_part, operates_in_subspace, training_dtype

Array = NDArray[np.float64]

# Fraction of the largest variance below which a principal axis is rounding error.
_MIN_VARIANCE = 1e-10

# Minimum standard deviation by which a code is divided, so that training does not amplify noise.
_MIN_DEVIATION = 1e-2


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


Start = Callable[[Any, PrincipalAxes], None]


def start_at_pca(
    network: Any,
    principal: PrincipalAxes,
    gain: Array | float = 1.0,
    loading: Array | float = 1.0,
) -> None:
    """Set the linear path of a network to the projection onto principal axes and back.

    Under a loss whose output is a logit, the way back is linearized at the feature means.

    Parameters
    ----------
    network : Autoencoder
        Changed in place.

    principal : PrincipalAxes
        One axis for each of the first components.

    gain, loading : ndarray of shape (m,) or float, default=1.0
        Factors of the components in the encoder and in the decoder.
    """
    axes = principal.axes
    encoder, decoder = _linear_paths(network)
    inwards = np.multiply(gain, axes.T).T
    offset = np.zeros(encoder.linear.out_features)
    offset[: len(axes)] = -inwards @ principal.origin
    encoder.start_at(torch.tensor(inwards), torch.tensor(offset))
    outwards = principal.slope[:, None] * np.multiply(loading, axes.T)
    decoder.start_at(torch.tensor(outwards), torch.tensor(principal.output))


def start_at_probabilistic_pca(network: VariationalAutoencoder, principal: PrincipalAxes) -> None:
    """Set the linear path of a network, and its noise, to probabilistic PCA.

    Parameters
    ----------
    network : VariationalAutoencoder
        Changed in place.

    principal : PrincipalAxes
        One axis for each of the first components. The effect of the condition is part of the
        samples, not of their codes.
    """
    axes, effect = principal.axes, principal.effect
    gain, loading, log_var, noise = probabilistic_pca(
        principal.variances, len(axes), network.n_features
    )
    if isinstance(network.bottleneck, QuantizedBottleneck):  # entries have variance one at first
        loading = np.sqrt(principal.variances[: len(axes)])
        gain = 1 / np.maximum(loading, _MIN_DEVIATION)
    start_at_pca(network, principal, gain, loading)
    encoder, decoder = (path.linear for path in _linear_paths(network))
    with torch.no_grad():
        encoder.weight[len(axes) :] = 0  # of variances, and of components beyond the data's rank
        if isinstance(network.bottleneck, GaussianBottleneck):
            first = encoder.out_features // 2
            encoder.bias[first : first + len(axes)] = torch.tensor(log_var)
        network.noise[:1] = 0.5 * np.log(noise)
        if effect is not None and network.shift is not None:
            outwards = torch.tensor(principal.slope[:, None] * effect.T)
            decoder.weight[:, -len(effect) :] = outwards
            network.shift.weight[: len(axes)] = torch.tensor(-gain[:, None] * axes @ effect.T)
            network.shift.weight[len(axes) :] = 0


def _linear_paths(network: Any) -> tuple[LinearPath, LinearPath]:
    encoder, decoder = map(without_subspace, (network.encoder, network.decoder))
    return cast(LinearPath, encoder), cast(LinearPath, decoder)


def _linearized(loss: Any, scaling: Scaling, mean: Array) -> tuple[Array, Array]:
    """Return the output for the feature means, and its slope there."""
    if loss.unit_interval:
        probability = np.clip(mean, 0.02, 0.98)
        slope = scaling.scale / (probability * (1 - probability))
        return np.log(probability / (1 - probability)), slope
    return (mean - scaling.center) / scaling.scale, np.ones_like(scaling.scale)


def _linearized_softmax(scaling: Scaling, indicators: NDArray[Any]) -> tuple[Array, Array]:
    """Return the logits of the frequencies of categories, and their slopes there."""
    frequency = scaling.center[indicators]
    return np.log(frequency), scaling.scale[indicators] / np.maximum(frequency, MIN_FREQUENCY)


def initialize(
    estimator: Any,
    data: Data,
    rng: np.random.RandomState,
    *,
    scaling: str | None,
    compose: Callable[[AutoencoderRecipe], Recipe] = lambda recipe: recipe,
    start: Start = start_at_pca,
) -> dict[str, Any]:
    """Return the attributes of a fitted estimator that has not been trained yet.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its parameters say how to start.

    data : Data
        Training samples. Means, scales and principal components are those of the target.

    rng : RandomState
        Source of the initial weights.

    scaling : {"auto", "global", "feature", "robust"} or None
        Kind of the scaling.

    compose : callable, default=identity
        Maps the recipe of an autoencoder to that of the whole network.

    start : callable, default=start_at_pca
        Sets the linear path of a network, given principal axes.

    Returns
    -------
    dict
        Attributes by name.
    """
    layout, linear_path = estimator._layout, estimator.init == "pca"
    shape = len(data.X), layout.n_inputs
    if scaling == "auto":
        scaling = "global" if layout.is_numeric else "feature"
    device, dtype = resolve_device(estimator.device), training_dtype(estimator, shape)
    fitted = fit_encoded_scaling(
        data.target, data.training_weight, scaling, layout, data.target_ranges
    )
    check_magnitude(data, fitted, layout, dtype)
    name = getattr(estimator, estimator._loss_parameter)
    loss, n_components, n_axes, principal = estimator._losses[name], estimator.n_components, 0, None
    is_wide = operates_in_subspace(estimator, shape, data.partial)
    if linear_path or n_components < 1 or is_wide:
        principal = _principal_axes(data, layout, fitted, scaling, loss, rng)
        n_axes = principal.rank if is_wide else 0
    factors, predicts_missing = None, data.has_missing or estimator._predicts_missing
    if linear_path and principal is not None and predicts_missing:
        factors = fit_factors(
            data.residual(layout),
            fitted,
            data.training_weight,
            principal.variances,
            principal.axes,
        )
    if principal is not None and n_components < 1:
        n_components = n_components_for(n_components, principal.variances)
    n_inputs = layout.n_inputs
    network = network_part(estimator, data.n_samples, n_inputs, n_axes or n_inputs)
    is_default = estimator.network is None and not n_axes
    n_masks = layout.n_columns if factors is not None and is_default else 0
    base = AutoencoderRecipe(network, n_inputs, n_components, linear_path, n_axes, n_masks)
    recipe = compose(base)
    module = place(build(recipe, make_generator(draw_seed(rng))), device, dtype)
    if n_axes and principal is not None:
        principal = _enter_subspace(module, principal.first(n_axes))
    if linear_path and principal is not None:
        start(module, principal.first(n_components))
    attributes = initial_attributes(estimator, module, fitted, name, recipe)
    return attributes | {"_factors": factors}


def _principal_axes(
    data: Data,
    layout: Layout,
    scaling: Scaling,
    kind: str | None,
    loss: Any,
    rng: np.random.RandomState,
) -> PrincipalAxes:
    mean, effect = scaling, data.effect
    if kind is None:
        weight, ranges = data.training_weight, data.target_ranges
        centered = fit_encoded_scaling(data.target, weight, "global", layout, ranges)
        mean = replace(scaling, center=centered.center)
    variances, axes = principal_axes(data.residual(layout), mean, data.training_weight, rng)
    origin = (mean.center - scaling.center) / scaling.scale
    scaled = None if effect is None else effect / scaling.scale
    output, slope = _linearized(loss, scaling, mean.center)
    indicators = layout.indicators.numpy()
    output[indicators], slope[indicators] = _linearized_softmax(scaling, indicators)
    return PrincipalAxes(variances, axes, origin, output, slope, scaled)


def _enter_subspace(network: Any, principal: PrincipalAxes) -> PrincipalAxes:
    """Set the subspace of a network to the principal axes; return the axes in its coordinates."""
    inwards, outwards = network.subspace
    axes = principal.axes
    inwards.set(axes, -axes @ principal.origin)
    outwards.set(principal.slope[:, None] * axes.T, principal.output)
    return principal.in_subspace()


def initial_attributes(
    estimator: Any, module: Any, scaling: Scaling, loss: str, recipe: Recipe
) -> dict[str, Any]:
    """Return the attributes of a fitted estimator with a network that has not been trained yet."""
    return {
        "network_": module,
        "center_": scaling.center,
        "scale_": scaling.scale,
        "n_components_": recipe.base.n_components,
        "n_epochs_": 0,
        "loss_curve_": [],
        "validation_scores_": [] if estimator.early_stopping else None,
        "_loss": loss,
        "_recipe": recipe,
        "_shaped_by": shaping_values(estimator),
    }


def shaping_values(estimator: Any) -> dict[str, str]:
    """Return the parameters that cannot change after the first fit, as strings by name."""
    return {
        name: type(value).__qualname__ if isinstance(value, BaseEstimator) else repr(value)
        for name, value in sorted(estimator.get_params().items())
        if name.partition("__")[0] in estimator._shaping_parameters
    }
