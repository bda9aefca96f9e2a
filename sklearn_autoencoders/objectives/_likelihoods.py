"""How rows scatter around a decoder's output: likelihoods, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.distributions import (
    Bernoulli,
    Distribution,
    Laplace,
    Normal,
)

# Least scale of the noise, in units of scale: values that repeat have no density.
_LEAST_SCALE = 0.01


def _scale(noise: Tensor) -> Tensor:
    return noise[0].exp().hypot(noise.new_tensor(_LEAST_SCALE))


def _gaussian(output: Tensor, noise: Tensor) -> Normal:
    return Normal(output, _scale(noise), validate_args=False)


def _laplace(output: Tensor, noise: Tensor) -> Laplace:
    return Laplace(output, _scale(noise), validate_args=False)


class _StudentT(NamedTuple):
    """Torch's own checks its degrees of freedom, and fails where training has diverged."""

    df: Tensor
    mean: Tensor
    scale: Tensor

    def log_prob(self, value: Tensor) -> Tensor:
        half, squares = (self.df + 1) / 2, ((value - self.mean) / self.scale).square()
        constant = half.lgamma() - (self.df / 2).lgamma() - 0.5 * (math.pi * self.df).log()
        return constant - self.scale.log() - half * (squares / self.df).log1p()


def _student_t(output: Tensor, noise: Tensor) -> _StudentT:
    """More than two degrees of freedom, so that there is a variance; ten to start with."""
    return _StudentT(2 + 8 * noise[1].exp(), output, _scale(noise))


def _bernoulli(output: Tensor, noise: Tensor) -> Bernoulli:
    return Bernoulli(logits=output, validate_args=False)


class _ContinuousBernoulli(NamedTuple):
    r"""The density :math:`\propto e^{lx}` on [0, 1]; torch's own is none where a logit is large."""

    logit: Tensor

    @property
    def mean(self) -> Tensor:
        steep = self._steepness(0.05)
        far = torch.where(self.logit.abs() < 0.05, 0.5, 1 / -torch.expm1(-steep) - 1 / steep)
        mean = far + torch.where(self.logit.abs() < 0.05, self.logit.abs() / 12, 0.0)
        return torch.where(self.logit < 0, 1 - mean, mean)

    def log_prob(self, value: Tensor) -> Tensor:
        steep = self._steepness(1e-6)
        normaliser = (-torch.expm1(-steep) / steep).log() + self.logit.clamp(min=0)
        return value * self.logit - normaliser

    def icdf(self, share: Tensor) -> Tensor:
        steep, rises = self._steepness(1e-4), self.logit > 0
        fallen = torch.where(rises, 1 - share, share)
        value = -torch.log1p(fallen * torch.expm1(-steep)) / steep
        return torch.where(rises, 1 - value, value)

    def _steepness(self, least: float) -> Tensor:
        return self.logit.abs().clamp(min=least)


def _continuous_bernoulli(output: Tensor, noise: Tensor) -> _ContinuousBernoulli:
    return _ContinuousBernoulli(output)


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    """Return draws from the open interval (0, 1)."""
    eps = torch.finfo(like.dtype).eps
    return torch.empty_like(like).uniform_(generator=generator).clamp_(eps / 2, 1 - eps / 2)


def _draw_normal(distribution: Normal, generator: torch.Generator) -> Tensor:
    mean: Tensor = distribution.loc
    return mean + distribution.scale * torch.empty_like(mean).normal_(generator=generator)


def _draw_by_quantile(distribution: Distribution, generator: torch.Generator) -> Tensor:
    return distribution.icdf(_uniform(distribution.mean, generator))


def _draw_bernoulli(distribution: Bernoulli, generator: torch.Generator) -> Tensor:
    return distribution.probs.bernoulli(generator=generator)


def _draw_student_t(distribution: _StudentT, generator: torch.Generator) -> Tensor:
    """R. W. Bailey, "Polar Generation of Random Variates with the t-Distribution", 1994."""
    mean, df = distribution.mean, distribution.df
    u, v = _uniform(mean, generator), _uniform(mean, generator)
    t = (df * (u.pow(-2 / df) - 1)).sqrt() * (2 * math.pi * v).cos()
    return mean + distribution.scale * t


@dataclass(frozen=True)
class Likelihood:
    """The distribution of a cell, given the decoder's output.

    Parameters
    ----------
    distribution : callable
        Maps the output, of shape (..., n_features), and the noise, of shape
        (n_noise, n_features), to what has a `mean` and a `log_prob`, as torch's distributions.

    sample : callable
        Draws from such a distribution with a generator.

    n_noise : int, default=0
        Numbers learnt for every column: the logarithm of a scale, and others.

    unit_interval : bool, default=False
        Whether the target is X itself, in [0, 1], and the output a logit.
    """

    distribution: Callable[[Tensor, Tensor], Any]
    sample: Callable[..., Tensor]
    n_noise: int = 0
    unit_interval: bool = False

    def link(self, output: Tensor) -> Tensor:
        """Return the mean that the decoder's output stands for."""
        mean: Tensor = self.distribution(output, self.unit_noise(output)).mean
        return mean

    def unit_noise(self, output: Tensor) -> Tensor:
        """Return noise of scale one."""
        return output.new_zeros(self.n_noise, 1)

    def log_density(
        self, output: Tensor, noise: Tensor, target: Tensor, observed: Tensor | None
    ) -> Tensor:
        """Return each row's log density: the sum over its observed cells."""
        cells: Tensor = self.distribution(output, noise).log_prob(target)
        return (cells if observed is None else cells * observed).sum(-1)


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(_bernoulli, _draw_bernoulli, unit_interval=True),
    "continuous_bernoulli": Likelihood(
        _continuous_bernoulli, _draw_by_quantile, unit_interval=True
    ),
    "gaussian": Likelihood(_gaussian, _draw_normal, n_noise=1),
    "laplace": Likelihood(_laplace, _draw_by_quantile, n_noise=1),
    "student_t": Likelihood(_student_t, _draw_student_t, n_noise=2),
}
