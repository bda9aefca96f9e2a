"""What a training step knows of its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """A batch of samples, as networks, losses and penalties receive it.

    Parameters
    ----------
    x : Tensor of shape (batch, n_features)
        The network's input: scaled, perhaps corrupted, with zero for missing values.

    target : Tensor of shape (batch, n_features) or None, default=None
        The values to reconstruct.

    observed : Tensor of shape (batch, n_features) or None, default=None
        One where the target is observed, zero where it is missing. None if nothing is missing.

    weight : Tensor of shape (batch,) or None, default=None
        Sample weights, of mean one over the training set.

    condition : Tensor of shape (batch, n_conditions) or None, default=None
        What the network receives in addition to the features.

    labels : Tensor of shape (batch, n_outputs) or None, default=None
        What a head is to predict, NaN where that is unknown.

    index : sequence of int, slice or None, default=None
        Positions of the samples in the training set.

    find_mask : callable or None, default=None
        Returns `mask`; it is called when `mask` is read, since most losses do not need it.
    """

    x: Tensor
    target: Tensor | None = None
    observed: Tensor | None = None
    weight: Tensor | None = None
    condition: Tensor | None = None
    labels: Tensor | None = None
    index: object = None
    find_mask: Callable[[], Tensor] | None = None

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.x)

    @property
    def mask(self) -> Tensor | None:
        """Whether the corruption has changed each value, of the shape of `x`.

        None if there is no corruption.
        """
        return None if self.find_mask is None else self.find_mask()


def as_batch(x: Batch | Tensor) -> Batch:
    """Return a batch as it is, and a tensor as a batch that consists of inputs only."""
    return x if isinstance(x, Batch) else Batch(x)
