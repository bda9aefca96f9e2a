"""Elementwise reconstruction losses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.batch import Batch
from ._contract import LossOutput, Output, not_none


def squared_error(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`(\hat x - x)^2`."""
    return (output - target).square()


def absolute_error(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`|\hat x - x|`."""
    return (output - target).abs()


def huber(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`r^2/2` for :math:`|r| \le 1`, else :math:`|r| - 1/2`; :math:`r = \hat x - x`."""
    return functional.huber_loss(output, target, reduction="none")


def cauchy(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`\log(1 + r^2)`, of bounded gradient; :math:`r = \hat x - x`."""
    return (output - target).square().log1p()


def binary_cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`-x \log p - (1 - x) \log(1 - p)`, with :math:`p = \sigma(\text{output})`."""
    return functional.binary_cross_entropy_with_logits(output, target, reduction="none")


def multinomial(output: Tensor, target: Tensor) -> Tensor:
    r""":math:`-x_j \log p_j`, with :math:`p = \operatorname{softmax}(\text{output})`."""
    return -target * output.log_softmax(-1)


@dataclass(frozen=True)
class Loss:
    """A reconstruction loss and the link function of its output.

    Parameters
    ----------
    formula : callable
        Maps the network's output and the target, both of shape (batch, n_features), to the loss
        of every value.

    unit_interval : bool, default=False
        Whether the target is X itself, in [0, 1], and the network's output a logit. Otherwise the
        target is the scaled X and the output is an estimate of it.
    """

    formula: Callable[[Tensor, Tensor], Tensor]
    unit_interval: bool = False

    term_names = ()
    is_random = False
    is_heavy_tailed = False
    settled_after = 0.0

    def link(self, output: Tensor) -> Tensor:
        """Return the reconstruction, given the network's output."""
        return torch.sigmoid(output) if self.unit_interval else output

    def per_sample(self, output: Tensor, target: Tensor, cell_weight: Tensor | None) -> Tensor:
        """Return the loss of each sample: the weighted sum over its cells, divided by n_columns."""
        values = self.per_cell(output, target)
        if cell_weight is not None:
            values = values * cell_weight
        return values.mean(-1)

    def per_cell(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each value, of shape (..., n_columns)."""
        return self.formula(output, target.expand_as(output))

    def errors(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the absolute error of each value, of shape (..., n_columns)."""
        return (self.link(output) - target).abs()

    def average_output(self, target: Tensor) -> Tensor:
        """Return the network's output for a reconstruction by the feature means."""
        return torch.zeros_like(target)

    def evaluate(
        self, output: Output, batch: Batch, network: nn.Module, progress: float
    ) -> LossOutput:
        """Return the loss of each sample."""
        return LossOutput(
            self.per_sample(output.reconstruction, not_none(batch.target), batch.cell_weight)
        )

    def baseline_loss(self, batch: Batch) -> Tensor:
        """Return the loss of each sample if the feature means were its reconstruction."""
        target = not_none(batch.target)
        return self.per_sample(self.average_output(target), target, batch.cell_weight)


LOSSES: dict[str, Loss] = {
    "squared_error": Loss(squared_error),
    "absolute_error": Loss(absolute_error),
    "huber": Loss(huber),
    "cauchy": Loss(cauchy),
    "binary_cross_entropy": Loss(binary_cross_entropy, unit_interval=True),
}


@dataclass(frozen=True)
class FeedbackLoss(Loss):
    """A loss of ratings or clicks, whose batches can be sparse.

    Parameters
    ----------
    stored : callable
        Maps the network's output and a sparse target to the loss of every stored value. The output
        is of shape (batch, n_items) or, if the loss needs no others, (n_stored,).
    """

    stored: Callable[[Tensor, Tensor], Tensor] = field(kw_only=True)

    def per_sample(self, output: Tensor, target: Tensor, cell_weight: Tensor | None) -> Tensor:
        """Return the loss of each sample: the sum over known values, divided by n_items."""
        if not target.is_sparse:
            return super().per_sample(output, target, cell_weight)
        values = self.stored(output, target)
        sums = values.new_zeros(len(target)).index_add(0, target.indices()[0], values)
        return sums / target.shape[1]

    def average_output(self, target: Tensor) -> Tensor:
        """Return the network's output for a reconstruction by the feature means."""
        return torch.zeros(target.shape, dtype=target.dtype, device=target.device)


def stored_squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Return the squared error of each stored value of a sparse target."""
    rows, items = target.indices()
    own = output if output.ndim == 1 else output[rows, items]
    return squared_error(own, target.values())


def stored_multinomial(output: Tensor, target: Tensor) -> Tensor:
    """Return the terms of the multinomial loss that are not zero."""
    rows, items = target.indices()
    return -target.values() * output.log_softmax(-1)[rows, items]


# Losses of recommenders: of the ratings that are known, and of clicks.
FEEDBACK: dict[str, Loss] = {
    "explicit": FeedbackLoss(squared_error, stored=stored_squared_error),
    "implicit": FeedbackLoss(multinomial, unit_interval=True, stored=stored_multinomial),
}
