"""Losses of predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .._utils.batch import Batch
from ._contract import LossOutput, Output, not_none
from ._losses import Loss, squared_error

# Weight of the log loss beside the rate of errors.
_LOG_LOSS_WEIGHT = 0.3


def log_loss(prediction: Tensor, labels: Tensor) -> Tensor:
    r"""Return :math:`-\sum_k y_k \log p_k`, where :math:`p` is the softmax of the prediction.

    Parameters
    ----------
    prediction, labels : Tensor of shape (batch, n_classes)
        Logits, and the probabilities of the classes.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each sample.
    """
    return -(labels * prediction.log_softmax(-1)).sum(-1)


def errors_and_log_loss(prediction: Tensor, labels: Tensor) -> Tensor:
    r"""Return one for errors, plus 0.3 times the log loss.

    .. math:: [\arg\max_k \hat y_k \ne \arg\max_k y_k] - 0.3 \sum_k y_k \log p_k

    Of few samples, the log loss alone prefers predictions that hardly depend on the sample.

    Parameters
    ----------
    prediction, labels : Tensor of shape (batch, n_classes)
        Logits, and the probabilities of the classes.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each sample.
    """
    is_wrong = prediction.argmax(-1) != labels.argmax(-1)
    return is_wrong + _LOG_LOSS_WEIGHT * log_loss(prediction, labels)


def mean_squared_error(prediction: Tensor, labels: Tensor) -> Tensor:
    r"""Return :math:`\frac{1}{m} \sum_k (y_k - \hat y_k)^2` over the targets that are not missing.

    Parameters
    ----------
    prediction, labels : Tensor of shape (batch, m)
        Predictions and targets; missing targets are NaN.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each sample.
    """
    known = ~labels.isnan()
    return (squared_error(prediction, labels.nan_to_num()) * known).mean(-1)


def over_members(losses: Tensor, fold: Tensor | None) -> Tensor:
    """Return the mean loss of the members that are trained on each sample.

    Parameters
    ----------
    losses : Tensor of shape (n_members, batch)
        Loss of each member.

    fold : Tensor of int of shape (batch,) or None
        The member that is not trained on the sample; -1 for none.

    Returns
    -------
    Tensor of shape (batch,)
        The loss of each sample.
    """
    if fold is None or len(losses) == 1:
        return losses.mean(0)
    member = torch.arange(len(losses), device=losses.device)
    is_trained = (member[:, None] != fold).to(losses)
    return (losses * is_trained).sum(0) / is_trained.sum(0)


@dataclass(frozen=True)
class Supervised:
    r"""The loss of a prediction, optionally plus the reconstruction loss.

    .. math:: \ell(y_i, \hat y_i) + \alpha \, \ell_r(x_i, \hat x_i)

    Parameters
    ----------
    formula : callable
        Maps predictions and labels, both of shape (batch, n_outputs), to the loss of each sample.

    reconstruction : Loss
        The reconstruction loss :math:`\ell_r`.

    alpha : float
        Weight of the reconstruction loss, which is not computed if it is 0.
    """

    formula: Callable[[Tensor, Tensor], Tensor]
    reconstruction: Loss
    alpha: float

    term_names = ()
    is_random = False
    is_heavy_tailed = False
    settled_after = 0.0

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample."""
        losses = self.formula(output.prediction, not_none(batch.labels))
        if losses.ndim == 2:
            losses = over_members(losses, batch.fold)
        if self.alpha:
            losses = (
                losses
                + self.alpha * self.reconstruction.evaluate(output, batch, network, progress).loss
            )
        return LossOutput(losses)

    def held_out_losses(
        self, start: Tensor, correction: Tensor, batch: Batch, factors: Tensor
    ) -> Tensor:
        """Return the loss of each sample for the member that is not trained on it.

        Parameters
        ----------
        start, correction : Tensor of shape (batch, n_outputs)
            Predictions of this member at its start, and what training has added to them.

        batch : Batch
            Samples with labels.

        factors : Tensor of shape (n_factors,)
            Factors of the correction.

        Returns
        -------
        Tensor of shape (n_factors, batch)
            The losses.
        """
        predictions = start + factors[:, None, None] * correction
        return self.formula(predictions, not_none(batch.labels))

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the prediction and the reconstruction were zero."""
        labels = not_none(batch.labels)
        losses = self.formula(torch.zeros_like(labels), labels)
        if self.alpha:
            losses = losses + self.alpha * self.reconstruction.baseline_loss(batch)
        return losses
