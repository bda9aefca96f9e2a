"""The evidence lower bound, and what is done to it so that codes stay in use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from ._likelihoods import Likelihood
from ._output import Compared, Output, batch_mean


@dataclass(frozen=True)
class Elbo:
    r"""Minus a lower bound of each row's log-likelihood, in nats.

    .. math:: -E_{q(z|x)} \log p(x \mid z) + \beta_t \sum_j
        \max\bigl(\lambda, \mathrm{KL}(q(z_j|x) \,\|\, p(z_j))\bigr)
        - \alpha \log p(x \mid \mu(x))

    where the maximum is taken of the mean over a batch. With :math:`K > 1` the first two terms are
    the importance-weighted bound,
    :math:`-\log \frac1K \sum_k p(x \mid z_k) \, (p(z_k) / q(z_k|x))^{\beta_t}`. Where the network
    draws a multiple of :math:`K` codes, the mean over these groups is taken.

    Parameters
    ----------
    likelihood : Likelihood
        Gives :math:`p(x \mid z)`.

    beta : float, default=1.0
        Weight of the divergence.

    warm_up : float, default=0.0
        Share of a cycle, in [0, 1], in which the weight rises from zero.

    n_cycles : int, default=1
        How often it rises.

    free_bits : float, default=0.0
        The divergence :math:`\lambda` that a component may have for nothing.

    n_importance_samples : int, default=1
        The number :math:`K` of draws.

    auxiliary : float, default=0.0
        Weight :math:`\alpha` of the reconstruction from the mean of the posterior.

    Raises
    ------
    ValueError
        If there are free bits, and several draws.
    """

    likelihood: Likelihood
    beta: float = 1.0
    warm_up: float = 0.0
    n_cycles: int = 1
    free_bits: float = 0.0
    n_importance_samples: int = 1
    auxiliary: float = 0.0

    is_random = True
    is_heavy_tailed = True

    def __post_init__(self) -> None:
        """Raise if two parameters contradict one another."""
        if self.free_bits and self.n_importance_samples > 1:
            raise ValueError(
                f"free_bits={self.free_bits} needs n_importance_samples=1, since the importance-"
                f"weighted bound has no divergence by itself; got {self.n_importance_samples}."
            )

    @property
    def settled_after(self) -> float:
        """Share of training after which the weight of the divergence stays as it is."""
        return (self.n_cycles - 1 + self.warm_up) / self.n_cycles if self.warm_up else 0.0

    def weight(self, progress: float) -> float:
        """Return the weight of the divergence after a share of training."""
        if progress >= self.settled_after:
            return self.beta
        return self.beta * min(progress * self.n_cycles % 1 / self.warm_up, 1.0)

    def of_rows(
        self, output: Output, x: Tensor, network: Any, compared: Compared, progress: float
    ) -> Tensor:
        """Return each row's bound."""
        beta, latent = self.weight(progress), cast(Any, output.latent)
        distortion = self._distortion(output.reconstruction, network, compared)
        if self.n_importance_samples == 1:
            kl = self._with_free_bits(latent.kl(), output.code.shape[1], compared.weight)
            rows = distortion.mean(0) + beta * kl
        else:
            log_weights = -distortion - beta * latent.log_ratio()
            groups = log_weights.unflatten(0, (-1, self.n_importance_samples))
            rows = math.log(self.n_importance_samples) - groups.logsumexp(1).mean(0)
        if self.auxiliary:
            reconstruction = network.decode_beside(output.code, x)
            rows = rows + self.auxiliary * self._distortion(reconstruction, network, compared)
        return rows

    def of_centre(self, compared: Compared) -> Tensor:
        """Return what noise of scale one around the column means would cost."""
        output = compared.target.new_zeros(compared.target.shape)
        noise = self.likelihood.unit_noise(output)
        return -self.likelihood.log_density(output, noise, compared.target, compared.observed)

    def _distortion(self, output: Tensor, network: Any, compared: Compared) -> Tensor:
        return -self.likelihood.log_density(
            output, network.noise, compared.target, compared.observed
        )

    def _with_free_bits(self, kl: Tensor, n_components: int, weight: Tensor | None) -> Tensor:
        """Return each row's divergence; what is free of it has no gradient."""
        if not self.free_bits:
            return kl.sum(1)
        free = self.free_bits * n_components / kl.shape[1]
        return kl.where(batch_mean(kl, weight) > free, kl.new_tensor(free)).sum(1)
