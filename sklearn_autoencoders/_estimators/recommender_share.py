"""The share of the linear prediction in a recommender, chosen by held-out ratings."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone

# The measurements behind these numbers are described in docs/decisions/0013-recommender.md.
# Fraction of the ratings that is held out, maximum number of users, and minimum number of ratings.
_FRACTION, _MAX_USERS, _MIN_RATINGS = 0.1, 4096, 200
# The share that is expected, and the standard deviation of the best share from it.
_EXPECTED, _DEVIATION = 0.6, 0.3
# linear_share="auto" of clicks.
_OF_CLICKS = 0.98

# Parameters of the copy that is fitted.
_OF_PROBE = {
    "linear_share": _EXPECTED,
    "warm_start": False,
    "verbose": 0,
    "callbacks": None,
    "checkpoint": None,
}


def share_of_linear(recommender, reset, partial, rng):
    """Return the share of the linear prediction, that of the first fit in later ones."""
    if not isinstance(recommender.linear_share, str):
        return recommender.linear_share
    if not reset:
        return recommender._share
    if not recommender._is_explicit:
        return _OF_CLICKS
    if partial:
        return _EXPECTED
    features = recommender._user_features, recommender._item_features
    return best_share(recommender, recommender._matrix, recommender._user_weight, features, rng)


def best_share(recommender, matrix, weight, features, rng):
    """Return the share of the lowest squared error of held-out ratings.

    A copy of the recommender is fitted without a tenth of the ratings. Its prediction is linear in
    the share, so that the best one has a closed form. It is shrunk towards 0.6, as if it were
    normally distributed with a standard deviation of 0.3.

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

    Returns
    -------
    float
        In [0, 1].
    """
    own = np.random.RandomState()
    own.set_state(rng.get_state())
    rows = np.sort(own.permutation(np.flatnonzero(weight))[:_MAX_USERS])
    entries = matrix[rows].tocoo()
    if entries.nnz < _MIN_RATINGS:
        return _EXPECTED
    is_test = own.uniform(size=entries.nnz) < _FRACTION
    known = entries.data[~is_test], tuple(place[~is_test] for place in entries.coords)
    probe = clone(recommender).set_params(random_state=own.randint(2**31), **_OF_PROBE)
    of_users, of_items = features
    with config_context(array_api_dispatch=False):
        probe.fit(
            sparse.csr_array(known, entries.shape),
            sample_weight=weight[rows],
            user_features=None if of_users is None else of_users[rows],
            item_features=of_items,
        )
    probe.rating_range = -np.inf, np.inf  # predictions that are linear in the share
    users, items = (place[is_test] for place in entries.coords)
    network, linear = (_with_share(probe, share, users, items) for share in (0.0, 1.0))
    return _fitted_share(entries.data[is_test] - network, linear - network, weight[rows][users])


def _with_share(probe, share, users, items):
    probe._share = share
    return probe._predict(users, items)


def _fitted_share(rest, difference, weight):
    """Return the share of a difference that predicts the rest best, shrunk and in [0, 1]."""
    squares = np.average(difference**2, weights=weight)
    share = np.average(rest * difference, weights=weight) / squares if squares > 0 else _EXPECTED
    noise = np.average((rest - share * difference) ** 2, weights=weight)
    precision = len(rest) * squares * _DEVIATION**2
    total = precision + noise
    share = (precision * share + noise * _EXPECTED) / total if total > 0 else _EXPECTED
    return float(np.clip(share, 0.0, 1.0))


def weight_of_all(data, n_users):
    """Return the weights of all users of a batch: those that are not in the data have none."""
    weight = np.zeros(n_users)
    weight[slice(None) if data.index is None else data.index] = (
        1.0 if data.weight is None else data.weight
    )
    return weight
