"""The weights of the parts of a recommender's prediction, chosen by held-out ratings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import nnls
from sklearn import config_context
from sklearn.base import clone

# The measurements behind these numbers are described in docs/decisions/0013-recommender.md.
# Fraction of the ratings that is held out, maximum number of users, and minimum number of ratings.
_FRACTION, _MAX_USERS, _MIN_RATINGS = 0.1, 4096, 200
# The weights of network, neighbors and factorization that are expected, and the standard deviation
# of the best weights from these.
_EXPECTED, _DEVIATION = np.array([0.25, 0.5, 0.25]), 0.3
# Precision of the expected weights without noise, for parts that are equal.
_MIN_PRECISION = 1e-9
# linear_share="auto" of clicks.
_OF_CLICKS = 0.98
# The sum of the weights deviates from one by less than the inverse of this number.
_EXACT = 1e6


class Shares(NamedTuple):
    """Shares of the linear prediction, and of the factorization in it."""

    linear: float
    factors: float


# Parameters of the copy that is fitted; it chooses no shares.
_OF_PROBE = {
    "linear_share": Shares(0.5, _EXPECTED[2] / _EXPECTED[1:].sum()),
    "warm_start": False,
    "verbose": 0,
    "callbacks": None,
    "checkpoint": None,
}


def shares_of_linear(recommender, reset, partial, rng):
    """Return the shares of the linear prediction, and of the factorization in it.

    Those that are not given are chosen in a first fit to ratings, and are the same in later ones.
    """
    given = None if isinstance(recommender.linear_share, str) else recommender.linear_share
    if isinstance(given, Shares):
        return given
    if not reset:
        chosen = Shares(recommender._share, recommender._factor_share)
    elif not recommender._is_explicit:
        chosen = Shares(_OF_CLICKS, 0.0)
    elif given == 0:
        chosen = Shares(0.0, 0.0)
    elif partial:
        chosen = _shares(_EXPECTED)
    else:
        features = recommender._user_features, recommender._item_features
        parts = recommender._matrix, recommender._user_weight, features
        chosen = _shares(best_weights(recommender, *parts, rng, with_network=given is None))
    return chosen if given is None else chosen._replace(linear=given)


def _shares(weights):
    """Return the shares that belong to weights of network, neighbors and factorization."""
    linear = float(np.clip(weights[1:].sum(), 0.0, 1.0))
    return Shares(linear, float(weights[2] / linear) if linear > 0 else 0.0)


def best_weights(recommender, matrix, weight, features, rng, with_network=True):
    """Return the weights of network, neighbors and factorization for held-out ratings.

    A copy of the recommender is fitted without a tenth of the ratings, whose squared error the
    weights minimize. They are positive, sum to one, and are shrunk as if they were normally
    distributed around 0.25, 0.5 and 0.25 with a standard deviation of 0.3.

    Parameters
    ----------
    recommender : AutoencoderRecommender
        The recommender. It is not modified.

    matrix : csr_array of shape (n_users, n_items)
        The ratings. At most 4096 of the users are used; of fewer than 200 ratings, none.

    weight : ndarray of shape (n_users,)
        Weights of the users.

    features : pair of ndarray or None
        Encoded features of the users and of the items.

    rng : RandomState
        Not modified.

    with_network : bool, default=True
        Whether the network takes part. Otherwise, its weight is zero, and it is hardly trained.

    Returns
    -------
    ndarray of shape (3,)
        The weights.
    """
    own = np.random.RandomState()
    own.set_state(rng.get_state())
    rows = np.sort(own.permutation(np.flatnonzero(weight))[:_MAX_USERS])
    entries = matrix[rows].tocoo()
    if entries.nnz < _MIN_RATINGS:
        return _EXPECTED
    is_test = own.uniform(size=entries.nnz) < _FRACTION
    known = entries.data[~is_test], tuple(place[~is_test] for place in entries.coords)
    probe = clone(recommender).set_params(**_OF_PROBE, random_state=own.randint(2**31))
    if not with_network:
        probe.max_epochs = 1
    of_users, of_items = features
    with config_context(array_api_dispatch=False):
        probe.fit(
            sparse.csr_array(known, entries.shape),
            sample_weight=weight[rows],
            user_features=None if of_users is None else of_users[rows],
            item_features=of_items,
        )
    probe.rating_range = -np.inf, np.inf  # predictions that are linear in the weights
    users, items = (place[is_test] for place in entries.coords)
    shares = (Shares(0.0, 0.0), Shares(1.0, 0.0), Shares(1.0, 1.0))[not with_network :]
    parts = np.stack([_with_shares(probe, own, users, items) for own in shares], axis=1)
    found = _fitted_weights(entries.data[is_test], parts, weight[rows][users])
    return np.concatenate([np.zeros(3 - len(found)), found])


def _with_shares(probe, shares, users, items):
    """Return predictions with given shares of the linear prediction and of factors in it."""
    probe._share = shares.linear
    probe._linear = probe._linear | {"factor_share": shares.factors}
    return probe._predict(users, items)


def _fitted_weights(target, parts, weight):
    """Return the weights of parts that predict a target best, shrunk and on the simplex."""
    first = parts[:, :1]  # is subtracted, since the weights sum to one
    difference, rest = parts - first, target - first[:, 0]
    exact = _on_simplex(difference, rest, weight, 0.0)
    noise = np.average((rest - difference @ exact) ** 2, weights=weight)
    return _on_simplex(difference, rest, weight, max(noise / _DEVIATION**2, _MIN_PRECISION))


def _on_simplex(design, target, weight, precision):
    """Return the positive weights that sum to one of the lowest squared error, and of a prior."""
    n = design.shape[1]
    root = np.sqrt(weight / weight.mean())
    center = _EXPECTED[-n:] / _EXPECTED[-n:].sum()
    exact = _EXACT * np.sqrt(1 + precision)
    rows = [design * root[:, None], np.sqrt(precision) * np.eye(n), np.full((1, n), exact)]
    found = nnls(np.vstack(rows), [*target * root, *np.sqrt(precision) * center, exact])[0]
    return found / found.sum()


def weight_of_all(data, n_users):
    """Return the weights of all users of a batch: those that are not in the data have none."""
    weight = np.zeros(n_users)
    weight[slice(None) if data.index is None else data.index] = (
        1.0 if data.weight is None else data.weight
    )
    return weight
