"""Where the linear path of a network starts: at principal components."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from ._bridge import Model
from ._scaling import probabilistic_pca
from .networks import GaussianBottleneck, LinearPath, QuantizedBottleneck, VariationalAutoencoder

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
