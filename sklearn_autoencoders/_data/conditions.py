"""Class labels and targets as what a decoder sees beside a code."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length, column_or_1d
from sklearn.utils.multiclass import type_of_target

# Classes that numbers may stand for without being called labels.
_MOST_NUMBERED = 50
_ADVICE = "Give y, class labels or a continuous target, as conditional=True says."


def fit_condition(y, X, weight, kind=True):
    """Return the fitted attributes that :func:`condition_of` needs.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels, or a continuous target.

    X : array-like of shape (n_samples, n_features)
        As many rows.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {True, "labels", "target"}, default=True
        What y is; True looks at it.

    Returns
    -------
    dict
        `classes_` and `class_prior_`, or `target_center_` and `target_scale_`.
    """
    y = _column(y)
    check_consistent_length(X, y)
    if _are_labels(y, kind):
        classes, index = _distinct(y)
        return {
            "classes_": classes,
            "class_prior_": np.average(np.eye(len(classes))[index], axis=0, weights=weight),
        }
    y = _numbers(y)
    center = float(np.average(y, weights=weight))
    scale = float(np.sqrt(np.average((y - center) ** 2, weights=weight)))
    return {"target_center_": center, "target_scale_": scale if scale > 0 else 1.0}


def condition_of(estimator, y, n_samples):
    """Return y as columns of mean zero: one for each class, or one with the standardised target.

    Parameters
    ----------
    estimator : VAEGenerator
        With the attributes of :func:`fit_condition`.

    y : array-like of shape (n_samples,), scalar or None
        One value for all rows, or one each.

    n_samples : int
        Number of rows.

    Returns
    -------
    ndarray of shape (n_samples, n_conditions)
        float64.
    """
    y = _column(np.full(n_samples, y) if np.ndim(y) == 0 and y is not None else y)
    if len(y) != n_samples:
        raise ValueError(f"y has {len(y)} values for {n_samples} rows. Give one each.")
    if not hasattr(estimator, "classes_"):
        return ((_numbers(y) - estimator.target_center_) / estimator.target_scale_)[:, None]
    unknown = np.setdiff1d(y, estimator.classes_)
    if len(unknown):
        raise ValueError(
            f"y has labels {unknown[:5]} that are not among those of fit, such as "
            f"{estimator.classes_[:5]}. Give labels of fit; folds should be stratified."
        )
    return (y[:, None] == estimator.classes_) - estimator.class_prior_


def effect_of(condition, X, weight):
    """Return what a condition adds to the column means of X, by least squares.

    Parameters
    ----------
    condition : ndarray of shape (n_samples, n_conditions)
        Of mean zero.

    X : ndarray of shape (n_samples, n_features)
        Rows, NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    ndarray of shape (n_conditions, n_features)
        In the units of X.
    """
    known = ~np.isnan(X)
    weights = known if weight is None else weight[:, None] * known
    # in units of the largest value, whose squares do not overflow
    unit = np.maximum(np.nanmax(np.abs(X), axis=0), np.finfo(X.dtype).tiny).astype(np.float64)
    values = np.where(known, X / unit, 0.0)
    mean = (weights * values).sum(0) / weights.sum(0)
    root = 1.0 if weight is None else np.sqrt(weight)[:, None]
    deviation = np.where(known, values - mean, 0.0)
    return np.linalg.lstsq(root * condition, root * deviation, rcond=1e-10)[0] * unit


def _are_labels(y, kind):
    """Whether y are class labels; many different numbers have to be called so."""
    if kind is not True:
        return kind == "labels"
    if type_of_target(y, input_name="y").startswith("continuous"):
        return False
    n_distinct = len(_distinct(y)[0])
    if n_distinct > _MOST_NUMBERED and y.dtype.kind in "iuf":
        raise ValueError(
            f"y has {n_distinct} different whole numbers, which could be classes or a continuous "
            'target. Say which: conditional="labels" or conditional="target".'
        )
    return True


def _distinct(y):
    try:
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"y holds values that cannot be compared: {error}.") from error


def _numbers(y):
    try:
        return y.astype(np.float64)
    except ValueError as error:
        raise ValueError(f"y must hold numbers, as a continuous target does: {error}.") from error


def _column(y):
    if y is None:
        raise ValueError(f"y is None. {_ADVICE}")
    y = column_or_1d(y)
    if y.dtype.kind in "fc" and not np.isfinite(y).all():
        raise ValueError("y contains NaN or infinity. Drop these rows.")
    return y
