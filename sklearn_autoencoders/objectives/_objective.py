"""What training minimises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from ._losses import Loss
from ._output import Output
from ._penalties import Penalty


class Compared(NamedTuple):
    """What the reconstruction of a batch is compared with.

    Parameters
    ----------
    target : Tensor of shape (batch, n_features)
        The cells to reconstruct.

    observed : Tensor of shape (batch, n_features) or None
        One where they are known, else zero.

    weight : Tensor of shape (batch,) or None
        Weights of the rows, of mean one over the training set.
    """

    target: Tensor
    observed: Tensor | None = None
    weight: Tensor | None = None


class Objective(nn.Module):
    r"""The mean over a batch of weighted reconstruction losses and penalties.

    .. math:: \frac{1}{n} \sum_{i=1}^{n} w_i \Bigl(\ell(x_i, \hat x_i) + \sum_k \lambda_k
        \Omega_k(x_i)\Bigr)

    The weights have mean one over the training set, so that on the full batch this equals
    :math:`\sum_i w_i \ell_i / \sum_i w_i`, and every minibatch is an unbiased estimate of it.

    Parameters
    ----------
    loss : Loss
        The reconstruction loss.

    penalties : sequence of callable, default=()
        Functions of (output, x, network) that give one value per row or one for the batch; their
        attribute `weight`, if they have one, multiplies it.
    """

    def __init__(self, loss: Loss, penalties: Sequence[Callable[..., Tensor]] = ()) -> None:
        super().__init__()
        self.loss = loss
        self.penalties = tuple(penalties)

    def reconstruction(self, output: Output, compared: Compared) -> Tensor:
        """Return the reconstruction loss of one batch, a scalar."""
        target, observed, weight = compared
        return _mean(self.loss.per_sample(output.reconstruction, target, observed), weight)

    def forward(self, output: Output, x: Tensor, network: nn.Module, compared: Compared) -> Tensor:
        """Return the objective of one batch, a scalar."""
        total = self.reconstruction(output, compared)
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
