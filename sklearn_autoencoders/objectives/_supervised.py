"""What a head minimises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ._losses import Loss, squared_error
from ._output import Compared, Output


def log_loss(prediction: Tensor, labels: Tensor) -> Tensor:
    r"""Return :math:`-\sum_k y_k \log p_k`, where :math:`p` is the softmax of the prediction.

    Parameters
    ----------
    prediction, labels : Tensor of shape (batch, n_classes)
        Logits, and the shares of the classes.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each row.
    """
    return -(labels * prediction.log_softmax(-1)).sum(-1)


def mean_squared_error(prediction: Tensor, labels: Tensor) -> Tensor:
    r"""Return :math:`\frac{1}{m} \sum_k (y_k - \hat y_k)^2` over the known ones of m outputs.

    Parameters
    ----------
    prediction, labels : Tensor of shape (batch, m)
        What is predicted, and what is so, NaN where that is unknown.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each row.
    """
    known = ~labels.isnan()
    return (squared_error(prediction, labels.nan_to_num()) * known).mean(-1)


@dataclass(frozen=True)
class Supervised:
    r"""The loss of a prediction, perhaps with the reconstruction as a side task.

    .. math:: \ell(y_i, \hat y_i) + \alpha \, \ell_r(x_i, \hat x_i)

    Parameters
    ----------
    formula : callable
        Maps predictions and labels, both of shape (batch, n_outputs), to the loss of every row.

    reconstruction : Loss
        The loss :math:`\ell_r` of the side task.

    alpha : float
        Its weight; with 0 there is none.
    """

    formula: Callable[[Tensor, Tensor], Tensor]
    reconstruction: Loss
    alpha: float

    is_random = False
    is_heavy_tailed = False
    settled_after = 0.0

    def of_rows(
        self, output: Output, x: Tensor, network: nn.Module, compared: Compared, progress: float
    ) -> Tensor:
        """Return each row's loss."""
        rows = self.formula(output.prediction, _known(compared))
        if self.alpha:
            side = self.reconstruction.of_rows(output, x, network, compared, progress)
            rows = rows + self.alpha * side
        return rows

    def of_centre(self, compared: Compared) -> Tensor:
        """Return each row's loss if the prediction and the reconstruction were zero."""
        labels = _known(compared)
        rows = self.formula(torch.zeros_like(labels), labels)
        return rows + self.alpha * self.reconstruction.of_centre(compared) if self.alpha else rows


def _known(compared: Compared) -> Tensor:
    assert compared.labels is not None
    return compared.labels
