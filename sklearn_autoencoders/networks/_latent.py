"""Random codes: Gaussian posteriors, and priors that are mixtures of Gaussians."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple, Protocol, cast

import torch
from torch import Tensor, nn

# Of a posterior and of a prior; beyond them exponentials say nothing more.
_LOG_VAR_LIMIT = 20.0


class Gaussians(NamedTuple):
    """Gaussians with diagonal covariances, and their shares in a mixture.

    Parameters
    ----------
    log_weight : Tensor of shape (n_gaussians,)
        Logarithms of the shares.

    mean, log_var : Tensor of shape (n_gaussians, n_components)
        Means, and logarithms of variances.
    """

    log_weight: Tensor
    mean: Tensor
    log_var: Tensor


def normal_log_density(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    r""":math:`-\frac12 \bigl(\log 2\pi\sigma^2 + (z - \mu)^2 / \sigma^2\bigr)`, cell by cell."""
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp())


def gaussian_kl(mean: Tensor, log_var: Tensor, other: Gaussians) -> Tensor:
    r"""Return every component's divergence from one Gaussian.

    .. math:: \frac12 \Bigl(\log\frac{s^2}{\sigma^2} + \frac{\sigma^2 + (\mu - m)^2}{s^2} - 1\Bigr)
    """
    ratio = log_var - other.log_var
    distance = (mean - other.mean).square() * (-other.log_var).exp()
    return 0.5 * (ratio.exp() + distance - 1 - ratio)


def mixture_log_density(z: Tensor, mixture: Gaussians) -> Tensor:
    """Return the log density of points of shape (..., n_components) under a mixture."""
    precision = (-mixture.log_var).exp()
    squares = z.square() @ precision.T - 2 * z @ (mixture.mean * precision).T
    constant = mixture.mean.square().mul(precision).sum(1) + mixture.log_var.sum(1)
    constant = constant + z.shape[-1] * math.log(2 * math.pi)
    return (mixture.log_weight - 0.5 * (squares + constant)).logsumexp(-1)


class Latent(Protocol):
    """What a random bottleneck made of a batch."""

    draws: Tensor

    def kl(self) -> Tensor:
        """Return divergences from the prior, of shape (batch, m), to be summed over m."""

    def log_ratio(self) -> Tensor:
        """Return log q(z | x) - log p(z) of every draw, of shape (n_draws, batch)."""

    def kl_per_component(self) -> Tensor:
        """Return each component's divergence from its prior, of shape (batch, n_components)."""


class GaussianLatent:
    """Draws from Gaussian posteriors, beside their prior.

    Parameters
    ----------
    draws : Tensor of shape (n_draws, batch, n_components)
        The draws.

    mean, log_var : Tensor of shape (batch, n_components)
        The posteriors.

    prior : Gaussians
        The prior.
    """

    def __init__(self, draws: Tensor, mean: Tensor, log_var: Tensor, prior: Gaussians) -> None:
        self.draws, self.mean, self.log_var, self.prior = draws, mean, log_var, prior

    def kl(self) -> Tensor:
        """Return the divergences: exact from one Gaussian, else the mean over the draws."""
        if len(self.prior.mean) == 1:
            return gaussian_kl(self.mean, self.log_var, self.prior)
        return self.log_ratio().mean(0)[:, None]

    def log_ratio(self) -> Tensor:
        """Return log q(z | x) - log p(z) of every draw."""
        posterior = normal_log_density(self.draws, self.mean, self.log_var).sum(-1)
        return posterior - mixture_log_density(self.draws, self.prior)

    def kl_per_component(self) -> Tensor:
        """Return each component's divergence from the marginal of the prior."""
        if len(self.prior.mean) == 1:
            return self.kl()
        weight, mean, log_var = self.prior
        cells = normal_log_density(self.draws[..., None, :], mean, log_var) + weight[:, None]
        posterior = normal_log_density(self.draws, self.mean, self.log_var)
        return (posterior - cells.logsumexp(-2)).mean(0)


Posterior = Callable[[Tensor], tuple[Tensor, Tensor]]


class NormalPriorModule(nn.Module):
    zeros: Tensor

    def __init__(self, n_components: int) -> None:
        super().__init__()
        self.register_buffer("zeros", torch.zeros(1, n_components), persistent=False)

    def forward(self, posterior: Posterior) -> Gaussians:
        return Gaussians(self.zeros[:, 0], self.zeros, self.zeros)


class MixturePriorModule(nn.Module):
    def __init__(self, n_gaussians: int, n_components: int) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(n_gaussians))
        self.mean = nn.Parameter(torch.randn(n_gaussians, n_components) * 0.5**0.5)
        self.log_var = nn.Parameter(torch.full((n_gaussians, n_components), math.log(0.5)))

    def forward(self, posterior: Posterior) -> Gaussians:
        log_var = self.log_var.clamp(-_LOG_VAR_LIMIT, _LOG_VAR_LIMIT)
        return Gaussians(self.logit.log_softmax(0), self.mean, log_var)


class VampPriorModule(nn.Module):
    def __init__(self, n_gaussians: int, n_features: int) -> None:
        super().__init__()
        self.logit = nn.Parameter(torch.zeros(n_gaussians))
        self.pseudo_inputs = nn.Parameter(torch.randn(n_gaussians, n_features))

    def forward(self, posterior: Posterior) -> Gaussians:
        return Gaussians(self.logit.log_softmax(0), *posterior(self.pseudo_inputs))


class Bottleneck(nn.Module, ABC):
    """What stands between an encoder and a decoder and draws.

    Attributes
    ----------
    generator : Generator or None
        Where draws come from; training and scores set it.

    per_batch : bool
        Whether one draw serves all rows.

    n_draws : int
        Draws for every row.

    decays : bool
        Whether weight decay acts on the parameters.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False
    n_draws: int = 1
    decays: bool = False

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def code(self, encoded: Tensor) -> Tensor:
        """Return the codes of rows, without drawing."""

    @abstractmethod
    def forward(self, encoded: Tensor, encoder: nn.Module) -> Latent:
        """Return draws for rows."""

    @abstractmethod
    def sample(self, n_samples: int, encoder: nn.Module, generator: torch.Generator) -> Tensor:
        """Return draws from the prior, of shape (n_samples, n_components)."""


class GaussianBottleneck(Bottleneck):
    """A Gaussian posterior for every row: one half of the encoder's output, and the other.

    Parameters
    ----------
    prior : Module
        Maps the posterior, as a function of inputs, to :class:`Gaussians`.
    """

    def __init__(self, prior: nn.Module) -> None:
        super().__init__()
        self.prior = prior

    def code(self, encoded: Tensor) -> Tensor:
        """Return the means of the posteriors."""
        return encoded.chunk(2, 1)[0]

    def posterior(self, encoded: Tensor) -> tuple[Tensor, Tensor]:
        """Return the means and the logarithms of the variances."""
        mean, log_var = encoded.chunk(2, 1)
        return mean, log_var.clamp(-_LOG_VAR_LIMIT, _LOG_VAR_LIMIT)

    def forward(self, encoded: Tensor, encoder: nn.Module) -> GaussianLatent:
        """Return draws from the posteriors."""
        mean, log_var = self.posterior(encoded)
        n_rows = 1 if self.per_batch else len(mean)
        noise = mean.new_empty(self.n_draws, n_rows, mean.shape[1])
        draws = mean + (0.5 * log_var).exp() * noise.normal_(generator=self.generator)
        return GaussianLatent(draws, mean, log_var, self._prior(encoder))

    def sample(self, n_samples: int, encoder: nn.Module, generator: torch.Generator) -> Tensor:
        """Return draws from the prior."""
        weight, mean, log_var = self._prior(encoder)
        chosen = weight.exp().multinomial(n_samples, replacement=True, generator=generator)
        noise = mean.new_empty(n_samples, mean.shape[1]).normal_(generator=generator)
        return mean[chosen] + (0.5 * log_var[chosen]).exp() * noise

    def _prior(self, encoder: nn.Module) -> Gaussians:
        return cast(Gaussians, self.prior(lambda x: self.posterior(encoder(x))))
