"""What training minimises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor, nn

from ._output import Compared, Output
from ._penalties import Penalty


class RowLoss(Protocol):
    """A loss of whole rows."""

    @property
    def is_random(self) -> bool:
        """Whether two passes over the same rows give different losses."""

    @property
    def is_heavy_tailed(self) -> bool:
        """Whether a single row may cost more than all others together, at every step anew."""

    @property
    def settled_after(self) -> float:
        """Share of training after which the formula stays as it is."""

    def of_rows(
        self, output: Output, x: Tensor, network: nn.Module, compared: Compared, progress: float
    ) -> Tensor:
        """Return each row's loss."""

    def of_centre(self, compared: Compared) -> Tensor:
        """Return each row's loss if the column means were all there is to say."""


class Objective(nn.Module):
    r"""The mean over a batch of weighted reconstruction losses and penalties.

    .. math:: \frac{1}{n} \sum_{i=1}^{n} w_i \Bigl(\ell(x_i, \hat x_i) + \sum_k \lambda_k
        \Omega_k(x_i)\Bigr)

    The weights have mean one over the training set, so that on the full batch this equals
    :math:`\sum_i w_i \ell_i / \sum_i w_i`, and every minibatch is an unbiased estimate of it.

    Parameters
    ----------
    loss : RowLoss
        The reconstruction loss.

    penalties : sequence of callable, default=()
        Functions of (output, x, network) that give one value per row or one for the batch; their
        attribute `weight`, if they have one, multiplies it.

    Attributes
    ----------
    progress : float
        Share of training that is over, for losses that change with it.
    """

    def __init__(self, loss: RowLoss, penalties: Sequence[Callable[..., Tensor]] = ()) -> None:
        super().__init__()
        self.loss = loss
        self.penalties = tuple(penalties)
        self.progress = 1.0

    def of_centre(self, compared: Compared) -> Tensor:
        """Return what the column means would cost, a scalar."""
        return _mean(self.loss.of_centre(compared), compared.weight)

    def forward(self, output: Output, x: Tensor, network: nn.Module, compared: Compared) -> Tensor:
        """Return the objective of one batch, a scalar."""
        progress = self.progress if self.training else 1.0
        rows = self.loss.of_rows(output, x, network, compared, progress)
        total = _mean(rows, compared.weight)
        for penalty in self.penalties:
            own = {"sample_weight": compared.weight} if isinstance(penalty, Penalty) else {}
            values = _checked(penalty(output, x, network, **own), penalty, len(x))
            total = total + getattr(penalty, "weight", 1.0) * _mean(values, compared.weight)
        return total


def _checked(values: Tensor, penalty: object, n_rows: int) -> Tensor:
    if isinstance(values, Tensor) and values.shape in ((), (n_rows,)):
        return values
    got = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
    raise ValueError(
        "penalty must return a tensor of shape (batch,), one value per row, or of shape (), one "
        f"for the batch; {penalty!r} returned {got} for {n_rows} rows."
    )


def _mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted mean of the rows' values, or the one value of the batch."""
    return values.mean() if weight is None or values.ndim == 0 else (values * weight).mean()
