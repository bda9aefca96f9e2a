"""Linear predictions of the items of a user by the kind of the feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .factors import RatingFactors
from .item_weights import ItemNeighbors, ItemRegression

Array = NDArray[Any]


@dataclass(frozen=True)
class NeighborsAndFactors:
    """Ratings, predicted by a weighted mean of similar items and of a factorization.

    Parameters
    ----------
    data, indices, indptr : ndarray or None, default=None
        Those of :class:`ItemNeighbors`; None without neighbors.

    factors : dict or None, default=None
        Values of :class:`RatingFactors`; None without factors, as in files of earlier versions.

    factor_share : float, default=0.0
        Weight of the factorization.
    """

    data: Array | None = None
    indices: Array | None = None
    indptr: Array | None = None
    factors: dict[str, Any] | None = None
    factor_share: float = 0.0

    @classmethod
    def fit(
        cls, rest: Any, weight: Array, rng: np.random.RandomState, factor_share: float = 0.0
    ) -> NeighborsAndFactors:
        """Return the parts that have a weight.

        Parameters
        ----------
        rest : csr_array of shape (n_users, n_items)
            Ratings minus mean and biases.

        weight : ndarray of shape (n_users,)
            Weights of the users.

        rng : RandomState
            Not used.

        factor_share : float, default=0.0
            Weight of the factorization.
        """
        neighbors = vars(ItemNeighbors.fit(rest, weight, rng)) if factor_share < 1 else {}
        factors = vars(RatingFactors.fit(rest, weight)) if factor_share > 0 else None
        return cls(**neighbors, factors=factors, factor_share=factor_share)

    def predict(self, rest: Any, dtype: Any) -> Array:
        """Return predictions for all items of some users, of shape (n_users, n_items)."""
        found = None
        if self.factor_share < 1:
            found = ItemNeighbors(self.data, self.indices, self.indptr).predict(rest, dtype)
            found *= 1 - self.factor_share
        if self.factor_share > 0:
            products = RatingFactors(**self.factors).predict(rest, dtype)
            products *= self.factor_share
            found = products if found is None else np.add(found, products, out=found)
        return found


# Linear predictions by the kind of the feedback.
LINEAR: dict[str, Any] = {"explicit": NeighborsAndFactors, "implicit": ItemRegression}
