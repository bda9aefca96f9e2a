"""What displays ask of estimators and of rows."""

from __future__ import annotations

import copy
from inspect import signature
from numbers import Integral

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils import check_consistent_length, check_scalar
from sklearn.utils.validation import check_array, check_is_fitted

from .._utils.sklearn_compat import safe_indexing

# Columns whose largest values differ by more than this factor cannot share an axis.
_WIDELY = 30.0

# So many rows say how much columns vary.
_FEW = 10

UNITS = ("auto", "original", "standardized")


def drawn_step(display, estimator, needed, X=None, *, codes=False):
    """Return what is drawn of a fitted estimator, rows as it sees them, and the columns' names.

    Parameters
    ----------
    display : type
        For messages.

    estimator : estimator
        Of a pipeline it is the last step.

    needed : str
        Methods and attributes that it must have, between blanks; alternatives between bars.

    X : array-like, default=None
        Rows.

    codes : bool, default=False
        Whether its `transform` has to give codes, as that of a denoiser does on request.

    Returns
    -------
    estimator, X : estimator, array-like
        What is drawn.

    names : sequence of str or None
        Where there are names.
    """
    check_is_fitted(estimator)
    names = getattr(X, "columns", getattr(estimator, "feature_names_in_", None))
    if isinstance(estimator, Pipeline):
        before, estimator = estimator[:-1], estimator.steps[-1][1]
        if len(before):
            names = _names_out(before)
            X = None if X is None else before.transform(X)
    estimator = with_codes(estimator) if codes else estimator
    _check_has(display, estimator, needed)
    return estimator, X, names


def _check_has(display, estimator, needed):
    alternatives = [names.split() for names in needed.split("|")]
    if not any(all(hasattr(estimator, name) for name in names) for names in alternatives):
        wanted = ", or ".join(" and ".join(names) for names in alternatives)
        raise TypeError(
            f"{display.__name__} needs an estimator with {wanted}; got {type(estimator).__name__}. "
            "Of a pipeline or a search, give the part that has it, such as pipeline[:-1] or "
            "search.best_estimator_."
        )


def _names_out(steps):
    try:
        return steps.get_feature_names_out()
    except (AttributeError, ValueError, NotFittedError):  # not every transformer knows them
        return None


def with_codes(estimator):
    """Return an estimator or, of one that gives clean rows, a copy that gives codes."""
    if getattr(estimator, "output", None) != "denoised":
        return estimator
    return copy.copy(estimator).set_params(output="code")


def conditioned(method, rows, y=None):
    """Return what a method makes of rows, and of y if the method takes it, as an array."""
    if y is None:
        return np.asarray(method(rows))
    if "y" not in signature(method).parameters:
        name = f"{type(method.__self__).__name__}.{method.__name__}"
        raise ValueError(
            f"y was given, but {name} takes none. Leave it out: it is for estimators that are "
            "conditional on it."
        )
    return np.asarray(method(rows, y))


def reconstructed(estimator, X, y=None):
    """Return what comes back of rows, as an array."""
    if hasattr(estimator, "reconstruct"):
        return conditioned(estimator.reconstruct, X, y)
    return conditioned(estimator.inverse_transform, conditioned(estimator.transform, X, y), y)


def first_rows(X, n_rows, y=None):
    """Return at most so many of the first rows, and their y if it is one for each."""
    check_scalar(n_rows, "n_rows", Integral, min_val=1)
    check_consistent_length(X, None if np.ndim(y) == 0 else y)
    first = np.arange(min(n_rows, len(X)))
    return safe_indexing(X, first), y if np.ndim(y) == 0 else np.asarray(y)[first]


def spread_rows(X, n_rows, y=None):
    """Return at most so many rows, evenly spaced, and their y."""
    check_consistent_length(X, y)
    places = spread_places(len(X), n_rows)
    if len(X) == len(places):
        return X, None if y is None else np.asarray(y)
    return safe_indexing(X, places), None if y is None else np.asarray(y)[places]


def spread_places(n_samples, n_rows):
    """Return the places of at most so many rows, evenly spaced."""
    check_scalar(n_rows, "n_rows", Integral, min_val=1)
    if n_samples <= n_rows:
        return np.arange(n_samples)
    return np.linspace(0, n_samples - 1, n_rows).round().astype(int)


def as_rows(X, name="X"):
    """Return rows or images as a float array of shape (n_samples, n_features); NaN may be there."""
    X = np.asarray(X) if np.ndim(X) > 2 else X
    flat = X.reshape(len(X), -1) if getattr(X, "ndim", 2) > 2 else X
    return check_array(flat, dtype=np.float64, ensure_all_finite="allow-nan", input_name=name)


def row_names(X):
    """Return what rows are called in their table, or None if they are numbered from 0."""
    index = getattr(X, "index", None)
    is_named = index is not None and not callable(index) and list(index) != list(range(len(X)))
    return [str(name) for name in index] if is_named else None


def column_names(names, n_columns, parameter="feature_names"):
    """Return names of columns: those given, or x0, x1 and so on as scikit-learn has it."""
    if names is None:
        return np.array([f"x{place}" for place in range(n_columns)], dtype=object)
    names = np.asarray(names, dtype=object)
    if names.shape != (n_columns,):
        raise ValueError(
            f"{parameter} must hold a name for each of the {n_columns} columns; got {names.size}."
        )
    return names


def check_choice(value, name, choices):
    """Raise ValueError unless a parameter has one of its values."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name} must be one of {sorted(choices)}; got {value!r}.")


def check_components(components, n_components, name="components"):
    """Return numbers of components as an array, or raise if there are no such."""
    places = np.atleast_1d(np.asarray(components))
    if places.ndim != 1 or not len(places) or places.dtype.kind not in "iu":
        raise ValueError(f"{name} must be whole numbers; got {components!r}.")
    if places.min() < 0 or places.max() >= n_components:
        raise ValueError(
            f"{name} must be between 0 and {n_components - 1}, as codes have {n_components} "
            f"column(s); got {components!r}."
        )
    return places


def units_to_draw(rows, units):
    """Return centre and scale of columns as they are drawn: 0 and 1, or mean and deviation.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Rows that say how much the columns vary, NaN where a value is missing.

    units : {"auto", "original", "standardized"}
        "auto" standardises if the largest values of the columns differ widely, and if the rows
        vary at all.

    Returns
    -------
    center, scale : ndarray of shape (n_features,)
        What is subtracted, and what is then divided by.

    label : str
        Of the axis.
    """
    check_choice(units, "units", UNITS)
    known = np.ma.masked_invalid(rows)
    largest = np.abs(known).max(axis=0).filled(0.0)
    largest = largest[largest > 0]
    differ = len(largest) > 0 and largest.max() > _WIDELY * largest.min()
    deviation = known.std(axis=0).filled(0.0)
    if units == "original" or (units == "auto" and not (differ and deviation.any())):
        return np.zeros(rows.shape[1]), np.ones(rows.shape[1]), "value"
    return (
        known.mean(axis=0).filled(0.0),
        np.where(deviation > 0, deviation, 1.0),
        ("value, standardised"),
    )


def reference_rows(rows, estimator, image_shape):
    """Return rows that say how bright images are, or how much columns vary.

    They are those given; of a table of few two that have the mean and the deviation that the
    estimator scales columns by, if it scales each by its own.
    """
    are_enough = image_shape is not None or len(rows) >= _FEW
    if are_enough or np.ptp(getattr(estimator, "scale_", 0.0)) == 0:
        return rows
    return np.stack([estimator.center_ - estimator.scale_, estimator.center_ + estimator.scale_])


def largest_columns(sizes, n_columns):
    """Return the places of the columns with the largest sizes, in the order of the table."""
    check_scalar(n_columns, "n_columns", Integral, min_val=1)
    return np.sort(np.argsort(-sizes, kind="stable")[:n_columns])
