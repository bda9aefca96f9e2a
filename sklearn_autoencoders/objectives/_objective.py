"""What training minimises."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from ._losses import Loss


class Output(Protocol):
    """What a network gives: networks and objectives know each other by shape alone."""

    @property
    def code(self) -> Tensor: ...

    @property
    def reconstruction(self) -> Tensor: ...


class Objective(nn.Module):
    r"""The mean over a batch of weighted reconstruction losses.

    .. math:: \frac{1}{n} \sum_{i=1}^{n} w_i \, \ell(x_i, \hat x_i)

    The weights have mean one over the training set, so that on the full batch this equals
    :math:`\sum_i w_i \ell_i / \sum_i w_i`, and every minibatch is an unbiased estimate of it.

    Parameters
    ----------
    loss : Loss
        The reconstruction loss.
    """

    def __init__(self, loss: Loss) -> None:
        super().__init__()
        self.loss = loss

    def forward(
        self, output: Output, target: Tensor, observed: Tensor | None, weight: Tensor | None
    ) -> Tensor:
        """Return the objective of one batch, a scalar."""
        per_sample = self.loss.per_sample(output.reconstruction, target, observed)
        if weight is not None:
            per_sample = per_sample * weight
        return per_sample.mean()
