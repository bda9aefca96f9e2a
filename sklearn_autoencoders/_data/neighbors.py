"""Nearest neighbors of the training samples, and which samples of a batch are neighbors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._utils.layout import Layout
from .pca import principal_axes
from .scaling import Scaling
from .sources import SampleSource, chunks_of, encoded_source
from .splits import draw_by_content

# Number of principal components in which neighbors are searched.
_N_AXES = 50

Positions = NDArray[np.int32]


@dataclass(frozen=True)
class Neighbors:
    """The nearest neighbors of training samples.

    Copies of a sample are one sample, so that a sample of weight two is equivalent to two copies.

    Parameters
    ----------
    nearest : ndarray of shape (n_samples, n_neighbors)
        Positions of the neighbors of each sample; -1 for a sample without neighbors.

    first : ndarray of shape (n_samples,)
        Position of the first copy of each sample.
    """

    nearest: Positions
    first: Positions

    def pairs(self, indices: Any) -> torch.Tensor:
        """Return which samples of a batch are neighbors.

        Parameters
        ----------
        indices : sequence of int of length m, or slice
            Positions of the samples of the batch.

        Returns
        -------
        Tensor of shape (m, m)
            1 where one of two samples is a neighbor of the other, NaN where they are the same
            sample or copies of it, and otherwise 0.
        """
        positions, place = np.unique(self.first[indices], return_inverse=True)
        near = self.nearest[positions]
        column = np.minimum(np.searchsorted(positions, near), len(positions) - 1)
        is_in_batch = positions[column] == near
        found = np.zeros((len(positions), len(positions)), dtype=np.float32)
        row = np.broadcast_to(np.arange(len(positions))[:, None], near.shape)
        found[row[is_in_batch], column[is_in_batch]] = 1.0
        found = np.maximum(found, found.T)
        np.fill_diagonal(found, np.nan)
        return torch.from_numpy(found[place][:, place])

    def among(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return neighbors as places in given rows; the sample itself if it has none."""
        place = np.full(len(self.first), -1)
        place[rows] = np.arange(len(rows))
        found = self.nearest[rows]
        return np.where(found < 0, np.arange(len(rows))[:, None], place[found])


def nearest_neighbors(
    X: NDArray[Any],
    rows: NDArray[np.intp],
    n_neighbors: int,
    layout: Layout,
    scaling: Scaling,
    rng: np.random.RandomState,
) -> Neighbors:
    """Return the nearest neighbors of samples, among given ones.

    Neighbors are searched in the first 50 principal components of the scaled samples, in which
    missing values are zero.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_columns)
        Samples, NaN where a value is missing.

    rows : ndarray of shape (n_rows,)
        Positions of the samples that have neighbors and are neighbors.

    n_neighbors : int
        Number of neighbors of each sample; fewer if there are fewer samples.

    layout : Layout
        Kinds of the columns.

    scaling : Scaling
        Scaling of the encoded samples.

    rng : RandomState
        Draws the samples from which principal components of large data are computed.
    """
    first = np.arange(len(X), dtype=np.int32)
    _, own, group = np.unique(draw_by_content(X[rows], 0), return_index=True, return_inverse=True)
    first[rows], n_neighbors = rows[own[group]], max(min(n_neighbors, len(own) - 1), 0)
    nearest = np.full((len(X), n_neighbors), -1, dtype=np.int32)
    if n_neighbors:
        distinct = np.sort(rows[own])
        coordinates = _coordinates(encoded_source(X, layout), scaling, rng)[distinct]
        nearest[distinct] = distinct[_search(coordinates, n_neighbors)]
        nearest[rows] = nearest[first[rows]]
    return Neighbors(nearest, first)


def _search(coordinates: NDArray[np.float32], n_neighbors: int) -> NDArray[np.intp]:
    from sklearn.neighbors import NearestNeighbors  # slow to import

    search = NearestNeighbors(n_neighbors=n_neighbors, algorithm="brute").fit(coordinates)
    found: NDArray[np.intp] = search.kneighbors(return_distance=False)
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
