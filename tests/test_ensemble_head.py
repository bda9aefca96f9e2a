"""The head of several members: its start, its folds, its loss, and what it predicts."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from estimators import PREDICTORS, quick
from helpers import snapshot, table, with_missing_values
from scipy import sparse
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderRegressor,
    AutoencoderTransformer,
    export_onnx,
    load,
    save,
)
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.sources import arrays
from sklearn_autoencoders._data.sources.ranges import find_ranges
from sklearn_autoencoders._data.sources.sparse import SparseRows
from sklearn_autoencoders._estimators import fine_tuning
from sklearn_autoencoders._training.ensemble_initialization import (
    N_MEMBERS,
    columns_with_gaps,
    draw_folds,
    intervals,
)
from sklearn_autoencoders._training.head_initialization import LOGISTIC, RIDGE
from sklearn_autoencoders._training.repeated_values import repeated_values
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders.networks import Branches, Dense
from sklearn_autoencoders.networks._layers.embedding import PiecewiseLinear
from sklearn_autoencoders.networks._layers.repeated_values import RepeatedValues
from sklearn_autoencoders.networks._models.ensemble_head import EnsembleHead
from sklearn_autoencoders.networks._models.predictor import LinearHead
from sklearn_autoencoders.objectives._supervised import over_members

every_predictor = pytest.mark.parametrize("cls", PREDICTORS, ids=lambda cls: cls.__name__)

STILL = {"learning_rate": 1e-30, "pretraining": None, "max_epochs": 1}


def ensemble(cls, **params):
    return quick(cls, head="ensemble", n_components=4, **{"pretraining_epochs": 2, **params})


def labels(cls, X):
    smooth = X[:, 0] - X[:, 1] ** 2
    return smooth if cls is AutoencoderRegressor else (smooth > np.median(smooth)).astype(int)


def prediction(fitted, X):
    is_classifier = isinstance(fitted, AutoencoderClassifier)
    return fitted.decision_function(X) if is_classifier else fitted.predict(X)


def scaled(fitted, X):
    found = (X - fitted.center_) / fitted.scale_
    return found / max(np.sqrt((found**2).mean()), 1.0)


def test_it_starts_at_the_mean_of_logistic_regressions_on_the_inputs():
    X = table(200)
    y = labels(AutoencoderClassifier, X)
    fitted = ensemble(AutoencoderClassifier, **STILL).fit(X, y)
    x, fold = scaled(fitted, X), draw_folds(X, None)
    found = []
    for strength in LOGISTIC.of_inputs:
        models = [
            LogisticRegression(C=1 / strength, solver="newton-cholesky", tol=1e-7).fit(
                x[fold != m], y[fold != m]
            )
            for m in range(N_MEMBERS)
        ]
        found.append(np.mean([model.decision_function(x) for model in models], axis=0))
    assert min(np.abs(f - fitted.decision_function(X)).max() for f in found) < 1e-2


def test_it_starts_at_the_mean_of_ridge_regressions_on_the_inputs():
    X = table(200)
    y = np.column_stack([labels(AutoencoderRegressor, X), X[:, 2] * 3])
    fitted = ensemble(AutoencoderRegressor, **STILL).fit(X, y)
    x, fold = scaled(fitted, X), draw_folds(X, None)
    found = []
    for strength in RIDGE.of_inputs:
        models = [Ridge(strength).fit(x[fold != m], y[fold != m]) for m in range(N_MEMBERS)]
        found.append(np.mean([model.predict(x) for model in models], axis=0))
    assert min(np.abs(f - fitted.predict(X)).max() for f in found) < 1e-4


def test_the_loss_is_that_of_the_members_that_are_trained_on_a_sample():
    losses = torch.tensor([[1.0, 2.0, 3.0], [4.0, 6.0, 8.0], [10.0, 20.0, 30.0]])
    found = over_members(losses, torch.tensor([0, 2, -1]))
    assert found.tolist() == pytest.approx([7.0, 4.0, 41 / 3])
    assert over_members(losses, None).tolist() == pytest.approx([5.0, 28 / 3, 41 / 3])


def test_copies_of_a_sample_are_in_one_fold():
    X = table(300)
    fold = draw_folds(np.vstack([X, X]), None)
    np.testing.assert_array_equal(fold[:300], fold[300:])
    assert set(fold) == set(range(N_MEMBERS))
    assert set(draw_folds(np.ones((10, 3)), None)) == {-1}


def test_samples_with_many_copies_are_not_held_out():
    X = table(30)
    repeats = np.where(np.arange(30) == 7, 10, 1)
    fold, weighted = draw_folds(np.repeat(X, repeats, axis=0), None), draw_folds(X, repeats)
    np.testing.assert_array_equal(fold, np.repeat(weighted, repeats))
    assert weighted[7] == -1
    assert -1 not in np.delete(weighted, 7)
    assert -1 not in draw_folds(table(60), np.full(60, 20.0))  # all have the same share


@pytest.mark.parametrize("cls", [AutoencoderClassifier, AutoencoderRegressor])
def test_few_distinct_rows_are_learned(cls):
    X = pd.DataFrame({"fruit": ["apple", "berry", "cherry", "date", "elder"] * 10})
    y = np.tile([0, 1, 0, 1, 1], 10)
    assert cls(random_state=0).fit(X, y).score(X, y) > 0.98


def test_a_piecewise_linear_vector_interpolates_between_the_limits():
    part = PiecewiseLinear(1, 3, 1)
    with torch.no_grad():
        part.edges.copy_(torch.tensor([[0.0, 1.0, 3.0, 3.0]]))
        part.weight.copy_(torch.tensor([[[2.0], [4.0], [100.0]]]))
        part.bias.fill_(1.0)
    x = torch.tensor([[-5.0], [0.0], [0.5], [1.0], [2.0], [3.0], [9.0]])
    assert part(x).flatten().tolist() == pytest.approx([1, 1, 2, 3, 5, 7, 7])
    assert part(x, torch.ones(7, 1)).flatten().tolist() == [1] * 7


def test_limits_are_quantiles_and_frequent_values():
    rng = np.random.RandomState(0)
    few, tail = rng.randint(3, size=1000), np.where(rng.rand(1000) < 0.9, 0.0, rng.rand(1000) + 1)
    found = intervals(np.column_stack([few, tail]), np.ones(1000), 8).numpy()
    assert found[0].tolist() == [0, 1, 2, 2, 2, 2, 2, 2, 2]
    assert found[1][0] == 0
    assert found[1][1] >= 1
    assert len(np.unique(found[1])) == 9
    assert (np.diff(found, axis=1) >= 0).all()


def test_a_sample_of_weight_two_counts_twice_in_the_limits():
    x, counts = np.random.RandomState(0).randn(200, 1), 1 + np.arange(200) % 3
    weighted = intervals(x, counts.astype(float), 5)
    repeated = intervals(x.repeat(counts, axis=0), np.ones(counts.sum()), 5)
    np.testing.assert_array_equal(weighted, repeated)


def test_numbers_are_limited_and_indicators_are_not():
    head = EnsembleHead(2, 1, 3, (0, 2, 0))
    found = head.inputs(Batch(torch.tensor([[9.0, 8.0, -7.0, -6.0]])))
    assert found.tolist() == [[4.0, 8.0, -7.0, -4.0]]


def test_members_that_are_shrunk_to_nothing_are_regressions():
    torch.manual_seed(0)
    head = EnsembleHead(2, 3, 4, (0, 2))
    torch.nn.init.normal_(head.last.weight)
    batch, code = Batch(torch.randn(5, 3)), torch.randn(5, 2)
    assert not torch.equal(head(code, batch), head.regression(batch))
    head.shrink(0.0)
    assert torch.equal(head(code, batch), head.regression(batch))


@every_predictor
def test_the_head_is_an_ensemble_for_tables(cls):
    X = table(80)
    frame = pd.DataFrame(X).add_prefix("x")
    mixed = frame.assign(kind=np.where(X[:, 0] > 0.5, "a", "b"))
    wide = np.tile(X, 11)

    def head(samples, **params):
        model = quick(cls, pretraining=None, max_epochs=1, **params)
        return type(model.fit(samples, labels(cls, X)).network_.head)

    tables = X, sparse.csr_array(X), frame, mixed
    assert [head(samples) for samples in tables] == [EnsembleHead] * 4
    is_regressor = cls is AutoencoderRegressor
    assert head(wide) is (EnsembleHead if is_regressor else LinearHead)
    assert head(np.tile(X, 15)) is EnsembleHead  # more features than samples
    encoder = quick(AutoencoderTransformer)
    for params in ({"network": Dense((4,))}, {"encoder": encoder}, {"freeze": "all"}):
        assert head(X, **params) is LinearHead
    assert head(mixed, head="linear") is LinearHead


def test_missing_targets_do_not_change_the_head_but_pseudo_labels_do():
    X = table(80)
    settings = {"pretraining_epochs": 1, "max_epochs": 1}
    target = np.where(np.arange(80) < 40, X[:, 0], np.nan)
    regressor = quick(AutoencoderRegressor, **settings).fit(X, target)
    assert type(regressor.network_.head) is EnsembleHead
    known = np.where(np.arange(80) < 40, X[:, 0] > np.median(X[:, 0]), -1)
    for pseudo_labels, kind in (("auto", LinearHead), (None, EnsembleHead)):
        classifier = quick(AutoencoderClassifier, pseudo_labels=pseudo_labels, **settings)
        assert type(classifier.fit(X, known).network_.head) is kind


@every_predictor
def test_the_encoder_is_not_trained_on_labels(cls):
    X = table(120)
    y = labels(cls, X)
    first, second = (ensemble(cls).fit(X, target) for target in (y, y[::-1].copy()))
    np.testing.assert_array_equal(first.transform(X), second.transform(X))
    assert not np.allclose(prediction(first, X), prediction(second, X))


@every_predictor
def test_weights_are_copies(cls):
    X = table(20)
    y, counts = labels(cls, X), 1 + np.arange(20) % 3
    weighted = ensemble(cls).fit(X, y, sample_weight=counts)
    repeated = ensemble(cls).fit(X.repeat(counts, axis=0), y.repeat(counts))
    np.testing.assert_allclose(prediction(weighted, X), prediction(repeated, X), rtol=1e-5)


@every_predictor
@pytest.mark.parametrize("given", [False, True])
def test_a_pickle_predicts_the_same(cls, given):
    X = with_missing_values(table(120))
    params = {"encoder": quick(AutoencoderTransformer).fit(X)} if given else {}
    fitted = quick(cls, head="ensemble", **params).fit(X, labels(cls, np.nan_to_num(X)))
    back = pickle.loads(pickle.dumps(fitted))
    assert np.isfinite(prediction(fitted, X)).all()
    np.testing.assert_array_equal(prediction(back, X), prediction(fitted, X))


@every_predictor
def test_the_same_seed_gives_the_same_model_and_nothing_global_changes(cls):
    X = table(120)
    before = snapshot()
    first, second = (ensemble(cls, max_epochs=3).fit(X, labels(cls, X)) for _ in range(2))
    np.testing.assert_array_equal(prediction(first, X), prediction(second, X))
    assert snapshot() == before


def test_it_learns_what_a_regression_cannot():
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {"x": rng.randn(800), "z": rng.randn(800), "kind": rng.choice(["a", "b"], 800)}
    )
    y = np.abs(X["x"]) + (X["kind"] == "a") * X["z"]
    fitted = AutoencoderRegressor(4, pretraining_epochs=1, random_state=0).fit(X[:600], y[:600])
    numbers = X[["x", "z"]].assign(kind=X["kind"] == "a").astype(float)
    linear = LinearRegression().fit(numbers[:600], y[:600]).score(numbers[600:], y[600:])
    assert fitted.score(X[600:], y[600:]) > 0.9 > linear + 0.3


def test_it_is_no_worse_than_regression_where_that_is_best():
    rng = np.random.RandomState(0)
    X = rng.randn(1200, 10)
    y = (X @ np.ones(10) + 3 * rng.randn(1200) > 0).astype(int)
    train, test = slice(200), slice(200, None)
    fitted = ensemble(AutoencoderClassifier, max_epochs="auto").fit(X[train], y[train])
    regression = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[train], y[train])
    boosting = HistGradientBoostingClassifier(random_state=0).fit(X[train], y[train])
    found, linear, trees = (m.score(X[test], y[test]) for m in (fitted, regression, boosting))
    assert found > linear - 0.01
    assert found > trees


def test_the_weight_of_the_networks_is_known():
    """Zero if the regressions alone predict, so that searches over the networks have equal scores.

    The held-out samples decide that the networks are kept where a regression cannot learn.
    """
    X = np.random.default_rng(0).normal(size=(300, 2))
    still = ensemble(AutoencoderRegressor, **STILL).fit(X, X @ [1.0, 2.0])
    assert (still.head_, still.network_weight_) == ("ensemble", 0.0)
    curved = ensemble(AutoencoderRegressor, max_epochs=20).fit(X, X[:, 0] * X[:, 1])
    assert curved.network_weight_ > 0
    linear = quick(AutoencoderRegressor, head="linear").fit(X, X[:, 0])
    assert (linear.head_, linear.network_weight_) == ("linear", 1.0)
    branches = quick(AutoencoderRegressor, head_layer_sizes=(4,)).fit(X, X[:, 0])
    assert branches.head_ == "branches"


def test_the_weight_of_the_networks_is_that_of_the_last_fit():
    X = np.random.default_rng(0).normal(size=(100, 2))
    model = ensemble(AutoencoderRegressor, warm_start=True, **STILL).fit(X, X @ [1.0, 2.0])
    assert model.network_weight_ == 0
    model.set_params(early_stopping=True, learning_rate=0.01).fit(X, X @ [1.0, 2.0])
    assert model.network_weight_ == 1


@pytest.mark.parametrize(
    ("head", "weight"), [("ensemble", np.nan), ("linear", 1.0), (Branches(), 1.0)]
)
def test_the_head_of_a_predictor_of_an_earlier_version_is_known(head, weight):
    fitted = quick(AutoencoderRegressor, head=head).fit(table(40), table(40)[:, 0])
    old = copy.copy(fitted)
    del old.head_, old.network_weight_
    loaded = pickle.loads(pickle.dumps(old))
    assert loaded.head_ == fitted.head_
    np.testing.assert_equal(loaded.network_weight_, weight)


@every_predictor
def test_early_stopping_and_a_second_fit_use_the_ensemble(cls):
    X = table(200)
    fitted = ensemble(cls, early_stopping=True, warm_start=True, max_epochs=3)
    assert len(fitted.fit(X, labels(cls, X)).validation_scores_) == 3
    assert fitted.fit(X, labels(cls, X)).n_epochs_ == 6


@every_predictor
def test_a_class_or_target_may_be_known_in_one_fold_only(cls):
    X = table(60)
    if cls is AutoencoderClassifier:
        y = labels(cls, X)
        y[5] = 2
    else:
        y = np.column_stack([labels(cls, X), np.full(60, np.nan)])
        y[5, 1] = 1.0
    assert np.isfinite(np.asarray(prediction(ensemble(cls).fit(X, y), X))).all()


@every_predictor
def test_equal_samples_have_no_folds(cls):
    y = np.arange(30) % 2
    assert np.isfinite(prediction(ensemble(cls).fit(np.ones((30, 2)), y), np.ones((2, 2)))).all()


@pytest.mark.parametrize(
    "params", [{"freeze": "gradual"}, {"alpha": 0.1}, {"learning_rate_ratio": 0.5}], ids=str
)
def test_parameters_of_fine_tuning_need_a_linear_head(params):
    X = table(60)
    y = labels(AutoencoderClassifier, X)
    with pytest.raises(ValueError, match=f"{next(iter(params))}=.*head='linear'"):
        ensemble(AutoencoderClassifier, **params).fit(X, y)
    frame = pd.DataFrame(X).add_prefix("x").assign(kind=np.where(y, "a", "b"))
    fitted = quick(AutoencoderClassifier, pretraining_epochs=1, **params).fit(frame, y)
    assert type(fitted.network_.head) is LinearHead


def test_missing_values_are_features_where_they_tell_something():
    X, y = table(400), np.random.RandomState(1).randn(400)
    X[X[:, 1] > np.quantile(X[:, 1], 0.7), 1] = np.nan  # tells something of the target
    X[np.random.RandomState(2).rand(400) < 0.3, 2] = np.nan
    y += 3.0 * np.isnan(X[:, 1])
    data = Data(X, labels=y[:, None], ranges=find_ranges(X))
    assert 1 in columns_with_gaps(data)
    assert 2 not in columns_with_gaps(data)
    halves = Data(np.repeat(X, 2, axis=0), labels=np.repeat(y, 2)[:, None])
    weighted = replace(data, weight=np.full(400, 2.0))
    assert columns_with_gaps(weighted) == columns_with_gaps(halves)
    in_sparse = replace(data, X=SparseRows(sparse.csr_array(X)))
    assert columns_with_gaps(in_sparse) == columns_with_gaps(data)
    fitted = ensemble(AutoencoderRegressor, max_epochs=20).fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert fitted.score(X, y) > 0.5
    known = np.nan_to_num(X, nan=np.nanmean(X))
    assert fitted.predict(X).std() > 2 * fitted.predict(known).std()


def test_hidden_values_are_not_missing_ones():
    head = EnsembleHead(2, 1, N_MEMBERS, (0,) * 6, with_gaps=(1,))
    missing, hidden = torch.zeros(3, 6), torch.zeros(3, 6, dtype=torch.bool)
    missing[:2, 1] = 1.0
    hidden[1, 1] = True
    batch = Batch(torch.zeros(3, 6), missing=missing, find_mask=lambda: hidden)
    assert head.inputs(batch)[:, -1].tolist() == [1.0, 0.0, 0.0]
    assert head.inputs(Batch(torch.zeros(3, 6)))[:, -1].tolist() == [0.0, 0.0, 0.0]


def with_codes(n_samples=300):
    """Return numbers and a code, and a target that is no smooth function of the code."""
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randn(n_samples), rng.randint(0, 30, n_samples)])
    return X, X[:, 0] + 5 * rng.randn(30)[X[:, 1].astype(int)]


def test_indicators_of_values_are_those_of_one_hot_encoder():
    X, _ = with_codes()
    encoder = OneHotEncoder(sparse_output=False).fit(X[:, 1:])
    part = RepeatedValues((0, 30))
    part.start_at([torch.tensor(encoder.categories_[0])])
    numbers = torch.tensor(X, dtype=torch.float32)
    np.testing.assert_array_equal(part(numbers), encoder.transform(X[:, 1:]))
    assert not part(numbers + 0.4).any()
    missing = torch.zeros(len(X), 2)
    missing[:9, 1] = 1.0
    np.testing.assert_array_equal(part(numbers, missing).sum(1), 1 - missing[:, 1])


def test_numbers_of_few_values_can_be_codes():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randn(300), rng.randint(0, 2, 300), np.arange(300) % 50 / 7])
    X[:2, 2] = np.nan
    layout = Layout.of_numbers(3)
    found = repeated_values(Data(X, labels=X[:, :1]), layout)
    assert list(map(len, found)) == [0, 0, 50]
    np.testing.assert_array_equal(found[2], np.arange(50) / 7)
    few = Data(X[:100], labels=X[:100, :1])
    assert not any(map(len, repeated_values(few, layout)))
    twice = replace(few, weight=np.full(100, 2.0))
    doubled = Data(np.repeat(X[:100], 2, axis=0), labels=np.repeat(X[:100, :1], 2, axis=0))
    assert [*map(len, repeated_values(twice, layout))] == [
        *map(len, repeated_values(doubled, layout))
    ]
    held_out = replace(few, held_out=np.arange(50))
    assert not any(map(len, repeated_values(held_out, layout)))


def test_values_that_can_be_codes_are_found_in_parts_of_the_samples(monkeypatch):
    class Parts(SparseRows):
        def take(self, indices):
            samples = super().take(indices)
            assert len(samples) <= 100
            return samples

    X, _ = with_codes(1000)
    X[::7, 1] = np.nan
    layout = Layout.of_numbers(2)
    whole = repeated_values(Data(X), layout)
    monkeypatch.setattr(arrays, "_CHUNK_SIZE", 200)
    for samples in (X, Parts(sparse.csr_array(X))):
        for found, expected in zip(repeated_values(Data(samples), layout), whole, strict=True):
            np.testing.assert_array_equal(found, expected)
    data = Data(Parts(sparse.csr_array(X)), labels=np.isnan(X[:, 1:]) * 1.0)
    monkeypatch.setattr(Parts, "__getitem__", lambda self, rows: Parts(self.matrix[rows]))
    assert columns_with_gaps(data) == (1,)


@pytest.mark.parametrize("class_weight", [None, {0: 5.0, 1: 5.0}, {0: 0.1, 1: 2.0}])
@pytest.mark.parametrize(("n_values", "n_indicators"), [(150, 0), (50, 50)])
def test_weights_of_classes_do_not_stand_for_samples(class_weight, n_values, n_indicators):
    X, y = np.arange(200.0)[:, None] % n_values, np.arange(200) // 2 % 2
    fitted = ensemble(AutoencoderClassifier, class_weight=class_weight, **STILL).fit(X, y)
    assert fitted.network_.head.repeated.n_outputs == n_indicators
    assert np.isfinite(fitted.predict_proba(X)).all()


def test_columns_of_few_values_come_first():
    X = np.arange(1800)[:, None] % np.array([200, 256, 250, 30]) * 1.0
    found = repeated_values(Data(X, labels=X[:, :1]), Layout.of_numbers(4))
    assert list(map(len, found)) == [200, 0, 250, 30]


def test_values_that_float32_cannot_tell_apart_are_no_codes():
    X = 2.0**40 + np.arange(300)[:, None] % 10
    X[0] = 0.0
    assert not len(repeated_values(Data(X, labels=X), Layout.of_numbers(1))[0])


def test_members_of_a_panel_have_their_means(tmp_path):
    X, y = with_codes()
    fitted = ensemble(AutoencoderRegressor, **STILL).fit(X, y)
    assert fitted.score(X, y) > 0.95
    assert Ridge().fit(X, y).score(X, y) < 0.3
    head = fitted.network_.head
    others = fitted.predict(X + np.array([0.0, 0.4]))  # no members
    assert np.abs(others - (X[:, 0] + y.mean())).mean() < np.abs(others - y).mean()
    assert np.isfinite(fitted.predict(np.where(X == 3, np.nan, X))).all()
    save(fitted, tmp_path / "model.skops")
    again = load(tmp_path / "model.skops")
    np.testing.assert_array_equal(again.predict(X), fitted.predict(X))
    assert again.network_.head.repeated.n_outputs == head.repeated.n_outputs == 30


def test_indicators_are_left_out_where_a_line_is_as_good():
    X, _ = with_codes()
    head = ensemble(AutoencoderRegressor, **STILL).fit(X, X[:, 0] + X[:, 1]).network_.head
    assert not head.slopes[:, -30:].any()


@pytest.mark.parametrize(("is_linear", "limit"), [(True, 8.0), (False, 4.0)])
def test_numbers_are_limited_where_lines_are_wrong_far_away(is_linear, limit):
    X = table(300)
    X[::10, 0] *= 6
    y = X[:, 0] if is_linear else np.clip(X[:, 0], -4, 4)
    fitted = ensemble(AutoencoderRegressor, **STILL).fit(X, y)
    assert fitted.network_.head.limit == limit
    assert (
        ensemble(AutoencoderRegressor, **STILL).fit(table(), table()[:, 0]).network_.head.limit == 4
    )


def test_a_head_of_an_earlier_version_has_no_indicators_and_one_limit():
    head = EnsembleHead(2, 1, N_MEMBERS, (0,) * 6)
    assert {"limit", "repeated.values", "repeated.tolerance"}.isdisjoint(head.state_dict())
    assert head.limit == 4.0


def test_a_graph_has_the_indicators_of_codes(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    X, y = with_codes()
    fitted = ensemble(AutoencoderRegressor, **STILL).fit(X, y)
    export_onnx(fitted, tmp_path / "model.onnx", method="predict")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    name = session.get_inputs()[0].name
    (found,) = session.run(None, {name: X.astype(np.float32)})
    np.testing.assert_allclose(np.ravel(found), fitted.predict(X), rtol=1e-3, atol=1e-3)


def test_networks_read_the_code_only_of_many_numbers():
    X = np.random.RandomState(0).randn(80, 61)
    fitted = quick(AutoencoderRegressor, pretraining_epochs=1).fit(X, X[:, 0])
    head = fitted.network_.head
    assert not head.has_vectors
    assert not head.numbers.weight.numel()
    kept = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(kept.predict(X), fitted.predict(X))
    few = quick(AutoencoderRegressor, pretraining_epochs=1).fit(X[:, :60], X[:, 0])
    assert few.network_.head.has_vectors
    frame = pd.DataFrame(X).add_prefix("x").assign(kind="a")
    mixed = quick(AutoencoderRegressor, pretraining_epochs=1).fit(frame, X[:, 0])
    assert mixed.network_.head.has_vectors


def test_networks_that_read_the_code_only_are_trained_without_masking():
    X = np.random.RandomState(0).randn(80, 61)
    params = {"head": "ensemble", "pretraining_corruption": "masking", "pretraining_epochs": 2}

    def found(corruption, n_features=61):
        regressor = quick(AutoencoderRegressor, corruption=corruption, max_epochs=2, **params)
        return regressor.fit(X[:, :n_features], X[:, 0]).loss_curve_

    assert found("auto") == found(None) != found("masking")
    assert found("auto", 60) == found("masking", 60) != found(None, 60)


def test_many_numbers_of_few_targets_have_a_linear_head():
    X = np.random.RandomState(0).randn(30, 61)
    y = np.where(np.arange(30) < 20, X[:, 0], np.nan)
    regressor = quick(AutoencoderRegressor, pretraining=None, max_epochs=1)
    assert type(regressor.fit(X, y).network_.head) is LinearHead
    assert type(regressor.fit(X, X[:, 0]).network_.head) is EnsembleHead


def test_regressions_on_too_many_values_are_left_out(monkeypatch):
    monkeypatch.setattr(fine_tuning, "_MAX_VALUES", 1000)
    X = np.random.RandomState(0).randn(20, 70)
    for cls in PREDICTORS:
        fitted = quick(cls, pretraining=None, max_epochs=1).fit(X, labels(cls, X))
        assert type(fitted.network_.head) is LinearHead
