"""Tables with categories as arrays of numbers and indicators, which can be drawn."""

from __future__ import annotations

import datetime
from itertools import chain
from numbers import Real

import numpy as np

from ._samples import as_cells, as_samples, column_names
from ._tables import columns_of, has_categories

_EPOCH = datetime.datetime(1970, 1, 1)


def check_same_shape(X, other, name, other_name):
    """Raise ValueError if two tables or arrays of samples are of different shapes."""
    shapes = [as_cells(table).shape for table in (X, other)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"{other_name} must be of the shape of {name}, {shapes[0]}; got {shapes[1]}."
        )


class Indicators:
    """Converts tables to numbers, seconds, and an indicator for each category.

    Parameters
    ----------
    tables : sequence of array-like of shape (n_samples, n_columns)
        Tables that contain all categories.

    names : sequence of str or None
        Names of the columns.

    Attributes
    ----------
    names : list of str
        Names of the numbers and of the indicators.

    is_indicator : ndarray of bool
        Which of them are indicators.
    """

    def __init__(self, tables, names):
        columns = list(zip(*map(columns_of, tables), strict=True))
        self._categories = [_categories(chain(*parts)) for parts in columns]
        self.names, is_indicator = [], []
        for name, categories in zip(
            column_names(names, len(columns)), self._categories, strict=True
        ):
            self.names += [name] if categories is None else [f"{name}: {own}" for own in categories]
            is_indicator += [False] if categories is None else [True] * len(categories)
        self.is_indicator = np.array(is_indicator, dtype=bool)

    def __call__(self, table):
        """Return a table as a float array; all indicators of a missing category are NaN."""
        columns = zip(columns_of(table), self._categories, strict=True)
        return np.column_stack([_numbers(values, categories) for values, categories in columns])


def _categories(values):
    """Return the categories of a column in order, or None if it contains numbers or dates.

    Of booleans, only True has an indicator.
    """
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, bool | np.bool_) for value in known):
        return [True]
    if all(isinstance(value, Real | datetime.date | datetime.timedelta) for value in known):
        return None
    return sorted(set(known), key=str)


def _numbers(values, categories):
    if categories is None:
        return np.array([[_number(value)] for value in values])
    flags = [
        [np.nan if value is None else float(value == own) for own in categories] for value in values
    ]
    return np.reshape(flags, (len(values), len(categories)))


def _number(value):
    """Return a number, the seconds of a date or of a duration, or NaN."""
    if value is None:
        return np.nan
    if isinstance(value, datetime.date):
        naive = datetime.datetime(*value.timetuple()[:6])
        return (naive - _EPOCH).total_seconds()
    return value.total_seconds() if isinstance(value, datetime.timedelta) else float(value)


def as_numbers(tables, names):
    """Return tables as arrays, with indicators of categories.

    Parameters
    ----------
    tables : dict of str to array-like
        Tables with the same columns, by their names in error messages.

    names : sequence of str or None
        Names of the columns.

    Returns
    -------
    arrays, names, is_indicator : list of ndarray, ndarray of str, ndarray of bool
        The columns of the arrays are named.
    """
    if any(map(has_categories, tables.values())):
        convert = Indicators(tables.values(), names)
        names, is_indicator = convert.names, convert.is_indicator
        arrays = [convert(table) for table in tables.values()]
    else:
        arrays = [as_samples(table, name) for name, table in tables.items()]
        is_indicator = np.zeros(arrays[0].shape[1], dtype=bool)
    return arrays, column_names(names, arrays[0].shape[1]), is_indicator
