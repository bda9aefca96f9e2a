"""What objectives know of a network's output, and what they return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from torch import Tensor


class Output(Protocol):
    """The output of a network; see :class:`sklearn_autoencoders.networks.Output`."""

    @property
    def code(self) -> Tensor: ...

    @property
    def reconstruction(self) -> Tensor: ...

    @property
    def latent(self) -> Any: ...

    @property
    def prediction(self) -> Any: ...


class LossOutput(NamedTuple):
    """A loss and the terms of it that are recorded.

    Parameters
    ----------
    loss : Tensor
        What is minimized: of shape (batch,) from a loss, a scalar from an objective.

    terms : mapping of str to Tensor, default={}
        Terms by name, of the same shape and without gradient. Each becomes a curve.
    """

    loss: Tensor
    terms: Mapping[str, Tensor] = {}


def known(values: Tensor | None) -> Tensor:
    """Return what a batch must hold for this loss."""
    assert values is not None
    return values


def batch_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted means of the columns."""
    return values.mean(0) if weight is None else weight @ values / weight.sum()
