"""Display of the weights of the encoder as images."""

import numpy as np
import pytest
from drawn import FRAME, LABELS, ROWS, tick_labels, tiles
from estimators import quick

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders.inspection import WeightsDisplay
from sklearn_autoencoders.networks import Dense
from sklearn_autoencoders.networks._layers.embedding import NumberVectors


def test_weights_of_the_linear_path_and_of_the_hidden_layer(of_images):
    encoder = of_images.network_.encoder
    linear = encoder.linear.weight.detach().numpy()
    display = WeightsDisplay.from_estimator(of_images, path="linear", image_shape=(8, 8))
    np.testing.assert_array_equal(tiles(display, 2), linear.reshape(-1, 8, 8))
    hidden = encoder.correction[0][0].weight.detach().numpy()
    shown = WeightsDisplay.from_estimator(of_images, n_units=5).weights
    largest = np.argsort(-np.linalg.norm(hidden, axis=1))[:5]
    np.testing.assert_array_equal(shown, hidden[largest])


@pytest.mark.parametrize("has_categories", [False, True])
def test_weights_of_a_network_with_vectors_of_numbers(has_categories):
    X = FRAME.copy()
    X.iloc[::7, 1] = np.nan
    names = list(FRAME.columns)
    if has_categories:
        X, names = X.assign(kind=["a", "b"] * (len(X) // 2)), [*names, "kind: a", "kind: b"]
    fitted = quick(DenoisingAutoencoder).fit(X)
    display = WeightsDisplay.from_estimator(fitted)
    assert tick_labels(display.ax_.xaxis) == names
    modules = list(fitted.network_.encoder.modules())
    (vectors,) = (part for part in modules if isinstance(part, NumberVectors))
    n_inputs = len(names) + X.shape[1] + vectors.n_more
    (first,) = (part for part in modules if getattr(part, "in_features", 0) == n_inputs)
    norms = np.linalg.norm(first.weight[:, : len(names)].detach().numpy(), axis=1)
    found = np.linalg.norm(display.weights, axis=1)
    np.testing.assert_allclose(found, np.sort(norms)[::-1][: len(found)], rtol=1e-6)


@pytest.mark.parametrize("network", [Dense((5,), tied_weights=True), Dense((), batch_norm=True)])
def test_weights_without_a_linear_path(network):
    fitted = quick(AutoencoderTransformer, network=network, init="random").fit(FRAME)
    display = WeightsDisplay.from_estimator(fitted)
    weights = next(p for p in fitted.network_.encoder.parameters() if p.ndim > 1)
    found, expected = display.ax_.images[0].get_array(), weights.detach().numpy()
    np.testing.assert_array_equal(np.sort(found, axis=None), np.sort(expected, axis=None))
    assert tick_labels(display.ax_.xaxis) == list(FRAME.columns)
    with pytest.raises(ValueError, match=r"path='linear' needs a linear path.*init='pca'"):
        WeightsDisplay.from_estimator(fitted, path="linear")


def test_weights_of_other_estimators(detector):
    for fitted in (
        quick(VAEGenerator, n_components=2).fit(ROWS),
        quick(AutoencoderClassifier, n_components=2).fit(ROWS, LABELS),
        detector,
    ):
        assert WeightsDisplay.from_estimator(fitted, n_units=4).weights.shape == (4, 4)


def test_a_network_without_such_a_layer_is_refused(convolutional):
    with pytest.raises(ValueError, match="begins with a fully connected layer on the 64 features"):
        WeightsDisplay.from_estimator(convolutional)
    assert WeightsDisplay.from_estimator(convolutional, path="linear").image_shape == (8, 8)
    with pytest.raises(ValueError, match=r"path must be one of .*got 'first'"):
        WeightsDisplay.from_estimator(convolutional, path="first")
