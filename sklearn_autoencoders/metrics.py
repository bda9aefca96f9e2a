"""Comparison of synthetic samples with real ones."""

from __future__ import annotations

import numpy as np
from scipy.stats import ks_2samp
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, cross_val_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Bunch, check_array, check_consistent_length
from sklearn.utils.multiclass import type_of_target

from ._utils.random import draw_seed, own_random_state

__all__ = ["generation_report"]

# Features with at most this many distinct values are compared as categories.
_MAX_CATEGORIES = 20


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
        with at most 20 distinct values, the total variation distance; 0 is best, 1 is worst.

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
        If the samples cannot be compared, or if only one of the targets is given.

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
    real, synthetic = _checked(real, "real"), _checked(synthetic, "synthetic")
    if real.shape[1] != synthetic.shape[1]:
        raise ValueError(
            f"real has {real.shape[1]} features and synthetic has {synthetic.shape[1]}. They must "
            "have the same number of features."
        )
    if (y_real is None) != (y_synthetic is None):
        raise ValueError("y_real and y_synthetic must be given together, or neither.")
    if y_real is not None:
        check_consistent_length(real, y_real)
        check_consistent_length(synthetic, y_synthetic)
    seed = draw_seed(own_random_state(random_state))
    report = Bunch(
        column_distance=_feature_distances(real, synthetic),
        std_ratio=_std_ratios(real, synthetic),
        correlation_difference=_correlation_difference(real, synthetic),
        two_sample_auc=_two_sample_auc(real, synthetic, seed),
        **_nearness(real, synthetic),
    )
    if y_real is not None:
        report.update(_utility(real, synthetic, y_real, y_synthetic, seed))
    return report


def _checked(samples, name):
    samples = check_array(
        samples, ensure_all_finite="allow-nan", ensure_min_samples=5, input_name=name
    )
    if np.isnan(samples).any():
        raise ValueError(
            f"{name} contains NaN. Impute missing values first, for instance with "
            "VAEGenerator.impute."
        )
    return samples


def _check_feature_names(synthetic, real):
    """Raise if both tables have column names and the names differ."""
    names = [getattr(samples, "columns", None) for samples in (real, synthetic)]
    if all(name is not None for name in names) and list(names[0]) != list(names[1]):
        raise ValueError(
            f"real has the columns {list(names[0])} and synthetic has {list(names[1])}. They must "
            "have the same columns in the same order."
        )


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
    varies = np.ptp(real, axis=0) > 0
    return np.divide(synthetic.std(0), real.std(0), out=np.full(len(varies), np.nan), where=varies)


def _correlation_difference(real, synthetic):
    """Return the mean over pairs of features that are not constant in both tables."""
    varies = (np.ptp(real, axis=0) > 0) & (np.ptp(synthetic, axis=0) > 0)
    pairs = np.triu_indices(varies.sum(), 1)
    if not len(pairs[0]):
        return 0.0
    a, b = (np.corrcoef(samples[:, varies], rowvar=False)[pairs] for samples in (real, synthetic))
    return float(np.abs(a - b).mean())


def _two_sample_auc(real, synthetic, seed):
    samples = np.vstack([real, synthetic])
    is_synthetic = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(random_state=seed)
    chance = cross_val_predict(forest, samples, is_synthetic, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_synthetic, chance[:, 1]))


def _nearness(real, synthetic):
    scaler = StandardScaler().fit(real)
    neighbours = NearestNeighbors().fit(scaler.transform(real))
    to_real = neighbours.kneighbors(scaler.transform(synthetic), 1)[0][:, 0]
    among_real = neighbours.kneighbors(n_neighbors=1)[0][:, 0]
    usual = np.median(among_real)
    return {
        "nearest_ratio": float(np.median(to_real) / usual) if usual > 0 else np.nan,
        "share_of_copies": float((to_real <= np.quantile(among_real, 0.01)).mean()),
    }


def _utility(real, synthetic, y_real, y_synthetic, seed):
    is_continuous = type_of_target(y_real).startswith("continuous")
    forest = (RandomForestRegressor if is_continuous else RandomForestClassifier)(random_state=seed)
    folds = (KFold if is_continuous else StratifiedKFold)(5, shuffle=True, random_state=seed)
    real_score = float(cross_val_score(forest, real, y_real, cv=folds).mean())
    synthetic_score = float(forest.fit(synthetic, y_synthetic).score(real, y_real))
    return {
        "real_score": real_score,
        "synthetic_score": synthetic_score,
        "utility": synthetic_score / real_score if real_score > 0 else np.nan,
    }
