"""Heads with hidden layers, of the code alone and of features and code in two branches."""

import pickle

import numpy as np
import pytest
import torch
from estimators import PREDICTORS, quick
from helpers import assert_same, outputs, table, target_of, weights
from sklearn.base import is_classifier
from sklearn.frozen import FrozenEstimator

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderRegressor,
    AutoencoderTransformer,
    VAEGenerator,
    load,
    save,
)
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.networks import Branches, Dense, TextHybrid

every_predictor = pytest.mark.parametrize("cls", PREDICTORS, ids=lambda cls: cls.__name__)
SMALL = Branches((8, 4), (6,), (8,))
DENOISED = Branches((8, 4), (6,), (8,), reads_reconstruction=True)
HEADS = pytest.mark.parametrize(
    "params",
    [{"head": SMALL}, {"head": DENOISED}, {"head_layer_sizes": (8, 4)}],
    ids=["branches", "denoised", "layers"],
)


def predictor(cls, **params):
    return quick(cls, **{"n_components": 4, "pretraining_epochs": 1, **params})


def prediction(fitted, X):
    return fitted.predict_proba(X) if is_classifier(fitted) else fitted.predict(X)


@every_predictor
@HEADS
def test_training_starts_at_the_linear_head(cls, params):
    X = table()
    settings = {"learning_rate": 1e-30, "pretraining": None, "dtype": "float64"}
    linear = predictor(cls, head="linear", **settings).fit(X, target_of(cls, X))
    deep = predictor(cls, **settings, **params).fit(X, target_of(cls, X))
    np.testing.assert_allclose(prediction(deep, X), prediction(linear, X), atol=1e-9)


def test_the_branches_are_the_formula():
    head = Branches((5,), (3,), (4,), activation="tanh").build(6, 2, 1).eval()
    for parameter in head.parameters():
        torch.nn.init.normal_(parameter)
    x, code = torch.randn(7, 6), torch.randn(7, 2)
    layer = {name: value.detach() for name, value in head.named_parameters()}

    def dense(values, name):
        return values @ layer[f"{name}.weight"].T + layer[f"{name}.bias"]

    branches = dense(x, "features.0.0").tanh(), dense(code, "code.0.0").tanh()
    hidden = dense(torch.cat(branches, 1), "joint.0.0.0").tanh()
    expected = dense(code, "start") + dense(hidden, "joint.1")
    torch.testing.assert_close(head(code, Batch(x)), expected)


@pytest.mark.parametrize(
    ("head", "n_joint"),
    [(Branches(), 128 + 32), (Branches((), ()), 6 + 2), (Branches(None, ()), 2)],
    ids=str,
)
def test_the_number_of_joined_units(head, n_joint):
    built = head.build(6, 2, 1)
    assert built.joint[0][0][0].in_features == n_joint
    assert (built.features is None) == (head.feature_layer_sizes is None)


def test_the_branch_of_the_features_can_read_reconstructions():
    X = table()
    fitted = predictor(AutoencoderRegressor, head=DENOISED, dtype="float64").fit(X, X[:, 0])
    x, network = torch.tensor((X - fitted.center_) / fitted.scale_), fitted.network_
    code = network.encode(x)
    by_hand = network.head(code, Batch(network.decode(code)))
    torch.testing.assert_close(network.predict(x), by_hand)
    torch.testing.assert_close(network(x).prediction, by_hand)
    assert (by_hand != network.head(code, Batch(x))).any()


@pytest.mark.parametrize("freeze", ["none", "all"])
def test_a_frozen_denoiser_keeps_its_decoder(freeze):
    X = table()
    encoder = quick(AutoencoderTransformer, n_components=3).fit(X)
    settings = {"encoder": FrozenEstimator(encoder), "freeze": freeze, "learning_rate": 1e-2}
    fitted = quick(AutoencoderRegressor, head=DENOISED, **settings).fit(X, X[:, 0])
    before, after = weights(encoder), weights(fitted)
    is_same = all((after[f"autoencoder.{name}"] == value).all() for name, value in before.items())
    assert is_same == (freeze == "all")


def test_a_frozen_layer_whose_weights_the_denoiser_shares_is_frozen():
    X = table()
    network = Dense((5,), tied_weights=True)
    encoder = quick(AutoencoderTransformer, n_components=3, network=network, init="random").fit(X)
    settings = {"encoder": FrozenEstimator(encoder), "head": DENOISED}
    predictor = quick(AutoencoderRegressor, **settings).fit(X, X[:, 0]).network_
    predictor.freeze(1)
    inner, outer = predictor.layers()
    assert [p.requires_grad for layer in inner for p in layer.parameters()] == [False, False]
    assert [p.requires_grad for layer in outer for p in layer.parameters()] == [True, True]


def test_a_denoiser_that_reads_the_samples_is_rejected():
    texts = ["ab", "ba", "aab", "bba"] * 3
    settings = {"network": TextHybrid(), "init": "random", "n_components": 2, "head": DENOISED}
    with pytest.raises(ValueError, match="reads the symbols before each one"):
        quick(AutoencoderClassifier, **settings).fit(texts, [0, 1, 0, 1] * 3)


@every_predictor
def test_a_frozen_encoder_keeps_its_weights_and_the_branches_learn(cls):
    X = table()
    encoder = quick(AutoencoderTransformer, n_components=3).fit(X)
    settings = {"encoder": FrozenEstimator(encoder), "freeze": "all", "learning_rate": 1e-2}
    fitted = quick(cls, head=SMALL, **settings).fit(X, target_of(cls, X))
    before, after = weights(encoder), weights(fitted)
    for name, value in before.items():
        np.testing.assert_array_equal(after[f"autoencoder.{name}"], value)
    assert np.abs(after["head.joint.1.weight"]).max() > 0


@every_predictor
@HEADS
def test_a_pickle_and_a_file_predict_the_same(cls, params, tmp_path):
    X = table()
    fitted = predictor(cls, **params).fit(X, target_of(cls, X))
    save(fitted, tmp_path / "model.skops")
    for again in (pickle.loads(pickle.dumps(fitted)), load(tmp_path / "model.skops")):
        assert_same(outputs(again, X, target_of(cls, X)), outputs(fitted, X, target_of(cls, X)))
    fitted.set_params(warm_start=True).fit(X, target_of(cls, X))


def test_branches_learn_what_a_linear_head_on_two_components_cannot():
    rng = np.random.RandomState(0)
    X = rng.randn(300, 6)
    y = X[:, 0] * X[:, 1] + X[:, 5]
    settings = {"max_epochs": 20, "learning_rate": 2e-2, "corruption": None, "freeze": "all"}
    scores = [
        predictor(AutoencoderRegressor, head=head, **settings)
        .fit(X[:200], y[:200])
        .score(X[200:], y[200:])
        for head in ("linear", Branches((64, 32), (8,), (32,)))
    ]
    assert scores[1] > scores[0] + 0.1


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"head": SMALL, "head_layer_sizes": (3,)}, "cannot be given together with head=Branches"),
        ({"head": Branches((0,))}, "'feature_layer_sizes' parameter of Branches"),
        ({"head": Branches(activation="cube")}, "'activation' parameter of Branches"),
        ({"head_layer_sizes": (0,)}, "'head_layer_sizes' parameter"),
        ({"head": "ensemble", "head_layer_sizes": (3,)}, "head='ensemble'"),
        (
            {"head": Branches(None, reads_reconstruction=True)},
            "needs layers of the features, .* got feature_layer_sizes=None",
        ),
    ],
    ids=str,
)
def test_invalid_parameters(params, match):
    X = table()
    with pytest.raises(ValueError, match=match):
        predictor(AutoencoderRegressor, **params).fit(X, X[:, 0])


def test_a_conditional_denoiser_is_rejected():
    X, y = table(), (table()[:, 0] > 0).astype(int)
    encoder = quick(VAEGenerator, n_components=2, conditional=True).fit(X, y)
    settings = {"encoder": FrozenEstimator(encoder), "head": DENOISED}
    with pytest.raises(ValueError, match=r"(?s)reads_reconstruction=True .* is conditional"):
        quick(AutoencoderRegressor, **settings).fit(X, X[:, 0])
