"""Outlier scores of samples with missing values are comparable with those of other samples."""

import numpy as np
import pandas as pd
import pytest
from estimators import quick
from helpers import table
from sklearn.metrics import roc_auc_score

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._estimators.outlier_gaps import quantiles_of_errors

FRACTIONS = (0.1, 0.25, 0.5, 0.75)


def plane(n_rows, seed):
    """Return samples near a plane, whose 12 features are redundant."""
    rng = np.random.RandomState(seed)
    directions = np.random.RandomState(9).randn(3, 12)
    return rng.randn(n_rows, 3) @ directions + 0.3 * rng.randn(n_rows, 12)


def clusters(n_rows, seed):
    """Return samples of clusters of different widths, whose 8 features are independent."""
    rng = np.random.RandomState(seed)
    kind = rng.randint(4, size=n_rows)
    centers = 3 * np.random.RandomState(3).randn(4, 8)
    return centers[kind] + rng.randn(n_rows, 8) * np.array([0.2, 0.5, 1.0, 2.0])[kind, None]


def with_gaps(X, fraction, seed=0):
    """Return samples without a fraction of the values of each, at random."""
    n_known = round((1 - fraction) * X.shape[1])
    place = np.random.RandomState(seed).uniform(size=X.shape).argsort(1).argsort(1)
    return np.where(place < n_known, X, np.nan)


def detector(**params):
    return quick(AutoencoderOutlierDetector, **{"max_epochs": 20, **params})


@pytest.fixture(scope="module", params=[plane, clusters])
def fitted(request):
    return detector().fit(request.param(2000, 0)), request.param


def test_scores_of_samples_without_gaps_do_not_depend_on_the_quantiles(fitted):
    model, draw = fitted
    X = draw(50, 1)
    errors = np.abs(X - model.reconstruct(X)) / model.tolerance_
    assert (-model.score_samples(X) > 0.5 * errors.mean(1)).all()
    beside_gaps = model.score_samples(np.concatenate([X, with_gaps(X, 0.5)]))[:50]
    np.testing.assert_allclose(beside_gaps, model.score_samples(X))


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_false_alarms_do_not_depend_on_the_fraction_of_missing_values(fitted, fraction):
    model, draw = fitted
    new = with_gaps(draw(4000, 1), fraction)
    assert 0.06 <= (model.p_values(new) <= 0.1).mean() <= 0.14
    assert (model.predict(new) == -1).mean() < 0.06  # 0.04 with equal weights of autoencoders
    assert np.median(model.p_values(new)) == pytest.approx(0.5, abs=0.08)


def test_planted_values_are_found_among_samples_with_different_gaps(fitted):
    model, draw = fitted
    new = draw(2000, 1)
    rates = []
    for fraction in (0.0, *FRACTIONS):
        gaps = with_gaps(new, fraction)
        planted = np.where(np.arange(12 if draw is plane else 8) == 2, 15.0, gaps)
        scores = np.r_[model.score_samples(gaps), model.score_samples(planted)]
        rates.append(roc_auc_score(np.repeat([0, 1], 2000), -scores))
    assert min(rates) > 0.85


def test_a_sample_without_values_is_neither_normal_nor_an_outlier(fitted):
    model, draw = fitted
    empty = np.full((2, draw(1, 0).shape[1]), np.nan)
    assert model.p_values(empty) == pytest.approx(0.5, abs=0.1)
    assert (model.predict(empty) == 1).all()
    contribution = model.explain(empty).contribution
    np.testing.assert_allclose(contribution.sum(1), model.score_samples(empty))
    assert (contribution == contribution[0, 0]).all()


@pytest.mark.parametrize("fraction", FRACTIONS)
def test_contributions_add_up_to_scores_of_samples_with_gaps(fitted, fraction):
    model, draw = fitted
    X = with_gaps(draw(100, 2), fraction)
    contribution = model.explain(X).contribution
    np.testing.assert_allclose(contribution.sum(1), model.score_samples(X))
    assert (contribution[np.isnan(X)] == 0).all()


def test_samples_of_a_fit_with_gaps_are_the_reference():
    X = clusters(2000, 0)
    X[np.random.RandomState(0).uniform(size=X.shape) < 0.3] = np.nan
    model = detector().fit(X)
    quantiles = model._error_quantiles
    assert (quantiles[6:] == quantiles[-1]).all()
    assert (quantiles[:4] != quantiles[-1]).all()
    new = clusters(3000, 1)
    for fraction in (0.0, 0.25, 0.5, 0.75):
        assert 0.05 <= (model.p_values(with_gaps(new, fraction)) <= 0.1).mean() <= 0.17


def test_a_weight_of_two_is_a_copy_also_with_gaps():
    X = with_gaps(table(60), 0.3)
    X[:5, :2] = np.nan
    weight = np.where(np.arange(60) < 40, 2.0, 1.0)
    copied = np.concatenate([X, X[:40]])
    weighted, expected = (
        quantiles_of_errors(lambda rows: -np.nanmean(np.abs(rows), axis=1), data, 0)
        for data in (Data(X, weight), Data(copied))
    )
    np.testing.assert_array_equal(weighted, expected)
    assert (np.diff(expected, axis=1) > 0).all()


def test_models_of_earlier_versions_are_not_adjusted():
    X = table(100)
    model = detector().fit(X)
    earlier = AutoencoderOutlierDetector(**model.get_params())
    vars(earlier).update({k: v for k, v in vars(model).items() if k != "_error_quantiles"})
    np.testing.assert_array_equal(earlier.score_samples(X), model.score_samples(X))
    gaps = with_gaps(X, 0.5)
    contribution = earlier.explain(gaps).contribution
    np.testing.assert_allclose(contribution.sum(1), earlier.score_samples(gaps))
    assert earlier.score_samples(np.full((1, 6), np.nan)) == 0
    earlier.partial_fit(table(100, seed=1))
    assert np.isfinite(earlier.score_samples(gaps)).all()


def test_later_batches_update_the_quantiles():
    model = detector().partial_fit(table(100))
    first = model._error_quantiles.copy()
    model.partial_fit(table(100, seed=1))
    assert np.abs(model._error_quantiles - first).max() > 0


@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_few_and_equal_samples(n_rows):
    for X in (table(n_rows), np.ones((n_rows, 6))):
        model = detector().fit(X)
        new = np.concatenate([with_gaps(X, 0.5), np.full((1, 6), np.nan)])
        scores = model.score_samples(new)
        assert np.isfinite(scores).all()
        np.testing.assert_allclose(model.explain(new).contribution.sum(1), scores, atol=1e-12)


@pytest.mark.parametrize("n_empty", [1, 20])
def test_held_out_samples_without_values(n_empty):
    X = np.full((n_empty + 1, 2), np.nan)
    X[0] = 3.0, 4.0
    fitted = quick(AutoencoderOutlierDetector).fit(X)
    assert np.isfinite(fitted.score_samples(X)).all()


def test_missing_categories_are_gaps_too():
    rng = np.random.RandomState(0)
    kind = rng.randint(3, size=400)
    frame = pd.DataFrame({"kind": np.array(list("abc"))[kind], "x": kind + 0.1 * rng.randn(400)})
    model = detector(max_epochs=5).fit(frame)
    new = frame[:50].assign(kind=None)
    assert 0.15 < np.median(model.p_values(new)) < 0.85
    np.testing.assert_allclose(
        model.explain(new).contribution.sum(axis=1), model.score_samples(new)
    )
