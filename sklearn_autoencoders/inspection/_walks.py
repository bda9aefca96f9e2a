"""Codes along paths in the latent space, and their decoding."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar

from ._samples import conditioned


def levels_between(quantiles, n_steps):
    """Return evenly spaced numbers from the first quantile to the second."""
    check_scalar(n_steps, "n_steps", Integral, min_val=2)
    if np.shape(quantiles) != (2,) or not 0 <= quantiles[0] < quantiles[1] <= 1:
        raise ValueError(
            f"quantiles must be two increasing numbers between 0 and 1; got {quantiles!r}."
        )
    return np.linspace(*quantiles, n_steps)


def along_components(codes, components, levels, start=None):
    """Return paths on which one component of a code is varied over its quantiles.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, n_components)
        Codes that determine the quantiles.

    components : ndarray of shape (n_paths,)
        Components that are varied, one for each path.

    levels : ndarray of shape (n_steps,)
        The quantiles.

    start : int or None, default=None
        Index of the code that is varied. None varies the median of the codes.

    Returns
    -------
    ways : ndarray of shape (n_paths, n_steps, n_components)
        The codes on the paths.

    positions : ndarray of shape (n_paths, n_steps)
        Values of the varied component.
    """
    if start is not None:
        check_scalar(start, "start", Integral, min_val=0, max_val=len(codes) - 1)
    if len(np.unique(codes[:, components], axis=0)) < 2:
        raise ValueError(
            "X must have at least two samples with different codes, whose quantiles define the "
            f"path; got {len(codes)} sample(s) with one code."
        )
    code = np.median(codes, axis=0) if start is None else codes[start]
    positions = np.quantile(codes[:, components], levels, axis=0).T
    ways = np.tile(code, (*positions.shape, 1))
    for way, component, position in zip(ways, components, positions, strict=True):
        way[:, component] = position
    return ways, positions


def decoded(estimator, ways, y=None):
    """Decode codes of shape (n_paths, n_steps, n_components)."""
    flat = ways.reshape(-1, ways.shape[2])
    return conditioned(estimator.inverse_transform, flat, y).reshape(*ways.shape[:2], -1)
