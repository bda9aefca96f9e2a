"""Functions of the levels of numbers, by which neighboring levels share what is learned."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from .levels import Levels

Array = NDArray[np.float64]

# Degree of the polynomials.
_DEGREE = 4
# Number of samples of a level at which its own weights have the factor one half, in the embedding
# and in the logits.
_N_PRIOR = 30, 300


def function_counts(levels: Levels) -> dict[int, int]:
    """Return the number of functions of each column of numbers that has more than two levels."""
    sizes = {j: number.n_levels for j, number in levels.numbers.items()}
    return {j: min(_DEGREE, size - 1) for j, size in sizes.items() if size > 2}


class LevelFunctions(NamedTuple):
    """Functions of all levels, and the factors of their own weights.

    Parameters
    ----------
    functions : ndarray of shape (n_levels, n_functions)
        Functions of the levels of a column are zero at those of the others.

    factors : tuple of two ndarrays of shape (n_levels,)
        In the embedding and in the logits. One for categories and missing values.
    """

    functions: Array
    factors: tuple[Array, Array]


def level_functions(levels: Levels, frequencies: Array, n_samples: float) -> LevelFunctions:
    """Return polynomials of the normal scores of the levels of each number.

    They have mean zero and variance one, and are uncorrelated. A number with two levels is treated
    like a category.

    Parameters
    ----------
    levels : Levels
        Levels of all columns.

    frequencies : ndarray of shape (n_levels,)
        Frequency of each level in its column.

    n_samples : float
        Number of samples.
    """
    parts, own_counts = [np.zeros((len(frequencies), 0))], np.full(len(frequencies), np.inf)
    firsts = np.cumsum((0, *levels.sizes))
    for j, degree in function_counts(levels).items():
        number = levels.numbers[j]
        own = slice(firsts[j], firsts[j] + number.n_levels)
        own_counts[own] = n_samples * frequencies[own]
        part = np.zeros((len(frequencies), degree))
        part[own] = polynomials(number.means, frequencies[own], degree)
        parts.append(part)
    embedding, logits = (1 / (1 + n_prior / own_counts) for n_prior in _N_PRIOR)
    return LevelFunctions(np.hstack(parts), (embedding, logits))


def polynomials(values: Array, frequencies: NDArray[Any], degree: int) -> Array:
    """Return polynomials, orthonormal under the frequencies, of the normal scores of the values."""
    weights = frequencies / frequencies.sum()
    order = np.argsort(values, kind="stable")
    scores = np.empty(len(values))
    scores[order] = ndtri(weights[order].cumsum() - weights[order] / 2)
    powers = np.vander(scores, degree + 1, increasing=True)
    root = np.sqrt(weights)[:, None]
    polynomials: Array = np.linalg.qr(root * powers)[0][:, 1:] / root
    return polynomials
