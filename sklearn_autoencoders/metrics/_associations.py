"""Association between columns of numbers and of categories."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ._numbers import in_own_units


def association_difference(real, synthetic, is_category):
    """Return the mean absolute difference of the associations of all pairs of columns.

    Parameters
    ----------
    real, synthetic : ndarray of shape (n_samples, n_columns)
        Numbers and indices of categories, NaN if missing.

    is_category : sequence of bool
        Which columns are categories.

    Returns
    -------
    float
        Pairs with a column that is constant in one of the tables are left out.
    """
    pairs = list(combinations(range(real.shape[1]), 2))
    found = [
        np.array([_association(cells, pair, is_category) for pair in pairs])
        for cells in (real, synthetic)
    ]
    differences = np.abs(found[0] - found[1])
    is_known = ~np.isnan(differences)
    return float(differences[is_known].mean()) if is_known.any() else 0.0


def _association(cells, pair, is_category):
    """Return the association of two columns, in samples of which both values are known."""
    first, second = sorted(pair, key=is_category.__getitem__)  # numbers first
    columns = cells[:, [first, second]]
    columns = columns[~np.isnan(columns).any(axis=1)]
    if not len(columns) or (np.ptp(columns, axis=0) == 0).any():
        return np.nan
    return _MEASURES[is_category[first] + is_category[second]](*columns.T)


def _pearson(a, b):
    """Return Pearson's correlation of two numbers."""
    return np.corrcoef(in_own_units(a)[0], in_own_units(b)[0])[0, 1]


def _correlation_ratio(numbers, categories):
    """Return the root of the share of the variance between categories, without its bias."""
    numbers, groups = in_own_units(numbers)[0], _positions(categories)
    counts = np.bincount(groups)
    within = numbers - (np.bincount(groups, numbers) / counts)[groups]
    total = numbers - numbers.mean()
    freedom = max(len(numbers) - len(counts), 0) / (len(numbers) - 1)
    unexplained = (within @ within) / (total @ total) / freedom if freedom else 1.0
    return np.sqrt(max(1 - unexplained, 0.0))


def _cramers_v(a, b):
    """Return Cramér's V of two categories, without its bias."""
    a, b = _positions(a), _positions(b)
    shape, n_samples = np.array([a.max() + 1, b.max() + 1]), len(a)
    counts = np.bincount(a * shape[1] + b, minlength=shape.prod()).reshape(shape)
    expected = np.outer(counts.sum(1), counts.sum(0)) / n_samples
    share = ((counts - expected) ** 2 / expected).sum() / n_samples
    share -= (shape - 1).prod() / (n_samples - 1)
    largest = (shape - 1 - (shape - 1) ** 2 / (n_samples - 1)).min()
    return np.sqrt(max(share, 0.0) / largest) if largest > 0 else 0.0


def _positions(categories):
    """Return the index of each category among those that occur."""
    return np.unique(categories, return_inverse=True)[1]


# By the number of categories among two columns.
_MEASURES = {0: _pearson, 1: _correlation_ratio, 2: _cramers_v}
