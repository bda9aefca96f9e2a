"""AutoencoderTransformer in pipelines, searches and column transformers."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from estimators import quick
from helpers import table, with_missing_values
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  # allows the next import
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Dense, Network


class Bow(Network):
    """A user-defined network whose layers draw their weights as usual in torch."""

    def __init__(self, width=8):
        self.width = width

    def build(self, n_features, n_components):
        encoder = nn.Sequential(
            nn.Linear(n_features, self.width), nn.ReLU(), nn.Linear(self.width, n_components)
        )
        return encoder, nn.Linear(n_components, n_features)


class Headless(Network):
    """A network without a linear layer at its end."""

    def build(self, n_features, n_components):
        return nn.AdaptiveAvgPool1d(n_components), nn.AdaptiveAvgPool1d(n_features)


def transformer(n_components=2, **params):
    return quick(AutoencoderTransformer, n_components=n_components, **params)


@pytest.fixture
def X():
    return table()


@pytest.fixture
def y(X):
    return (X[:, 0] > np.median(X[:, 0])).astype(int)


# ----------------------------------------------------------------------- one by itself


def test_it_takes_the_place_of_pca(X):
    for reducer in (PCA(2), transformer(2)):
        codes = reducer.fit_transform(X)
        assert codes.shape == (80, 2)
        assert reducer.inverse_transform(codes).shape == X.shape
        assert reducer.get_feature_names_out().tolist() == [
            f"{type(reducer).__name__.lower()}{i}" for i in range(2)
        ]
        assert reducer.score(X) is not None


@pytest.mark.parametrize("scaling", ["global", "feature"])
def test_training_starts_at_the_codes_of_pca(X, scaling):
    X = X * np.arange(1, 7)
    start = transformer(scaling=scaling, learning_rate=1e-12, dropout=0, max_epochs=1).fit(X)
    codes = start.transform(X)
    if scaling == "global":
        expected, codes = PCA(2).fit_transform(X), start.scale_[0] * codes
    else:
        expected = PCA(2).fit_transform(StandardScaler().fit_transform(X))
    np.testing.assert_allclose(np.abs(codes), np.abs(expected), rtol=1e-3, atol=1e-4)


def test_the_score_is_in_the_units_of_the_samples_that_are_passed(X, rng):
    X[:, 5] = 1000 * rng.uniform(size=len(X))  # nearly all of the variance, hardly predictable
    feature = transformer(scaling="feature").fit(X)
    error = ((X - feature.reconstruct(X))[:, 5] ** 2).sum()
    assert feature.score(X) == pytest.approx(1 - error / (len(X) * X[:, 5].var()), abs=1e-3)
    scaled = make_pipeline(StandardScaler(), transformer()).fit(X)
    assert scaled.score(X) > feature.score(X) + 0.1


@pytest.mark.parametrize("weight", [None, np.linspace(0.1, 1, 80)], ids=["", "weights"])
def test_fit_transform_is_fit_and_transform(X, weight):
    codes = transformer().fit_transform(X, sample_weight=weight)
    np.testing.assert_array_equal(codes, transformer().fit(X, sample_weight=weight).transform(X))


@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_encoding_and_decoding_is_reconstructing(X, loss):
    fitted = transformer(loss=loss).fit(X)
    np.testing.assert_allclose(
        fitted.inverse_transform(fitted.transform(X)), fitted.reconstruct(X), rtol=1e-12
    )


def test_reconstructions_under_cross_entropy_are_probabilities(X):
    fitted = transformer(loss="binary_cross_entropy", max_epochs=50).fit(X)
    reconstruction = fitted.reconstruct(X)
    assert 0 <= reconstruction.min() < reconstruction.max() <= 1
    assert fitted.score(X) > 0.5


@pytest.mark.parametrize("n_components", [6, 9])
@pytest.mark.parametrize("init", ["pca", "random"])
def test_the_code_may_be_wider_than_the_input(X, n_components, init):
    fitted = transformer(n_components, init=init, max_epochs=50).fit(X)
    assert fitted.transform(X).shape == (80, n_components)
    assert fitted.score(X) > 0.8


@pytest.mark.parametrize("fraction", [0.5, 0.99])
def test_a_fraction_of_variance_determines_the_number_of_components(X, fraction):
    fitted = transformer(fraction).fit(X)
    assert fitted.n_components_ == PCA(fraction).fit(X).n_components_
    assert len(fitted.get_feature_names_out()) == fitted.n_components_
    assert fitted.score(X) >= fraction - 1e-6


def test_missing_values_are_imputed_better_than_by_feature_means(X):
    holes = with_missing_values(X)
    missing = np.isnan(holes)
    filled = transformer(max_epochs=50).fit(holes).reconstruct(holes)
    means = np.broadcast_to(np.nanmean(holes, axis=0), X.shape)
    error, floor = (np.square(guess - X)[missing].mean() for guess in (filled, means))
    assert error < 0.7 * floor


@pytest.mark.parametrize("sizes", [(), 5, [5], (5, 4), np.array([5, 4])])
def test_hidden_layer_sizes_may_be_any_sequence(X, sizes):
    network = transformer(hidden_layer_sizes=sizes, init="random").fit(X).network_
    widths = [m.out_features for m in network.encoder.modules() if isinstance(m, nn.Linear)]
    assert widths == [*np.atleast_1d(np.asarray(sizes, dtype=int)), 2]


@pytest.mark.parametrize("sizes", [(0,), (5, -1), [2.5], 0, ("wide",), [[5, 4]]])
def test_wrong_hidden_layer_sizes_are_refused_by_the_name_of_the_estimator(X, sizes):
    with pytest.raises(
        ValueError, match="'hidden_layer_sizes' parameter of AutoencoderTransformer"
    ):
        transformer(hidden_layer_sizes=sizes).fit(X)


# -------------------------------------------------------------------- networks of users


@pytest.mark.parametrize("init", ["pca", "random"])
def test_a_network_of_a_user_works(X, init):
    first, second = (transformer(network=Bow(), init=init).fit(X) for _ in range(2))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert "Bow(width=3)" in repr(clone(first).set_params(network__width=3).network)
    narrow = clone(first).set_params(network__width=3).fit(X)
    assert min(p.shape[0] for p in narrow.network_.encoder.parameters() if p.ndim > 1) == 2
    assert narrow.transform(X).shape == (80, 2)


def test_a_network_of_a_user_is_not_changed(X):
    part = Bow(width=4)
    fitted = transformer(network=part).fit(X)
    before = fitted.transform(X)
    assert vars(part) == {"width": 4}
    part.width = 7
    np.testing.assert_array_equal(fitted.transform(X), before)


def test_a_network_without_a_last_linear_layer_cannot_start_at_pca(X):
    with pytest.raises(ValueError, match='Use init="random" with this network'):
        transformer(network=Headless()).fit(X)


@pytest.mark.parametrize("network", [nn.Linear(2, 2), Dense, "sparse"])
def test_a_network_is_a_recipe_or_its_name(X, network):
    with pytest.raises(ValueError, match="'network' parameter"):
        transformer(network=network).fit(X)


# ------------------------------------------------------------------ searches and pipelines


@pytest.mark.parametrize(
    ("params", "grid"),
    [
        ({}, {"n_components": [1, 3]}),
        ({}, {"hidden_layer_sizes": [(4,), (8, 4)]}),
        ({}, {"activation": ["relu", "tanh"], "solver": ["adam", "sgd"]}),
        ({"network": Dense()}, {"network__hidden_layer_sizes": [(4,), (8, 4)]}),
        ({}, {"network": [Bow(4), Dense((4,)), "dense"]}),
    ],
)
def test_a_grid_search_works(X, params, grid):
    search = GridSearchCV(transformer(**params), grid, cv=2).fit(X)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert search.best_score_ == scores.max()
    assert search.transform(X).shape[1] == search.best_estimator_.n_components_


def test_a_grid_search_in_workers_equals_one_in_this_process(X):
    grid = {"n_components": [1, 3]}
    scores = [
        GridSearchCV(transformer(), grid, cv=2, n_jobs=n_jobs).fit(X).cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


def test_a_halving_search_over_epochs_works(X):
    search = HalvingGridSearchCV(
        transformer(),
        {"activation": ["relu", "tanh", "gelu", "elu"]},
        resource="max_epochs",
        min_resources=2,
        max_resources=8,
        factor=2,
        cv=2,
    ).fit(X)
    assert search.n_resources_ == [2, 4, 8]
    assert search.best_estimator_.n_epochs_ == 8


def test_more_components_explain_more(X):
    search = GridSearchCV(transformer(max_epochs=20), {"n_components": [1, 2, 3]}, cv=3).fit(X)
    assert (np.diff(search.cv_results_["mean_test_score"]) > 0).all()


def test_it_feeds_a_classifier(X, y):
    pipeline = make_pipeline(StandardScaler(), transformer(), LogisticRegression())
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.7


def test_it_can_be_combined_with_pca(X):
    union = FeatureUnion([("pca", PCA(2)), ("deep", transformer(3))]).fit(X)
    assert union.transform(X).shape == (80, 5)
    assert union.get_feature_names_out()[-1] == "deep__autoencodertransformer2"


def test_it_works_in_a_column_transformer(X):
    frame = pd.DataFrame(X, columns=list("abcdef"))
    columns = ColumnTransformer(
        [("deep", transformer(), list("abcd")), ("rest", "passthrough", ["f"])]
    )
    columns.set_output(transform="pandas")
    out = columns.fit_transform(frame)
    assert [*out] == ["deep__autoencodertransformer0", "deep__autoencodertransformer1", "rest__f"]


def test_it_can_be_cached_in_a_pipeline(X, tmp_path):
    pipeline = Pipeline(
        [("deep", transformer()), ("scale", StandardScaler())], memory=str(tmp_path)
    )
    codes = pipeline.fit(X).transform(X)
    again = clone(pipeline).fit(X)
    np.testing.assert_array_equal(again.transform(X), codes)
    n_files = sum(path.name == "output.pkl" for path in tmp_path.rglob("*"))
    assert n_files == 1
    clone(pipeline).set_params(deep__n_components=1).fit(X)
    assert sum(path.name == "output.pkl" for path in tmp_path.rglob("*")) == 2


@pytest.mark.parametrize(("kind", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_frames_come_out_where_they_are_wanted(X, kind, frame):
    fitted = transformer().set_output(transform=kind).fit(X)
    codes = fitted.transform(X)
    assert isinstance(codes, frame)
    assert list(codes.columns) == fitted.get_feature_names_out().tolist()
    assert isinstance(fitted.fit_transform(X), frame)
    np.testing.assert_allclose(fitted.inverse_transform(codes), fitted.reconstruct(X), rtol=1e-6)


# --------------------------------------------------------------------------------- weights


def test_weights_are_routed_through_a_pipeline(X):
    weight = np.where(X[:, 0] > 0.5, 3.0, 0.1)
    with config_context(enable_metadata_routing=True):
        step = transformer().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, step).fit(X, sample_weight=weight)
    expected = transformer().fit(StandardScaler().fit_transform(X), sample_weight=weight)
    np.testing.assert_array_equal(
        pipeline.transform(X), expected.transform(StandardScaler().fit_transform(X))
    )


def test_weights_are_routed_through_a_search(X):
    weight = np.linspace(0.1, 2, 80)
    with config_context(enable_metadata_routing=True):
        step = transformer().set_fit_request(sample_weight=True)
        step.set_score_request(sample_weight=True)
        search = GridSearchCV(step, {"n_components": [1, 2]}, cv=2).fit(X, sample_weight=weight)
    half = slice(0, 40), slice(40, 80)
    scores = [
        transformer(2)
        .fit(X[train], sample_weight=weight[train])
        .score(X[test], sample_weight=weight[test])
        for test, train in (half, half[::-1])
    ]
    assert search.cv_results_["mean_test_score"][1] == pytest.approx(np.mean(scores))


def test_weights_of_the_score_repeat_samples(X):
    fitted, weight = transformer().fit(X), np.arange(80) % 4
    assert fitted.score(X, sample_weight=weight) == pytest.approx(
        fitted.score(np.repeat(X, weight, axis=0))
    )
