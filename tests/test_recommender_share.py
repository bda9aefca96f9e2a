"""The share of the linear prediction, and the training of few components."""

import numpy as np
import pytest

from sklearn_autoencoders import AutoencoderRecommender
from sklearn_autoencoders._estimators.recommender_share import _fitted_share


def low_rank(n_users=120, n_items=40, density=0.3):
    """Return a matrix of ratings, a product of two factors, with NaN for unknown ones."""
    rng = np.random.default_rng(0)
    R = 3 + rng.normal(size=(n_users, 2)) @ rng.normal(size=(2, n_items))
    return np.where(rng.random(R.shape) < density, R, np.nan)


def recommender(**settings):
    """Return a recommender that is trained for few epochs."""
    return AutoencoderRecommender(**({"max_epochs": 5, "random_state": 0} | settings))


def test_the_share_has_the_lowest_error():
    rng = np.random.default_rng(0)
    difference, noise = rng.normal(size=(2, 100_000))
    weight = rng.uniform(0.5, 2, len(noise))
    rest = 0.3 * difference + noise
    share = _fitted_share(rest, difference, weight)
    errors = [np.average((rest - s * difference) ** 2, weights=weight) for s in (0, share, 0.6, 1)]
    assert np.argmin(errors) == 1
    assert share == pytest.approx(0.3, abs=0.02)


def test_the_share_is_shrunk_and_limited():
    difference, weight = np.ones(4), np.ones(4)
    assert _fitted_share(0 * difference, 0 * difference, weight) == 0.6
    assert _fitted_share(5 * difference, difference, weight) == 1.0
    assert _fitted_share(-5 * difference, difference, weight) == 0.0
    rest = np.array([1.0, -1.0, 1.0, -1.0])  # says little: the best share is 0
    assert 0.4 < _fitted_share(rest, difference, weight) < 0.6


def test_a_fit_is_that_with_the_chosen_share():
    R = low_rank()
    chosen = recommender(max_epochs=60).fit(R)
    assert 0 <= chosen.linear_share_ < 0.5
    given = recommender(max_epochs=60, linear_share=chosen.linear_share_).fit(R)
    pairs = np.argwhere(np.isnan(R))[:50]
    np.testing.assert_array_equal(chosen.predict(pairs), given.predict(pairs))
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
    assert recommender().fit(low_rank(10, 10)).linear_share_ == 0.6
    assert recommender().partial_fit(R).linear_share_ == 0.6
    assert recommender(feedback="implicit").fit(np.nan_to_num(R) > 3).linear_share_ == 0.98
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
