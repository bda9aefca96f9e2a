"""Outputs of fitted estimators for the blocks of dask arrays and frames, computed when needed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._utils.optional_imports import import_optional
from .._utils.output import plain_output
from ._partitions import dtype_of, in_blocks, is_frame


def transform(estimator: Any, X: Any) -> Any:
    """Return the codes of samples, block by block, when they are computed.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with the method `transform`.

    X : dask array of shape (n_samples, n_features) or dask frame
        Samples. Missing values are encoded as NaN.

    Returns
    -------
    dask array of shape (n_samples, n_components_) or dask frame
        The codes, as `estimator.transform` returns them for each block; a frame, with the index of
        X and the names of `get_feature_names_out`, if X is one. Nothing is computed yet.

    Raises
    ------
    TypeError
        If X is not a dask array or frame.

    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> import dask.array
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.dask import transform
    >>> X = np.random.default_rng(0).normal(size=(200, 6))
    >>> model = AutoencoderTransformer(2, max_epochs=2, random_state=0).fit(X)
    >>> codes = transform(model, dask.array.from_array(X, chunks=(50, 6)))
    >>> codes.shape, codes.numblocks
    ((200, 2), (4, 1))
    >>> bool(np.allclose(codes, model.transform(X)))
    True
    """
    return _outputs(estimator, X, "transform")


def score_samples(estimator: Any, X: Any) -> Any:
    """Return the scores of samples, block by block, when they are computed.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with the method `score_samples`.

    X : dask array of shape (n_samples, n_features) or dask frame
        Samples. Missing values are encoded as NaN.

    Returns
    -------
    dask array of shape (n_samples,) or dask series
        The scores, as `estimator.score_samples` returns them for each block; a series, with the
        index of X, if X is a frame.

    Raises
    ------
    TypeError
        If X is not a dask array or frame.

    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> import dask.array
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderOutlierDetector
    >>> from sklearn_autoencoders.dask import score_samples
    >>> X = np.random.default_rng(0).normal(size=(200, 6))
    >>> model = AutoencoderOutlierDetector(2, max_epochs=2, random_state=0).fit(X)
    >>> scores = score_samples(model, dask.array.from_array(X, chunks=(50, 3)))
    >>> bool(np.allclose(scores, model.score_samples(X)))
    True
    """
    return _outputs(estimator, X, "score_samples")


def predict(estimator: Any, X: Any) -> Any:
    """Return the predictions for samples, block by block, when they are computed.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator with the method `predict`.

    X : dask array of shape (n_samples, n_features) or dask frame
        Samples. Missing values are encoded as NaN.

    Returns
    -------
    dask array of shape (n_samples,) or (n_samples, n_outputs), or dask series or frame
        The predictions, as `estimator.predict` returns them for each block; a series or a frame,
        with the index of X, if X is a frame.

    Raises
    ------
    TypeError
        If X is not a dask array or frame.

    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> import dask.array
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderRegressor
    >>> from sklearn_autoencoders.dask import predict
    >>> X = np.random.default_rng(0).normal(size=(200, 6))
    >>> model = AutoencoderRegressor(2, max_epochs=2, random_state=0).fit(X, X[:, 0])
    >>> predict(model, dask.array.from_array(X, chunks=(50, 6))).shape
    (200,)
    """
    return _outputs(estimator, X, "predict")


def _outputs(estimator: Any, X: Any, method: str) -> Any:
    import_optional("dask.array", "dask", f"sklearn_autoencoders.dask.{method}")
    check_is_fitted(estimator)
    X = in_blocks(X)
    if is_frame(X):
        # two rows, since the values of others are unknown before they are read
        meta = _of_frame(X._meta_nonempty, estimator, method).iloc[:0]
        return X.map_partitions(_of_frame, estimator, method, meta=meta, enforce_metadata=False)
    sample = np.zeros((1, X.shape[1]), dtype_of(X))
    output = plain_output(estimator, sample, method)
    shape = {"drop_axis": 1} if output.ndim == 1 else {"chunks": (X.chunks[0], output.shape[1:])}
    function = partial(plain_output, estimator, method=method)
    return X.map_blocks(function, dtype=output.dtype, meta=output[:0], **shape)


def _of_frame(part: Any, estimator: Any, method: str) -> Any:
    """Return the output for a partition, with its index."""
    frame = type(part)
    if not len(part):
        return frame(index=part.index)
    output = plain_output(estimator, part, method)
    if output.ndim == 1:
        return frame(output, index=part.index)[0].rename(method)
    names = estimator.get_feature_names_out() if method == "transform" else None
    return frame(output, index=part.index, columns=names)
