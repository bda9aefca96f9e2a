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
from .._data.model import Model, place, resolve_device
from .._data.pca import n_components_for, principal_axes, probabilistic_pca
from .._data.scaling import Scaling, fit_scaling
from .._data.validation import check_magnitude
from .._utils.random import draw_seed, make_generator
from ..networks._bottlenecks import GaussianBottleneck
from ..networks._linear_path import LinearPath
from ..networks._recipes import AutoencoderRecipe, Recipe, build
from ..networks._variational import VariationalAutoencoder
from ..networks._vector_quantizer import QuantizedBottleneck
from .parameters import network_part, training_dtype

Array = NDArray[np.float64]

# Fraction of the largest variance below which a principal axis is rounding error.
_MIN_VARIANCE = 1e-10

# Minimum standard deviation by which a code is divided, so that training does not amplify noise.
_MIN_DEVIATION = 1e-2


@dataclass(frozen=True)
class PrincipalAxes:
    """Principal components of the scaled training data.

    Parameters
    ----------
    variances : ndarray of shape (n,)
        Variance along each axis, in decreasing order.

    axes : ndarray of shape (n, n_features)
        Orthonormal rows.

    center : ndarray of shape (n_features,)
        Feature means, in the user's units.
    """

    variances: Array
    axes: Array
    center: Array

    def first(self, n_components: int) -> PrincipalAxes:
        """Return the first axes, at most as many as the data have dimensions."""
        rank = int((self.variances > _MIN_VARIANCE * self.variances[0]).sum())
        return replace(self, axes=self.axes[: min(n_components, max(rank, 1))])


Start = Callable[[Model, PrincipalAxes, "Array | None"], None]


def start_at_pca(
    model: Model,
    principal: PrincipalAxes,
    effect: Array | None = None,
    gain: Array | float = 1.0,
    loading: Array | float = 1.0,
) -> None:
    """Set the linear path of a network to the projection onto principal axes and back.

    Under a loss whose output is a logit, the way back is linearized at the feature means.

    Parameters
    ----------
    model : Model
        Its network is changed in place.

    principal : PrincipalAxes
        One axis for each of the first components.

    effect : ignored
        As in :func:`start_at_probabilistic_pca`.

    gain, loading : ndarray of shape (m,) or float, default=1.0
        Factors of the components in the encoder and in the decoder.
    """
    axes, mean = principal.axes, principal.center
    bias, slope = _linearized(model, mean)
    origin = (mean - model.scaling.center) / model.scaling.scale
    encoder = cast(LinearPath, model.network.encoder)
    decoder = cast(LinearPath, model.network.decoder)
    inwards = np.multiply(gain, axes.T).T
    offset = np.zeros(encoder.linear.out_features)
    offset[: len(axes)] = -inwards @ origin
    encoder.start_at(torch.tensor(inwards), torch.tensor(offset))
    outwards = slope[:, None] * np.multiply(loading, axes.T)
    decoder.start_at(torch.tensor(outwards), torch.tensor(bias))


def start_at_probabilistic_pca(
    model: Model, principal: PrincipalAxes, effect: Array | None = None
) -> None:
    """Set the linear path of a network, and its noise, to probabilistic PCA.

    Parameters
    ----------
    model : Model
        Its network is changed in place.

    principal : PrincipalAxes
        One axis for each of the first components.

    effect : ndarray of shape (n_conditions, n_features) or None, default=None
        What the condition adds to the feature means. It is part of the samples, not of their codes.
    """
    network, axes = cast(VariationalAutoencoder, model.network), principal.axes
    gain, loading, log_var, noise = probabilistic_pca(principal.variances, *axes.shape)
    if isinstance(network.bottleneck, QuantizedBottleneck):  # entries have variance one at first
        loading = np.sqrt(principal.variances[: len(axes)])
        gain = 1 / np.maximum(loading, _MIN_DEVIATION)
    start_at_pca(model, principal, None, gain, loading)
    linear = cast(LinearPath, network.encoder).linear
    with torch.no_grad():
        linear.weight[len(axes) :] = 0  # of variances, and of components beyond the data's rank
        if isinstance(network.bottleneck, GaussianBottleneck):
            first = linear.out_features // 2
            linear.bias[first : first + len(axes)] = torch.tensor(log_var)
        network.noise[:1] = 0.5 * np.log(noise)
        if effect is not None and network.shift is not None:
            scaled = effect / model.scaling.scale
            _, slope = _linearized(model, principal.center)
            outwards = cast(LinearPath, network.decoder).linear
            outwards.weight[:, -len(effect) :] = torch.tensor(slope[:, None] * scaled.T)
            network.shift.weight[: len(axes)] = torch.tensor(-gain[:, None] * axes @ scaled.T)
            network.shift.weight[len(axes) :] = 0


def _linearized(model: Model, mean: Array) -> tuple[Array, Array]:
    """Return the output for the feature means, and its slope there."""
    center, scale = model.scaling.center, model.scaling.scale
    if model.loss.unit_interval:
        probability = np.clip(mean, 0.02, 0.98)
        slope = scale / (probability * (1 - probability))
        return np.log(probability / (1 - probability)), slope
    return (mean - center) / scale, np.ones_like(scale)


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

    scaling : {"global", "feature", "robust"} or None
        Kind of the scaling.

    compose : callable, default=identity
        Maps the recipe of an autoencoder to that of the whole network.

    start : callable, default=start_at_pca
        Sets the linear path of a model, given principal axes and the effect of the condition.

    Returns
    -------
    dict
        Attributes by name.
    """
    X, linear_path = data.target, estimator.init == "pca"
    network = network_part(estimator, data.n_samples, X.shape[1])
    device = resolve_device(estimator.device)
    dtype = training_dtype(estimator, len(X))
    fitted = fit_scaling(X, data.training_weight, scaling, data.target_ranges)
    check_magnitude(data, fitted, dtype)
    n_components, principal = estimator.n_components, None
    if linear_path or n_components < 1:
        principal = _principal_axes(data, fitted, scaling, rng)
    if principal is not None and n_components < 1:
        n_components = n_components_for(n_components, principal.variances)
    recipe = compose(AutoencoderRecipe(network, X.shape[1], n_components, linear_path))
    module = build(recipe, make_generator(draw_seed(rng)))
    module = place(module, device, dtype)
    loss = getattr(estimator, estimator._loss_parameter)
    if linear_path and principal is not None:
        model = Model(module, fitted, estimator._losses[loss])
        start(model, principal.first(n_components), data.effect)
    return initial_attributes(estimator, module, fitted, loss, recipe)


def _principal_axes(
    data: Data, scaling: Scaling, kind: str | None, rng: np.random.RandomState
) -> PrincipalAxes:
    if kind is None:
        center = fit_scaling(data.target, data.training_weight, "global", data.target_ranges).center
        scaling = replace(scaling, center=center)
    variances, axes = principal_axes(data.residual, scaling, data.training_weight, rng)
    return PrincipalAxes(variances, axes, scaling.center)


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
