"""A batch of samples, with all values that a training step uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass
class Carried:
    """What a causal network keeps of a batch of chunks, for the chunks that follow them.

    Parameters
    ----------
    chunk : Tensor of int of shape (batch,) or None, default=None
        Numbers of the chunks.

    last : Tensor of shape (batch, 1, n_symbols) or None, default=None
        Their last symbols.

    states : list or None, default=None
        The states before these symbols are read.
    """

    chunk: Tensor | None = None
    last: Any = None
    states: Any = None


@dataclass(frozen=True)
class Batch:
    """A batch of samples, which networks, losses and penalties receive.

    Parameters
    ----------
    x : Tensor of shape (batch, n_features)
        Input of the network: scaled and possibly corrupted samples; missing values are zero.

    target : Tensor of shape (batch, n_features) or None, default=None
        The values to reconstruct.

    observed : Tensor of shape (batch, n_columns) or None, default=None
        Zero where the target is missing, otherwise one. None if all are one.

    weight : Tensor of shape (batch,) or None, default=None
        Sample weights, with mean one over the training set.

    condition : Tensor of shape (batch, n_conditions) or None, default=None
        Input of the network in addition to the features.

    labels : Tensor of shape (batch, n_outputs) or None, default=None
        Target of the prediction; NaN if it is unknown.

    index : sequence of int, slice or None, default=None
        Positions of the samples in the training set.

    fold : Tensor of int of shape (batch,) or None, default=None
        The member of an ensemble head that is not trained on the sample; -1 for none.

    missing : Tensor of shape (batch, n_columns) or None, default=None
        One where a value of the input is missing, zero where it is known. None if the network does
        not use it, or if nothing is missing.

    neighbors : Tensor of shape (batch, batch) or None, default=None
        1 where one of two samples is a neighbor of the other, NaN where they are the same sample,
        otherwise 0. None if the training set has no neighbors.

    chunk : Tensor of int of shape (batch,) or None, default=None
        Numbers of parts of texts; the part that follows another one has the next number.

    carried : Carried or None, default=None
        What the network has kept of the last batch of chunks.

    find_mask : callable or None, default=None
        Returns `mask`. It is called when `mask` is read, because most losses do not use it.

    cell_weight : Tensor of shape (batch, n_columns) or None, default=None
        Weight of the loss of each cell: that of `observed`, or less where the corruption has not
        hidden the cell. None if all are one.
    """

    x: Tensor
    target: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None
    condition: Tensor | None = None
    labels: Tensor | None = None
    index: object = None
    fold: Tensor | None = None
    missing: Tensor | None = None
    neighbors: Tensor | None = None
    chunk: Tensor | None = None
    carried: Carried | None = None
    find_mask: Callable[[], Tensor] | None = None
    cell_weight: Tensor | None = None

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    @property
    def mask(self) -> Tensor | None:
        """Whether each value was changed by the corruption, in the shape of `x`.

        None if there is no corruption.
        """
        return None if self.find_mask is None else self.find_mask()


def as_batch(x: Batch | Tensor) -> Batch:
    """Return a batch unchanged, and a tensor as a batch that contains only inputs."""
    return x if isinstance(x, Batch) else Batch(x)
