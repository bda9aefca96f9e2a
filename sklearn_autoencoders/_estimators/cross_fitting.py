"""Cross-fitting: codes of samples from encoders that were fitted without them."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.parallel import Parallel, delayed

from .._training.loop.at_once import AtOnceBackend
from .._utils.labels import Labels, single_column
from .._utils.output import plain_output
from .._utils.rows import rows_of
from .._utils.sklearn_compat import check_cv, check_method_params, num_samples

# With more values in all copies of the samples, fewer encoders are fitted at once.
_MAX_VALUES = 2**25

# Ridge penalty of the map between codes of two encoders, as a fraction of the number of samples.
_SHRINKAGE = 1e-3


class Arguments(NamedTuple):
    """What a transformer is fitted to: samples, their target, and parameters by method.

    `y` is None if there is no target. Values of `params` with one entry per sample are split like
    the samples.
    """

    X: Any
    y: Any
    params: dict[str, dict[str, Any]]

    def of(self, rows):
        """Return the arguments for the given rows, with parameters of `fit` and `transform`."""
        chosen = {
            method: check_method_params(self.X, self.params.get(method, {}), indices=rows)
            for method in ("fit", "transform")
        }
        y = None if self.y is None else rows_of(self.y, rows)
        return Arguments(rows_of(self.X, rows), y, chosen)


def check_groups(union, method, params):
    """Raise ValueError if groups are given to a number of folds, which does not use them."""
    cv = union.cross_fit
    if not isinstance(cv, Integral) or params.get("groups") is None:
        return
    is_routed = get_config()["enable_metadata_routing"]
    if not (is_routed and union.get_metadata_routing().consumes(method, {"groups"})):
        raise ValueError(
            f"cross_fit={cv} does not use groups. Use cross_fit=GroupKFold({cv}), which keeps the "
            "samples of a group in one fold."
        )


def partition(cv, X, y, seed, **params):
    """Return folds in which every sample is held out exactly once.

    Parameters
    ----------
    cv : int, cross-validation generator or iterable
        As in scikit-learn. If it is a number of folds, they are drawn at random.

    X, y : array-like
        Samples and, if there is one, their target.

    seed : int
        Seed of the random folds.

    **params : dict
        Parameters of `split`, such as `groups`.

    Returns
    -------
    list of (ndarray, ndarray)
        Indices of the training samples and of the held-out samples.

    Raises
    ------
    ValueError
        If a sample is not held out exactly once.
    """
    labels = _class_labels(y)
    if labels is not None and (isinstance(cv, Integral) or not labels.is_complete):
        y = labels.codes()  # samples without a label are one more class
    folds = check_cv(cv, y, classifier=labels is not None, seed=seed)
    folds = list(folds.split(X, y, **params))
    held_out = np.concatenate([test for _, test in folds]) if folds else np.array([])
    if not np.array_equal(np.sort(held_out), np.arange(num_samples(X))):
        raise ValueError(
            f"cross_fit={cv!r} must hold out every sample exactly once, as KFold does; a generator "
            "of splits can only be used for one fit."
        )
    return folds


def _class_labels(y):
    """Return the class labels in y, or None if it does not contain class labels."""
    is_float = getattr(getattr(y, "dtype", None), "kind", "") == "f"
    if y is None or issparse(y) or is_float:
        return None
    y = single_column(y)
    if len(getattr(y, "shape", (0,))) != 1:
        return None
    labels = Labels.of(y)
    return labels if labels.are_classes else None


def out_of_fold_output(name, encoder, factor, arguments, folds):
    """Return the output of one transformer for its training samples, without leakage.

    Parameters
    ----------
    name : str
        Name of the transformer, for error messages.

    encoder : transformer
        Fitted to all samples.

    factor : float or None
        Multiplies the output.

    arguments : Arguments
        The training samples, their target and the parameters.

    folds : list of (ndarray, ndarray) or None
        Indices of the training samples and of the held-out samples. None if the output does not
        depend on them.

    Returns
    -------
    ndarray or sparse matrix of shape (n_samples, n_features_out)
        The output of the encoder or, if it learns from the samples, the codes of copies that were
        fitted without them.
    """
    output = plain_output(encoder, arguments.X, **arguments.params.get("transform", {}))
    if folds is not None and not _is_fixed(encoder):
        output = _cross_fitted(name, encoder, arguments, folds, _as_dense(output))
    return output if factor is None else output * factor


def _is_fixed(encoder):
    """Return whether the encoder does not learn from the samples."""
    return isinstance(encoder, FrozenEstimator) or not get_tags(encoder).requires_fit


def _cross_fitted(name, encoder, arguments, folds, final):
    """Return out-of-fold codes of all samples, aligned with the codes of a final encoder.

    The codes of each fold are mapped linearly to the final codes, because the axes of encoders of
    different folds do not correspond.
    """
    output = np.empty(final.shape, final.dtype if final.dtype.kind == "f" else np.float64)
    n_values = math.prod(getattr(arguments.X, "shape", (num_samples(arguments.X),)))
    n_at_once = min(max(_MAX_VALUES // n_values, 1), len(folds))
    jobs = (delayed(_held_out)(name, encoder, arguments, fold, final) for fold in folds)
    found = Parallel(n_jobs=n_at_once, backend=AtOnceBackend())(jobs)
    for (_, test), codes in zip(folds, found, strict=True):
        output[test] = codes
    return output


def _held_out(name, encoder, arguments, fold, final):
    """Return the codes of the samples that one fold holds out, after the map to final codes."""
    train, test = (arguments.of(rows) for rows in fold)
    fitted = clone(encoder).fit(train.X, train.y, **train.params["fit"])
    codes = _as_dense(plain_output(fitted, train.X, **train.params["transform"]))
    held_out = _as_dense(plain_output(fitted, test.X, **test.params["transform"]))
    _check_finite(name, codes, held_out, final)
    weight = train.params["fit"].get("sample_weight")
    return _mapped(codes, final[fold[0]], weight, held_out)


def _mapped(codes, final, weight, held_out):
    """Return held-out codes after the linear map from codes to final codes."""
    scaler = StandardScaler().fit(codes)
    ridge = Ridge(_SHRINKAGE * len(codes))
    ridge.fit(plain_output(scaler, codes), final, sample_weight=weight)
    found = ridge.predict(plain_output(scaler, held_out))
    return found.reshape(len(held_out), -1)  # a vector if there is one component


def _check_finite(name, *arrays):
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError(
            f"cross_fit requires codes without NaN and infinity, but {name!r} among the encoders "
            "returned some. Impute missing values before or within this encoder, or use "
            "cross_fit=None."
        )


def _as_dense(output):
    """Return the output of a transformer as a dense array."""
    return output.toarray() if issparse(output) else output
