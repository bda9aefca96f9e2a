"""Linear discriminants of levels: probabilities of the levels of a column given other columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .level_functions import polynomials
from .levels import Levels

Array = NDArray[np.float64]

# Covariances are multiplied by n / (n + this), for n samples; means of a category by k / (k + the
# second one), for k samples of the category.
_SHRINKAGE, _CATEGORY_SHRINKAGE = 5, 10
# Variance of independent noise that is added to known values, whose variance is one.
_NOISE = 0.02
# Known values are limited to this many standard deviations.
_LIMIT = 4.0
# Numbers of up to this many levels are treated like categories.
_MAX_FEW = 3
# Smallest frequency by whose root an indicator is divided.
_MIN_FREQUENCY = 0.01
# Number of inputs beyond which there are no discriminants.
_MAX_INPUTS = 512


@dataclass(frozen=True)
class Discriminants:
    r"""Linear discriminant analysis of each column, of which the levels are the classes.

    The features are the inputs of the other columns that are known: the normal score of a number,
    indicators of a category. Given the level they have a normal distribution, whose covariance is
    the same for all levels. The mean is linear in the normal score of a number.

    Parameters
    ----------
    frequencies : sequence of ndarray of shape (n_levels,)
        Frequencies of the levels of each column.

    inputs : sequence of ndarray of shape (n_levels, n_inputs)
        Inputs of the levels of each column.

    effects : sequence of ndarray of shape (n_inputs, n_levels)
        The matrix by which covariances with the inputs of a column are multiplied to get means
        given its levels.

    covariance : ndarray of shape (n_inputs, n_inputs)
        Covariance of the inputs of all columns.

    shares : ndarray of shape (n_columns,)
        Weights of the probabilities of each column in the average with those of a network.

    has_missing : sequence of bool
        Whether the last level of each column is that of missing values.
    """

    frequencies: Sequence[Array]
    inputs: Sequence[Array]
    effects: Sequence[Array]
    covariance: Array
    shares: Array
    has_missing: Sequence[bool]

    @classmethod
    def learn(
        cls, levels: Levels, cells: NDArray[Any], frequencies: Array, weight: Array | None
    ) -> Discriminants | None:
        """Return the discriminants of samples; None if there are too many inputs.

        Parameters
        ----------
        levels : Levels
            Levels of all columns.

        cells : ndarray of shape (n_samples, n_columns)
            Indices of levels; NaN where a value is missing.

        frequencies : ndarray of shape (n_all_levels,)
            Frequencies of the levels of all columns.

        weight : ndarray of shape (n_samples,) or None
            Sample weights.
        """
        n_samples = len(cells) if weight is None else float(weight.sum())
        parts = np.split(frequencies, np.cumsum(levels.sizes)[:-1])
        blocks = [_block(levels, j, own, n_samples) for j, own in enumerate(parts)]
        inputs, effects = zip(*blocks, strict=True)
        if sum(own.shape[1] for own in inputs) > _MAX_INPUTS:
            return None
        X = _inputs_of(cells, inputs)
        weighted = X if weight is None else X * (weight * len(X) / n_samples)[:, None]
        covariance = X.T @ weighted / len(X)
        variances = covariance.diagonal().copy()
        covariance *= n_samples / (n_samples + _SHRINKAGE)
        np.fill_diagonal(covariance, variances)
        shares = np.full(len(parts), 0.5)
        return cls(tuple(parts), inputs, effects, covariance, shares, levels.has_missing)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the discriminants."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Discriminants:
        """Return the discriminants from which :meth:`to_dict` computed the values."""
        earlier = {"has_missing": (False,) * len(values["frequencies"])}
        return cls(**(earlier | values))

    def log_probabilities(self, cells: NDArray[Any], columns: Sequence[int]) -> list[Array]:
        """Return the log-probabilities of the levels of columns, given the known other cells.

        Those of cells that are known are the logarithms of the frequencies.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_columns)
            Indices of levels; NaN where they are not known.

        columns : sequence of int
            The columns.
        """
        is_known = ~np.isnan(cells)
        X = np.clip(_inputs_of(cells, self.inputs), -_LIMIT, _LIMIT)
        found = [np.tile(_log(self.frequencies[j]), (len(cells), 1)) for j in columns]
        for known, rows in _patterns(is_known):
            hidden = [k for k, j in enumerate(columns) if not known[j]]
            if not (hidden and known.any()):
                continue
            means, explained = self._regression(X[rows], known)
            for k in hidden:
                found[k][rows] += self._logits(columns[k], means, explained)
        return [own - np.logaddexp.reduce(own, axis=1, keepdims=True) for own in found]

    def _regression(self, X: Array, known: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return means of all inputs given those of known columns, and what these explain."""
        own = np.repeat(known, self._sizes)
        noisy = self.covariance[np.ix_(own, own)] + _NOISE * np.eye(int(own.sum()))
        to_all = self.covariance[own]
        weights = np.linalg.solve(noisy, to_all)
        return X[:, own] @ weights, to_all.T @ weights

    def _logits(self, column: int, means: Array, explained: Array) -> Array:
        r"""Return the logits of the levels of a column, beyond the logarithms of frequencies.

        With the means :math:`M` of the known inputs :math:`x` given the levels and their
        frequencies :math:`F`, the covariance given a level is :math:`W = C - M F M^T`, and the
        logits are :math:`M^T W^{-1} x - \operatorname{diag}(M^T W^{-1} M) / 2`. As :math:`M` is the
        product of covariances and `effects`, only matrices of the size of the column are inverted.
        """
        end = int(np.sum(self._sizes[: column + 1]))
        own = slice(end - int(self._sizes[column]), end)
        effects, explained = self.effects[column], explained[own, own]
        between = _between(effects, self.frequencies[column], self.has_missing[column])
        slopes = np.linalg.solve(np.eye(len(effects)) - between @ explained, effects)
        logits: Array = means[:, own] @ slopes - 0.5 * (effects * (explained @ slopes)).sum(0)
        return logits

    @property
    def _sizes(self) -> NDArray[np.intp]:
        """Number of inputs of each column."""
        return np.array([own.shape[1] for own in self.inputs])


def _block(levels: Levels, j: int, frequencies: Array, n_samples: float) -> tuple[Array, Array]:
    """Return the inputs and the effects of the levels of a column."""
    number = levels.numbers.get(j)
    if number is None or number.n_levels <= _MAX_FEW:
        return _indicators(frequencies, n_samples)
    scores = np.zeros((len(frequencies), 1))  # zero if missing
    scores[: number.n_levels] = polynomials(number.means, frequencies[: number.n_levels], 1)
    if levels.has_missing[j] and 0 < frequencies[-1] < 1:
        gap = (np.arange(len(frequencies)) == len(frequencies) - 1) - frequencies[-1]
        scores = np.column_stack([scores, gap / np.sqrt(frequencies @ gap**2)])
    return scores, (scores / (frequencies @ scores**2)).T


def _between(effects: Array, frequencies: Array, has_missing: bool) -> Array:
    """Return the covariance of the means given a level, between all levels.

    Other columns vary as much where the column is missing, but no level explains it: between known
    levels, the covariance is that of the samples in which it is known.
    """
    if not has_missing or frequencies[-1] >= 1:
        between: Array = (effects * frequencies) @ effects.T
        return between
    known = np.append(frequencies[:-1], 0.0) / (1 - frequencies[-1])
    center = (effects @ known)[:, None]
    missing = effects[:, -1:]
    of_known = (effects * known) @ effects.T - center @ center.T
    share: float = frequencies[-1]
    groups: Array = (1 - share) * (center @ center.T) + share * (missing @ missing.T)
    return of_known + groups


def _indicators(frequencies: Array, n_samples: float) -> tuple[Array, Array]:
    """Return the centered, scaled indicators of categories, and their effects."""
    n_categories, counts = len(frequencies), n_samples * frequencies
    root = np.sqrt(np.maximum(frequencies, _MIN_FREQUENCY) * max(n_categories - 1, 1))
    effects = np.diag(root * n_samples / (counts + _CATEGORY_SHRINKAGE))
    return (np.eye(n_categories) - frequencies) / root, effects


def _log(frequencies: Array) -> Array:
    """Return logarithms; very small ones of levels without weight."""
    return np.log(np.maximum(frequencies, np.finfo(np.float64).tiny))


def _inputs_of(cells: NDArray[Any], inputs: Sequence[Array]) -> Array:
    """Return the inputs of all columns; zero where a cell is not known."""
    known = ~np.isnan(cells)
    index = np.where(known, cells, 0).astype(np.intp)
    parts = [own[index[:, j]] * known[:, j, None] for j, own in enumerate(inputs)]
    return np.hstack(parts)


def _patterns(known: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
    """Yield each set of known columns with the rows in which they are known."""
    if (known == known[:1]).all():
        yield known[0], np.arange(len(known))
        return
    packed = np.packbits(known, axis=1)
    _, first, place = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    order, place = np.argsort(place.ravel(), kind="stable"), np.sort(place.ravel())
    limits = np.searchsorted(place, np.arange(1, len(first)))
    for row, rows in zip(first, np.split(order, limits), strict=True):
        yield known[row], rows
