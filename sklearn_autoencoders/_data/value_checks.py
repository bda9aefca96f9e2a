"""Checks of the values of samples: infinity, missing values, and the range that a loss needs."""

from __future__ import annotations

import numpy as np
from sklearn.utils import assert_all_finite

from .sources.chunked import ChunkedRows
from .sources.ranges import find_ranges
from .sources.sparse import SparseRows


def check_values(X, estimator, input_name):
    """Raise ValueError if X contains infinity, or if a sample must have a value but has none."""
    if isinstance(X, ChunkedRows):
        checked_ranges(X, estimator, input_name)
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(_stored(X).sum()):  # a single pass over the data, if no value is missing
            return
        _raise_if_infinite(X, estimator, input_name)
    is_sparse = isinstance(X, SparseRows)
    empty = X.empty_samples() if is_sparse else np.flatnonzero(np.isnan(X).all(axis=1))
    _check_empty(empty, estimator, input_name)


def checked_ranges(X, estimator, input_name):
    """Return the ranges of the features of X, or raise ValueError if its values are invalid."""
    ranges = find_ranges(X)
    if np.isinf([ranges.low, ranges.high]).any():
        _raise_if_infinite(X, estimator, input_name)
    check_not_all_missing(len(ranges.empty_samples) == len(X), input_name)
    _check_empty(ranges.empty_samples, estimator, input_name)
    return ranges


def _raise_if_infinite(X, estimator, input_name):
    """Raise ValueError if X contains infinity; of a frame, name the column."""
    X = np.stack([X.ranges.low, X.ranges.high]) if isinstance(X, ChunkedRows) else _stored(X)
    names, is_infinite = getattr(estimator, "feature_names_in_", None), np.isinf(X).any(axis=0)
    if names is not None and np.shape(is_infinite) == np.shape(names) and is_infinite.any():
        raise ValueError(
            f"Input {input_name} contains infinity or a value too large for {X.dtype!r} in the "
            f"column {names[is_infinite.argmax()]!r}. Replace it by a finite or a missing value."
        )
    name = type(estimator).__name__
    with np.errstate(invalid="ignore"):  # of the sum of both infinities
        assert_all_finite(X, allow_nan=True, estimator_name=name, input_name=input_name)


def _stored(X):
    """Return the values that are stored, which are all values of an array."""
    return X.matrix.data if isinstance(X, SparseRows) else X


def check_not_all_missing(are_missing, name):
    """Raise ValueError if all values of all samples are missing."""
    if are_missing:
        raise ValueError(f"All values of {name} are missing; at least one must be known.")


def _check_empty(empty, estimator, name):
    """Raise ValueError if a series, an image, a text or a clean sample has no value.

    For rows of a table this is a missing value of each column, which can be predicted.
    """
    is_flat = estimator._shape_in_fit is None and not estimator._is_of_texts
    if len(empty) and not (is_flat and name == "X"):
        raise ValueError(
            f"{len(empty)} sample(s) of {name} contain only missing values, the first at index "
            f"{empty[0]}. Drop them."
        )


def check_unit_interval(estimator, loss, X, name="X", ranges=None):
    """Raise ValueError if a loss requires values in [0, 1] and X has others."""
    parameter = estimator._loss_parameter
    if not estimator._losses[loss].unit_interval:
        return
    ranges = find_ranges(X) if ranges is None else ranges
    if np.isnan(ranges.low).all():
        return
    low, high = np.nanmin(ranges.low), np.nanmax(ranges.high)
    if low < 0 or high > 1:
        other = next(key for key, value in estimator._losses.items() if not value.unit_interval)
        raise ValueError(
            f"{parameter}={loss!r} needs {name} in [0, 1]; got values from {low:.6g} to "
            f"{high:.6g}. {_scaled(name, low, high)}, or use {parameter}={other!r}."
        )


def _scaled(name, low, high):
    """Return how to scale values to [0, 1]: those of images of bytes by their maximum."""
    if low >= 0 and 127 < high <= 255:
        return f"Divide by the largest value of a pixel: {name} / 255"
    return f"Scale {name}, for instance with MinMaxScaler(clip=True)"


def check_magnitude(data, scaling, layout, dtype):
    """Raise ValueError if squares of the scaled values overflow in the type used for training."""
    _check_magnitude(data.ranges, scaling, layout, dtype, "X")
    if data.clean is not None:
        _check_magnitude(data.clean_ranges, scaling, layout, dtype, "clean")


def _check_magnitude(ranges, scaling, layout, dtype, name):
    column, inputs = layout.numbers.numpy(), layout.number_inputs.numpy()
    center, scale = scaling.center[inputs], scaling.scale[inputs]
    with np.errstate(over="ignore"):
        ends = [(end[column] - center) / scale for end in (ranges.low, ranges.high)]
    largest = np.nanmax(np.abs(ends), initial=0.0)
    limit = np.sqrt(np.finfo(dtype).max) / 1e3
    if not largest < limit:
        raise ValueError(
            f"{name} has values of {largest:.3g} after scaling, too large to be squared in "
            f"{dtype}. Use scaling='global' or scaling='feature', or rescale X."
        )


def check_output(output):
    """Return the output, or raise ValueError if it is not finite because the input is too large."""
    if not np.isfinite(output).all():
        raise ValueError(
            "X contains values too large for this model: its output is not finite. Check the "
            "units of X against those of the training data."
        )
    return output
