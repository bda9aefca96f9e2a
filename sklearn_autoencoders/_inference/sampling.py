"""Networks with random codes: likelihoods, sampling and imputation."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import CodeDataset, SampleDataset
from .._data.data import Data
from .._data.model import Model, torch_dtype
from .._utils.batch import Batch
from .._utils.draws import Draws, Generated, gumbel
from .._utils.random import make_generator
from .._utils.torch_settings import preserve_settings
from ..networks._latent.bottlenecks import GaussianBottleneck
from ..networks._models.variational import VariationalAutoencoder
from ..objectives._contract import not_none
from ..objectives._likelihoods import Likelihood
from .prepared import in_type
from .run import Function, Units, decode_function, run

Array = NDArray[Any]

# Seed of the draws of estimates, which are the same in every call and for all samples.
_SEED = 0


def fixed_noise(model: Model, n_draws: int, n_components: int, dtype: Any) -> Tensor:
    """Return the random numbers of estimates, of shape (n_draws, 1, n_components)."""
    noise = torch.empty(n_draws, 1, n_components, dtype=torch_dtype(dtype), device=model.device)
    return noise.normal_(generator=make_generator(_SEED, model.device))


def log_weights(model: Model, X: Array, condition: Array | None, noise: Tensor) -> Array:
    r"""Return :math:`\log p(x|z_k) + \log p(z_k) - \log q(z_k|x)` for draws of each sample.

    Parameters
    ----------
    model : Model
        Fitted.

    X : ndarray of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    condition : ndarray of shape (n_samples, n_conditions) or None
        Input of the decoder in addition to the code.

    noise : Tensor of shape (n_draws, 1, n_components)
        Random numbers of the draws.

    Returns
    -------
    ndarray of shape (n_samples, n_draws)
        In nats, as densities in the units of X.
    """
    samples = SampleDataset(model, Data(X, condition=condition))
    return run(model, samples, log_weight_function(model, noise), len(noise))


def expected_samples(model: Model, X: Array, condition: Array | None, noise: Tensor) -> Array:
    """Return the decoder's means, averaged with the importance weights of their draws.

    Parameters
    ----------
    model, X, condition, noise
        As in :func:`log_weights`.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        Estimates of the expected sample given its observed values.
    """
    samples = SampleDataset(model, Data(X, condition=condition))
    return run(model, samples, expectation_function(model, noise, X.dtype), len(noise))


def log_weight_function(model: Model, noise: Tensor) -> Function:
    """Return the function from samples to their log weights, as in :func:`log_weights`."""

    def function(network: VariationalAutoencoder, batch: Batch) -> Tensor:
        output = network.with_noise(noise)(batch)
        return _log_weights(model, network, output, batch).T

    return function


def expectation_function(model: Model, noise: Tensor, dtype: Any) -> Function:
    """Return the function from samples of a type to the result of :func:`expected_samples`."""
    units = Units(model, dtype)

    def function(network: VariationalAutoencoder, batch: Batch) -> Tensor:
        output = network.with_noise(noise)(batch)
        weight = _log_weights(model, network, output, batch).softmax(0)
        return units(torch.einsum("kb,kbd->bd", weight, model.loss.link(output.reconstruction)))

    return function


def sample_codes(model: Model, n_samples: int, condition: Array | None, seed: int) -> Array:
    """Return codes drawn from the prior, in double precision."""
    draws = Generated(make_generator(seed, model.device))
    conditions = None if condition is None else torch.tensor(condition, device=model.device)
    with preserve_settings(), torch.no_grad():
        network = cast(VariationalAutoencoder, in_type(model.network, torch.float64))
        codes = network.bottleneck.sample(n_samples, network.encoder, draws, conditions)
    return codes.cpu().numpy()


def sample_posterior(
    model: Model, X: Array, condition: Array | None, scale: float, seed: int
) -> Array:
    """Return codes drawn from the posteriors, with standard deviations multiplied by `scale`."""
    draws = Generated(make_generator(seed, model.device))

    def codes(network: VariationalAutoencoder, batch: Batch) -> Tensor:
        bottleneck = cast(GaussianBottleneck, network.bottleneck)
        mean, log_var = bottleneck.posterior(network.encoded(batch))
        return mean + scale * (0.5 * log_var).exp() * draws.normal(mean)

    return run(model, SampleDataset(model, Data(X, condition=condition)), codes)


def draw_samples(model: Model, codes: Array, condition: Array | None, seed: int | None) -> Array:
    """Return the samples that codes are decoded to, in the user's units.

    Parameters
    ----------
    model : Model
        Fitted.

    codes : ndarray of shape (n_samples, n_components)
        Codes.

    condition : ndarray of shape (n_samples, n_conditions) or None
        Input of the decoder in addition to the codes.

    seed : int or None
        Seed of the noise of the likelihood; None for no noise.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The samples: draws from the likelihood, or its means.
    """
    draws = None if seed is None else Generated(make_generator(seed, model.device))
    function = (
        decode_function(model, codes.dtype)
        if draws is None
        else draw_function(model, draws, codes.dtype)
    )
    return run(model, CodeDataset(codes, condition, model.device), function)


def draw_function(model: Model, draws: Draws, dtype: Any) -> Function:
    """Return the function from codes to draws of samples of a type, in the user's units."""
    units, likelihood = Units(model, dtype), cast(Likelihood, model.loss)
    output_dtype = torch_dtype(dtype)

    def function(network: VariationalAutoencoder, batch: Batch) -> Tensor:
        if network.reads_target:  # a symbol depends on those that were drawn before it
            noise = partial(gumbel, draws)
            return units.of_values(network.draw(batch.x, batch.condition, noise).to(output_dtype))
        output = network.decode(batch.x, batch.condition).to(output_dtype)
        distribution = likelihood.distribution(output, network.noise.to(output_dtype))
        return units.of_values(likelihood.draw(distribution, draws))

    return function


def latent_health(model: Model, data: Data) -> tuple[Array, Array]:
    """Return each component's mean divergence from the prior, and the variance of its code."""
    generator = make_generator(_SEED, model.device)

    def divergences(network: VariationalAutoencoder, batch: Batch) -> Tensor:
        latent = network.with_draws(generator, 1, per_batch=False).latent(batch)
        return torch.stack([latent.kl_per_component(), network.encode(batch)], 1)

    kl, codes = run(model, SampleDataset(model, data), divergences).transpose(1, 0, 2)
    weight, codes = data.weight, codes.astype(np.float64)
    mean = np.average(codes, axis=0, weights=weight)
    variance = np.average((codes - mean) ** 2, axis=0, weights=weight)
    return np.average(kl, axis=0, weights=weight), variance


def fit_prior(model: Model, data: Data, step: float = 1.0) -> None:
    """Move parameters that are not learned by gradient descent towards their optimum, in place.

    Parameters
    ----------
    model : Model
        The model. Its network is modified in place.

    data : Data
        The samples.

    step : float, default=1.0
        Fraction of the distance to the optimum, in [0, 1].
    """
    bottleneck = cast(VariationalAutoencoder, model.network.eval()).bottleneck
    samples = SampleDataset(model, data, dtype=model.dtype)
    statistics = run(
        model, samples, lambda network, batch: bottleneck.statistics(network.encoded(batch))
    )
    weight = data.weight_or_ones * (data.n_samples / data.weight_or_ones.sum())
    double = torch.float64
    condition = data.condition
    bottleneck.fit_prior(
        torch.tensor(statistics, device=model.device),
        None if condition is None else torch.tensor(condition, dtype=double, device=model.device),
        torch.tensor(weight, dtype=double, device=model.device),
        step,
    )


def _log_weights(
    model: Model, network: VariationalAutoencoder, output: Any, batch: Batch
) -> Tensor:
    """Return the logarithms of the importance weights, of shape (n_draws, batch)."""
    likelihood, target, observed = (
        cast(Likelihood, model.loss),
        not_none(batch.target),
        batch.observed,
    )
    density = likelihood.log_density(output.reconstruction, network.noise, target, observed)
    if not likelihood.unit_interval:  # convert the density to the user's units
        log_scale = target.new_tensor(np.log(model.column_scale))
        density = density - (log_scale.sum() if observed is None else observed @ log_scale)
    return density - cast(Tensor, output.latent.log_ratio())
