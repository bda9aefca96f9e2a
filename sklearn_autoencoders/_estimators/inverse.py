"""Parts of the output of a union, which are transformed back."""

from __future__ import annotations

import numpy as np

from .._utils.tensors import plain_array


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
