"""The nearest neighbors of the training samples, for the penalty that preserves them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._data.sources.arrays import chunks_of
from .._data.statistics.neighbors import NeighborSearch
from .._data.statistics.scaling import Scaling
from .._utils.labels import Labels
from .._utils.user_warnings import warn_user
from .parameters import neighbor_penalty

# With more samples than this, comparing all pairs of samples takes longer than training.
_MAX_EXACT = 200_000
# With a larger fraction of missing values, a warning says that neighbors are uncertain.
_MAX_MISSING = 0.25


def with_neighbors(estimator, data, y, rng):
    """Return the data with the neighbors of the training samples, if a penalty uses them."""
    penalty = neighbor_penalty(estimator)
    if penalty is None:
        return data
    search = NeighborSearch(penalty.n_neighbors, penalty.metric, penalty.approximate)
    groups = _groups(data, y) if penalty.supervised else None
    weight = data.training_weight
    rows = np.arange(len(data.X)) if weight is None else np.flatnonzero(weight)
    _warn_if_uncertain(data, len(rows), penalty)
    scaling = Scaling(estimator.center_, estimator.scale_)
    axes = _principal_axes(estimator, data)
    found = search(data.X, rows, estimator._layout, scaling, rng, weight, groups, axes)
    return replace(data, neighbors=found)


def _principal_axes(estimator, data):
    """Return the principal components at which a new network operates, if they are those of X."""
    subspace = estimator.network_.subspace
    is_of_others = estimator.n_epochs_ > 0 or data.clean is not None
    return None if subspace is None or is_of_others else subspace[0].weight.cpu().numpy()


def _groups(data, y):
    """Return a number for the class of each sample, -1 for samples without a label."""
    if y is None:
        raise ValueError("Neighbors(supervised=True) requires class labels: pass y to fit.")
    labels = Labels.of(data.of(y)).without(-1)
    if not labels.are_classes:
        raise ValueError(
            "Neighbors(supervised=True) requires class labels; got continuous values of y. Use "
            "supervised=False, or divide y into classes, for instance by KBinsDiscretizer."
        )
    return labels.codes()


def _warn_if_uncertain(data, n_rows, penalty):
    if n_rows > _MAX_EXACT and not penalty.approximate:
        warn_user(
            f"All pairs of {n_rows} samples are compared, which takes minutes. "
            "Neighbors(approximate=True) searches faster."
        )
    if data.has_missing and (share := _share_of_missing(data.X)) > _MAX_MISSING:
        warn_user(
            f"{share:.0%} of the values are missing. Neighbors are searched with means in their "
            "place, and may be wrong. Impute X before, for instance by DenoisingAutoencoder."
        )


def _share_of_missing(X):
    return sum(np.isnan(part).mean(axis=1).sum() for _, part in chunks_of(X)) / len(X)
