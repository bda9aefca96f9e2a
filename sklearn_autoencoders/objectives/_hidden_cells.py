"""Losses of cells that the network predicts from others: hidden ones, and the next one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from .._utils.batch import Batch
from ._cells import CellLoss
from ._contract import LossOutput, Output, not_none


@dataclass(frozen=True)
class HiddenCells:
    r"""Negative log-likelihood of the cells of a sample, estimated from those that are hidden.

    .. math:: \frac{d}{|H|} \sum_{j \in H} -\log p(x_j \mid x_{\bar H})

    If the number of hidden cells is uniform on :math:`1, \ldots, d`, and each set of them is
    equally likely, its expectation is the mean over all orders of the columns of the negative
    log-likelihood [1]_.

    Parameters
    ----------
    loss : CellLoss
        Loss of categories.

    References
    ----------
    .. [1] B. Uria, I. Murray and H. Larochelle, "A Deep and Tractable Density Estimator", ICML
       2014.
    """

    loss: CellLoss

    term_names = ()
    is_random = True
    is_heavy_tailed = False
    settled_after = 0.0

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample."""
        losses = self.loss.surprise(output.reconstruction, not_none(batch.target))
        hidden = not_none(batch.missing)
        if batch.observed is not None:
            hidden = hidden * batch.observed
            losses = losses.nan_to_num()
        n_columns = losses.shape[-1]
        return LossOutput(n_columns * (losses * hidden).sum(-1) / hidden.sum(-1).clamp(min=1))

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the levels had their frequencies."""
        target = not_none(batch.target)
        losses = self.loss.surprise(self.loss.average_output(target), target)
        return losses.sum(-1) if batch.observed is None else (losses * batch.observed).sum(-1)


@dataclass(frozen=True)
class NextCells:
    r"""Mean negative log-likelihood of the cells of a sample, each given those before it.

    .. math:: -\frac{1}{d} \sum_{j=1}^{d} \log p(x_j \mid x_1, \ldots, x_{j-1})

    Missing cells are left out of the sum.

    Parameters
    ----------
    loss : CellLoss
        Loss of categories.
    """

    loss: CellLoss

    term_names = ()
    is_random = False
    is_heavy_tailed = True  # gradients of recurrent networks can explode
    settled_after = 0.0

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample: the mean over members, if there are."""
        losses = self._mean(output.reconstruction, batch)
        return LossOutput(losses if losses.ndim == 1 else losses.mean(0))

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the symbols had their frequencies."""
        return self._mean(self.loss.average_output(not_none(batch.target)), batch)

    def _mean(self, output: Tensor, batch: Batch) -> Tensor:
        losses = self.loss.surprise(output, not_none(batch.target))
        return losses.mean(-1) if batch.observed is None else (losses * batch.observed).mean(-1)
