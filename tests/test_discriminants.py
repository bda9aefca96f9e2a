"""Linear discriminants of levels, which are averaged with the network of small tables."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from sklearn_autoencoders import AutoregressiveGenerator
from sklearn_autoencoders._data.tables import discriminants
from sklearn_autoencoders._data.tables.discriminants import Discriminants
from sklearn_autoencoders._data.tables.levels import Levels
from sklearn_autoencoders._estimators import cell_orders


def learned(n_samples=500):
    """Return the discriminants of two numbers and a category, and the cells."""
    rng = np.random.RandomState(0)
    category = rng.randint(3, size=n_samples)
    X = rng.randn(n_samples, 2) @ [[1.0, 0.5], [0.0, 1.0]]
    X[:, 0] += category
    cells = np.column_stack([X, category])
    levels = Levels.learn(cells, (0, 0, 3), 16)
    encoded = levels.encode(cells)
    frequencies = [np.bincount(column.astype(int)) / n_samples for column in encoded.T]
    return Discriminants.learn(levels, encoded, np.concatenate(frequencies), None), encoded


@pytest.fixture
def exact(monkeypatch):
    """Without shrinkage, noise and limits."""
    for name in ("_SHRINKAGE", "_CATEGORY_SHRINKAGE", "_NOISE"):
        monkeypatch.setattr(discriminants, name, 0)
    monkeypatch.setattr(discriminants, "_LIMIT", np.inf)
    return learned()


def test_categories_have_the_probabilities_of_linear_discriminant_analysis(exact):
    model, cells = exact
    X = np.column_stack([model.inputs[j][cells[:, j].astype(int), 0] for j in range(2)])
    expected = LinearDiscriminantAnalysis(solver="lsqr").fit(X, cells[:, 2]).predict_proba(X)
    found = model.log_probabilities(np.where([False, False, True], np.nan, cells), [2])[0]
    np.testing.assert_allclose(np.exp(found), expected, rtol=1e-6)


def test_numbers_have_a_normal_distribution_given_the_others(exact):
    model, cells = exact
    scores, inputs = model.inputs[1][:, 0], model.inputs[0][cells[:, 0].astype(int), 0]
    correlation = model.covariance[0, 1]
    given = norm.logpdf(scores, correlation * inputs[:, None], np.sqrt(1 - correlation**2))
    expected = model.frequencies[1] * np.exp(given - norm.logpdf(scores))
    hidden = np.column_stack([cells[:, 0], np.full((len(cells), 2), np.nan)])
    found = model.log_probabilities(hidden, [1])[0]
    np.testing.assert_allclose(np.exp(found), expected / expected.sum(1, keepdims=True), rtol=1e-6)


def test_samples_do_not_depend_on_what_is_known_of_others():
    model, cells = learned(40)
    cells[np.random.RandomState(1).random_sample(cells.shape) < 0.5] = np.nan
    together = model.log_probabilities(cells, range(3))
    for row in range(len(cells)):
        alone = model.log_probabilities(cells[row : row + 1], range(3))
        for one, all_rows in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], all_rows[row], rtol=1e-9, atol=1e-12)


def means_given(cells):
    """Return the means of the scores of the last column given the others, where it is known."""
    n_samples = len(cells)
    levels = Levels.learn(cells, (0, 0), 32)
    encoded = levels.encode(cells, missing=True)
    frequencies = [
        np.bincount(column.astype(int), minlength=size) / n_samples
        for column, size in zip(encoded.T, levels.sizes, strict=True)
    ]
    model = Discriminants.learn(levels, encoded, np.concatenate(frequencies), None)
    n_known = levels.numbers[1].n_levels
    hidden = encoded.copy()
    hidden[:, 1] = np.nan
    found = np.exp(model.log_probabilities(hidden, [1])[0][:, :n_known])
    centers = levels.numbers[1].means
    return found @ centers / found.sum(axis=1)


def test_missing_values_do_not_weaken_what_others_tell():
    rng = np.random.RandomState(0)
    x = rng.randn(4000)
    cells = np.column_stack([x, 0.8 * x + 0.6 * rng.randn(4000)])
    with_gaps = cells.copy()
    with_gaps[rng.rand(4000) < 0.6, 1] = np.nan
    slope = np.polyfit(x, means_given(with_gaps), 1)[0]
    assert slope == pytest.approx(np.polyfit(x, means_given(cells), 1)[0], rel=0.05)


def grouped(n_samples=400):
    """Return a table with a group of 5 %, of which the means are higher by two."""
    rng = np.random.RandomState(0)
    X = rng.randn(n_samples, 3) + 0.5 * rng.randn(n_samples, 1)
    is_rare = np.arange(n_samples) % 20 == 0
    X[is_rare] += 2
    group = np.where(is_rare, "rare", "other")
    return pd.DataFrame(X).rename(columns="x{}".format).assign(group=group)


def test_a_rare_group_keeps_its_means():
    table = grouped()
    fitted = AutoregressiveGenerator(16, max_epochs=3, random_state=0).fit(table)
    drawn = fitted.sample(4000, random_state=0)
    means, expected = (
        own.groupby("group").mean().diff().mean(axis=1).iloc[-1] for own in (drawn, table)
    )
    assert means > 0.7 * expected


def test_large_tables_and_batches_have_no_discriminants(monkeypatch):
    monkeypatch.setattr(cell_orders, "_MAX_SAMPLES", 400)
    model = AutoregressiveGenerator(8, max_epochs=1, random_state=0)
    assert model.fit(grouped(400))._discriminants is None
    assert model.fit(grouped(399))._discriminants is not None
    batch = AutoregressiveGenerator(8, random_state=0).partial_fit(grouped(100))
    assert batch._discriminants is None
    assert batch.sample(5, random_state=0).shape == (5, 4)


def test_wide_tables_have_no_discriminants(monkeypatch):
    monkeypatch.setattr(discriminants, "_MAX_INPUTS", 4)
    model = AutoregressiveGenerator(8, max_epochs=1, random_state=0)
    assert model.fit(grouped(100))._discriminants is None


def test_a_sample_of_weight_two_counts_twice():
    cells = np.random.RandomState(0).randint(4, size=(60, 3)).astype(float)
    levels = Levels.learn(cells, (0, 4, 4), 16)
    frequencies, weight = np.full(12, 0.25), np.r_[np.full(30, 2.0), np.ones(30)]
    one = Discriminants.learn(levels, cells, frequencies, weight)
    other = Discriminants.learn(levels, np.vstack([cells[:30], cells]), frequencies, None)
    np.testing.assert_allclose(one.covariance, other.covariance)


def test_weights_that_sum_to_one_count_like_ones():
    table, weight = grouped(200), np.random.RandomState(0).uniform(0.5, 1.0, 200)
    model = AutoregressiveGenerator(8, max_epochs=2, random_state=0)
    one, other = (
        clone(model).fit(table, sample_weight=own)._discriminants
        for own in (weight / weight.mean(), weight / weight.sum())
    )
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=0.02)
    np.testing.assert_allclose(one.shares, other.shares, rtol=0.01)
