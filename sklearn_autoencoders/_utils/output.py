"""Output of other estimators for internal use."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import config_context


def plain_output(estimator: Any, X: Any, method: str = "transform", **params: Any) -> Any:
    """Return the output of a method as an array, whatever containers the user has configured.

    Parameters
    ----------
    estimator : estimator
        Has the method. Its own `set_output` can differ from the configuration.

    X : array-like
        Samples.

    method : str, default="transform"
        Name of a method.

    **params : dict
        Other parameters of the method.

    Returns
    -------
    ndarray or sparse matrix
        The output.
    """
    with config_context(transform_output="default"):
        output = getattr(estimator, method)(X, **params)
    return output if issparse(output) else np.asarray(output)
