"""Initial state of a fit: scaling, latent dimension, and weights that start at PCA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from .._data.data import Data
from .._data.model import place, resolve_device
from .._data.shapes import channel_of_features
from .._data.statistics.factors import Factors, fit_factors
from .._data.statistics.gaussian import MAX_INPUTS, Gaussian, fit_gaussian
from .._data.statistics.pca import probabilistic_pca
from .._data.statistics.scaling import Scaling, fit_encoded_scaling
from .._data.validation import given_network
from .._data.value_checks import check_magnitude
from .._utils.layout import Layout
from .._utils.random import draw_seed, make_generator
from ..networks._latent.bottlenecks import GaussianBottleneck
from ..networks._latent.vector_quantizer import QuantizedBottleneck
from ..networks._layers.linear_path import LinearPath
from ..networks._layers.subspace import without_subspace
from ..networks._models.variational import VariationalAutoencoder
from ..networks._recipes import AutoencoderRecipe, Recipe, build
from .axes import FittedAxes, PrincipalAxes, ScaledData, fit_axes
from .number_intervals import set_intervals, with_vectors
from .parameters import network_part, training_dtype

Array = NDArray[np.float64]

# Minimum standard deviation by which a code is divided, so that training does not amplify noise.
_MIN_DEVIATION = 1e-2


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
    n_positions = getattr(_linear_paths(network)[0].linear, "positions", 1)
    gain, loading, log_var, noise = probabilistic_pca(
        principal.variances, len(axes), network.n_features // n_positions
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
        Its parameters determine the network and its initialization.

    data : Data
        Training samples. Means, scales and principal components are those of the target.

    rng : RandomState
        Source of the initial weights.

    scaling : {"global", "channel", "feature", "robust", "by_units"} or None
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
    layout, kind = estimator._layout, scaling
    fitted = _fit_scaling(estimator, data, layout, kind)
    name = getattr(estimator, estimator._loss_parameter)
    loss = estimator._losses[name]
    samples = ScaledData(data, layout, fitted, kind, loss)
    axes = fit_axes(estimator, samples, rng)
    may_miss = data.has_missing or estimator._predicts_missing
    input_model = _fit_input_model(samples, axes) if may_miss else None
    n_axes = 0 if axes.subspace is None else len(axes.subspace.axes)
    network = _network_for(estimator, data, layout, n_axes)
    base = AutoencoderRecipe(network, layout.n_inputs, axes.n_components, axes.are_start, n_axes)
    recipe = compose(_with_masks(base, estimator, layout, input_model, may_miss))
    dtype = training_dtype(estimator, (len(data.X), layout.n_inputs))
    module = build(recipe, make_generator(draw_seed(rng)))
    module = place(module, resolve_device(estimator.device), dtype)
    if axes.subspace is not None:
        _set_subspace(module, axes.subspace)
    if axes.start is not None:
        start(module, axes.start)
    set_intervals(module, data, layout, fitted)
    attributes = initial_attributes(estimator, module, fitted, name, recipe)
    return attributes | {"_input_model": input_model}


def _fit_scaling(estimator: Any, data: Data, layout: Layout, kind: str | None) -> Scaling:
    """Return the scaling of the inputs; raise ValueError if their squares overflow."""
    channel = None
    if kind == "channel":
        channel = channel_of_features(given_network(estimator), layout.n_inputs)
    weight, ranges = data.training_weight, data.target_ranges
    fitted = fit_encoded_scaling(data.target, weight, kind, layout, ranges, channel)
    dtype = training_dtype(estimator, (len(data.X), layout.n_inputs))
    check_magnitude(data, fitted, layout, dtype)
    return fitted


def _network_for(estimator: Any, data: Data, layout: Layout, n_axes: int) -> Any:
    """Return the network for the samples; raise ValueError if it reads sequences of symbols."""
    n_inputs = layout.n_inputs
    network = network_part(estimator, data.n_samples, n_inputs, n_axes or n_inputs)
    if network.reads_sequences:
        raise ValueError(
            f"network={network!r} reads sequences of symbols: only AutoregressiveGenerator is for "
            "causal networks, and only DenoisingAutoencoder for bidirectional ones. Use Recurrent "
            "or Temporal for series of numbers, and TextHybrid for texts."
        )
    return network.for_texts(layout.n_columns) if layout.is_shared else network


def _with_masks(
    base: AutoencoderRecipe,
    estimator: Any,
    layout: Layout,
    input_model: Factors | Gaussian | None,
    may_miss: bool,
) -> AutoencoderRecipe:
    """Return a recipe whose encoder receives a mask of the missing columns, if it uses one."""
    has_masks = input_model is not None and estimator.network is None and not base.n_axes
    has_masks |= base.network.takes_masks and may_miss
    base = replace(base, n_masks=layout.n_columns) if has_masks else base
    return with_vectors(base, estimator, layout) if isinstance(input_model, Gaussian) else base


def _fit_input_model(samples: ScaledData, axes: FittedAxes) -> Factors | Gaussian | None:
    """Return the model that predicts missing inputs, if there is one.

    Complete numbers use factor analysis, so that old fits can be reproduced. Positions after the
    end of a text have no values to predict: these inputs remain zero.
    """
    data, layout, scaling = samples.data, samples.layout, samples.scaling
    principal, subspace = axes.principal, axes.subspace
    if axes.start is None or principal is None or layout.is_shared or axes.patches is not None:
        return None
    residual, weight = samples.residual, data.training_weight
    is_table = data.has_missing or not layout.is_numeric
    if is_table and subspace is None and layout.n_inputs <= MAX_INPUTS:
        ranges = data.target_ranges if residual is data.target else None
        return fit_gaussian(residual, scaling, weight, ranges)
    rows = principal.axes if subspace is None else principal.axes @ subspace.axes
    return fit_factors(residual, scaling, weight, principal.variances, rows)


def _set_subspace(network: Any, subspace: PrincipalAxes) -> None:
    """Set the fixed maps of a network to the axes of the subspace."""
    inwards, outwards = network.subspace
    axes = subspace.axes
    inwards.set(axes, -axes @ subspace.origin)
    outwards.set(subspace.slope[:, None] * axes.T, subspace.output)


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
