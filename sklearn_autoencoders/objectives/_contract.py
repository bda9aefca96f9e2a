"""Interface between networks and objectives: the output of a network and that of a loss."""

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
    """A loss, and those of its terms that are recorded.

    Parameters
    ----------
    loss : Tensor
        The loss that is minimized: of shape (batch,) for a loss, a scalar for an objective.

    terms : mapping of str to Tensor, default={}
        Terms by name, of the same shape and without gradient. Each is recorded as a curve.
    """

    loss: Tensor
    terms: Mapping[str, Tensor] = {}


def not_none(values: Tensor | None) -> Tensor:
    """Return an attribute of a batch, which is never None for the loss that uses it."""
    assert values is not None
    return values


def batch_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Return the weighted mean over the batch."""
    return values.mean(0) if weight is None else weight @ values / weight.sum()
