"""Weights of samples by their classes."""

from __future__ import annotations

import numpy as np
from sklearn.utils.class_weight import compute_class_weight


def class_weighted(class_weight, classes, labels, weight):
    """Return the sample weights times the weights of the classes; None without weights of classes.

    Parameters
    ----------
    class_weight : dict, "balanced" or None
        The parameter of the classifier.

    classes : ndarray of shape (n_classes,)
        The classes.

    labels : ndarray of shape (n_samples, n_classes)
        Indicators of the classes, NaN of samples without a label.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        The weights, unchanged for samples without a label.
    """
    if class_weight is None:
        return None
    is_known = ~np.isnan(labels).any(axis=1)
    own = np.ones(len(labels)) if weight is None else weight.copy()
    place = labels[is_known].argmax(axis=1)
    if isinstance(class_weight, str):
        factor = _balanced(place, own[is_known], len(classes))
    else:
        factor = compute_class_weight(class_weight, classes=classes, y=classes)
    if not (np.isfinite(factor) & (factor > 0)).all():
        raise ValueError(
            f"class_weight must give every class a positive number; got {class_weight}."
        )
    own[is_known] *= factor[place]
    return own


def _balanced(place, weight, n_classes):
    """Return factors that give all classes the same total; of a class without samples, one.

    Unlike in scikit-learn, a sample of weight two counts twice.
    """
    count = np.bincount(place, weight, minlength=n_classes)
    present = count > 0
    factor = weight.sum() / (present.sum() * np.where(present, count, np.inf))
    factor[~present] = 1.0
    return factor
