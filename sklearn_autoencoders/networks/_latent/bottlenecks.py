"""Random codes: Gaussian posteriors and mixtures of Gaussians as priors."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from ..._utils.draws import Draws
from .mixture import (
    Gaussians,
    Mixture,
    fit_to_normals,
    gaussian_kl,
    mixture_log_density,
    normal_log_density,
    weights_under,
)

# Limit of the log variances of posteriors and priors.
_LOG_VAR_LIMIT = 20.0


class Latent(Protocol):
    """Output of a random bottleneck for a batch."""

    draws: Tensor

    def kl(self) -> Tensor:
        """Return the divergences from the prior, of shape (batch, m), to be summed over m."""

    def log_ratio(self) -> Tensor:
        """Return log q(z | x) - log p(z) for each draw, of shape (n_draws, batch)."""

    def kl_per_component(self) -> Tensor:
        """Return the divergence of each component, of shape (batch, n_components)."""


class GaussianLatent:
    """Draws from Gaussian posteriors, together with the posteriors and the prior.

    Parameters
    ----------
    draws : Tensor of shape (n_draws, batch, n_components)
        The draws.

    mean, log_var : Tensor of shape (batch, n_components)
        Means and log variances of the posteriors.

    prior : Gaussians
        The prior.
    """

    def __init__(self, draws: Tensor, mean: Tensor, log_var: Tensor, prior: Gaussians) -> None:
        self.draws, self.mean, self.log_var, self.prior = draws, mean, log_var, prior
        self._kl: Tensor | None = None

    def kl(self) -> Tensor:
        """Return the divergences: exact for a single Gaussian, otherwise a mean over the draws."""
        if self._kl is None:  # it is used by the loss and by the curve
            is_exact = len(self.prior.mean) == 1
            own = self.mean, self.log_var, self.prior
            self._kl = gaussian_kl(*own) if is_exact else self.log_ratio().mean(0)[:, None]
        return self._kl

    def log_ratio(self) -> Tensor:
        """Return log q(z | x) - log p(z) for each draw."""
        posterior = normal_log_density(self.draws, self.mean, self.log_var).sum(-1)
        return posterior - mixture_log_density(self.draws, self.prior)

    def kl_per_component(self) -> Tensor:
        """Return the divergence of each component from the marginal of the prior."""
        if len(self.prior.mean) == 1:
            return self.kl()
        weight, mean, log_var = self.prior
        joint = normal_log_density(self.draws[..., None, :], mean, log_var) + weight[..., None]
        posterior = normal_log_density(self.draws, self.mean, self.log_var)
        return (posterior - joint.logsumexp(-2)).mean(0)


Posterior = Callable[[Tensor], tuple[Tensor, Tensor]]


class Prior(nn.Module, ABC):
    """Base class of priors, which are mixtures of Gaussians."""

    @abstractmethod
    def forward(self, posterior: Posterior, condition: Tensor | None) -> Gaussians:
        """Return the prior as a mixture of Gaussians."""

    def fit(
        self,
        posteriors: Tensor,
        condition: Tensor | None,
        weight: Tensor,
        step: float,
    ) -> None:
        """Move parameters towards a fit to all posteriors; does nothing by default.

        Posteriors of shape (n_samples, 2, n_components) are means and variances.
        """


class NormalPriorModule(Prior):
    zeros: Tensor

    def __init__(self, n_components: int) -> None:
        super().__init__()
        self.register_buffer("zeros", torch.zeros(1, n_components), persistent=False)

    def forward(self, posterior: Posterior, condition: Tensor | None) -> Gaussians:
        return Gaussians(self.zeros[:, 0], self.zeros, self.zeros)


class MixturePriorModule(Prior):
    """Gaussians that are learned with the network, and fitted to its codes before and after."""

    effect: Tensor

    def __init__(self, n_gaussians: int, n_components: int, n_conditions: int = 0) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(n_gaussians))
        self.mean = nn.Parameter(torch.randn(n_gaussians, n_components) * 0.5**0.5)
        self.log_var = nn.Parameter(torch.full((n_gaussians, n_components), math.log(0.5)))
        self.register_buffer("effect", torch.zeros(n_conditions, n_gaussians))

    def forward(self, posterior: Posterior, condition: Tensor | None) -> Gaussians:
        log_var = self.log_var.clamp(-_LOG_VAR_LIMIT, _LOG_VAR_LIMIT)
        weights = weights_under(self.logit.softmax(0), self.effect, condition)
        return Gaussians(weights.log(), self.mean, log_var)

    @torch.no_grad()
    def fit(
        self,
        posteriors: Tensor,
        condition: Tensor | None,
        weight: Tensor,
        step: float,
    ) -> None:
        current = (self.logit.softmax(0), self.effect, self.mean, self.log_var.exp())
        start = Mixture(*(tensor.double() for tensor in current))
        mean, variance = posteriors.unbind(1)
        fitted = fit_to_normals(start, mean, variance, condition, weight)
        mixture = Mixture(*(old.lerp(new, step) for old, new in zip(start, fitted, strict=True)))
        self.logit.copy_(mixture.weight.log())
        self.effect.copy_(mixture.effect)
        self.mean.copy_(mixture.mean)
        self.log_var.copy_(mixture.variance.log())


class VampPriorModule(Prior):
    def __init__(self, n_gaussians: int, n_features: int) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(n_gaussians))
        self.pseudo_inputs = nn.Parameter(torch.randn(n_gaussians, n_features))

    def forward(self, posterior: Posterior, condition: Tensor | None) -> Gaussians:
        return Gaussians(self.logit.log_softmax(0), *posterior(self.pseudo_inputs))


class Bottleneck(nn.Module, ABC):
    """Base class of random bottlenecks between an encoder and a decoder.

    Attributes
    ----------
    generator : Generator or None
        Source of random draws, which is set by training and by scores.

    per_batch : bool
        Whether one draw is used for all samples.

    n_draws : int
        Number of draws for each sample.

    noise : Tensor of shape (n_draws, 1 or batch, n_components) or None
        Standard normal numbers from which draws are computed, instead of using a generator.

    decays : bool
        Whether weight decay is applied to the parameters.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False
    n_draws: int = 1
    noise: Tensor | None = None
    decays: bool = False

    def __init__(self) -> None:  # unlike torch's, it accepts no arguments
        super().__init__()

    @property
    def is_drawing(self) -> bool:
        """Whether a generator or noise is set, from which draws are computed."""
        return self.generator is not None or self.noise is not None

    @abstractmethod
    def code(self, encoded: Tensor) -> Tensor:
        """Return the deterministic codes of samples, without random draws."""

    @abstractmethod
    def forward(
        self, encoded: Tensor, encoder: nn.Module, condition: Tensor | None = None
    ) -> Latent:
        """Return draws of the codes of samples."""

    @abstractmethod
    def sample(
        self,
        n_samples: int,
        encoder: nn.Module,
        draws: Draws,
        condition: Tensor | None = None,
    ) -> Tensor:
        """Return draws from the prior, of shape (n_samples, n_components)."""

    @abstractmethod
    def statistics(self, encoded: Tensor) -> Tensor:
        """Return the statistics of samples that `fit_prior` requires."""

    @abstractmethod
    def fit_prior(
        self, statistics: Tensor, condition: Tensor | None, weight: Tensor, step: float
    ) -> None:
        """Move parameters that are not learned by gradients towards their optimal values.

        Parameters
        ----------
        statistics : Tensor of shape (n_samples, m)
            Statistics of the samples.

        condition : Tensor of shape (n_samples, n_conditions) or None
            Conditions of the samples.

        weight : Tensor of shape (n_samples,)
            Sample weights, normalized such that one sample has weight one.

        step : float
            Step size as a fraction of the distance, in [0, 1].
        """


class GaussianBottleneck(Bottleneck):
    """A Gaussian posterior for each sample; the encoder outputs its mean and its log variance.

    Parameters
    ----------
    prior : Prior
        Maps the posterior, as a function of inputs, to :class:`Gaussians`.
    """

    def __init__(self, prior: Prior) -> None:
        super().__init__()
        self.prior = prior

    def code(self, encoded: Tensor) -> Tensor:
        """Return the means of the posteriors."""
        return encoded.chunk(2, 1)[0]

    def posterior(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Return the means and the log variances of the posteriors."""
        mean, log_var = encoded.chunk(2, 1)
        return mean, log_var.clamp(-_LOG_VAR_LIMIT, _LOG_VAR_LIMIT)

    def forward(
        self, encoded: Tensor, encoder: nn.Module, condition: Tensor | None = None
    ) -> GaussianLatent:
        """Return draws from the posteriors."""
        mean, log_var = self.posterior(encoded)
        noise = self._drawn_noise(mean) if self.noise is None else self.noise
        draws = mean + (0.5 * log_var).exp() * noise
        return GaussianLatent(draws, mean, log_var, self._prior(encoder, condition))

    def sample(
        self,
        n_samples: int,
        encoder: nn.Module,
        draws: Draws,
        condition: Tensor | None = None,
    ) -> Tensor:
        """Return draws from the prior."""
        weight, mean, log_var = self._prior(encoder, condition)
        probabilities = weight.exp().expand(n_samples, -1)
        chosen = draws.choice(probabilities)
        center, deviation = mean[chosen], (0.5 * log_var[chosen]).exp()
        return center + deviation * draws.normal(center)

    def statistics(self, encoded: Tensor) -> Tensor:
        """Return the means and the variances of the posteriors."""
        mean, log_var = self.posterior(encoded)
        return torch.stack([mean, log_var.exp()], 1)

    def fit_prior(
        self, statistics: Tensor, condition: Tensor | None, weight: Tensor, step: float
    ) -> None:
        """Move the prior towards the posteriors."""
        self.prior.fit(statistics.double(), condition, weight, step)

    def _drawn_noise(self, mean: Tensor) -> Tensor:
        n_samples = 1 if self.per_batch else len(mean)
        noise = mean.new_empty(self.n_draws, n_samples, mean.shape[1])
        return noise.normal_(generator=self.generator)

    def _prior(self, encoder: nn.Module, condition: Tensor | None) -> Gaussians:
        return cast(Gaussians, self.prior(lambda x: self.posterior(encoder(x)), condition))
