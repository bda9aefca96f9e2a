"""Means over batches, which are read once per epoch, because reading waits for the device."""

from __future__ import annotations

import torch
from torch import Tensor


class OnDevice:
    """The loss of a batch, which skorch records without waiting for the device."""

    def __init__(self, loss: Tensor) -> None:
        self._loss = loss

    def item(self) -> Tensor:
        """Return the tensor instead of a number."""
        return self._loss


class Mean:
    """The mean over batches of different sizes, as a running sum on their device."""

    def __init__(self) -> None:
        self._total: Tensor | float = 0.0
        self._n_samples = 0

    def add(self, value: Tensor | float, n_samples: int) -> None:
        """Add the mean of a batch."""
        self._total = self._total + n_samples * torch.as_tensor(value).double()
        self._n_samples += n_samples

    def __bool__(self) -> bool:
        """Return whether there was a batch."""
        return self._n_samples > 0

    def __float__(self) -> float:
        """Return the mean."""
        return float(self._total) / self._n_samples
