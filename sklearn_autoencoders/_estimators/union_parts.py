"""Transformers of a union."""

from __future__ import annotations

from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from .._data.tables.learned_columns import columns_without_numbers
from .fine_tuning import BasePredictor


class Scaler(StandardScaler):
    """A scaler without sample weights: none are routed to it."""

    def fit(self, X, y=None):
        """Compute the means and standard deviations; of categories and dates there are none."""
        try:
            return super().fit(X)
        except (TypeError, ValueError) as error:
            names = columns_without_numbers(X)
            if not names:
                raise
            raise ValueError(
                "passthrough='scaled' needs columns of numbers; the column(s) "
                f"{', '.join(map(repr, names))} have categories or dates. Use passthrough=True, "
                "which leaves all columns as they are, or encode them before the union."
            ) from error


def unfitted(part):
    """Return a copy of a transformer; the codes of a predictor are to depend on the labels."""
    part = clone(part, safe=False)
    if isinstance(part, BasePredictor) and part.head == "auto":
        part.set_params(head="linear")
    return part
