"""What fit settles before training: scaling, width of the code, initial weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import BaseEstimator

from . import _bridge, _settings
from ._scaling import fit_scaling, n_components_for, principal_axes
from ._validation import check_magnitude
from .networks import build_autoencoder

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
    part = _settings.network_part(estimator, data.n_samples, X.shape[1])
    device, dtype = (
        _bridge.resolve_device(estimator.device),
        _settings.training_dtype(estimator, len(X)),
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
    network = build_autoencoder(**recipe, generator=_bridge.make_generator(draw_seed(rng)))
    network = _bridge.place(network, device, dtype)
    loss = getattr(estimator, estimator._loss_parameter)
    if linear_path:
        model = _bridge.Model(network, scaling, estimator._losses[loss])
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


def draw_seed(rng):
    """Return a seed for a torch generator."""
    return int(rng.randint(np.iinfo(np.int32).max))
