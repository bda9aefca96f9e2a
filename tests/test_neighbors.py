"""Codes that keep neighbors: the penalty, the neighbors, and the batches that contain them."""

import numpy as np
import pytest
import torch
from helpers import with_missing_values
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.utils.estimator_checks import check_estimator

from sklearn_autoencoders import (
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
    load,
    save,
)
from sklearn_autoencoders._data.statistics.neighbors import NeighborGraph, NeighborSearch
from sklearn_autoencoders._data.statistics.scaling import Scaling
from sklearn_autoencoders._training.loop.sampler import NeighborSampler
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders._utils.random import make_generator
from sklearn_autoencoders.metrics import embedding_report
from sklearn_autoencoders.networks import Dense, Output
from sklearn_autoencoders.networks._layers.places import Places
from sklearn_autoencoders.objectives import Neighbors


def embedding(**params):
    defaults = {"penalty": "neighbors", "max_epochs": 5, "random_state": 0}
    return AutoencoderTransformer(2, **{**defaults, **params})


def places_of(model):
    [places] = [part for part in model.network_.modules() if isinstance(part, Places)]
    return places.places.detach().numpy()


def unscaled(n_features):
    return Scaling(np.zeros(n_features), np.ones(n_features))


def neighbors_of(X, n_neighbors=3, rows=None, groups=None, **params):
    rows = np.arange(len(X)) if rows is None else rows
    layout, rng = Layout.of_numbers(X.shape[1]), np.random.RandomState(0)
    search = NeighborSearch(n_neighbors, **params)
    return search(X, rows, layout, unscaled(X.shape[1]), rng, groups=groups)


# ----------------------------------------------------------------------------- the penalty


def test_the_penalty_is_its_formula(rng):
    code = rng.standard_normal((5, 2))
    pairs = np.zeros((5, 5))
    pairs[0, 1] = pairs[1, 0] = pairs[0, 2] = pairs[2, 0] = 1
    pairs[np.diag_indices(5)] = np.nan
    pairs[3, 4] = pairs[4, 3] = np.nan  # the same sample twice
    expected = np.zeros(5)
    affinity = 1 / (1 + ((code[:, None] - code) ** 2).sum(-1))
    for i in range(5):
        others = [k for k in range(5) if not np.isnan(pairs[i, k])]
        near = [k for k in others if pairs[i, k]]
        if near:
            terms = [-np.log(affinity[i, j] / affinity[i, others].sum()) for j in near]
            expected[i] = np.mean(terms)
    x = torch.tensor(code)
    batch = Batch(x, neighbors=torch.tensor(pairs))
    found = Neighbors()(Output(x, x), x, torch.nn.Identity(), batch=batch)
    np.testing.assert_allclose(found, expected)


def test_without_neighbors_the_penalty_is_zero():
    x = torch.ones(3, 2)
    for batch in (None, Batch(x)):
        assert not Neighbors()(Output(x, x), x, torch.nn.Identity(), batch=batch).any()


# -------------------------------------------------------------------- neighbors and batches


def test_neighbors_are_those_of_scikit_learn(rng):
    X = rng.standard_normal((60, 4))
    expected = NearestNeighbors(n_neighbors=3).fit(X).kneighbors(return_distance=False)
    np.testing.assert_array_equal(neighbors_of(X).nearest, expected)


def test_neighbors_of_many_features_are_those_of_principal_components(rng):
    X = rng.standard_normal((80, 60)) * np.geomspace(10, 0.01, 60)
    reduced = PCA(50).fit_transform(X)
    expected = NearestNeighbors(n_neighbors=3).fit(reduced).kneighbors(return_distance=False)
    np.testing.assert_array_equal(neighbors_of(X).nearest, expected)


def test_only_given_rows_are_neighbors(rng):
    X, rows = rng.standard_normal((30, 2)), np.arange(5, 25)
    found = neighbors_of(X, rows=rows).nearest
    assert set(found[rows].ravel()) <= set(rows)
    assert (np.delete(found, rows, axis=0) == -1).all()


def test_copies_are_one_sample(rng):
    X = rng.standard_normal((6, 2))
    alone, copied = neighbors_of(X), neighbors_of(np.vstack([X, X[:3]]))
    np.testing.assert_array_equal(copied.nearest[:6], alone.nearest)
    np.testing.assert_array_equal(copied.nearest[6:], alone.nearest[:3])
    np.testing.assert_array_equal(copied.first, [0, 1, 2, 3, 4, 5, 0, 1, 2])


def test_neighbors_by_angle_are_those_of_scikit_learn(rng):
    X = rng.standard_normal((60, 60))
    search = NearestNeighbors(n_neighbors=3, metric="cosine").fit(X)
    found = neighbors_of(X, metric="cosine").nearest
    np.testing.assert_array_equal(found, search.kneighbors(return_distance=False))


def test_most_neighbors_are_found_approximately(rng):
    pytest.importorskip("faiss")
    X = rng.standard_normal((2000, 4)).astype(np.float32)
    exact, found = (neighbors_of(X, approximate=flag).nearest for flag in (False, True))
    shared = [len(set(a) & set(b)) for a, b in zip(exact, found, strict=True)]
    assert np.mean(shared) > 0.95 * 3


def test_neighbors_are_of_the_same_group_or_of_none(rng):
    X, groups = rng.standard_normal((30, 2)), np.repeat([0, 1, -1], [14, 2, 14])
    found = neighbors_of(X, groups=groups).nearest
    for group in (0, 1):
        assert set(groups[found[groups == group]].ravel()) <= {group, -1}
    np.testing.assert_array_equal(found[groups < 0], neighbors_of(X).nearest[groups < 0])


def test_a_group_can_be_smaller_than_its_neighbors(rng):
    X, groups = rng.standard_normal((8, 2)), np.repeat([0, 1, 2], [5, 2, 1])
    found = neighbors_of(X, groups=groups).nearest
    np.testing.assert_array_equal(found[5:], [[6, -1, -1], [5, -1, -1], [-1, -1, -1]])


def test_copies_with_different_labels_are_different_samples(rng):
    X = np.repeat(rng.standard_normal((3, 2)), 2, axis=0)
    found = neighbors_of(X, groups=np.array([0, 1, 0, 1, 0, 1]))
    np.testing.assert_array_equal(found.first, np.arange(6))


@pytest.mark.parametrize("n_samples", [1, 2, 3])
def test_few_samples_have_fewer_neighbors(n_samples):
    X = np.arange(n_samples, dtype=float)[:, None]
    assert neighbors_of(X).nearest.shape == (n_samples, n_samples - 1)


def test_pairs_of_a_batch():
    nearest = np.array([[1], [0], [3], [2]], dtype=np.int32)
    found = NeighborGraph(nearest, np.arange(4, dtype=np.int32)).pairs([2, 3, 2, 0])
    np.testing.assert_array_equal(
        found,
        [[np.nan, 1, np.nan, 0], [1, np.nan, 1, 0], [np.nan, 1, np.nan, 0], [0, 0, 0, np.nan]],
    )


@pytest.mark.parametrize(("n_samples", "batch_size"), [(20, 8), (21, 8), (7, 3), (5, 1), (3, 10)])
def test_half_of_a_batch_are_neighbors_of_the_other_half(n_samples, batch_size, rng):
    neighbors = neighbors_of(rng.standard_normal((n_samples, 2)), 2)
    neighbors = torch.from_numpy(neighbors.among(np.arange(n_samples)))
    sampler = NeighborSampler(n_samples, make_generator(0), neighbors, batch_size)
    positions = list(sampler)
    assert len(positions) == len(sampler) == n_samples
    seen = []
    for start in range(0, n_samples, batch_size):
        batch = positions[start : start + batch_size]
        half = len(batch) // 2
        samples, partners = batch[: len(batch) - half], batch[len(batch) - half :]
        seen += samples
        for sample, partner in zip(samples, partners, strict=False):
            assert partner in neighbors[sample]
    assert len(set(seen)) == len(seen)


# ------------------------------------------------------------------------------- estimators


def test_neighbors_of_unseen_samples_are_kept():
    X, y = load_digits(return_X_y=True)
    reports = []
    for penalty in (None, "neighbors"):
        model = embedding(max_epochs=60, penalty=penalty).fit(X[:700])
        codes = model.transform(X[1200:])
        report = embedding_report(X[1200:], codes, random_state=0)
        classifier = KNeighborsClassifier().fit(model.transform(X[:700]), y[:700])
        reports.append({**report, "accuracy": classifier.score(codes, y[1200:])})
    plain, found = reports
    for name in ("accuracy", "trustworthiness", "neighbor_recall"):
        assert found[name] > plain[name] + 0.02, name


def test_the_default_network_has_places():
    X, _ = load_digits(return_X_y=True)
    assert places_of(embedding(max_epochs=1).fit(X[:200])).shape == (256, 2)
    own = embedding(max_epochs=1, network=Dense((32,), n_places=8)).fit(X[:200])
    assert places_of(own).shape == (8, 2)
    own = embedding(max_epochs=1, network=Dense((32,))).fit(X[:200])
    assert own.network_.encoder.linear.out_features == 2  # a linear path instead


def test_places_are_pretrained_layer_by_layer(rng):
    X = rng.standard_normal((60, 4))
    network = Dense((16, 8), n_places=8)
    model = embedding(network=network, init="random", pretraining="layerwise").fit(X)
    assert len(model.pretraining_curves_) == 3


def test_places_have_no_tied_weights():
    with pytest.raises(ValueError, match="n_places > 0 cannot be combined with tied_weights"):
        Dense((16,), n_places=8, tied_weights=True).build(4, 2)


def test_places_do_not_need_the_penalty(rng):
    X = rng.standard_normal((60, 4))
    model = embedding(penalty=None, network=Dense((16,), n_places=8)).fit(X)
    largest = 20 * np.abs(places_of(model)).max(axis=0)
    assert (np.abs(model.transform(10 * X)) <= largest + 1e-5).all()  # means of places


def test_a_seed_determines_the_embedding():
    X, _ = load_digits(return_X_y=True)
    first, second = (embedding().fit(X[:300]).transform(X[300:400]) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_an_embedding_does_not_depend_on_other_samples():
    X = load_digits().data.astype(np.float32)
    model = embedding().fit(X[:300])
    codes = model.transform(X[300:400])
    for n_rows in (1, 3, 50):
        parts = [model.transform(X[i : i + n_rows]) for i in range(300, 400, n_rows)]
        np.testing.assert_array_equal(np.concatenate(parts)[:100], codes)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_training_on_components_is_training_on_features(early_stopping, monkeypatch):
    X, _ = load_digits(return_X_y=True)
    weight = np.random.RandomState(0).uniform(0.5, 2.0, 300)
    fits = []
    for is_trained_on_components in (True, False):
        if not is_trained_on_components:
            name = "sklearn_autoencoders._training.coordinates._can_be_trained_on_coordinates"
            monkeypatch.setattr(name, lambda *args: False)
        model = embedding(dtype="float64", max_epochs=3, early_stopping=early_stopping)
        fits.append(model.fit(X[:300], sample_weight=weight))
    first, second = fits
    np.testing.assert_allclose(first.transform(X), second.transform(X), rtol=1e-6)
    # what the components leave is the mean over all samples, not over those of a batch
    np.testing.assert_allclose(first.loss_curve_, second.loss_curve_, rtol=1e-4)


def test_a_file_contains_no_neighbors(tmp_path):
    X, _ = load_digits(return_X_y=True)
    model = embedding().fit(X[:300])
    path = tmp_path / "embedding.skops"
    save(model, path)
    np.testing.assert_array_equal(load(path).transform(X), model.transform(X))
    assert not [name for name in vars(model) if "neighbor" in name]


def test_samples_without_weight_do_not_influence_neighbors():
    X, _ = load_digits(return_X_y=True)
    other = X[:300].copy()
    other[200:] = X[0]
    weight = np.repeat([1.0, 0.0], [200, 100])
    fits = [embedding(max_epochs=2).fit(own, sample_weight=weight) for own in (X[:300], other)]
    np.testing.assert_allclose(fits[0].transform(X), fits[1].transform(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("make", [DenoisingAutoencoder, VAEGenerator], ids=lambda c: c.__name__)
def test_other_estimators_keep_neighbors(make):
    X, _ = load_digits(return_X_y=True)
    model = make(2, penalty=Neighbors(0.1), max_epochs=3, random_state=0).fit(X[:300])
    assert np.isfinite(model.reconstruct(X[:5])).all()


@pytest.mark.parametrize(
    "params",
    [{"early_stopping": True}, {"warm_start": True}, {"batch_size": 3}, {"batch_size": 300}],
    ids=str,
)
def test_options_of_training(params):
    X, _ = load_digits(return_X_y=True)
    model = embedding(max_epochs=2, **params).fit(X[:300])
    assert np.isfinite(model.fit(X[:300]).transform(X[:5])).all()


def test_batches_can_be_passed_one_after_another():
    X, _ = load_digits(return_X_y=True)
    model = embedding()
    for start in range(0, 600, 200):
        model.partial_fit(X[start : start + 200])
    assert np.isfinite(model.transform(X[:5])).all()


def test_values_can_be_missing():
    X, _ = load_digits(return_X_y=True)
    holes = with_missing_values(X[:300])
    assert np.isfinite(embedding().fit(holes).transform(holes)).all()


def test_the_number_of_neighbors_can_be_searched():
    X, _ = load_digits(return_X_y=True)
    grid = {"penalty__n_neighbors": [5, 15]}
    search = GridSearchCV(embedding(penalty=Neighbors()), grid, cv=2).fit(X[:200])
    assert search.best_params_["penalty__n_neighbors"] in (5, 15)


def test_labels_separate_what_features_do_not(rng):
    X = rng.standard_normal((300, 5))
    classes = X[:, 0] > 0
    y = np.where(rng.random(300) < 0.1, None, classes)
    scores = []
    for supervised in (False, True):
        penalty = Neighbors(10.0, supervised=supervised)
        codes = embedding(penalty=penalty, max_epochs=30).fit_transform(X, y)
        scores.append(KNeighborsClassifier().fit(codes, classes).score(codes, classes))
    assert scores[1] > scores[0] + 0.05


@pytest.mark.parametrize(
    ("y", "message"), [(None, "pass y to fit"), (np.linspace(0.1, 1, 50), "KBinsDiscretizer")]
)
def test_supervision_requires_classes(y, message, rng):
    model = embedding(penalty=Neighbors(supervised=True))
    with pytest.raises(ValueError, match=message):
        model.fit(rng.standard_normal((50, 3)), y)
    assert not hasattr(model, "network_")


def test_copies_of_one_sample_have_no_neighbors():
    assert np.isfinite(embedding().fit(np.ones((100, 5))).transform(np.ones((2, 5)))).all()


def test_directions_of_sparse_samples_stay_sparse(monkeypatch):
    X = sparse.random(100, 300, density=0.1, format="csr", random_state=0)
    model = embedding(penalty=Neighbors(metric="cosine"), max_epochs=2)
    expected = model.fit(X.toarray()).transform(X.toarray())
    np.testing.assert_allclose(model.fit(X).transform(X), expected, atol=1e-4)
    with pytest.raises(ValueError, match="needs metric='euclidean' for sparse"):
        embedding(penalty=Neighbors(metric="cosine", approximate=True)).fit(X)


def test_weights_count_in_the_components_of_the_search(rng):
    X, weight = rng.standard_normal((80, 60)), np.ones(80)
    weight[:4] = 20.0
    copies = np.vstack([X, np.repeat(X[:4], 19, axis=0)])
    layout, scaling = Layout.of_numbers(60), unscaled(60)
    found = [
        NeighborSearch(5)(own, np.arange(len(own)), layout, scaling, rng, own_weight).nearest[:80]
        for own, own_weight in ((X, weight), (copies, None))
    ]
    np.testing.assert_array_equal(*found)


def test_principal_components_of_the_network_are_those_of_the_search(rng, monkeypatch):
    X, found = rng.standard_normal((80, 60)), []
    call = NeighborSearch.__call__

    def recorded(self, *arguments):
        *others, axes = arguments
        found.extend([call(self, *others, own).nearest for own in (axes, None)])
        return call(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(NeighborSearch, "__call__", recorded)
        expected = embedding(max_epochs=1).fit(X).transform(X)
    np.testing.assert_array_equal(*found)
    # not computed again
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.neighbors.principal_axes", None)
    np.testing.assert_array_equal(embedding(max_epochs=1).fit(X).transform(X), expected)


def test_many_missing_values_are_mentioned(rng):
    X = with_missing_values(rng.standard_normal((50, 3)), 0.4)
    with pytest.warns(UserWarning, match="% of the values are missing. Neighbors are searched"):
        embedding(max_epochs=1).fit(X)


def test_one_penalty_keeps_neighbors(rng):
    with pytest.raises(ValueError, match="at most one Neighbors"):
        embedding(penalty=["neighbors", Neighbors(2.0)]).fit(rng.standard_normal((50, 3)))


@pytest.mark.parametrize("n_neighbors", [0, 1.5, "many"])
def test_a_number_of_neighbors_is_positive(n_neighbors):
    with pytest.raises(ValueError, match="n_neighbors"):
        embedding(penalty=Neighbors(n_neighbors=n_neighbors)).fit(np.eye(4))


@pytest.mark.long
def test_estimator_checks():
    check_estimator(embedding())


@pytest.mark.parametrize("activation", ["logistic", ["logistic"] * 60], ids=["one", "each"])
def test_the_activation_of_the_output_is_one_of_features(activation, rng):
    X = rng.rand(100, 60)
    network = Dense((8,), output_activation=activation)
    reconstruction = embedding(network=network, scaling=None, init="random").fit(X).reconstruct(X)
    assert reconstruction.min() > 0
    assert reconstruction.max() < 1
