"""Methods of a fitted recommender: predictions, recommendations and scores."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from .._data.recommendation.feature_tables import check_same_kind
from .._data.recommendation.linear_prediction import LINEAR
from .._data.recommendation.ratings import known_positions, pairs_of_table, positions_of
from .._data.sources.sparse import SparseRows
from .._data.validation import check_weight
from .._inference.ranking import mean_ndcg, scores_of, top_items
from .._utils.output import names_of_columns
from .._utils.tensors import plain_array, tensors_like_input

# How ratings of users are given.
_CONTAINERS = (
    "ratings as a frame of user, item and rating, or as a matrix with a column for each of items_"
)


class RecommenderMixin:
    """Methods of a fitted recommender, which has biases and the ratings of the fit."""

    def fit_transform(
        self, X, y=None, sample_weight=None, *, user_features=None, item_features=None
    ):
        """Fit the recommender and return the codes of its users.

        Parameters
        ----------
        X : {sparse matrix, array-like} of shape (n_users, n_items), or frame of three columns
            The ratings, as in `fit`.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_users,), default=None
            Non-negative weights of the users, in the order of `users_`.

        user_features : frame or array-like of shape (n_users, n_features), default=None
            Features of the users, as in `fit`.

        item_features : frame or array-like of shape (n_items, n_features), default=None
            Features of the items, as in `fit`.

        Returns
        -------
        ndarray or DataFrame of shape (n_users, n_components_)
            The codes, as of `transform`.
        """
        features = {"user_features": user_features, "item_features": item_features}
        fitted = self.fit(X, None, sample_weight, **features)
        return fitted.transform(X, user_features=user_features)

    @tensors_like_input
    def predict(self, X, *, user_features=None):
        """Predict ratings, or the scores of clicks, of pairs of a user and an item.

        Parameters
        ----------
        X : array-like of shape (n_pairs, 2)
            Users and items, as in `users_` and `items_`.

        user_features : frame or array-like of shape (n_others, n_features), default=None
            Features of users that were not in `fit`: a frame whose first column contains these
            users or, if users are positions, an array whose first row is that of the first user
            after those of `fit`.

        Returns
        -------
        ndarray of shape (n_pairs,)
            For ratings, the expected rating, in `rating_range`. An
            unknown user has no bias and no preferences, and an unknown item has no bias: the
            prediction for both is the mean rating. For clicks, logits; -inf for unknown items. A
            warning is issued if all users, or all items, are unknown, and there are ten or more of
            them or their type is not that of the fit.
        """
        check_is_fitted(self)
        users, items = _pairs(X)
        known, new = self.users_, None
        if user_features is not None:
            known, new = self._with_others(user_features)
        users = known_positions(users, known, "users")
        items = known_positions(items, self.items_, "items")
        return self._predict(users, items, new)

    def _with_others(self, user_features):
        """Return the users of the fit and others, and the encoded features of the others."""
        others = self._without_ratings(user_features).users
        features = self._encoded_users(user_features, others)
        if not self._is_table:
            return np.arange(len(self.users_) + len(others)), features
        check_same_kind(others, self.users_, "user_features", "users")
        is_new = ~np.isin(others, self.users_)
        return np.concatenate([self.users_, others[is_new]]), features[is_new]

    def _predict(self, users, items, new=None):
        """Return predictions for positions of users and of items; -1 is unknown.

        Users after those of the fit have no ratings, but the features `new`.
        """
        n_new = 0 if new is None else len(new)
        empty = sparse.csr_array((n_new + 1, len(self.items_)))
        distinct, place = np.unique(users, return_inverse=True)
        rows = sparse.vstack([self._matrix, empty], format="csr")[distinct]  # the last row for -1
        features = self._user_features
        if features is not None:
            unknown = np.zeros((1, features.shape[1]))
            parts = [features, unknown] if new is None else [features, new, unknown]
            features = np.vstack(parts)[distinct]
        found = np.full(len(items), self.mean_ if self._is_explicit else -np.inf)
        biases = self._biases_of(rows, features)
        if self._is_explicit:
            found += biases[place]
        for chunk, scores in self._scores(rows, features):
            is_own = (place >= chunk.start) & (place < chunk.stop) & (items >= 0)
            found[is_own] = scores[place[is_own] - chunk.start, items[is_own]]
        return np.clip(found, *self._range) if self._is_explicit else found

    @property
    def _range(self):
        """The lowest and the highest rating."""
        if self.rating_range is not None:
            return self.rating_range
        return self._known["data"].min(), self._known["data"].max()

    def _scores(self, matrix, features=None):
        """Yield chunks of users with their predictions for all items."""
        biases, loadings, rest = self._explained(matrix, features)
        offsets, rows = self.item_biases_ + self.mean_, SparseRows(rest)
        linear = None if self._linear is None else LINEAR[self._feedback](**self._linear)
        for chunk, output in scores_of(self._model, rows):
            if linear is not None:
                self._add_linear(output, linear.predict(rows.matrix[chunk], output.dtype))
            if self._is_explicit:
                output *= self.rating_scale_
                output += offsets.astype(output.dtype)
                output += biases[chunk, None].astype(output.dtype)
            if loadings is not None:
                output += (loadings[chunk] @ self._item_loadings().T).astype(output.dtype)
            yield chunk, output

    def _add_linear(self, output, linear):
        """Add the linear prediction to the output of the network, in place."""
        output *= 1 - self._share
        linear *= self._share
        output += linear

    def recommend(self, X, n=10, *, exclude_seen=True, user_features=None):
        """Return the items with the highest predictions for each user.

        Parameters
        ----------
        X : array-like of shape (n_users,), or ratings
            Users of `fit`, or the ratings of any users, in a container as in `transform`. None for
            users without ratings, who have features only.

        n : int, default=10
            Number of items; fewer if there are fewer.

        exclude_seen : bool, default=True
            Whether items that a user has rated or clicked are left out.

        user_features : frame or array-like of shape (n_users, n_features), default=None
            The features of users whose ratings are given, or who have none, as in `fit`. Without
            them, their means are taken; those of the users of `fit` are known.

        Returns
        -------
        items : ndarray of shape (n_users, n)
            Items as in `items_`, the best ones first. If fewer than n are left, items that have
            been seen follow.

        scores : ndarray of shape (n_users, n)
            Their predictions, as of `predict` without its limits; -inf for items that were seen.
        """
        check_is_fitted(self)
        n = min(check_scalar(n, "n", Integral, min_val=1), len(self.items_))
        matrix, features = self._ratings_of_users(X, user_features)
        found, scores = (
            np.empty((matrix.shape[0], n), dtype=np.intp),
            np.empty((matrix.shape[0], n)),
        )
        for chunk, output in self._scores(matrix, features):
            seen = matrix[chunk] if exclude_seen else None
            found[chunk], scores[chunk] = top_items(output, n, seen)
        return self.items_[found], scores

    def _ratings_of_users(self, X, user_features):
        """Return the ratings of users of the fit, or the given ratings, and their features."""
        if X is None or sparse.issparse(X) or hasattr(X, "columns") or np.ndim(X) > 1:
            ratings, features = self._new_users(X, user_features)
            return ratings.matrix, features
        if np.ndim(X) == 0 or any(isinstance(user, Mapping) for user in X):
            remedy = f"Use [{X!r}]." if np.isscalar(X) else f"Pass {_CONTAINERS}."
            raise ValueError(f"X must be a list of users, or their ratings; got {X!r}. {remedy}")
        if user_features is not None:
            raise ValueError("X are users of fit, whose user_features are known. Leave them out.")
        self._check_has_users(X)
        remedy = "Pass their ratings instead, in the container of the fit."
        users = positions_of(X, self.users_, "X contains users", remedy)
        known = self._user_features
        return self._matrix[users], None if known is None else known[users]

    def _check_has_users(self, users):
        if not len(users):
            raise ValueError(
                f"Found array with 0 sample(s), that is, users in X, while a minimum of 1 is "
                f"required by {type(self).__name__}."
            )

    def similar_items(self, X, n=10):
        """Return the items whose embeddings have the highest cosine with those of given items.

        Parameters
        ----------
        X : array-like of shape (n_queries,)
            Items, as in `items_`.

        n : int, default=10
            Number of similar items; fewer if there are fewer.

        Returns
        -------
        items : ndarray of shape (n_queries, n)
            The most similar items first, without the given one.

        cosines : ndarray of shape (n_queries, n)
            Their cosines, in [-1, 1].
        """
        check_is_fitted(self)
        n = min(check_scalar(n, "n", Integral, min_val=1), len(self.items_) - 1)
        queries = positions_of(X, self.items_, "X contains items")
        embeddings = self.item_embeddings_
        length = np.linalg.norm(embeddings, axis=1, keepdims=True)
        unit = embeddings / np.where(length > 0, length, 1.0)
        cosines = np.clip(unit[queries] @ unit.T, -1, 1)
        own = sparse.csr_array(
            (np.ones(len(queries)), queries, np.arange(len(queries) + 1)), cosines.shape
        )
        found, cosines = top_items(cosines, n, own)
        return self.items_[found], cosines

    def score(self, X, y=None, sample_weight=None):
        r"""Return minus the root mean squared error of ratings, or the mean nDCG@100 of clicks.

        Parameters
        ----------
        X : {sparse matrix, array-like} of shape (n_users, n_items), or frame of three columns
            Held-out ratings or clicks of users of `fit`: rows of a matrix are the users of `fit` in
            their order, and the users of a table are those of `users_`. In a cross-validation, X
            must therefore be a table.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_users,), default=None
            Weights of the users, in the order of the rows or in which they first occur.

        Returns
        -------
        float
            Higher is better. Clicks of `fit` are not among the items that are ranked. Users without
            a held-out interaction are left out, and so are clicks of unknown users and on unknown
            items. Ratings of these are predicted as by :meth:`predict`.
        """
        check_is_fitted(self)
        ratings = self._ratings_of(X, None if hasattr(X, "columns") else self.items_)
        users, items = self._positions(ratings)
        entries = ratings.matrix.tocoo()
        users, items = users[entries.coords[0]], items[entries.coords[1]]
        weight = np.ones(len(ratings.users))
        if sample_weight is not None:
            weight = check_weight(sample_weight, ratings.matrix)
        weight = weight[entries.coords[0]]
        if not self._is_explicit:
            return self._ndcg(users, items, weight)
        if not len(users):
            raise ValueError("X contains no rating. Pass held-out ratings.")
        error = entries.data - self._predict(users, items)
        return -float(np.sqrt(np.average(error**2, weights=weight)))

    def _positions(self, ratings):
        """Return positions of users and items in the fit, -1 for unknown ones."""
        if not ratings.is_table and len(ratings.users) != len(self.users_):
            raise ValueError(
                f"X must have a row for each of the {len(self.users_)} users of the fit; got "
                f"{len(ratings.users)}. Pass a table of user, item and rating for other users."
            )
        return (
            known_positions(ratings.users, self.users_, "users"),
            known_positions(ratings.items, self.items_, "items"),
        )

    def _ndcg(self, users, items, weight):
        """Return the mean nDCG of held-out clicks, with the weights of their users."""
        known = (users >= 0) & (items >= 0)
        if not known.any():
            raise ValueError("X contains no click of a user of the fit on an item of the fit.")
        shape = self._matrix.shape
        held_out = sparse.csr_array((np.ones(known.sum()), (users[known], items[known])), shape)
        of_users = np.zeros(shape[0])
        of_users[users[known]] = weight[known]
        rows = np.unique(users[known])
        seen, held_out = self._matrix[rows], held_out[rows]
        features = None if self._user_features is None else self._user_features[rows]
        return mean_ndcg(self._scores(seen, features), seen, held_out, of_users[rows])


def _pairs(X):
    """Return the users and the items of pairs."""
    X = plain_array(X)
    if names_of_columns(X) is not None:
        return pairs_of_table(X)
    if not isinstance(X, np.ndarray):  # whose type would be that of strings if some are strings
        X = np.asarray(X, dtype=object)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(
            f"X must contain pairs of a user and an item, of shape (n_pairs, 2); got {X.shape}."
        )
    return X[:, 0], X[:, 1]
