"""Ratings as products of factors of users and items: probabilistic PCA with missing values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils import gen_batches
from sklearn.utils.extmath import randomized_svd

from .item_weights import ones_of

Array = NDArray[Any]

# The measurements behind these numbers are described in docs/decisions/0013-recommender.md.
# Largest number of factors, and number of alternations.
_N_FACTORS, _N_ALTERNATIONS = 12, 8
# At the start: variance of the products, of the further biases, and of the noise.
_PRODUCTS, _BIASES, _NOISE = 0.5, 0.02, 0.5
# Lowest variances, so that those of factors without a use do not become zero.
_MIN_VARIANCE, _MIN_NOISE = 1e-6, 1e-3
# Number of values of the moments of a block of users.
_BLOCK_SIZE = 2**22


@dataclass(frozen=True)
class RatingFactors:
    r"""Ratings of a user, predicted by the posterior means of its factors.

    Without mean and biases, the rating of user :math:`u` and item :math:`i` is modeled as

    .. math:: x_{ui} = v_i^\top z_u + a_u + c_i + \varepsilon, \quad z_u \sim N(0, I),
        \quad v_i \sim N(0, \operatorname{diag} \rho), \quad \varepsilon \sim N(0, s^2),

    with normal :math:`a_u` and :math:`c_i`, what is left of the biases. Normal posteriors of users
    and of items are computed in turn, given the moments of the others, and so are all variances,
    as in [1]_. Factors without a use get a variance of zero, so that their number need not be
    known. Those of a new user are computed from its ratings and the posteriors of the items, whose
    covariances are neglected.

    Parameters
    ----------
    loadings, variances : ndarray of shape (n_items, n_factors + 2)
        Posterior means and variances of :math:`v_i` and :math:`c_i`, and a constant of one.

    prior : ndarray of shape (n_factors + 1,)
        Precisions of :math:`z_u` and :math:`a_u`.

    noise : float
        The variance :math:`s^2`.

    References
    ----------
    .. [1] Y. J. Lim and Y. W. Teh, "Variational Bayesian Approach to Movie Rating Prediction", KDD
       Cup and Workshop 2007.
    """

    loadings: Array
    variances: Array
    prior: Array
    noise: float

    @classmethod
    def fit(cls, rest: Any, weight: Array) -> RatingFactors:
        """Return the factors of all items.

        Parameters
        ----------
        rest : csr_array of shape (n_users, n_items)
            Ratings minus mean and biases, in units of their standard deviation.

        weight : ndarray of shape (n_users,)
            Weights of the users, some of which are positive. They are multiplied so that the mean
            of these is at least one.
        """
        weight = weight / min(float(weight[weight > 0].mean()), 1.0)
        items, variance = _start(rest, weight)
        n = items.mean.shape[1] - 2
        noise, bias_of_users, bias_of_items = _NOISE, _BIASES, _BIASES
        twice = np.where(np.equal(*_triangle(n + 2)), 1.0, 2.0)
        total = float(weight @ np.diff(rest.indptr)) or 1.0
        squares = float(np.repeat(weight, np.diff(rest.indptr)) @ rest.data**2)
        for _ in range(_N_ALTERNATIONS):
            prior = np.append(np.ones(n), 1 / bias_of_users)
            sums = _sums_over_users(rest, weight, items, prior, noise)
            bias_of_users = max(sums.moment[-1] / weight.sum(), _MIN_VARIANCE)
            of_items = 1 / np.append(variance, bias_of_items)
            items = _posterior(sums.gram, sums.products, n + 1, of_items, noise)
            explained = 2 * np.sum(sums.products * items.mean)
            explained -= np.sum((sums.gram * items.packed_moments()) @ twice)
            noise = max(float(squares - explained) / total, _MIN_NOISE)
            items = items.times(np.append(np.sqrt(sums.moment[:n] / weight.sum()), [1.0, 1.0]))
            of_means = np.maximum((items.mean**2 + items.variances()).mean(0), _MIN_VARIANCE)
            variance, bias_of_items = of_means[:n], of_means[n]
        loadings, variances = items.mean.astype(np.float32), items.variances().astype(np.float32)
        return cls(loadings, variances, np.append(np.ones(n), 1 / bias_of_users), noise)

    def predict(self, rest: Any, dtype: Any) -> Array:
        """Return predictions for all items of some users, of shape (n_users, n_items)."""
        values, fixed = rest.astype(np.float32), self.loadings.shape[1] - 2
        products = (values @ self.loadings).astype(np.float64)
        gram = ones_of(values, values.dtype) @ self._moments
        users = _posterior(gram, products, fixed, self.prior, self.noise).mean
        found: Array = users.astype(dtype) @ self.loadings.T.astype(dtype)
        return found

    @cached_property
    def _moments(self) -> Array:
        """Packed second moments of the items in float32, for all chunks of users."""
        moments = _packed_squares(self.loadings)
        moments[:, np.equal(*_triangle(self.loadings.shape[1]))] += self.variances
        return moments


@dataclass(frozen=True)
class _Posterior:
    """Normal posteriors of vectors, one element of which is the constant one."""

    mean: Array
    covariance: Array

    def packed_moments(self) -> Array:
        """Return the second moments, of which each pair of elements occurs once."""
        rows, columns = _triangle(self.mean.shape[1])
        moments = _packed_squares(self.mean)
        moments += self.covariance[:, rows, columns]
        return moments

    def variances(self) -> Array:
        """Return the variances of the elements."""
        return np.einsum("nii->ni", self.covariance)

    def times(self, factors: Array) -> _Posterior:
        """Return the posteriors of multiples of the elements."""
        return _Posterior(self.mean * factors, self.covariance * np.outer(factors, factors))


@dataclass(frozen=True)
class _Sums:
    """Sums over users: of moments and products for each item, and of squared elements."""

    gram: Array
    products: Array
    moment: Array


def _start(rest: Any, weight: Array) -> tuple[_Posterior, Array]:
    """Return items whose factors are the principal axes of zeros in place of unknown ratings."""
    n_items = rest.shape[1]
    scaled = sparse.csr_array(rest.multiply(np.sqrt(weight)[:, None]))
    n = min(_N_FACTORS, *rest.shape)
    axes = randomized_svd(scaled, n, transpose=False, random_state=0)[2].T
    variance = np.full(n, _PRODUCTS / n)
    length = np.sqrt((axes**2).mean(0))
    mean = np.zeros((n_items, n + 2))
    mean[:, :n] = axes * np.sqrt(variance) / np.where(length > 0, length, 1.0)
    mean[:, n + 1] = 1.0
    covariance = np.zeros((n_items, n + 2, n + 2))
    covariance[:, np.arange(n), np.arange(n)] = 0.1 * variance
    return _Posterior(mean, covariance), variance


def _sums_over_users(
    rest: Any, weight: Array, items: _Posterior, prior: Array, noise: float
) -> _Sums:
    """Return sums over the posteriors of all users, given those of the items."""
    n_users, size = rest.shape[0], items.mean.shape[1]
    moments, products, squares = items.packed_moments(), np.zeros_like(items.mean), np.zeros(size)
    gram, diagonal = np.zeros_like(moments), np.equal(*_triangle(size))
    for block in gen_batches(n_users, max(_BLOCK_SIZE // size**2, 1)):
        own, of_users = rest[block], weight[block, None]
        known = ones_of(own, own.dtype)
        users = _posterior(known @ moments, own @ items.mean, size - 2, prior, noise)
        weighted = users.packed_moments() * of_users
        gram += known.T @ weighted
        products += own.T @ (users.mean * of_users)
        squares += weighted[:, diagonal].sum(0)
    return _Sums(gram, products, squares)


def _posterior(gram: Array, products: Array, fixed: int, prior: Array, noise: float) -> _Posterior:
    """Return the posteriors of vectors, whose element at the place `fixed` is one.

    Parameters
    ----------
    gram : ndarray of shape (n, size * (size + 1) / 2)
        Sums of the packed second moments of those that belong to the ratings of a vector.

    products : ndarray of shape (n, size)
        Sums of their means, times the ratings.

    fixed : int
        The place of the one.

    prior : ndarray of shape (size - 1,)
        Precisions of the others.

    noise : float
        Variance of a rating.
    """
    size = products.shape[1]
    rows, columns = _triangle(size)
    full = np.empty((len(gram), size, size))
    full[:, rows, columns] = full[:, columns, rows] = gram
    free = np.flatnonzero(np.arange(size) != fixed)
    inverse = np.linalg.inv(full[:, free[:, None], free] / noise + np.diag(prior))
    targets = (products[:, free] - full[:, free, fixed]) / noise
    mean, covariance = np.ones_like(products), np.zeros_like(full)
    mean[:, free] = np.einsum("nij,nj->ni", inverse, targets)
    covariance[:, free[:, None], free] = inverse
    return _Posterior(mean, covariance)


def _triangle(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of all pairs of elements."""
    return np.triu_indices(size)


def _packed_squares(vectors: Array) -> Array:
    """Return products of all pairs of elements of each vector, in the order of rows.

    Products with sparse matrices would copy those in another order.
    """
    rows, columns = _triangle(vectors.shape[1])
    return vectors.take(rows, axis=1) * vectors.take(columns, axis=1)
