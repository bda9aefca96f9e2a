"""Values that differ in their last digits only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Difference, as a fraction of the range, up to which values are equal but for rounding errors.
_TOLERANCE = 1e-9


def distinct(values: Array) -> Array:
    """Return the values that are more than rounding errors apart, in increasing order.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Finite numbers.

    Returns
    -------
    ndarray of shape (m,)
        The smallest one of those that are equal but for rounding errors. Where there are many
        values, so that each is close to the next one, none is left out.
    """
    return with_places(values)[0]


def with_places(values: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return the distinct values, as :func:`distinct`, and the place of each value among them."""
    found, place = np.unique(values, return_inverse=True)
    if len(found) < 2:
        return found, place
    limit = _TOLERANCE * (found[-1] - found[0])
    is_first = np.append(True, np.diff(found) > limit)
    if is_first.all():
        return found, place
    run = is_first.cumsum() - 1
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(found)) - 1
    is_long = (found[ends] - found[starts] > limit)[run]  # a chain of values, not rounding errors
    kept = is_first | is_long
    return found[kept], (kept.cumsum() - 1)[place]
