"""Transformers of a union, and their parts of its output."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.preprocessing import StandardScaler

from .._data.tables.learned_columns import columns_without_numbers
from .._utils.tensors import plain_array
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


def is_invertible(union):
    """Return whether the original features are in the output or can be decoded from it."""
    return union.passthrough is not False or (
        len(union.transformer_list) == 1
        and hasattr(union.transformer_list[0][1], "inverse_transform")
    )


def unweighted(output, name, weights):
    """Return the output of a union divided by the weight of one of its transformers.

    Parameters
    ----------
    output : array-like of shape (n_samples, n_features_out)
        The output.

    name : str
        Name of the transformer.

    weights : dict or None
        Weights by name.

    Returns
    -------
    ndarray
        The quotient.
    """
    weight = (weights or {}).get(name, 1.0)
    if weight == 0:
        raise ValueError(
            f"inverse_transform needs transformer_weights[{name!r}] to be different from 0: a "
            "weight of 0 removes the values."
        )
    return np.asarray(plain_array(output)) / weight


def first_columns(output, n_columns):
    """Return the first columns, which are the original features, or raise if there are fewer."""
    if output.ndim != 2 or output.shape[1] < n_columns:
        raise ValueError(
            f"X must be an output of transform, whose first {n_columns} columns are the original "
            f"features; got an array of shape {output.shape}."
        )
    return output[:, :n_columns]
