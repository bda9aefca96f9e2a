"""Likelihoods: distributions of a value, given the decoder's output."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Distribution, Laplace

from .._utils.draws import Draws

# Minimum scale of the noise of scaled features, without which repeated values could have infinite
# density.
_MIN_SCALE = 0.01


def _scale(noise: Tensor) -> Tensor:
    return noise[0].exp().hypot(noise.new_tensor(_MIN_SCALE))


def _scale_only(noise: Tensor) -> tuple[Tensor, ...]:
    return (_scale(noise),)


class _Normal(NamedTuple):
    """Normal distribution; unlike torch's, it does not repeat the scale for every sample."""

    mean: Tensor
    scale: Tensor

    def log_prob(self, value: Tensor) -> Tensor:
        squares = ((value - self.mean) / self.scale).square()
        return -0.5 * squares - (self.scale.log() + 0.5 * math.log(2 * math.pi))


def _laplace(output: Tensor, scale: Tensor) -> Laplace:
    return Laplace(output, scale, validate_args=False)


class _StudentT(NamedTuple):
    """Student's t-distribution; unlike torch's, it accepts invalid values of diverged training."""

    mean: Tensor
    scale: Tensor
    df: Tensor
    half: Tensor
    constant: Tensor

    def log_prob(self, value: Tensor) -> Tensor:
        squares = ((value - self.mean) / self.scale).square()
        return self.constant - self.scale.log() - self.half * (squares / self.df).log1p()


def _student_t_parameters(noise: Tensor) -> tuple[Tensor, ...]:
    """Return the scale and terms of the degrees of freedom, initially ten.

    There are more than two degrees of freedom, so that the variance is finite.
    """
    df = 2 + 8 * noise[1].exp()
    half = (df + 1) / 2
    constant = half.lgamma() - (df / 2).lgamma() - 0.5 * (math.pi * df).log()
    return _scale(noise), df, half, constant


def _bernoulli(output: Tensor) -> Bernoulli:
    return Bernoulli(logits=output, validate_args=False)


class _ContinuousBernoulli(NamedTuple):
    r"""The density :math:`\propto e^{lx}` on [0, 1]; torch's is not finite for large logits."""

    logit: Tensor

    @property
    def mean(self) -> Tensor:
        steep = self._steepness(0.05)
        far = torch.where(self.logit.abs() < 0.05, 0.5, 1 / -torch.expm1(-steep) - 1 / steep)
        mean = far + torch.where(self.logit.abs() < 0.05, self.logit.abs() / 12, 0.0)
        return torch.where(self.logit < 0, 1 - mean, mean)

    def log_prob(self, value: Tensor) -> Tensor:
        steep = self._steepness(1e-6)
        normalizer = (-torch.expm1(-steep) / steep).log() + self.logit.clamp(min=0)
        return value * self.logit - normalizer

    def icdf(self, probability: Tensor) -> Tensor:
        steep, is_increasing = self._steepness(1e-4), self.logit > 0
        mirrored = torch.where(is_increasing, 1 - probability, probability)
        value = -torch.log1p(mirrored * torch.expm1(-steep)) / steep
        return torch.where(is_increasing, 1 - value, value)

    def _steepness(self, minimum: float) -> Tensor:
        return self.logit.abs().clamp(min=minimum)


def _without_noise(noise: Tensor) -> tuple[Tensor, ...]:
    return ()


def _draw_normal(distribution: _Normal, draws: Draws) -> Tensor:
    mean = distribution.mean
    return mean + distribution.scale * draws.normal(mean)


def _draw_by_quantile(distribution: Distribution, draws: Draws) -> Tensor:
    return distribution.icdf(draws.uniform(distribution.mean))


def _draw_bernoulli(distribution: Bernoulli, draws: Draws) -> Tensor:
    return draws.bernoulli(distribution.probs)


def _draw_student_t(distribution: _StudentT, draws: Draws) -> Tensor:
    """Draw by the polar method.

    R. W. Bailey, "Polar Generation of Random Variates with the t-Distribution", 1994.
    """
    mean, df = distribution.mean, distribution.df
    u, v = draws.uniform(mean), draws.uniform(mean)
    t = (df * (u.pow(-2 / df) - 1)).sqrt() * (2 * math.pi * v).cos()
    return mean + distribution.scale * t


@dataclass(frozen=True)
class Likelihood:
    """The distribution of a value, given the decoder's output.

    Parameters
    ----------
    family : callable
        Maps the output, of shape (..., n_features), and the return values of `shape` to a
        distribution with `mean` and `log_prob`, like torch's distributions.

    sample : callable
        Draws from such a distribution. Its second argument is the source of random numbers; the
        methods `normal` and `uniform` return random numbers in the shape of a tensor, and the
        methods `bernoulli` and `choice` accept a tensor of probabilities.

    shape : callable, default=nothing
        Maps the noise, of shape (n_noise, n_features), to a tuple of tensors: the parameters that
        are common to the distributions of all samples.

    n_noise : int, default=0
        Number of learned parameters per feature: the logarithm of the scale, and others.

    unit_interval : bool, default=False
        Whether the target is X itself, in [0, 1], and the output a logit.
    """

    family: Callable[..., Any]
    sample: Callable[..., Tensor]
    shape: Callable[[Tensor], tuple[Tensor, ...]] = _without_noise
    n_noise: int = 0
    unit_interval: bool = False

    def distribution(self, output: Tensor, noise: Tensor) -> Any:
        """Return the distributions of the values."""
        return self.family(output, *self.shape(noise))

    def draw(self, distribution: Any, draws: Draws) -> Tensor:
        """Return a draw from each distribution."""
        return self.sample(distribution, draws)

    def average_output(self, target: Tensor) -> Tensor:
        """Return the output whose distributions have the feature means."""
        return torch.zeros_like(target)

    def settled(self, noise: Tensor) -> Likelihood:
        """Return the likelihood with fixed noise, whose parameters are computed once."""
        shape = self.shape(noise)
        return replace(self, shape=lambda noise: shape)

    def link(self, output: Tensor) -> Tensor:
        """Return the mean of the distribution, given the decoder's output."""
        mean: Tensor = self.distribution(output, self.unit_noise(output)).mean
        return mean

    def unit_noise(self, output: Tensor) -> Tensor:
        """Return noise of scale one."""
        return output.new_zeros(self.n_noise, 1)

    def log_density(
        self, output: Tensor, noise: Tensor, target: Tensor, cell_weight: Tensor | None
    ) -> Tensor:
        """Return the log density of each sample: the weighted sum over its cells."""
        values: Tensor = self.distribution(output, noise).log_prob(target)
        return (values if cell_weight is None else values * cell_weight).sum(-1)


LIKELIHOODS: dict[str, Likelihood] = {
    "bernoulli": Likelihood(_bernoulli, _draw_bernoulli, unit_interval=True),
    "continuous_bernoulli": Likelihood(_ContinuousBernoulli, _draw_by_quantile, unit_interval=True),
    "gaussian": Likelihood(_Normal, _draw_normal, _scale_only, n_noise=1),
    "laplace": Likelihood(_laplace, _draw_by_quantile, _scale_only, n_noise=1),
    "student_t": Likelihood(_StudentT, _draw_student_t, _student_t_parameters, n_noise=2),
}
