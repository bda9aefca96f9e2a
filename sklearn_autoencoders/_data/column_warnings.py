"""Warnings of what a fit cannot learn of the columns, and of weights that are no counts."""

from __future__ import annotations

import numpy as np

from .._utils.user_warnings import warn_user
from .shapes import channel_of_features

# Number of values of a column from which on a warning is issued if all are unknown, and of
# categories that it shows.
_MIN_OBSERVED, _N_SHOWN = 10, 3
# Mean weight from which on weights are rather those of a survey than numbers of copies.
_LARGE_WEIGHT = 10


def warn_of_unknown_categories(estimator, X):
    """Warn of categories that the first fit did not have, once for each column or character."""
    known = estimator._warned_columns
    names = [name for name in estimator._columns.with_unknown(X) if name not in known]
    if names:
        kind = "characters" if estimator._is_of_texts else "categories"
        place = "" if estimator._is_of_texts else ", in the column(s)"
        warn_user(
            f"X has {kind} that did not occur in the first call of fit or partial_fit{place} "
            f"{', '.join(map(repr, names))}. {estimator._unknown_are} If the network should learn "
            f"them, start with a fit to samples that contain all {kind}.",
            UserWarning,
        )
        estimator._warned_columns = [*known, *names]


def warn_of_unknown_columns(estimator, X, cells):
    """Warn of columns of categories all of whose values did not occur in the fit.

    A few values say nothing: single samples are predicted, and rare values may be in few samples.
    Neither are columns named of whose unknown categories `partial_fit` has warned, and those of
    identifiers, of which new ones are expected: a category for every second sample of the fit.
    """
    columns, warned = estimator._columns, estimator._warned_columns
    are_categories = np.array(columns.n_categories) > 0
    empty = np.flatnonzero(are_categories & np.isnan(cells).all(axis=0))
    if len(cells) < _MIN_OBSERVED or not len(empty):
        return
    found = [
        f"{name!r} ({_shown(values)}, in the fit {_shown(known)})"
        for name, known, values, n_observed in columns.observed(X, empty)
        if n_observed >= _MIN_OBSERVED
        and name not in warned
        and 2 * len(known) < estimator.n_samples_seen_
    ]
    if found:
        warn_user(
            f"No value of the column(s) {', '.join(found)} occurred in the fit. "
            f"{estimator._unknown_are} Write the categories as in the fit.",
            UserWarning,
        )


def _shown(values):
    """Return the first values, as a text."""
    return " ".join(map(repr, values[:_N_SHOWN])) + (" ..." if len(values) > _N_SHOWN else "")


def warn_of_empty_features(estimator, name, network):
    """Warn of features without any value, apart from the padding of series."""
    empty = estimator._empty_features
    if getattr(network, "time_axis", None) is not None:
        empty = _of_empty_channels(empty, network, estimator.n_features_in_)
    if len(empty):
        names = getattr(estimator, "feature_names_in_", range(estimator.n_features_in_))
        warn_user(
            f"{len(empty)} feature(s) of {name} contain only missing values, the first is "
            f"{names[empty[0]]!r}. They are ignored: nothing is learned of them, and they are NaN "
            "in reconstructions.",
            UserWarning,
        )


def _of_empty_channels(empty, network, n_features):
    """Return those of the empty features of series that are not padding of a channel."""
    channel = channel_of_features(network, n_features)
    known = np.delete(channel, empty)
    return empty[~np.isin(channel[empty], known)]


def warn_of_large_weights(weight):
    """Warn if the positive weights of samples are so large that they may be no counts."""
    if weight.mean() >= _LARGE_WEIGHT:
        warn_user(
            f"sample_weight has a mean of {weight.mean():.3g}. A sample of weight 2 counts as two "
            f"samples, so that the model is fitted as to {weight.sum():.3g} samples. If weights "
            "are no numbers of copies, such as those of a survey, divide them by their mean.",
            UserWarning,
        )
