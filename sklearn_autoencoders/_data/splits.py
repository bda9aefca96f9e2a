"""Which samples are held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def hold_out(data, fraction, rng):
    """Return `data` with a share of its rows, drawn at random, held out."""
    n_rows = len(data.X)
    n_held_out = max(round(fraction * n_rows), 1)
    check_some_left(n_rows - n_held_out, n_rows, fraction)
    return replace(data, held_out=rng.permutation(n_rows)[:n_held_out])


def check_some_left(n_left, n_rows, fraction):
    """Raise if no row is left to train on when some are held out for early stopping."""
    if n_left <= 0:
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction} leaves no row of "
            f"n_samples={n_rows} to train on. Use more rows, a smaller fraction, or no early "
            "stopping."
        )


def draw_by_content(X: Array, seed: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for every row, the same for the same row in every call.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows, NaN where a value is missing.

    seed : int
        Another one gives other numbers.

    Returns
    -------
    ndarray of shape (n_samples,)
        As if drawn at random. Copies of a row get the same.
    """
    mixed = np.full(len(X), seed, dtype=np.uint64)
    for column in X.T:
        mixed ^= (np.nan_to_num(column.astype(np.float64)) + 0.0).view(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)  # the mixing of splitmix64 (Steele et al., 2014)
    return np.ldexp((mixed >> np.uint64(11)).astype(np.float64), -53)


def hold_out_by_content(X: Array, weight: Array | None, fraction: float, seed: int) -> Array:
    """Return which rows to judge by; copies of a row are on the same side.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows.

    weight : ndarray of shape (n_samples,) or None
        Their weights.

    fraction : float
        About the share that is held out. Rows that make up more than half of it, by their weight or
        by their copies, are too many to be missed in training.

    seed : int
        Decides which ones.

    Returns
    -------
    ndarray of bool, of shape (n_samples,)
        At least one row, and at least one row not, if two differ; else none.
    """
    draw = draw_by_content(X, seed)
    _, kind = np.unique(draw, return_inverse=True)
    if kind.max() == 0:
        return np.zeros(len(X), dtype=bool)
    mass = np.bincount(kind, weight)[kind]
    total = len(X) if weight is None else weight.sum()
    held_out = (draw < fraction) & (mass <= 0.5 * fraction * total)
    return held_out if held_out.any() else draw == draw[mass == mass.min()].min()
