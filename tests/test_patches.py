"""Spatial codes that start at the principal components of patches."""

import numpy as np
import pytest
import torch
from estimators import quick
from sklearn.decomposition import PCA

from sklearn_autoencoders import AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders.inspection import WeightsDisplay
from sklearn_autoencoders.networks import Convolutional, EncoderDecoder, Temporal
from sklearn_autoencoders.networks._layers.patches import PatchDecoder, PatchEncoder, Patches

STILL = {"learning_rate": 1e-30, "max_epochs": 1}  # training without an effect
NETWORKS = [
    Convolutional((9, 7, 2), channels=(3, 4), bottleneck="spatial"),
    Convolutional((2, 9, 7), "CHW", channels=(3, 4), bottleneck="spatial", pool_size=3),
    Temporal((29, 2), channels=(3, 4), kernel_size=3, bottleneck="spatial"),
    Temporal((2, 29), "CT", channels=(3,), kernel_size=3, bottleneck="spatial", pooling=False),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=str)


def samples(network, n_samples=60):
    rng = np.random.RandomState(0)
    n_features = int(np.prod(network.input_shape))
    return rng.randn(n_samples, 5) @ rng.randn(5, n_features) + rng.randn(n_features)


def spatial(network, n_each=2, cls=AutoencoderTransformer, **params):
    n_components = n_each * network._patches.n_positions
    return quick(cls, n_components=n_components, network=network, **params)


@every_network
def test_patches_join_to_samples(network):
    patches = network._patches
    x = torch.tensor(samples(network))
    parts = patches.split(x)
    assert parts.shape == (60, patches.n_positions, patches.n_values)
    assert torch.equal(patches.join(parts), x)
    assert torch.equal(parts.sum((1, 2)).round(decimals=9), x.sum(1).round(decimals=9))


def test_a_patch_contains_the_pixels_of_its_position():
    patches = Patches((5, 6), "HWC", (2, 2), 4)
    image = torch.arange(30.0).reshape(5, 6)
    found = patches.split(image.reshape(1, 30)).reshape(2, 2, 4, 4)
    torch.testing.assert_close(found[0, 0], image[:4, :4])
    torch.testing.assert_close(found[1, 0, 0], image[4, :4])
    torch.testing.assert_close(found[0, 1, :, :2], image[:4, 4:])
    assert not found[1, 1, 1:].any()


@every_network
def test_the_maps_are_one_matrix_for_all_patches(network):
    patches, x = network._patches, torch.tensor(samples(network), dtype=torch.float32)
    encoder = PatchEncoder(patches, 2 * patches.n_positions)
    code = encoder(x).reshape(60, 2, patches.n_positions)
    expected = patches.split(x) @ encoder.weight.T + encoder.bias
    torch.testing.assert_close(code, expected.transpose(1, 2))
    decoder = PatchDecoder(patches, 2 * patches.n_positions)
    parts = code.transpose(1, 2) @ decoder.weight.T + decoder.bias
    torch.testing.assert_close(decoder(code.flatten(1)), patches.join(parts))


def patches_of(network, X):
    """Return the patches of all samples as rows."""
    parts = network._patches.split(torch.tensor(X))
    return parts.reshape(-1, network._patches.n_values).numpy()


@every_network
def test_training_starts_at_the_principal_components_of_patches(network):
    X = samples(network)
    fitted = spatial(network, scaling="global", **STILL).fit(X)
    units = (X - X.mean(0)) / fitted.scale_
    pca = PCA(2).fit(patches_of(network, units))
    reconstructed = pca.inverse_transform(pca.transform(patches_of(network, units)))
    shape = len(X), network._patches.n_positions, -1
    expected = network._patches.join(torch.tensor(reconstructed).reshape(shape)).numpy()
    found = (fitted.reconstruct(X) - X.mean(0)) / fitted.scale_
    np.testing.assert_allclose(found, expected, atol=0.02 * units.std())


@pytest.mark.parametrize("params", [{}, {"scaling": None}, {"loss": "binary_cross_entropy"}])
def test_the_start_is_better_than_the_mean(params):
    rng = np.random.RandomState(0)
    images = 1 / (1 + np.exp(-np.cumsum(rng.randn(80, 8, 8), axis=1)))
    network = Convolutional((8, 8), channels=(4, 4), bottleneck="spatial")
    fitted = spatial(network, 4, **STILL, **params).fit(images)
    assert fitted.score(images) > 0.3


def test_a_vae_starts_at_probabilistic_pca_of_patches():
    X = samples(NETWORKS[0])
    fitted = spatial(NETWORKS[0], cls=VAEGenerator, **STILL).fit(X)
    assert fitted.network_.encoder.linear.out_features == 4
    random = spatial(NETWORKS[0], cls=VAEGenerator, init="random", **STILL).fit(X)
    assert fitted.score(X) > random.score(X)


def test_a_fraction_of_the_variance_gives_components_at_each_position():
    network = NETWORKS[0]
    fitted = quick(AutoencoderTransformer, n_components=0.9, network=network).fit(samples(network))
    assert fitted.n_components_ % network._patches.n_positions == 0


def test_missing_values_and_weights_are_supported():
    X, weight = samples(NETWORKS[2]), np.repeat([1.0, 2.0], 30)
    X[::4, 3:9] = np.nan
    fitted = spatial(NETWORKS[2]).fit(X, sample_weight=weight)
    assert np.isfinite(fitted.transform(X)).all()


def test_another_decoder_starts_at_random_weights():
    network = EncoderDecoder(NETWORKS[0], Convolutional((9, 7, 2), channels=(3,)))
    assert not network.starts_at_pca
    assert quick(AutoencoderTransformer, n_components=12, network=network).fit(samples(NETWORKS[0]))


def test_weights_of_patches_are_not_those_of_features():
    fitted = spatial(NETWORKS[0]).fit(samples(NETWORKS[0]))
    with pytest.raises(ValueError, match="from patches"):
        WeightsDisplay.from_estimator(fitted, path="linear")
