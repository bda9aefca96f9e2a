"""Which label marks unlabeled samples: a given one, or -1 if it is no class."""

from __future__ import annotations

import numpy as np

from .._utils.labels import is_missing
from .._utils.user_warnings import warn_user

# -1 may be a class if it is at most this many times as frequent as the most frequent other label.
_MAX_FREQUENCY = 1.5
# -1 and 1 are two classes without a warning if at most this fraction of the samples is -1.
_MAX_SHARE = 0.9


def known_labels(missing_label, everything, own=None, classes=None):
    """Return labels without those that mark unlabeled samples, and the label that marks them.

    Parameters
    ----------
    missing_label : object
        The parameter of the classifier.

    everything : Labels
        All labels that were given, by which "auto" is decided.

    own : Labels or None, default=None
        The labels that are returned, if these are not all.

    classes : ndarray or None, default=None
        The classes of an earlier fit.

    Returns
    -------
    labels : Labels
        Which samples have a label, and the labels.

    marker : object
        None if no label marks unlabeled samples.
    """
    marker = _marker(missing_label, everything, classes)
    if not is_missing(missing_label):
        _check_no_missing_values(everything, -1 if marker is None else marker)
    labels = everything if own is None else own
    return (labels if marker is None else labels.without(marker)), marker


def _marker(missing_label, labels, classes):
    """Return the label of unlabeled samples, or None if it is not a label."""
    if is_missing(missing_label):
        return None
    if not (isinstance(missing_label, str) and missing_label == "auto"):
        return missing_label
    if classes is None:
        return _usual_marker(labels)
    return None if np.isin(-1, classes) else -1


def _usual_marker(labels):
    """Return -1, or None if -1 and one other value are the classes."""
    values = labels.distinct()
    if len(values) > 2 and "-1" in values:
        raise ValueError(
            'y contains the string "-1" and other strings. Unlabeled samples are marked by the '
            'number -1, in an array of dtype=object: pass such an array, or set missing_label="-1".'
        )
    if len(values) == 2 and -1 in values and not any(isinstance(v, bool | str) for v in values):
        _warn_if_a_marker(*(values - {-1}), labels.known)
        return None
    _warn_if_a_class(labels.known)
    return -1


def _warn_if_a_marker(other, known):
    """Warn if -1 may mark unlabeled samples, because it is used as a class next to another one.

    -1 and 1 are the usual labels of two classes, unless nearly all samples have the label -1. If it
    marked unlabeled samples, there would be a single class, of which nothing can be learned: it is
    therefore used as a class in any case.
    """
    n_negative = int(np.count_nonzero(known.astype(np.float64) == -1))
    if other == 1 and n_negative <= _MAX_SHARE * len(known):
        return
    warn_user(
        f"y contains only -1 ({n_negative} of {len(known)} samples) and {other}, which are used as "
        "the two classes. If -1 marks unlabeled samples, set missing_label=-1; if it is a class, "
        "set missing_label=None.",
        UserWarning,
    )


def _warn_if_a_class(known):
    """Warn if -1 may be a class: one of consecutive integers, not more frequent than the others."""
    if {type(label) for label in known.tolist()} - {int, float}:
        return
    values, counts = np.unique(known.astype(np.float64), return_counts=True)
    is_other, is_scale = values != -1, (np.diff(values) == 1).all()
    if len(values) < 3 or is_other.all() or not is_scale:
        return
    n_unlabeled = counts[~is_other][0]
    if n_unlabeled <= _MAX_FREQUENCY * counts[is_other].max():
        warn_user(
            f"y contains -1 in {n_unlabeled} of {len(known)} samples, about as often as the other "
            "integers. These samples are used as unlabeled ones. If -1 is a class, set "
            "missing_label=None; otherwise, set missing_label=-1.",
            UserWarning,
        )


def _check_no_missing_values(labels, marker):
    """Raise ValueError if labels are missing, but not marked by the label `marker`."""
    if labels.is_known.all():
        return
    raise ValueError(
        f"Input y contains NaN: {(~labels.is_known).sum()} of {len(labels.is_known)} labels are "
        "missing values (None, NaN or NA). To use these samples as unlabeled ones, set "
        f"missing_label=None. To mark them by {marker!r} instead, replace the missing values by "
        f"{marker!r}, in an array of dtype=object if the other labels are of another type."
    )
