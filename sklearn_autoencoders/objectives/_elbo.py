"""The evidence lower bound, and variants that prevent posterior collapse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from .._utils.batch import Batch
from ._contract import LossOutput, Output, batch_mean, not_none
from ._likelihoods import Likelihood


@dataclass(frozen=True)
class Elbo:
    r"""Negative lower bound of each sample's log-likelihood, in nats.

    .. math:: -E_{q(z|x)} \log p(x \mid z) + \beta_t \sum_j
        \max\bigl(\lambda, \mathrm{KL}(q(z_j|x) \,\|\, p(z_j))\bigr)
        - \alpha \log p(x \mid \mu(x))

    where the maximum applies to the mean over a batch. With :math:`K > 1` the first two terms are
    the importance-weighted bound,
    :math:`-\log \frac1K \sum_k p(x \mid z_k) \, (p(z_k) / q(z_k|x))^{\beta_t}`. If the network
    draws a multiple of :math:`K` codes, the loss is the mean over groups of :math:`K` draws.

    Parameters
    ----------
    likelihood : Likelihood
        The likelihood :math:`p(x \mid z)`.

    beta : float, default=1.0
        Weight of the divergence.

    warm_up : float, default=0.0
        Fraction of a cycle, in [0, 1], in which the weight increases from zero.

    n_cycles : int, default=1
        Number of such cycles.

    free_bits : float, default=0.0
        The divergence :math:`\lambda` below which a component is not penalized.

    n_importance_samples : int, default=1
        The number :math:`K` of draws.

    auxiliary : float, default=0.0
        Weight :math:`\alpha` of the reconstruction from the mean of the posterior; for a decoder
        that reads symbols before each one, of the reconstruction from draws of the code alone.

    Raises
    ------
    ValueError
        If both `free_bits` and several importance samples are given.
    """

    likelihood: Likelihood
    beta: float = 1.0
    warm_up: float = 0.0
    n_cycles: int = 1
    free_bits: float = 0.0
    n_importance_samples: int = 1
    auxiliary: float = 0.0

    term_names = ("kl",)
    is_random = True
    is_heavy_tailed = True

    def __post_init__(self) -> None:
        """Raise if two parameters contradict each other."""
        if self.free_bits and self.n_importance_samples > 1:
            raise ValueError(
                f"free_bits={self.free_bits} needs n_importance_samples=1, because the importance-"
                f"weighted bound has no separate divergence; got {self.n_importance_samples}."
            )

    @property
    def settled_after(self) -> float:
        """Fraction of training after which the weight of the divergence is constant."""
        return (self.n_cycles - 1 + self.warm_up) / self.n_cycles if self.warm_up else 0.0

    def weight(self, progress: float) -> float:
        """Return the weight of the divergence after a fraction of training."""
        if progress >= self.settled_after:
            return self.beta
        return self.beta * min(progress * self.n_cycles % 1 / self.warm_up, 1.0)

    def evaluate(self, output: Output, batch: Batch, network: Any, progress: float) -> LossOutput:
        """Return the bound of each sample, and the divergence as a term."""
        beta, latent = self.weight(progress), cast(Any, output.latent)
        distortion = self._distortion(output.reconstruction, network, batch)
        kl = latent.kl()
        if self.n_importance_samples == 1:
            penalized = self._with_free_bits(kl, output.code.shape[1], batch.weight)
            losses = distortion.mean(0) + beta * penalized
        else:
            log_weights = -distortion - beta * latent.log_ratio()
            groups = log_weights.unflatten(0, (-1, self.n_importance_samples))
            losses = math.log(self.n_importance_samples) - groups.logsumexp(1).mean(0)
        if self.auxiliary:
            reconstruction = network.auxiliary(output, batch.condition)
            own = self._distortion(reconstruction, network, batch).mean(0)
            losses = losses + self.auxiliary * own
        return LossOutput(losses, {"kl": kl.detach().sum(1)})

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample under noise of scale one around the feature means."""
        target = not_none(batch.target)
        output = self.likelihood.average_output(target)
        noise = self.likelihood.unit_noise(output)
        return -self.likelihood.log_density(output, noise, target, batch.cell_weight)

    def _distortion(self, output: Tensor, network: Any, batch: Batch) -> Tensor:
        target, noise = not_none(batch.target), network.noise
        return -self.likelihood.log_density(output, noise, target, batch.cell_weight)

    def _with_free_bits(self, kl: Tensor, n_components: int, weight: Tensor | None) -> Tensor:
        """Return the divergence of each sample; components below `free_bits` have no gradient."""
        if not self.free_bits:
            return kl.sum(1)
        free = self.free_bits * n_components / kl.shape[1]
        return kl.where(batch_mean(kl, weight) > free, kl.new_tensor(free)).sum(1)
