"""Recommendation: biases, rankings, new users, tables and matrices."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.utils.estimator_checks import check_estimator

from sklearn_autoencoders import AutoencoderRecommender, export_onnx, load, save
from sklearn_autoencoders._data.recommendation.biases import item_biases
from sklearn_autoencoders._data.recommendation.item_weights import _of_nearest
from sklearn_autoencoders._data.recommendation.linear_prediction import LINEAR
from sklearn_autoencoders._data.recommendation.ratings import ratings_of
from sklearn_autoencoders._data.sources.sparse import SparseRows
from sklearn_autoencoders._inference.ranking import mean_ndcg, scores_of, top_items
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.networks import Interactions
from sklearn_autoencoders.networks._models.autoencoder import Autoencoder
from sklearn_autoencoders.objectives._losses import FEEDBACK

KINDS = ["explicit", "implicit"]
every_kind = pytest.mark.parametrize("feedback", KINDS)


def ratings(n_users=60, n_items=30, density=0.3, seed=0):
    """Return ratings of 1 to 5, NaN where unknown, of users and items of two groups."""
    rng = np.random.RandomState(seed)
    user, item = rng.randint(2, size=n_users), rng.randint(2, size=n_items)
    expected = 3 + 1.5 * np.where(user[:, None] == item, 1, -1)
    R = np.clip(np.round(expected + 0.3 * rng.randn(n_users, n_items)), 1, 5)
    R[rng.uniform(size=R.shape) > density] = np.nan
    R[0, :2], R[np.arange(n_items) % n_users, np.arange(n_items)] = 3.0, 3.0
    return R


def stored(R):
    rows, columns = np.nonzero(~np.isnan(R))
    return sparse.csr_array((R[rows, columns], (rows, columns)), R.shape)


def triples(R):
    rows, columns = np.nonzero(~np.isnan(R))
    names = {"user": [f"u{i}" for i in rows], "item": [f"i{i}" for i in columns]}
    return pd.DataFrame({**names, "rating": R[rows, columns]})


def quick(feedback="explicit", **params):
    params = {"n_components": 6, "max_epochs": 3, "random_state": 0} | params
    return AutoencoderRecommender(feedback=feedback, **params)


@pytest.mark.parametrize("dtype", [float, int])
def test_masked_ratings_are_unknown(dtype):
    R = ratings()
    mask = np.isnan(R)
    masked = np.ma.masked_array(np.where(mask, 3, R).astype(dtype), mask)
    found, expected = ratings_of(masked).matrix, ratings_of(R).matrix
    np.testing.assert_array_equal(found.toarray(), expected.toarray())
    assert found.nnz == expected.nnz


@every_kind
def test_matrices_arrays_and_tables_give_the_same_model(feedback):
    R = ratings()
    first = quick(feedback).fit(stored(R))
    second = quick(feedback).fit(R)
    np.testing.assert_array_equal(first.transform(R), second.transform(stored(R)))
    frame = triples(R)
    third = quick(feedback).fit(frame)
    assert set(third.users_) == {f"u{i}" for i in range(60)}
    pairs = frame[["user", "item"]][:20]
    np.testing.assert_array_equal(
        quick(feedback).fit(pl.from_pandas(frame)).predict(pairs), third.predict(pairs)
    )


def test_predictions_are_mean_and_biases_plus_the_output_of_the_network():
    R = ratings()
    model = quick(linear_share=0).fit(R)
    mean, users, items = item_biases(stored(R), 5.0, 3.0)
    np.testing.assert_allclose(model.user_biases_, users)
    np.testing.assert_allclose(model.item_biases_, items)
    with_zeros = np.nan_to_num((R - mean - users[:, None] - items) / model.rating_scale_)
    with torch.no_grad():
        output = model.network_(torch.tensor(with_zeros)).reconstruction
    expected = mean + users[:, None] + items + model.rating_scale_ * output.numpy()
    pairs = np.argwhere(np.ones(R.shape))
    found = model.predict(pairs).reshape(R.shape)
    np.testing.assert_allclose(found, np.clip(expected, 1, 5), atol=1e-4)
    _, scores = model.recommend([3], n=30, exclude_seen=False)
    np.testing.assert_allclose(np.sort(scores[0]), np.sort(expected[3]), atol=1e-4)


def test_biases_solve_the_shrunken_equations():
    R = ratings()
    mean, users, items = item_biases(stored(R), 5.0, 3.0)
    known = ~np.isnan(R)
    deviation = np.where(known, np.nan_to_num(R) - mean - users[:, None] - items, 0.0)
    np.testing.assert_allclose(deviation.sum(1), 5.0 * users, atol=1e-8)
    np.testing.assert_allclose(deviation.sum(0), 3.0 * items, atol=1e-2)


def test_the_network_predicts_held_out_ratings_better_than_biases():
    R = ratings(200, 40, 0.5)
    rng = np.random.RandomState(1)
    hidden = ~np.isnan(R) & (rng.uniform(size=R.shape) < 0.2)
    train, test = np.where(hidden, np.nan, R), np.where(hidden, R, np.nan)
    model = quick(max_epochs=40, learning_rate=5e-3).fit(train)
    mean, users, items = model.mean_, model.user_biases_, model.item_biases_
    biases = (mean + users[:, None] + items)[hidden]
    rmse = np.sqrt(np.mean((biases - R[hidden]) ** 2))
    assert model.score(test) > -0.75 * rmse
    assert quick(linear_share=1).fit(train).score(test) > -0.85 * rmse
    assert model.score(test) == pytest.approx(
        -np.sqrt(np.mean((model.predict(np.argwhere(hidden)) - R[hidden]) ** 2))
    )


def test_clicks_of_the_same_group_are_ranked_first():
    R = ratings(200, 40, 0.5)
    clicks = stored(np.where(R >= 4, 1.0, np.nan))
    rng = np.random.RandomState(1)
    entries, held_out = clicks.tocoo(), rng.uniform(size=clicks.nnz) < 0.2
    rows, columns = entries.coords
    parts = [
        sparse.csr_array((np.ones(own.sum()), (rows[own], columns[own])), clicks.shape)
        for own in (~held_out, held_out)
    ]
    model = quick("implicit", max_epochs=40).fit(parts[0])
    popular = np.tile(parts[0].sum(axis=0), (200, 1)).astype(float)
    chunks = [(slice(0, 200), popular)]
    assert model.score(parts[1]) > 1.1 * mean_ndcg(chunks, parts[0], parts[1], np.ones(200))


def test_clicks_are_predicted_by_ridge_regression_on_the_other_clicks():
    clicks = np.nan_to_num(ratings()) > 3
    weight = np.arange(60) % 3
    model = quick("implicit", linear_share=1).fit(clicks, sample_weight=weight)
    gram = clicks.T @ (clicks * weight[:, None])
    count = np.diag(gram)
    given = clicks[:9].astype(float)
    expected = np.empty_like(given)
    for item in range(clicks.shape[1]):
        others = np.delete(np.arange(clicks.shape[1]), item)
        normal = gram[np.ix_(others, others)] + np.diag(100 + count[others] / 2)
        expected[:, item] = given[:, others] @ np.linalg.solve(normal, gram[others, item])
    expected /= np.maximum(count, 1) ** 0.05
    found = model.predict([(u, i) for u in range(9) for i in range(30)])
    np.testing.assert_allclose(found.reshape(9, 30), expected, rtol=1e-3, atol=1e-5)


def test_ratings_are_predicted_by_those_of_similar_items(monkeypatch):
    R = ratings()
    name = "sklearn_autoencoders._estimators.recommender_share.best_weights"
    monkeypatch.setattr(name, lambda *args, **options: np.array([0.0, 1.0, 0.0]))
    model = quick(linear_share=1, masking_rate=0.1).fit(R)
    known = ~np.isnan(R)
    rest = np.where(known, R - model.mean_ - model.item_biases_ - model.user_biases_[:, None], 0)
    length, common = np.sqrt((rest**2).sum(0)), known.T.astype(float) @ known
    similar = np.maximum(rest.T @ rest / np.outer(length, length) * common / (common + 50), 0)
    np.fill_diagonal(similar, 0)
    expected = model.mean_ + model.item_biases_ + model.user_biases_[:, None]
    expected = expected + 2.9 * (rest @ similar) / (1 + known @ similar)
    found = model.predict(np.argwhere(np.ones(R.shape))).reshape(R.shape)
    np.testing.assert_allclose(found, np.clip(expected, 1, 5), rtol=1e-4)


def test_sums_over_similar_items_do_not_depend_on_the_block(monkeypatch):
    model = quick().fit(ratings())
    rest, linear = model._rest(model._matrix), LINEAR["explicit"](**model._linear)
    expected = linear.predict(rest, np.float64)
    monkeypatch.setattr("sklearn_autoencoders._data.recommendation.item_weights._SUMS_SIZE", 100)
    np.testing.assert_array_equal(linear.predict(rest, np.float64), expected)
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(linear.predict(rest, np.float32), expected, atol=1e-5)


def test_scores_of_sparse_rows_are_those_of_the_network(monkeypatch):
    model = quick(hidden_layer_sizes=(9,)).fit(ratings())
    rows = SparseRows(model._rest(model._matrix))
    dense = torch.tensor(rows.take(slice(None)), dtype=torch.float32)
    with torch.no_grad():
        expected = model.network_.float()(dense).reconstruction.numpy()
    monkeypatch.setattr("sklearn_autoencoders._inference.ranking._CHUNK_SIZE", 210)
    chunks = list(scores_of(model._model, rows))
    assert len(chunks) == 9  # of seven users
    np.testing.assert_allclose(np.vstack([own for _, own in chunks]), expected, atol=1e-5)


@pytest.mark.parametrize("density", [0.005, 0.2])
@every_kind
def test_sparse_batches_have_the_losses_and_gradients_of_dense_ones(feedback, density):
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(20, 300, generator=generator) < density).double()
    x[0, :2], x[1] = torch.tensor([1.0, 1.0]), 0.0  # a user without interactions
    if feedback == "explicit":
        x = x * torch.randn(x.shape, generator=generator, dtype=torch.float64)
    encoder, decoder = Interactions((7,), masking_rate=0.0).build(300, 4)
    decoder.predicts_stored_only = feedback == "explicit"
    network, loss = Autoencoder(encoder, decoder).double(), FEEDBACK[feedback]
    observed = (x != 0).double() if feedback == "explicit" else None
    found = []
    for batch in (Batch(x, x, cell_weight=observed), Batch(x.to_sparse(), x.to_sparse())):
        network.zero_grad(set_to_none=True)
        losses = loss.evaluate(network(batch), batch, network, 1.0).loss
        losses.sum().backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters()]
        found.append([losses.detach(), loss.baseline_loss(batch), *gradients])
    for dense, own in zip(*found, strict=True):
        assert dense.abs().max() > 0
        torch.testing.assert_close(own, dense)


def test_of_sparse_ratings_only_the_stored_ones_are_predicted():
    network = Interactions().build(300, 4)[1]
    target = torch.eye(3, 300).to_sparse()
    code = torch.randn(3, 4)
    torch.testing.assert_close(network(code, target), network(code).diagonal())


@every_kind
def test_hidden_interactions_of_a_whole_batch_are_those_of_dense_samples(feedback, monkeypatch):
    R = ratings(40)
    sparse_fit = quick(feedback, linear_share=0).fit(R)
    monkeypatch.setattr("sklearn_autoencoders._training.loop.datasets.InteractionRows", type(None))
    dense_fit = quick(feedback, linear_share=0).fit(R)
    np.testing.assert_allclose(sparse_fit.loss_curve_, dense_fit.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(sparse_fit.transform(R), dense_fit.transform(R), rtol=1e-6)
    assert sparse_fit.network_.encoder[0].hidden.rate == 0.5


def test_only_the_nearest_items_are_neighbors():
    similar = np.random.RandomState(0).uniform(size=(3, 300)).astype(np.float32)
    found = _of_nearest(similar).toarray()
    assert (np.count_nonzero(found, axis=1) == 100).all()
    np.testing.assert_array_equal(
        np.sort(found, axis=1)[:, -100:], np.sort(similar, axis=1)[:, -100:]
    )


@every_kind
def test_the_linear_prediction_follows_batches_of_users(feedback):
    R = ratings()
    weight = 1.0 + np.arange(60) % 2
    model = quick(feedback).partial_fit(R[:40], sample_weight=weight[:40])
    model.partial_fit(R[40:], sample_weight=weight[40:])
    rest = model._rest(model._matrix)
    rng = np.random.RandomState(0)
    expected = LINEAR[feedback].fit(rest, weight, rng, model.factor_share_)
    for name, values in vars(expected).items():
        np.testing.assert_equal(model._linear[name], values)


@every_kind
def test_new_users_need_no_refit(feedback):
    R = ratings()
    model = quick(feedback).fit(R)
    items, scores = model.recommend(R[:5], n=4)
    known, others = model.recommend(np.arange(5), n=4)
    np.testing.assert_array_equal(items, known)
    np.testing.assert_allclose(scores, others)
    assert (np.diff(scores, axis=1) <= 0).all()
    R[0, 3] = 5.0
    assert not (model.recommend(R[:1], n=20)[0] == 3).any() or feedback == "explicit"
    ids = quick(feedback).fit(triples(R))
    frame = triples(R[:3]).assign(user=lambda t: "new " + t["user"])
    assert ids.recommend(frame, n=2)[0].shape == (3, 2)
    assert ids.recommend(["u4"], n=2)[0].dtype.kind == "U"


@every_kind
def test_seen_items_are_excluded_and_come_last_if_no_others_are_left(feedback):
    R = ratings()
    model = quick(feedback).fit(R)
    seen = ~np.isnan(R)
    items, scores = model.recommend(np.arange(60), n=30)
    is_seen = np.take_along_axis(seen, items, axis=1)
    np.testing.assert_array_equal(is_seen, np.isneginf(scores))
    items, scores = model.recommend(np.arange(60), n=30, exclude_seen=False)
    assert np.isfinite(scores).all()
    assert (np.sort(items, axis=1) == np.arange(30)).all()


@every_kind
def test_empty_users_and_items_get_an_answer(feedback):
    R = ratings()
    R[7], R[:, 4] = np.nan, np.nan
    model = quick(feedback).fit(R)
    assert np.isfinite(model.predict([[7, 3], [2, 4]])).all()
    assert model.recommend([7], n=3)[0].shape == (1, 3)
    empty = model.recommend(sparse.csr_array((2, 30)), n=3)[0]
    np.testing.assert_array_equal(empty[0], empty[1])
    assert np.isfinite(model.transform(R)).all()


@every_kind
def test_no_users(feedback):
    model = quick(feedback).fit(ratings())
    none = sparse.csr_array((0, 30))
    for call in (model.recommend, model.transform, model.score, model.partial_fit):
        with pytest.raises(ValueError, match=r"0 sample\(s\)"):
            call(none)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        model.recommend([])


def test_unknown_users_and_items_in_predictions():
    model = quick().fit(triples(ratings()))
    mean, item = model.mean_, model.items_.tolist().index("i3")
    found = model.predict([["u1", "?"], ["?", "?"], ["?", "i3"]])
    user = model.users_.tolist().index("u1")
    assert found[0] == pytest.approx(mean + model.user_biases_[user])
    assert found[1] == pytest.approx(mean)
    assert np.isfinite(found[2])
    assert item >= 0
    clicks = quick("implicit").fit(triples(ratings()))
    assert np.isneginf(clicks.predict([["u1", "?"]]))  # a single new item is no reason to warn
    with pytest.warns(UserWarning, match=r"None of the items in X, such as \['\?'\], was in the"):
        clicks.predict([["u1", "?"]] * 10)
    with pytest.warns(UserWarning, match=r"None of the items in X, such as \[3\], was in the"):
        clicks.predict([["u1", 3]])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda pairs: pairs[["item", "user"]].to_numpy(), {"users", "items"}),
        (lambda pairs: pairs.assign(user=3), {"users"}),
        (lambda pairs: pairs.assign(item="?"), {"items"}),
        (lambda pairs: pairs.assign(user=[*pairs["user"][1:], "?"]), set()),
    ],
)
def test_pairs_of_unknown_users_or_items_only_are_named(change, what):
    frame = triples(ratings())
    model = quick().fit(frame)
    pairs = change(frame[["user", "item"]])
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        model.predict(pairs)
    assert {str(one.message).split()[3] for one in found} == what


def test_zeros_of_an_array_are_probably_unknown_ratings():
    zeros = np.nan_to_num(ratings())
    with pytest.warns(UserWarning, match="of 1800 values of the array X are 0.*use NaN or"):
        quick().fit(zeros)
    quick().fit(np.where(ratings() < 2, 0, ratings()))
    quick().fit(stored(zeros))
    quick("implicit").fit(zeros)


def test_a_frame_of_three_items_is_told_to_be_read_as_triples():
    R = pd.DataFrame(ratings(20, 3))
    with pytest.raises(ValueError, match=r"columns 0 and 1.*as triples.*pass X\.to_numpy\(\)"):
        quick().fit(R)
    with pytest.raises(ValueError, match=r"duplicate pair.*pass X\.to_numpy\(\)"):
        quick().fit(R.fillna(1.0))


@every_kind
def test_folds_of_a_table_are_scored(feedback):
    frame = triples(ratings())
    search = GridSearchCV(
        quick(feedback), {"n_components": [2, 4]}, cv=KFold(3, shuffle=True, random_state=0)
    )
    search.fit(frame)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_unknown_users_and_items_are_scored_as_they_are_predicted():
    model = quick().fit(triples(ratings()))
    frame = pd.DataFrame(
        {"user": ["u1", "?", "?"], "item": ["?", "i3", "?"], "rating": [1.0, 2.0, 3.0]}
    )
    error = model.predict(frame[["user", "item"]]) - frame["rating"]
    model.score(frame[frame["user"] == "?"])
    assert model.score(frame) == pytest.approx(-np.sqrt(np.mean(error**2)))
    with pytest.raises(ValueError, match="no click of a user of the fit"):
        quick("implicit").fit(triples(ratings())).score(frame)


def test_pairs_of_strings_and_integers_keep_their_types():
    frame = triples(ratings()).assign(item=lambda t: t["item"].str[1:].astype(int))
    model = quick().fit(frame)
    pairs = frame[["user", "item"]].head(3)
    found = model.predict([tuple(pair) for pair in pairs.to_numpy()])
    np.testing.assert_array_equal(found, model.predict(pairs))
    with pytest.raises(TypeError, match="X has users that are strings, and others that are not"):
        quick().fit(frame.assign(user=[1, *frame["user"][1:]]))


def test_sparse_ratings_are_not_modified():
    entries = np.array([1.0, 5, 2, 3, 4, 2]), [2, 0, 1, 3, 1, 0], [0, 2, 4, 6]
    R = sparse.csr_array(entries, shape=(3, 4))
    quick().fit(R)
    assert R.indices.tolist() == entries[1]


def test_a_fitted_recommender_does_not_follow_its_parameters():
    model = quick().fit(ratings())
    before = model.predict([[0, 1], [3, 2]])
    model.set_params(feedback="implicit", user_shrinkage=100.0)
    np.testing.assert_array_equal(model.predict([[0, 1], [3, 2]]), before)


def test_batches_are_all_tables_or_all_matrices():
    with pytest.raises(ValueError, match="X must be a table, as in the first fit"):
        quick().partial_fit(triples(ratings())).partial_fit(ratings())


@pytest.mark.parametrize("weight", [np.ones(7), -np.ones(60), np.zeros(60)], ids=len)
def test_weights_of_scores_are_checked(weight):
    with pytest.raises(ValueError, match=r"sample_weight|Sample weights"):
        quick().fit(ratings()).score(ratings(), sample_weight=weight)


def test_tensors_are_ratings():
    R = torch.tensor(ratings(), requires_grad=True)
    found = quick().fit(R).transform(R)
    np.testing.assert_array_equal(found, quick().fit(ratings()).transform(ratings()))


def test_similar_items_have_the_highest_cosines():
    model = quick(n_components=8, max_epochs=30).fit(ratings(200, 40, 0.5))
    items, cosines = model.similar_items([0, 5], n=39)
    unit = model.item_embeddings_ / np.linalg.norm(model.item_embeddings_, axis=1)[:, None]
    expected = np.delete(unit @ unit[5], 5)
    np.testing.assert_allclose(cosines[1], np.sort(expected)[::-1], rtol=1e-5, atol=1e-6)
    assert 5 not in items[1]
    assert model.item_embeddings_.shape == (40, 8)


@every_kind
def test_batches_of_users(feedback):
    R = ratings()
    model = quick(feedback).partial_fit(R[:40])
    items = model.item_biases_
    model.partial_fit(R[40:])
    assert len(model.users_) == 60
    assert model.n_epochs_ == 2
    np.testing.assert_array_equal(model.item_biases_, items)
    frame = triples(R)
    model = quick(feedback).partial_fit(frame).partial_fit(frame[frame["user"] == "u3"])
    assert len(set(model.users_)) == len(model.users_) == 60
    with pytest.raises(ValueError, match=r"items that were not in the fit: \['new'\]"):
        model.partial_fit(pd.DataFrame({"user": ["a"], "item": ["new"], "rating": [1.0]}))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (pd.concat([triples(ratings())] * 2), "duplicate pair"),
        (triples(ratings()).assign(other=1), "three columns user, item and rating; got 4"),
        (triples(ratings()).replace({"user": {"u3": None}}), "missing users or items"),
        (np.full((5, 4), np.nan), "contains no rating"),
        (sparse.csr_array((5, 4)), "contains no rating"),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), "infinite ratings"),
        (np.ones(5), "must be a matrix of users and items"),
        (np.array([["u1", "i1", "3"]]), r"could not convert.* as a frame, such as"),
    ],
    ids=["duplicates", "columns", "missing", "nan", "empty", "infinite", "vector", "strings"],
)
def test_bad_ratings_are_refused_and_the_model_stays(wrong, message):
    R = ratings()
    model = quick().fit(R)
    before = model.predict([[0, 1], [3, 2]])
    with pytest.raises(ValueError, match=message):
        model.fit(wrong)
    np.testing.assert_array_equal(model.predict([[0, 1], [3, 2]]), before)


def test_other_bad_input():
    R = ratings()
    model = quick().fit(R)
    with pytest.raises(ValueError, match=r"X has 29 features.*expecting 30"):
        model.transform(R[:, :29])
    with pytest.raises(ValueError, match=r"users that were not in the fit: \[60\]"):
        model.recommend([3, 60])
    with pytest.raises(ValueError, match="n == 0, must be >= 1"):
        model.recommend([3], n=0)
    with pytest.raises(ValueError, match=r"list of users.*\[3\]"):
        model.recommend(3)
    with pytest.raises(ValueError, match=r"pairs of a user and an item.*\(3,\)"):
        model.predict([1, 2, 3])
    with pytest.raises(ValueError, match="row for each of the 60 users"):
        model.score(R[:5])
    with pytest.raises(ValueError, match=r"needs clicks.*values from -1"):
        quick("implicit").fit(np.where(R > 2, 1.0, -1.0))
    with pytest.raises(NotFittedError):
        quick().predict([[0, 1]])
    for wrong in ({"masking_rate": 1.0}, {"hidden_layer_sizes": "auto"}, {"n_components": 0.5}):
        with pytest.raises(ValueError, match=f"The '{next(iter(wrong))}' parameter"):
            quick(**wrong).fit(R)
    assert quick(hidden_layer_sizes=(9,)).fit(R).transform(R).shape == (60, 6)
    with pytest.raises(ValueError, match="feedback was 'explicit' in the first fit"):
        model.set_params(feedback="implicit").partial_fit(R)


def test_scale_and_origin_of_ratings_do_not_matter():
    R = ratings()
    found, expected = quick().fit(20 * R - 7), quick().fit(R)
    pairs = np.argwhere(np.ones(R.shape))
    np.testing.assert_allclose(found.predict(pairs), 20 * expected.predict(pairs) - 7, rtol=1e-4)


def test_equal_ratings_are_predicted():
    R = np.where(np.isnan(ratings()), np.nan, 3.0)
    np.testing.assert_allclose(quick().fit(R).predict([[0, 5], [4, 2]]), 3.0)


def test_counts_of_clicks_do_not_matter():
    R = np.nan_to_num(ratings())
    np.testing.assert_array_equal(
        quick("implicit").fit(R).transform(R), quick("implicit").fit(R > 0).transform(R > 0)
    )


@every_kind
@pytest.mark.parametrize("format_", ["skops", "safetensors"])
def test_files_contain_everything(feedback, format_, tmp_path):
    model, path = quick(feedback).fit(triples(ratings())), tmp_path / f"model.{format_}"
    save(model, path) if format_ == "skops" else model.to_safetensors(path)
    back = load(path)
    pairs = [["u1", "i3"], ["u2", "i5"]]
    np.testing.assert_array_equal(back.predict(pairs), model.predict(pairs))
    for found, expected in zip(back.recommend(["u3"]), model.recommend(["u3"]), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_same_seed_gives_the_same_model_and_weights_count_users():
    R = ratings()
    first, second = quick().fit(R), clone(quick()).fit(R)
    np.testing.assert_array_equal(first.transform(R), second.transform(R))
    weight = np.arange(60) % 3
    assert np.isfinite(quick().fit(R, sample_weight=weight).score(R, sample_weight=weight))


def test_frames_of_codes_have_a_row_for_each_user():
    frame = triples(ratings())
    with config_context(transform_output="pandas"):
        model = quick().fit(frame)
        found = model.transform(frame)
    np.testing.assert_array_equal(found, model.transform(frame))
    assert found.index.tolist() == model.users_.tolist()
    assert found.columns.tolist() == [f"autoencoderrecommender{i}" for i in range(6)]
    others = quick().set_output(transform="polars").fit_transform(pl.from_pandas(frame))
    np.testing.assert_array_equal(others.to_numpy(), found)


class _WithoutPredict(AutoencoderRecommender):
    """The recommender without the method that takes pairs instead of samples."""

    predict = property()


@pytest.mark.filterwarnings("ignore")
@every_kind
def test_estimator_checks_of_matrices(feedback):
    estimator = _WithoutPredict(2, feedback=feedback, max_epochs=2, random_state=0)
    reason = "a frame contains triples of user, item and rating"
    check_estimator(
        estimator, expected_failed_checks={"check_sample_weights_pandas_series": reason}
    )


@pytest.mark.parametrize("container", [pl.from_pandas, pa.Table.from_pandas, lambda X: X])
@pytest.mark.parametrize("ids", ["dates", "integers", "strings"])
def test_pairs_come_in_any_frame(container, ids):
    frame = triples(ratings())
    if ids != "strings":
        frame["user"] = frame["user"].str[1:].astype(int)
    if ids == "dates":
        frame["user"] = pd.Timestamp("2024-02-27") + pd.to_timedelta(frame["user"], unit="D")
    model = quick().fit(container(frame))
    positions = quick().fit(frame)
    expected = positions.predict(frame[["user", "item"]])
    np.testing.assert_array_equal(model.predict(container(frame[["user", "item"]])), expected)
    errors = expected - frame["rating"]
    assert model.score(container(frame)) == pytest.approx(-np.sqrt(np.mean(errors**2)))
    assert np.abs(expected - model.mean_ - np.resize(model.item_biases_, len(expected))).max() > 0
    with pytest.raises(ValueError, match="two columns user and item"):
        model.predict(container(frame))


def test_ratings_outside_of_the_range_are_refused():
    R = ratings()
    with pytest.raises(ValueError, match=r"rating_range=\(0, 4\), but X contains.* from 1 to 5"):
        quick(rating_range=(0, 4)).fit(R)
    with pytest.raises(ValueError, match="'rating_range' parameter"):
        quick(rating_range=(4, 0)).fit(R)
    model = quick(rating_range=(1, 9)).fit(R).set_params(rating_range=(2.9, 3.1))
    found = model.predict(np.argwhere(np.ones(R.shape)))
    assert found.min() == 2.9
    assert found.max() == 3.1


def test_top_items_are_those_of_a_full_sort():
    scores = np.random.RandomState(0).randn(20, 30)
    items, values = top_items(scores.copy(), 7)
    np.testing.assert_array_equal(items, np.argsort(-scores, axis=1)[:, :7])
    np.testing.assert_array_equal(values, np.take_along_axis(scores, items, axis=1))


def test_ndcg_of_a_perfect_and_of_a_shifted_ranking():
    held_out = sparse.csr_array(np.array([[0, 1, 1, 0], [0, 0, 0, 1.0], [0, 0, 0, 0]]))
    seen = sparse.csr_array(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0.0]]))
    scores = np.array([[9, 3, 2, 1], [2, 9, 0, 1], [1, 2, 3, 4.0]])
    found = mean_ndcg([(slice(0, 3), scores)], seen, held_out, np.ones(3))
    assert found == pytest.approx((1 + 1 / np.log2(3)) / 2)


def test_the_export_to_onnx_is_refused(tmp_path):
    pytest.importorskip("onnxscript")
    with pytest.raises(TypeError, match="does not support AutoencoderRecommender"):
        export_onnx(quick().fit(ratings()), tmp_path / "model.onnx", method="transform")


@every_kind
def test_every_attribute_can_be_looked_up(feedback):
    """`dir` looks them up in new versions of scikit-learn."""
    for model in (quick(feedback), quick(feedback).fit(ratings())):
        for name in object.__dir__(model):
            hasattr(model, name)


@pytest.mark.parametrize("package", [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas])
@pytest.mark.parametrize(
    "names",
    [["rating", "item", "user"], ["ItemId", "USER_ID", "Rating"], ["Rating", "userid", "Item"]],
)
def test_columns_with_names_can_be_in_any_order(names, package):
    R = triples(ratings(20, 10))
    own = {name.lower().replace("_", "").removesuffix("id"): name for name in names}
    given = package(R.rename(columns=own)[names])
    expected, found = ratings_of(R), ratings_of(given)
    np.testing.assert_array_equal(found.matrix.toarray(), expected.matrix.toarray())
    assert (list(found.users), list(found.items)) == (list(expected.users), list(expected.items))
    model = AutoencoderRecommender(2, max_epochs=1, random_state=0).fit(given)
    pairs = R[["user", "item"]]
    np.testing.assert_array_equal(
        model.predict(pairs), model.predict(pairs[["item", "user"]].rename(columns=own))
    )


@pytest.mark.parametrize(
    "names",
    [
        ["movie_id", "user_id", "stars"],
        ["score", "productId", "userId"],
        ["USERS", "user_rating", "isbn"],
        ["rating", "person", "film"],  # users and items in order
        ["itemID", "who", "count"],
        ["a", "b", "c"],
        ["users", "user name", "n"],  # two columns of users: in order
    ],
)
def test_names_say_which_column_contains_the_users(names):
    roles = {
        "movie_id": "item", "productId": "item", "isbn": "item", "film": "item", "itemID": "item",
        "stars": "rating", "score": "rating", "user_rating": "rating", "rating": "rating",
        "count": "rating", "c": "rating", "n": "rating", "b": "item", "user name": "item",
    }  # fmt: skip
    R = triples(ratings(20, 10))
    given = pd.DataFrame({name: R[roles.get(name, "user")] for name in names})
    expected, found = ratings_of(R), ratings_of(given)
    np.testing.assert_array_equal(found.matrix.toarray(), expected.matrix.toarray())
    assert list(found.users) == list(expected.users)


def test_ratings_that_are_strings_are_an_error_that_says_the_order():
    names = {"item": "film", "rating": "value"}
    R = triples(ratings(20, 10)).rename(columns=names)[["user", "value", "film"]]
    message = "columns user, item and rating in this order.*column 'film' are not numbers"
    with pytest.raises(ValueError, match=message) as error:
        AutoencoderRecommender(2).fit(R)
    assert "categorical_features" not in str(error.value)
