"""A loss that ignores the samples of a batch with the largest losses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._utils.batch import Batch
from ._contract import LossOutput, Output, not_none
from ._losses import Loss


@dataclass(frozen=True)
class Trimmed:
    r"""Mean loss of each sample over an ensemble, without the largest losses of each autoencoder.

    .. math:: \frac{1}{E} \sum_e k_{ei} \, \ell(x_i, \hat x_{ei})

    where :math:`k_{ei}` is 0 for the fraction of the batch with the largest losses of autoencoder
    :math:`e`, and 1 otherwise.

    Parameters
    ----------
    loss : Loss
        The loss of a sample.

    fraction : float
        Fraction of the samples, or of their total weight, that is ignored; in [0, 1).
    """

    loss: Loss
    fraction: float

    term_names = ()
    is_random = True
    is_heavy_tailed = False
    settled_after = 0.0

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample."""
        losses = self.loss.per_sample(
            output.reconstruction, not_none(batch.target), batch.cell_weight
        )
        weight = torch.ones_like(losses[0]) if batch.weight is None else batch.weight
        return LossOutput((losses * self._kept(losses.detach(), weight)).mean(0))

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the reconstruction were zero."""
        return self.loss.baseline_loss(batch)

    def _kept(self, losses: Tensor, weight: Tensor) -> Tensor:
        """Return the fraction of each sample that is used: 0, 1, or between at the threshold."""
        order = losses.argsort(-1, descending=True)
        sorted_weight = weight[order]
        beyond = sorted_weight.cumsum(-1) - self.fraction * weight.sum()
        kept = (beyond / sorted_weight.clamp_min(torch.finfo(losses.dtype).tiny)).clamp(0, 1)
        return torch.empty_like(kept).scatter_(-1, order, kept)
