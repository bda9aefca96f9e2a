"""Networks whose code is random, over arrays: likelihoods, draws, and what is missing."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import Data, Rows
from .._data.model import Model, torch_dtype
from .._utils.draws import Draws, Generated
from .._utils.random import make_generator
from .._utils.torch_settings import preserve_settings
from ..networks._bottlenecks import GaussianBottleneck
from ..networks._variational import VariationalAutoencoder
from ..objectives._likelihoods import Likelihood
from .run import Function, Units, cast_network, decoding, run

Array = NDArray[Any]

# Estimates are the same in every call: their draws come from this seed, alike for all rows.
_SEED = 0


def fixed_noise(model: Model, n_draws: int, n_components: int, dtype: Any) -> Tensor:
    """Return the numbers that estimates are made of, of shape (n_draws, 1, n_components)."""
    noise = torch.empty(n_draws, 1, n_components, dtype=torch_dtype(dtype), device=model.device)
    return noise.normal_(generator=make_generator(_SEED, model.device))


def log_weights(model: Model, X: Array, condition: Array | None, noise: Tensor) -> Array:
    r"""Return :math:`\log p(x|z_k) + \log p(z_k) - \log q(z_k|x)` for draws of every row.

    Parameters
    ----------
    model : Model
        Fitted.

    X : ndarray of shape (n_samples, n_features)
        Rows, NaN where a value is missing.

    condition : ndarray of shape (n_samples, n_conditions) or None
        What the decoder sees beside the code.

    noise : Tensor of shape (n_draws, 1, n_components)
        What draws are made of.

    Returns
    -------
    ndarray of shape (n_samples, n_draws)
        In nats, as densities in the units of X.
    """
    rows = Rows(model, Data(X, condition=condition))
    return run(model, rows, weighting(model, noise), len(noise))


def expected_rows(model: Model, X: Array, condition: Array | None, noise: Tensor) -> Array:
    """Return the decoder's means, weighted by how well their draws explain what is known.

    Parameters
    ----------
    model, X, condition, noise
        As in :func:`log_weights`.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Estimates of the expected row given its known values.
    """
    rows = Rows(model, Data(X, condition=condition))
    return run(model, rows, expectation(model, noise, X.dtype), len(noise))


def weighting(model: Model, noise: Tensor) -> Function:
    """Return what leads from rows to their logarithmic weights, as in :func:`log_weights`."""

    def function(network: VariationalAutoencoder, batch: Any) -> Tensor:
        output = network.with_noise(noise)(batch[0])
        return _log_weights(model, network, output, batch[1]).T

    return function


def expectation(model: Model, noise: Tensor, dtype: Any) -> Function:
    """Return what leads from rows of a type to what :func:`expected_rows` returns."""
    units = Units(model, dtype)

    def function(network: VariationalAutoencoder, batch: Any) -> Tensor:
        output = network.with_noise(noise)(batch[0])
        share = _log_weights(model, network, output, batch[1]).softmax(0)
        return units(torch.einsum("kb,kbd->bd", share, model.loss.link(output.reconstruction)))

    return function


def sample_codes(model: Model, n_samples: int, condition: Array | None, seed: int) -> Array:
    """Return codes drawn from the prior, in double precision."""
    draws = Generated(make_generator(seed, model.device))
    beside = None if condition is None else torch.tensor(condition, device=model.device)
    with preserve_settings(), torch.no_grad():
        network = cast(VariationalAutoencoder, cast_network(model.network, torch.float64))
        codes = network.bottleneck.sample(n_samples, network.encoder, draws, beside)
    return codes.cpu().numpy()


def sample_posterior(
    model: Model, X: Array, condition: Array | None, scale: float, seed: int
) -> Array:
    """Return codes drawn around those of rows, `scale` posterior standard deviations wide."""
    draws = Generated(make_generator(seed, model.device))

    def codes(network: VariationalAutoencoder, batch: Any) -> Tensor:
        bottleneck = cast(GaussianBottleneck, network.bottleneck)
        mean, log_var = bottleneck.posterior(network.encoded(batch[0]))
        return mean + scale * (0.5 * log_var).exp() * draws.normal(mean)

    return run(model, Rows(model, Data(X, condition=condition)), codes)


def draw_rows(model: Model, codes: Array, condition: Array | None, seed: int | None) -> Array:
    """Return rows that codes stand for, in the user's units.

    Parameters
    ----------
    model : Model
        Fitted.

    codes : ndarray of shape (n_samples, n_components)
        Codes.

    condition : ndarray of shape (n_samples, n_conditions) or None
        What the decoder sees beside them.

    seed : int or None
        Seeds the noise of the likelihood; None leaves it out.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Draws, or means.
    """
    draws = None if seed is None else Generated(make_generator(seed, model.device))
    function = decoding(model, codes.dtype) if draws is None else drawing(model, draws, codes.dtype)
    codes = codes if condition is None else np.hstack([codes, condition])
    return run(model, Rows(model, Data(codes), scaled=True), function)


def drawing(model: Model, draws: Draws, dtype: Any) -> Function:
    """Return what leads from codes to draws of rows of a type, in the user's units."""
    units, likelihood = Units(model, dtype), cast(Likelihood, model.loss)
    own = torch_dtype(dtype)

    def function(network: VariationalAutoencoder, batch: Any) -> Tensor:
        output = network.decode(batch[0]).to(own)
        distribution = likelihood.distribution(output, network.noise.to(own))
        return units.of_values(likelihood.sample(distribution, draws))

    return function


def latent_health(model: Model, data: Data) -> tuple[Array, Array]:
    """Return each component's mean divergence from the prior, and the variance of its code."""
    generator = make_generator(_SEED, model.device)

    def divergences(network: VariationalAutoencoder, batch: Any) -> Tensor:
        latent = network.with_draws(generator, 1, per_batch=False).latent(batch[0])
        return torch.stack([latent.kl_per_component(), network.encode(batch[0])], 1)

    kl, codes = run(model, Rows(model, data), divergences).transpose(1, 0, 2)
    weight, codes = data.weight, codes.astype(np.float64)
    mean = np.average(codes, axis=0, weights=weight)
    variance = np.average((codes - mean) ** 2, axis=0, weights=weight)
    return np.average(kl, axis=0, weights=weight), variance


def fit_prior(model: Model, data: Data, step: float = 1.0) -> None:
    """Move what is not learnt by gradients towards its best value for rows, in place.

    Parameters
    ----------
    model : Model
        Its network is changed.

    data : Data
        The rows.

    step : float, default=1.0
        How much of the way to go, in [0, 1].
    """
    bottleneck = cast(VariationalAutoencoder, model.network.eval()).bottleneck
    rows = Rows(model, data, dtype=model.dtype)
    statistics = run(
        model, rows, lambda network, batch: bottleneck.statistics(network.encoded(batch[0]))
    )
    weight = np.ones(len(data.X)) if data.weight is None else data.weight
    weight = weight * (data.n_samples / weight.sum())
    double = torch.float64
    condition = data.condition
    bottleneck.fit_prior(
        torch.tensor(statistics, device=model.device),
        None if condition is None else torch.tensor(condition, dtype=double, device=model.device),
        torch.tensor(weight, dtype=double, device=model.device),
        step,
    )


def _log_weights(
    model: Model, network: VariationalAutoencoder, output: Any, compared: Any
) -> Tensor:
    """Return the logarithms of the importance weights, of shape (n_draws, batch)."""
    likelihood, target, observed = cast(Likelihood, model.loss), compared.target, compared.observed
    density = likelihood.log_density(output.reconstruction, network.noise, target, observed)
    if not likelihood.unit_interval:  # from the network's units to the user's
        log_scale = target.new_tensor(np.log(model.scaling.scale))
        density = density - (log_scale.sum() if observed is None else observed @ log_scale)
    return density - cast(Tensor, output.latent.log_ratio())
