"""Comparisons of samples by classifiers, by distances and by the usefulness for a prediction."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

from .._utils.sklearn_compat import check_cv
from ._checks import N_FOLDS
from ._numbers import in_own_units

# Distance of equal samples, in standard deviations per feature, as a matrix product rounds it.
_SAME = 1e-7


def two_sample_auc(real, synthetic, seed):
    """Return the area under the ROC curve of a forest that classifies samples as real or not."""
    samples = np.vstack([real, synthetic])
    is_synthetic = np.repeat([0, 1], [len(real), len(synthetic)])
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    forest = RandomForestClassifier(random_state=seed)
    chance = cross_val_predict(forest, samples, is_synthetic, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_synthetic, chance[:, 1]))


def nearness(real, synthetic):
    """Return by how much synthetic samples are nearer to real ones than these to each other."""
    neighbors = NearestNeighbors().fit(real)
    to_real = neighbors.kneighbors(synthetic, 1)[0][:, 0]
    among_real = neighbors.kneighbors(n_neighbors=1)[0][:, 0]
    usual, same = np.median(among_real), _same_distance(real)
    return {
        "nearest_ratio": float(np.median(to_real) / usual) if usual > same else np.nan,
        "share_of_copies": float((to_real <= np.quantile(among_real, 0.01) + same).mean()),
        "share_of_exact_copies": float((to_real <= same).mean()),
    }


def share_closer_to_real(real, synthetic, held_out, seed):
    """Return the fraction of synthetic samples that are closer to a real than to a held-out one.

    Of the larger of the two tables as many samples are drawn as the smaller one has.
    """
    rng, n_samples = np.random.RandomState(seed), min(len(real), len(held_out))
    drawn = [table[rng.permutation(len(table))[:n_samples]] for table in (real, held_out)]
    distances = [NearestNeighbors().fit(table).kneighbors(synthetic, 1)[0] for table in drawn]
    difference, same = distances[1] - distances[0], _same_distance(real)
    return float(np.mean(difference > same) + 0.5 * np.mean(np.abs(difference) <= same))


def _same_distance(samples):
    return _SAME * np.sqrt(samples.shape[1])


def utility(real, synthetic, y_real, y_synthetic, is_continuous, seed):
    """Return the scores on real samples of forests trained on real and on synthetic ones."""
    if is_continuous:  # R² does not depend on the unit, but squares of large numbers overflow
        y_real, exponent = in_own_units(y_real)
        y_synthetic = np.ldexp(y_synthetic, -exponent)
    forest = (RandomForestRegressor if is_continuous else RandomForestClassifier)(random_state=seed)
    folds = check_cv(N_FOLDS, y_real, classifier=not is_continuous, seed=seed)
    score = r2_score if is_continuous else _accuracy
    scores = [
        score(y_real[test], clone(forest).fit(real[train], y_real[train]).predict(real[test]))
        for train, test in folds.split(real, y_real)
    ]
    real_score = float(np.mean(scores))
    synthetic_score = float(score(y_real, forest.fit(synthetic, y_synthetic).predict(real)))
    return {
        "real_score": real_score,
        "synthetic_score": synthetic_score,
        "utility": synthetic_score / real_score if real_score > 0 else np.nan,
    }


def _accuracy(y, predicted):
    """Return the accuracy as scikit-learn's function, which warns if a fold has rare labels."""
    return np.mean(y == predicted)
