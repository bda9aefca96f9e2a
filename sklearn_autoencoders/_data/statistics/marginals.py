"""Quantiles of the columns of drawn samples and of training samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Maximum number of evenly spaced quantiles, besides those of the tails.
_MAX_QUANTILES = 256
# Distance of Kolmogorov and Smirnov, times the root of the number of samples, that equal
# distributions exceed in one of twenty cases.
_CRITICAL = 1.36
# Smallest sum of weights by which these are divided.
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Marginals:
    """Distributions of columns in drawn samples and in training samples.

    Parameters
    ----------
    columns : ndarray of int of shape (n_columns,)
        The columns.

    levels : ndarray of shape (n_quantiles,)
        Levels of the quantiles.

    drawn, seen : ndarray of shape (n_columns, n_quantiles)
        Quantiles of drawn and of training samples; the latter twice if they hardly differ.
    """

    columns: NDArray[np.intp]
    levels: Array
    drawn: Array
    seen: Array

    @classmethod
    def learn(
        cls,
        drawn: NDArray[Any],
        seen: NDArray[Any],
        weight: Array,
        columns: NDArray[np.intp],
        before: Marginals | None = None,
        fraction: float = 1.0,
    ) -> Marginals | None:
        """Return the distributions of columns; None if they have no values.

        Where they do not differ significantly, the quantiles of drawn samples are replaced by those
        of training samples: exchanging ranks would move samples from one cluster to another.

        Parameters
        ----------
        drawn : ndarray of shape (n_drawn, n_features)
            Drawn samples.

        seen : ndarray of shape (n_samples, n_features)
            Training samples; NaN where a value is missing.

        weight : ndarray of shape (n_samples,)
            Sample weights.

        columns : ndarray of int
            Columns of numbers.

        before : Marginals or None, default=None
            Distributions of earlier training samples, if there were any.

        fraction : float, default=1.0
            Fraction of all training samples that are in `seen`.
        """
        found = {
            j: _with_earlier(_known(seen[:, j], weight), before, j, fraction)
            for j in columns.tolist()
        }
        found = {j: values for j, values in found.items() if len(values[0])}
        if not found:
            return None
        levels = _levels(max(len(values) for values, _ in found.values()))
        quantiles = [_quantiles(drawn[:, j], *values, levels) for j, values in found.items()]
        return cls(np.array([*found]), levels, *np.array(quantiles).swapaxes(0, 1))

    @property
    def masses(self) -> Array:
        """Fractions of the samples for which the quantiles stand."""
        limits = np.concatenate([[0.0], (self.levels[1:] + self.levels[:-1]) / 2, [1.0]])
        found: Array = np.diff(limits)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`from_dict` restores the quantiles."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Marginals:
        """Return the quantiles from which :meth:`to_dict` computed the values."""
        return cls(**values)


def _levels(n_samples: int) -> Array:
    """Return the levels of the quantiles: evenly spaced, and halved in the tails of many samples.

    There are at most as many as samples, so that a quantile occurs twice only if its value does.
    """
    n = min(n_samples, _MAX_QUANTILES)
    even = (np.arange(n) + 0.5) / n
    lower = even[0] * 0.5 ** np.arange(1, int(np.log2(n_samples / n)) + 1)
    return np.concatenate([lower[::-1], even, 1 - lower])


def _known(values: NDArray[Any], weight: Array) -> tuple[Array, Array]:
    """Return the known values with a weight, and their weights, of sum one."""
    known = ~np.isnan(values) & (weight > 0)
    return values[known].astype(np.float64), weight[known] / max(weight[known].sum(), _TINY)


def _with_earlier(
    values: tuple[Array, Array], before: Marginals | None, column: int, fraction: float
) -> tuple[Array, Array]:
    """Return values and weights with those of earlier samples, for which quantiles stand."""
    if before is None or fraction == 1:
        return values
    parts = [(values[0], fraction * values[1])]
    parts += [
        (own, (1 - fraction) * before.masses) for own in before.seen[before.columns == column]
    ]
    both = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return both[0], both[1]


def _quantiles(
    drawn: NDArray[Any], seen: NDArray[Any], weight: Array, levels: Array
) -> tuple[Array, Array]:
    """Return the quantiles of a column in drawn samples and in training samples."""
    of_seen = _order_statistics(seen, levels, weight)
    ordered = np.sort(drawn)
    sides = [np.searchsorted(ordered, of_seen, side) / len(drawn) for side in ("left", "right")]
    distance = max(np.abs(levels - own).max() for own in sides)
    if distance < _CRITICAL * np.sqrt(1 / len(drawn) + 1 / len(seen)):
        return of_seen, of_seen
    return _order_statistics(drawn, levels, np.ones(len(drawn))), of_seen


def _order_statistics(values: NDArray[Any], levels: Array, weight: Array) -> Array:
    """Return the quantiles of values, which are some of them."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    place = np.searchsorted(reached, levels * reached[-1])
    found: Array = values[order[np.minimum(place, len(values) - 1)]].astype(np.float64)
    return found
