"""Scores of predictions of samples of which some have no label or target."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils import check_consistent_length

from .._utils.tensors import plain_array


def labeled_accuracy(labels, prediction, weight):
    """Return the accuracy of the samples that have a label.

    Parameters
    ----------
    labels : Labels
        Of all samples.

    prediction : array of shape (n_samples,)
        The predicted classes.

    weight : array-like of shape (n_samples,) or None
        Sample weights.
    """
    known, prediction = labels.is_known, plain_array(prediction)
    check_consistent_length(known, prediction, weight)
    _check_any(known, "y contains no label", "StratifiedKFold or KFold(shuffle=True)")
    return float(
        accuracy_score(labels.of_one_type(), prediction[known], sample_weight=_of(weight, known))
    )


def labeled_r2(y, prediction, weight):
    """Return the mean of the coefficients of determination of the known values of each target.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        Targets, NaN where they are missing.

    prediction : array of the same shape
        The predictions.

    weight : array-like of shape (n_samples,) or None
        Sample weights.
    """
    prediction = plain_array(prediction)
    check_consistent_length(y, prediction, weight)
    y, prediction = (values.reshape(len(values), -1) for values in (y, prediction))
    if y.shape != prediction.shape:
        raise ValueError(
            f"y has {y.shape[1]} targets, but the fit had {prediction.shape[1]}. Pass the same "
            "targets."
        )
    pairs = zip(y.T, prediction.T, strict=True)
    return float(np.mean([_r2(own, predicted, weight) for own, predicted in pairs]))


def _r2(y, prediction, weight):
    known = ~np.isnan(y)
    _check_any(known, "All values of a target in y are missing", "KFold(shuffle=True)")
    return r2_score(y[known], prediction[known], sample_weight=_of(weight, known))


def _of(weight, known):
    return None if weight is None else np.asarray(plain_array(weight))[known]


def _check_any(known, problem, splitters):
    if not known.any():
        raise ValueError(
            f"{problem}, so that no score can be computed. Pass labeled samples; in a "
            "cross-validation, use a splitter all of whose folds contain some, such as "
            f"{splitters}."
        )
