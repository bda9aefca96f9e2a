"""What users and items add to the mean rating, and what these biases leave of ratings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]

# Number of alternations in which the biases of users and of items are estimated.
_N_ALTERNATIONS = 10


def item_biases(
    matrix: Any, user_shrinkage: float, item_shrinkage: float, weight: Array | None = None
) -> tuple[float, Array, Array]:
    """Return the mean rating, and what users and items add to it, shrunk towards zero.

    Parameters
    ----------
    matrix : csr_array of shape (n_users, n_items)
        Ratings.

    user_shrinkage, item_shrinkage : float
        Numbers of ratings of zero deviation that are added for each user and each item.

    weight : ndarray of shape (n_users,) or None, default=None
        Weights of the users.

    Returns
    -------
    mean : float
        The mean rating.

    users : ndarray of shape (n_users,)
        Zero without ratings.

    items : ndarray of shape (n_items,)
        Zero without ratings.
    """
    row, column = matrix.tocoo().coords
    of_entries = np.ones(matrix.nnz) if weight is None else weight[row]
    mean = float(np.average(matrix.data, weights=of_entries))
    users, items = np.zeros(matrix.shape[0]), np.zeros(matrix.shape[1])
    for _ in range(_N_ALTERNATIONS):
        rest = matrix.data - mean - users[row]
        items = _shrunk_means(column, rest, len(items), item_shrinkage, of_entries)
        users = _shrunk_means(row, matrix.data - mean - items[column], len(users), user_shrinkage)
    return mean, users, items


def user_biases(matrix: Any, mean: float, items: Array, shrinkage: float) -> Array:
    """Return what users add to the mean rating and the biases of items, shrunk towards zero."""
    row, column = matrix.tocoo().coords
    return _shrunk_means(row, matrix.data - mean - items[column], matrix.shape[0], shrinkage)


def _shrunk_means(
    index: Any, values: Array, n: int, shrinkage: float, weight: Array | None = None
) -> Array:
    """Return the mean value of each index, with values of zero added."""
    count = np.bincount(index, weight, n) + shrinkage
    sums = np.bincount(index, values if weight is None else weight * values, n)
    means: Array = sums / np.where(count > 0, count, 1.0)
    return means


def residuals(matrix: Any, mean: float, users: Array, items: Array, scale: float) -> Any:
    """Return ratings minus mean and biases, in units of a scale, with the same stored entries."""
    row, column = matrix.tocoo().coords
    rest = (matrix.data - mean - users[row] - items[column]) / scale
    return sparse.csr_array((rest, matrix.indices, matrix.indptr), matrix.shape)
