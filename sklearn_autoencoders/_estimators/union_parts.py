"""Transformers of a union."""

from __future__ import annotations

from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from .fine_tuning import BasePredictor


class Scaler(StandardScaler):
    """A scaler without sample weights: none are routed to it."""

    def fit(self, X, y=None):
        """Compute the means and standard deviations."""
        return super().fit(X)


def unfitted(part):
    """Return a copy of a transformer; the codes of a predictor are to depend on the labels."""
    part = clone(part, safe=False)
    if isinstance(part, BasePredictor) and part.head == "auto":
        part.set_params(head="linear")
    return part
