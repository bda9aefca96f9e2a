"""Training on coordinates in the subspace of a network, instead of on many features."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.sources.sparse import SparseRows
from .._data.statistics.scaling import Scaling
from .._utils.layout import Layout
from ..networks._layers.subspace import without_subspace
from ..networks._models.autoencoder import Autoencoder
from ..objectives import Neighbors
from ..objectives._losses import Loss, squared_error
from ..objectives._objective import Objective
from .loop.plan import Plan

# Number of samples in a chunk.
_CHUNK = 4096


@dataclass(frozen=True)
class _ErrorOfFeatures(Loss):
    """The mean squared error over all features, computed from the errors of the coordinates.

    Parameters
    ----------
    factor : float, default=1.0
        Number of coordinates per feature.

    rest : float, default=0.0
        Mean squared error of the features at the projection onto the subspace.
    """

    factor: float = 1.0
    rest: float = 0.0

    def per_cell(self, output: Tensor, target: Tensor) -> Tensor:
        """Return values whose mean over the coordinates is the mean error of the features."""
        return super().per_cell(output, target) * self.factor + self.rest


def in_coordinates(
    model: Model, objective: Objective, data: Data, plan: Plan
) -> tuple[Model, Objective, Data]:
    """Return what is trained: the network between the fixed maps, if all else would be the same.

    The axes of the subspace are orthonormal, so that the squared error of the features is that of
    the coordinates plus that of the projection onto the subspace, which no weight changes.

    Parameters
    ----------
    model, objective, data, plan
        As in :func:`train`.

    Returns
    -------
    (Model, Objective, Data)
        Unchanged unless the samples are those of a large sparse matrix or have neighbors, and the
        objective is the squared error, with no penalty but that of the neighbors. The weights are
        those of the given network.
    """
    if not _can_be_trained_on_coordinates(model, objective, data, plan):
        return model, objective, data
    find = _sparse_coordinates if isinstance(data.X, SparseRows) else _coordinates
    coordinates, rest = find(model, data)
    n_axes, n_features = coordinates.shape[1], data.X.shape[1]
    loss = _ErrorOfFeatures(squared_error, factor=n_axes / n_features, rest=rest / n_features)
    inner = Model(
        _without_maps(model.network),
        Scaling.identity(n_axes),
        loss,
        Layout.of_numbers(n_axes),
    )
    return inner, Objective(loss, objective.penalties), replace(data, X=coordinates, ranges=None)


def _can_be_trained_on_coordinates(
    model: Model, objective: Objective, data: Data, plan: Plan
) -> bool:
    is_large = isinstance(data.X, SparseRows) and data.X.is_large
    pays = (is_large or data.neighbors is not None) and data.clean is None
    is_plain = type(model.network) is Autoencoder and model.network.subspace is not None
    is_squared = getattr(objective.loss, "formula", None) is squared_error
    uses_features = not all(isinstance(part, Neighbors) for part in objective.penalties)
    has_more = bool(uses_features or plan.corruptions or data.has_missing)
    return pays and is_plain and is_squared and not has_more


def _without_maps(network: Autoencoder) -> Autoencoder:
    """Return a network of the same modules, without the maps to the subspace and back."""
    inner = copy.copy(network)
    inner._modules = dict(network._modules)
    inner.encoder, inner.decoder = map(without_subspace, (network.encoder, network.decoder))
    return inner


@torch.no_grad()
def _coordinates(model: Model, data: Data) -> tuple[NDArray[Any], float]:
    """Return the coordinates of all samples, and the mean squared distance to the subspace."""
    inwards, outwards = cast(Any, model.network.subspace)
    samples, found, squares = SampleDataset(model, Data(data.X), model.dtype), [], []
    for start in range(0, len(data.X), _CHUNK):
        x = samples.__getitems__(slice(start, start + _CHUNK)).x
        found.append(inwards(x))
        squares.append((x - outwards(found[-1])).square().sum(1))
    rest = np.average(torch.cat(squares).cpu(), weights=data.training_weight)
    return torch.cat(found).cpu().numpy(), float(rest)


def _sparse_coordinates(model: Model, data: Data) -> tuple[NDArray[Any], float]:
    """Return the same, where no sample becomes dense."""
    inwards, outwards = cast(Any, model.network.subspace)
    dtype, scale = model.numpy_dtype, model.scaling.scale
    axes = np.ascontiguousarray((inwards.weight.cpu().numpy() / scale).T, dtype=dtype)
    offset = inwards.bias.cpu().numpy() - model.scaling.center @ axes
    origin = model.scaling.center / scale + outwards.bias.cpu().numpy()
    rows, squares = cast(SparseRows, data.X), np.zeros(len(data.X))
    coordinates = np.empty((len(rows), axes.shape[1]), dtype)
    for start in range(0, len(rows), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        part = rows.matrix[chunk].astype(dtype)
        coordinates[chunk] = part @ axes + offset
        part.data = (part.data / scale[part.indices] - 2 * origin[part.indices]) * (
            part.data / scale[part.indices]
        )
        squares[chunk] = np.asarray(part.sum(axis=1)).ravel() + origin @ origin
        squares[chunk] -= np.square(coordinates[chunk], dtype=np.float64).sum(1)
    rest = np.average(squares, weights=data.training_weight)
    return coordinates, max(float(rest), 0.0)
