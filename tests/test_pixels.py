"""AutoregressiveGenerator of images, pixel by pixel: CausalConvolutional."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sklearn_autoencoders import AutoencoderTransformer, AutoregressiveGenerator, load, save
from sklearn_autoencoders._inference.sequences import sequence_log_likelihoods
from sklearn_autoencoders.networks import CausalConvolutional
from sklearn_autoencoders.networks._layers.masked_convolution import MaskedConvolution


def fitted(X, image_shape=(4, 5), class_first=False, n_components=8, **params):
    params = {"max_epochs": 2, "random_state": 0, "batch_size": 16} | params
    network = CausalConvolutional(image_shape, class_first, channels=8, n_layers=3)
    return AutoregressiveGenerator(n_components, network=network, **params).fit(X)


def stripes(n_samples=200, class_first=False, seed=0):
    """Return images whose rows are all like the first one; its class is its first pixel."""
    first = np.random.RandomState(seed).randint(2, size=(n_samples, 5)).astype(float)
    return np.hstack([first[:, :1], np.tile(first, 4)] if class_first else [np.tile(first, 4)])


@pytest.fixture(scope="module", params=[False, True], ids=["pixels", "class first"])
def generator(request):
    return fitted(stripes(400, request.param), class_first=request.param, max_epochs=12)


@pytest.fixture(params=[False, True], ids=["pixels", "class first"])
def network(request):
    """An encoder of three levels with large weights, and values before each one."""
    torch.manual_seed(0)
    network = CausalConvolutional((4, 5), request.param, channels=16, n_layers=4)
    encoder = network.build(3, 32)[0].double().requires_grad_(False)
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    values = torch.randn(2, encoder.n_values + 1, 3).double()
    values[:, 0] = 0
    return encoder, values


def test_likelihoods_of_all_images_sum_to_one():
    every = np.stack(np.meshgrid(*[range(2)] * 6, indexing="ij"), -1).reshape(-1, 6).astype(float)
    X = every[np.random.RandomState(0).choice(64, 300)]
    for class_first, shape in ((False, (2, 3)), (True, (1, 5))):
        own = fitted(X, shape, class_first)
        assert np.exp(own.score_samples(every)).sum() == pytest.approx(1, abs=1e-9)


def test_states_depend_on_values_before_and_on_no_later_one(network):
    encoder, values = network
    states, n_reached = encoder(values), 0
    for place in range(1, values.shape[1]):
        changed = values.clone()
        changed[:, place] += 1
        differs = (encoder(changed) != states).any(-1).all(0)
        assert not differs[:place].any()
        n_reached += int(differs.sum())
    assert n_reached > 0.7 * encoder.n_values**2 / 2  # all that the filters reach


def test_single_values_give_the_states_of_the_whole_image(network):
    encoder, values = network
    whole, n_given = encoder(values), 9
    torch.testing.assert_close(encoder(values[:, :n_given]), whole[:, :n_given])
    first, state = encoder.advance(values[:, :n_given])
    torch.testing.assert_close(first, whole[:, :n_given])
    for place in range(n_given, values.shape[1]):
        found, state = encoder.advance(values[:, [place]], state)
        torch.testing.assert_close(found[:, 0], whole[:, place])
    with pytest.raises(ValueError, match="cannot predict further"):
        encoder.advance(values[:, :1], state)


def test_values_after_a_whole_image(network):
    encoder, values = network
    whole, n_values = encoder(values), encoder.n_values
    first, state = encoder.advance(values[:, :n_values])
    torch.testing.assert_close(first, whole[:, :n_values])
    last, state = encoder.advance(values[:, n_values:], state)
    torch.testing.assert_close(last, whole[:, n_values:])
    with pytest.raises(ValueError, match="cannot predict further"):
        encoder.advance(values[:, :1], state)


@pytest.mark.parametrize("dilation", [1, 2])
def test_masked_filters_are_linear_functions_of_pixels_before(dilation):
    layer = MaskedConvolution(1, 1, 1, dilation, reads_pixel=False).requires_grad_(False)
    image = torch.zeros(1, 1, 7, 7)
    image[0, 0, 3, 3] = 1
    found = (layer(image) - layer.bias)[0, 0].nonzero().sub(3).tolist()
    assert found == [[0, dilation], [dilation, -dilation], [dilation, 0], [dilation, dilation]]


def test_later_pixels_do_not_change_likelihoods(generator):
    X = stripes(3, generator.network.class_first, seed=1)
    changed = X.copy()
    changed[:, 12:] = 1 - changed[:, 12:]
    own, other = (
        sequence_log_likelihoods(generator._model, generator._levels_of(part)[1])
        for part in (X, changed)
    )
    np.testing.assert_array_equal(own[:, :12], other[:, :12])
    assert (own[:, 12:] != other[:, 12:]).any()


def test_the_pixel_above_is_learned(generator):
    class_first = generator.network.class_first
    bits = generator.bits_per_symbol(stripes(100, class_first, seed=1))
    assert bits == pytest.approx(5 / (20 + class_first), abs=0.1)
    drawn = generator.sample(50, random_state=0)[:, class_first:].reshape(-1, 4, 5)
    assert (drawn == drawn[:, :1]).mean() > 0.95


def test_images_are_continued_like_images_that_are_read_again(generator):
    X = stripes(1, generator.network.class_first, seed=3)
    prompt = X[0, :9]
    drawn = generator.sample(prompt=prompt, top_k=1, random_state=0)[0]
    np.testing.assert_array_equal(drawn[:9], prompt)
    for place in range(9, len(drawn)):
        given = np.where(np.arange(len(drawn)) < place, drawn, np.nan)
        assert generator.predict_proba(given[None])[0].argmax() == drawn[place]


def test_the_class_is_a_prompt():
    own = fitted(stripes(400, True), class_first=True, max_epochs=12)
    for label in (0, 1):
        drawn = own.sample(20, random_state=0, prompt=[label])
        assert (drawn[:, 0] == label).all()
        assert (drawn[:, 1] == label).mean() > 0.7


def test_classes_in_intervals_of_gray_levels_are_prompts():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randint(10, size=100), rng.permutation(2000).reshape(100, 20) + 100.0])
    own = fitted(X, class_first=True, max_epochs=1, max_levels=8)
    assert 7 not in own._levels.numbers[0].values
    for label in (3, 7):
        assert own.sample(prompt=[label], random_state=0)[0, 0] == label
    with pytest.raises(ValueError, match=r"class of the fit.*got 1900"):
        own.sample(prompt=[1900])


def test_a_class_first_cannot_be_missing_in_all_samples():
    X = stripes(20, True)
    X[:, 0] = np.nan
    with (
        pytest.warns(UserWarning, match="only missing values"),
        pytest.raises(ValueError, match=r"its class, is missing.*class_first=False"),
    ):
        fitted(X, class_first=True)


def test_only_classes_of_the_fit_are_drawn_and_continued(tmp_path):
    X = stripes(60, True)
    X[:, 1:] += 2  # gray levels are 2 and 3, classes 0 and 1
    own = fitted(X, class_first=True, max_epochs=1)
    save(own, tmp_path / "model.skops")
    for model in (own, load(tmp_path / "model.skops")):
        drawn = model.sample(200, random_state=0, temperature=5.0)
        assert set(drawn[:, 0]) == {0, 1}
        assert model.sample(2, random_state=0, length=1).shape == (2, 1)
        for wrong in (2, 0.4):
            with pytest.raises(ValueError, match=r"class of the fit.*one of \[0.0, 1.0\]; got"):
                model.sample(prompt=[wrong])
        assert model.sample(prompt=[1], random_state=0)[0, 0] == 1
    own.partial_fit(np.where(np.arange(21) == 0, 2.0, X[:20]))
    assert own.sample(prompt=[2], random_state=0)[0, 0] == 2


def test_a_later_batch_does_not_limit_the_classes_of_an_earlier_version():
    own = fitted(stripes(60, True), class_first=True, max_epochs=1)
    own._levels = replace(own._levels, first=None)  # as it is loaded from such a file
    X = stripes(60, True)
    own.partial_fit(X[X[:, 0] == 1])
    assert set(own.sample(50, random_state=0, temperature=5.0)[:, 0]) == {0, 1}


def test_codes_are_the_mean_states_after_the_values(generator):
    X = stripes(4, generator.network.class_first)
    encode = generator.network_.encode
    cells = torch.tensor(generator._levels_of(X)[1]).long()
    center = torch.tensor(generator.center_[: generator.network_.n_symbols])
    values = torch.nn.functional.one_hot(cells, len(center)) - center
    dtype = next(generator.network_.parameters()).dtype
    with torch.no_grad():
        codes = encode(values.flatten(1).to(dtype))
    np.testing.assert_allclose(generator.transform(X), codes, rtol=1e-4, atol=1e-5)


def test_images_with_axes_and_missing_pixels():
    X = stripes(60)
    own = fitted(X.reshape(-1, 4, 5))
    np.testing.assert_array_equal(own.score_samples(X), own.score_samples(X.reshape(-1, 4, 5)))
    X[::2, 3] = np.nan
    scores = fitted(X).score_samples(X)
    assert np.isfinite(scores).all()


def test_parts_of_images_are_rows():
    pd = pytest.importorskip("pandas")
    X = stripes(40)
    whole = fitted(X, max_epochs=1).sample(2, length=7, random_state=0)
    assert whole.shape == (2, 7)
    for given in (X.reshape(-1, 4, 5), pd.DataFrame(X)):
        model = fitted(given, max_epochs=1)
        np.testing.assert_array_equal(model.sample(2, length=7, random_state=0), whole)
        assert type(model.sample(2)) is type(given)


def test_saved_images(generator, tmp_path):
    X = stripes(5, generator.network.class_first)
    save(generator, tmp_path / "model.skops")
    loaded = load(tmp_path / "model.skops")
    np.testing.assert_array_equal(loaded.score_samples(X), generator.score_samples(X))
    np.testing.assert_array_equal(loaded.sample(3, 0), generator.sample(3, 0))


def test_a_failed_draw_leaves_the_generator_usable(generator):
    n_values = generator.n_features_in_
    with pytest.raises(ValueError, match=f"images of {n_values} values.*smaller length"):
        generator.sample(length=n_values + 5)
    assert generator.sample(2, random_state=0).shape == (2, n_values)
    for n_given in (n_values - 1, n_values):
        with pytest.raises(ValueError, match="smaller length"):
            generator.sample(prompt=np.zeros(n_given), length=5)
    last = generator.sample(prompt=np.zeros(n_values - 1), random_state=0)
    assert last.shape == (1, n_values)


def test_errors_of_samples_that_are_no_images():
    for X, class_first in ((stripes(20), True), (stripes(20, True), False)):
        with pytest.raises(ValueError, match=r"image_shape=\(4, 5\) requires X with 20 features"):
            fitted(X, class_first=class_first)
    with pytest.raises(ValueError, match="reads images, and X contains texts"):
        fitted(["to be or not to be"] * 20)
    with pytest.raises(ValueError, match="image_shape"):
        fitted(stripes(20), image_shape=(20,))
    with pytest.raises(ValueError, match="only AutoregressiveGenerator is for"):
        AutoencoderTransformer(2, network=CausalConvolutional((4, 5))).fit(stripes(20))
