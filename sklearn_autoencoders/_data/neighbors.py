"""Nearest neighbors of the training samples, and which samples of a batch are neighbors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .pca import principal_axes
from .scaling import Scaling
from .sources import SampleSource, chunks_of

# Number of principal components in which neighbors are searched.
_N_AXES = 50

Neighbors = NDArray[np.int32]


def nearest_neighbors(
    source: NDArray[Any] | SampleSource,
    rows: NDArray[np.intp],
    n_neighbors: int,
    scaling: Scaling,
    rng: np.random.RandomState,
) -> Neighbors:
    """Return the positions of the nearest neighbors of samples, among these samples.

    Neighbors are searched in the first 50 principal components of the scaled samples, in which
    missing values are zero.

    Parameters
    ----------
    source : ndarray or SampleSource of shape (n_samples, n_inputs)
        Encoded samples, NaN where a value is missing.

    rows : ndarray of shape (n_rows,)
        Positions of the samples that have neighbors and are neighbors.

    n_neighbors : int
        Number of neighbors of each sample; fewer if there are fewer samples.

    scaling : Scaling
        Scaling of the samples.

    rng : RandomState
        Draws the samples from which principal components of large data are computed.

    Returns
    -------
    ndarray of shape (n_samples, n_neighbors)
        Positions of samples; -1 in all rows that are not in `rows`.
    """
    n_neighbors = max(min(n_neighbors, len(rows) - 1), 0)
    found = np.full((source.shape[0], n_neighbors), -1, dtype=np.int32)
    if n_neighbors:
        from sklearn.neighbors import NearestNeighbors  # slow to import

        coordinates = _coordinates(source, scaling, rng)[rows]
        search = NearestNeighbors(n_neighbors=n_neighbors + 1, algorithm="brute").fit(coordinates)
        near = search.kneighbors(coordinates, return_distance=False)
        found[rows] = rows[_without_self(near)]
    return found


def _coordinates(
    source: NDArray[Any] | SampleSource, scaling: Scaling, rng: np.random.RandomState
) -> NDArray[np.float32]:
    """Return samples in the network's units, or their first principal components."""
    axes = None
    if source.shape[1] > _N_AXES:
        axes = principal_axes(source, scaling, None, rng)[1][:_N_AXES].T.astype(np.float32)
    parts = []
    for _, part in chunks_of(source):
        scaled = np.nan_to_num((part - scaling.center) / scaling.scale).astype(np.float32)
        parts.append(scaled if axes is None else scaled @ axes)
    return np.concatenate(parts)


def _without_self(near: NDArray[np.intp]) -> NDArray[np.intp]:
    """Remove each sample from its row, or the last one where duplicates have displaced it."""
    is_self = near == np.arange(len(near))[:, None]
    is_self[~is_self.any(1), -1] = True
    return near[~is_self].reshape(len(near), -1)


def pairs_of(neighbors: Neighbors, indices: Any) -> torch.Tensor:
    """Return which samples of a batch are neighbors.

    Parameters
    ----------
    neighbors : ndarray of shape (n_samples, n_neighbors)
        Positions of the neighbors of each sample; -1 for none.

    indices : sequence of int of length m, or slice
        Positions of the samples of the batch.

    Returns
    -------
    Tensor of shape (m, m)
        1 where one of two samples is a neighbor of the other, NaN where they are the same sample,
        and otherwise 0.
    """
    positions, place = np.unique(np.arange(len(neighbors))[indices], return_inverse=True)
    near = neighbors[positions]
    column = np.minimum(np.searchsorted(positions, near), len(positions) - 1)
    is_in_batch = positions[column] == near
    found = np.zeros((len(positions), len(positions)), dtype=np.float32)
    row = np.broadcast_to(np.arange(len(positions))[:, None], near.shape)
    found[row[is_in_batch], column[is_in_batch]] = 1.0
    found = np.maximum(found, found.T)
    np.fill_diagonal(found, np.nan)
    return torch.from_numpy(found[place][:, place])
