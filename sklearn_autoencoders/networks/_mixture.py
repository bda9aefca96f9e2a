"""Mixtures of Gaussians with diagonal covariances: their density, and their fit to codes."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

_LEAST_SHARE = 1e-6
_MOST_STEPS, _TOL = 100, 1e-3


class Gaussians(NamedTuple):
    """Gaussians with diagonal covariances, and their shares in a mixture.

    Parameters
    ----------
    log_weight : Tensor of shape (n_gaussians,) or (batch, n_gaussians)
        Logarithms of the shares, perhaps of every row.

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


def joint_log_density(z: Tensor, mixture: Gaussians, variance: Tensor | float = 0.0) -> Tensor:
    """Return the log densities of points under each Gaussian, times its share.

    Parameters
    ----------
    z : Tensor of shape (..., n_components)
        Points, or means of distributions over whose points the mean is taken.

    mixture : Gaussians
        The mixture.

    variance : Tensor of the shape of z or float, default=0.0
        Variances of these distributions.

    Returns
    -------
    Tensor of shape (..., n_gaussians)
        In nats.
    """
    precision = (-mixture.log_var).exp()
    squares = (z.square() + variance) @ precision.T - 2 * z @ (mixture.mean * precision).T
    constant = mixture.mean.square().mul(precision).sum(1) + mixture.log_var.sum(1)
    constant = constant + z.shape[-1] * math.log(2 * math.pi)
    return mixture.log_weight - 0.5 * (squares + constant)


def mixture_log_density(z: Tensor, mixture: Gaussians) -> Tensor:
    """Return the log density of points of shape (..., n_components) under a mixture."""
    return joint_log_density(z, mixture).logsumexp(-1)


def shares_under(share: Tensor, effect: Tensor, condition: Tensor | None) -> Tensor:
    """Return the shares of Gaussians, in every row if there is a condition.

    Parameters
    ----------
    share : Tensor of shape (n_gaussians,)
        Under an average condition.

    effect : Tensor of shape (n_conditions, n_gaussians)
        What the condition adds.

    condition : Tensor of shape (batch, n_conditions) or None
        Of mean zero.

    Returns
    -------
    Tensor of shape (n_gaussians,) or (batch, n_gaussians)
        Positive; they add up to one.
    """
    if condition is None or not len(effect):
        return share
    shares = (share + condition @ effect).clamp(min=_LEAST_SHARE)
    return shares / shares.sum(-1, keepdim=True)


class Mixture(NamedTuple):
    """Gaussians whose shares depend on a condition.

    Parameters
    ----------
    share : Tensor of shape (n_gaussians,)
        Shares under an average condition.

    effect : Tensor of shape (n_conditions, n_gaussians)
        What the condition adds to them.

    mean, variance : Tensor of shape (n_gaussians, n_components)
        The Gaussians.
    """

    share: Tensor
    effect: Tensor
    mean: Tensor
    variance: Tensor

    def under(self, condition: Tensor | None) -> Gaussians:
        """Return the Gaussians, with the shares of every row if there is a condition."""
        shares = shares_under(self.share, self.effect, condition)
        return Gaussians(shares.log(), self.mean, self.variance.log())


def fit_mixture(
    start: Mixture, codes: tuple[Tensor, Tensor], condition: Tensor | None, weight: Tensor
) -> Mixture:
    r"""Return the mixture nearest to Gaussian codes, by expectation maximisation.

    It raises, from `start` on, a lower bound of the part of the evidence bound that depends on it,

    .. math:: \sum_i w_i \log \sum_c \pi_c \exp E_{N(z;\, \mu_i, \sigma_i^2)} \log N(z; m_c, s_c^2),

    with one code of average spread added to every Gaussian, so that none is a point. The mixture
    has the mean of the codes and, but for these, their variance. Shares are linear in the
    condition: for class labels, those of each class.

    Parameters
    ----------
    start : Mixture
        Where to begin.

    codes : tuple of Tensor of shape (n_samples, n_components)
        Means and variances.

    condition : Tensor of shape (n_samples, n_conditions) or None
        Of mean zero.

    weight : Tensor of shape (n_samples,)
        Weights; one code counts one.

    Returns
    -------
    Mixture
        The best one found.
    """
    mean, variance = codes
    total = weight.sum()
    spread = weight @ (mean - weight @ mean / total).square() / total + weight @ variance / total
    mixture, bound = start, -math.inf
    for _ in range(_MOST_STEPS):
        joint = joint_log_density(mean, mixture.under(condition), variance)
        before, bound = bound, float(weight @ joint.logsumexp(1) / total)
        if bound < before + _TOL:
            break
        part = joint.softmax(1)
        mass = (weight @ part).clamp(min=_LEAST_SHARE)
        share, weighted = mass / mass.sum(), part.T * weight
        center = weighted @ mean / mass[:, None]
        squares = weighted @ (mean.square() + variance) - mass[:, None] * center.square()
        scatter = (squares.clamp(min=0) + spread) / (mass[:, None] + 1)
        mixture = Mixture(share, _effect_on(part - share, condition, weight), center, scatter)
    return mixture


def _effect_on(deviation: Tensor, condition: Tensor | None, weight: Tensor) -> Tensor:
    """Return what a condition adds to shares, by least squares that one row holds back."""
    if condition is None:
        return deviation.new_zeros(0, deviation.shape[1])
    weighted = weight[:, None] * condition
    gram = condition.T @ weighted + torch.eye(condition.shape[1]).to(condition)
    effect: Tensor = torch.linalg.solve(gram, weighted.T @ deviation)
    return effect
