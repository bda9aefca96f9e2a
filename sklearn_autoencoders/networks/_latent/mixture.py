"""Mixtures of Gaussians with diagonal covariances: density and fitting."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

# Minimum mixture weight.
_MIN_WEIGHT = 1e-6
# Number of draws from every normal distribution, to which a mixture is fitted.
_N_DRAWS = 8
# Fraction of the variance of a component that is one of means, above which its means differ.
_MIN_VARIANCE = 0.01
# Maximum number of steps of expectation maximization, and minimum increase of the mean log density.
_MAX_STEPS, _TOL = 100, 1e-3


class Gaussians(NamedTuple):
    """Mixture of Gaussians with diagonal covariances.

    Parameters
    ----------
    log_weight : Tensor of shape (n_gaussians,) or (batch, n_gaussians)
        Logarithms of the mixture weights, which can differ between samples.

    mean, log_var : Tensor of shape (n_gaussians, n_components)
        Means and logarithms of the variances.
    """

    log_weight: Tensor
    mean: Tensor
    log_var: Tensor


def normal_log_density(z: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    r""":math:`-\frac12 \bigl(\log 2\pi\sigma^2 + (z - \mu)^2 / \sigma^2\bigr)`, elementwise."""
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp())


def gaussian_kl(mean: Tensor, log_var: Tensor, other: Gaussians) -> Tensor:
    r"""Return the divergence of each component from a single Gaussian.

    .. math:: \frac12 \Bigl(\log\frac{s^2}{\sigma^2} + \frac{\sigma^2 + (\mu - m)^2}{s^2} - 1\Bigr)
    """
    ratio = log_var - other.log_var
    distance = (mean - other.mean).square() * (-other.log_var).exp()
    return 0.5 * (ratio.exp() + distance - 1 - ratio)


def joint_log_density(z: Tensor, mixture: Gaussians) -> Tensor:
    """Return the logarithm of the density under each Gaussian times its mixture weight.

    Parameters
    ----------
    z : Tensor of shape (..., n_components)
        Points.

    mixture : Gaussians
        The mixture.

    Returns
    -------
    Tensor of shape (..., n_gaussians)
        Log densities, in nats.
    """
    precision = (-mixture.log_var).exp()
    squares = z.square() @ precision.T - 2 * z @ (mixture.mean * precision).T
    constant = mixture.mean.square().mul(precision).sum(1) + mixture.log_var.sum(1)
    constant = constant + z.shape[-1] * math.log(2 * math.pi)
    return mixture.log_weight - 0.5 * (squares + constant)


def mixture_log_density(z: Tensor, mixture: Gaussians) -> Tensor:
    """Return the log density of points of shape (..., n_components) under a mixture."""
    return joint_log_density(z, mixture).logsumexp(-1)


def weights_under(weight: Tensor, effect: Tensor, condition: Tensor | None) -> Tensor:
    """Return the mixture weights; with a condition, those of each sample.

    Parameters
    ----------
    weight : Tensor of shape (n_gaussians,)
        Mixture weights for the average condition.

    effect : Tensor of shape (n_conditions, n_gaussians)
        Linear effect of the condition on the mixture weights.

    condition : Tensor of shape (batch, n_conditions) or None
        Conditions, with mean zero.

    Returns
    -------
    Tensor of shape (n_gaussians,) or (batch, n_gaussians)
        Positive weights that sum to one.
    """
    if condition is None or not len(effect):
        return weight
    weights = (weight + condition @ effect).clamp(min=_MIN_WEIGHT)
    return weights / weights.sum(-1, keepdim=True)


class Mixture(NamedTuple):
    """Mixture of Gaussians whose weights depend linearly on a condition.

    Parameters
    ----------
    weight : Tensor of shape (n_gaussians,)
        Mixture weights for the average condition.

    effect : Tensor of shape (n_conditions, n_gaussians)
        Linear effect of the condition on the mixture weights.

    mean, variance : Tensor of shape (n_gaussians, n_components)
        Means and variances of the Gaussians.
    """

    weight: Tensor
    effect: Tensor
    mean: Tensor
    variance: Tensor

    def under(self, condition: Tensor | None) -> Gaussians:
        """Return the mixture; with a condition, with the weights of each sample."""
        weights = weights_under(self.weight, self.effect, condition)
        return Gaussians(weights.log(), self.mean, self.variance.log())


def spread(mean: Tensor, variance: Tensor, n_draws: int) -> Tensor:
    """Return draws from Gaussians whose empirical means and variances are exact.

    Parameters
    ----------
    mean, variance : Tensor of shape (n_samples, n_components)
        Means and variances of the Gaussians.

    n_draws : int
        Number of draws from each Gaussian, an even number. The same noise is used for all Gaussians
        and in every call.

    Returns
    -------
    Tensor of shape (n_draws, n_samples, n_components)
        The draws.
    """
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(n_draws // 2, 1, mean.shape[1], generator=generator).to(mean)
    noise = torch.cat([noise, -noise]) / noise.square().mean(0).sqrt()
    return mean + variance.sqrt() * noise


def fit_to_normals(
    start: Mixture, mean: Tensor, variance: Tensor, condition: Tensor | None, weight: Tensor
) -> Mixture:
    """Fit a mixture to the average of normal distributions, such as posteriors.

    Components in which the means hardly differ have the same mean and variance in all Gaussians:
    those of draws with the same noise would be clusters.

    Parameters
    ----------
    start, condition, weight
        As in :func:`fit_mixture`.

    mean, variance : Tensor of shape (n_samples, n_components)
        Means and variances of the normal distributions.

    Returns
    -------
    Mixture
        The best mixture found.
    """
    total = weight.sum()
    center = weight @ mean / total
    between = weight @ (mean - center).square() / total
    overall = between + weight @ variance / total
    varies = between > _MIN_VARIANCE * overall
    if not varies.any():  # equal Gaussians would remain equal in training
        varies = ~varies
    own = start._replace(mean=start.mean[:, varies], variance=start.variance[:, varies])
    codes = spread(mean[:, varies], variance[:, varies], _N_DRAWS).flatten(0, 1)
    if condition is not None:
        condition = condition.repeat(_N_DRAWS, 1)
    found = fit_mixture(own, codes, condition, weight.repeat(_N_DRAWS) / _N_DRAWS)
    means, variances = (part.expand_as(start.mean).clone() for part in (center, overall))
    means[:, varies], variances[:, varies] = found.mean, found.variance
    return found._replace(mean=means, variance=variances)


def fit_mixture(start: Mixture, codes: Tensor, condition: Tensor | None, weight: Tensor) -> Mixture:
    r"""Fit a mixture to codes by expectation maximization.

    .. math:: \sum_i w_i \log \sum_c \pi_c(y_i)\, N(z_i; m_c, s_c^2)

    is increased, starting from `start`. One code with average variance is added to every Gaussian,
    so that its variance does not vanish. The mixture weights are linear in the condition; for class
    labels, there are separate weights for each class.

    Parameters
    ----------
    start : Mixture
        Initial mixture.

    codes : Tensor of shape (n_samples, n_components)
        Codes to which the mixture is fitted.

    condition : Tensor of shape (n_samples, n_conditions) or None
        Conditions of the codes.

    weight : Tensor of shape (n_samples,)
        Sample weights, normalized such that one code has weight one.

    Returns
    -------
    Mixture
        The best mixture found.
    """
    total = weight.sum()
    variance = weight @ (codes - weight @ codes / total).square() / total
    mixture, found, best = start, start, -math.inf
    for _ in range(_MAX_STEPS):
        joint = joint_log_density(codes, mixture.under(condition))
        density = float(weight @ joint.logsumexp(1) / total)
        if not density > best + _TOL:
            break
        found, best, part = mixture, density, joint.softmax(1)
        mass, weighted = (weight @ part).clamp(min=_MIN_WEIGHT), part.T * weight
        center = weighted @ codes / mass[:, None]
        squares = weighted @ codes.square() - mass[:, None] * center.square()
        scatter = (squares.clamp(min=0) + variance) / (mass[:, None] + 1)
        mixture = Mixture(*_weights_of(mixture, part, condition, weight), center, scatter)
    return found


def _weights_of(
    before: Mixture, part: Tensor, condition: Tensor | None, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """Return mixture weights for the average condition and the effect of a condition.

    They are determined by least squares. Parameters on which the codes carry no information, such
    as the effect of absent classes, keep their previous values.
    """
    total = weight.sum()
    if condition is None:
        return weight @ part / total, before.effect
    residual = part - before.weight - condition @ before.effect
    average = weight @ condition / total
    centered = condition - average
    gram = (centered.T * weight) @ centered + torch.eye(condition.shape[1]).to(condition)
    change = torch.linalg.solve(gram, (centered.T * weight) @ residual)
    mixture_weight = before.weight + weight @ residual / total - average @ change
    mixture_weight = mixture_weight.clamp(min=_MIN_WEIGHT)
    return mixture_weight / mixture_weight.sum(), before.effect + change
