"""What features of users and items add to predictions, by ridge regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import gen_batches

Array = NDArray[np.float64]

# The measurements behind these numbers are described in docs/decisions/0013-recommender.md.
# Ridge of the regression of biases, and of clicks.
_RIDGE_OF_BIASES, _RIDGE_OF_CLICKS = 10.0, 100.0
# Ridge of the regression of what biases leave of ratings: of an item on features of users, and of a
# user on features of items.
RIDGE_OF_ITEM, RIDGE_OF_USER = 100.0, 30.0
# Number of values that are in memory at once.
_BLOCK_SIZE = 2**22


def prior_weights(
    means: Array, counts: Array, features: Array, shrinkage: float, weight: Array | None = None
) -> Array:
    """Return the weights of features in a regression of mean ratings.

    Parameters
    ----------
    means, counts : ndarray of shape (n,)
        Means that are not shrunk, and numbers of ratings.

    features : ndarray of shape (n, n_features)
        Centered features.

    shrinkage : float
        A mean of n ratings has the weight n / (n + shrinkage).

    weight : ndarray of shape (n,) or None, default=None
        Further weights.

    Returns
    -------
    ndarray of shape (n_features,)
        The weights.
    """
    share = counts / np.maximum(counts + shrinkage, 1e-9)
    weighted = features * (share if weight is None else share * weight)[:, None]
    normal = weighted.T @ features + _RIDGE_OF_BIASES * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(normal, weighted.T @ means), dtype=np.float64)


def ridge_of_rows(rest: Any, features: Array, ridge: float, weight: Array | None = None) -> Array:
    """Return a ridge regression of each row of ratings on the features of its columns.

    Parameters
    ----------
    rest : csr_array of shape (n_rows, n_columns)
        What biases leave of ratings.

    features : ndarray of shape (n_columns, n_features)
        Centered features.

    ridge : float
        What is added to the diagonal.

    weight : ndarray of shape (n_columns,) or None, default=None
        Weights of the columns.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        Zeros for rows without ratings.
    """
    n = features.shape[1]
    weighted = features if weight is None else features * weight[:, None]
    found = np.empty((rest.shape[0], n))
    for block in _blocks(rest.shape[0], n * n):
        own = rest[block]
        known = sparse.csr_array((np.ones(own.nnz), own.indices, own.indptr), own.shape)
        gram = np.empty((own.shape[0], n, n))
        for column in range(n):
            gram[:, column] = known @ (weighted[:, column, None] * features)
        gram += ridge * np.eye(n)
        found[block] = np.linalg.solve(gram, (own @ weighted)[:, :, None])[:, :, 0]
    return found


def click_effects(clicks: Any, features: Array, weight: Array) -> Array:
    """Return the mean clicks on each item, and their regression on features of users.

    Parameters
    ----------
    clicks : csr_array of shape (n_users, n_items)
        Ones.

    features : ndarray of shape (n_users, n_features)
        Centered features.

    weight : ndarray of shape (n_users,)
        Weights of the users.

    Returns
    -------
    ndarray of shape (n_items, 1 + n_features)
        Means, and weights of the features.
    """
    weighted = features * weight[:, None]
    mean = clicks.T @ weight / weight.sum()
    normal = weighted.T @ features + _RIDGE_OF_CLICKS * np.eye(features.shape[1])
    products = clicks.T @ weighted - np.outer(mean, weighted.sum(0))
    return np.column_stack([mean, np.linalg.solve(normal, products.T).T])


def at_stored(matrix: Any, rows: Array, columns: Array) -> Array:
    """Return scalar products of rows and columns at the stored entries of a sparse matrix.

    Parameters
    ----------
    matrix : csr_array of shape (n_rows, n_columns)
        Its values are not used.

    rows, columns : ndarray of shape (n_rows, m) and (n_columns, m)
        Vectors.

    Returns
    -------
    ndarray of shape (n_stored,)
        The products.
    """
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    found = np.empty(matrix.nnz)
    for block in _blocks(matrix.nnz, max(rows.shape[1], 1)):
        found[block] = (rows[row[block]] * columns[matrix.indices[block]]).sum(1)
    return found


def _blocks(n: int, size: int) -> Any:
    """Yield slices of n rows of a size, so that they have a limited number of values."""
    return gen_batches(max(n, 1), max(_BLOCK_SIZE // size, 1))
