"""Nearest neighbors of the training samples, and which samples of a batch are neighbors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

from ..._utils.layout import Layout
from ..._utils.optional_imports import import_optional
from ..sources.arrays import chunks_of, encoded_source
from ..sources.sparse import SparseRows
from ..sources.splits import draw_by_content
from .pca import principal_axes
from .scaling import Scaling

# Number of principal components in which neighbors are searched.
_N_AXES = 50
# Number of cells in which neighbors are searched approximately: 98 % of them are found.
_N_PROBES = 16

Positions = NDArray[np.int32]


@dataclass(frozen=True)
class NeighborGraph:
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


@dataclass(frozen=True)
class NeighborSearch:
    """How the nearest neighbors of samples are searched.

    Parameters
    ----------
    n_neighbors : int
        Number of neighbors of each sample; fewer if there are fewer samples.

    metric : {"euclidean", "cosine"}, default="euclidean"
        With "euclidean", samples are compared by the first 50 principal components of their scaled
        values, in which missing values are zero. With "cosine", by the angle between them as they
        are, with zeros for missing values.

    approximate : bool, default=False
        Whether faiss searches in a part of the samples only.
    """

    n_neighbors: int
    metric: str = "euclidean"
    approximate: bool = False

    def __call__(
        self,
        X: NDArray[Any],
        rows: NDArray[np.intp],
        layout: Layout,
        scaling: Scaling,
        rng: np.random.RandomState,
        weight: NDArray[np.float64] | None = None,
        groups: NDArray[np.intp] | None = None,
        axes: NDArray[Any] | None = None,
    ) -> NeighborGraph:
        """Return the nearest neighbors of samples.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns)
            Samples, NaN where a value is missing.

        rows : ndarray of shape (n_rows,)
            Positions of the samples that have neighbors and are neighbors.

        layout : Layout
            Kinds of the columns.

        scaling : Scaling
            Scaling of the encoded samples.

        rng : RandomState
            Draws the samples from which principal components of large data are computed.

        weight : ndarray of shape (n_samples,), default=None
            Sample weights, for the principal components.

        groups : ndarray of shape (n_samples,), default=None
            Number of the group of each sample, -1 for none. Neighbors of a sample in a group are
            in the same group or in none.

        axes : ndarray of shape (n_axes, n_inputs), default=None
            Principal components of the scaled samples, if they are known and there are at least 50.
        """
        kind = draw_by_content(X[rows], 0)
        if groups is not None:
            kind = kind + groups[rows]  # copies in different groups are different samples
        _, own, copies = np.unique(kind, return_index=True, return_inverse=True)
        first = np.arange(len(X), dtype=np.int32)
        first[rows] = rows[own[copies]]
        distinct = np.sort(rows[own])
        source = encoded_source(X, layout)
        coordinates = _COORDINATES[self.metric](source, scaling, weight, rng, axes)[distinct]
        nearest = np.full((len(X), max(min(self.n_neighbors, len(own) - 1), 0)), -1, dtype=np.int32)
        for members, candidates in _parts(None if groups is None else groups[distinct]):
            found = self._found(coordinates, members, candidates)
            nearest[distinct[members], : found.shape[1]] = distinct[found]
        nearest[rows] = nearest[first[rows]]
        return NeighborGraph(nearest, first)

    def _found(
        self, coordinates: NDArray[np.float32], members: Any, candidates: Any
    ) -> NDArray[np.intp]:
        """Return the nearest candidates of the members, which are among the candidates."""
        numbers = np.arange(coordinates.shape[0])
        members, candidates = numbers[members], numbers[candidates]
        n_found = min(self.n_neighbors, len(candidates) - 1)
        search = _approximate if self.approximate else _exact
        found = search(coordinates[candidates], coordinates[members], n_found + 1)
        return _without(members, candidates[found], n_found)


def _parts(groups: NDArray[np.intp] | None) -> Iterator[tuple[Any, Any]]:
    """Yield the samples of each group, and the candidates for their neighbors."""
    if groups is None:
        yield slice(None), slice(None)
        return
    for group in np.unique(groups):
        is_own = groups == group
        yield is_own, (is_own | (groups < 0) if group >= 0 else slice(None))


def _without(members: NDArray[np.intp], found: NDArray[np.intp], n_found: int) -> NDArray[np.intp]:
    """Return the samples that are found, except for the member itself or else the last one."""
    order = np.argsort(found == members[:, None], axis=1, kind="stable")
    return np.take_along_axis(found, order[:, :n_found], axis=1)


def _exact(
    candidates: NDArray[np.float32], members: NDArray[np.float32], n_found: int
) -> NDArray[np.intp]:
    from sklearn.neighbors import NearestNeighbors  # slow to import

    search = NearestNeighbors(n_neighbors=n_found, algorithm="brute").fit(candidates)
    found: NDArray[np.intp] = search.kneighbors(members, return_distance=False)
    return found


def _approximate(
    candidates: NDArray[np.float32], members: NDArray[np.float32], n_found: int
) -> NDArray[np.intp]:
    """Return neighbors from the 16 cells that are nearest to a sample, of an inverted file."""
    n_cells = int(np.sqrt(candidates.shape[0]))
    if sparse.issparse(candidates):
        raise ValueError(
            "Neighbors(approximate=True) needs metric='euclidean' for sparse matrices; got "
            "metric='cosine'. Use approximate=False."
        )
    if n_cells <= _N_PROBES:
        return _exact(candidates, members, n_found)
    faiss = import_optional("faiss", "neighbors", "Neighbors(approximate=True)")
    index = faiss.index_factory(candidates.shape[1], f"IVF{n_cells},Flat")
    index.nprobe = _N_PROBES
    index.train(candidates)
    index.add(candidates)
    found: NDArray[np.intp] = index.search(members, n_found)[1]
    return np.where(found < 0, found[:, :1], found)


def _principal_coordinates(
    source: Any,
    scaling: Scaling,
    weight: NDArray[np.float64] | None,
    rng: np.random.RandomState,
    axes: NDArray[Any] | None,
) -> NDArray[np.float32]:
    """Return samples in the network's units, or their first principal components."""
    projection = None
    if source.shape[1] > _N_AXES:
        is_known = axes is not None and len(axes) >= _N_AXES
        found = axes if is_known else principal_axes(source, scaling, weight, rng)[1]
        projection = np.asarray(found)[:_N_AXES].T.astype(np.float32)
    parts = []
    for _, part in chunks_of(source):
        scaled = np.nan_to_num((part - scaling.center) / scaling.scale).astype(np.float32)
        parts.append(scaled if projection is None else scaled @ projection)
    return np.concatenate(parts)


def _directions(
    source: Any,
    scaling: Scaling,
    weight: NDArray[np.float64] | None,
    rng: np.random.RandomState,
    axes: NDArray[Any] | None,
) -> Any:
    """Return samples of length one, whose Euclidean distances depend on the angles only.

    Sparse samples stay sparse.
    """
    if isinstance(source, SparseRows):
        matrix = source.matrix.astype(np.float32)
        matrix.data = np.nan_to_num(matrix.data)
        return normalize(matrix)
    return np.concatenate(
        [normalize(np.nan_to_num(part).astype(np.float32)) for _, part in chunks_of(source)]
    )


_COORDINATES = {"euclidean": _principal_coordinates, "cosine": _directions}
