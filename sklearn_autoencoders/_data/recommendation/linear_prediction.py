"""Linear predictions of the items of a user by the kind of the feedback."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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

    data: Any = None
    indices: Any = None
    indptr: Any = None
    factors: Any = None
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
        neighbors = vars(ItemNeighbors.fit(rest, weight)) if factor_share < 1 else {}
        factors = vars(RatingFactors.fit(rest, weight)) if factor_share > 0 else None
        return cls(**neighbors, factors=factors, factor_share=factor_share)

    def predict(self, rest: Any, dtype: Any) -> Array:
        """Return predictions for all items of some users, of shape (n_users, n_items)."""
        (weight, first), *others = self._parts
        found: Array = first.predict(rest, dtype)
        found *= weight
        for weight, part in others:
            found += weight * part.predict(rest, dtype)
        return found

    @cached_property
    def _parts(self) -> list[tuple[float, Any]]:
        """Return the parts that have a weight, and their weights."""
        parts: list[tuple[float, Any]] = []
        if self.factor_share < 1:
            neighbors = ItemNeighbors(self.data, self.indices, self.indptr)
            parts.append((1 - self.factor_share, neighbors))
        if self.factor_share > 0:
            parts.append((self.factor_share, RatingFactors(**self.factors)))
        return parts


# Linear predictions by the kind of the feedback.
LINEAR: dict[str, Any] = {"explicit": NeighborsAndFactors, "implicit": ItemRegression}
