"""Checks of input that scikit-learn does not make, with messages that say what to do."""

from __future__ import annotations

import numpy as np
from sklearn import set_config
from sklearn.utils import assert_all_finite, check_consistent_length
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._utils.sklearn_compat import check_sample_weight, safe_indexing
from .._utils.torch_settings import preserve_settings
from .batches import Data

_DTYPES = [np.float64, np.float32]


def check_rows(estimator, X, *, reset=False):
    """Return X as an array of rows; images are flattened, NaN is allowed.

    Parameters
    ----------
    estimator : BaseAutoencoder
        Fitted, unless `reset`.

    X : array-like
        Rows, or images if the network is one for images.

    reset : bool, default=False
        Whether to remember the number and the names of the columns, rather than to compare them.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        float64, or float32 as it was.
    """
    if not reset:
        check_is_fitted(estimator)
    part = estimator._network_given() if reset else estimator._recipe["network"]
    return _rows(estimator, X, part, reset)


def _rows(estimator, X, part, reset, names=True, input_name="X"):
    X = _flatten_images(X, getattr(part, "input_shape", None))
    settings = {"dtype": _DTYPES, "order": "C", "ensure_all_finite": False}
    # overflow: in the cast of values beyond float64; dispatch: we compute with NumPy and torch
    with preserve_settings(), np.errstate(over="ignore"):
        set_config(array_api_dispatch=False)
        if names:
            X = validate_data(estimator, X, reset=reset, **settings)
        else:
            X = check_array(X, input_name=input_name, **settings)
    _check_values(X, type(estimator).__name__, input_name)
    return X


def check_training_data(estimator, X, y, sample_weight, clean, *, reset):
    """Return what `fit` is given as `Data`, and y, without rows of weight zero."""
    X = check_rows(estimator, X, reset=reset)
    if clean is not None:
        clean = check_clean(estimator, clean, X, reset=reset)
    weight = None
    if sample_weight is not None:
        check_consistent_length(X, y)
        weight = check_weight(sample_weight, X)
        if not weight.all():  # a row of weight zero is as good as absent, also for batch sizes
            kept = np.flatnonzero(weight)
            X, weight, clean, y = (_safe_rows(rows, kept) for rows in (X, weight, clean, y))
    data = Data(X, weight, clean)
    name = "X" if clean is None else "clean"
    if reset:
        _check_columns(data.target, name)
    loss = getattr(estimator, estimator._loss_parameter) if reset else estimator._loss
    check_unit_interval(estimator, loss, data.target, name)
    return data, y


def check_weight(sample_weight, X):
    """Return sample weights as a float64 array that can be summed."""
    weight = check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not (np.isfinite(total) and total > 0):
        raise ValueError(f"sample_weight must have a finite, positive sum; got {total}.")
    return weight


def _safe_rows(rows, kept):
    return None if rows is None else safe_indexing(rows, kept)


def check_y(estimator, y, data):
    """Return y as an array, or raise if it is none or has other rows than X."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    check_consistent_length(data.X, y)
    return np.asarray(y)


def check_clean(estimator, clean, X, *, reset=False):
    """Return the clean versions of the rows of X, whose names of columns are known already."""
    part = estimator._network_given() if reset else estimator._recipe["network"]
    try:
        names = hasattr(clean, "columns")
        clean = _rows(estimator, clean, part, reset=False, names=names, input_name="clean")
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"clean must be like X. {error}") from error
    if clean.shape != X.shape:
        raise ValueError(
            f"clean must hold the clean version of every row of X, of shape {X.shape}; got shape "
            f"{clean.shape}."
        )
    return clean


def check_codes(estimator, X):
    """Return codes as a finite array with as many columns as a fitted estimator's codes have."""
    check_is_fitted(estimator)
    with np.errstate(over="ignore", invalid="ignore"):
        codes = check_array(X, dtype=_DTYPES, order="C", input_name="X")
    if codes.shape[1] != estimator.n_components_:
        raise ValueError(
            f"X has {codes.shape[1]} columns, but inverse_transform expects the "
            f"{estimator.n_components_} components that transform returns."
        )
    return codes


def _check_values(X, estimator_name, input_name):
    """Raise if X holds infinities, or if a row holds no value."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(X.sum()):  # one pass over the rows, where all is well
            return
        assert_all_finite(X, allow_nan=True, estimator_name=estimator_name, input_name=input_name)
    _raise_if_empty(np.isnan(X).all(axis=1), "row", input_name)


def _check_columns(X, name):
    """Raise if a column holds no value."""
    _raise_if_empty(np.isnan(np.fmax.reduce(X, axis=0)), "column", name)  # no array of X's size


def _raise_if_empty(is_empty, kind, name):
    empty = np.flatnonzero(is_empty)
    if len(empty):
        raise ValueError(
            f"{len(empty)} {kind}(s) of {name} contain only NaN, the first at index {empty[0]}, "
            "and tell nothing. Drop them."
        )


def _flatten_images(X, image_shape):
    """Return images of the given shape as rows; anything else as it is."""
    shape = getattr(X, "shape", ())
    if image_shape is None or len(shape) <= 2:
        return X
    if tuple(shape[1:]) != tuple(image_shape):
        raise ValueError(
            f"X must hold rows, or images of image_shape={tuple(image_shape)} as the network says; "
            f"got images of shape {tuple(shape[1:])}."
        )
    return np.reshape(X, (len(X), -1))


def unflatten(rows, X):
    """Return rows in the shape of the images they were made of."""
    shape = getattr(X, "shape", ())
    return rows.reshape(shape) if len(shape) > 2 else rows


def check_unit_interval(estimator, loss, X, name="X"):
    """Raise if a loss needs values in [0, 1] and X has others."""
    parameter = estimator._loss_parameter
    if not estimator._losses[loss].unit_interval:
        return
    low, high = np.nanmin(X), np.nanmax(X)
    if low < 0 or high > 1:
        other = next(key for key, value in estimator._losses.items() if not value.unit_interval)
        raise ValueError(
            f"{parameter}={loss!r} needs {name} in [0, 1]; got values from {low:.6g} to "
            f"{high:.6g}. Scale {name}, for instance with MinMaxScaler(clip=True), or use "
            f"{parameter}={other!r}."
        )


def check_magnitude(data, scaling, dtype):
    """Raise if the squares of the scaled values overflow the type the network is trained in."""
    _check_magnitude(data.X, scaling, dtype, "X")
    if data.clean is not None:
        _check_magnitude(data.clean, scaling, dtype, "clean")


def _check_magnitude(X, scaling, dtype, name):
    with np.errstate(over="ignore"):
        highest = (np.fmax.reduce(X, axis=0) - scaling.center) / scaling.scale
        lowest = (np.fmin.reduce(X, axis=0) - scaling.center) / scaling.scale
    largest = max(np.nanmax(highest), -np.nanmin(lowest))
    limit = np.sqrt(np.finfo(dtype).max) / 1e3
    if not largest < limit:
        raise ValueError(
            f"{name} has values of {largest:.3g} after scaling, too large to be squared in "
            f"{dtype}. Use scaling='global' or scaling='feature', or rescale X."
        )


def check_output(output):
    """Return the output, or raise if the input was so large that it is not finite."""
    if not np.isfinite(output).all():
        raise ValueError(
            "X contains values too large for this model: its output is not finite. Check the "
            "units of X against those of the training data."
        )
    return output
