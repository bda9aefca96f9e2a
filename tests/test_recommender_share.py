"""The weights of the parts of a prediction, and the training of few components."""

import numpy as np
import pytest

from sklearn_autoencoders import AutoencoderRecommender
from sklearn_autoencoders._estimators.recommender_share import _fitted_weights


def low_rank(n_users=120, n_items=40, density=0.3):
    """Return a matrix of ratings, a product of two factors, with NaN for unknown ones."""
    rng = np.random.default_rng(0)
    R = 3 + rng.normal(size=(n_users, 2)) @ rng.normal(size=(2, n_items))
    return np.where(rng.random(R.shape) < density, R, np.nan)


def recommender(**settings):
    """Return a recommender that is trained for few epochs."""
    return AutoencoderRecommender(**({"max_epochs": 5, "random_state": 0} | settings))


def test_the_weights_have_the_lowest_error():
    rng = np.random.default_rng(0)
    parts, noise = rng.normal(size=(100_000, 3)), rng.normal(size=100_000)
    weight = rng.uniform(0.5, 2, len(noise))
    target = parts @ [0.2, 0.5, 0.3] + noise
    found = _fitted_weights(target, parts, weight)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found, [0.2, 0.5, 0.3], atol=0.02)
    own = [np.average((target - parts @ w) ** 2, weights=weight) for w in (found, np.eye(3)[1])]
    assert own[0] < own[1]


def test_the_weights_are_shrunk_and_positive():
    weight, expected = np.ones(1000), [0.25, 0.5, 0.25]
    found = _fitted_weights(weight, np.ones((1000, 3)), weight)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    found = _fitted_weights(weight, np.ones((1000, 2)), weight)
    np.testing.assert_allclose(found, [2 / 3, 1 / 3], atol=1e-5)
    best = np.zeros((1000, 3))
    best[:, 1] = 1.0
    found = [_fitted_weights(sign * best[:, 1], best, weight) for sign in (1, -1)]
    np.testing.assert_allclose(found, [[0, 1, 0], [0.5, 0, 0.5]], atol=1e-5)
    rest = np.array([1.0, -1.0, 1.0, -1.0])  # says little: the best weight of the second is zero
    assert np.abs(_fitted_weights(rest, best[:4], weight[:4]) - expected).max() < 0.2


def test_a_fit_is_that_with_the_chosen_share():
    R = low_rank()
    chosen = recommender(max_epochs=60).fit(R)
    assert chosen.linear_share_ > 0.5
    assert chosen.factor_share_ > 0.9
    given = recommender(max_epochs=60, linear_share=chosen.linear_share_).fit(R)
    pairs = np.argwhere(np.isnan(R))[:50]
    np.testing.assert_allclose(chosen.predict(pairs), given.predict(pairs), rtol=0.05)
    assert given.linear_share_ == chosen.linear_share_


def test_users_without_weight_have_no_influence_on_the_share():
    R = low_rank()
    weight = np.repeat([1.0, 0.0], 60)
    found = [
        recommender().fit(R, sample_weight=weight),
        recommender().fit(np.where(weight[:, None] > 0, R, np.nan), sample_weight=weight),
    ]
    assert found[0].linear_share_ == found[1].linear_share_


def test_features_take_part_in_the_choice():
    R = low_rank()
    users, items = np.arange(120)[:, None] % 7.0, np.arange(40)[:, None] % 3.0
    fitted = recommender().fit(R, user_features=users, item_features=items)
    assert 0 <= fitted.linear_share_ <= 1


def test_shares_without_a_choice():
    R = low_rank()
    for few in (recommender().fit(low_rank(10, 10)), recommender().partial_fit(R)):
        assert few.linear_share_ == 0.75
        assert few.factor_share_ == pytest.approx(1 / 3)
    clicks = recommender(feedback="implicit").fit(np.nan_to_num(R) > 3)
    assert (clicks.linear_share_, clicks.factor_share_) == (0.98, 0.0)
    assert recommender(linear_share=0).fit(R).factor_share_ == 0.0
    warm = recommender(warm_start=True).fit(R)
    share = warm.linear_share_
    assert warm.fit(R[:, ::-1]).linear_share_ == share


@pytest.mark.parametrize(("n_components", "root"), [(50, 0.5), (200, 1.0), (288, 1.0)])
def test_few_components_learn_faster(n_components, root):
    R = low_rank()
    auto = recommender(n_components=n_components, linear_share=0).fit(R)
    rates = {"learning_rate": 1e-3 / root, "weight_decay": 100 * root}
    given = recommender(n_components=n_components, linear_share=0, **rates).fit(R)
    np.testing.assert_array_equal(auto.item_embeddings_, given.item_embeddings_)
