"""Features of users and items in recommendations: planted effects, containers, errors."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_autoencoders import AutoencoderRecommender, load, save
from sklearn_autoencoders._data.recommendation.feature_effects import (
    at_stored,
    click_effects,
    prior_weights,
    ridge_of_rows,
)
from sklearn_autoencoders._data.recommendation.feature_tables import FeatureTable

every_feedback = pytest.mark.parametrize("feedback", ["explicit", "implicit"])
N_USERS, N_ITEMS = 200, 30


def planted(feedback="explicit", seed=0):
    """Return ratings or clicks of users that prefer the items of their group, and the groups.

    The last ten users and the last two items have none.
    """
    rng = np.random.RandomState(seed)
    users, items = rng.randint(2, size=N_USERS), rng.randint(2, size=N_ITEMS)
    items[-2:] = 0, 1
    likes = users[:, None] == items
    if feedback == "explicit":
        R = np.where(likes, 4.0, 2.0) + rng.randint(2, size=likes.shape)
        R[rng.uniform(size=R.shape) > 0.4] = np.nan
    else:
        R = np.where(rng.uniform(size=likes.shape) < np.where(likes, 0.6, 0.1), 1.0, np.nan)
    R[-10:], R[:, -2:] = np.nan, np.nan
    return R, users, items


def triples(R):
    rows, columns = np.nonzero(~np.isnan(R))
    names = {"user": [f"u{i}" for i in rows], "item": [f"i{i}" for i in columns]}
    return pd.DataFrame({**names, "rating": R[rows, columns]})


def frame(groups, letter):
    """Return a frame of names and groups, in another order than the positions."""
    names = [f"{letter}{i}" for i in range(len(groups))]
    return pd.DataFrame({"id": names, "group": np.array(["a", "b"])[groups]})[::-1]


def quick(feedback="explicit", **params):
    params = {"n_components": 6, "max_epochs": 3, "random_state": 0} | params
    return AutoencoderRecommender(feedback=feedback, **params)


@every_feedback
def test_users_without_ratings_get_the_items_of_their_group(feedback):
    R, users, items = planted(feedback)
    model = quick(feedback).fit(R, user_features=users[:, None])
    known = ~np.isnan(R).all(0)
    ranked, _ = model.recommend(None, n=5, user_features=users[-10:, None])
    assert (items[ranked] == users[-10:, None]).mean() > 0.9
    assert known[ranked].all()
    without = quick(feedback).fit(R).recommend(np.arange(190, 200), n=5)[0]
    assert (without == without[0]).all()
    of_fit, _ = model.recommend(np.arange(190, 200), n=5)
    np.testing.assert_array_equal(of_fit, ranked)


@every_feedback
def test_items_without_ratings_are_recommended_to_their_group(feedback):
    R, users, items = planted(feedback)
    model = quick(feedback).fit(R, item_features=items[:, None])
    pairs = np.array([(user, item) for user in range(190) for item in (28, 29)])
    scores = model.predict(pairs).reshape(190, 2)
    assert ((scores[:, 1] > scores[:, 0]) == users[:190]).mean() > 0.9
    plain = quick(feedback).fit(R).predict(pairs).reshape(190, 2)
    assert 0.15 < ((plain[:, 1] > plain[:, 0]) == users[:190]).mean() < 0.85


@every_feedback
def test_features_that_say_nothing_hardly_change_predictions(feedback):
    R, _, _ = planted(feedback)
    model = quick(feedback).fit(
        R, user_features=np.ones((N_USERS, 1)), item_features=np.ones((N_ITEMS, 1))
    )
    pairs = np.argwhere(~np.isnan(R))
    found, expected = model.predict(pairs), quick(feedback).fit(R).predict(pairs)
    atol = 1e-5 if feedback == "explicit" else 1.0  # clicks get a share of their means
    np.testing.assert_allclose(found, expected, atol=atol)
    np.testing.assert_array_equal(model.transform(R), quick(feedback).fit(R).transform(R))


@every_feedback
@pytest.mark.parametrize("container", [pd.DataFrame, pl.from_pandas], ids=["pandas", "polars"])
def test_features_of_tables_are_matched_by_their_first_column(feedback, container):
    R, users, items = planted(feedback)
    table = quick(feedback).fit(
        triples(R),
        user_features=container(frame(users, "u")),
        item_features=container(frame(items, "i")),
    )
    assert set(table.items_) == {f"i{i}" for i in range(N_ITEMS)}  # also those without ratings
    order_of_users = np.array([int(name[1:]) for name in table.users_])
    order = np.array([int(name[1:]) for name in table.items_])
    matrix = quick(feedback).fit(
        R[order_of_users][:, order],
        user_features=frame(users, "u")[["group"]][::-1].iloc[order_of_users],
        item_features=frame(items, "i")[["group"]][::-1].iloc[order],
    )
    new = container(frame(users[-10:], "new"))
    expected = matrix.recommend(None, user_features=new[["group"]])
    for found, own in zip(table.recommend(None, user_features=new), expected, strict=True):
        own = table.items_[own] if found.dtype.kind == "U" else own
        np.testing.assert_array_equal(found, own)
    np.testing.assert_array_equal(table.predict([["u1", "i29"]]).shape, (1,))


@every_feedback
def test_predictions_for_users_with_features_only(feedback):
    R, users, _ = planted(feedback)
    matrix = quick(feedback).fit(R[:190], user_features=users[:190, None])
    features = users[190:, None]
    pairs = np.array([(190 + user, item) for user in range(10) for item in range(N_ITEMS)])
    found = matrix.predict(pairs, user_features=features).reshape(10, N_ITEMS)
    assert np.isfinite(found).all()
    ranked, scores = matrix.recommend(None, 3, user_features=features)
    low, high = matrix._range if feedback == "explicit" else (-np.inf, np.inf)
    expected = np.clip(scores, low, high)
    np.testing.assert_allclose(np.take_along_axis(found, ranked, 1), expected, rtol=1e-5)
    table = quick(feedback).fit(triples(R), user_features=frame(users, "u"))
    group = pd.DataFrame({"id": ["x", "u1"], "group": ["a", "a"]})
    own = table.predict([["x", "i1"], ["u1", "i1"], ["?", "i1"]], user_features=group)
    assert own[0] != own[2]
    np.testing.assert_allclose(own[1:], table.predict([["u1", "i1"], ["?", "i1"]]), rtol=1e-5)


@every_feedback
def test_codes_of_users_with_features(feedback):
    R, users, _ = planted(feedback)
    model = quick(feedback).fit(R, user_features=users[:, None])
    found = model.transform(R[:5], user_features=users[:5, None])
    assert found.shape == (5, 6)
    others = model.transform(R[:5], user_features=1 - users[:5, None])
    assert (np.abs(found - others).max() > 1e-4) == (feedback == "explicit")
    assert model.transform(None, user_features=users[:2, None]).shape == (2, 6)


@every_feedback
@pytest.mark.parametrize("format_", ["skops", "safetensors"])
def test_files_contain_features(feedback, format_, tmp_path):
    R, users, items = planted(feedback)
    features = {"user_features": frame(users, "u"), "item_features": frame(items, "i")}
    model, path = quick(feedback).fit(triples(R), **features), tmp_path / f"model.{format_}"
    save(model, path) if format_ == "skops" else model.to_safetensors(path)
    new = frame(users[:3], "new")
    expected = model.recommend(None, user_features=new)
    for found, own in zip(load(path).recommend(None, user_features=new), expected, strict=True):
        np.testing.assert_array_equal(found, own)


@every_feedback
def test_scores_weights_and_repeated_fits_with_features(feedback):
    R, users, items = planted(feedback)
    features = {"user_features": users[:, None], "item_features": items[:, None]}
    weight = np.arange(N_USERS) % 3
    model = quick(feedback).fit(R, sample_weight=weight, **features)
    assert np.isfinite(model.score(planted(feedback, 1)[0]))
    again = quick(feedback, warm_start=True).fit(R, **features).fit(R, **features)
    assert again.n_epochs_ == 6
    with pytest.raises(ValueError, match="user_features was given to the first fit"):
        again.fit(R)
    assert quick(feedback).fit(R, **features).fit(R)._effects is None
    with pytest.raises(ValueError, match="partial_fit cannot continue a fit with user_features"):
        model.partial_fit(R)


@pytest.mark.parametrize("names", [("user_features",), ("item_features",)])
@every_feedback
def test_a_user_of_weight_two_is_two_users(feedback, names):
    R, _, items = planted(feedback)
    numbers = np.random.RandomState(0).randn(N_USERS, 2)
    given = {"user_features": numbers, "item_features": np.c_[items, np.arange(N_ITEMS) % 5]}
    given = {name: given[name] for name in names}
    weight = np.arange(N_USERS) % 3
    weighted = quick(feedback, max_epochs=1).fit(R, sample_weight=weight, **given)
    if "user_features" in names:
        given["user_features"] = np.repeat(numbers, weight, axis=0)
    repeated = quick(feedback, max_epochs=1).fit(np.repeat(R, weight, axis=0), **given)
    np.testing.assert_allclose(weighted.item_biases_, repeated.item_biases_, atol=1e-10)
    assert weighted.rating_scale_ == pytest.approx(repeated.rating_scale_, abs=1e-10)
    assert weighted._effects.keys() == repeated._effects.keys()
    for name, values in weighted._effects.items():
        np.testing.assert_allclose(values, repeated._effects[name], atol=1e-10)


@pytest.mark.parametrize("container", [pd.DataFrame, pl.DataFrame])
def test_columns_of_features_must_be_those_of_the_fit(container):
    R, users, _ = planted()
    features = {"group": users.tolist(), "age": list(range(N_USERS)), "sex": ["f", "m"] * 100}
    for chosen in (["group", "age"], ["group", "age", "sex"]):
        model = quick(max_epochs=1).fit(
            R, user_features=container({name: features[name] for name in chosen})
        )
        reordered = container({name: features[name] for name in chosen[::-1]})
        with pytest.raises(ValueError, match="Pass the same columns in the same order"):
            model.recommend(None, user_features=reordered)


def test_identifiers_of_features_are_of_the_type_of_those_of_ratings():
    R, users, items = planted()
    ratings, numbers = triples(R), np.arange(N_ITEMS)
    with pytest.raises(TypeError, match="items in item_features are not strings"):
        quick().fit(ratings, item_features=pd.DataFrame({"item": numbers, "group": items}))
    model = quick().fit(ratings, user_features=frame(users, "u"))
    with pytest.raises(TypeError, match="users in user_features are not strings"):
        model.predict([["u1", "i1"]], user_features=pd.DataFrame({"u": [900], "group": ["a"]}))


def test_features_of_other_types_are_named():
    R, users, _ = planted()
    given = pd.DataFrame({"group": np.array(["a", "b"])[users], "age": np.arange(N_USERS)})
    model = quick(max_epochs=1).fit(R, user_features=given)
    with pytest.raises(ValueError, match=r"user_features has other types.*'age'"):
        model.recommend(None, user_features=given.astype({"age": str}).replace({"age": {"1": "x"}}))
    with pytest.raises(ValueError, match=r"user_features must be a table.*got shape \(3,\)"):
        model.recommend(None, user_features=["a", "b", "a"])


def test_nullable_numbers_are_features():
    R, users, _ = planted()
    nullable = pd.DataFrame({"group": pd.array([None, *users[1:]], dtype="Int64")})
    plain = pd.DataFrame({"group": [np.nan, *users[1:]]})
    found, expected = (
        quick(max_epochs=1).fit(R, user_features=each).predict([[3, 2], [0, 1]])
        for each in (nullable, plain)
    )
    np.testing.assert_array_equal(found, expected)


@every_feedback
def test_fit_transform_uses_the_features_of_the_users(feedback):
    R, users, _ = planted(feedback)
    features = users[:, None]
    codes = quick(feedback).fit_transform(R, user_features=features)
    model = quick(feedback).fit(R, user_features=features)
    np.testing.assert_array_equal(codes, model.transform(R, user_features=features))


def test_ridge_regressions_solve_their_equations():
    rng = np.random.RandomState(0)
    R = sparse.csr_array(rng.uniform(size=(7, 12)) * (rng.uniform(size=(7, 12)) < 0.5))
    features, weight = rng.randn(12, 3), rng.uniform(1, 2, 12)
    found = ridge_of_rows(R, features, 30.0, weight)
    for row in range(7):
        known = R[[row]].indices
        F, w = features[known], weight[known, None]
        expected = np.linalg.solve(F.T @ (w * F) + 30 * np.eye(3), F.T @ (w[:, 0] * R[[row]].data))
        np.testing.assert_allclose(found[row], expected)
    means, counts = rng.randn(12), rng.randint(9, size=12)
    w = counts / (counts + 3)
    gram = features.T @ (w[:, None] * features) + 10 * np.eye(3)
    expected = np.linalg.solve(gram, features.T @ (w * means))
    np.testing.assert_allclose(prior_weights(means, counts, features, 3.0), expected)
    clicks = sparse.csr_array(np.sign(R.toarray()).T)
    F, X, w = features, clicks.toarray(), weight[:, None]
    mean = (w * X).sum(0) / w.sum()
    expected = np.linalg.solve(F.T @ (w * F) + 100 * np.eye(3), F.T @ (w * (X - mean)))
    found = click_effects(clicks, features, weight)
    np.testing.assert_allclose(found, np.column_stack([mean, expected.T]))
    rows, columns = rng.randn(7, 3), rng.randn(12, 3)
    expected = (rows @ columns.T)[R.tocoo().coords]
    np.testing.assert_allclose(at_stored(R, rows, columns), expected)


def test_features_are_centered_and_missing_ones_are_means():
    X = pd.DataFrame(
        {"age": [10.0, 20, 30, np.nan], "sex": ["m", "f", None, "m"], "x": [0, 1, 1, 1]}
    )
    table = FeatureTable.learn(X, "user_features")
    table = table.standardized(table.values(X, "user_features"), None)
    found = table.encode(X, "user_features")
    np.testing.assert_allclose(found.sum(0), 0, atol=1e-12)
    assert found[2, 1] == found[2, 2] == found[3, 0] == 0
    assert found[:3, 0].std() == pytest.approx(0.5)
    np.testing.assert_allclose(np.ptp(found[:, 1:], axis=0), 1)
    unknown = table.encode(X.assign(sex="other"), "user_features")
    np.testing.assert_array_equal(unknown[:, 1:3], 0)


@pytest.mark.parametrize(
    ("features", "error", "message"),
    [
        (np.ones((199, 1)), ValueError, "user_features has 199 rows, but X has 200 users"),
        (np.ones(200), ValueError, "user_features must be a table of shape"),
        (np.full((200, 1), np.inf), ValueError, "user_features contains infinite values"),
        (sparse.eye_array(200), TypeError, "user_features is a sparse matrix"),
        ([["a"]] * 200, ValueError, "user_features has values that are not numbers"),
    ],
    ids=["rows", "vector", "infinite", "sparse", "strings"],
)
def test_bad_features_are_refused_and_the_model_stays(features, error, message):
    R, users, _ = planted()
    model = quick().fit(R, user_features=users[:, None])
    before = model.predict([[0, 1], [3, 2]])
    with pytest.raises(error, match=message):
        model.fit(R, user_features=features)
    np.testing.assert_array_equal(model.predict([[0, 1], [3, 2]]), before)


def test_other_bad_features():
    R, users, items = planted()
    table, own = triples(R), frame(users, "u")
    with pytest.raises(ValueError, match=r"has no row for the users \['u"):
        quick().fit(table, user_features=own[:40])
    with pytest.raises(ValueError, match="item_features must be a frame whose first column"):
        quick().fit(table, item_features=items[:, None])
    with pytest.raises(ValueError, match="missing or duplicate users"):
        quick().fit(table, user_features=pd.concat([own, own]))
    model = quick().fit(R, user_features=users[:, None])
    with pytest.raises(ValueError, match="has 2 features, and had 1 in the fit"):
        model.recommend(None, user_features=np.ones((3, 2)))
    with pytest.raises(ValueError, match="Pass ratings, or user_features"):
        model.recommend(None)
    with pytest.raises(ValueError, match=r"are known\. Leave them out"):
        model.recommend([1], user_features=np.ones((1, 1)))
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        model.recommend(None, user_features=np.ones((0, 1)))
    with pytest.raises(ValueError, match="were not given to fit"):
        quick().fit(R).recommend(R[:3], user_features=users[:3, None])
