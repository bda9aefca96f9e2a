"""AutoencoderClassifier and AutoencoderRegressor: labels, heads, freezing, initialization."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from estimators import PREDICTORS, quick
from helpers import snapshot, table, weights, with_missing_values
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits, load_iris, make_classification
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.estimator_checks import parametrize_with_checks
from skorch.callbacks import Callback

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._estimators.fine_tuning import FREEZES
from sklearn_autoencoders._training.head_initialization import LOGISTIC, RIDGE
from sklearn_autoencoders.networks import Convolutional, Dense
from sklearn_autoencoders.objectives import Neighbors

every_predictor = pytest.mark.parametrize("cls", PREDICTORS, ids=lambda cls: cls.__name__)

FAST = {"pretraining_epochs": 2}
STILL = {"learning_rate": 1e-30, "pretraining": None}


def predictor(cls, **params):
    return quick(cls, **{**FAST, "n_components": 4, **params})


def labels(cls, X):
    """Return a target for an estimator: three classes, or numbers."""
    smooth = X[:, 0] - X[:, 1] ** 2
    if not issubclass(cls, AutoencoderClassifier):
        return smooth
    return np.searchsorted(np.quantile(smooth, [0.3, 0.6]), smooth)


def partly(y, fraction=0.5):
    """Return labels of which some are missing."""
    is_unknown = np.random.RandomState(2).random_sample(len(y)) < fraction
    return np.where(is_unknown, -1 if y.dtype.kind == "i" else np.nan, y)


@every_predictor
def test_a_search_scores_the_labeled_samples_alone(cls):
    X, y = table(60), partly(labels(cls, table(60)))

    def is_labeled(y):
        return y != -1 if cls is AutoencoderClassifier else ~np.isnan(y)

    def score_labeled(estimator, X, y):
        return estimator.score(X[is_labeled(y)], y[is_labeled(y)])

    folds = KFold(2, shuffle=True, random_state=0)
    scores = cross_val_score(predictor(cls), X, y, scoring=score_labeled, cv=folds)
    for score, (training, rest) in zip(scores, folds.split(X), strict=True):
        fitted = predictor(cls).fit(X[training], y[training])
        rest = rest[is_labeled(y[rest])]
        assert score == fitted.score(X[rest], y[rest])


@every_predictor
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_those_of_the_labeled_samples(cls, weighted):
    X, y = table(60), partly(labels(cls, table(60)))
    is_labeled = y != -1 if cls is AutoencoderClassifier else ~np.isnan(y)
    weight = np.arange(1.0, 61.0) if weighted else None
    fitted = predictor(cls).fit(X, y)
    expected = fitted.score(X[is_labeled], y[is_labeled], weight[is_labeled] if weighted else None)
    assert fitted.score(X, y, weight) == expected
    assert fitted.score(X, y.tolist(), weight) == expected
    assert fitted.score(X, torch.tensor(y), weight) == expected
    assert fitted.score(X, pd.DataFrame({"y": y})["y"], weight) == expected
    folds = KFold(2, shuffle=True, random_state=0)
    assert np.isfinite(cross_val_score(predictor(cls), X, y, cv=folds)).all()
    problem = r"(y contains no label|All values of a target in y are missing)"
    with pytest.raises(ValueError, match=rf"{problem}, .* Pass labeled samples"):
        fitted.score(X[~is_labeled], y[~is_labeled])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        fitted.score(X, y[:-1])


def test_scores_of_another_number_of_targets_are_refused():
    X, y = table(40), np.arange(40.0)
    fitted = predictor(AutoencoderRegressor).fit(X, y)
    y[:5] = np.nan
    with pytest.raises(ValueError, match="y has 2 targets, but the fit had 1"):
        fitted.score(X, np.column_stack([y, y]))


def test_scores_of_labels_of_another_marker():
    X, y = table(60), partly(labels(AutoencoderClassifier, table(60))).astype(object)
    y[y == -1] = None
    fitted = predictor(AutoencoderClassifier).set_params(missing_label=None).fit(X, y)
    known = np.array([label is not None for label in y])
    expected = (fitted.predict(X[known]) == y[known]).mean()
    assert fitted.score(X, y) == fitted.score(X, np.where(known, y, np.nan)) == expected
    with pytest.raises(ValueError, match="labels are missing values"):
        fitted.set_params(missing_label=-1).score(X, y)


def test_a_class_of_minus_one_is_scored():
    X, y = table(60), np.resize([-1, 1], 60)
    fitted = predictor(AutoencoderClassifier).fit(X, y)
    assert fitted.score(X, y) == (fitted.predict(X) == y).mean()


def test_scores_of_several_targets_are_means_over_known_values():
    X = table(60)
    y = np.column_stack([X[:, 0], X[:, 1] ** 2])
    y[::3, 0] = np.nan
    y[1::5] = np.nan
    fitted = predictor(AutoencoderRegressor).fit(X, y)
    own = [
        r2_score(column[known], predicted[known])
        for column, predicted in zip(y.T, fitted.predict(X).T, strict=True)
        for known in [~np.isnan(column)]
    ]
    assert fitted.score(X, y) == pytest.approx(np.mean(own))


def prediction(fitted, X):
    return fitted.predict_proba(X) if is_classifier(fitted) else fitted.predict(X)


# Heads start at a regression on the codes, so that they predict well after any number of epochs.
CHECKED = [
    AutoencoderClassifier(max_epochs=20, **FAST),
    AutoencoderClassifier(3, max_epochs=20, alpha=0.1, freeze="gradual", label_smoothing=0.1),
    AutoencoderRegressor(max_epochs=20, **FAST),
]
FROM_RANDOM_WEIGHTS = AutoencoderRegressor(
    3,
    max_epochs=40,
    init="random",
    pretraining="layerwise",
    learning_rate_ratio=0.5,
    # a check sets no random state; with its eleven samples, 4 of 200 fits issue a warning
    random_state=0,
    **FAST,
)


@parametrize_with_checks(
    [clone(estimator).set_params(max_epochs=2, pretraining_epochs=2) for estimator in CHECKED]
)
def test_estimator_check(estimator, check):
    check(estimator)


@pytest.mark.long
@parametrize_with_checks([*CHECKED, FROM_RANDOM_WEIGHTS])
def test_estimator_check_of_whole_trainings(estimator, check):
    check(estimator)


# -------------------------------------------------------------------------------- identities


def test_the_head_starts_at_logistic_regression_on_the_codes():
    X, y = load_iris(return_X_y=True)
    fitted = predictor(AutoencoderClassifier, head="linear", **STILL).fit(X, y)
    codes = StandardScaler(with_std=False).fit_transform(fitted.transform(X))
    codes /= np.sqrt((codes**2).mean())
    found = [
        LogisticRegression(C=1 / strength, solver="newton-cholesky")
        .fit(codes, y)
        .predict_proba(codes)
        for strength in LOGISTIC.strengths
    ]
    assert min(np.abs(p - fitted.predict_proba(X)).max() for p in found) < 1e-3


def test_the_head_starts_at_ridge_regression_on_the_codes():
    X = table(200)
    y = np.column_stack([labels(AutoencoderRegressor, X), X[:, 2] * 3])
    fitted = predictor(AutoencoderRegressor, head="linear", **STILL).fit(X, y)
    codes = StandardScaler(with_std=False).fit_transform(fitted.transform(X))
    codes /= np.sqrt((codes**2).mean())
    found = [
        Ridge(strength).fit(codes, (y - y.mean(0)) / y.std(0)).predict(codes) * y.std(0) + y.mean(0)
        for strength in RIDGE.strengths
    ]
    assert min(np.abs(p - fitted.predict(X)).max() for p in found) < 1e-3


def test_the_loss_is_the_log_loss_and_the_weighted_side_task():
    X, y = table(60), labels(AutoencoderClassifier, table(60))
    settings = {**STILL, "max_epochs": 1, "corruption": None, "dropout": 0.0, "head": "linear"}
    plain = predictor(AutoencoderClassifier, **settings).fit(X, y)
    chosen = plain.predict_proba(X)[np.arange(60), y]
    assert plain.loss_curve_[0] == pytest.approx(-np.log(chosen).mean())
    both = predictor(AutoencoderClassifier, alpha=3.0, loss="huber", **settings).fit(X, y)
    autoencoder = AutoencoderTransformer(
        4, scaling="feature", loss="huber", learning_rate=1e-30, max_epochs=1, random_state=0
    ).fit(X)
    side = -autoencoder.score_samples(X).mean()
    assert both.loss_curve_[0] == pytest.approx(plain.loss_curve_[0] + 3 * side, rel=1e-6)


@every_predictor
def test_it_learns(cls):
    X = table(400)
    y = labels(cls, X)
    fitted = quick(cls, max_epochs=40, learning_rate=5e-3, **FAST).fit(X[:300], y[:300])
    assert fitted.score(X[300:], y[300:]) > 0.8


def test_unlabeled_samples_help():
    X, y = load_digits(return_X_y=True)
    known = y.copy()
    known[50:] = -1
    settings = {"max_epochs": 20, "random_state": 0, "n_components": 32}
    alone = AutoencoderClassifier(pretraining=None, **settings).fit(X[:50], y[:50])
    helped = AutoencoderClassifier(pretraining_epochs=20, **settings).fit(X, known)
    assert helped.score(X[50:], y[50:]) > alone.score(X[50:], y[50:]) + 0.02


# ------------------------------------------------------------------------------------ labels


@every_predictor
def test_unlabeled_samples_are_only_used_in_pretraining(cls):
    X = table(120)
    y = partly(labels(cls, X))
    known = y != -1 if cls is AutoencoderClassifier else ~np.isnan(y)
    settings = {"pretraining": None, "scaling": None, "init": "random", "dtype": "float64"}
    if cls is AutoencoderClassifier:
        settings["pseudo_labels"] = None
    with_all = predictor(cls, **settings).fit(X, y)
    alone = predictor(cls, **settings).fit(X[known], y[known])
    np.testing.assert_allclose(prediction(with_all, X), prediction(alone, X), atol=1e-6)
    settings["pretraining"] = "joint"
    pretrained = predictor(cls, **settings).fit(X, y)
    assert not np.allclose(prediction(pretrained, X), prediction(alone, X))


def test_minus_one_is_a_class_where_it_has_to_be():
    X = table()
    y = np.where(X[:, 0] > np.median(X[:, 0]), 1, -1)
    fitted = predictor(AutoencoderClassifier).fit(X, y)
    assert fitted.classes_.tolist() == [-1, 1]
    three = predictor(AutoencoderClassifier).fit(X, np.where(np.arange(80) % 3, y, 5))
    assert three.classes_.tolist() == [1, 5]


def test_labels_can_be_strings_with_missing_ones():
    X = table()
    y = np.array(["low", "high"], dtype=object)[(X[:, 0] > 0.5).astype(int)]
    y[::2] = -1
    fitted = predictor(AutoencoderClassifier).fit(X, y)
    assert set(fitted.predict(X)) <= {"low", "high"}


@pytest.mark.parametrize(
    ("cls", "y", "message"),
    [
        (AutoencoderClassifier, np.full(80, -1), "contains only -1"),
        (AutoencoderClassifier, np.linspace(0, 1, 80), "Unknown label type"),
        (AutoencoderClassifier, np.full(80, np.nan), "NaN"),
        (AutoencoderRegressor, np.full(80, np.nan), "y contains only NaN"),
        (AutoencoderRegressor, np.full(80, "a"), "could not convert"),
        (AutoencoderClassifier, np.zeros(79), "inconsistent numbers of samples"),
        (AutoencoderClassifier, None, "requires y to be passed"),
    ],
)
def test_invalid_labels_are_rejected_before_anything_changes(cls, y, message):
    X = table()
    fitted = predictor(cls).fit(X, labels(cls, X))
    before = prediction(fitted, X)
    with pytest.raises(ValueError, match=message):
        fitted.fit(X, y)
    np.testing.assert_array_equal(prediction(fitted, X), before)


def test_some_of_several_targets_can_be_missing():
    X = table(200)
    y = np.column_stack([X[:, 0], 10 + X[:, 1]])
    y[::2, 0], y[1::2, 1] = np.nan, np.nan
    fitted = predictor(AutoencoderRegressor, max_epochs=20).fit(X, y)
    assert fitted.predict(X).shape == (200, 2)
    for column in range(2):
        known = ~np.isnan(y[:, column])
        found = np.corrcoef(fitted.predict(X)[known, column], y[known, column])[0, 1]
        assert found > 0.9
    assert predictor(AutoencoderRegressor).fit(X, X[:, :1]).predict(X).shape == (200, 1)
    assert predictor(AutoencoderRegressor).fit(X, X[:, 0]).predict(X).shape == (200,)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_the_target_do_not_matter(scale):
    X = table()
    y = labels(AutoencoderRegressor, X)
    plain = predictor(AutoencoderRegressor).fit(X, y).predict(X)
    scaled = predictor(AutoencoderRegressor).fit(X, scale * y + 3 * scale).predict(X)
    np.testing.assert_allclose(scaled / scale - 3, plain, rtol=1e-4, atol=1e-4)


def test_class_weights_are_sample_weights():
    X = table(60)
    y = (X[:, 0] > np.quantile(X[:, 0], 0.8)).astype(int)
    for class_weight in ("balanced", {0: 1.0, 1: 7.0}):
        settings = {
            "pretraining": None,
            "init": "random",
            "scaling": None,
            "learning_rate": 1e-2,
            "max_epochs": 20,
        }
        weighted = predictor(AutoencoderClassifier, class_weight=class_weight, **settings).fit(X, y)
        by_hand = predictor(AutoencoderClassifier, **settings)
        by_hand.fit(X, y, sample_weight=compute_sample_weight(class_weight, y))
        expected = by_hand.predict_proba(X)
        np.testing.assert_allclose(weighted.predict_proba(X), expected, rtol=1e-5, atol=1e-9)
        plain = predictor(AutoencoderClassifier, **settings).fit(X, y)
        assert weighted.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.01


def test_smoothed_labels_make_careful_predictions():
    X = table(100)
    y = labels(AutoencoderClassifier, X)
    settings = {"max_epochs": 40, "learning_rate": 5e-3}
    plain, smooth = (
        predictor(AutoencoderClassifier, label_smoothing=fraction, **settings).fit(X, y)
        for fraction in (0.0, 0.5)
    )
    assert smooth.predict_proba(X).max(1).mean() < plain.predict_proba(X).max(1).mean() - 0.05


def test_balanced_classes_are_balanced_by_weight():
    X = table(20)
    y, counts = (X[:, 0] > 0.6).astype(int), 1 + np.arange(20) % 3
    weighted = predictor(AutoencoderClassifier, class_weight="balanced")
    repeated = clone(weighted).fit(X.repeat(counts, axis=0), y.repeat(counts))
    weighted.fit(X, y, sample_weight=counts)
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)


def test_class_weights_do_not_affect_pretraining():
    X = table(100)
    y = labels(AutoencoderClassifier, X)
    plain, weighted = (
        predictor(AutoencoderClassifier, class_weight=weight).fit(X, y)
        for weight in (None, {0: 100.0})
    )
    np.testing.assert_array_equal(plain.center_, weighted.center_)
    assert plain.pretraining_curves_ == weighted.pretraining_curves_
    with pytest.raises(ValueError, match="positive"):
        predictor(AutoencoderClassifier, class_weight={0: -1.0}).fit(X, y)


@every_predictor
def test_the_unit_of_the_weights_does_not_matter(cls):
    X = table()
    y = labels(cls, X)
    plain = predictor(cls).fit(X, y)
    small = predictor(cls).fit(X, y, sample_weight=np.full(80, 1 / 80))
    np.testing.assert_allclose(prediction(plain, X), prediction(small, X), rtol=1e-3, atol=1e-4)


def test_strings_with_minus_one_as_a_string_are_rejected():
    X = table()
    y = np.array(["low", "middle", "-1"])[np.arange(80) % 3]
    with pytest.raises(ValueError, match="dtype=object"):
        predictor(AutoencoderClassifier).fit(X, y)


def test_weights_of_zero_do_not_make_a_class_of_minus_one():
    X = table()
    y = np.arange(80) % 3 - 1
    weight = np.where(y == 1, 0.0, 1.0)
    with pytest.warns(UserWarning, match="If -1 is a class, set missing_label=None"):
        fitted = predictor(AutoencoderClassifier).fit(X, y, sample_weight=weight)
    assert fitted.classes_.tolist() == [0]


# ------------------------------------------------------------------------------------ thaws


@every_predictor
def test_a_decoder_that_is_not_asked_for_stays_as_it_is(cls):
    X = table()
    y = labels(cls, X)
    start, end = (
        predictor(cls, learning_rate=rate).fit(X, y).network_.decoder.state_dict()
        for rate in (1e-30, 1e-2)
    )
    assert all(torch.equal(start[name], end[name]) for name in start)


def encoder_weights(estimator):
    return {k: v for k, v in weights(estimator).items() if "encoder" in k}


@every_predictor
@pytest.mark.parametrize("part", [Dense((5,)), Dense((5, 4), batch_norm=True)], ids=repr)
def test_a_frozen_encoder_stays_as_it_is_to_the_last_bit(cls, part):
    X = table(120)
    encoder = AutoencoderTransformer(3, network=part, scaling="feature", random_state=0).fit(X)
    state = {k: v.clone() for k, v in encoder.network_.encoder.state_dict().items()}
    frozen = quick(cls, encoder=FrozenEstimator(encoder), freeze="all", learning_rate=1e-2)
    frozen.fit(X, labels(cls, X))
    found = frozen.network_.encoder.state_dict()
    assert all(torch.equal(found[name], state[name]) for name in state)
    np.testing.assert_array_equal(frozen.transform(X), encoder.transform(X))
    free = clone(frozen).set_params(freeze="none").fit(X, labels(cls, X))
    assert not np.allclose(free.transform(X), encoder.transform(X))


class Watcher(Callback):
    """Records which layers of the encoder are trained, at the end of every epoch."""

    def __init__(self):
        self.learning = []

    def on_epoch_end(self, net, **kwargs):
        layers = net.module_.layers()
        self.learning.append(
            [all(p.requires_grad for m in layer for p in m.parameters()) for layer in layers]
        )


@pytest.mark.parametrize("freeze", FREEZES)
@pytest.mark.filterwarnings("ignore:freeze_epochs=.*no effect")
def test_layers_are_unfrozen_as_scheduled(freeze):
    X, watcher = table(), Watcher()
    estimator = predictor(
        AutoencoderClassifier,
        network=Dense((5, 4)),
        init="random",
        freeze=freeze,
        freeze_epochs=2 if freeze in ("head", "gradual") else 1,
        max_epochs=9,
        callbacks=[watcher],
    )
    fitted = estimator.fit(X, labels(AutoencoderClassifier, X))
    expected = {
        "none": [3] * 9,
        "all": [0] * 9,
        "head": [0, 0] + [3] * 7,
        "gradual": [0, 0, 1, 1, 2, 2, 3, 3, 3],
    }
    assert [sum(learning) for learning in watcher.learning] == expected[freeze]
    assert all(
        learning == sorted(learning) for learning in watcher.learning
    )  # the layer of the code is the first one
    assert all(parameter.requires_grad for parameter in fitted.network_.parameters())


def test_the_encoder_may_learn_more_slowly():
    X = table()
    y = labels(AutoencoderClassifier, X)
    linear = predictor(AutoencoderClassifier, init="random", head="linear", **STILL)
    start = encoder_weights(linear.fit(X, y))
    moved = [
        sum(np.abs(found[k] - start[k]).sum() for k in start)
        for found in (
            encoder_weights(
                predictor(
                    AutoencoderClassifier,
                    init="random",
                    pretraining=None,
                    weight_decay=0.0,
                    learning_rate_ratio=ratio,
                    head="linear",
                ).fit(X, y)
            )
            for ratio in (1e-3, 1.0)
        )
    ]
    assert 0 < moved[0] < 0.05 * moved[1]


# ---------------------------------------------------------------------------- given encoders


@every_predictor
@pytest.mark.parametrize("kind", [AutoencoderTransformer, DenoisingAutoencoder, VAEGenerator])
def test_an_encoder_is_copied(cls, kind):
    X = table(120)
    encoder = quick(kind, n_components=3).fit(X)
    before = {k: v.clone() for k, v in encoder.network_.state_dict().items()}
    fitted = quick(cls, encoder=encoder, max_epochs=3).fit(X, labels(cls, X))
    after = encoder.network_.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert fitted.n_components_ == 3
    still = quick(cls, encoder=encoder, learning_rate=1e-30).fit(X, labels(cls, X))
    codes = encoder.transform(X) if kind is not DenoisingAutoencoder else encoder._encode(X)
    np.testing.assert_allclose(still.transform(X), codes)


def test_an_unfitted_encoder_is_fitted_to_all_samples():
    X = table(120)
    y = partly(labels(AutoencoderClassifier, X))
    encoder = quick(AutoencoderTransformer, n_components=3)
    fitted = quick(AutoencoderClassifier, encoder=encoder, learning_rate=1e-30).fit(X, y)
    assert not hasattr(encoder, "network_")
    np.testing.assert_allclose(fitted.transform(X), clone(encoder).fit_transform(X))
    scores = cross_val_score(fitted, X, labels(AutoencoderClassifier, X), cv=2)
    assert np.isfinite(scores).all()


def test_predictors_can_be_encoders():
    X = table(120)
    first = predictor(AutoencoderClassifier).fit(X, labels(AutoencoderClassifier, X))
    second = quick(AutoencoderRegressor, encoder=first, learning_rate=1e-30)
    second.fit(X, labels(AutoencoderRegressor, X))
    np.testing.assert_allclose(second.transform(X), first.transform(X))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"encoder": quick(AutoencoderOutlierDetector)}, "single, continuous code per sample"),
        (
            {"encoder": FrozenEstimator(StandardScaler().fit(table()))},
            "autoencoder of this package",
        ),
        ({"encoder": quick(AutoencoderTransformer).fit(table(30, 4))}, "fitted to 4"),
        ({"encoder": quick(AutoencoderTransformer), "n_components": 3}, "n_components=3 cannot"),
        ({"encoder": quick(VAEGenerator), "alpha": 1.0}, "has a likelihood"),
        (
            {"encoder": quick(VAEGenerator, latent="vector_quantized")},
            "codebooks are not supported",
        ),
        ({"encoder": quick(AutoencoderTransformer, solver="bogus")}, "solver"),
        ({"encoder": quick(AutoencoderTransformer), "loss": "huber"}, "loss='huber' cannot"),
        ({"encoder": quick(AutoencoderClassifier)}, "requires labels must be fitted"),
    ],
)
def test_encoders_that_cannot_be_used(params, message):
    X = table()
    with pytest.raises(ValueError, match=message):
        quick(AutoencoderClassifier, **params).fit(X, labels(AutoencoderClassifier, X))


def test_an_encoder_of_other_features_is_rejected():
    X = pd.DataFrame(table(), columns=list("abcdef"))
    encoder = FrozenEstimator(quick(AutoencoderTransformer).fit(X))
    y = labels(AutoencoderClassifier, X.to_numpy())
    with pytest.raises(ValueError, match="same order"):
        quick(AutoencoderClassifier, encoder=encoder).fit(X[list("fedcba")], y)


def test_a_warm_start_with_another_encoder_is_refused():
    X = table()
    y = labels(AutoencoderClassifier, X)
    fitted = quick(AutoencoderClassifier, encoder=quick(AutoencoderTransformer), warm_start=True)
    fitted.fit(X, y).set_params(encoder__n_components=3)
    with pytest.raises(ValueError, match="encoder__n_components"):
        fitted.fit(X, y)


def test_a_frozen_encoder_has_to_be_fitted():
    X = table()
    estimator = AutoencoderClassifier(encoder=FrozenEstimator(AutoencoderTransformer()))
    with pytest.raises(NotFittedError):
        estimator.fit(X, labels(AutoencoderClassifier, X))


def test_images_and_convolutions():
    images, y = load_digits(return_X_y=True)
    images = images[:150].reshape(-1, 8, 8)
    part = Convolutional((8, 8), channels=(4,))
    fitted = predictor(AutoencoderClassifier, network=part, init="random").fit(images, y[:150])
    assert fitted.predict(images).shape == (150,)
    encoder = AutoencoderTransformer(4, network=part, init="random", max_epochs=1)
    given = quick(AutoencoderClassifier, encoder=encoder).fit(images, y[:150])
    assert given.predict(images).shape == (150,)


# --------------------------------------------------------------------------------- contracts


@every_predictor
def test_weights_are_copies(cls):
    X = table(20)
    y = labels(cls, X)
    counts = 1 + np.arange(20) % 3
    weighted = predictor(cls).fit(X, y, sample_weight=counts)
    repeated = predictor(cls).fit(X.repeat(counts, axis=0), y.repeat(counts))
    np.testing.assert_allclose(prediction(weighted, X), prediction(repeated, X), rtol=1e-6)


@every_predictor
def test_missing_values_are_data(cls):
    X = with_missing_values(table(120))
    fitted = predictor(cls).fit(X, labels(cls, np.nan_to_num(X)))
    assert np.isfinite(prediction(fitted, X)).all()


@every_predictor
def test_the_same_seed_gives_the_same_model_and_nothing_global_changes(cls):
    X = table(120)
    y = partly(labels(cls, X))
    before = snapshot()
    first, second = (predictor(cls, max_epochs=3).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(prediction(first, X), prediction(second, X))
    assert snapshot() == before


@every_predictor
@pytest.mark.parametrize("given", [False, True])
def test_a_pickle_predicts_the_same_and_contains_no_samples(cls, given):
    X = table(500, 30)
    y = labels(cls, X)
    params = {"encoder": quick(AutoencoderTransformer).fit(X)} if given else {}
    fitted = quick(cls, **FAST, **params).fit(X, y)
    text = pickle.dumps(fitted)
    back = pickle.loads(text)
    np.testing.assert_array_equal(prediction(back, X), prediction(fitted, X))
    assert b"torch" not in text
    assert X.tobytes()[:800] not in text


@every_predictor
def test_float32_stays_float32(cls):
    X = table(120, dtype=np.float32)
    fitted = predictor(cls).fit(X, labels(cls, X))
    assert fitted.transform(X).dtype == np.float32
    np.testing.assert_allclose(
        prediction(fitted, X), prediction(fitted, X.astype(float)), rtol=1e-3, atol=1e-4
    )


@every_predictor
def test_early_stopping_holds_out_labeled_samples(cls):
    X = table(200)
    y = partly(labels(cls, X))
    fitted = predictor(cls, early_stopping=True, max_epochs=20).fit(X, y)
    assert len(fitted.validation_scores_) == fitted.n_epochs_


def test_early_stopping_requires_two_labeled_samples():
    X = table()
    y = np.full(80, np.nan)
    y[3] = 1.0
    with pytest.raises(ValueError, match="leaves no sample"):
        predictor(AutoencoderRegressor, early_stopping=True).fit(X, y)


@every_predictor
def test_a_warm_start_requires_the_same_labels(cls):
    X = table(120)
    y = labels(cls, X)
    fitted = predictor(cls, warm_start=True).fit(X, y).fit(X, y)
    assert fitted.n_epochs_ == 10
    other = y + 5 if cls is AutoencoderClassifier else np.column_stack([y, y])
    with pytest.raises(ValueError, match="warm_start=False"):
        fitted.fit(X, other)


@every_predictor
def test_frames_pipelines_and_searches(cls):
    X = pd.DataFrame(table(90), columns=list("abcdef"))
    y = labels(cls, X.to_numpy())
    model = make_pipeline(StandardScaler(), predictor(cls).set_output(transform="pandas"))
    search = GridSearchCV(
        model, {f"{cls.__name__.lower()}__freeze": ["none", "gradual"]}, cv=2
    ).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    codes = predictor(cls).set_output(transform="pandas").fit(X, y).transform(X)
    assert codes.columns[0] == f"{cls.__name__.lower()}0"


@every_predictor
def test_an_interrupted_fit_is_usable(cls):
    class Interrupting(Watcher):
        def on_epoch_end(self, net, **kwargs):
            super().on_epoch_end(net)
            if len(self.learning) == 3:
                import signal

                signal.raise_signal(signal.SIGINT)

    X = table()
    estimator = predictor(cls, max_epochs=10, callbacks=[Interrupting()])
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(X, labels(cls, X))
    assert np.isfinite(prediction(estimator, X)).all()


@pytest.mark.parametrize(
    "y", [[0.0, 1.0, np.nan], np.array(["a", np.nan, "b"], dtype=object), ["a", None, "b"]]
)
def test_labels_that_are_missing_in_another_way_are_refused_with_advice(y):
    y = np.resize(np.asarray(y, dtype=object if "a" in y else float), 30)
    with pytest.raises(ValueError, match="To mark them by -1 instead"):
        predictor(AutoencoderClassifier).fit(table(30), y)


def test_the_logarithms_of_probabilities_are_finite():
    X, y = table(), labels(AutoencoderClassifier, table())
    fitted = predictor(AutoencoderClassifier, head="linear").fit(X, y)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), fitted.predict_proba(X))
    with torch.no_grad():
        fitted.network_.head.weight.mul_(1e5)
    assert (fitted.predict_proba(X) == 0).any()
    assert np.isfinite(fitted.predict_log_proba(X)).all()


# ----------------------------------------------------------------- encoders that cannot be used


@pytest.mark.parametrize("cls", PREDICTORS)
@pytest.mark.parametrize("wrong", [PCA(2), PCA, "pca", make_pipeline(AutoencoderTransformer())])
def test_an_encoder_of_another_package_is_refused_in_words(cls, wrong):
    message = r"The 'encoder' parameter of .* must be an autoencoder of this package, such as"
    with pytest.raises(ValueError, match=message):
        quick(cls, encoder=wrong).fit(table(), np.arange(80) % 2)


@pytest.mark.parametrize("cls", PREDICTORS)
@pytest.mark.parametrize("conditional", [True, "labels"])
def test_a_conditional_encoder_has_to_be_fitted(cls, conditional):
    X, y = table(), np.arange(80) % 2
    encoder = quick(VAEGenerator, n_components=2, conditional=conditional)
    with pytest.raises(ValueError, match=r"encoder has conditional=.* not fitted.*FrozenEstimator"):
        quick(cls, encoder=encoder).fit(X, y)
    for fitted in (encoder.fit(X, y), FrozenEstimator(encoder)):
        assert quick(cls, encoder=fitted).fit(X, y).predict(X).shape == (80,)


@pytest.mark.parametrize("cls", PREDICTORS)
def test_an_encoder_of_supervised_neighbors_has_to_be_fitted(cls):
    X, y = table(), np.arange(80) % 2
    encoder = quick(AutoencoderTransformer, n_components=2, penalty=Neighbors(supervised=True))
    with pytest.raises(ValueError, match=r"supervised=True\) and is not fitted.*FrozenEstimator"):
        quick(cls, encoder=encoder).fit(X, y)
    fitted = FrozenEstimator(encoder.fit(X, y))
    assert quick(cls, encoder=fitted).fit(X, y).predict(X).shape == (80,)


@pytest.mark.parametrize(
    "params", [{"head": "ensemble"}, {"head": "linear"}, {"pseudo_labels": None}], ids=str
)
def test_few_labels_do_not_give_one_class(params):
    settings = {"n_classes": 3, "n_informative": 5, "random_state": 100}
    X, y = make_classification(500, 20, **settings)
    for n_labels in (30, 50):
        fitted = quick(AutoencoderClassifier, pretraining_epochs=2, **params)
        fitted.fit(X[:n_labels], y[:n_labels])
        assert len(np.unique(fitted.predict(X))) == 3
        linear = make_pipeline(StandardScaler(), LogisticRegression())
        least = linear.fit(X[:n_labels], y[:n_labels]).score(X[n_labels:], y[n_labels:])
        assert fitted.score(X[n_labels:], y[n_labels:]) > least - 0.03
