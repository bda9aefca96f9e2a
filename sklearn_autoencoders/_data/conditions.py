"""Encoding of class labels and targets as the condition of a decoder."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length

from .._utils.labels import Labels, label_type
from .._utils.tensors import without_tensor
from .rows import RowSource

# Maximum number of distinct integers that are taken as class labels by default.
_MAX_INTEGER_CLASSES = 50


def fit_condition(y, X, weight, kind=True):
    """Return the fitted attributes that :func:`condition_of` requires.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Class labels, or a continuous target.

    X : array-like of shape (n_samples, n_features)
        The samples.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {True, "labels", "target"}, default=True
        What y contains; True infers it from the values.

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


def condition_of(estimator, y, n_samples, advice=""):
    """Return y as columns of mean zero: one for each class, or the standardized target.

    Parameters
    ----------
    estimator : VAEGenerator
        An estimator with the attributes of :func:`fit_condition`.

    y : array-like of shape (n_samples,), scalar or None
        One value for all samples, or one for each sample.

    n_samples : int
        Number of samples.

    advice : str, default=""
        End of the message about unknown labels.

    Returns
    -------
    ndarray of shape (n_samples, n_conditions)
        The condition of each sample, in float64.
    """
    y = without_tensor(y)
    y = _column(np.full(n_samples, y) if np.ndim(y) == 0 and y is not None else y)
    if len(y) != n_samples:
        raise ValueError(f"y has {len(y)} values for {n_samples} samples. Pass one per sample.")
    if not hasattr(estimator, "classes_"):
        return ((_numbers(y) - estimator.target_center_) / estimator.target_scale_)[:, None]
    unknown = np.setdiff1d(y, estimator.classes_)
    if len(unknown):
        raise ValueError(
            f"y contains labels {unknown[:5]} that were not seen during fit; the labels are "
            f"{estimator.classes_[:5]}.{advice}"
        )
    return (y[:, None] == estimator.classes_) - estimator.class_prior_


def effect_of(condition, X, weight):
    """Return the linear effect of a condition on the means of the features, by least squares.

    Parameters
    ----------
    condition : ndarray of shape (n_samples, n_conditions)
        The condition of each sample, with mean zero.

    X : ndarray or RowSource of shape (n_samples, n_features)
        Samples, NaN where a value is missing.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    ndarray of shape (n_conditions, n_features)
        The effect, in the units of X.
    """
    if isinstance(X, RowSource):
        blocks = [effect_of(condition, block, weight) for block in X.column_blocks()]
        return np.concatenate(blocks, axis=1)
    observed = ~np.isnan(X)
    weights = observed if weight is None else weight[:, None] * observed
    # in units of the largest value, so that squares do not overflow
    largest = np.fmax(np.fmax.reduce(np.abs(X), axis=0), np.finfo(X.dtype).tiny)
    unit = largest.astype(np.float64)
    values = np.where(observed, X / unit, 0.0)
    total = weights.sum(0)  # zero if all values are missing, or in samples that are held out
    mean = (weights * values).sum(0) / np.where(total > 0, total, 1.0)
    root = 1.0 if weight is None else np.sqrt(weight)[:, None]
    deviation = np.where(observed, values - mean, 0.0)
    return np.linalg.lstsq(root * condition, root * deviation, rcond=1e-10)[0] * unit


def _are_labels(y, kind):
    """Return whether y contains class labels; for many distinct integers, `kind` has to say so."""
    if kind is not True:
        return kind == "labels"
    if label_type(y).startswith("continuous"):
        return False
    n_distinct = len(_distinct(y)[0])
    if n_distinct > _MAX_INTEGER_CLASSES and y.dtype.kind in "iuf":
        raise ValueError(
            f"y has {n_distinct} distinct integers, which could be class labels or a continuous "
            'target. Set conditional="labels" or conditional="target".'
        )
    return True


def _distinct(y):
    try:
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"y contains values that cannot be compared: {error}.") from error


def _numbers(y):
    try:
        return y.astype(np.float64)
    except ValueError as error:
        raise ValueError(f"A continuous target y must be numeric: {error}.") from error


def _column(y):
    if y is None:
        raise ValueError(
            "y is None, but conditional=True requires class labels or a continuous target. Use "
            "fit(X, y)."
        )
    labels = Labels.of(y)
    if not labels.is_known.all():
        raise ValueError("y contains NaN or other missing values. Drop these samples.")
    return labels.of_one_type()
