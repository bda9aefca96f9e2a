"""Encoding of class labels, targets and tables of both as the condition of a decoder."""

from __future__ import annotations

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils import check_consistent_length

from .._utils.labels import Labels, label_type
from .._utils.tensors import plain_array
from .containers import check_is_no_date, times_in
from .sources.rows import RowSource
from .tables.frames import as_frame, check_different_names

# Maximum number of distinct integers or dates that are taken as class labels by default.
_MAX_INTEGER_CLASSES = 50
# What to do about more of them in one of several columns, and in a single one.
_REMEDIES = (
    "Convert them to floats for a target, or to strings for labels.",
    'Set conditional="labels" or conditional="target".',
)


def fit_condition(y, X, weight, kind=True):
    """Return the fitted attributes that :func:`condition_of` requires.

    Parameters
    ----------
    y : array-like of shape (n_samples,) or (n_samples, n_attributes)
        Class labels or a continuous target; with several columns, one of both for each column.

    X : array-like of shape (n_samples, n_features)
        The samples.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    kind : {True, "labels", "target"}, default=True
        What y contains; True infers it from the values.

    Returns
    -------
    dict
        `classes_` and `class_prior_`, or `target_center_` and `target_scale_`; for several columns
        `conditions_`, a dict of the same for each of them.
    """
    columns = _columns(y)
    if columns is None:
        return _fit_column(y, X, weight, kind, "y")
    fitted = {
        name: _fit_column(column, X, weight, kind, _name_of(name))
        for name, column in columns.items()
    }
    return {"conditions_": fitted}


def _fit_column(y, X, weight, kind, input_name):
    y = _values(y, input_name)
    check_consistent_length(X, y)
    if _are_labels(y, kind, input_name):
        classes, index = _distinct(y, input_name)
        return {
            "classes_": classes,
            "class_prior_": np.average(np.eye(len(classes))[index], axis=0, weights=weight),
        }
    y = _numbers(y, input_name)
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
        One value for all samples, or one for each sample. After a fit with several columns: an
        array-like of shape (n_samples, n_attributes), or a dict of the values of each column.

    n_samples : int
        Number of samples.

    advice : str, default=""
        End of the message about unknown labels.

    Returns
    -------
    ndarray of shape (n_samples, n_conditions)
        The condition of each sample, in float64.
    """
    y = plain_array(y)
    fitted = getattr(estimator, "conditions_", None)
    if fitted is None:
        if isinstance(y, dict):
            raise ValueError(
                f"y is a dict of the columns {list(y)}, but the fit was conditional on a single "
                "column. Pass one value, or one for each sample."
            )
        return _encoded(vars(estimator), y, n_samples, "y", advice)
    columns = _columns(y) or {}
    if columns.keys() != fitted.keys():
        got = f"the columns {list(columns)}" if columns else "one column"
        raise ValueError(
            f"y has {got}; the fit was conditional on the columns {list(fitted)}. Pass a table "
            "with these columns, or a dict with a value for each of them."
        )
    blocks = [
        _encoded(own, columns[name], n_samples, _name_of(name), advice)
        for name, own in fitted.items()
    ]
    return np.hstack(blocks)


def _encoded(fitted, y, n_samples, input_name, advice):
    y = _values(np.full(n_samples, y) if np.ndim(y) == 0 and y is not None else y, input_name)
    if len(y) != n_samples:
        raise ValueError(
            f"{input_name} has {len(y)} values for {n_samples} samples. Pass one per sample."
        )
    classes = fitted.get("classes_")
    if classes is None:
        deviation = _numbers(y, input_name)[:, None] - fitted["target_center_"]
        return deviation / fitted["target_scale_"]
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{input_name} contains labels {unknown[:5]} that were not seen during fit; the labels "
            f"are {classes[:5]}.{advice}"
        )
    return (y[:, None] == classes) - fitted["class_prior_"]


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


def _are_labels(y, kind, input_name):
    """Return whether y contains labels; for many distinct integers or dates, `kind` says so."""
    if kind is not True:
        return kind == "labels"
    if label_type(y).startswith("continuous"):
        return False
    n_distinct = len(_distinct(y, input_name)[0])
    times = times_in(y)
    if n_distinct > _MAX_INTEGER_CLASSES and (times or y.dtype.kind in "iuf"):
        raise ValueError(
            f"{input_name} has {n_distinct} distinct {times or 'integers'}, which could be class "
            f"labels or a continuous target. {_REMEDIES[input_name == 'y']}"
        )
    return True


def _distinct(y, input_name):
    try:
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        raise ValueError(
            f"{input_name} contains values that cannot be compared: {error}."
        ) from error


def _numbers(y, input_name):
    check_is_no_date(y, input_name)
    try:
        return y.astype(np.float64)
    except ValueError as error:
        raise ValueError(f"A continuous target {input_name} must be numeric: {error}.") from error


def _columns(y):
    """Return the columns of y by their names; None if it has only one."""
    if isinstance(y, dict):
        return y
    check_different_names(y, "y")
    frame = nw.from_native(as_frame(y), eager_only=True, pass_through=True)
    if isinstance(frame, nw.DataFrame):
        columns = {column.name: column.to_native() for column in frame.iter_columns()}
        return columns if len(columns) > 1 else None
    if isinstance(y, list | tuple) and np.ndim(y[:1]) == 2:
        y = np.array(y, dtype=object)
    if np.ndim(y) != 2 or y.shape[1] < 2:
        return None
    return dict(enumerate(np.asarray(y).T))


def _name_of(column):
    return f"y[{column!r}]"


def _values(y, input_name):
    if y is None:
        raise ValueError(
            "y is None, but conditional=True requires class labels or a continuous target. Use "
            "fit(X, y)."
        )
    labels = Labels.of(y, input_name)
    if not labels.is_known.all():
        raise ValueError(f"{input_name} contains NaN or other missing values. Drop these samples.")
    return labels.of_one_type(input_name)
