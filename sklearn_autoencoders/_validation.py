"""Checks of input that scikit-learn does not make, with messages that say what to do."""

from __future__ import annotations

import numpy as np
from sklearn.utils import assert_all_finite


def check_values(X, estimator_name, *, columns):
    """Raise if X holds infinities, or if a row, or with `columns` a column, holds no value."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(X.sum()):  # one pass over the rows, where all is well
            return
        assert_all_finite(X, allow_nan=True, estimator_name=estimator_name, input_name="X")
    missing = np.isnan(X)
    for axis, kind in ((1, "row"), (0, "column")):
        empty = np.flatnonzero(missing.all(axis=axis)) if axis or columns else []
        if len(empty):
            raise ValueError(
                f"{len(empty)} {kind}(s) of X contain only NaN, the first at index {empty[0]}: "
                f"there is nothing to encode. Drop them."
            )


def check_unit_interval(X, loss):
    """Raise if the loss needs X in [0, 1] and X is not."""
    if loss != "binary_cross_entropy":
        return
    low, high = np.nanmin(X), np.nanmax(X)
    if low < 0 or high > 1:
        raise ValueError(
            f"loss='binary_cross_entropy' needs X in [0, 1]; got values from {low:.6g} to "
            f"{high:.6g}. Scale X, for instance with MinMaxScaler(clip=True), or use "
            "loss='squared_error'."
        )


def check_magnitude(X, scaling, dtype):
    """Raise if the squares of the scaled values overflow the type the network is trained in."""
    with np.errstate(over="ignore"):
        highest = (np.fmax.reduce(X, axis=0) - scaling.center) / scaling.scale
        lowest = (np.fmin.reduce(X, axis=0) - scaling.center) / scaling.scale
    largest = max(np.nanmax(highest), -np.nanmin(lowest))
    limit = np.sqrt(np.finfo(dtype).max) / 1e3
    if not largest < limit:
        raise ValueError(
            f"X has values of {largest:.3g} after scaling, too large to be squared in {dtype}. "
            "Use scaling='global' or scaling='feature', or rescale X."
        )


def check_output(output):
    """Return the output, or raise if the input was so large that it is not finite."""
    if not np.isfinite(output).all():
        raise ValueError(
            "X contains values too large for this model: its output is not finite. Check the "
            "units of X against those of the training data."
        )
    return output
