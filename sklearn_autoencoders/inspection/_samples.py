"""Access to estimators and samples for displays."""

from __future__ import annotations

import copy
from inspect import signature
from numbers import Integral

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, check_scalar
from sklearn.utils.validation import check_array, check_is_fitted

from .._utils.output import names_of_columns, plain_output
from .._utils.rows import rows_of
from .._utils.tensors import plain_array
from ._tables import as_objects, has_categories

# Features whose largest values differ by more than this factor are standardized.
_MAX_RATIO = 30.0

# Minimum number of samples from which standard deviations of features are computed.
_MIN_SAMPLES = 10

UNITS = ("auto", "original", "standardized")


def drawn_step(display, estimator, needed, X=None, *, codes=False):
    """Return the estimator that is displayed, its input, and the names of the features.

    Parameters
    ----------
    display : type
        The display, for error messages.

    estimator : estimator
        A fitted estimator. For a pipeline, the last step is displayed.

    needed : str
        Methods and attributes that it must have, separated by spaces; alternatives are separated
        by vertical bars.

    X : array-like, default=None
        Samples.

    codes : bool, default=False
        Whether `transform` must return codes. For a denoiser, a copy with `output="code"` is used.

    Returns
    -------
    estimator, X : estimator, array-like
        The displayed estimator and its input.

    names : sequence of str or None
        Names of the features, if they have names.
    """
    check_is_fitted(estimator)
    names = names_of_columns(X)
    names = getattr(estimator, "feature_names_in_", None) if names is None else names
    if isinstance(estimator, Pipeline):
        before, estimator = estimator[:-1], estimator.steps[-1][1]
        if len(before):
            names = _names_out(before)
            X = None if X is None else _input_of(estimator, before, X)
    estimator = with_codes(estimator) if codes else estimator
    _check_has(display, estimator, needed)
    return estimator, X, names


def _input_of(estimator, before, X):
    """Return the output of the steps before an estimator: frames if it was fitted to frames."""
    has_names = hasattr(estimator, "feature_names_in_")
    return before.transform(X) if has_names else plain_output(before, X)


def _check_has(display, estimator, needed):
    alternatives = [names.split() for names in needed.split("|")]
    if not any(all(hasattr(estimator, name) for name in names) for names in alternatives):
        wanted = ", or ".join(" and ".join(names) for names in alternatives)
        raise TypeError(
            f"{display.__name__} needs an estimator with {wanted}; got {type(estimator).__name__}. "
            "For a pipeline, a search or a union, pass the fitted estimator that has it, "
            "such as pipeline[:-1], search.best_estimator_ or union.named_transformers['codes']."
        )


def _names_out(steps):
    try:
        return steps.get_feature_names_out()
    except (AttributeError, ValueError, NotFittedError):  # not all transformers support it
        return None


def with_codes(estimator):
    """Return the estimator or, for a denoiser, a copy whose `transform` returns codes."""
    if getattr(estimator, "output", "code") == "code":
        return estimator
    return copy.copy(estimator).set_params(output="code")


def conditioned(method, samples, y=None):
    """Call a method with samples, and with y if it is given, and return an array."""
    if y is None:
        return _as_array(method(samples))
    if "y" not in signature(method).parameters:
        name = f"{type(method.__self__).__name__}.{method.__name__}"
        raise ValueError(
            f"y was given, but {name} takes no y. Omit it: it is for conditional estimators."
        )
    return _as_array(method(samples, y))


def _as_array(output):
    return as_objects(output) if has_categories(output) else np.asarray(output)


def reconstructed(estimator, X, y=None):
    """Return the reconstruction of samples as an array."""
    if hasattr(estimator, "reconstruct"):
        return conditioned(estimator.reconstruct, X, y)
    return conditioned(estimator.inverse_transform, conditioned(estimator.transform, X, y), y)


def first_samples(X, n_rows, y=None):
    """Return the first samples, at most `n_rows`, and their y if it is not a scalar."""
    check_scalar(n_rows, "n_rows", Integral, min_val=1)
    check_consistent_length(X, None if np.ndim(y) == 0 else y)
    first = np.arange(min(n_rows, len(X)))
    return rows_of(X, first), y_of(y, first)


def spread_samples(X, n_rows, y=None):
    """Return evenly spaced samples, at most `n_rows`, and their y."""
    check_consistent_length(X, y)
    places = spread_places(len(X), n_rows)
    return X if len(X) == len(places) else rows_of(X, places), y_of(y, places)


def y_of(y, places):
    """Return the values of y at the given indices as an array; None or a scalar unchanged."""
    return y if np.ndim(y) == 0 else np.asarray(plain_array(y))[places]


def spread_places(n_samples, n_rows):
    """Return the indices of evenly spaced samples, at most `n_rows`."""
    check_scalar(n_rows, "n_rows", Integral, min_val=1)
    if n_samples <= n_rows:
        return np.arange(n_samples)
    return np.linspace(0, n_samples - 1, n_rows).round().astype(int)


def as_matrix(values, name):
    """Return a finite float array of two dimensions, also of a tensor."""
    return check_array(plain_array(values), dtype=np.float64, input_name=name)


def as_samples(X, name="X"):
    """Return samples or images as a float array of shape (n_samples, n_features), with NaN."""
    X = plain_array(X)
    _check_is_array(X, name)
    X = np.asarray(X) if np.ndim(X) > 2 else X
    flat = X.reshape(len(X), -1) if getattr(X, "ndim", 2) > 2 else X
    return check_array(flat, dtype=np.float64, ensure_all_finite="allow-nan", input_name=name)


def _check_is_array(X, name):
    """Raise an error for texts, and for series of different lengths."""
    is_list = isinstance(X, list | tuple) or getattr(X, "ndim", 2) == 1
    rows = list(X) if is_list else []
    if any(isinstance(row, str) for row in rows):
        raise TypeError(
            f"{name} contains texts, which this display does not draw. CodesDisplay and "
            "LatentDisplay draw their codes."
        )
    if len({len(row) for row in rows if np.ndim(row)}) > 1:
        raise ValueError(
            f"{name} contains series of different lengths. Pass an array, in which short ones are "
            "padded with NaN."
        )


def as_cells(X):
    """Return samples as a float array, or a table with categories as an array of objects."""
    return as_objects(X) if has_categories(X) else as_samples(X)


def row_names(X):
    """Return the index of a DataFrame as strings, or None if it is a default index."""
    index = getattr(X, "index", None)
    is_named = index is not None and not callable(index) and list(index) != list(range(len(X)))
    return [str(name) for name in index] if is_named else None


def column_names(names, n_columns, parameter="feature_names"):
    """Return names of features: the given ones, or x0, x1, and so on, as in scikit-learn."""
    if names is None:
        return np.array([f"x{place}" for place in range(n_columns)], dtype=object)
    names = np.asarray(names, dtype=object)
    if names.shape != (n_columns,):
        raise ValueError(
            f"{parameter} must contain a name for each of the {n_columns} features; got "
            f"{names.size}."
        )
    return names


def check_choice(value, name, choices):
    """Raise ValueError unless a parameter has an allowed value."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {sorted(choices)}; got {value!r}.")


def check_components(components, n_components):
    """Return indices of components as an array, or raise if they are invalid."""
    places = np.atleast_1d(np.asarray(components))
    if places.ndim != 1 or not len(places) or places.dtype.kind not in "iu":
        raise ValueError(f"components must be integers; got {components!r}.")
    if places.min() < 0 or places.max() >= n_components:
        raise ValueError(
            f"components must be between 0 and {n_components - 1}, because codes have "
            f"{n_components} component(s); got {components!r}."
        )
    return places


def units_to_draw(samples, units, is_indicator=False):
    """Return center and scale of features: 0 and 1, or their mean and standard deviation.

    Parameters
    ----------
    samples : ndarray of shape (n_samples, n_features)
        Samples from which mean and standard deviation are computed, with missing values as NaN.

    units : {"auto", "original", "standardized"}
        "auto" standardizes if the largest values of the features differ widely and not all features
        are constant.

    is_indicator : ndarray of bool, of shape (n_features,), or False, default=False
        Which features are indicators of categories, which keep their values.

    Returns
    -------
    center, scale : ndarray of shape (n_features,)
        Values to subtract and to divide by.

    label : str
        Label of the axis.
    """
    check_choice(units, "units", UNITS)
    known = np.ma.masked_invalid(samples)
    largest = np.abs(known).max(axis=0).filled(0.0)
    largest = largest[(largest > 0) & ~np.asarray(is_indicator)]
    differ = len(largest) > 0 and largest.max() > _MAX_RATIO * largest.min()
    deviation = known.std(axis=0).filled(0.0)
    if units == "original" or (units == "auto" and not (differ and deviation.any())):
        return np.zeros(samples.shape[1]), np.ones(samples.shape[1]), "value"
    return (
        np.where(is_indicator, 0.0, known.mean(axis=0).filled(0.0)),
        np.where((deviation > 0) & ~np.asarray(is_indicator), deviation, 1.0),
        "value, standardized",
    )


def reference_samples(samples, estimator, image_shape):
    """Return samples that determine the brightness of images or the deviations of features.

    These are the given samples. If there are too few samples of tabular data, two samples with the
    center and the scale of the estimator are returned instead, if it scales features separately.
    """
    are_enough = image_shape is not None or len(samples) >= _MIN_SAMPLES
    if are_enough or samples.dtype.kind == "O" or np.ptp(getattr(estimator, "scale_", 0.0)) == 0:
        return samples
    return np.stack([estimator.center_ - estimator.scale_, estimator.center_ + estimator.scale_])


def largest_columns(sizes, n_columns):
    """Return the sorted indices of the features with the largest sizes."""
    check_scalar(n_columns, "n_columns", Integral, min_val=1)
    return np.sort(np.argsort(-sizes, kind="stable")[:n_columns])
