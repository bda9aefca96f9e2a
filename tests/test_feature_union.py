"""AutoencoderFeatureUnion: features and codes, fitted encoders, cross-fitting."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn
import torch
from containers import every_container
from estimators import quick
from helpers import snapshot, table, time_limit, with_missing_values
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
)
from sklearn_autoencoders.networks import Convolutional, Temporal


def encoder(**params):
    return quick(AutoencoderTransformer, **{"n_components": 3, **params})


def union(encoders=None, **params):
    return AutoencoderFeatureUnion(encoder() if encoders is None else encoders, **params)


@parametrize_with_checks(
    [
        AutoencoderFeatureUnion(AutoencoderTransformer(max_epochs=5)),
        AutoencoderFeatureUnion(
            [("narrow", AutoencoderTransformer(1, max_epochs=2)), ("pca", PCA(1))],
            passthrough="scaled",
        ),
        AutoencoderFeatureUnion(AutoencoderTransformer(max_epochs=2), passthrough=False),
    ]
)
def test_estimator_check(estimator, check):
    check(estimator)


# ------------------------------------------------------------------------------------ parts


def test_features_precede_the_codes_of_the_encoder():
    X = table()
    found = union().fit_transform(X)
    np.testing.assert_array_equal(found[:, :6], X)
    np.testing.assert_allclose(found[:, 6:], encoder().fit_transform(X))
    scaled = union(passthrough="scaled").fit_transform(X)
    np.testing.assert_allclose(scaled[:, :6], StandardScaler().fit_transform(X))
    np.testing.assert_allclose(union(passthrough=False).fit_transform(X), found[:, 6:])


def test_several_encoders_with_names_and_weights():
    X = table()
    pair = [("wide", encoder(n_components=4)), ("pca", PCA(2))]
    fitted = union(pair, transformer_weights={"raw": 2.0, "pca": 0.5}).fit(X)
    found = fitted.transform(X)
    assert found.shape == (80, 12)
    np.testing.assert_allclose(found[:, :6], 2 * X)
    np.testing.assert_allclose(found[:, 10:], 0.5 * PCA(2).fit_transform(X))
    np.testing.assert_allclose(fitted.inverse_transform(found), X)
    assert not hasattr(pair[0][1], "network_")  # the given estimators are unchanged
    assert fitted["wide"].n_components_ == 4


@pytest.mark.parametrize("passthrough", [True, "scaled"])
def test_original_features_are_returned_by_inverse_transform(passthrough):
    X = table()
    fitted = union(passthrough=passthrough).fit(X)
    np.testing.assert_allclose(fitted.inverse_transform(fitted.transform(X)), X)


def test_codes_alone_are_decoded():
    X = table()
    fitted = union(passthrough=False).fit(X)
    expected = encoder().fit(X).reconstruct(X)
    np.testing.assert_allclose(fitted.inverse_transform(fitted.transform(X)), expected)
    assert not hasattr(
        union([("a", encoder()), ("b", PCA(1))], passthrough=False), "inverse_transform"
    )


def test_an_encoder_that_is_fitted_already_stays_so():
    X, other = table(), table(seed=1)
    frozen = FrozenEstimator(encoder().fit(other))
    found = union(frozen).fit_transform(X)
    np.testing.assert_allclose(found[:, 6:], frozen.transform(X))


def test_names_of_columns_and_frames():
    X = pd.DataFrame(table(), columns=list("abcdef"), index=np.arange(80) + 5)
    fitted = union().set_output(transform="pandas").fit(X)
    found = fitted.transform(X)
    codes = [f"codes__autoencodertransformer{i}" for i in range(3)]
    assert found.columns.tolist() == [f"raw__{name}" for name in "abcdef"] + codes
    assert found.index.equals(X.index)
    short = union(verbose_feature_names_out=False).fit(X).get_feature_names_out()
    assert short[:6].tolist() == list("abcdef")


def test_missing_values_pass():
    X = with_missing_values(table())
    found = union().fit_transform(X)
    np.testing.assert_array_equal(found[:, :6], X)
    assert np.isfinite(found[:, 6:]).all()


def test_sample_weights_reach_the_encoders():
    X, weight = table(), np.arange(80) % 4.0
    found = union().fit(X, sample_weight=weight).transform(X)[:, 6:]
    expected = encoder().fit(X, sample_weight=weight).transform(X)
    np.testing.assert_allclose(found, expected)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = union(encoder().set_fit_request(sample_weight=True))
        found = routed.fit(X, sample_weight=weight).transform(X)[:, 6:]
    np.testing.assert_allclose(found, expected)


routing = sklearn.config_context


# -------------------------------------------------------------------------- parameters, seeds


def test_parameters_of_encoders_can_be_searched():
    X, y = load_iris(return_X_y=True)
    model = make_pipeline(union(), LogisticRegression(max_iter=2000))
    grid = {"autoencoderfeatureunion__encoders__n_components": [1, 2]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.8
    named = union([("codes", encoder())]).set_params(codes__n_components=5, codes__max_epochs=1)
    assert named.encoders[0][1].n_components == 5


def test_a_seed_makes_everything_reproducible_and_nothing_global_changes():
    X, before = table(), snapshot()
    unseeded = AutoencoderTransformer(max_epochs=2)
    settings = {"cross_fit": 3, "random_state": 0}
    first, second = (union(clone(unseeded), **settings).fit_transform(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, union(unseeded, cross_fit=3, random_state=1).fit_transform(X))
    assert snapshot() == before


def test_a_failed_fit_leaves_the_earlier_one():
    X = table()
    fitted = union().fit(X)
    before = fitted.transform(X)
    with pytest.raises(ValueError, match="All values of X are missing"):
        fitted.fit(np.full((10, 6), np.nan))
    np.testing.assert_array_equal(fitted.transform(X), before)
    fresh = union()
    with pytest.raises(ValueError, match="All values of X are missing"):
        fresh.fit(np.full((10, 6), np.nan))
    with pytest.raises(NotFittedError):
        fresh.transform(X)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"passthrough": "yes"}, ValueError, "passthrough"),
        ({"cross_fit": 1.5}, ValueError, "cross_fit"),
        ({"encoders": [("a", PCA(1)), ("a", PCA(1))]}, ValueError, "not unique"),
        ({"encoders": [("a", LogisticRegression())]}, TypeError, "transform"),
        ({"transformer_weights": {"b": 2.0}}, ValueError, "b"),
    ],
)
def test_invalid_parameters_are_rejected(params, error, message):
    with pytest.raises(error, match=message):
        AutoencoderFeatureUnion(**params).fit(table())


# ------------------------------------------------------------------------------- cross-fitting


def test_cross_fitted_codes_are_computed_without_the_sample():
    X = table(90)
    folds = KFold(3)
    fitted = union(PCA(3), cross_fit=folds)
    found = fitted.fit_transform(X)
    np.testing.assert_array_equal(found[:, :6], X)
    final = PCA(3).fit(X)
    np.testing.assert_allclose(fitted.transform(X)[:, 6:], final.transform(X))
    for train, test in folds.split(X):  # a linear map of the fold's own codes
        own = PCA(3).fit(X[train]).transform(X[test])
        design = np.column_stack([own, np.ones(len(test))])
        rest = found[test, 6:] - design @ np.linalg.lstsq(design, found[test, 6:], rcond=None)[0]
        np.testing.assert_allclose(rest, 0, atol=1e-10)
    np.testing.assert_allclose(
        found[:, 6:], final.transform(X), atol=0.1
    )  # and near the final ones


def test_encoders_are_cross_fitted_independently_of_one_another():
    X, folds = table(), KFold(3)
    parts = [("a", PCA(1)), ("same", "passthrough"), ("b", encoder())]
    weights = {"a": 2.0, "b": 0.5}
    together = union(parts, passthrough=False, cross_fit=folds, transformer_weights=weights)
    alone = [
        union(part, passthrough=False, cross_fit=folds).fit_transform(X)
        for part in (PCA(1), encoder())
    ]
    np.testing.assert_allclose(
        together.fit_transform(X), np.hstack([2 * alone[0], X, 0.5 * alone[1]])
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cross_fit", [None, 3])
@pytest.mark.parametrize("code", [encoder(), PCA(2), [("a", PCA(1)), ("b", encoder())]], ids=repr)
def test_the_floating_point_type_of_X_is_kept(dtype, cross_fit, code):
    fitted = union(code, cross_fit=cross_fit)
    assert fitted.fit_transform(table().astype(dtype)).dtype == dtype
    assert fitted.transform(table().astype(dtype)).dtype == dtype


def test_sparse_output_stays_sparse_and_missing_values_next_to_cross_fitted_codes_stay_missing():
    X = with_missing_values(table())
    parts = [("same", "passthrough"), ("codes", encoder())]
    found = union(parts, cross_fit=3).fit_transform(X)
    np.testing.assert_array_equal(found[:, :12], np.hstack([X, X]))
    with pytest.raises(ValueError, match=r"cross_fit requires codes without NaN.*'scaled'"):
        union([("scaled", StandardScaler())], cross_fit=3).fit_transform(X)
    categories = np.arange(60)[:, None] % 3
    frozen = FrozenEstimator(OneHotEncoder().fit(categories))
    assert scipy.sparse.issparse(union(frozen, cross_fit=3).fit_transform(categories))


def weighted_parts(requests):
    parts = [encoder(), PCA(2)]
    if requests:
        parts[0].set_fit_request(sample_weight=True)
    return list(zip("ab", parts, strict=True))


@pytest.mark.parametrize("cross_fit", [None, KFold(3)], ids=repr)
def test_cross_fitting_routes_the_parameters_that_an_encoder_requests(cross_fit):
    X, y, weight = table(), np.arange(80) % 3, 1.0 + np.arange(80) % 4
    expected = [
        union(encoder(), cross_fit=cross_fit).fit_transform(X, y, sample_weight=weight),
        union(PCA(2), cross_fit=cross_fit).fit_transform(X, y)[:, 6:],
    ]
    with routing(enable_metadata_routing=True), time_limit(60):
        routed = union(weighted_parts(True), cross_fit=cross_fit)
        found = routed.fit_transform(X, y, sample_weight=weight)
        np.testing.assert_allclose(found, np.hstack(expected))
        with pytest.raises(TypeError, match="weights"):
            routed.fit_transform(X, y, weights=weight)


def test_weights_reach_the_fold_encoders_and_the_map_between_their_codes():
    X, weight = table(), np.arange(80) % 4.0
    fitted = union(StandardScaler(), passthrough=False, cross_fit=KFold(2))
    found = fitted.fit_transform(X, sample_weight=weight)
    final = StandardScaler().fit(X, sample_weight=weight).transform(X)
    for train, test in KFold(2).split(X):
        fold = StandardScaler().fit(X[train], sample_weight=weight[train])
        codes, held_out = fold.transform(X[train]), fold.transform(X[test])
        scaled = StandardScaler().fit(codes)
        ridge = Ridge(1e-3 * 40).fit(scaled.transform(codes), final[train], weight[train])
        np.testing.assert_allclose(found[test], ridge.predict(scaled.transform(held_out)))


def test_groups_are_held_out_together():
    X, groups = table(), np.arange(80) // 8
    folds = GroupKFold(3)
    splits = list(folds.split(X, groups=groups))
    expected = union(cross_fit=splits).fit_transform(X)
    grouped = union(cross_fit=folds)
    np.testing.assert_array_equal(grouped.fit_transform(X, groups=groups), expected)
    np.testing.assert_array_equal(
        grouped.fit(X, groups=groups).transform(X), union().fit(X).transform(X)
    )
    y = groups % 2
    head = LogisticRegression(max_iter=1000)
    model = make_pipeline(grouped, head).fit(X, y, autoencoderfeatureunion__groups=groups)
    with routing(enable_metadata_routing=True), time_limit(60):
        np.testing.assert_array_equal(grouped.fit_transform(X, groups=groups), expected)
        routed = make_pipeline(clone(grouped), clone(head)).fit(X, y, groups=groups)
        np.testing.assert_array_equal(routed[-1].coef_, model[-1].coef_)
        with pytest.raises(ValueError, match="groups"):
            grouped.fit_transform(X)
    with pytest.raises(ValueError, match="groups"):
        grouped.fit_transform(X)


def noise(n_rows=200):
    rng = np.random.RandomState(0)
    return rng.randn(n_rows, 20), rng.randint(2, size=n_rows)


def test_labels_leak_through_plain_codes_of_supervised_encoders_and_not_through_cross_fitted_ones():
    X, y = noise()
    supervised = AutoencoderClassifier(
        8, pretraining=None, max_epochs=100, learning_rate=1e-2, corruption=None, random_state=0
    )
    accuracies = []
    for cross_fit in (None, 5):
        codes = union(supervised, passthrough=False, cross_fit=cross_fit, random_state=0)
        codes = codes.fit_transform(X, y)
        model = LogisticRegression(max_iter=1000).fit(codes[:100], y[:100])
        accuracies.append(model.score(codes[100:], y[100:]))
    assert accuracies[0] > 0.9
    assert accuracies[1] < 0.65


def test_cross_fitting_takes_weights_and_frames():
    X = pd.DataFrame(table(), columns=list("abcdef"))
    fitted = union(cross_fit=3).set_output(transform="pandas")
    found = fitted.fit_transform(X, sample_weight=1.0 + np.arange(80) % 2)
    assert found.shape == (80, 9)
    assert found.columns[-1] == "codes__autoencodertransformer2"


def test_a_pipeline_learns_from_cross_fitted_codes():
    X, y = load_iris(return_X_y=True)
    denoiser = quick(DenoisingAutoencoder, output="code", n_components=2)
    model = make_pipeline(
        union(denoiser, cross_fit=3, random_state=0), LogisticRegression(max_iter=2000)
    )
    assert model.fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize("folds", [ShuffleSplit(1, test_size=0.2), TimeSeriesSplit(3)], ids=repr)
def test_every_sample_must_be_held_out_once(folds):
    with pytest.raises(ValueError, match="exactly once"):
        union(cross_fit=folds).fit_transform(table())


def test_cross_fitting_supports_the_same_inputs():
    X = table()
    target = np.where(np.arange(80) % 2, X[:, 0], np.nan)
    regressor = quick(AutoencoderRegressor, n_components=2)
    assert np.isfinite(union(regressor, cross_fit=3).fit_transform(X, target)).all()
    parts = [("none", "drop"), ("codes", encoder())]
    assert union(parts, cross_fit=3).fit_transform(X).shape == (80, 9)
    heavy = union(cross_fit=3, transformer_weights={"raw": 2.0, "codes": 3.0}).fit_transform(X)
    np.testing.assert_array_equal(heavy[:, :6], 2 * X)


@pytest.mark.parametrize("learner", [encoder(n_components=1), PCA(1)], ids=repr)
@pytest.mark.parametrize("passthrough", [True, False, "scaled"])
def test_encoders_of_one_component_are_cross_fitted(learner, passthrough):
    X = table()
    found = union(learner, passthrough=passthrough, cross_fit=3).fit_transform(X)
    plain = union(learner, passthrough=passthrough).fit_transform(X)
    assert found.shape == plain.shape
    assert abs(np.corrcoef(found[:, -1], plain[:, -1])[0, 1]) > 0.9
    np.testing.assert_allclose(found[:, :-1], plain[:, :-1])  # original features are not learned


# ------------------------------------------------------------------------------------ metadata


@pytest.mark.parametrize("passthrough", [True, False, "scaled"])
@pytest.mark.parametrize("cross_fit", [None, 2, KFold(2), GroupKFold(2)], ids=repr)
def test_metadata_routing_without_metadata_gives_the_same(passthrough, cross_fit):
    X, groups = table(), {"groups": np.arange(80) % 4}
    model = union(passthrough=passthrough, cross_fit=cross_fit, random_state=0)
    params = groups if isinstance(cross_fit, GroupKFold) else {}
    expected = model.fit_transform(X, **params)
    with sklearn.config_context(enable_metadata_routing=True), time_limit(60):
        np.testing.assert_array_equal(clone(model).fit(X).transform(X), model.transform(X))
        np.testing.assert_array_equal(clone(model).fit_transform(X, **params), expected)


@pytest.mark.parametrize("name", ["sample_weight", "importance"])
def test_requested_weights_are_cross_fitted_as_without_routing(name):
    X, weight = table(), 1.0 + np.arange(80) % 3
    expected = union(cross_fit=2, random_state=0).fit_transform(X, sample_weight=weight)
    request = True if name == "sample_weight" else name
    with sklearn.config_context(enable_metadata_routing=True):
        routed = union(
            [("codes", encoder().set_fit_request(sample_weight=request))],
            cross_fit=2,
            random_state=0,
        )
        found = routed.fit_transform(X, **{name: weight})
    np.testing.assert_array_equal(found, expected)
    assert not np.allclose(found, union(cross_fit=2, random_state=0).fit_transform(X))


@pytest.mark.parametrize("is_routed", [False, True])
def test_groups_reach_the_splitter(is_routed):
    X, groups = table(), np.repeat(np.arange(4), 20)
    folds = list(LeaveOneGroupOut().split(X, groups=groups))
    expected = union(PCA(2), cross_fit=folds).fit_transform(X)
    with sklearn.config_context(enable_metadata_routing=is_routed):
        grouped = union(PCA(2), cross_fit=LeaveOneGroupOut())
        found = grouped.fit_transform(X, groups=pd.Series(groups))
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(  # fit accepts what fit_transform does
            clone(grouped).fit(X, groups=groups).transform(X), grouped.transform(X)
        )
        with pytest.raises(ValueError, match="groups"):
            grouped.fit_transform(X)
        np.testing.assert_array_equal(grouped.transform(X)[:, 6:], PCA(2).fit(X).transform(X))


@pytest.mark.parametrize("is_routed", [False, True])
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_groups_need_a_splitter_that_uses_them(method, is_routed):
    X, groups = table(), np.repeat(np.arange(4), 20)
    with sklearn.config_context(enable_metadata_routing=is_routed):
        call = getattr(union(PCA(2), cross_fit=3), method)
        with pytest.raises(ValueError, match=r"cross_fit=3 does not .* cross_fit=GroupKFold\(3\)"):
            call(X, groups=groups)
        call(X) if is_routed else call(X, groups=None)


def test_frozen_encoders_need_no_cross_fitting():
    X = table()
    frozen = FrozenEstimator(encoder().fit(X))
    crossed, plain = (union(frozen, cross_fit=n).fit_transform(X) for n in (3, None))
    np.testing.assert_array_equal(crossed, plain)


def test_scaled_features_request_no_sample_weights():
    with sklearn.config_context(enable_metadata_routing=True):
        routed = union(encoder().set_fit_request(sample_weight=True), passthrough="scaled")
        assert routed.fit_transform(table(), sample_weight=np.ones(80)).shape == (80, 9)


@pytest.mark.parametrize("encoders", [[], (), [("a", "drop")], [("a", "drop"), ("b", "drop")]])
def test_a_union_of_nothing_is_refused(encoders):
    for method in ("fit", "fit_transform"):
        with pytest.raises(ValueError, match=r"encoders=.* leave no features.*passthrough=True"):
            getattr(union(encoders, passthrough=False), method)(table())
    np.testing.assert_array_equal(union(encoders).fit_transform(table()), table())


def test_the_first_encoder_can_be_dropped():
    parts = [("a", "drop"), ("b", encoder())]
    fitted = union(parts, passthrough=False).fit(table())
    assert fitted.n_features_in_ == 6
    assert fitted.transform(table()).shape == (80, 3)


def test_parameters_of_the_default_encoder_can_be_set_and_searched():
    params = {"encoders__n_components": 2, "encoders__max_epochs": 3}
    found = AutoencoderFeatureUnion().set_params(**params)
    assert repr(found.encoders) == repr(AutoencoderTransformer(2, max_epochs=3))
    found.set_params(encoders=None, encoders__n_components=3)
    assert found.encoders.n_components == 3
    untouched = AutoencoderFeatureUnion()
    with pytest.raises(ValueError, match="Invalid parameter 'components'"):
        untouched.set_params(encoders__components=2)
    assert untouched.encoders is None
    grid = {"autoencoderfeatureunion__encoders__n_components": [1, 2]}
    model = make_pipeline(AutoencoderFeatureUnion(), LogisticRegression(max_iter=2000))
    model.set_params(autoencoderfeatureunion__encoders__max_epochs=2)
    X, y = load_iris(return_X_y=True)
    assert GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y).best_score_ > 0.8


@pytest.mark.parametrize("passthrough", [True, "scaled", False])
@pytest.mark.parametrize("output", ["default", "pandas"])
@pytest.mark.parametrize("encoders", [encoder(), [], [("a", "passthrough")]], ids=repr)
def test_other_features_than_those_of_the_fit_are_refused(passthrough, output, encoders):
    if encoders == [] and passthrough is False:
        return
    X = pd.DataFrame(table(), columns=list("abcdef"))
    fitted = union(encoders, passthrough=passthrough).set_output(transform=output).fit(X)
    for fewer in (X[list("abc")], X.to_numpy()[:, :3]):
        with pytest.raises(ValueError, match="X has 3 features, but AutoencoderFeatureUnion is"):
            fitted.transform(fewer)
    for other in (X[list("fedcba")], X.rename(columns={"a": "z"})):
        with pytest.raises(ValueError, match="feature names should match"):
            fitted.transform(other)


@pytest.mark.parametrize(
    "encoders",
    [
        [("cross_fit", PCA(1))],
        [AutoencoderTransformer(2), AutoencoderTransformer(2)],
        ("a", AutoencoderTransformer(2)),
        [("raw", AutoencoderTransformer(2))],
    ],
)
def test_encoders_that_are_no_pairs_are_refused(encoders):
    with pytest.raises((ValueError, TypeError), match=r"encoders|conflict"):
        AutoencoderFeatureUnion(encoders).fit(table())


@pytest.mark.parametrize("cross_fit", [None, 3])
@pytest.mark.parametrize("passthrough", [True, False, "scaled"])
@every_container
def test_samples_can_be_in_any_container(convert, passthrough, cross_fit):
    frame = pd.DataFrame(table(40), columns=list("abcdef"))
    params = {"passthrough": passthrough, "cross_fit": cross_fit, "random_state": 0}
    X, weight = convert(frame), np.linspace(1, 2, 40)
    models = [union(encoder(max_epochs=1), **params) for _ in "ab"]
    weights = torch.tensor(weight) if isinstance(X, torch.Tensor) else weight, weight
    outputs = [
        (output := model.fit_transform(samples, sample_weight=w), model.transform(samples))
        + (() if passthrough is False else (model.inverse_transform(output),))
        for model, samples, w in zip(models, (X, frame), weights, strict=True)
    ]
    for found, expected in zip(*outputs, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-10)
    if hasattr(X, "columns"):
        names = [list(model.get_feature_names_out()) for model in models]
        assert names[0] == names[1]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_tensors_that_require_gradients(dtype):
    X = torch.tensor(table(40), dtype=dtype, requires_grad=True)
    values = X.detach().float().numpy() if dtype == torch.bfloat16 else X.detach().numpy()
    y = torch.linspace(0, 1, 40, requires_grad=True)
    for cross_fit in (None, 3):
        made = [union(encoder(max_epochs=1), cross_fit=cross_fit, random_state=0) for _ in "ab"]
        outputs = made[0].fit_transform(X, y), made[1].fit_transform(values, y.detach().numpy())
        np.testing.assert_array_equal(*outputs)
        output = torch.tensor(outputs[0], requires_grad=True)
        np.testing.assert_array_equal(made[0].inverse_transform(output), values)


@pytest.mark.parametrize("cross_fit", [None, 3])
@pytest.mark.parametrize("backend", ["numpy_nullable", "pyarrow"])
def test_nullable_numbers_are_numbers(cross_fit, backend):
    frame = pd.DataFrame(with_missing_values(table()), columns=list("abcdef"))
    expected = union(cross_fit=cross_fit, random_state=0).fit_transform(frame)
    nullable = frame.convert_dtypes(dtype_backend=backend)
    found = union(cross_fit=cross_fit, random_state=0).fit_transform(nullable)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


def test_unions_and_pipelines_are_encoders_with_parameters():
    for inner in (FeatureUnion([("a", PCA(1))]), union(PCA(1)), make_pipeline(PCA(1))):
        outer = clone(union(inner, cross_fit=3))
        assert "encoders__verbose" in outer.get_params()
        assert len(outer.fit_transform(table())) == 80
    nested = union(union(PCA(1))).set_params(encoders__encoders__n_components=2)
    assert nested.encoders.encoders.n_components == 2


def test_parameters_of_what_is_dropped_are_refused():
    with pytest.raises(ValueError, match=r"a__n_components cannot be set, because a='drop'"):
        union([("a", "drop")]).set_params(a__n_components=1)
    set_both = union([("a", "drop")]).set_params(a=PCA(3), a__n_components=1)
    assert set_both.encoders[0][1].n_components == 1


def test_what_transform_does_not_return_is_not_inverted():
    fitted = union(PCA(2)).fit(table())
    for wrong in (table()[:, :2], table()[:, 0]):
        with pytest.raises(ValueError, match=r"output of transform, whose first 6 columns"):
            fitted.inverse_transform(wrong)


@pytest.mark.parametrize("params", [{}, {"passthrough": "scaled"}])
def test_features_of_weight_zero_cannot_be_inverted(params):
    fitted = union(PCA(2), transformer_weights={"raw": 0}, **params).fit(table())
    with pytest.raises(ValueError, match=r"transformer_weights\['raw'\] to be different from 0"):
        fitted.inverse_transform(fitted.transform(table()))


@pytest.mark.parametrize(
    ("samples", "network"),
    [
        (["red", "green", "blue"] * 10, None),
        (np.ones((30, 8, 8)), Convolutional((8, 8))),
        ([np.ones((n, 2)) for n in (5, 8) * 15], Temporal((8, 2))),
    ],
    ids=["texts", "images", "series"],
)
def test_samples_that_are_no_rows_of_a_table_are_not_passed_through(samples, network):
    encoder = quick(AutoencoderTransformer, n_components=2, network=network)
    union = AutoencoderFeatureUnion(encoder, passthrough=False)
    assert union.fit_transform(samples).shape == (30, 2)
    with pytest.raises(ValueError, match="Use passthrough=False"):
        union.set_params(passthrough=True).fit(samples)


@pytest.mark.parametrize("cross_fit", [None, 3])
def test_frames_keep_the_types_of_the_original_columns(cross_fit):
    frame = pd.DataFrame(table(), columns=list("abcdef")).sample(frac=1, random_state=0)
    frame["kind"] = pd.Categorical(np.where(frame["a"] > 0, "x", "y"))
    frame["count"] = np.arange(len(frame))
    union = AutoencoderFeatureUnion(
        quick(AutoencoderTransformer, n_components=2), cross_fit=cross_fit
    ).set_output(transform="pandas")
    for found in (union.fit_transform(frame), union.transform(frame)):
        pd.testing.assert_frame_equal(
            found.iloc[:, :8].set_axis(frame.columns, axis=1), frame, check_column_type=False
        )
        assert list(found.columns) == list(union.get_feature_names_out())
    polars = union.set_output(transform="polars").transform(frame)
    assert polars[:, 7].to_list() == frame["count"].tolist()


@pytest.mark.parametrize("as_array", [False, True])
def test_columns_that_cannot_be_scaled_are_named(as_array):
    frame = pd.DataFrame({"x": np.arange(20.0), "city": ["Bern", "Oslo"] * 10})
    X, name = (frame.to_numpy(), 1) if as_array else (frame, "city")
    with pytest.raises(ValueError, match=rf"needs columns of numbers; the column.* {name!r} have"):
        union(encoder(n_components=1), passthrough="scaled").fit(X)
    with pytest.raises(ValueError, match="infinity"):
        union(encoder(n_components=1), passthrough="scaled").fit(np.full((20, 2), np.inf))
