"""Tables with columns of categories or dates as arrays of objects."""

from __future__ import annotations

from numbers import Real

import narwhals.stable.v2 as nw
import numpy as np

from .._utils.labels import is_missing


def has_categories(X):
    """Return whether a table has columns of categories or dates, as arrays of numbers have not."""
    frame = _as_frame(X)
    if frame is not None:
        return not all(dtype.is_numeric() or dtype == nw.Boolean for dtype in frame.schema.dtypes())
    if not are_objects(X) or np.ndim(X) != 2:
        return False
    return not all(_are_numbers(values) for values in X.T.tolist())


def are_objects(values):
    """Return whether values are an array of objects."""
    return isinstance(values, np.ndarray) and values.dtype.kind == "O"


def as_objects(X):
    """Return a table as an array of objects, with None where a value is missing."""
    columns = columns_of(X)
    cells = np.empty((len(columns[0]), len(columns)), dtype=object)
    for place, values in enumerate(columns):
        cells[:, place] = values
    return cells


def _as_frame(X):
    X = X.compute() if hasattr(X, "npartitions") else X
    frame = nw.from_native(X, eager_only=True, pass_through=True)
    return frame if isinstance(frame, nw.DataFrame) else None


def columns_of(X):
    """Return the columns of a table as lists; None where a value is missing."""
    frame = _as_frame(X)
    if frame is None:
        columns = np.asarray(X, dtype=object).T.tolist()
    else:
        columns = [frame[:, place].to_list() for place in range(frame.shape[1])]
    return [[None if is_missing(value) else value for value in values] for values in columns]


def _are_numbers(values):
    return all(isinstance(value, Real) or is_missing(value) for value in values)
