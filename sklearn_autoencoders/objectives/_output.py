"""What objectives know of a network."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from torch import Tensor


class Output(Protocol):
    """What a network gives: networks and objectives know each other by shape alone."""

    @property
    def code(self) -> Tensor: ...

    @property
    def reconstruction(self) -> Tensor: ...

    @property
    def latent(self) -> Any: ...

    @property
    def prediction(self) -> Any: ...


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

    labels : Tensor of shape (batch, n_outputs) or None
        What a head is to predict, NaN where that is unknown.
    """

    target: Tensor
    observed: Tensor | None = None
    weight: Tensor | None = None
    labels: Tensor | None = None


def batch_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted means of the columns."""
    return values.mean(0) if weight is None else weight @ values / weight.sum()
