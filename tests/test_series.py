"""Series: shapes, lengths, missing values, scaling of channels, windows."""

import copy

import numpy as np
import pytest
import torch
from estimators import LEARN_FROM_ALL, PREDICTORS, PUBLIC, quick
from helpers import assert_same
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from torch import nn

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
    load,
    save,
)
from sklearn_autoencoders.inspection import ReconstructionDisplay
from sklearn_autoencoders.networks import Convolutional, Recurrent, Temporal
from sklearn_autoencoders.series import average_windows, sliding_windows

# Codes of a VAE are not in use after two epochs.
pytestmark = pytest.mark.filterwarnings("ignore:.*components of the code are in use")

N_TIMES, N_CHANNELS = 9, 2
LENGTHS = np.random.RandomState(0).randint(3, N_TIMES, 40)  # none has the full length
NETWORKS = [
    Temporal((N_TIMES, N_CHANNELS), channels=(4,), kernel_size=3),
    Recurrent((N_TIMES, N_CHANNELS), hidden_size=4),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=lambda n: type(n).__name__)
every_class = pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS], ids=lambda c: c.__name__)
LABELS = np.arange(40) % 2


def series(seed=0):
    """Return series of one length, whose channels have different units."""
    rng = np.random.RandomState(seed)
    phase, time = rng.rand(40, 1), np.arange(N_TIMES) / 3
    values = np.stack([np.sin(time + phase), 100 + 50 * np.cos(time - phase)], -1)
    return values + 0.05 * rng.randn(*values.shape)


def shortened(seed=0):
    """Return a list of series of different lengths, with one gap."""
    short = [values[:length] for values, length in zip(series(seed), LENGTHS, strict=True)]
    short[0][1, 0] = np.nan
    return short


def padded(short):
    """Return a list of series as an array."""
    whole = np.full((len(short), N_TIMES, N_CHANNELS), np.nan)
    for values, own in zip(whole, short, strict=True):
        values[: len(own)] = own
    return whole


def fitted(cls, X, network=NETWORKS[0], **params):
    settings = {"n_components": 2, "max_epochs": 2, "network": network, **params}
    if cls in PREDICTORS:
        settings["pretraining_epochs"] = 1
    return quick(cls, **settings).fit(X, LABELS if cls in PREDICTORS else None)


def method_of(estimator):
    return estimator.reconstruct if hasattr(estimator, "reconstruct") else estimator.transform


# -------------------------------------------------------------------------- shapes and lengths


@every_class
@every_network
def test_all_forms_of_the_same_series_give_the_same_model(cls, network):
    short = shortened()
    whole = padded(short)
    forms = [short, whole, whole.reshape(40, -1), whole[:, : LENGTHS.max()]]
    models = [fitted(cls, form, network) for form in forms]
    expected = np.asarray(method_of(models[1])(whole)).reshape(40, -1)
    for model in models:
        found = np.asarray(method_of(model)(whole)).reshape(40, -1)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("cls", [*LEARN_FROM_ALL, *PREDICTORS], ids=lambda c: c.__name__)
def test_channels_first_are_the_same_series(cls):
    last = fitted(cls, series())
    network = Temporal((N_CHANNELS, N_TIMES), "CT", channels=(4,), kernel_size=3)
    first = fitted(cls, series().transpose(0, 2, 1), network)
    np.testing.assert_allclose(
        first.scale_.reshape(N_CHANNELS, N_TIMES).T, last.scale_.reshape(N_TIMES, N_CHANNELS)
    )
    found = method_of(first)(series(1).transpose(0, 2, 1))
    assert found.shape in ((40, N_CHANNELS, N_TIMES), (40, 2))


def test_the_layouts_are_the_same_network():
    network = Temporal((N_CHANNELS, N_TIMES), "CT", channels=(4,), kernel_size=3)
    parts = [part.build(18, 3) for part in (NETWORKS[0], network)]
    for ours, theirs in zip(*parts, strict=True):
        theirs.load_state_dict(ours.state_dict())
    x = torch.randn(5, N_TIMES, N_CHANNELS)
    codes = parts[0][0](x.flatten(1)), parts[1][0](x.mT.flatten(1))
    assert torch.allclose(*codes, atol=1e-6)
    decoded = parts[0][1](codes[0]).view_as(x), parts[1][1](codes[0]).view(5, N_CHANNELS, N_TIMES)
    assert torch.allclose(decoded[0], decoded[1].mT, atol=1e-6)


@pytest.mark.parametrize("cls", PUBLIC, ids=lambda c: c.__name__)
@every_network
def test_reconstructions_have_the_lengths_of_the_series(cls, network):
    short = shortened()
    model = fitted(cls, short, network)
    found = model.reconstruct(short)
    assert [each.shape for each in found] == [each.shape for each in short]
    whole = model.reconstruct(padded(short))
    for values, own in zip(whole, found, strict=True):
        np.testing.assert_array_equal(values[: len(own)], own)
        assert np.isfinite(own).all()
    assert model.reconstruct(padded(short)[:, :8]).shape == (40, 8, N_CHANNELS)
    if hasattr(model, "inverse_transform"):
        assert model.inverse_transform(np.zeros((3, 2))).shape == (3, N_TIMES, N_CHANNELS)


def test_flat_series_are_decoded_to_flat_series():
    model = fitted(AutoencoderTransformer, series().reshape(40, -1))
    assert model.inverse_transform(np.zeros((3, 2))).shape == (3, 18)


def test_generated_series_have_the_shape_of_the_fit():
    short = shortened()
    model = fitted(VAEGenerator, short)
    assert model.sample(3).shape == (3, N_TIMES, N_CHANNELS)
    assert model.interpolate(short[:2], short[2:4], 5).shape == (2, 5, N_TIMES, N_CHANNELS)
    imputed = model.impute(short)
    known = ~np.isnan(short[0])
    np.testing.assert_array_equal(imputed[0][known], short[0][known])
    assert np.isfinite(imputed[0]).all()


def test_vectors_are_series_of_one_channel():
    X = [values[:, 0] for values in shortened()]
    network = Temporal((N_TIMES,), channels=(4,), kernel_size=3)
    model = fitted(AutoencoderTransformer, X, network)
    assert [each.shape for each in model.reconstruct(X)] == [each.shape for each in X]
    same = [values[:, None] for values in X]
    np.testing.assert_array_equal(model.transform(same), model.transform(X))
    objects = np.empty(40, dtype=object)
    objects[:] = X
    np.testing.assert_array_equal(model.transform(objects), model.transform(X))
    lists = [values.tolist() for values in X]
    np.testing.assert_array_equal(model.transform(lists), model.transform(X))


def test_single_precision_is_kept():
    X = [values.astype(np.float32) for values in shortened()]
    model = fitted(AutoencoderTransformer, X)
    assert model.transform(X).dtype == model.reconstruct(X)[0].dtype == np.float32


@every_class
@pytest.mark.parametrize("as_list", [True, False])
def test_longer_series_are_refused(cls, as_list):
    model = fitted(cls, series())
    before = method_of(model)(series())
    long = np.zeros((3, N_TIMES + 1, N_CHANNELS))
    with pytest.raises(ValueError, match=r"series_shape=\(9, 2\); got .*\(10, 2\).*too long"):
        method_of(model)(list(long) if as_list else long)
    np.testing.assert_array_equal(method_of(model)(series()), before)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.zeros((4, 2)), np.zeros((4, 3))], r"X\[1\] must be a series .* got shape \(4, 3\)"),
        ([np.zeros(4), np.zeros(5)], r"X\[0\] must be a series .* got shape \(4,\)"),
        (np.zeros((5, 4, 3)), r"or series of the network's .* got shape \(4, 3\)"),
        (np.zeros((5, 4)), r"18 features"),
        ([np.zeros((4, 2)), np.full((4, 2), np.nan)], "only missing values.*index 1"),
        ([np.zeros((4, 2)), np.zeros((0, 2))], "only missing values.*index 1"),
    ],
)
def test_other_shapes_are_refused(X, message):
    with pytest.raises(ValueError, match=message):
        fitted(AutoencoderTransformer, X)


def test_a_time_point_without_values_is_no_fault_but_a_channel_is():
    fitted(AutoencoderTransformer, shortened())  # warnings are errors
    X = series()
    X[..., 1] = np.nan
    with pytest.warns(UserWarning, match="9 feature.* only missing values, the first is 1"):
        fitted(AutoencoderTransformer, X)


def test_folds_of_series_of_different_lengths():
    X = shortened()
    model = quick(AutoencoderClassifier, network=NETWORKS[0], max_epochs=1, pretraining_epochs=1)
    assert np.isfinite(cross_val_score(model, X, LABELS, cv=3)).all()
    denoiser = quick(DenoisingAutoencoder, network=NETWORKS[0], max_epochs=1, output="code")
    pipeline = make_pipeline(denoiser, quick(AutoencoderClassifier, max_epochs=1))
    assert pipeline.fit(X, LABELS).predict(X).shape == (40,)
    union = AutoencoderFeatureUnion(denoiser.set_params(n_components=2), passthrough=False)
    assert union.fit_transform(X).shape == (40, 2)
    assert union.transform(X).shape == (40, 2)


def test_clean_series_are_lists_too():
    X = shortened()
    model = quick(DenoisingAutoencoder, n_components=2, network=NETWORKS[0], max_epochs=1)
    model.fit(X, clean=X)
    assert [each.shape for each in model.transform(X)] == [each.shape for each in X]


def test_contributions_have_the_lengths_of_the_series():
    X = shortened()
    model = fitted(AutoencoderOutlierDetector, X, n_estimators=2)
    explained = model.explain(X)
    for contribution, expected, own in zip(*explained.values(), X, strict=True):
        assert contribution.shape == expected.shape == own.shape
    total = [each.sum() for each in explained.contribution]
    np.testing.assert_allclose(total, model.score_samples(X))


# ------------------------------------------------------------------- masks, files, more training


@every_network
@pytest.mark.parametrize("init", ["pca", "random"])
def test_the_network_receives_what_is_missing(network, init):
    model = fitted(AutoencoderTransformer, shortened(), network, init=init)
    assert model.network_.n_masks == N_TIMES * N_CHANNELS
    encoder, x = model.network_.encoder.double(), torch.zeros(2, 36, dtype=torch.float64)
    assert torch.equal(encoder(x), encoder(x[:, :18]))  # no mask: nothing is missing
    x[0, 18 + 4 : 18 + 8] = 1
    found = encoder(x)
    assert (found[0] != found[1]).any()


def test_without_missing_values_there_are_no_masks():
    assert fitted(AutoencoderTransformer, series()).network_.n_masks == 0


def test_images_receive_no_masks():
    X = series()[..., 0]
    X[0, 0] = np.nan
    model = fitted(AutoencoderTransformer, X, Convolutional((3, 3), channels=(2,)))
    assert model.network_.n_masks == 0


@every_class
@every_network
@pytest.mark.parametrize("suffix", ["skops", "safetensors"])
def test_files_are_exact(cls, network, suffix, tmp_path):
    X = shortened()
    model, path = fitted(cls, X, network), tmp_path / f"model.{suffix}"
    if suffix == "skops":
        save(model, path)
    else:
        model.to_safetensors(path)
    back = load(path)
    for found, expected in zip(method_of(back)(X), method_of(model)(X), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert back._shape_in_fit == (N_TIMES, N_CHANNELS)


@every_network
def test_training_continues(network):
    X = shortened()
    model = fitted(AutoencoderTransformer, X, network)
    same = copy.deepcopy(model)
    assert_same(
        {"codes": model.partial_fit(X).transform(X)}, {"codes": same.partial_fit(X).transform(X)}
    )
    assert model.n_epochs_ == 3


@every_network
def test_a_sample_of_weight_two_is_two_samples(network):
    X = series()
    counts = 1 + np.arange(40) % 2
    settings = {"batch_size": 100, "weight_decay": 0, "dtype": "float64"}
    weighted = quick(AutoencoderTransformer, network=network, **settings)
    weighted.fit(X, sample_weight=counts)
    repeated = quick(AutoencoderTransformer, network=network, **settings)
    repeated.fit(np.repeat(X, counts, axis=0))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), rtol=1e-6, atol=1e-8)


@every_network
def test_series_are_encoded_one_by_one_as_all_together(network):
    X = shortened()
    model = fitted(AutoencoderTransformer, X, network)
    single = np.concatenate([model.transform([each]) for each in X])
    np.testing.assert_allclose(single, model.transform(X), rtol=1e-9, atol=1e-12)


# ----------------------------------------------------------------------------------- scaling


def test_each_channel_has_one_scale():
    X = series()
    model = fitted(AutoencoderTransformer, X)
    scale = model.scale_.reshape(N_TIMES, N_CHANNELS)
    deviation = X.std(0)
    np.testing.assert_allclose(scale, np.tile(np.sqrt((deviation**2).mean(0)), (N_TIMES, 1)))
    np.testing.assert_allclose(model.center_.reshape(N_TIMES, -1), X.mean(0))


@every_class
def test_the_scale_of_series_is_that_of_a_channel(cls):
    automatic, own = fitted(cls, shortened()), fitted(cls, shortened(), scaling="channel")
    np.testing.assert_array_equal(automatic.scale_, own.scale_)
    assert len(np.unique(automatic.scale_)) == N_CHANNELS


def test_channels_of_images_can_have_a_scale():
    X = series()[:, :8].reshape(40, 2, 4, 2)
    network = Convolutional((2, 4, 2), channels=(2,))
    model = fitted(AutoencoderTransformer, X, network, scaling="channel")
    assert len(np.unique(model.scale_)) == 2
    gray = fitted(AutoencoderTransformer, X[..., 0], Convolutional((2, 4)), scaling="channel")
    whole = fitted(AutoencoderTransformer, X[..., 0], Convolutional((2, 4)), scaling="global")
    np.testing.assert_array_equal(gray.scale_, whole.scale_)


def test_tables_have_no_channels():
    with pytest.raises(ValueError, match="scaling='channel' needs a network"):
        fitted(AutoencoderTransformer, series()[..., 0], None, scaling="channel")


# ---------------------------------------------------------------------------------- networks


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("layer_norm", [False, True])
def test_step_by_step_is_the_whole_sequence(cell, layer_norm):
    network = Recurrent((N_TIMES, N_CHANNELS), "TC", 4, 2, cell, layer_norm)
    layers = network.build(18, 3)[0].layers.double()
    x = torch.randn(5, N_TIMES, N_CHANNELS, dtype=torch.float64)
    states, outputs = [None, None], []
    for time in range(N_TIMES):
        output, states = layers.step(x[:, time : time + 1], states)
        outputs.append(output)
    torch.testing.assert_close(torch.cat(outputs, 1), layers(x))


def test_the_code_is_a_linear_map_of_the_last_state():
    encoder, _ = NETWORKS[1].build(18, 3)
    x = torch.randn(5, N_TIMES, N_CHANNELS)
    cell = nn.GRUCell(N_CHANNELS, 4)
    names = {f"{name}_l0": parameter for name, parameter in cell.named_parameters()}
    encoder.layers.cells[0].load_state_dict(names)
    state = torch.zeros(5, 4)
    for time in range(N_TIMES):
        state = cell(x[:, time], state)
    torch.testing.assert_close(encoder(x.flatten(1)), encoder.output(state))


def test_the_last_state_is_that_of_the_last_value():
    encoder, _ = NETWORKS[1].build(36, 3)
    x, mask = torch.randn(5, N_TIMES, N_CHANNELS), torch.zeros(5, N_TIMES, N_CHANNELS)
    mask[:, 6:] = 1
    other = x.clone()
    other[:, 6:] = 7.0
    codes = [encoder(torch.cat([v.flatten(1), mask.flatten(1)], 1)) for v in (x, other)]
    assert torch.equal(*codes)


def test_the_state_is_that_of_both_directions():
    network = Recurrent((N_TIMES, N_CHANNELS), hidden_size=4, bidirectional_encoder=True)
    encoder, _ = network.build(18, 3)
    x = torch.randn(5, N_TIMES, N_CHANNELS)
    _, state = encoder.layers.cells[0](x)
    torch.testing.assert_close(encoder(x.flatten(1)), encoder.output(torch.cat([*state], 1)))


def test_the_mean_state_is_that_of_known_time_points():
    network = Recurrent((N_TIMES, N_CHANNELS), hidden_size=4, bottleneck="global")
    encoder, _ = network.build(36, 3)
    x = torch.randn(5, 36)
    x[:, 18:], x[:, 18 + 12 :] = 0, 1
    states = encoder.layers(encoder.grids(x).mT)
    torch.testing.assert_close(encoder(x), encoder.output(states[:, :6].mean(1)))


@pytest.mark.parametrize("n_times", [1, 2, 7, 16])
@pytest.mark.parametrize("upsample", ["nearest", "transposed"])
@pytest.mark.parametrize("bottleneck", ["dense", "global"])
def test_series_of_any_length_come_back(n_times, upsample, bottleneck):
    settings = {"channels": (4, 3, 2), "upsample": upsample, "bottleneck": bottleneck}
    encoder, decoder = Temporal((n_times, 2), **settings, blocks=2).build(2 * n_times, 3)
    x = torch.randn(4, 2 * n_times)
    assert decoder(encoder(x)).shape == x.shape


def test_dilation_grows_from_level_to_level():
    network = Temporal((40,), channels=(2, 2, 2), kernel_size=3, dilation=2, pooling=False)
    encoder, decoder = network.build(40, 1)
    distances = [
        [m.dilation[0] for m in part.modules() if isinstance(m, nn.Conv1d)]
        for part in (encoder, decoder)
    ]
    assert distances == [[1, 2, 4], [4, 2, 1, 1]]
    x = torch.zeros(1, 40, requires_grad=True)
    encoder[:-2](x)[0, 0, 20].backward()
    assert x.grad[0].nonzero().flatten().tolist() == list(range(13, 28))


def test_a_global_bottleneck_ignores_shifts():
    network = Temporal((40,), channels=(4,), kernel_size=3, bottleneck="global", pooling=False)
    encoder, _ = network.build(40, 3)
    x = torch.zeros(1, 40)
    x[0, 10:14] = torch.randn(4)
    torch.testing.assert_close(encoder(x), encoder(x.roll(9, 1)))


@pytest.mark.parametrize("cls", [Temporal, Recurrent])
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"series_shape": (3, 2, 1)}, "'series_shape'.*sequence"),
        ({"series_shape": 3}, "'series_shape'.*sequence"),
        ({"layout": "HWC"}, "'layout'"),
        ({"bottleneck": "none"}, "'bottleneck'"),
        ({"series_shape": (5, 2)}, r"series_shape=\(5, 2\) requires X with 10 features"),
    ],
)
def test_invalid_parameters_are_named(cls, params, message):
    with pytest.raises(ValueError, match=message):
        cls(**params).build(18, 2)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Temporal((9, 2), kernel_size=2), "kernel_size must be odd"),
        (Temporal((9, 2), dilation=0), "'dilation'"),
        (Recurrent((9, 2), cell="rnn"), "'cell'"),
        (Recurrent((9, 2), hidden_size=0), "'hidden_size'"),
    ],
)
def test_invalid_values_are_named(network, message):
    with pytest.raises(ValueError, match=message):
        network.build(18, 2)


# ---------------------------------------------------------------------------------- displays


def test_series_are_drawn_as_rows_of_values():
    pytest.importorskip("matplotlib").use("Agg")
    from sklearn_autoencoders.inspection import ReconstructionDisplay, TraversalDisplay

    for X in (series(), series().reshape(40, -1)):
        model = fitted(AutoencoderTransformer, X)
        assert TraversalDisplay.from_estimator(model, X).image_shape is None
        flat = X.reshape(40, -1)
        assert ReconstructionDisplay.from_estimator(model, flat).image_shape is None


# ----------------------------------------------------------------------------------- windows


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("shape", [(23,), (23, 2)])
def test_windows_are_parts_of_the_series(shape, step):
    X = np.random.RandomState(0).randn(*shape)
    windows = sliding_windows(X, 5, step)
    expected = [X[start : start + 5] for start in range(0, 23 - 4, step)]
    np.testing.assert_array_equal(windows, expected)
    assert np.shares_memory(windows, X)


@pytest.mark.parametrize("step", [1, 2, 5, 7])
@pytest.mark.parametrize("shape", [(24,), (24, 2)])
def test_the_mean_over_windows_of_a_series_is_the_series(shape, step):
    X = np.random.RandomState(0).randn(*shape)
    X[3] = np.nan
    found = average_windows(sliding_windows(X, 5, step), 5, step, n_times=24)
    covered = np.zeros(24, dtype=bool)
    for start in range(0, 24 - 4, step):
        covered[start : start + 5] = True
    np.testing.assert_allclose(found[covered], X[covered])
    assert np.isnan(found[~covered]).all()


def test_the_score_of_a_time_point_is_the_mean_over_its_windows():
    scores = np.random.RandomState(0).randn(9)
    found = average_windows(scores, 4, step=2)
    starts = 2 * np.arange(9)
    expected = [scores[(starts <= time) & (time < starts + 4)].mean() for time in range(20)]
    np.testing.assert_allclose(found, expected)
    assert average_windows(scores.astype(np.float32), 4).dtype == np.float32


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (sliding_windows, (np.zeros((2, 2, 2)), 2), "series must have shape"),
        (sliding_windows, (np.zeros(3), 4), "length=4 must be at most"),
        (sliding_windows, (np.zeros(3), 2.0), "length must be a positive int"),
        (sliding_windows, (np.zeros(3), 2, 0), "step must be a positive int"),
        (average_windows, (np.zeros((3, 4)), 5), r"shape \(n_windows,\) or \(n_windows, 5, ...\)"),
        (average_windows, (np.zeros(0), 5), "values must have shape"),
        (average_windows, (np.zeros(3), 5, 1, 6), "n_times=6 must be at least 7"),
    ],
)
def test_invalid_windows_are_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


@every_network
def test_no_series(network):
    transformer = fitted(AutoencoderTransformer, series(), network)
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        transformer.transform(series()[:0])


def test_displays_of_series_of_different_lengths_name_the_problem():
    with pytest.raises(ValueError, match="series of different lengths"):
        ReconstructionDisplay.from_estimator(fitted(AutoencoderTransformer, series()), shortened())


def test_samples_with_a_shape_need_a_network_of_that_shape():
    with pytest.raises(ValueError, match=r"dim 3.*Temporal or Recurrent.*X\.reshape"):
        quick(AutoencoderTransformer).fit(np.ones((20, 8, 2)))
    for lists in ([np.ones((8, 2)), np.ones((9, 2))], [[1.0, 2.0], [1.0]]):
        with pytest.raises(ValueError, match=r"different shapes.*Temporal or Recurrent"):
            quick(AutoencoderTransformer).fit(lists * 10)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_denoised_series_are_rows_of_a_frame(library):
    series = [np.random.RandomState(n).rand(n, 2) for n in (5, 8) * 10]
    denoiser = quick(DenoisingAutoencoder, network=Temporal((8, 2))).fit(series)
    expected = [values.ravel() for values in denoiser.transform(series)]
    frame = denoiser.set_output(transform=library).transform(series)
    assert list(frame.columns) == denoiser.get_feature_names_out().tolist()
    for row, values in zip(frame.to_numpy(), expected, strict=True):
        np.testing.assert_allclose(row[: len(values)], values)
