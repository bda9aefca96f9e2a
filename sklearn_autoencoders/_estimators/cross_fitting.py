"""Cross-fitting: codes of samples from encoders that were fitted without them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target

from .._utils.sklearn_compat import check_cv, check_method_params, num_samples, safe_indexing

# Ridge penalty of the map between codes of two encoders, as a fraction of the number of samples.
_SHRINKAGE = 1e-3


def partition(cv, X, y, seed):
    """Return folds in which every sample is held out exactly once.

    Parameters
    ----------
    cv : int, cross-validation generator or iterable
        As in scikit-learn. If it is a number of folds, they are drawn at random.

    X, y : array-like
        Samples and, if there is one, their target.

    seed : int
        Seed of the random folds.

    Returns
    -------
    list of (ndarray, ndarray)
        Indices of the training samples and of the held-out samples.

    Raises
    ------
    ValueError
        If a sample is not held out exactly once.
    """
    may_be_class = y is not None and np.asarray(y).dtype.kind != "f"
    is_class = may_be_class and type_of_target(y) in ("binary", "multiclass")
    folds = check_cv(cv, y, classifier=is_class, seed=seed)
    folds = list(folds.split(X, y))
    held_out = np.concatenate([test for _, test in folds]) if folds else np.array([])
    if not np.array_equal(np.sort(held_out), np.arange(num_samples(X))):
        raise ValueError(
            f"cross_fit={cv!r} must hold out every sample exactly once, as KFold does; a generator "
            "of splits can only be used for one fit."
        )
    return folds


def cross_fitted(encoder, X, y, params, folds, final):
    """Return out-of-fold codes of all samples, aligned with the codes of a final encoder.

    Parameters
    ----------
    encoder : transformer
        Encoder of which a copy is fitted for each fold.

    X, y : array-like
        Samples and, if there is one, their target.

    params : dict
        Parameters of `fit`. Values with one entry per sample are split like the samples.

    folds : list of (ndarray, ndarray)
        Indices of the training samples and of the held-out samples.

    final : ndarray of shape (n_samples, n_codes)
        Codes of the encoder that was fitted to all samples.

    Returns
    -------
    ndarray of shape (n_samples, n_codes)
        The codes of each fold after a linear map to the final codes. The map is required because
        the axes of encoders of different folds do not correspond.
    """
    output = np.empty_like(final)
    for train, test in folds:
        own = check_method_params(X, params, indices=train)
        X_train = safe_indexing(X, train)
        fold = clone(encoder).fit(X_train, None if y is None else safe_indexing(y, train), **own)
        to_final = make_pipeline(StandardScaler(), Ridge(_SHRINKAGE * len(train)))
        weight = own.get("sample_weight")
        to_final.fit(dense(fold.transform(X_train)), final[train], ridge__sample_weight=weight)
        output[test] = to_final.predict(dense(fold.transform(safe_indexing(X, test))))
    return output


def dense(codes):
    """Return codes as a dense array."""
    return codes.toarray() if issparse(codes) else np.asarray(codes)
