"""The objective that is minimized in training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor, nn

from .._utils.batch import Batch
from ._contract import LossOutput, Output
from ._penalties import Penalty


class SampleLoss(Protocol):
    """A loss with one value per sample."""

    @property
    def term_names(self) -> tuple[str, ...]:
        """Names of the terms that :meth:`evaluate` returns."""

    @property
    def is_random(self) -> bool:
        """Whether two passes over the same samples give different losses."""

    @property
    def is_heavy_tailed(self) -> bool:
        """Whether the gradient of a single sample may exceed that of all others."""

    @property
    def settled_after(self) -> float:
        """Fraction of training after which the formula no longer changes."""

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample."""

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the feature means were its reconstruction."""


class Objective(nn.Module):
    r"""The mean over a batch of weighted reconstruction losses and penalties.

    .. math:: \frac{1}{n} \sum_{i=1}^{n} w_i \Bigl(\ell(x_i, \hat x_i) + \sum_k \lambda_k
        \Omega_k(x_i)\Bigr)

    The weights have mean one over the training set, so that the objective of the full batch equals
    :math:`\sum_i w_i \ell_i / \sum_i w_i`, and that of a minibatch is an unbiased estimate of it.

    Parameters
    ----------
    loss : SampleLoss
        The reconstruction loss.

    penalties : sequence of callable, default=()
        Functions of (output, x, network) that return one value per sample or one for the batch. A
        :class:`Penalty` also receives the batch and is multiplied by its attribute `weight`.

    Attributes
    ----------
    progress : float
        Completed fraction of training, for losses that change during training.
    """

    def __init__(self, loss: SampleLoss, penalties: Sequence[Callable[..., Tensor]] = ()) -> None:
        super().__init__()
        self.loss = loss
        self.penalties = tuple(penalties)
        self.progress = 1.0

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the mean loss, a scalar, if the feature means were the reconstruction."""
        return _mean(self.loss.baseline_loss(batch), batch.weight)

    def forward(self, output: Output, batch: Batch, network: nn.Module) -> LossOutput:
        """Return the objective of one batch and the means of its terms, as scalars."""
        progress = self.progress if self.training else 1.0
        losses, terms = self.loss.evaluate(output, batch, network, progress)
        total = _mean(losses, batch.weight)
        for penalty in self.penalties:
            kwargs = {"batch": batch} if isinstance(penalty, Penalty) else {}
            values = _checked(penalty(output, batch.x, network, **kwargs), penalty, len(batch))
            total = total + getattr(penalty, "weight", 1.0) * _mean(values, batch.weight)
        means = {name: _mean(values, batch.weight) for name, values in terms.items()}
        return LossOutput(total, means)


def _checked(values: Tensor, penalty: object, n_samples: int) -> Tensor:
    if isinstance(values, Tensor) and values.shape in ((), (n_samples,)):
        return values
    got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
    raise ValueError(
        "penalty must return a tensor of shape (batch,), one value per sample, or of shape (), one "
        f"for the batch; {penalty!r} returned {got} for {n_samples} samples."
    )


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted mean of one value per sample, or the single value of the batch."""
    return values.mean() if weight is None or values.ndim == 0 else (values * weight).mean()
