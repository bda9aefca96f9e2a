"""Initial state of a fit: scaling, latent dimension, first weights."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .._data.model import Model, place, resolve_device
from .._data.pca import n_components_for, principal_axes, probabilistic_pca
from .._data.scaling import fit_scaling
from .._data.validation import check_magnitude
from .._utils.random import draw_seed, make_generator
from ..networks._bottlenecks import GaussianBottleneck
from ..networks._build import build_autoencoder
from ..networks._linear_path import LinearPath
from ..networks._variational import VariationalAutoencoder
from ..networks._vector_quantizer import QuantizedBottleneck
from .parameters import network_part, training_dtype

# Share of the greatest variance below which an axis says nothing.
_LEAST_VARIANCE = 1e-10

# Parameters that a model which goes on learning cannot change.
_SHAPING = (
    "encoder",
    "n_components",
    "hidden_layer_sizes",
    "activation",
    "dropout",
    "network",
    "init",
    "scaling",
    "loss",
    "likelihood",
    "latent",
    "conditional",
    "n_estimators",
    "method",
    "mask_rate",
)


def starting_point(estimator, data, rng):
    """Return the fitted attributes of an estimator that has not been trained yet.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Its parameters say how to start.

    data : Data
        The rows to start from: the columns' means and scales, and perhaps the principal
        components, are those of what the network is to give back.

    rng : RandomState
        The source of the initial weights.

    Returns
    -------
    dict
        Attributes by name.
    """
    X, weight, linear_path = data.target, data.training_weight, estimator.init == "pca"
    part = network_part(estimator, data.n_samples, X.shape[1])
    device, dtype = (
        resolve_device(estimator.device),
        training_dtype(estimator, len(X)),
    )
    scaling = fit_scaling(X, weight, estimator._scaling_kind())
    check_magnitude(data, scaling, dtype)
    n_components = estimator.n_components
    if linear_path or n_components < 1:
        centered = scaling
        if estimator._scaling_kind() is None:
            centered = replace(scaling, center=fit_scaling(X, weight, "global").center)
        variances, axes = principal_axes(data.residual, centered, weight, rng)
    if n_components < 1:
        n_components = n_components_for(n_components, variances)
    recipe = {
        "network": part,
        "n_features": X.shape[1],
        "n_components": n_components,
        "linear_path": linear_path,
        **estimator._latent_recipe(data),
    }
    network = build_autoencoder(**recipe, generator=make_generator(draw_seed(rng)))
    network = place(network, device, dtype)
    loss = getattr(estimator, estimator._loss_parameter)
    if linear_path:
        model = Model(network, scaling, estimator._losses[loss])
        # beyond the rank of the rows axes are rounding errors
        rank = int((variances > _LEAST_VARIANCE * variances[0]).sum())
        axes = axes[: min(n_components, max(rank, 1))]
        estimator._start_at(model, axes, variances, centered.center, data.effect)
    return untrained(estimator, network, scaling, n_components, loss, recipe)


def untrained(estimator, network, scaling, n_components, loss, recipe):
    """Return the fitted attributes of an estimator with a network that it has not trained yet."""
    return {
        "network_": network,
        "center_": scaling.center,
        "scale_": scaling.scale,
        "n_components_": n_components,
        "n_epochs_": 0,
        "loss_curve_": [],
        "validation_scores_": [] if estimator.early_stopping else None,
        "_loss": loss,
        "_recipe": recipe,
        "_shaped_by": shape_of(estimator),
    }


def shape_of(estimator):
    """Return the parameters that shape a model, those of its network too, as texts by name."""
    return {
        name: type(value).__qualname__ if isinstance(value, BaseEstimator) else repr(value)
        for name, value in sorted(estimator.get_params().items())
        if name.partition("__")[0] in _SHAPING
    }


Array = NDArray[Any]


def start_at_pca(
    model: Model,
    axes: NDArray[np.float64],
    mean: NDArray[np.float64],
    gain: NDArray[np.float64] | float = 1.0,
    loading: NDArray[np.float64] | float = 1.0,
) -> None:
    """Make the linear path of a network the projection onto principal axes, and back.

    Under a loss whose output is a logit, the way back is linearised at the column means.

    Parameters
    ----------
    model : Model
        Its network is changed in place.

    axes : ndarray of shape (m, n_features)
        Principal axes, one for each of the first components.

    mean : ndarray of shape (n_features,)
        Column means, in the user's units.

    gain, loading : ndarray of shape (m,) or float, default=1.0
        Factors of the components on the way in, and on the way out.
    """
    bias, slope = _linearised(model, mean)
    origin = (mean - model.scaling.center) / model.scaling.scale
    encoder = cast(LinearPath, model.network.encoder)
    decoder = cast(LinearPath, model.network.decoder)
    inwards = np.multiply(gain, axes.T).T
    offset = np.zeros(encoder.linear.out_features)
    offset[: len(axes)] = -inwards @ origin
    encoder.start_at(torch.tensor(inwards), torch.tensor(offset))
    outwards = slope[:, None] * np.multiply(loading, axes.T)
    decoder.start_at(torch.tensor(outwards), torch.tensor(bias))


def _linearised(model: Model, mean: Array) -> tuple[Array, Array]:
    """Return the output that stands for the column means, and its slope there."""
    center, scale = model.scaling.center, model.scaling.scale
    if model.loss.unit_interval:
        share = np.clip(mean, 0.02, 0.98)
        return np.log(share / (1 - share)), scale / (share * (1 - share))
    return (mean - center) / scale, np.ones_like(scale)


def start_at_probabilistic_pca(
    model: Model, axes: Array, variances: Array, center: Array, effect: Array | None = None
) -> None:
    """Make the linear path of a network, and its noise, those of probabilistic PCA.

    Parameters
    ----------
    model : Model
        Its network is changed in place.

    axes : ndarray of shape (m, n_features)
        Principal axes, one for each of the first components.

    variances : ndarray of shape (n,)
        Variances along all axes.

    center : ndarray of shape (n_features,)
        Column means.

    effect : ndarray of shape (n_conditions, n_features) or None, default=None
        What the condition adds to them. It belongs to the rows, and not to their codes.
    """
    network = cast(VariationalAutoencoder, model.network)
    gain, loading, log_var, noise = probabilistic_pca(variances, *axes.shape)
    if isinstance(network.bottleneck, QuantizedBottleneck):  # entries start at variance one
        loading = np.sqrt(variances[: len(axes)])
        gain = 1 / np.maximum(loading, np.finfo(float).eps)
    start_at_pca(model, axes, center, gain, loading)
    linear = cast(LinearPath, network.encoder).linear
    with torch.no_grad():
        linear.weight[len(axes) :] = 0  # of variances, and of components that the data do not have
        if isinstance(network.bottleneck, GaussianBottleneck):
            first = linear.out_features // 2
            linear.bias[first : first + len(axes)] = torch.tensor(log_var)
        network.noise[:1] = 0.5 * np.log(noise)
        if effect is not None and network.shift is not None:
            scaled = effect / model.scaling.scale
            _, slope = _linearised(model, center)
            outwards = cast(LinearPath, network.decoder).linear
            outwards.weight[:, -len(effect) :] = torch.tensor(slope[:, None] * scaled.T)
            network.shift.weight[: len(axes)] = torch.tensor(-gain[:, None] * axes @ scaled.T)
            network.shift.weight[len(axes) :] = 0
