"""The bridge from arrays to tensors: models, data, and rows as batches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..objectives._output import Compared
from .model import Model, scaling_tensors, torch_dtype


@dataclass(frozen=True)
class Data:
    """Rows to learn from.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        What the network sees, in the user's units; NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None, default=None
        Sample weights.

    clean : ndarray of shape (n_samples, n_features) or None, default=None
        What it is to give back, if not X itself.

    held_out : ndarray of shape (n_held_out,) or None, default=None
        Which rows are to judge the others' training.

    condition : ndarray of shape (n_samples, n_conditions) or None, default=None
        What the network sees beside the columns of X, in its own units, with mean zero.

    effect : ndarray of shape (n_conditions, n_features) or None, default=None
        What the condition adds to the column means, in the user's units.

    labels : ndarray of shape (n_samples, n_outputs) or None, default=None
        What a head is to predict, NaN where that is unknown.
    """

    X: NDArray[Any]
    weight: NDArray[np.float64] | None = None
    clean: NDArray[Any] | None = None
    held_out: NDArray[np.intp] | None = None
    condition: NDArray[Any] | None = None
    effect: NDArray[np.float64] | None = None
    labels: NDArray[np.float64] | None = None

    @property
    def residual(self) -> NDArray[Any]:
        """What the network is to give back, less the effect of the condition."""
        if self.condition is None or self.effect is None:
            return self.target
        return self.target - self.condition @ self.effect

    @property
    def target(self) -> NDArray[Any]:
        """What the network is to give back."""
        return self.X if self.clean is None else self.clean

    def is_one_batch(self, batch_size: int) -> bool:
        """Whether a step sees all rows that are not held out, so that they share its draws."""
        n_held_out = 0 if self.held_out is None else len(self.held_out)
        return batch_size >= len(self.X) - n_held_out

    def thinned(self, n_rows: int) -> Data:
        """Return some of the rows to train on, at most `n_rows`, evenly spread."""
        kept = np.arange(len(self.X))
        if self.held_out is not None:
            kept = np.delete(kept, self.held_out)
        kept = kept[:: -(-len(kept) // n_rows)]
        weight, condition = (
            None if rows is None else rows[kept] for rows in (self.weight, self.condition)
        )
        return Data(self.X[kept], weight, condition=condition)

    @property
    def training_weight(self) -> NDArray[np.float64] | None:
        """Sample weights, zero for rows that are held out."""
        if self.held_out is None:
            return self.weight
        weight = np.ones(len(self.X)) if self.weight is None else self.weight.copy()
        weight[self.held_out] = 0.0
        return weight

    @property
    def mean_training_weight(self) -> float:
        """Mean weight of the rows that are not held out."""
        if self.weight is None:
            return 1.0
        weight = self.weight if self.held_out is None else np.delete(self.weight, self.held_out)
        return float(weight.mean())

    @property
    def n_samples(self) -> float:
        """Number of training rows, or their total weight if that is more."""
        weight = self.training_weight
        return len(self.X) if weight is None else max(float(weight.sum()), (weight > 0).sum())


Damage = Callable[[Tensor], Tensor]


class Rows(torch.utils.data.Dataset[Any]):
    """Rows of an array as the network sees them, a whole batch at a time.

    Nothing of `X` is copied but the rows of one batch, so that a memory map stays on disk.

    Parameters
    ----------
    model : Model
        Gives the scaling, the device and the kind of target.

    data : Data
        The rows.

    dtype : torch.dtype or None, default=None
        Type of the batches; that of X by default.

    scaled : bool, default=False
        Whether X is in the network's units already, as codes are.

    resident : bool, default=False
        Whether to move all rows to the model's device at once, rather than batch by batch.

    """

    _damage: Damage | None = None

    def __init__(
        self,
        model: Model,
        data: Data,
        dtype: torch.dtype | None = None,
        scaled: bool = False,
        resident: bool = False,
    ) -> None:
        X = data.X
        self.dtype = torch_dtype(X.dtype) if dtype is None else dtype
        self._device = model.device
        self._rows = _on_device(X, model.device) if resident else np.asarray(X)
        self._clean = None if data.clean is None else _on_device(data.clean, model.device)
        # the wider type: neither the centre nor the values lose digits, nor overflow
        self._wide = torch.promote_types(self.dtype, torch_dtype(X.dtype))
        self._scaling = None if scaled else scaling_tensors(model, self._wide)
        self._raw_target = model.loss.unit_interval
        self._weight = None
        if data.weight is not None:
            weight = data.weight / data.mean_training_weight
            self._weight = torch.tensor(weight, device=model.device, dtype=self.dtype)
        self._condition = None
        if data.condition is not None:
            self._condition = torch.tensor(data.condition, device=model.device, dtype=self.dtype)
        self._labels = None
        if data.labels is not None:
            self._labels = torch.tensor(data.labels, device=model.device, dtype=self.dtype)
        self._has_missing = _holds_nan(X) or (data.clean is not None and _holds_nan(data.clean))

    def damaged_by(self, damage: Damage | None) -> Rows:
        """Return these rows with something happening to them before the network sees them."""
        rows = copy.copy(self)
        rows._damage = damage
        return rows

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __getitems__(self, indices: Any) -> tuple[Tensor, Compared]:
        """Return a batch: the input, and what the objective compares its reconstruction with.

        Returns
        -------
        x : Tensor of shape (batch, n_features + n_conditions)
            Scaled, with zero in place of missing values; beside it the condition.

        compared : Compared
            The cells to reconstruct, 1.0 where they are known, the rows' weights and labels.
        """
        raw = _as_tensor(self._rows[indices]).to(self._device)
        clean = raw if self._clean is None else _as_tensor(self._clean[indices])
        x, target, observed = self.seen(raw, clean)
        weight = None if self._weight is None else self._weight[indices]
        if self._condition is not None:
            x = torch.cat([x, self._condition[indices]], 1)
        labels = None if self._labels is None else self._labels[indices]
        return x, Compared(target, observed, weight, labels)

    def seen(self, raw: Tensor, clean: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return what the network sees of raw rows, the cells to give back, and which are known."""
        seen = raw if self._damage is None else self._damage(raw)
        x = self._scaled(seen)
        if self._raw_target:
            target = self._without_nan(clean.to(self.dtype))
        else:
            target = x if clean is seen else self._scaled(clean)
        observed = (~clean.isnan()).to(self.dtype) if self._has_missing else None
        return x, target, observed

    def farthest_damage(self, n_rows: int) -> float:
        """Return how far a trial on at least `n_rows` rows moves a value, in units of the scale."""
        raw = _as_tensor(self._rows[:n_rows]).to(self._device)
        raw = raw.repeat(-(-n_rows // len(raw)), 1)
        damaged = raw if self._damage is None else self._damage(raw)
        return float((self._scaled(damaged) - self._scaled(raw)).abs().max())

    def _scaled(self, raw: Tensor) -> Tensor:
        if self._scaling is None:
            return raw.to(self.dtype)
        center, scale = self._scaling
        return self._without_nan((raw.to(self._wide) - center).div_(scale).to(self.dtype))

    def _without_nan(self, x: Tensor) -> Tensor:
        return x.nan_to_num(nan=0.0) if self._has_missing or self._damage is not None else x


def _holds_nan(X: NDArray[Any]) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isnan(np.sum(X)))


def _on_device(X: NDArray[Any], device: torch.device) -> Any:
    """Return an array as it is on the CPU, or a tensor on another device."""
    return np.asarray(X) if device.type == "cpu" else torch.from_numpy(np.array(X)).to(device)


def _as_tensor(rows: Any) -> Tensor:
    """Return a tensor of the same memory, or of a copy if that must not be written to."""
    is_read_only = isinstance(rows, np.ndarray) and not rows.flags.writeable
    return torch.as_tensor(rows.copy() if is_read_only else rows)
