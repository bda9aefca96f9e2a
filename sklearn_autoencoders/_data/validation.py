"""Validation of the input beyond what scikit-learn checks."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from scipy.sparse import issparse
from sklearn import set_config
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from .._utils.sklearn_compat import check_sample_weight
from .._utils.tensors import plain_array
from .._utils.torch_settings import preserve_settings
from .column_warnings import (
    warn_of_empty_features,
    warn_of_large_weights,
    warn_of_unknown_categories,
    warn_of_unknown_columns,
)
from .containers import check_has_no_dates, check_is_no_row, in_chunks
from .data import Data
from .shapes import flattened, shape_in_fit
from .sources.chunked import ChunkedRows
from .sources.ranges import find_ranges
from .sources.rows import RowSource
from .sources.sparse import SparseRows
from .tables.column_kinds import Limits
from .tables.columns import Columns
from .tables.frames import as_frame
from .tables.learned_columns import check_are_numbers, columns_of_numbers, learn_columns
from .value_checks import check_not_all_missing, check_unit_interval, check_values, checked_ranges

# Types of samples; others are converted to the first one.
DTYPES = [np.float64, np.float32]


def check_samples(estimator, X, *, restores=False):
    """Return X as an array of samples for a fitted estimator; NaN is allowed.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Fitted.

    X : array-like
        Samples, or images or series if the network is one for them.

    restores : bool, default=False
        Whether samples like X are returned to the user. Texts that are too long for the network are
        then an error; otherwise they are cut, with a warning.

    Returns
    -------
    ndarray or RowSource of shape (n_samples, n_features)
        float64, or float32 if X is. Images are flattened. Features that had no value in the fit,
        and categories that did not occur in it, are NaN.
    """
    samples = ignore_empty_features(estimator, _cells_of(estimator, X, restores))
    check_values(samples, estimator, "X")
    return samples


def check_samples_as_given(estimator, X, *, restores):
    """Return X as an array, and the samples that :func:`check_samples` returns.

    The former also has the values of features that had none in the fit.
    """
    given = _cells_of(estimator, X, restores)
    check_values(given, estimator, "X")
    return given, ignore_empty_features(estimator, given)


def check_samples_with_unknown(estimator, X, *, restores):
    """Return the samples of :func:`check_samples`, and where they are NaN for unknown categories.

    The latter is None if no category is unknown.
    """
    samples = _cells_of(estimator, X, restores, marks_unknown=True)
    samples = ignore_empty_features(estimator, samples)
    check_values(samples, estimator, "X")
    if estimator._columns is None:
        return samples, None
    return estimator._columns.split_unknown(samples)


def _cells_of(estimator, X, restores, marks_unknown=False):
    """Return X as an array for a fitted estimator, whose values are not checked.

    Unknown categories are NaN, with a warning if these are all of a column, or marked by the index
    `n_categories` of the column.
    """
    check_is_fitted(estimator)
    X = X if restores else _shortened(estimator, X)
    cells = _as_array(estimator, X, marks_unknown=marks_unknown)
    if not marks_unknown and isinstance(estimator._columns, Columns):
        warn_of_unknown_columns(estimator, X, cells)
    return cells


def _shortened(estimator, X):
    """Return X, of texts with as many characters as the network can read."""
    return X if estimator._columns is None else estimator._columns.shortened(X)


def ignore_empty_features(estimator, X):
    """Return X with NaN in the features that had no value in the fit."""
    empty = estimator._empty_features
    if isinstance(X, RowSource):
        return X.without(empty) if len(empty) else X
    if len(empty) and not np.isnan(X[:, empty]).all():
        X = X.copy()
        X[:, empty] = np.nan
    return X


def _as_array(estimator, X, *, reset=False, checks_names=True, input_name="X", marks_unknown=False):
    """Return X as an array of numbers, whose values are not checked."""
    X, network = estimator._as_samples(X, reset), _network_of(estimator)
    check_has_no_dates(X)
    check_is_no_row(X, reset or estimator._is_of_texts)
    X = as_frame(plain_array(in_chunks(X)))
    if isinstance(X, ChunkedRows):
        return _as_rows(estimator, X, reset, checks_names)
    if reset:
        estimator._shape_in_fit = shape_in_fit(X, network)
    X = flattened(X, network)
    if issparse(X):
        _check_has_no_categories(estimator, reset, "sparse", "X.toarray()")
    if checks_names:
        X, checks_names = _as_cells(estimator, X, reset, marks_unknown)
    elif estimator._columns is not None:
        X = estimator._columns.encode(X)
    X = _as_numbers(estimator, X, reset, checks_names, input_name)
    return SparseRows(X) if issparse(X) else X


def _as_numbers(estimator, X, reset, checks_names, input_name):
    """Return X as an array or a sparse matrix of numbers, checked by scikit-learn."""
    settings = {"dtype": DTYPES, "order": "C", "ensure_all_finite": False}
    settings["accept_sparse"] = "csr" if estimator._accepts_sparse else False
    # values beyond float64 overflow in the cast; the package computes with NumPy and torch only
    with preserve_settings(), np.errstate(over="ignore"):
        set_config(array_api_dispatch=False)
        try:
            if checks_names:
                return validate_data(estimator, X, reset=reset, **settings)
            return check_array(X, input_name=input_name, **settings)
        except ValueError:
            check_are_numbers(X)  # an error that names the column
            raise


def _as_rows(estimator, rows, reset, checks_names):
    """Return samples outside memory whose values are not checked; an array if they are few."""
    memory = "X in memory, X.to_table() of a dataset or X[:] of an array"
    _check_has_no_categories(estimator, reset, "read from files", memory)
    if not all(rows.shape):
        what = "features" if len(rows) else "samples"
        raise ValueError(f"X has no {what}, but at least one is required.")
    if reset:
        estimator._shape_in_fit = estimator._columns = estimator._number_columns = None
    if checks_names:
        validate_data(estimator, rows.chunks.header, reset=reset, skip_check_array=True)
    return rows[:] if estimator._accepts_sparse else rows.take(slice(None))


def _check_has_no_categories(estimator, reset, what, dense):
    """Raise TypeError if columns of numbers that are not in memory would be categories."""
    if not reset:
        has_categories = estimator._columns is not None
    else:
        features, _ = _choice_of_categories(estimator)
        has_categories = features is not None and not isinstance(features, str)
    if has_categories:
        raise TypeError(
            f"X is {what} and contains numbers only, but the estimator has columns of categories. "
            f"Pass a frame, or {dense}; or use categorical_features=None, and columns of "
            "indicators."
        )


def _as_cells(estimator, X, reset, marks_unknown):
    """Return a table as an array of cells, and whether its names have yet to be checked.

    Anything that consists of numbers is returned unchanged.
    """
    cells = None
    if reset:
        estimator._columns = estimator._number_columns = None
        learned = learn_columns(X, *_choice_of_categories(estimator), hasattr(estimator, "sample"))
        if learned is None:
            estimator._number_columns = columns_of_numbers(X)
        else:
            estimator._columns, cells = learned
    if estimator._columns is None:
        return X, True
    estimator._columns.check(estimator, X, reset)
    if cells is None:
        cells = estimator._columns.encode(X, marks_unknown=marks_unknown)
    return cells, False


def check_training_data(estimator, X, y, sample_weight, clean, *, reset):
    """Return the arguments of `fit` as :class:`Data`, without samples of weight zero."""
    given, X = X, _as_array(estimator, X, reset=reset)
    if not reset and estimator._columns is not None:
        warn_of_unknown_categories(estimator, given)
    X = ignore_empty_features(estimator, X)  # a new fit ignores none
    ranges = checked_ranges(X, estimator, "X")
    if not reset:
        _widen_columns(estimator, X, ranges)
    clean_ranges = None
    if clean is not None:
        clean, clean_ranges = _check_clean(estimator, clean, X)
    data = Data(X, clean=clean, ranges=ranges, clean_ranges=clean_ranges)
    if sample_weight is not None:
        check_consistent_length(X, y)
        data = _without_weightless(replace(data, weight=check_weight(sample_weight, X)))
        warn_of_large_weights(data.weight)
    name = "X" if clean is None else "clean"
    if reset:
        estimator._empty_features = np.flatnonzero(np.isnan(data.target_ranges.low))
        warn_of_empty_features(estimator, name, given_network(estimator))
    loss = getattr(estimator, estimator._loss_parameter) if reset else estimator._loss
    check_unit_interval(estimator, loss, data.target, name, data.target_ranges)
    return data


def _widen_columns(estimator, X, ranges):
    """Let the numbers of a table have the values of a later batch."""
    for name in ("_columns", "_number_columns"):
        columns = getattr(estimator, name)
        if isinstance(columns, Columns):
            setattr(estimator, name, columns.widened(ranges.low, ranges.high, X))


def _network_of(estimator):
    """Return the network of a fitted estimator, with which its samples agree, or the given one."""
    recipe = getattr(estimator, "_recipe", None)
    return given_network(estimator) if recipe is None else recipe.base.network


def given_network(estimator):
    """Return the `network` parameter, which determines the shape of the samples."""
    return getattr(_with_network(estimator), "network", None)


def _with_network(estimator):
    """Return `encoder` if it is given, which then describes the network, or the estimator."""
    encoder = getattr(estimator, "encoder", None)
    encoder = getattr(encoder, "estimator", encoder)  # inside FrozenEstimator
    return estimator if encoder is None else encoder


def _choice_of_categories(estimator):
    """Return the columns of a fitted encoder, or `categorical_features`, and the limits."""
    described = _with_network(estimator)
    is_fitted = described is not estimator and hasattr(described, "network_")
    features = getattr(described, "categorical_features", None)
    limits = {own.name: getattr(described, own.name, own.default) for own in fields(Limits)}
    network = getattr(described, "network", None)
    if not (network is None or getattr(network, "is_causal", False)):
        limits["chunk_size"] = None  # other networks have a fixed number of positions
    return described._columns if is_fitted else features, Limits(**limits)


def _without_weightless(data):
    """Return the data without samples of weight zero: they are ignored, also in the batch size."""
    if data.weight.all():
        return data
    data = data.take(np.flatnonzero(data.weight))
    ranges = find_ranges(data.X)
    are_missing = len(ranges.empty_samples) == len(data.X)
    check_not_all_missing(are_missing, "X with a positive sample_weight")
    clean_ranges = None if data.clean is None else find_ranges(data.clean)
    return replace(data, ranges=ranges, clean_ranges=clean_ranges)


def check_weight(sample_weight, X):
    """Return sample weights as a float64 array with a finite, positive sum."""
    weight = plain_array(sample_weight)
    weight = check_sample_weight(weight, X, dtype=np.float64, ensure_non_negative=True)
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not (np.isfinite(total) and total > 0):
        raise ValueError(f"sample_weight must have a finite, positive sum; got {total}.")
    return weight


def check_y(estimator, y, data):
    """Return y for the samples of `data`; raise ValueError if it is None or of another length."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} requires y to be passed, but the target y is None."
        )
    y = data.of(y)
    check_consistent_length(data.X, y)
    return y


def check_clean(estimator, clean, X):
    """Return the clean versions of the samples X for a fitted estimator."""
    clean = _shortened(estimator, clean)
    return _check_clean(estimator, clean, X)[0]


def _check_clean(estimator, clean, X):
    """Return the clean versions of the samples X, and the ranges of their features."""
    try:
        is_frame = hasattr(clean, "columns")
        clean = _as_array(estimator, clean, checks_names=is_frame, input_name="clean")
        ranges = checked_ranges(clean, estimator, "clean")
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"clean must be like X. {error}") from error
    if clean.shape != X.shape:
        raise ValueError(
            f"clean must contain the clean version of every sample of X and have shape {X.shape}; "
            f"got shape {clean.shape}."
        )
    used = ignore_empty_features(estimator, clean)
    return used, ranges if used is clean else find_ranges(used)


def check_codes(estimator, X):
    """Return latent codes as a finite array with `n_components_` columns."""
    check_is_fitted(estimator)
    with np.errstate(over="ignore", invalid="ignore"):
        codes = check_array(plain_array(X), dtype=DTYPES, order="C", input_name="X")
    if codes.shape[1] != estimator.n_components_:
        raise ValueError(
            f"X has {codes.shape[1]} features, but inverse_transform expects the "
            f"{estimator.n_components_} components that transform returns."
        )
    return codes
