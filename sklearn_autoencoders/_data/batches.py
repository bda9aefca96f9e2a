"""Training data and batches."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._utils.batch import Batch
from .data import Data
from .model import Model, scaling_tensors, torch_dtype
from .sources.arrays import as_source
from .sources.rows import RowSource

Corruptor = Callable[[Tensor], Tensor]


class SampleDataset(torch.utils.data.Dataset[Any]):
    """Dataset of samples from which whole batches are read.

    Only the samples of one batch are copied, so that a memory map stays on disk.

    Parameters
    ----------
    model : Model
        Gives the scaling, the device and the kind of target.

    data : Data
        The samples.

    dtype : torch.dtype or None, default=None
        Type of the batches; that of X by default.

    resident : bool, default=False
        Whether to move all samples to the model's device initially, instead of batch by batch.
    """

    _corruptor: Corruptor | None = None
    _known_weight = 1.0

    def __init__(
        self,
        model: Model,
        data: Data,
        dtype: torch.dtype | None = None,
        resident: bool = False,
    ) -> None:
        self.dtype = torch_dtype(data.X.dtype) if dtype is None else dtype
        self._device, self._index = (device := model.device), data.index
        self._inputs = _source(data.X, device, resident)
        self._clean = None if data.clean is None else _source(data.clean, device, True)
        # the wider type, in which the center and the values neither lose digits nor overflow
        self._wide = torch.promote_types(self.dtype, torch_dtype(data.X.dtype))
        self._layout = model.layout
        self._scaling = scaling_tensors(model.scaling, device, self._wide)
        self._target_scaling = self._scaling
        if (target_scaling := model.target_scaling) is not model.scaling:
            self._target_scaling = scaling_tensors(target_scaling, device, self._wide)
        self.conditional_mean = model.conditional_mean(self.dtype)
        self._has_own_target = model.loss.unit_interval or not model.layout.is_numeric
        weight = None if data.weight is None else data.weight / data.mean_training_weight
        numbers = {"weight": weight, "condition": data.condition, "labels": data.labels}
        self._fields = {
            name: torch.tensor(array, device=device, dtype=self.dtype)
            for name, array in numbers.items()
            if array is not None
        }
        for name in ("fold", "chunk"):
            if getattr(data, name) is not None:
                self._fields[name] = torch.tensor(getattr(data, name), device=device)
        self._carried = data.carried
        self._has_missing, self._neighbors = data.has_missing, data.neighbors

    def corrupted_by(self, corruptor: Corruptor | None, known_weight: float = 1.0) -> SampleDataset:
        """Return these samples with a corruption applied to the input of the network.

        `known_weight` is the weight of the loss of values that the corruption does not hide.
        """
        samples = copy.copy(self)
        samples._corruptor, samples._known_weight = corruptor, known_weight
        return samples

    def __len__(self) -> int:
        """Return the number of samples."""
        return int(self._inputs.shape[0])

    @property
    def fold(self) -> Tensor:
        """The fold of each sample; they are only known in the training of an ensemble head."""
        return self._fields["fold"]

    def __getitems__(self, indices: Any) -> Batch:
        """Return a batch, for a list of positions or a slice."""
        raw = self._raw(indices)
        clean = raw if self._clean is None else self._read(self._clean, indices)
        fields = {name: tensor[indices] for name, tensor in self._fields.items()}
        index = indices if self._index is None else self._index[indices]
        neighbors = self._neighbors_among(indices)
        others = {"index": index, "neighbors": neighbors, "carried": self._carried}
        return self.batch(raw, clean, **others, **fields)

    def _neighbors_among(self, indices: Any) -> Tensor | None:
        if self._neighbors is None:
            return None
        return self._neighbors.pairs(indices).to(self._device, self.dtype)

    def batch(self, raw: Tensor, clean: Tensor, **others: Any) -> Batch:
        """Return a batch of raw inputs and clean targets, with additional fields."""
        corrupted = raw if self._corruptor is None else self._corruptor(raw)
        missing = corrupted.isnan() if self._may_miss else None
        x = self._filled(corrupted, missing)
        if clean is corrupted and not self._has_own_target and not self._has_missing:
            target = x
        else:
            target = self._scaled(clean, self._target_scaling)
        observed = (~clean.isnan()).to(self.dtype) if self._has_missing else None
        others["cell_weight"] = self._cell_weight(observed, missing)
        others["find_mask"] = None if corrupted is raw else lambda: _differ(corrupted, raw)
        missing = None if missing is None else missing.to(self.dtype)
        return Batch(x, target, observed, missing=missing, **others)

    def _cell_weight(self, observed: Tensor | None, missing: Tensor | None) -> Tensor | None:
        """Return the weight of the loss of each cell, given which targets and inputs are known."""
        if self._known_weight == 1 or missing is None:
            return observed
        weights = torch.where(missing, 1.0, self._known_weight).to(self.dtype)
        return weights if observed is None else weights * observed

    def largest_corruption(self, n_samples: int) -> float:
        """Return the largest change of a value of `n_samples` samples, in units of scale."""
        raw = self._raw(slice(0, n_samples))
        raw = raw.repeat(-(-n_samples // len(raw)), 1)
        corrupted = raw if self._corruptor is None else self._corruptor(raw)
        x, clean = (self._scaled(samples, self._scaling) for samples in (corrupted, raw))
        return float((x - clean).abs().max())

    def _raw(self, indices: Any) -> Tensor:
        return self._read(self._inputs, indices)

    def _read(self, source: Any, indices: Any) -> Tensor:
        return _as_tensor(source.take(indices)).to(self._device)

    def _scaled(self, cells: Tensor, scaling: tuple[Tensor, Tensor]) -> Tensor:
        """Return encoded samples in the units of the network."""
        center, scale = scaling
        encoded = self._layout.encode(cells.to(self._wide))
        return self._without_nan((encoded - center).div_(scale).to(self.dtype))

    def _filled(self, cells: Tensor, missing: Tensor | None) -> Tensor:
        """Return encoded samples in the units of the network, with predictions where missing."""
        x = self._scaled(cells, self._scaling)
        if self.conditional_mean is None or missing is None:
            return x
        return self.conditional_mean(x, self._layout.of_inputs(missing))

    @property
    def _may_miss(self) -> bool:
        """Whether a value of the input can be missing."""
        return self._has_missing or self._corruptor is not None

    def _without_nan(self, x: Tensor) -> Tensor:
        return x.nan_to_num(nan=0.0) if self._may_miss else x


class CodeDataset:
    """Codes and conditions from which whole batches are read, as the input of a decoder.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_components)
        Codes, whose type is that of the batches.

    condition : ndarray of shape (n_samples, n_conditions) or None
        Further input of the decoder.

    device : torch.device
        Device of the batches.
    """

    def __init__(
        self, codes: NDArray[Any], condition: NDArray[Any] | None, device: torch.device
    ) -> None:
        self._codes, self._condition, self._device = codes, condition, device
        self.dtype = torch_dtype(codes.dtype)

    def __len__(self) -> int:
        """Return the number of codes."""
        return len(self._codes)

    def __getitems__(self, indices: Any) -> Batch:
        """Return a batch, for a list of positions or a slice."""
        condition = None if self._condition is None else self._read(self._condition, indices)
        return Batch(self._read(self._codes, indices), condition=condition)

    def _read(self, values: NDArray[Any], indices: Any) -> Tensor:
        return _as_tensor(values[indices]).to(self._device, self.dtype)


class _TensorSource:
    """Samples of a tensor on a device."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor, self.shape = tensor, tuple(tensor.shape)

    def take(self, indices: Any) -> Tensor:
        return self._tensor[indices]


def _source(X: Any, device: torch.device, resident: bool) -> Any:
    """Return a source of samples; if `resident` and dense, of a tensor on another device."""
    if not resident or device.type == "cpu" or isinstance(X, RowSource):
        return as_source(X)
    return _TensorSource(torch.from_numpy(np.array(X)).to(device))


def _differ(corrupted: Tensor, raw: Tensor) -> Tensor:
    """Return a mask of the values that differ; NaN equals NaN."""
    return (corrupted != raw) & ~(corrupted.isnan() & raw.isnan())


def _as_tensor(samples: Any) -> Tensor:
    """Return a tensor that shares the memory of an array, or a copy if it is read-only."""
    is_read_only = isinstance(samples, np.ndarray) and not samples.flags.writeable
    return torch.as_tensor(samples.copy() if is_read_only else samples)
