"""A loss that does not see the worst rows."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ._losses import Loss
from ._output import Compared, Output


@dataclass(frozen=True)
class Trimmed:
    r"""Each row's mean loss over members that learn from all but the worst rows of a batch.

    .. math:: \frac{1}{E} \sum_e k_{ei} \, \ell(x_i, \hat x_{ei})

    where :math:`k_{ei}` is 0 for the share of the rows that member :math:`e` reconstructs worst,
    and else 1.

    Parameters
    ----------
    loss : Loss
        Of rows.

    share : float
        Share of the rows, or of their weight, that does not count; in [0, 1).
    """

    loss: Loss
    share: float

    is_random = True
    is_heavy_tailed = False
    settled_after = 0.0

    def of_rows(
        self, output: Output, x: Tensor, network: nn.Module, compared: Compared, progress: float
    ) -> Tensor:
        """Return each row's loss."""
        rows = self.loss.per_sample(output.reconstruction, compared.target, compared.observed)
        weight = torch.ones_like(rows[0]) if compared.weight is None else compared.weight
        return (rows * self._kept(rows.detach(), weight)).mean(0)

    def of_centre(self, compared: Compared) -> Tensor:
        """Return each row's loss if the reconstruction were zero."""
        return self.loss.of_centre(compared)

    def _kept(self, rows: Tensor, weight: Tensor) -> Tensor:
        """Return the share of every row that counts; that on the border counts in part."""
        order = rows.argsort(-1, descending=True)
        heaviness = weight[order]
        beyond = heaviness.cumsum(-1) - self.share * weight.sum()
        kept = (beyond / heaviness.clamp_min(torch.finfo(rows.dtype).tiny)).clamp(0, 1)
        return torch.empty_like(kept).scatter_(-1, order, kept)
