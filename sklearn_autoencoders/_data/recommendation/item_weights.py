"""Linear predictions of items by the other items of a user: neighbors and ridge regression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import gen_batches

from ..sources.sparse import SparseRows
from ..statistics.scaling import Scaling
from ..statistics.sparse_pca import sparse_axes

Array = NDArray[Any]

# The measurements behind these numbers are described in docs/decisions/0013-recommender.md.
# Number of users without agreement that are added to those who rated two items.
_N_MORE_USERS = 50.0
# Similarity to an item without deviation that is added, and a factor that makes up for both.
_MORE_SIMILARITY, _GAIN = 1.0, 2.9
# Number of neighbors of an item, and of values in a block of similarities.
_N_NEIGHBORS, _BLOCK_SIZE = 100, 2**22
# Number of sums that are computed at once, so that they fit into the cache.
_SUMS_SIZE = 2**18

# Ridge of the regression, and a further one per click on an item.
_RIDGE, _RIDGE_PER_CLICK = 100.0, 0.5
# Power of the number of clicks by which predictions are divided.
_POPULARITY = 0.05
# Maximum number of values of the axes if there are more than 4096 users.
_MAX_VALUES = 2**22


@dataclass(frozen=True)
class ItemNeighbors:
    r"""Ratings of an item, predicted by those of the most similar items.

    Without mean and biases, the rating of item :math:`i` is predicted as
    :math:`2.9 \sum_j s_{ij} x_{uj} / (1 + \sum_j s_{ij})`, with sums over the known ratings of the
    user, and with the positive part of the cosine of two items, shrunk by the number of users
    :math:`n_{ij}` that know both, as similarity :math:`s_{ij}` of the 100 nearest items.

    Parameters
    ----------
    data, indices, indptr : ndarray
        A sparse matrix, whose rows are known items and whose columns are predicted ones.
    """

    data: Array
    indices: Array
    indptr: Array

    @classmethod
    def fit(cls, rest: Any, weight: Array) -> ItemNeighbors:
        """Return the neighbors of all items, in blocks of items.

        Parameters
        ----------
        rest : csr_array of shape (n_users, n_items)
            Ratings minus mean and biases.

        weight : ndarray of shape (n_users,)
            Weights of the users.
        """
        values = _with_weights(rest, weight)
        known = _with_weights(ones_of(rest), weight)
        blocks = sparse.vstack(list(_similar_items(values, known)), format="csr")
        similar = blocks.T.tocsr()
        index_type = np.int32 if similar.nnz <= np.iinfo(np.int32).max else np.int64
        indices, indptr = (own.astype(index_type) for own in (similar.indices, similar.indptr))
        return cls(similar.data, indices, indptr)

    def predict(self, rest: Any, dtype: Any) -> Array:
        """Return predictions for all items of some users, of shape (n_users, n_items)."""
        size = len(self.indptr) - 1
        parts = self.data.astype(dtype, copy=False), self.indices, self.indptr
        similar = sparse.csr_array(parts, (size, size))
        predicted = np.empty((rest.shape[0], size), dtype=dtype)
        for users in gen_batches(rest.shape[0], max(_SUMS_SIZE // size, 1)):
            top, below = _sums(rest[users], similar)
            below += _MORE_SIMILARITY
            np.divide(top, below, out=predicted[users])
        predicted *= _GAIN
        return predicted


def _sums(rest: Any, similar: Any) -> tuple[Array, Array]:
    """Return the sums of ratings times similarities, and of similarities, for each item.

    The cells of all users are one vector, to which each rating adds its row of similarities: four
    times faster than a sparse product whose result is made dense.
    """
    shape = rest.shape
    pairs = similar[rest.indices]
    n_pairs = np.diff(pairs.indptr[rest.indptr])
    first_cells = np.arange(shape[0], dtype=pairs.indices.dtype) * shape[1]
    entries = pairs.data, pairs.indices + np.repeat(first_cells, n_pairs), pairs.indptr
    cells = sparse.csc_array(entries, (shape[0] * shape[1], rest.nnz))
    values = rest.data.astype(pairs.dtype), np.ones(rest.nnz, dtype=pairs.dtype)
    top, below = (np.reshape(cells @ own, shape) for own in values)
    return top, below


@dataclass(frozen=True)
class ItemRegression:
    r"""Clicks on an item, predicted by ridge regression on the clicks on all others.

    With the Gram matrix :math:`G = X^\top X` and the ridge :math:`\lambda_i = 100 + G_{ii} / 2`,
    the weights are those of H. Steck [1]_ [2]_: :math:`B_{ji} = -P_{ji} / P_{ii}` with a zero
    diagonal, where :math:`P = (G + \operatorname{diag} \lambda)^{-1}`. In terms of the principal
    axes of :math:`X \operatorname{diag}(\lambda)^{-1/2}`, not centered, the diagonal and the
    products with B need no matrix of all pairs of items.

    Parameters
    ----------
    loadings : ndarray of shape (n_items, n_axes)
        Axes times the root of their shrinkage.

    root : ndarray of shape (n_items,)
        Root of the ridge.

    factor : ndarray of shape (n_items,)
        What predictions are divided by.

    References
    ----------
    .. [1] H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019.

    .. [2] H. Steck, "Autoencoders that don't overfit towards the Identity", NeurIPS 2020.
    """

    loadings: Array
    root: Array
    factor: Array

    @classmethod
    def fit(
        cls, clicks: Any, weight: Array, rng: np.random.RandomState, factor_share: float = 0.0
    ) -> ItemRegression:
        """Return the regression, exact for up to 4096 users.

        For more, it is that of the leading axes of at most 2**22 values.

        Parameters
        ----------
        clicks : csr_array of shape (n_users, n_items)
            Ones, and values of item features.

        weight : ndarray of shape (n_users,)
            Weights of the users.

        rng : RandomState
            Start of the decomposition for more than 4096 users.

        factor_share : float, default=0.0
            Not used.
        """
        squares = np.repeat(weight, np.diff(clicks.indptr)) * clicks.data**2
        count = np.bincount(clicks.indices, squares, clicks.shape[1])
        root = np.sqrt(_RIDGE + _RIDGE_PER_CLICK * count)
        scaling = Scaling(np.zeros(len(root)), root)
        variances, axes = sparse_axes(SparseRows(clicks), scaling, weight, rng, _MAX_VALUES)
        squares = variances * weight.sum()
        loadings = axes.T * np.sqrt(squares / (1 + squares))
        factor = (1 - (loadings**2).sum(1)) * np.maximum(count, 1) ** _POPULARITY
        # in the order of rows, which products with sparse matrices would copy otherwise
        return cls(np.ascontiguousarray(loadings, dtype=np.float32), root, factor)

    def predict(self, clicks: Any, dtype: Any) -> Array:
        """Return predictions for all items of some users, of shape (n_users, n_items)."""
        root = self.root.astype(dtype)
        loadings = self.loadings.astype(dtype, copy=False)
        scaled = clicks.astype(dtype)
        scaled.data = scaled.data / root[clicks.indices]
        found: Array = (scaled @ loadings) @ loadings.T
        rows = np.repeat(np.arange(clicks.shape[0]), np.diff(clicks.indptr))
        own = self._squares.astype(dtype) / root
        found[rows, clicks.indices] -= clicks.data.astype(dtype) * own[clicks.indices]
        found *= root / self.factor.astype(dtype)
        return found

    @cached_property
    def _squares(self) -> Array:
        """Squared lengths of the loadings, for all chunks of users."""
        return np.einsum("ij,ij->i", self.loadings, self.loadings, dtype=np.float64)


def ones_of(matrix: Any, dtype: Any = np.float64) -> Any:
    """Return ones where a matrix has stored values."""
    parts = np.ones(matrix.nnz, dtype), matrix.indices, matrix.indptr
    return sparse.csr_array(parts, matrix.shape)


def _with_weights(matrix: Any, weight: Array) -> Any:
    """Return rows times the roots of their weights."""
    values = matrix.data * np.repeat(np.sqrt(weight), np.diff(matrix.indptr))
    parts = values.astype(np.float32), matrix.indices, matrix.indptr
    return sparse.csr_array(parts, matrix.shape)


def _similar_items(values: Any, known: Any) -> Iterator[Any]:
    """Yield sparse matrices of the similarities of a block of items to their neighbors."""
    n_items = values.shape[1]
    length = np.sqrt(np.asarray(values.power(2).sum(0), dtype=np.float64))
    inverse = np.where(length > 0, 1 / np.where(length > 0, length, 1.0), 0.0).astype(np.float32)
    size = max(_BLOCK_SIZE // n_items, 1)
    columns, others = values.T.tocsr(), known.T.tocsr()
    for start in range(0, n_items, size):
        block = slice(start, start + size)
        similar = (columns[block] @ values).toarray()
        similar *= inverse[block, None] * inverse
        common = (others[block] @ known).toarray()
        similar *= common / (common + _N_MORE_USERS)
        similar[np.arange(len(similar)), start + np.arange(len(similar))] = 0.0
        yield _of_nearest(np.maximum(similar, 0.0))


def _of_nearest(similar: Array) -> Any:
    """Return the largest values of each row as a sparse matrix."""
    n = min(_N_NEIGHBORS, similar.shape[1])
    nearest = np.argpartition(-similar, n - 1, axis=1)[:, :n]
    nearest.sort(axis=1)
    values = np.take_along_axis(similar, nearest, axis=1)
    pointers = np.arange(0, nearest.size + 1, n)
    found = sparse.csr_array((values.ravel(), nearest.ravel(), pointers), similar.shape)
    found.eliminate_zeros()
    return found
