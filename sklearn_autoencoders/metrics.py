"""Comparison of synthetic samples with real ones."""

from __future__ import annotations

import numpy as np
from scipy.stats import ks_2samp
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import Bunch, check_array

from ._utils.labels import Labels, single_column
from ._utils.output import names_of_columns
from ._utils.random import draw_seed, own_random_state
from ._utils.sklearn_compat import check_cv
from ._utils.tensors import without_tensor

__all__ = ["generation_report"]

# Features with at most this many distinct values are compared as categories.
_MAX_CATEGORIES = 20
# Kinds of targets: the first one is predicted by regression, other ones by classification.
_NUMBERS, _NUMERIC_LABELS = "continuous numbers", "integers as labels"
# Number of folds of each cross-validation.
_N_FOLDS = 5
# Distance of equal samples, in standard deviations per feature, as a matrix product rounds it.
_SAME = 1e-7
# Standardized values are clipped here, so that their squares are finite in float32.
_CLIP = 1e15
# Values that differ by at most this number of rounding errors are equal.
_MAX_ROUNDINGS = 4
# Relative rounding error of float64.
_DOUBLE = np.finfo(np.float64).eps


def generation_report(real, synthetic, y_real=None, y_synthetic=None, *, random_state=None):
    """Compare synthetic samples with real ones.

    Parameters
    ----------
    real : array-like of shape (n_real, n_features)
        Real samples: the training samples of the generator or, for a stricter comparison, other
        samples.

    synthetic : array-like of shape (n_synthetic, n_features)
        Samples drawn from the generator, preferably as many as there are real samples.

    y_real : array-like of shape (n_real,), default=None
        Class labels or a continuous target.

    y_synthetic : array-like of shape (n_synthetic,), default=None
        Labels or target on which the synthetic samples were conditioned.

    random_state : int, RandomState instance or None, default=None
        Determines the folds and the randomness of the forests. None uses fresh entropy.

    Returns
    -------
    Bunch
        `column_distance` of shape (n_features,): the Kolmogorov-Smirnov statistic or, for features
        with at most 20 distinct values, the total variation distance; 0 is best, 1 is worst. If
        the values of one table are those of float32, both are compared with this precision. Values
        that differ by a few rounding errors are equal.

        `std_ratio` of shape (n_features,): ratio of the synthetic to the real standard deviation;
        NaN for features that are constant in the real samples.

        `correlation_difference`: mean absolute difference of the correlations; 0 is best.

        `two_sample_auc`: cross-validated area under the ROC curve of a random forest that
        classifies samples as real or synthetic; 0.5 is best, 1 is worst, and values far below 0.5
        indicate copies. Integer or rounded features are recognized by their values alone, because a
        density cannot reproduce them. If this is not of interest, round the synthetic samples
        first.

        `nearest_ratio`: ratio of the median distance of synthetic samples to the nearest real
        sample to the median distance of real samples to the nearest other real sample, for
        standardized features. Values far below 1 indicate copies.

        `share_of_copies`: fraction of the synthetic samples that are closer to a real sample than
        99 % of the real samples are to each other. New samples of the same distribution would
        result in about 0.01. Larger values indicate copies, unless there are duplicates among the
        real samples.

        `real_score`, `synthetic_score`, `utility`: if y is given, the scores (accuracy or R²) on
        real samples of a random forest that is trained on other real samples (five folds) and of
        one that is trained on the synthetic samples, and the ratio of the second to the first. A
        ratio of 1 is best, a larger one indicates copies or chance, and NaN means that y cannot be
        predicted even from real samples.

    Raises
    ------
    ValueError
        If the samples or the targets cannot be compared, or if only one of the targets is given.

    References
    ----------
    .. [1] L. Xu, M. Skoularidou, A. Cuesta-Infante and K. Veeramachaneni, "Modeling Tabular Data
       using Conditional GAN", NeurIPS 2019.

    .. [2] D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.metrics import generation_report
    >>> X, _ = load_iris(return_X_y=True)
    >>> generator = VAEGenerator(2, random_state=0).fit(X)
    >>> report = generation_report(X, generator.sample(150, random_state=0), random_state=0)
    >>> report.column_distance.shape
    (4,)
    """
    _check_feature_names(synthetic, real)
    samples = [_checked(real, "real"), _checked(synthetic, "synthetic")]
    n_real, n_synthetic = (table.shape[1] for table in samples)
    if n_real != n_synthetic:
        raise ValueError(
            f"real has {n_real} features and synthetic has {n_synthetic}. They must have the same "
            "number of features."
        )
    targets = _checked_targets(y_real, y_synthetic, *samples)
    seed = draw_seed(own_random_state(random_state))
    real, synthetic = _equally_rounded(*samples)
    matched = _without_rounding_errors(real, synthetic, _precision(*samples))
    standardized = _standardized(real, matched)
    report = Bunch(
        column_distance=_feature_distances(real, matched),
        std_ratio=_std_ratios(real, synthetic),
        correlation_difference=_correlation_difference(real, synthetic),
        two_sample_auc=_two_sample_auc(*standardized, seed),
        **_nearness(*standardized),
    )
    if targets is not None:
        report.update(_utility(*standardized, *targets, seed))
    return report


# ----------------------------------------------------------------------------------- validation


def _checked(samples, name):
    """Return samples as an array of finite numbers."""
    given = samples
    settings = {"ensure_all_finite": "allow-nan", "ensure_min_samples": _N_FOLDS}
    try:
        samples = check_array(without_tensor(samples), input_name=name, **settings)
    except (TypeError, ValueError) as error:
        if name in str(error):
            raise
        raise type(error)(f"{name} must be a table of numbers. {error}") from error
    _raise_if_missing(np.isnan(samples), names_of_columns(given), name)
    return samples


def _raise_if_missing(is_missing, names, name):
    is_empty = is_missing.all(axis=0)
    if is_empty.any():
        names = np.arange(len(is_empty)) if names is None else np.asarray(names, dtype=object)
        raise ValueError(
            f"{name} has no values in the feature(s) {names[is_empty].tolist()}. Drop them from "
            "both tables: they cannot be imputed."
        )
    if is_missing.any():
        raise ValueError(
            f"{name} contains NaN. Impute missing values first, for instance with "
            "VAEGenerator.impute."
        )


def _checked_targets(y_real, y_synthetic, real, synthetic):
    """Return both targets as arrays of one dimension, or None if there are none."""
    if (y_real is None) != (y_synthetic is None):
        raise ValueError("y_real and y_synthetic must be given together, or neither.")
    if y_real is None:
        return None
    targets = (
        _checked_target(y_real, "y_real", real, "real"),
        _checked_target(y_synthetic, "y_synthetic", synthetic, "synthetic"),
    )
    kinds = [_kind_of_target(y) for y in targets]
    if kinds[0] != kinds[1] and kinds != [_NUMBERS, _NUMERIC_LABELS]:
        raise ValueError(
            f"y_real and y_synthetic must be of one kind; got {kinds[0]} in y_real and {kinds[1]} "
            "in y_synthetic. Convert y_synthetic to the labels of y_real."
        )
    if kinds[0] != _NUMBERS and np.unique(targets[0], return_counts=True)[1].max() < _N_FOLDS:
        raise ValueError(
            f"y_real must contain a label that {_N_FOLDS} samples have, as there are {_N_FOLDS} "
            "folds. Use more real samples, or merge rare labels."
        )
    return targets


def _checked_target(y, name, samples, name_of_samples):
    """Return a target as an array of numbers, of booleans or of strings."""
    y = single_column(y)
    if np.ndim(y) != 1:
        raise ValueError(
            f"{name} must have one value per sample; got an array of shape {np.shape(y)}. Pass a "
            "single target."
        )
    if len(y) != len(samples):
        raise ValueError(
            f"{name_of_samples} and {name} have inconsistent numbers of samples: {len(samples)} "
            f"and {len(y)}. Pass one value per sample."
        )
    if not _has_infinity(y):
        labels = Labels.of(y, name)
        values = labels.of_one_type(name)
        if labels.is_known.all() and not _has_infinity(values):
            return np.array(values.tolist()) if values.dtype.kind == "O" else values
    raise ValueError(f"{name} contains NaN, infinity or missing labels. Drop these samples.")


def _has_infinity(values):
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    return kind == "f" and bool(np.isinf(values).any())


def _kind_of_target(y):
    if y.dtype.kind not in "biuf":
        return "strings"
    is_integer = (y == np.round(y)) & (np.abs(y) < 2**53) if y.dtype.kind == "f" else np.True_
    return _NUMERIC_LABELS if is_integer.all() else _NUMBERS


def _check_feature_names(synthetic, real):
    """Raise if both tables have column names and the names differ."""
    names = [names_of_columns(samples) for samples in (real, synthetic)]
    if all(name is not None for name in names) and list(names[0]) != list(names[1]):
        raise ValueError(
            f"real has the columns {list(names[0])} and synthetic has {list(names[1])}. They must "
            "have the same columns in the same order."
        )


# ------------------------------------------------------------------------- units and precision


def _equally_rounded(real, synthetic):
    """Return both tables in float64, rounded to float32 where one of them has no further digits.

    Otherwise 0.1 in float64 and 0.1 in float32 would be different values. Tables of float16 are
    treated likewise.
    """
    narrow = np.float16 if np.float16 in (real.dtype, synthetic.dtype) else np.float32
    tables = [samples.astype(np.float64) for samples in (real, synthetic)]
    rounded = [_rounded(samples, narrow) for samples in tables]
    is_same = [(a == b).all(axis=0) for a, b in zip(tables, rounded, strict=True)]
    pairs = zip(rounded, tables, strict=True)
    return [np.where(is_same[0] | is_same[1], narrower, samples) for narrower, samples in pairs]


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
    own, exponents = _in_own_units(real)
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


def _in_own_units(samples):
    """Return samples divided by powers of two, so that squares do not overflow, and exponents."""
    exponents = np.frexp(np.abs(samples).max(axis=0))[1]
    return np.ldexp(samples, -exponents), exponents


def _standardized(real, synthetic):
    """Return both tables in standard deviations of the real features, within float32."""
    own, exponents = _in_own_units(real)
    center, scale = own.mean(0), own.std(0)
    scale[np.ptp(own, axis=0) == 0] = 1.0
    with np.errstate(over="ignore"):
        other = np.ldexp(synthetic, -exponents)
        tables = ((samples - center) / scale for samples in (own, other))
        return tuple(np.clip(samples, -_CLIP, _CLIP) for samples in tables)


# -------------------------------------------------------------------------------- comparisons


def _feature_distances(real, synthetic):
    return np.array([_feature_distance(a, b) for a, b in zip(real.T, synthetic.T, strict=True)])


def _feature_distance(real, synthetic):
    values = np.unique(real)
    if len(values) > _MAX_CATEGORIES:
        return ks_2samp(real, synthetic, method="asymp").statistic
    frequencies = [(column[:, None] == values).mean(0) for column in (real, synthetic)]
    other = 1 - frequencies[1].sum()
    return 0.5 * (np.abs(frequencies[0] - frequencies[1]).sum() + other)


def _std_ratios(real, synthetic):
    (real, own), (synthetic, other) = _in_own_units(real), _in_own_units(synthetic)
    varies = np.ptp(real, axis=0) > 0
    ratios = np.full(len(varies), np.nan)
    np.divide(synthetic.std(0), real.std(0), out=ratios, where=varies)
    with np.errstate(over="ignore"):
        return np.ldexp(ratios, other - own)


def _correlation_difference(real, synthetic):
    """Return the mean over pairs of features that are not constant in both tables."""
    (real, _), (synthetic, _) = _in_own_units(real), _in_own_units(synthetic)
    varies = (np.ptp(real, axis=0) > 0) & (np.ptp(synthetic, axis=0) > 0)
    pairs = np.triu_indices(varies.sum(), 1)
    if not len(pairs[0]):
        return 0.0
    a, b = (np.corrcoef(samples[:, varies], rowvar=False)[pairs] for samples in (real, synthetic))
    return float(np.abs(a - b).mean())


def _two_sample_auc(real, synthetic, seed):
    samples = np.vstack([real, synthetic])
    is_synthetic = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = StratifiedKFold(_N_FOLDS, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(random_state=seed)
    chance = cross_val_predict(forest, samples, is_synthetic, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_synthetic, chance[:, 1]))


def _nearness(real, synthetic):
    neighbors = NearestNeighbors().fit(real)
    to_real = neighbors.kneighbors(synthetic, 1)[0][:, 0]
    among_real = neighbors.kneighbors(n_neighbors=1)[0][:, 0]
    usual, same = np.median(among_real), _SAME * np.sqrt(real.shape[1])
    return {
        "nearest_ratio": float(np.median(to_real) / usual) if usual > same else np.nan,
        "share_of_copies": float((to_real <= np.quantile(among_real, 0.01) + same).mean()),
    }


def _utility(real, synthetic, y_real, y_synthetic, seed):
    is_continuous = _kind_of_target(y_real) == _NUMBERS
    if is_continuous:  # R² does not depend on the unit, but squares of large numbers overflow
        y_real, exponent = _in_own_units(y_real)
        y_synthetic = np.ldexp(y_synthetic, -exponent)
    forest = (RandomForestRegressor if is_continuous else RandomForestClassifier)(random_state=seed)
    folds = check_cv(_N_FOLDS, y_real, classifier=not is_continuous, seed=seed)
    real_score = float(cross_val_score(forest, real, y_real, cv=folds).mean())
    synthetic_score = float(forest.fit(synthetic, y_synthetic).score(real, y_real))
    return {
        "real_score": real_score,
        "synthetic_score": synthetic_score,
        "utility": synthetic_score / real_score if real_score > 0 else np.nan,
    }
