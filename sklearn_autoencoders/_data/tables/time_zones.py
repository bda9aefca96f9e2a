"""Wall times of dates with a time zone, and the instants that they stand for.

A clock that is changed in spring and in autumn has steps of whole days at midnight of the wall time
only, which is why cells are wall times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .built_frames import plain_dtype, series_of_times
from .frames import Column, seconds, wall_times

Array = NDArray[np.float64]

# From a day before to a day after a change of the clock, which zones make at most once.
_DAY = 86_400.0


def zone_of(column: Column) -> str | None:
    """Return the name of the time zone of a column; None if it has none."""
    is_zoned = "time_zone=" in column.dtype  # in the type of narwhals; arrays have others
    return getattr(plain_dtype(column.dtype), "time_zone", None) if is_zoned else None


def instants(walls: Array, column: Column, backend: str | None) -> Array:
    """Return the instants of wall times, in seconds since 1970 in UTC.

    Times that the clock skips move forward by the hour that it skips, and those that it shows twice
    are the first ones, as with `fold=0` of `datetime`. Columns without a zone are unchanged.

    Parameters
    ----------
    walls : ndarray of shape (n_samples,)
        Seconds between 1970 and the wall time; NaN where a date is missing.

    column : Column
        Name and type of the column.

    backend : str or None
        Package of the frame, whose zones are used.

    Returns
    -------
    ndarray of shape (n_samples,)
        Seconds; NaN where a date is missing.
    """
    if zone_of(column) is None:
        return walls
    before, after = (
        walls - (_shown(guess, column, backend) - guess) for guess in (walls - _DAY, walls + _DAY)
    )
    is_after = _shown(before, column, backend) != walls
    is_after &= _shown(after, column, backend) == walls
    return np.where(is_after, after, before)


def _shown(times: Array, column: Column, backend: str | None) -> Array:
    """Return the wall times at instants, rounded to microseconds."""
    series = series_of_times(column, times, backend)
    return seconds(wall_times(series), column.name)
