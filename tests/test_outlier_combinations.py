"""Outliers in tables of few different rows, and values that are functions of others."""

import numpy as np
import pandas as pd
import pytest
from estimators import quick
from sklearn.metrics import roc_auc_score

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders._data.sources.splits import are_combinations, hold_out_by_content
from sklearn_autoencoders._estimators.outlier_thresholds import automatic_threshold

LETTERS = np.array(list("abcdefghijkl"))


def pairs_of_letters(rng, n):
    """Return two columns of letters, of which one determines the other, and an independent one."""
    first = rng.integers(2, size=n)
    return {"a": LETTERS[first], "b": LETTERS[5 + first], "c": LETTERS[rng.integers(2, size=n)]}


def rare_letters(rng, n):
    first = rng.choice(4, n, p=[0.6, 0.3, 0.08, 0.02])
    return {"a": LETTERS[first], "b": LETTERS[5 + first], "c": LETTERS[rng.integers(3, size=n)]}


def exclusive_or(rng, n):
    first, second = rng.integers(2, size=(2, n))
    return {"a": LETTERS[first], "c": LETTERS[second], "b": LETTERS[first ^ second]}


def whole_numbers(rng, n):
    first = rng.integers(5, size=n)
    return {"a": first, "b": 2 * first, "c": rng.integers(3, size=n)}


def booleans(rng, n):
    first, *others = rng.integers(2, size=(3, n)).astype(bool)
    return {"a": first, "b": ~first, "c": others[0], "d": others[1]}


TABLES = [pairs_of_letters, rare_letters, exclusive_or, whole_numbers, booleans]


def contradicting(columns, rng):
    """Return rows whose value of column b is another one, which contradicts the others."""
    values, own = np.unique(columns["b"]), columns["b"]
    place = np.searchsorted(values, own) + rng.integers(1, len(values), size=len(own))
    return pd.DataFrame({**columns, "b": values[place % len(values)]})


def rows_of(table, seed, n_wrong=0):
    rng = np.random.default_rng(seed)
    train = pd.DataFrame(table(rng, 600))
    if n_wrong:
        wrong = contradicting({name: train[name][:n_wrong].to_numpy() for name in train}, rng)
        train = pd.concat([wrong, train[n_wrong:]], ignore_index=True)
    return train, pd.DataFrame(table(rng, 300)), contradicting(table(rng, 100), rng)


@pytest.mark.parametrize("n_wrong", [0, 15])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_impossible_combinations_are_found_and_possible_ones_are_not(table, n_wrong):
    train, normal, impossible = rows_of(table, n_wrong, n_wrong)
    detector = AutoencoderOutlierDetector(random_state=n_wrong).fit(train)
    scores = np.concatenate([detector.score_samples(rows) for rows in (normal, impossible)])
    assert roc_auc_score(np.arange(400) < 300, scores) > 0.98
    assert (detector.predict(normal) == -1).mean() <= 0.05
    assert (detector.predict(impossible) == -1).mean() > 0.95
    assert (detector.p_values(normal) <= 0.05).mean() <= 0.08


def test_scores_of_the_only_combinations_are_typical():
    train, normal, impossible = rows_of(pairs_of_letters, 3)
    for seed in range(2):
        detector = AutoencoderOutlierDetector(random_state=seed).fit(train)
        assert detector.score_samples(normal).min() > -3
        assert detector.score_samples(impossible).max() < -5
        assert (np.bincount(np.unique(detector.held_out_scores_, return_inverse=True)[1]) > 9).all()


@pytest.mark.parametrize("are_categories", [True, False])
def test_copies_of_combinations_are_held_out_one_by_one(are_categories, rng):
    X = rng.randint(2, size=(800, 3)).astype(float)
    kind = np.unique(X, axis=0, return_inverse=True)[1].ravel()  # two-dimensional in NumPy 2.0
    for seed in range(5):
        held_out = hold_out_by_content(X, None, 0.2, seed, np.full(3, are_categories))
        found = np.bincount(kind, held_out) / np.bincount(kind)
        np.testing.assert_allclose(found, 0.2, atol=0.02)


def test_a_sample_of_large_weight_is_not_held_out():
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    weight = np.array([475.0, 62.0, 56.0, 7.0])
    for scale in (1.0, 1 / weight.sum()):
        args = weight * scale, 0.2
        held_out = [hold_out_by_content(X, *args, seed, np.ones(2, bool)) for seed in range(50)]
        assert not np.any(held_out, axis=0)[:2].any()


def test_copies_in_later_batches_are_not_all_held_out():
    X, are_categories = np.array([[0.0, 1.0], [1.0, 0.0]]), np.ones(2, dtype=bool)
    held_out = [hold_out_by_content(X, None, 0.2, 0, are_categories, n) for n in range(0, 2000, 2)]
    assert 0.15 < np.mean(held_out) < 0.6  # at least one of each batch


def test_what_combinations_are(rng):
    numbers = np.zeros(3, dtype=bool)
    assert not are_combinations(np.repeat(rng.randn(30, 3), 20, axis=0), numbers).any()
    assert are_combinations(rng.randint(2, size=(400, 3)).astype(float), numbers).all()
    rare = np.vstack([rng.randint(2, size=(400, 3)), np.full((5, 3), 7)]).astype(float)
    np.testing.assert_array_equal(are_combinations(rare, numbers), np.arange(405) < 400)
    copied = np.repeat(rng.randn(30, 3), 2, axis=0)  # whatever the codes of categories are
    assert are_combinations(copied, ~numbers).all()
    assert not are_combinations(copied[::2], ~numbers).any()
    with_sums = rng.randint(3, size=(400, 2)).astype(float)
    with_sums = np.column_stack([with_sums, with_sums.sum(1)])  # two sums are those of one sample
    assert are_combinations(with_sums, numbers).all()


def test_frequent_scores_are_within_the_threshold():
    values = np.sort(np.repeat([1.0, 1.1, 9.0, 50.0], [70, 20, 9, 1]))
    assert 9 < automatic_threshold(values, True) < 50
    assert 1.1 < automatic_threshold(np.repeat([1.0, 1.1, 9.0], [70, 29, 1]), True) < 9
    assert automatic_threshold(np.full(50, 2.0), True) == pytest.approx(2)


# --------------------------------------------------------------- weights of autoencoders


def with_relation(n_rows, seed):
    """Return x, 2x and two columns of noise, all of a few whole numbers."""
    rng = np.random.RandomState(seed)
    x = rng.randint(3, size=n_rows)
    return np.column_stack([x, 2 * x, rng.randint(2, size=(n_rows, 2))]).astype(float)


def test_autoencoders_of_other_numbers_have_equal_weights():
    X = np.random.RandomState(0).randn(100, 3)
    assert quick(AutoencoderOutlierDetector).fit(X).network_.share is None


def test_autoencoders_without_the_column_that_determines_another_count_little():
    network = AutoencoderOutlierDetector(random_state=0).fit(with_relation(600, 0)).network_
    share, hidden = network.share.numpy(), network.hidden.numpy()
    np.testing.assert_allclose(share.sum(0), 1, rtol=1e-5)
    assert (share[~hidden] == 0).all()
    is_blind = hidden[:, 0] & hidden[:, 1]
    assert is_blind.any()
    assert share[is_blind, :2].max() < 0.05
    np.testing.assert_allclose(share[hidden[:, 2], 2], 0.25, atol=0.1)  # nothing predicts noise


def test_weights_of_autoencoders_follow_a_stream_slowly():
    X = with_relation(600, 0)
    detector = quick(AutoencoderOutlierDetector, max_epochs=20).fit(X)
    before = detector.network_.share.clone()
    detector.partial_fit(X[:6])
    assert 0 < (detector.network_.share - before).abs().max().item() < 0.02


def test_reconstructions_are_means_of_all_autoencoders():
    X = with_relation(100, 0)
    detector = quick(AutoencoderOutlierDetector, method="reconstruction").fit(X)
    assert detector.network_.share is None
