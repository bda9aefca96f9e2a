"""Comparison of columns of numbers: units, precision, distributions and correlations."""

from __future__ import annotations

import numpy as np
from scipy.stats import ks_2samp
from sklearn.utils import Bunch

# Features with at most this many distinct values are compared as categories.
_MAX_CATEGORIES = 20
# Standardized values are clipped here, so that their squares are finite in float32.
_CLIP = 1e15
# Values that differ by at most this number of rounding errors are equal.
_MAX_ROUNDINGS = 4
# Relative rounding error of float64.
_DOUBLE = np.finfo(np.float64).eps


def compare_numbers(real, synthetic, *others):
    """Compare features that are numbers.

    Parameters
    ----------
    real, synthetic, *others : ndarray of shape (n_samples, n_features)
        Finite numbers.

    Returns
    -------
    Bunch
        `distance` and `std_ratio` of each feature, `correlation_difference`, `is_valid` (which
        synthetic values are in the range of the real ones) and `inputs`: all tables in standard
        deviations of the real features.
    """
    precision = _precision(real, synthetic, *others)
    real, synthetic, *others = _equally_rounded(real, synthetic, *others)
    matched, *others = [
        _without_rounding_errors(real, samples, precision) for samples in (synthetic, *others)
    ]
    return Bunch(
        distance=_feature_distances(real, matched),
        std_ratio=_std_ratios(real, synthetic),
        correlation_difference=_correlation_difference(real, synthetic),
        is_valid=(real.min(axis=0) <= matched) & (matched <= real.max(axis=0)),
        inputs=_standardized(real, matched, *others),
    )


# ------------------------------------------------------------------------- units and precision


def _equally_rounded(*tables):
    """Return tables in float64, rounded to float32 where one of them has no further digits.

    Otherwise 0.1 in float64 and 0.1 in float32 would be different values. Tables of float16 are
    treated likewise.
    """
    narrow = np.float16 if np.float16 in [samples.dtype for samples in tables] else np.float32
    tables = [samples.astype(np.float64) for samples in tables]
    rounded = [_rounded(samples, narrow) for samples in tables]
    is_same = [(a == b).all(axis=0) for a, b in zip(tables, rounded, strict=True)]
    pairs = zip(rounded, tables, strict=True)
    return [np.where(np.any(is_same, axis=0), narrower, samples) for narrower, samples in pairs]


def _rounded(samples, dtype):
    """Return values rounded to a narrower type; those beyond its range unchanged."""
    with np.errstate(over="ignore", under="ignore"):
        rounded = samples.astype(dtype).astype(np.float64)
    return np.where(np.isfinite(rounded) & ((rounded != 0) | (samples == 0)), rounded, samples)


def _precision(*tables):
    """Return the relative rounding error of the less precise table."""
    return max(np.finfo(a.dtype).eps if a.dtype.kind == "f" else _DOUBLE for a in tables)


def _without_rounding_errors(real, synthetic, precision):
    """Return the synthetic values, with the real value for those that are equal up to rounding."""
    own, exponents = in_own_units(real)
    spreads = np.ldexp(own.std(axis=0), exponents)
    columns = zip(real.T, synthetic.T, spreads, strict=True)
    limit = _MAX_ROUNDINGS * precision
    return np.column_stack([_matched(a, b, limit, spread) for a, b, spread in columns])


def _matched(real, synthetic, limit, spread):
    """Return the nearest real value where it is close enough; integers are exact."""
    values = np.unique(real)
    above = np.searchsorted(values, synthetic)
    low, high = values[np.maximum(above - 1, 0)], values[np.minimum(above, len(values) - 1)]
    with np.errstate(over="ignore"):
        nearest = np.where(high - synthetic < synthetic - low, high, low)
        nearest = np.where(above == 0, high, nearest)
        is_near = np.abs(nearest - synthetic) <= limit * np.maximum(np.abs(synthetic), spread)
    are_integers = (nearest == np.round(nearest)) & (synthetic == np.round(synthetic))
    return np.where(is_near & ~are_integers, nearest, synthetic)


def in_own_units(samples):
    """Return samples divided by powers of two, so that squares do not overflow, and exponents."""
    exponents = np.frexp(np.abs(samples).max(axis=0))[1]
    return np.ldexp(samples, -exponents), exponents


def _standardized(real, *others):
    """Return tables in standard deviations of the real features, within float32."""
    own, exponents = in_own_units(real)
    center, scale = own.mean(0), own.std(0)
    scale[np.ptp(own, axis=0) == 0] = 1.0
    with np.errstate(over="ignore"):
        others = [np.ldexp(samples, -exponents) for samples in others]
        tables = [(samples - center) / scale for samples in (own, *others)]
        return [np.clip(samples, -_CLIP, _CLIP) for samples in tables]


# -------------------------------------------------------------------------------- comparisons


def _feature_distances(real, synthetic):
    return np.array([_feature_distance(a, b) for a, b in zip(real.T, synthetic.T, strict=True)])


def _feature_distance(real, synthetic):
    values = np.unique(real)
    if len(values) > _MAX_CATEGORIES:
        return ks_2samp(real, synthetic, method="asymp").statistic
    frequencies = [(column[:, None] == values).mean(0) for column in (real, synthetic)]
    other = max(1 - frequencies[1].sum(), 0)  # negative by rounding
    return 0.5 * (np.abs(frequencies[0] - frequencies[1]).sum() + other)


def _std_ratios(real, synthetic):
    (real, own), (synthetic, other) = in_own_units(real), in_own_units(synthetic)
    varies = np.ptp(real, axis=0) > 0
    ratios = np.full(len(varies), np.nan)
    np.divide(synthetic.std(0), real.std(0), out=ratios, where=varies)
    with np.errstate(over="ignore"):
        return np.ldexp(ratios, other - own)


def _correlation_difference(real, synthetic):
    """Return the mean over pairs of features that are not constant in both tables."""
    (real, _), (synthetic, _) = in_own_units(real), in_own_units(synthetic)
    varies = (np.ptp(real, axis=0) > 0) & (np.ptp(synthetic, axis=0) > 0)
    pairs = np.triu_indices(varies.sum(), 1)
    if not len(pairs[0]):
        return 0.0
    a, b = (np.corrcoef(samples[:, varies], rowvar=False)[pairs] for samples in (real, synthetic))
    return float(np.abs(a - b).mean())
