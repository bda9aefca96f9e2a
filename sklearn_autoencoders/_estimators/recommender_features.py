"""Biases, and features of users and of items, in a recommender."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import sparse

from .._data.recommendation.biases import residuals, user_biases
from .._data.recommendation.feature_effects import (
    RIDGE_OF_ITEM,
    RIDGE_OF_USER,
    at_stored,
    click_effects,
    prior_weights,
    ridge_of_rows,
)
from .._data.recommendation.feature_tables import (
    FeatureTable,
    described_rows,
    split_ids,
    with_items,
)
from .._data.recommendation.ratings import Ratings
from .._data.sources.sparse import SparseRows

# Weight of an item feature, a user of the regression who has clicked on the items that have it.
_FEATURE_WEIGHT = 100.0
# The mean clicks of users with the same features count as much as this number of clicks.
_CLICK_SHRINKAGE = 1.0


class Described(NamedTuple):
    """Ratings with features of their users and items, as given to `fit`."""

    X: Any
    user_features: Any = None
    item_features: Any = None


class FeaturesMixin:
    """Features add a product of loadings of users and of items to the predictions.

    For ratings, they also shift the biases. What they explain is subtracted from the ratings before
    all else, like the biases.
    """

    # Plain values of the tables of features, encoded features, and weights; None without features.
    _user_table: ClassVar[Any] = None
    _item_table: ClassVar[Any] = None
    _user_features: ClassVar[Any] = None
    _item_features: ClassVar[Any] = None
    _effects: ClassVar[Any] = None

    def _learn_tables(self, ratings, given, reset):
        """Set the unscaled features; return the ratings, with the items that have features only."""
        if given.item_features is not None and ratings.is_table and reset:
            ratings = with_items(ratings, given.item_features)
        if not reset:
            _check_as_before("user_features", given.user_features, self._user_table)
            _check_as_before("item_features", given.item_features, self._item_table)
        self._user_table, self._user_features = _table_and_values(
            given.user_features, ratings.users, "user", ratings.is_table, reset, self._user_table
        )
        self._item_table, self._item_features = _table_and_values(
            given.item_features, ratings.items, "item", ratings.is_table, reset, self._item_table
        )
        return ratings

    def _scale_features(self, data, reset):
        """Scale the features, in a first fit by means and deviations over the training samples."""
        users, items = self._user_features, self._item_features
        if users is not None:
            of_fit = (data.of(users), data.weight) if reset else None
            self._user_table, self._user_features = _scaled(self._user_table, users, of_fit)
        if items is not None:
            of_fit = (items, None) if reset else None
            self._item_table, self._item_features = _scaled(self._item_table, items, of_fit)

    def _check_no_features(self):
        """Raise ValueError if `partial_fit` would continue a fit with features."""
        if self._user_table is not None or self._item_table is not None:
            raise ValueError(
                "partial_fit cannot continue a fit with user_features or item_features. Call fit "
                "with all ratings and features."
            )

    def _learn_effects(self, matrix, weight, features):
        """Set what features add to the predictions, given biases without them."""
        self._effects = None
        if features is None and self._item_features is None:
            return
        self._effects = {}
        if self._item_features is not None and self._is_explicit:
            self._shift_item_biases(matrix, weight)
        if features is None:
            return
        if self._is_explicit:
            self._effects["prior"] = self._user_prior(matrix, features, weight)
            rest = self._residuals(matrix, features)
            self._effects["items"] = ridge_of_rows(rest.T.tocsr(), features, RIDGE_OF_ITEM, weight)
        else:
            weight = np.ones(len(features)) if weight is None else weight
            self._effects["items"] = click_effects(matrix, features, weight)

    def _shift_item_biases(self, matrix, weight):
        """Shrink biases of items towards those that their features predict, not towards zero."""
        of_entries = None if weight is None else np.repeat(weight, np.diff(matrix.indptr))
        counts = np.bincount(matrix.indices, of_entries, matrix.shape[1])
        shrinkage, features = self.item_shrinkage, self._item_features
        means = self.item_biases_ * (counts + shrinkage) / np.where(counts > 0, counts, 1.0)
        weights = prior_weights(means, counts, features, shrinkage)
        self.item_biases_ = self.item_biases_ + _missing(counts, shrinkage) * (features @ weights)

    def _user_prior(self, matrix, features, weight):
        """Return the weights of features in the biases of users."""
        means = user_biases(matrix, self.mean_, self.item_biases_, 0.0)
        return prior_weights(means, np.diff(matrix.indptr), features, self._shrinkage, weight)

    def _feature_biases(self, matrix, features):
        """Return what features add to the biases of users."""
        weights = (self._effects or {}).get("prior")
        if weights is None or features is None:
            return 0.0
        return _missing(np.diff(matrix.indptr), self._shrinkage) * (features @ weights)

    @property
    def _is_explicit(self):
        """Whether X contains ratings, after a fit also if `feedback` is changed."""
        return getattr(self, "_feedback", self.feedback) == "explicit"

    @property
    def _matrix(self):
        parts = self._known["data"], self._known["indices"], self._known["indptr"]
        return sparse.csr_array(parts, (len(self.users_), len(self.items_)))

    def _biases_of(self, matrix, features):
        """Return the biases of users, given their ratings."""
        if not self._is_explicit:
            return np.zeros(matrix.shape[0])
        biases = user_biases(matrix, self.mean_, self.item_biases_, self._shrinkage)
        return biases + self._feature_biases(matrix, features)

    def _rows(self, matrix, features):
        """Return ratings as input of the network: what mean and biases leave, or clicks."""
        return SparseRows(self._rest(matrix, features))

    def _rest(self, matrix, features=None):
        """Return what mean, biases and features leave, in units of `rating_scale_`, or clicks."""
        return self._explained(matrix, features)[2]

    def _explained(self, matrix, features=None):
        """Return biases and loadings of users, and what mean, biases and features leave."""
        biases = self._biases_of(matrix, features)
        if not self._is_explicit:
            return biases, self._loadings(matrix, features, None), matrix
        rest = residuals(matrix, self.mean_, biases, self.item_biases_, 1.0)
        loadings = self._loadings(matrix, features, rest)
        if loadings is not None:
            rest.data -= at_stored(rest, loadings, self._item_loadings())
        rest.data /= self.rating_scale_
        return biases, loadings, rest

    def _residuals(self, matrix, features):
        """Return ratings minus mean and biases."""
        users = self._biases_of(matrix, features)
        return residuals(matrix, self.mean_, users, self.item_biases_, 1.0)

    def _loadings(self, matrix, features, rest):
        """Return the loadings of users, given what biases leave; None if there are no features."""
        of_items = (self._effects or {}).get("items")
        if of_items is not None and features is None:
            features = np.zeros((matrix.shape[0], len(self._user_table["center"])))
        if not self._is_explicit:
            if of_items is None:
                return None
            share = _missing(np.diff(matrix.indptr), _CLICK_SHRINKAGE)[:, None]
            return share * np.column_stack([np.ones(len(features)), features])
        if self._effects is None:
            return None
        parts = []
        if of_items is not None:
            parts.append(features)
            rest = rest.copy()
            rest.data -= at_stored(rest, features, of_items)
        if self._item_features is not None:
            parts.append(ridge_of_rows(rest, self._item_features, RIDGE_OF_USER))
        return np.hstack(parts)

    def _item_loadings(self):
        """Return the loadings of items, if those of users are known."""
        parts = [self._effects["items"]] if "items" in self._effects else []
        if self._is_explicit and self._item_features is not None:
            parts.append(self._item_features)
        return np.hstack(parts)

    def _with_item_features(self, rest, weight):
        """Return clicks and weights with a user for each feature of items."""
        if self._is_explicit or self._item_features is None:
            return rest, weight
        rows = sparse.csr_array(self._item_features.T)
        weights = np.full(rows.shape[0], _FEATURE_WEIGHT)
        return sparse.vstack([rest, rows], format="csr"), np.concatenate([weight, weights])

    def _new_users(self, X, user_features):
        """Return ratings of any users, and their encoded features."""
        if X is None:
            ratings = self._without_ratings(user_features)
        else:
            ratings = self._ratings_of(X, self.items_)
        return ratings, self._encoded_users(user_features, ratings.users)

    def _without_ratings(self, user_features):
        """Return users that have features only."""
        if user_features is None:
            raise ValueError("Pass ratings, or user_features of users without ratings.")
        if self._is_table:
            users = split_ids(user_features, "user_features", "users")[0]
        else:
            users = np.arange(np.shape(user_features)[0] if np.ndim(user_features) else 0)
        self._check_has_users(users)
        matrix = sparse.csr_array((len(users), len(self.items_)))
        return Ratings(matrix, users, self.items_, self._is_table)

    def _encoded_users(self, user_features, users):
        """Return the encoded features of users, None if they are not given."""
        if user_features is None:
            return None
        if self._user_table is None:
            raise ValueError("user_features were not given to fit, so that they have no effect.")
        rows = described_rows(user_features, users, self._is_table, "user_features", "users")
        return FeatureTable(**self._user_table).encode(rows, "user_features")


def _check_as_before(name, X, table):
    """Raise ValueError if features are given only now, or were given only in the first fit."""
    if (X is None) != (table is None):
        was = "not " if table is None else ""
        raise ValueError(
            f"{name} was {was}given to the first fit. Do the same, or use warm_start=False."
        )


def _table_and_values(X, ids, what, is_table, reset, known):
    """Return plain values of a table of features, and its unscaled values; None if not given."""
    if X is None:
        return None, None
    name = f"{what}_features"
    rows = described_rows(X, ids, is_table, name, f"{what}s")
    table = FeatureTable.learn(rows, name) if reset else FeatureTable(**known)
    return vars(table), table.values(rows, name)


def _scaled(known, values, of_fit):
    """Return plain values of a table, standardized by the samples of a fit, and scaled values."""
    table = FeatureTable(**known)
    table = table if of_fit is None else table.standardized(*of_fit)
    return vars(table), table.scaled(values)


def _missing(counts, shrinkage):
    """Return the share of a mean that is not determined by ratings: one without any."""
    total = counts + shrinkage
    return np.where(counts > 0, shrinkage / np.where(total > 0, total, 1.0), 1.0)
