"""Vector quantization of codes."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.draws import Draws
from .bottlenecks import Bottleneck


class QuantizedLatent:
    """Codes replaced by the nearest entries of a codebook.

    Parameters
    ----------
    draws : Tensor of shape (1, batch, n_components)
        The quantized codes.

    distance : Tensor of shape (batch, n_components)
        Squared distances to the quantized codes, times the commitment.

    log_prior : Tensor of shape (batch,)
        Log probabilities of the quantized codes.
    """

    def __init__(self, draws: Tensor, distance: Tensor, log_prior: Tensor) -> None:
        self.draws, self.distance, self.log_prior = draws, distance, log_prior

    def kl(self) -> Tensor:
        """Return the commitment loss, which replaces the divergence in training."""
        return self.distance

    def log_ratio(self) -> Tensor:
        """Return the negative log prior, because the posterior is deterministic."""
        return -self.log_prior[None]

    def kl_per_component(self) -> Tensor:
        """Return the negative log prior of each sample, divided equally between the components."""
        return (-self.log_prior / self.draws.shape[-1])[:, None].expand(self.draws.shape[1:])


class QuantizedBottleneck(Bottleneck):
    """Replaces groups of components by the nearest codebook entries, running means of the codes.

    The prior is a Markov chain over the groups, which is estimated after training.

    Parameters
    ----------
    n_groups, n_codes, size : int
        Number of groups, of entries in each codebook, and of components in a group.

    commitment, decay : float
        See :class:`VectorQuantizer`.
    """

    codebook: Tensor
    count: Tensor
    total: Tensor
    log_transition: Tensor

    def __init__(
        self, n_groups: int, n_codes: int, size: int, commitment: float, decay: float
    ) -> None:
        super().__init__()
        self.commitment, self.decay = commitment, decay
        self.register_buffer("codebook", torch.randn(n_groups, n_codes, size))
        self.register_buffer("count", torch.ones(n_groups, n_codes))
        self.register_buffer("total", self.codebook.clone())
        uniform = torch.full((n_groups, n_codes, n_codes), -math.log(n_codes))
        self.register_buffer("log_transition", uniform)

    def statistics(self, encoded: Tensor) -> Tensor:
        """Return the indices of the nearest entries, of shape (batch, n_groups)."""
        return torch.cdist(self._grouped(encoded), self.codebook).argmin(-1).T

    def code(self, encoded: Tensor) -> Tensor:
        """Return the quantized codes."""
        return self._entries(self.statistics(encoded))

    def forward(
        self, encoded: Tensor, encoder: nn.Module, condition: Tensor | None = None
    ) -> QuantizedLatent:
        """Return the quantized codes, with the straight-through gradients of the encoder output."""
        indices = self.statistics(encoded)
        if self.training:
            self._update_codebook(encoded.detach(), indices)
        quantized = self._entries(indices)
        distance = self.commitment * (encoded - quantized.detach()).square()
        draws = (encoded + (quantized - encoded).detach())[None]
        return QuantizedLatent(draws, distance, self._log_prior(indices))

    def sample(
        self,
        n_samples: int,
        encoder: nn.Module,
        draws: Draws,
        condition: Tensor | None = None,
    ) -> Tensor:
        """Return draws from the prior."""
        steps = [self.codebook.new_zeros(n_samples, dtype=torch.long)]
        for transition in self.log_transition.exp():
            steps += [draws.choice(transition[steps[-1]])]
        return self._entries(torch.stack(steps[1:], 1))

    @torch.no_grad()
    def fit_prior(
        self, statistics: Tensor, condition: Tensor | None, weight: Tensor, step: float
    ) -> None:
        """Move the prior towards the transition frequencies, with a pseudo-count for each entry."""
        n_groups, n_codes, _ = self.codebook.shape
        previous = torch.zeros_like(statistics[:, 0])
        for group in range(n_groups):
            counts = torch.ones(n_codes * n_codes).to(self.codebook) / n_codes
            counts.index_add_(0, previous * n_codes + statistics[:, group], weight.to(counts))
            counts = counts.view(n_codes, n_codes)
            transition = self.log_transition[group].exp().lerp(counts / counts.sum(1, True), step)
            self.log_transition[group] = transition.log()
            previous = statistics[:, group]

    @torch.no_grad()
    def _update_codebook(self, encoded: Tensor, indices: Tensor) -> None:
        """Move each entry towards the mean of its nearest codes; replace unused ones by a code."""
        n_codes = self.codebook.shape[1]
        nearest = functional.one_hot(indices.T, n_codes).to(encoded)
        self.count.lerp_(nearest.sum(1), 1 - self.decay)
        self.total.lerp_(nearest.mT @ self._grouped(encoded), 1 - self.decay)
        drawn = torch.randint(
            len(encoded), (n_codes,), generator=self.generator, device=encoded.device
        )
        unused = (self.count < 1e-2)[..., None]
        self.total.copy_(torch.where(unused, self._grouped(encoded[drawn]), self.total))
        self.count.masked_fill_(unused[..., 0], 1.0)
        self.codebook.copy_(self.total / self.count[..., None])

    def _grouped(self, encoded: Tensor) -> Tensor:
        groups: Tensor = encoded.unflatten(1, (len(self.codebook), -1))
        return groups.transpose(0, 1)

    def _entries(self, indices: Tensor) -> Tensor:
        groups = torch.arange(len(self.codebook), device=indices.device)
        return self.codebook[groups, indices].flatten(1)

    def _log_prior(self, indices: Tensor) -> Tensor:
        previous = functional.pad(indices[:, :-1], (1, 0))
        groups = torch.arange(len(self.codebook), device=indices.device)
        return self.log_transition[groups, previous, indices].sum(1)
