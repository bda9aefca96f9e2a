"""Networks: shapes, parameters and state."""

import copy
import math
import pickle
from itertools import pairwise
from numbers import Integral

import numpy as np
import pytest
import torch
from estimators import quick
from helpers import assert_same, outputs, snapshot, table, weights
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from torch import nn

from sklearn_autoencoders import AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders._utils.sklearn_compat import Interval, Sizes
from sklearn_autoencoders.networks import (
    ACTIVATIONS,
    CausalRecurrent,
    Convolutional,
    Dense,
    EncoderDecoder,
    Linear,
    Network,
    Recurrent,
    Temporal,
)
from sklearn_autoencoders.networks._layers.basic import (
    CODE_ACTIVATIONS,
    BatchNorm,
    Binary,
    Clip,
    Dropout,
    Transposed,
    drawing,
)
from sklearn_autoencoders.networks._layers.costs import multiply_adds, widest_layer
from sklearn_autoencoders.networks._layers.linear_path import LinearPath
from sklearn_autoencoders.networks._models.autoencoder import Autoencoder
from sklearn_autoencoders.networks._recipes import AutoencoderRecipe, build

IMAGE = {"image_shape": (2, 3), "channels": (4,)}  # six features, as in `table`
SERIES = {"series_shape": (3, 2), "channels": (4,), "kernel_size": 3}
NETWORKS = [
    Dense((9, 5)),
    Dense((9, 5), "relu", code_activation="tanh", batch_norm=True, dropout=0.2),
    Dense((9, 5), decoder_layer_sizes=(4, 7, 8), n_places=6),
    Dense((9, 5), tied_weights=True),
    Dense((9, 5), tied_weights=True, batch_norm=True),
    Dense(()),
    Linear(),
    Linear(tied_weights=True),
    Convolutional(**IMAGE),
    Convolutional(**IMAGE, upsample="transposed", bottleneck="global", batch_norm=True, blocks=2),
    Convolutional(**IMAGE, upsample="bilinear", bottleneck="spatial"),
    Convolutional(**IMAGE, bottleneck="global_max", hidden_layer_sizes=(7, 5), batch_norm=True),
    Temporal(**SERIES),
    Temporal(**SERIES, layout="CT", upsample="transposed", bottleneck="global", batch_norm=True),
    Temporal(**SERIES, upsample="linear", bottleneck="spatial"),
    Temporal(**SERIES, upsample="transposed", pool_size=3, hidden_layer_sizes=(5,)),
    EncoderDecoder(Dense((9,)), Convolutional(**IMAGE)),
    EncoderDecoder(Temporal(**SERIES), Recurrent((3, 2), hidden_size=5)),
    Recurrent((3, 2), hidden_size=5),
    Recurrent((3, 2), "CT", 5, 2, "lstm", layer_norm=True, dropout=0.2, bottleneck="global"),
    Recurrent((3, 2), hidden_size=5, bidirectional_encoder=True),
]

every_network = pytest.mark.parametrize("network", NETWORKS, ids=repr)


def built(network, n_features=6, n_components=2, *, linear_path=False, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return build(AutoencoderRecipe(network, n_features, n_components, linear_path), generator)


def transformer(network, **params):
    return quick(AutoencoderTransformer, network=network, **{"init": "random", **params})


def rows(n_rows, n_features=6, seed=0):
    return torch.randn(n_rows, n_features, generator=torch.Generator().manual_seed(seed))


def flat(module, kind):
    return [part for part in module.modules() if isinstance(part, kind)]


# --------------------------------------------------------------------------- every network


@every_network
@pytest.mark.parametrize("n_rows", [1, 2, 5])
@pytest.mark.parametrize("training", [True, False])
def test_samples_are_encoded_and_codes_decoded(network, n_rows, training):
    output = built(network).train(training)(rows(n_rows))
    assert output.code.shape == (n_rows, 2)
    assert output.reconstruction.shape == (n_rows, 6)
    assert output.reconstruction.isfinite().all()


@every_network
def test_the_weights_come_from_the_generator_alone(network):
    before = snapshot()
    first, same, other = (built(network, seed=seed) for seed in (0, 0, 1))
    assert snapshot() == before
    for p, q, r in zip(first.parameters(), same.parameters(), other.parameters(), strict=True):
        assert torch.equal(p, q)
        assert (
            not torch.equal(p, r) or p.unique().numel() == 1
        )  # batch normalization is initialized with 1


@every_network
def test_every_weight_has_a_gradient(network):
    model = built(network)
    x = rows(20)
    (model(x).reconstruction - x).square().mean().backward()
    assert not [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]


@every_network
def test_fit_makes_the_round_trip(network):
    X = table()
    fitted = transformer(network).fit(X)
    stored = pickle.dumps(fitted)
    assert_same(outputs(pickle.loads(stored), X), outputs(fitted, X))
    assert len(stored) <= 1.2 * sum(w.nbytes for w in weights(fitted).values()) + 50_000
    np.testing.assert_array_equal(
        pickle.loads(stored).partial_fit(X).transform(X), fitted.partial_fit(X).transform(X)
    )


@every_network
def test_a_batch_of_one_sample_can_be_used_for_training(network):
    X = table(33)
    params = {"batch_size": 32, "weight_decay": 0}
    start, end = (
        weights(transformer(network, learning_rate=rate, **params).fit(X)) for rate in (1e-30, 1e-2)
    )
    assert not [name for name in start if (start[name] == end[name]).all()]
    assert all(np.isfinite(weight).all() for weight in end.values())
    assert transformer(network).fit(X[:1]).transform(X).shape == (33, 2)


@every_network
def test_float64_samples_are_transformed_in_float64(network):
    X = table()
    fitted = transformer(network).fit(X.astype(np.float32))
    single, double = (fitted.transform(X.astype(dtype)) for dtype in (np.float32, np.float64))
    assert double.dtype == np.float64
    np.testing.assert_allclose(single, double, atol=1e-4)
    assert (single != double).any()


@pytest.mark.parametrize(
    "network", [Dense((9, 5)), Dense((9,), decoder_layer_sizes=(4, 7), batch_norm=True), Linear(),
    Convolutional(**IMAGE), Convolutional(**IMAGE, layout="CHW", upsample="transposed"),
    Temporal(**SERIES), Recurrent((3, 2), hidden_size=5),
    Convolutional(**IMAGE, bottleneck="global_max", hidden_layer_sizes=(5,)),
    EncoderDecoder(Dense((9,)), Convolutional(**IMAGE))], ids=repr,
)  # fmt: skip
def test_a_linear_path_starts_as_a_linear_map(network):
    model, x = built(network, linear_path=True), rows(20)
    assert all(module.training for module in model.modules())
    assert (model.encoder(x) == model.encoder.linear(x)).all()
    assert (model.decoder(x[:, :2]) == model.decoder.linear(x[:, :2])).all()
    assert model.encoder.correction(x).requires_grad


@pytest.mark.parametrize("activation", sorted(set(CODE_ACTIVATIONS) - {"identity"}))
def test_a_linear_path_with_a_final_activation_is_rejected(activation):
    for network in (Dense((9,), code_activation=activation), Dense((), code_activation=activation)):
        with pytest.raises(ValueError, match=r'(?s)no activation after it.*Use init="random"'):
            transformer(network, init="pca").fit(table())


@pytest.mark.parametrize("network", [Dense((9,), tied_weights=True), Linear(True)], ids=repr)
def test_a_linear_path_with_tied_weights_is_rejected(network):
    with pytest.raises(ValueError, match=r'share no weights.*tied_weights=True.*init="random"'):
        transformer(network, init="pca").fit(table())


class Modules(Network):
    """A user-defined network of given modules."""

    def __init__(self, encoder=None, decoder=None):
        self.encoder = encoder
        self.decoder = decoder

    def build(self, n_features, n_components):
        return self.encoder(n_features, n_components), self.decoder(n_components, n_features)


def test_a_linear_path_with_user_tied_weights_is_rejected():
    layer = nn.Linear(6, 6)
    network = Modules(
        lambda i, o: nn.Sequential(layer, nn.Linear(i, o)),
        lambda i, o: nn.Sequential(nn.Linear(i, o), layer),
    )
    with pytest.raises(ValueError, match="share no weights"):
        built(network, linear_path=True)


@pytest.mark.parametrize(
    "end",
    [
        lambda i, o: nn.Sequential(nn.Linear(i, o), nn.Sigmoid()),
        lambda i, o: nn.Sequential(nn.Linear(i, o), nn.Hardtanh()),
        lambda i, o: nn.Sequential(nn.Linear(i, o, bias=False), nn.Sigmoid()),
    ],
)
def test_a_linear_path_with_another_last_layer_is_rejected(end):
    for network in (Modules(end, nn.Linear), Modules(nn.Linear, end)):
        with pytest.raises(ValueError, match=r'(?s)init="pca" needs.*Use init="random"'):
            built(network, linear_path=True)


def test_a_part_that_returns_no_tensor_is_rejected():
    with pytest.raises(ValueError, match=r"must return encoders .* returned tuple"):
        built(Modules(nn.GRU, nn.Linear))


def test_a_linear_path_supports_a_last_layer_without_bias():
    path = LinearPath(nn.Linear(3, 2), 3, nn.Linear(3, 2, bias=False))
    assert (path(rows(5, 3)) == path.linear(rows(5, 3))).all()


# -------------------------------------------------------------------------------- dense


def test_plain_layers_compute_the_documented_formula():
    encoder, decoder = Dense((7, 5), "relu").build(6, 2)
    x = rows(10)
    first, second, third = flat(encoder, nn.Linear)
    assert torch.equal(encoder(x), third(second(first(x).relu()).relu()))
    first, second, third = flat(decoder, nn.Linear)
    code = x[:, :2]
    assert torch.equal(decoder(code), third(second(first(code).relu()).relu()))


def test_the_decoder_can_have_other_layer_sizes():
    encoder, decoder = Dense((64, 8), decoder_layer_sizes=[3, 100]).build(6, 20)
    ends = [
        [(m.in_features, m.out_features) for m in flat(half, nn.Linear)]
        for half in (encoder, decoder)
    ]
    assert ends == [[(6, 64), (64, 8), (8, 20)], [(20, 3), (3, 100), (100, 6)]]


@pytest.mark.parametrize(
    ("activation", "low", "high"), [("logistic", 0, 1), ("tanh", -1, 1), ("relu", 0, math.inf)]
)
def test_the_code_is_in_the_range_of_its_activation(activation, low, high):
    X = table()
    fitted = transformer(Dense((16,), code_activation=activation)).fit(X)
    codes = fitted.transform(X)
    assert codes.min() >= low
    assert codes.max() <= high
    network = fitted.network_.double()
    bare = network.encoder[-1][0](
        network.encoder[:-1](torch.tensor((X - fitted.center_) / fitted.scale_))
    )
    np.testing.assert_allclose(codes, ACTIVATIONS[activation]()(bare).detach())


@pytest.mark.parametrize("per_batch", [False, True])
def test_bits_are_drawn_with_their_probabilities(per_batch):
    binary = Binary()
    binary.generator, binary.per_batch = torch.Generator().manual_seed(0), per_batch
    x = torch.tensor([-1.0, 0.0, 2.0]).repeat_interleave(20_000).expand(2, -1).requires_grad_()
    bits = binary(x)
    assert set(bits.unique().tolist()) == {0.0, 1.0}
    shares = bits[0].view(3, -1).mean(1)
    torch.testing.assert_close(shares, torch.tensor([-1.0, 0, 2]).sigmoid(), atol=0.02, rtol=0)
    assert bool((bits[0] == bits[1]).all()) == per_batch
    bits.sum().backward()
    probability = x.sigmoid()
    torch.testing.assert_close(x.grad, probability * (1 - probability))
    rounded = binary.eval()(x)
    torch.testing.assert_close(rounded, (x > 0).float())
    (gradient,) = torch.autograd.grad(rounded.sum(), x)
    torch.testing.assert_close(gradient, x.grad)


@pytest.mark.parametrize("hidden", [(), (8,)])
def test_bits_can_have_a_penalty_of_derivatives(hidden):
    network = Dense(hidden, code_activation="binary")
    fitted = transformer(network, penalty="contractive").fit(table())
    assert np.isfinite(fitted.loss_curve_).all()


def test_binary_codes_are_bits_that_reconstruct():
    X = table()
    fitted = transformer(Dense((16,), code_activation="binary")).fit(X)
    codes = fitted.transform(X)
    assert set(np.unique(codes)) == {0.0, 1.0}
    same = fitted.inverse_transform(codes.astype(bool))
    np.testing.assert_allclose(same, fitted.reconstruct(X), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [
        ("logistic", 0, 1),
        ("clip", 0, 1),
        ("relu", 0, math.inf),
        (["clip"] * 3 + ["tanh"] * 3, -1, 1),
    ],
)
def test_the_reconstruction_is_in_the_range_of_its_activation(activation, low, high):
    X = table()
    X = (X - X.min(0)) / np.ptp(X, axis=0)
    network = Dense((16,), output_activation=activation)
    settings = {"scaling": None, "learning_rate": 0.03, "max_epochs": 60}
    fitted = transformer(network, **settings).fit(X)
    found = fitted.reconstruct(X + 10)  # far from the training samples
    assert found.min() >= low
    assert found.max() <= high
    assert fitted.score(X) > 0.5
    with pytest.raises(ValueError, match=r'(?s)no activation after it.*Use init="random"'):
        clone(fitted).set_params(init="pca").fit(X)


@pytest.mark.parametrize(
    "combine", [lambda dense: dense, lambda dense: EncoderDecoder(dense, dense)]
)
def test_a_loss_of_logits_has_an_activation_of_its_own(combine):
    network = combine(Dense((8,), output_activation="logistic"))
    with pytest.raises(ValueError, match=r"loss='binary_cross_entropy' .*_activation='logistic'"):
        transformer(network, loss="binary_cross_entropy").fit(table())
    with pytest.raises(ValueError, match=r"likelihood='bernoulli' applies the logistic function"):
        quick(VAEGenerator, network=network, init="random", likelihood="bernoulli").fit(table())


def test_each_feature_has_its_activation():
    names = ["relu", "identity", "clip", "relu"]
    decoder = Dense((), output_activation=names).build(4, 2)[1].eval()
    code = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)) * 3
    bare = decoder[0][0](code)
    expected = [bare[:, 0].relu(), bare[:, 1], bare[:, 2].clamp(0, 1), bare[:, 3].relu()]
    torch.testing.assert_close(decoder(code), torch.stack(expected, 1))
    for wrong in (["relu"], ["relu", "sigmoid", "clip", "relu"], [["relu"]] * 4):
        with pytest.raises(ValueError, match=r"a name for each of the 4 outputs, among .*'clip'"):
            Dense((), output_activation=wrong).build(4, 2)


def test_the_gradient_of_limited_values_does_not_vanish():
    x = torch.tensor([-3.0, 0.5, 4.0], requires_grad=True)
    Clip(1.0)(x).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_every_hidden_layer_is_normalized_before_its_activation():
    for half in Dense((7, 5), "relu", batch_norm=True, dropout=0.5).build(6, 2):
        *blocks, end = half
        kinds = [nn.Linear, BatchNorm, nn.ReLU, Dropout]
        assert [[type(part) for part in block] for block in blocks] == [kinds, kinds]
        assert [block[0].bias for block in blocks] == [None, None]
        assert isinstance(end, nn.Linear)
        assert end.bias is not None


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": 64}, r"'hidden_layer_sizes' .* a sequence of .* Got 64 "),
        ({"hidden_layer_sizes": (4, -1)}, r"'hidden_layer_sizes' .* positive ints.* \(4, -1\) "),
        ({"hidden_layer_sizes": (1.5,)}, r"'hidden_layer_sizes' .* positive ints.* \(1\.5,\) "),
        ({"hidden_layer_sizes": (True,)}, r"'hidden_layer_sizes' .* positive ints.* \(True,\) "),
        ({"hidden_layer_sizes": "ab"}, "'hidden_layer_sizes' .* positive ints.* 'ab' "),
        ({"hidden_layer_sizes": ""}, "'hidden_layer_sizes' .* positive ints.* '' "),
        ({"hidden_layer_sizes": np.array(4)}, r"'hidden_layer_sizes' .* positive ints.* array"),
        ({"decoder_layer_sizes": (0,)}, r"'decoder_layer_sizes' .* positive ints.* \(0,\) "),
        ({"activation": "sine"}, "'activation' .* among {.*'tanh'.* Got 'sine' "),
        ({"code_activation": None}, "'code_activation' .* among {.*'tanh'.* Got None "),
        ({"dropout": 1}, r"'dropout' .* a float in the range \[0\.0, 1\.0\)\. Got 1 "),
        ({"dropout": "auto"}, r"'dropout' .* a float in the range \[0\.0, 1\.0\)\. Got 'auto' "),
        ({"dropout": False}, r"'dropout' .* a float in the range \[0\.0, 1\.0\)\. Got False "),
        ({"batch_norm": "yes"}, "'batch_norm' .* 'bool'.* Got 'yes' "),
        ({"tied_weights": None}, "'tied_weights' .* 'bool'.* Got None "),
        (
            {"hidden_layer_sizes": (9, 5), "tied_weights": True, "decoder_layer_sizes": (9, 5)},
            r"tied_weights=True needs a decoder that mirrors.*None or \(5, 9\); got \(9, 5\)",
        ),
    ],
)
def test_invalid_parameters_of_a_dense_network_are_named(params, message):
    for call in (lambda n: n.build(6, 2), lambda n: transformer(n).fit(table())):
        with pytest.raises(ValueError, match=message):
            call(Dense(**params))


def test_invalid_parameters_of_a_linear_network_are_named():
    for call in (lambda n: n.build(6, 2), lambda n: transformer(n).fit(table())):
        with pytest.raises(ValueError, match=r"'tied_weights' parameter of Linear .* Got 'yes' "):
            call(Linear("yes"))


class Wide(Network):
    """A user-defined network with a scikit-learn constraint."""

    _parameter_constraints = {"width": [Interval(Integral, 1, None, closed="left")]}  # noqa: RUF012

    def __init__(self, width=8):
        self.width = width

    def build(self, n_features, n_components):
        return Dense((self.width,)).build(n_features, n_components)


def test_the_constraints_of_a_users_network_are_checked():
    assert transformer(Wide()).fit(table()).network_
    with pytest.raises(ValueError, match=r"'width' parameter of Wide must be an int .* Got 1\.5 "):
        transformer(Wide(width=1.5)).fit(table())


@pytest.mark.parametrize("sizes", [np.array([7, 5]), [np.int64(7), np.int32(5)]])
def test_settings_may_come_from_numpy(sizes):
    network = Dense(sizes, dropout=np.float32(0.5), batch_norm=np.True_)
    encoder, _ = network.build(6, 2)
    assert [m.out_features for m in flat(encoder, nn.Linear)] == [7, 5, 2]
    settings = {"kernel_size": np.int64(5), "blocks": np.int64(2), "channels": sizes}
    encoder, _ = Convolutional(np.array([2, 3]), **settings).build(6, 2)
    assert [m.out_channels for m in flat(encoder, nn.Conv2d)] == [7, 7, 5, 5]


# ------------------------------------------------------------------------- tied weights

TIED = [
    Dense((9, 5), tied_weights=True),
    Dense((9, 5), tied_weights=True, decoder_layer_sizes=(5, 9)),
]
every_tied = pytest.mark.parametrize("network", TIED, ids=repr)


def assert_tied(model):
    """Assert that the decoder's matrices are the same parameters as the encoder's."""
    pairs = zip(flat(model.encoder, nn.Linear), flat(model.decoder, Transposed)[::-1], strict=True)
    for layer, transposed in pairs:
        assert transposed.weight is layer.weight
        assert transposed.bias is not layer.bias
        code = torch.ones(1, layer.out_features, dtype=layer.weight.dtype)
        expected = code @ layer.weight + transposed.bias
        torch.testing.assert_close(transposed(code), expected)


@every_tied
def test_tied_matrices_are_one_parameter_through_everything(network):
    model = built(network)
    assert_tied(model)
    assert_tied(copy.deepcopy(model))
    assert_tied(copy.deepcopy(model).to(torch.float64))
    assert_tied(copy.deepcopy(model).double().to("cpu", torch.float32))
    assert_tied(pickle.loads(pickle.dumps(model)))
    assert copy.deepcopy(model).encoder[0][0].weight is not model.encoder[0][0].weight


@every_tied
def test_the_state_holds_a_tied_matrix_once(network):
    model, other = built(network), built(network, seed=1)
    state = model.state_dict()
    assert state.keys() == {name for name, _ in model.named_parameters()}
    other.load_state_dict(state)
    assert_tied(other)
    assert torch.equal(other(rows(5)).reconstruction, model(rows(5)).reconstruction)


def test_a_state_that_lacks_weights_is_refused():
    model = built(TIED[0])
    state = model.state_dict()
    for name in state:
        with pytest.raises(RuntimeError, match=f'Missing key.*"{name}"'):
            model.load_state_dict({key: value for key, value in state.items() if key != name})
    with pytest.raises(RuntimeError, match=r"Unexpected key.*extra"):
        model.load_state_dict({**state, "decoder.0.0.extra": torch.ones(1)})


def test_a_tied_gradient_is_the_sum_of_both_uses():
    model, x = built(Linear(tied_weights=True)).double(), rows(20).double()
    (model(x).reconstruction - x).square().sum().backward()
    encoder, decoder = model.encoder[0], model.decoder[0]
    weight = encoder.weight.detach().requires_grad_()
    code = x @ weight.T + encoder.bias
    (code @ weight + decoder.bias - x).square().sum().backward()
    torch.testing.assert_close(encoder.weight.grad, weight.grad)


@every_tied
def test_a_fitted_tied_network_remains_tied(network):
    X = table()
    fitted = transformer(network).fit(X)
    for model in (fitted, copy.deepcopy(fitted), pickle.loads(pickle.dumps(fitted))):
        assert_tied(model.network_)
        assert_tied(model.partial_fit(X).network_)


# ------------------------------------------------------------------- batch normalisation


@pytest.mark.parametrize("shape", [(5,), (5, 4, 3)])
def test_batch_norm_is_that_of_torch(shape):
    ours, theirs = BatchNorm(5), {1: nn.BatchNorm1d, 3: nn.BatchNorm2d}[len(shape)](5)
    for seed in range(3):
        x = 3 + 2 * torch.randn(8, *shape, generator=torch.Generator().manual_seed(seed))
        assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.running_var, theirs.running_var)
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("shape", [(5,), (5, 1, 1)])
def test_one_sample_is_normalized_as_after_training(shape):
    layer = BatchNorm(5)
    layer(3 + 2 * torch.randn(8, *shape, generator=torch.Generator().manual_seed(0)))
    before = copy.deepcopy(layer.state_dict())
    one = torch.ones(1, *shape)
    assert torch.equal(layer.train()(one), layer.eval()(one))
    assert all(torch.equal(layer.state_dict()[name], before[name]) for name in before)


def test_a_sample_does_not_depend_on_its_batch():
    X = table()
    fitted = transformer(Dense((16,), batch_norm=True)).fit(X)
    np.testing.assert_allclose(fitted.transform(X[:1]), fitted.transform(X)[:1], rtol=1e-12)


# --------------------------------------------------------------------------------- stages


@pytest.mark.parametrize("code_activation", ["identity", "tanh"])
@pytest.mark.parametrize("tied_weights", [True, False])
@pytest.mark.parametrize("sizes", [(), (9,), (9, 5, 4)])
def test_the_stages_compose_to_the_network(sizes, tied_weights, code_activation):
    network = Dense(sizes, tied_weights=tied_weights, code_activation=code_activation)
    encoder, decoder = network.build(6, 2)
    stages = network.stages(encoder, decoder)
    assert len(stages) == len(sizes) + 1
    x = values = rows(10)
    for (inwards, outwards), (n_outer, n_inner) in zip(
        stages, pairwise([6, *sizes, 2]), strict=True
    ):
        assert values.shape == (10, n_outer)
        values = inwards(values)
        assert values.shape == (10, n_inner)
        assert outwards(values).shape == (10, n_outer)
    assert torch.equal(values, encoder(x))
    for _, outwards in stages[::-1]:
        values = outwards(values)
    assert torch.equal(values, decoder(encoder(x)))


def test_a_linear_network_is_one_stage():
    network = Linear()
    encoder, decoder = network.build(6, 2)
    assert network.stages(encoder, decoder) == [(encoder, decoder)]


def test_training_a_stage_trains_the_network():
    network = Dense((9,), tied_weights=True)
    encoder, decoder = network.build(6, 2)
    stage = Autoencoder(*network.stages(encoder, decoder)[0])
    with torch.no_grad():
        for parameter in stage.parameters():
            parameter.zero_()
    assert not decoder(rows(3, 2)).any()


def test_networks_without_stages_raise_an_error():
    network = Recurrent((3, 2))
    with pytest.raises(ValueError, match=r"layerwise.*such as Dense.*; got network=Recurrent\("):
        network.stages(*network.build(6, 2))
    network = Dense((9, 5), decoder_layer_sizes=(4,))
    with pytest.raises(ValueError, match=r"mirrors.*\(9, 5\).*decoder_layer_sizes=\(4,\)"):
        network.stages(*network.build(6, 2))


# --------------------------------------------------------------------------- convolutional


@pytest.mark.parametrize("upsample", ["nearest", "bilinear", "transposed"])
@pytest.mark.parametrize("bottleneck", ["dense", "global", "global_max"])
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("pooling", [True, False])
@pytest.mark.parametrize("size", [(4, 4), (9, 6), (5, 17), (1, 3), (1, 1), (2, 7)])
def test_images_of_any_size_come_back(size, layout, pooling, bottleneck, upsample):
    for n_channels in (1, 3):
        shape = (*size, n_channels) if layout == "HWC" else (n_channels, *size)
        network = Convolutional(
            shape, layout, (4, 3, 5), 3, pooling=pooling, upsample=upsample, bottleneck=bottleneck
        )
        n_features = math.prod(shape)
        model = built(network, n_features)
        output = model(rows(2, n_features))
        code, reconstruction = output.code, output.reconstruction
        assert code.shape == (2, 2)
        assert reconstruction.shape == (2, n_features)


def test_two_sizes_are_an_image_of_one_channel():
    flat_, full = (Convolutional(shape, channels=(3,)) for shape in ((5, 4), (5, 4, 1)))
    assert flat_.input_shape == (5, 4)
    x = rows(3, 20)
    assert torch.equal(built(flat_, 20)(x).reconstruction, built(full, 20)(x).reconstruction)


def test_tabular_data_have_no_input_shape():
    assert Dense().input_shape is Linear().input_shape is None
    assert Convolutional(image_shape=[3, 6, 4], layout="CHW").input_shape == (3, 6, 4)


def test_the_layouts_are_the_same_network():
    last = built(Convolutional((5, 4, 3), "HWC", (4, 6)), 60)
    first = built(Convolutional((3, 5, 4), "CHW", (4, 6)), 60)
    images = rows(7, 60).reshape(7, 5, 4, 3)
    transposed = images.permute(0, 3, 1, 2)
    torch.testing.assert_close(
        first.encoder(transposed.flatten(1)), last.encoder(images.flatten(1))
    )
    found = first(transposed.flatten(1)).reconstruction.reshape(7, 3, 5, 4)
    expected = last(images.flatten(1)).reconstruction.reshape(7, 5, 4, 3).permute(0, 3, 1, 2)
    torch.testing.assert_close(found, expected)


def test_a_feature_is_a_pixel_of_the_image():
    """A change in one corner has no effect outside the receptive field."""
    encoder, _ = Convolutional((8, 8), channels=(2,), pooling=False).build(64, 2)
    x = torch.zeros(2, 64)
    x[1, 8 * 7 + 0] = 1.0  # the first pixel of the last row
    zero, one = encoder[:2](x)
    changed = (zero != one).any(0)
    assert changed.any()
    assert not changed[:6].any()
    assert not changed[:, 2:].any()


def test_every_level_has_its_convolutions_and_halves_the_image():
    encoder, decoder = Convolutional((28, 27), channels=(5, 6, 7), blocks=2, kernel_size=5).build(
        28 * 27, 4
    )
    inwards, outwards = (flat(half, nn.Conv2d) for half in (encoder, decoder))
    ends = [(m.in_channels, m.out_channels) for m in inwards]
    assert ends == [(1, 5), (5, 5), (5, 6), (6, 6), (6, 7), (7, 7)]
    ends = [(m.in_channels, m.out_channels) for m in outwards]
    assert ends == [(7, 7), (7, 6), (6, 6), (6, 5), (5, 5), (5, 5), (5, 1)]
    assert {m.kernel_size for m in inwards + outwards} == {(5, 5)}
    assert flat(encoder, nn.Linear)[0].in_features == 7 * 4 * 4  # 28 → 14 → 7 → 4
    assert [m.size for m in flat(decoder, nn.Upsample)] == [(7, 7), (14, 14), (28, 27)]


def test_without_pooling_sizes_are_preserved():
    encoder, decoder = Convolutional((6, 5), pooling=False).build(30, 2)
    assert not flat(encoder, nn.MaxPool2d) + flat(decoder, nn.Upsample)
    assert flat(encoder, nn.Linear)[0].in_features == 32 * 30


def test_an_image_is_halved_while_both_sides_are_two_or_more():
    _, decoder = Convolutional((2, 9), channels=(3, 3, 3)).build(18, 2)
    assert [m.size for m in flat(decoder, nn.Upsample)] == [(2, 9)]


def test_batch_normalization_follows_every_hidden_convolution_without_bias():
    network = Convolutional((5, 6), upsample="transposed", batch_norm=True)
    hidden = [
        part
        for half in network.build(30, 2)
        for part in half.modules()
        if isinstance(part, nn.Sequential) and isinstance(part[0], nn.Conv2d | nn.ConvTranspose2d)
    ]
    assert len(hidden) == 2 + 2 * 2
    assert all(isinstance(part[1], BatchNorm) and part[0].bias is None for part in hidden)


def test_a_global_bottleneck_receives_the_mean_of_every_channel():
    encoder, _ = Convolutional((8, 8), bottleneck="global").build(64, 2)
    x = rows(3, 64)
    means = encoder[:-3](x).mean((2, 3))
    torch.testing.assert_close(encoder(x), encoder[-1](means))


def test_a_global_max_bottleneck_receives_the_maximum_of_every_channel():
    encoder, _ = Convolutional((8, 8), bottleneck="global_max").build(64, 2)
    x = rows(3, 64)
    torch.testing.assert_close(encoder(x), encoder[-1](encoder[:-3](x).amax((2, 3))))


@pytest.mark.parametrize("upsample", ["nearest", "bilinear", "transposed"])
@pytest.mark.parametrize("pool_size", [2, 3])
@pytest.mark.parametrize("layout", ["HWC", "CHW"])
@pytest.mark.parametrize("size", [(4, 4), (9, 6), (5, 17), (1, 3)])
def test_a_spatial_code_is_the_output_of_a_convolution(size, layout, pool_size, upsample):
    shape, settings = (*size, 2) if layout == "HWC" else (2, *size), {"pool_size": pool_size}
    settings |= {"bottleneck": "spatial", "upsample": upsample}
    network, n_features = Convolutional(shape, layout, (4, 5), **settings), math.prod(shape)
    sizes = network._levels()[1]
    n_components = 3 * math.prod(sizes[-1])
    model, x = built(network, n_features, n_components), rows(2, n_features)
    grid = model.encoder[:-1](x)
    assert isinstance(model.encoder[-2], nn.Conv2d)
    assert grid.shape == (2, 3, *sizes[-1])
    assert torch.equal(model.encoder(x).reshape(grid.shape), grid)
    assert model(x).reconstruction.shape == x.shape


def test_a_spatial_code_keeps_places():
    """A change in one corner changes the components of this corner only, and the other way."""
    network = Convolutional((16, 16), channels=(3, 3), bottleneck="spatial")
    encoder, decoder = network.build(256, 32)
    x = torch.zeros(2, 16, 16)
    x[1, 15, 0] = 1.0
    zero, one = encoder(x.flatten(1)).reshape(2, 2, 4, 4)
    changed = (zero != one).any(0)
    assert changed.any()
    assert not changed[:2].any()
    assert not changed[:, 2:].any()
    code = torch.zeros(2, 2, 4, 4)
    code[1, :, 3, 0] = 1.0
    zero, one = decoder(code.flatten(1)).reshape(2, 16, 16)
    assert (zero != one).any()
    assert torch.equal(zero[:4], one[:4])
    assert torch.equal(zero[:, 12:], one[:, 12:])


@pytest.mark.parametrize("n_components", [1, 3, 5])
def test_a_spatial_code_names_the_possible_numbers_of_components(n_components):
    message = rf"(?s)2 positions \(1 x 2\).*n_components=2, 4, 6 and so on; got {n_components}\."
    with pytest.raises(ValueError, match=message):
        transformer(Convolutional(**IMAGE, bottleneck="spatial"), n_components=n_components).fit(
            table()
        )


def test_a_spatial_code_can_be_random():
    network = Convolutional(**IMAGE, bottleneck="spatial")
    fitted = quick(VAEGenerator, n_components=2, network=network).fit(table())
    assert fitted.sample(3).shape == (3, 6)
    with pytest.raises(ValueError, match=r"Labels as conditions .* cannot be used"):
        quick(VAEGenerator, n_components=2, network=network, conditional=True).fit(
            table(), np.arange(len(table())) % 3
        )


def test_dense_layers_before_the_code_are_mirrored():
    encoder, decoder = Convolutional((8, 8), hidden_layer_sizes=(256, 20)).build(64, 3)
    inwards, outwards = (
        [(m.in_features, m.out_features) for m in flat(half, nn.Linear)]
        for half in (encoder, decoder)
    )
    assert inwards == [(32 * 4, 256), (256, 20), (20, 3)]
    assert outwards == [(3, 20), (20, 256), (256, 32 * 4)]


@pytest.mark.parametrize("upsample", ["nearest", "bilinear", "transposed"])
def test_a_pooling_layer_divides_by_its_size(upsample):
    network = Convolutional((28, 10), channels=(2, 3, 4), pool_size=3, upsample=upsample)
    assert network._levels()[1] == [(28, 10), (10, 4), (4, 2), (4, 2)]
    output = built(network, 280)(rows(2, 280))
    assert output.reconstruction.shape == (2, 280)
    network = Temporal((29, 2), channels=(2, 3), pool_size=5, bottleneck="spatial")
    assert network._levels()[1] == [(29,), (6,), (2,)]
    assert built(network, 58, 4)(rows(2, 58)).reconstruction.shape == (2, 58)


def test_bilinear_upsampling_interpolates():
    layers = Convolutional((4, 4), channels=(1,), upsample="bilinear").build(16, 2)[1]
    (layer,) = flat(layers, nn.Upsample)
    image = torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    expected = nn.functional.interpolate(image, (4, 4), mode="bilinear", align_corners=False)
    assert torch.equal(layer(image), expected)
    assert layer(image)[0, 0, 0].tolist() == [0.0, 0.25, 0.75, 1.0]


def test_the_encoder_and_the_decoder_are_those_of_two_networks():
    parts = Dense((9,)), Convolutional(**IMAGE)
    model = built(EncoderDecoder(*parts))
    for own, part, index in ((model.encoder, parts[0], 0), (model.decoder, parts[1], 1)):
        assert repr(own) == repr(part.build(6, 2)[index])
    mixed = EncoderDecoder(*parts)
    assert (mixed.input_shape, mixed.channel_axis, mixed.time_axis) == ((2, 3), None, None)
    series = EncoderDecoder(Dense((9,)), Temporal(**SERIES))
    assert (series.input_shape, series.channel_axis, series.time_axis) == ((3, 2), 1, 0)
    assert EncoderDecoder(Dense(()), Linear()).input_shape is None
    images = table().reshape(-1, 2, 3)
    fitted = transformer(mixed, init="pca").fit(images)
    assert fitted.reconstruct(images).shape == images.shape


def test_series_with_gaps_pass_through_two_networks():
    X = table().copy()
    X[::3, 4] = np.nan
    for parts in ((Temporal(**SERIES), Dense((9,))), (Dense((9,)), Temporal(**SERIES))):
        fitted = transformer(EncoderDecoder(*parts), init="pca").fit(X)
        assert np.isfinite(fitted.reconstruct(X)).all()


def test_two_networks_that_do_not_fit_are_refused():
    tied = EncoderDecoder(Dense((9,)), Dense((9,), tied_weights=True))
    with pytest.raises(ValueError, match=r"must not share its weights .* tied_weights=False"):
        transformer(tied).fit(table())
    assert transformer(EncoderDecoder(Dense((), tied_weights=True), Dense(()))).fit(table())
    other = EncoderDecoder(Convolutional(**IMAGE), Convolutional((3, 2)))
    with pytest.raises(ValueError, match="the same shape and layout"):
        transformer(other).fit(table())
    with pytest.raises(ValueError, match=r"encoder=CausalRecurrent.* reads sequences"):
        transformer(EncoderDecoder(CausalRecurrent(), Dense())).fit(table())
    with pytest.raises(ValueError, match=r"'decoder' parameter .* must be an instance"):
        transformer(EncoderDecoder(Dense(), "dense")).fit(table())


def test_a_search_sets_the_parameters_of_the_decoder():
    network = EncoderDecoder(Dense((9,)), Convolutional(**IMAGE))
    search = GridSearchCV(transformer(network), {"network__decoder__channels": [(2,), (3,)]}, cv=2)
    assert len(search.fit(table()).best_estimator_.network.decoder.channels) == 1


def test_a_convolutional_network_learns_images(digits):
    X = digits[:400]
    network = Convolutional((8, 8), channels=(8, 16))
    for init in ("pca", "random"):
        fitted = transformer(network, n_components=8, init=init, max_epochs=15).fit(X)
        start = transformer(network, n_components=8, init=init, learning_rate=1e-30).fit(X)
        assert fitted.score(X) > start.score(X) + 0.02


def test_grid_search_over_the_channels_of_a_network(digits):
    search = GridSearchCV(
        transformer(Convolutional((8, 8)), max_epochs=1),
        {"network__channels": [(2,), (4, 8)], "network__upsample": ["nearest", "transposed"]},
        cv=2,
    ).fit(digits[:100])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(set(search.cv_results_["mean_test_score"])) == 4
    fitted = search.best_estimator_
    assert fitted.network.channels == search.best_params_["network__channels"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"image_shape": (8, 8)}, r"image_shape=\(8, 8\) requires X with 64 features.*got 6"),
        ({"image_shape": 6}, r"'image_shape' .* 2 to 3 positive ints\. Got 6 "),
        ({"image_shape": (6,)}, r"'image_shape' .* 2 to 3 positive ints\. Got \(6,\) "),
        ({"image_shape": (2, -3)}, r"'image_shape' .* 2 to 3 positive ints\. Got \(2, -3\) "),
        ({"layout": "NHWC"}, "'layout' .* among {.*'HWC'.* Got 'NHWC' "),
        ({"channels": ()}, r"'channels' .* 1 or more positive ints\. Got \(\) "),
        ({"channels": (4, 0)}, r"'channels' .* 1 or more positive ints\. Got \(4, 0\) "),
        ({"kernel_size": 4}, "kernel_size must be odd; got 4"),
        ({"kernel_size": (3, 3)}, r"'kernel_size' .* an int in the range \[1, .* Got \(3, 3\) "),
        ({"blocks": 0}, r"'blocks' .* an int in the range \[1, inf\)\. Got 0 "),
        ({"pooling": "max"}, "'pooling' .* 'bool'.* Got 'max' "),
        ({"upsample": "linear"}, "'upsample' .* among {.*'nearest'.* Got 'linear' "),
        ({"pool_size": 1}, r"'pool_size' .* an int in the range \[2, inf\)\. Got 1 "),
        ({"hidden_layer_sizes": 5}, r"'hidden_layer_sizes' .* Got 5 "),
        (
            {"hidden_layer_sizes": (5,), "bottleneck": "spatial"},
            r"hidden_layer_sizes=\(5,\) cannot be combined .* Use hidden_layer_sizes=\(\)",
        ),
        ({"bottleneck": "flat"}, "'bottleneck' .* among {.*'global'.* Got 'flat' "),
        ({"activation": "sine"}, "'activation' .* among {.*'tanh'.* Got 'sine' "),
        ({"batch_norm": "yes"}, "'batch_norm' .* 'bool'.* Got 'yes' "),
        ({"dropout": -0.1}, r"'dropout' .* a float in the range \[0\.0, 1\.0\)\. Got -0\.1 "),
    ],
)
def test_invalid_parameters_of_a_convolutional_network_are_named(params, message):
    for call in (lambda n: n.build(6, 2), lambda n: transformer(n).fit(table())):
        with pytest.raises(ValueError, match=message):
            call(Convolutional(**{**IMAGE, **params}))


# ------------------------------------------------------------------------ cost and noise


def test_the_cost_of_a_dense_network_is_its_weights():
    model = built(Dense((9, 5)))
    assert multiply_adds(model) == sum(p.numel() for p in model.parameters())
    assert widest_layer(model) == 9


def test_the_cost_of_a_convolution_counts_positions():
    encoder, decoder = Convolutional((8, 6), channels=(4,), upsample="transposed").build(48, 2)
    n_encoder = 48 * (9 * 4 + 4) + (12 * 4 + 1) * 2
    assert multiply_adds(encoder) == n_encoder
    n_decoder = 48 * (2 + 1) + 12 * (4 * 4 * 4 + 4) + 48 * (9 * 16 + 4) + 48 * (9 * 4 + 1)
    assert multiply_adds(decoder) == n_decoder
    assert widest_layer(Autoencoder(encoder, decoder)) == 48 * 4


def test_a_network_draws_from_the_generator_inside_the_block_only():
    model, x = built(Dense((50,), dropout=0.5)), torch.ones(4, 6)
    before = snapshot()
    passes = []
    for per_batch in (False, True, False):
        with drawing(model, torch.Generator().manual_seed(0), per_batch):
            passes.append(model(x).code)
    assert snapshot() == before
    assert torch.equal(passes[0], passes[2])
    assert not (passes[0] == passes[0][0]).all()
    assert (passes[1] == passes[1][0]).all()
    assert [(m.generator, m.per_batch) for m in flat(model, Dropout)] == [(None, False)] * 2


class Shared(Network):
    """A dropout layer in two places, or an unsupported one."""

    def __init__(self, dropout=nn.Dropout):
        self.dropout = dropout

    def build(self, n_features, n_components):
        layer = self.dropout(0.5)
        encoder = nn.Sequential(nn.Linear(n_features, 8), layer, nn.Linear(8, 8), layer)
        return encoder.append(nn.Linear(8, n_components)), nn.Linear(n_components, n_features)


def test_dropout_of_torch_in_two_places_draws_from_the_random_state():
    before = torch.get_rng_state()
    first, second = (
        AutoencoderTransformer(2, network=Shared(), max_epochs=2, random_state=0)
        .fit(table(65))
        .transform(table(65))
        for _ in range(2)
    )
    assert (first == second).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_other_dropout_of_torch_is_refused():
    with pytest.raises(ValueError, match="draws from torch's global generator"):
        built(Shared(nn.AlphaDropout))


@pytest.mark.parametrize(
    ("shortest", "longest", "lengths"), [(0, None, {0, 1, 2, 3}), (2, 2, {2}), (1, 2, {1, 2})]
)
def test_sizes_are_sequences_of_a_length_in_a_range(shortest, longest, lengths):
    constraint = Sizes(shortest, longest)
    assert {n for n in range(4) if constraint.is_satisfied_by((1,) * n)} == lengths
    assert not constraint.is_satisfied_by((0,) * 2)
    assert str(constraint).startswith(f"a sequence of {shortest}")
