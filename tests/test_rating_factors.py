"""The factorization of ratings, a part of the linear prediction of a recommender."""

import numpy as np
import pytest
from scipy import sparse

from sklearn_autoencoders import AutoencoderRecommender
from sklearn_autoencoders._data.recommendation import factors
from sklearn_autoencoders._data.recommendation.factors import RatingFactors
from sklearn_autoencoders._data.recommendation.item_weights import ItemNeighbors
from sklearn_autoencoders._data.recommendation.linear_prediction import NeighborsAndFactors


def products(n_users=200, n_items=60, rank=3, density=0.3, noise=0.1):
    """Return products of factors of unit variance with noise, and which of them are known."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_users, rank)) @ rng.normal(size=(rank, n_items)) / np.sqrt(rank)
    values += noise * rng.normal(size=values.shape)
    return values, rng.random(values.shape) < density


def stored(values, known):
    """Return the known values as a sparse matrix."""
    users, items = np.nonzero(known)
    return sparse.csr_array((values[known], (users, items)), values.shape)


def test_a_prediction_is_the_posterior_mean_of_a_normal_distribution():
    values, known = products()
    model = RatingFactors.fit(stored(values, known), np.ones(len(values)))
    model = RatingFactors(model.loadings, np.zeros_like(model.variances), model.prior, model.noise)
    found = model.predict(stored(values, known), np.float64)
    loadings = model.loadings.astype(float)
    free, means = loadings[:, [*range(12), 13]], loadings[:, 12]
    covariance = free / model.prior @ free.T  # of the noise-free ratings of a user
    for user in range(5):
        own = known[user]
        noisy = covariance[np.ix_(own, own)] + model.noise * np.eye(own.sum())
        gain = np.linalg.solve(noisy, values[user, own] - means[own])
        np.testing.assert_allclose(found[user], means + covariance[:, own] @ gain, atol=1e-5)


def test_products_are_predicted_without_knowing_their_number():
    values, known = products()
    model = RatingFactors.fit(stored(values, known), np.ones(len(values)))
    error = (model.predict(stored(values, known), np.float64) - values)[~known]
    assert np.sqrt(np.mean(error**2)) < 0.2  # 0.1 is noise, and 1 their standard deviation
    used = (model.loadings[:, :12] ** 2).mean(0) > 0.01
    assert used.sum() == 3


def test_noise_has_no_factors():
    values, known = products(rank=1, noise=0.0)
    noise = np.random.default_rng(1).normal(size=values.shape)
    model = RatingFactors.fit(stored(noise, known), np.ones(len(values)))
    assert np.abs(model.predict(stored(noise, known), np.float64)).mean() < 0.3


def test_weights_count_users():
    values, known = products()
    weight = np.random.default_rng(0).integers(0, 3, len(values))
    weighted = RatingFactors.fit(stored(values, known), weight.astype(float))
    rows = np.repeat(np.arange(len(values)), weight)
    repeated = RatingFactors.fit(stored(values[rows], known[rows]), np.ones(len(rows)))
    given = stored(values, known)
    found, expected = (own.predict(given, np.float64) for own in (weighted, repeated))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_factors_do_not_depend_on_the_blocks(monkeypatch):
    values, known = products()
    given, weight = stored(values, known), np.ones(len(values))
    expected = RatingFactors.fit(given, weight).predict(given, np.float64)
    monkeypatch.setattr(factors, "_BLOCK_SIZE", 14**2 * 30)
    found = RatingFactors.fit(given, weight).predict(given, np.float64)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(
        RatingFactors.fit(given, weight).predict(given, np.float32), expected, atol=1e-3
    )


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (1, 5), (4, 3)])
def test_tiny_and_empty_matrices(shape):
    empty = sparse.csr_array(shape)
    for given in (empty, sparse.csr_array(np.ones(shape))):
        model = RatingFactors.fit(given, np.ones(shape[0]))
        assert np.isfinite(model.predict(given, np.float64)).all()
    np.testing.assert_allclose(RatingFactors.fit(empty, np.ones(shape[0])).loadings[:, -2], 0)


def test_a_linear_prediction_is_a_weighted_mean():
    values, known = products()
    given, weight, rng = stored(values, known), np.ones(len(values)), np.random.RandomState(0)
    parts = [
        NeighborsAndFactors.fit(given, weight, rng, share).predict(given, np.float64)
        for share in (0.0, 0.4, 1.0)
    ]
    np.testing.assert_allclose(parts[1], 0.6 * parts[0] + 0.4 * parts[2], atol=1e-12)
    neighbors = ItemNeighbors.fit(given, weight)
    of_old_file = NeighborsAndFactors(**vars(neighbors)).predict(given, np.float64)
    np.testing.assert_array_equal(of_old_file, neighbors.predict(given, np.float64))
    np.testing.assert_array_equal(of_old_file, parts[0])


def test_few_ratings_of_strong_factors_are_predicted_by_these():
    values, known = products(rank=4, density=0.2)
    R = np.where(known, 3 + values, np.nan)
    model = AutoencoderRecommender(max_epochs=3, random_state=0).fit(R)
    pairs = np.argwhere(~known)
    assert model.factor_share_ > 0.8
    truth = np.clip(3 + values, *model._range)[~known]
    assert np.sqrt(np.mean((model.predict(pairs) - truth) ** 2)) < 0.5
    # new users are known by their ratings alone
    _, scores = model.recommend(R[:7], 5)
    np.testing.assert_allclose(scores, model.recommend(np.arange(7), 5)[1], atol=1e-6)


def test_weights_that_sum_to_one_count_like_ones():
    values, known = products()
    rest, ones = stored(values, known), np.ones(len(values))
    one, other = (RatingFactors.fit(rest, own) for own in (ones, ones / len(ones)))
    np.testing.assert_allclose(one.loadings, other.loadings, atol=1e-5)
