"""The number of principal components by which held-out values are predicted best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from .scaling import Array

# Fraction of the known values that are held out, and number of iterations for each number of
# components.
_HELD_OUT, _N_ITERATIONS = 0.1, 3
# Candidates are powers of this number, up to a limit.
_RATIO = 2**0.5
# Number of candidates in a row with a higher error after which the search ends.
_PATIENCE = 4


def n_components_by_held_out(X: Array, weight: Array, draw: Array, largest: int) -> int:
    r"""Return the number of principal components that predicts held-out values best.

    A tenth of the known values are replaced by the reconstruction from k components, repeatedly:

    .. math:: \hat X = U_k U_k^\top X

    with the first k eigenvectors :math:`U_k` of :math:`X X^\top`. This is where a denoiser starts.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_inputs)
        Centered samples, NaN where a value is missing.

    weight : ndarray of shape (n_samples,)
        Sample weights.

    draw : ndarray of shape (n_samples,)
        Numbers in [0, 1) that determine which values are held out, the same for copies of a sample.

    largest : int
        Largest number of components.

    Returns
    -------
    int
        Between 1 and `largest`; the latter if no value is held out.
    """
    known, is_held_out = ~np.isnan(X), _held_out(draw, X.shape[1])
    is_held_out &= known
    values: Array = np.nan_to_num(X)
    filled, is_given = np.where(is_held_out, 0.0, values), known & ~is_held_out
    target, weights = values[is_held_out], np.repeat(weight, is_held_out.sum(axis=1))
    largest = max(min(largest, int((weight > 0).sum()) - 2), 1)
    if not weights.sum() > 0:
        return largest
    best, lowest, n_worse = 1, np.inf, 0
    for n_components in _candidates(largest):
        for _ in range(_N_ITERATIONS):
            found = _reconstruction(filled, weight, n_components)
            filled = np.where(is_given, values, found)
        error = float(weights @ (found[is_held_out] - target) ** 2)
        n_worse += 1
        if error < lowest:
            best, lowest, n_worse = n_components, error, 0
        if n_worse == _PATIENCE:
            break
    return best


def _held_out(draw: Array, n_inputs: int) -> NDArray[np.bool_]:
    """Return which values are held out; those of a sample depend on its number only."""
    places = np.random.RandomState(0).random_sample(n_inputs)
    held_out: NDArray[np.bool_] = (draw[:, None] + places) % 1.0 < _HELD_OUT
    return held_out


def _candidates(largest: int) -> list[int]:
    """Return increasing numbers up to the largest one."""
    n_steps = int(np.ceil(np.log(largest) / np.log(_RATIO))) + 1
    return sorted({min(round(_RATIO**step), largest) for step in range(n_steps)} | {largest})


def _reconstruction(X: Array, weight: Array, n_components: int) -> Array:
    """Return the projection of the samples onto their first principal components."""
    root = np.sqrt(weight)[:, None]
    scaled, last = root * X, len(X) - 1
    chosen = last - n_components + 1, last
    _, vectors = linalg.eigh(scaled @ scaled.T, subset_by_index=chosen, check_finite=False)
    found: Array = vectors @ (vectors.T @ scaled)
    return found / np.where(root > 0, root, 1.0)
