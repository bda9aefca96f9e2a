"""Penalties: formulas, effects on codes and weights, and invalid parameters."""

import numpy as np
import pytest
import torch
from estimators import COMPANIONS, quick
from helpers import assert_same, outputs, snapshot, table, weights
from scipy import special
from scipy.linalg import subspace_angles
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import scale
from skorch.callbacks import Callback
from torch import nn

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.corruptions import Gaussian
from sklearn_autoencoders.networks import ACTIVATIONS, Convolutional, Dense, Linear, Network, Output
from sklearn_autoencoders.networks._models.autoencoder import Autoencoder
from sklearn_autoencoders.networks._recipes import AutoencoderRecipe, build
from sklearn_autoencoders.objectives import (
    L1,
    LOSSES,
    PENALTIES,
    Contractive,
    KLSparsity,
    Orthogonal,
)
from sklearn_autoencoders.objectives._objective import Objective

every_penalty = pytest.mark.parametrize("name", PENALTIES)
SQUARED_ERROR = LOSSES["squared_error"]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rows(n_rows=20, n_features=6, seed=1):
    return torch.randn(n_rows, n_features, dtype=torch.float64, generator=generator(seed))


def built(network, n_components=3, n_features=6, **params):
    recipe = AutoencoderRecipe(network, n_features, n_components, **params)
    return build(recipe, generator()).double()


def batch_of(x, weight=None):
    """Return a batch in which each sample is a neighbor of the next one."""
    pairs = torch.eye(len(x)).roll(1, 0)
    pairs = (pairs + pairs.T).fill_diagonal_(torch.nan).to(x)
    return Batch(x, x, weight=weight, neighbors=pairs)


def value(penalty, network, x):
    return penalty(network(x), x, network, batch=batch_of(x))


def of_code(penalty, code):
    """Return a penalty that depends only on the code."""
    return penalty(Output(code, code), code, nn.Identity())


def transformer(n_components=3, **params):
    return quick(AutoencoderTransformer, n_components=n_components, **params)


def penalized(name, weight=0.1, **params):
    """Return an estimator with a penalty of a given weight and the required parameters."""
    penalty = PENALTIES[name](weight=weight)
    return transformer(**{**COMPANIONS.get(name, {}), "penalty": penalty, **params})


# ------------------------------------------------------------------------- what they equal


def test_l1_is_the_sum_of_absolute_values():
    code = rows()
    np.testing.assert_allclose(of_code(L1(), code), np.abs(code.numpy()).sum(1))


@pytest.mark.parametrize("rho", [0.02, 0.5, 0.9])
def test_kl_sparsity_is_the_divergence_of_two_coins(rho):
    code = rows().sigmoid()
    activity = code.numpy().mean(0)
    expected = special.rel_entr(rho, activity) + special.rel_entr(1 - rho, 1 - activity)
    np.testing.assert_allclose(of_code(KLSparsity(rho=rho), code), expected.sum())


@pytest.mark.parametrize("rho", [0.02, 0.5, 0.9])
def test_kl_sparsity_is_least_at_the_wanted_activity(rho):
    spread = 0.1 * min(rho, 1 - rho) * torch.linspace(-1, 1, 20, dtype=torch.float64)
    code = (rho + spread[:, None].expand(-1, 3)).requires_grad_()
    divergence = of_code(KLSparsity(rho=rho), code)
    assert abs(float(divergence.detach())) < 1e-12
    (gradient,) = torch.autograd.grad(divergence, code)
    assert gradient.abs().max() < 1e-12
    for shift in (-0.01, 0.01):
        assert of_code(KLSparsity(rho=rho), code.detach() + shift) > 1e-5


@pytest.mark.parametrize("constant", [0.0, 1.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_kl_sparsity_of_units_that_never_change_is_finite(constant, dtype):
    code = torch.full((5, 3), constant, dtype=dtype, requires_grad=True)
    divergence = of_code(KLSparsity(), code)
    (gradient,) = torch.autograd.grad(divergence, code)
    assert divergence.isfinite()
    assert gradient.isfinite().all()
    assert (gradient < 0).all() if constant == 0 else (gradient > 0).all()  # towards rho


@pytest.mark.parametrize("outside", [-1e-3, 1.001])
def test_kl_sparsity_refuses_codes_outside_the_unit_interval(outside):
    code = torch.full((5, 3), 0.5)
    code[2, 1] = outside
    message = rf"needs codes in \[0, 1\]; got .*{outside:.3g}.*code_activation='logistic'"
    with pytest.raises(ValueError, match=message):
        of_code(KLSparsity(), code)


def test_kl_sparsity_gives_advice_for_a_linear_code():
    with pytest.raises(ValueError, match=r"code_activation='logistic'.* and init='random'"):
        transformer(penalty="kl_sparsity").fit(table())


def test_contractive_rejects_an_encoder_that_mixes_samples():
    with pytest.raises(ValueError, match=r"Contractive needs an encoder .*, which batch norm"):
        transformer(network=Dense((8,), batch_norm=True), penalty="contractive").fit(table())


def squared_differences(encoder, x, step=1e-5):
    """Return the squared norm of the encoder's Jacobian at every sample, by central differences."""
    total = torch.zeros(len(x), dtype=x.dtype)
    for shift in step * torch.eye(x.shape[1], dtype=x.dtype):
        with torch.no_grad():
            slope = (encoder(x + shift) - encoder(x - shift)) / (2 * step)
        total += slope.square().sum(1)
    return total.numpy()


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("n_projections", [1, 5])
def test_contractive_is_exact_for_one_layer(activation, n_projections):
    network, x = built(Dense((), code_activation=activation)), rows()
    found = value(Contractive(n_projections=n_projections), network, x)
    np.testing.assert_allclose(
        found.detach(), squared_differences(network.encoder, x), rtol=1e-6, atol=1e-9
    )


class OneLayer(Network):
    """A user-defined encoder of one linear layer, followed by another module."""

    def __init__(self, then=None):
        self.then = then

    def build(self, n_features, n_components):
        layer = nn.Linear(n_features, n_components)
        encoder = layer if self.then is None else nn.Sequential(layer, self.then())
        return encoder, nn.Linear(n_components, n_features)


@pytest.mark.parametrize(
    "then",
    [
        None,
        nn.Sigmoid,
        lambda: nn.Softmax(dim=1),  # mixes the units
        lambda: nn.LayerNorm(3, elementwise_affine=False),
    ],
    ids=["nothing", "sigmoid", "softmax", "layer norm"],
)
def test_contractive_is_exact_for_user_defined_encoders(then):
    network, x = built(OneLayer(then)), rows()
    found = value(Contractive(n_projections=3), network, x)
    np.testing.assert_allclose(
        found.detach(), squared_differences(network.encoder, x), rtol=1e-6, atol=1e-9
    )


def awake(network):
    """Set all weights to random values, also those that are initialized with zeros."""
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.5, generator=generator(3))
    return network


DEEP = [
    built(Dense((5, 4), "tanh")),
    built(Dense((5,), code_activation="logistic")),
    awake(built(Dense((5,)), linear_path=True)),
    built(Convolutional((2, 3), channels=(4,), activation="tanh", pooling=False)),
]
every_deep = pytest.mark.parametrize("network", DEEP, ids=["dense", "logistic", "path", "images"])


@every_deep
@pytest.mark.parametrize("n_projections", [3, 4])
def test_contractive_is_exact_with_as_many_projections_as_units(network, n_projections):
    x = rows()
    found = value(Contractive(n_projections=n_projections), network, x)
    np.testing.assert_allclose(
        found.detach(), squared_differences(network.encoder, x), rtol=1e-6, atol=1e-9
    )


@every_deep
def test_contractive_is_unbiased_with_fewer(network):
    x, n_draws = rows(1), 4000
    network.generator = generator()
    exact = float(value(Contractive(n_projections=3), network, x).detach())
    spread = {}
    for n_projections in (1, 2):
        estimates = value(Contractive(n_projections=n_projections), network, x.expand(n_draws, -1))
        spread[n_projections] = float(estimates.detach().std())
        standard_error = spread[n_projections] / n_draws**0.5
        assert 0 < standard_error < 0.1 * exact
        assert float(estimates.detach().mean()) == pytest.approx(exact, abs=5 * standard_error)
    # a mean of two independent draws has half the variance of one
    assert spread[2] ** 2 == pytest.approx(spread[1] ** 2 / 2, rel=0.2)


def exact_contraction(network, x):
    """Return the mean squared norm of the encoder's Jacobian, differentiable by the weights."""
    jacobian = torch.autograd.functional.jacobian(
        lambda x: network.encoder(x).sum(0), x, create_graph=True
    )
    return jacobian.square().sum((0, 2)).mean()


@pytest.mark.parametrize(
    "network", [built(Dense((), code_activation="logistic")), *DEEP], ids=lambda n: type(n).__name__
)
def test_the_gradient_of_contractive_is_that_of_the_jacobian(network):
    x, parameters = rows(), list(network.encoder.parameters())
    found, expected = (
        torch.autograd.grad(total, parameters, allow_unused=True, materialize_grads=True)
        for total in (
            value(Contractive(n_projections=3), network, x).mean(),
            exact_contraction(network, x),
        )
    )
    for ours, theirs, parameter in zip(found, expected, parameters, strict=True):
        torch.testing.assert_close(ours, theirs)
        assert parameter.ndim == 1 or ours.abs().max() > 1e-6


def test_contractive_works_where_gradients_are_off():
    network, x = DEEP[0], rows()
    with torch.no_grad():
        found = value(Contractive(n_projections=3), network, x)
    assert not found.requires_grad
    np.testing.assert_allclose(found, squared_differences(network.encoder, x), rtol=1e-6)


def test_contractive_draws_from_the_generator_of_the_network():
    network, x, before = built(Dense((5, 4))), rows(), snapshot()
    found = []
    for seed in (0, 0, 1):
        network.generator = generator(seed)
        found.append(value(Contractive(), network, x).detach())
    assert snapshot() == before
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    assert not torch.equal(found[2], value(Contractive(), network, x).detach())


def with_matrices(*matrices):
    """Return an autoencoder whose encoder has these matrices."""
    layers = []
    for matrix in matrices:
        layers.append(nn.Linear(*matrix.shape[::-1]))
        layers[-1].weight = nn.Parameter(torch.tensor(matrix))
    return Autoencoder(nn.Sequential(*layers), nn.Linear(len(matrices[-1]), 6)).double()


def test_orthogonal_is_zero_for_orthonormal_rows_or_columns(rng):
    wide, tall = np.linalg.qr(rng.randn(6, 3))[0].T, np.linalg.qr(rng.randn(5, 3))[0]
    for matrices in ([wide], [tall], [wide, tall]):
        x = rows(n_features=matrices[0].shape[1])
        assert value(Orthogonal(), with_matrices(*matrices), x).item() < 1e-25


def test_orthogonal_is_the_squared_distance_from_orthonormality(rng):
    first, second = rng.randn(3, 6), rng.randn(5, 3)
    gaps = first @ first.T - np.eye(3), second.T @ second - np.eye(3)
    found = value(Orthogonal(), with_matrices(first, second), rows()).item()
    assert found == pytest.approx(np.square(gaps).sum())


def test_orthogonal_leaves_the_decoder_alone():
    network, x = built(Linear()), rows()
    value(Orthogonal(), network, x).backward()
    assert network.encoder[0].weight.grad.any()
    assert network.decoder[0].weight.grad is None


# --------------------------------------------------------------------- in the objective


def per_sample(output, x, network):
    return output.code.square().sum(1)


def per_batch(output, x, network):
    return output.code.square().sum(1).mean()


def objective(penalties, network, x, weight=None):
    batch = batch_of(x, weight)
    return Objective(SQUARED_ERROR, penalties)(network(batch), batch, network).loss


@every_penalty
def test_the_weight_multiplies_the_mean(name):
    network, x = built(Dense((), code_activation="logistic")), rows()
    plain = objective([], network, x)
    term = value(PENALTIES[name](), network, x).mean()
    assert term > 0
    for weight in (0.0, 0.5, 3.0):
        found = objective([PENALTIES[name](weight=weight)], network, x)
        torch.testing.assert_close(found, plain + weight * term)


def test_penalties_add_up():
    network, x = built(Linear()), rows()
    plain, *single = (
        objective(p, network, x) for p in ([], [L1(0.3)], [Orthogonal(2)], [per_sample])
    )
    found = objective([L1(0.3), Orthogonal(2), per_sample], network, x)
    torch.testing.assert_close(found - plain, sum(term - plain for term in single))


def test_a_value_per_sample_is_averaged_with_the_sample_weights():
    network, x = built(Linear()), rows()
    weight = torch.linspace(0, 2, 20, dtype=torch.float64)
    plain = objective([], network, x, weight)
    by_row, by_batch = (objective([p], network, x, weight) - plain for p in (per_sample, per_batch))
    output = network(x)
    torch.testing.assert_close(by_row, (weight * per_sample(output, x, network)).mean())
    torch.testing.assert_close(by_batch, per_batch(output, x, network))
    assert not torch.isclose(by_row, by_batch)


def test_the_activity_is_a_mean_in_every_batch():
    """The weights have mean one over the training set, but not over a batch."""
    network, x = built(Dense((), code_activation="logistic")), rows()
    copies = torch.arange(20) % 4

    def term(x, weight):
        return objective([KLSparsity()], network, x, weight) - objective([], network, x, weight)

    expected = term(x.repeat_interleave(copies, 0), None)
    torch.testing.assert_close(term(x, copies.double()), expected)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (lambda output, x, network: output.code, r"\(20, 3\)"),
        (lambda output, x, network: output.code.sum(1, keepdim=True), r"\(20, 1\)"),
        (lambda output, x, network: output.code.mean(0), r"\(3,\)"),
        (lambda output, x, network: 0.5, "float"),
        (lambda output, x, network: None, "NoneType"),
        (lambda output, x, network: np.zeros(20), "ndarray"),
    ],
)
def test_a_penalty_returns_a_value_per_sample_or_one(wrong, got):
    message = rf"penalty must return a tensor of shape \(batch,\).* returned {got} for 20 samples"
    with pytest.raises(ValueError, match=message):
        objective([wrong], built(Linear()), rows())
    estimator = transformer(penalty=["l1", wrong])
    with pytest.raises(ValueError, match=message):
        estimator.fit(table(20))
    assert not hasattr(estimator, "network_")


# ------------------------------------------------------------------- through estimators


@every_penalty
def test_a_name_is_equivalent_to_the_defaults(name):
    X, settings = table(), COMPANIONS.get(name, {})
    by_name, by_part, in_a_list = (
        outputs(transformer(penalty=penalty, **settings).fit(X), X)
        for penalty in (name, PENALTIES[name](), [name])
    )
    assert_same(by_name, by_part)
    assert_same(by_name, in_a_list)


@every_penalty
def test_a_penalty_of_weight_zero_changes_nothing_and_another_does(name):
    X = table()
    # without dropout, which uses the same generator as the penalty
    settings = {"network": Dense((8,)), **COMPANIONS.get(name, {})}
    plain = weights(transformer(**settings).fit(X))
    for weight, same in ((0.0, True), (0.1, False)):
        found = weights(penalized(name, weight, **settings).fit(X))
        assert all((found[key] == plain[key]).all() for key in plain) == same


@every_penalty
def test_the_same_seed_draws_the_same_penalty(name):
    X, before = table(), snapshot()
    first, second = (penalized(name).fit(X) for _ in range(2))
    assert snapshot() == before
    assert_same(outputs(first, X), outputs(second, X))


@every_penalty
@pytest.mark.parametrize("n_rows", [30, 120])
def test_weight_k_is_k_copies_under_a_penalty(name, n_rows):
    X, weight = table(n_rows), np.arange(n_rows) % 3
    settings = {"init": "random", "max_epochs": 20, "batch_size": 1000, "dtype": "float64"}
    full = penalized(name, **settings)
    weighted = clone(full).fit(X, sample_weight=weight).transform(X)
    copied = clone(full).fit(np.repeat(X, weight, axis=0)).transform(X)
    np.testing.assert_allclose(weighted, copied, atol=1e-7)


@every_penalty
def test_early_stopping_compares_like_with_like(name):
    settings = {"init": "random", "learning_rate": 1e-30, "early_stopping": True}
    fitted = penalized(name, **settings)
    scores = fitted.fit(table(120)).validation_scores_
    assert len(scores) > 2
    np.testing.assert_allclose(scores, scores[0], rtol=1e-5)


class Ruin(Callback):
    """Sets every weight to NaN in the third epoch."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 3:
            with torch.no_grad():
                for parameter in net.module_.parameters():
                    parameter.fill_(float("nan"))


@every_penalty
def test_a_loss_that_becomes_nan_causes_a_warning(name):
    X = table()
    with pytest.warns(ConvergenceWarning, match="became nan in epoch 3; the best weights"):
        ruined = penalized(name, callbacks=[Ruin()]).fit(X)
    assert ruined.n_epochs_ == 2
    assert np.isfinite(ruined.transform(X)).all()


def test_a_user_may_bring_any_penalty():
    X = table()
    seen = []

    def watching(output, x, network):
        seen.append((output.code.shape, output.reconstruction.shape, x.shape, network))
        return output.code.square().sum(1)

    plain, found = (transformer(penalty=p, max_epochs=30).fit(X) for p in (None, watching))
    assert np.square(found.transform(X)).mean() < 0.5 * np.square(plain.transform(X)).mean()
    *shapes, network = seen[0]
    assert shapes == [(32, 3), (32, 6), (32, 6)]
    assert isinstance(network, Autoencoder)


def test_l1_makes_codes_smaller():
    X = table()
    sizes = [
        np.abs(penalized("l1", weight, max_epochs=40).fit(X).transform(X)).mean()
        for weight in (0, 0.01, 0.1)
    ]
    assert sizes[0] > 1.1 * sizes[1] > 1.1 * 1.1 * sizes[2]


@pytest.mark.parametrize("network", [Dense((), code_activation="tanh"), Dense((16,), "tanh")])
def test_contractive_makes_jacobians_smaller(network):
    X, norms = table(), []
    for weight in (0, 0.1, 1):
        settings = {"init": "random", "network": network, "max_epochs": 40}
        fitted = penalized("contractive", weight, **settings).fit(X)
        x = torch.tensor((X - fitted.center_) / fitted.scale_)
        norms.append(squared_differences(fitted.network_.double().encoder, x).mean())
    assert norms[0] > 1.1 * norms[1] > 1.1 * 1.1 * norms[2]


@pytest.mark.parametrize("rho", [0.1, 0.3])
def test_kl_sparsity_sets_the_activity(rho):
    X = table(200)
    settings = {**COMPANIONS["kl_sparsity"], "n_components": 8, "learning_rate": 0.05}
    plain, sparse = (
        transformer(penalty=penalty, max_epochs=60, **settings).fit(X).transform(X).mean(0)
        for penalty in (None, KLSparsity(weight=10, rho=rho))
    )
    assert np.abs(sparse - rho).max() < 0.03
    assert np.abs(plain - rho).max() > 0.1


def linear(n_components, **params):
    """Return PCA and a linear autoencoder trained to its optimum on the same samples."""
    X = scale(load_wine().data)
    training = {"learning_rate": 0.02, "max_epochs": 1000, "batch_size": len(X), "weight_decay": 0}
    autoencoder = AutoencoderTransformer(n_components, init="random", random_state=0, **training)
    return PCA(n_components).fit(X), autoencoder.set_params(**params).fit(X)


@pytest.mark.parametrize("n_components", [1, 3])
def test_a_tied_orthogonal_linear_autoencoder_is_pca(n_components):
    pca, fitted = linear(n_components, network=Linear(tied_weights=True), penalty=Orthogonal(0.1))
    matrix = weights(fitted)["encoder.0.weight"]
    assert subspace_angles(matrix.T, pca.components_.T).max() <= 1e-2
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(n_components), atol=1e-4)
    # the same projections, up to a rotation
    X = scale(load_wine().data)
    np.testing.assert_allclose(
        fitted.reconstruct(X), pca.inverse_transform(pca.transform(X)), atol=0.02
    )


@pytest.mark.parametrize(("penalty", "orthonormal"), [(None, False), (Orthogonal(0.1), True)])
def test_the_penalty_makes_untied_weights_orthonormal(penalty, orthonormal):
    pca, fitted = linear(3, network="linear", penalty=penalty)
    encoder, decoder = (weights(fitted)[f"{half}.0.weight"] for half in ("encoder", "decoder"))
    assert subspace_angles(decoder, pca.components_.T).max() <= 1e-2
    assert np.allclose(encoder @ encoder.T, np.eye(3), atol=1e-2) == orthonormal


def test_a_grid_search_over_weights_works():
    grid = {"penalty__weight": [0.0, 10.0], "corruption__std": [0.01, 0.5]}
    search = GridSearchCV(
        transformer(penalty=L1(), corruption=Gaussian(), max_epochs=20), grid, cv=2
    ).fit(table())
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 4
    assert search.best_params_["penalty__weight"] == 0
    assert search.best_estimator_.penalty.weight == 0


@every_penalty
def test_the_parameters_of_a_penalty_are_those_of_the_estimator(name):
    part = PENALTIES[name]()
    estimator = AutoencoderTransformer(penalty=part)
    found = estimator.get_params()
    for key, expected in part.get_params().items():
        assert found[f"penalty__{key}"] == expected
    copied = clone(estimator).set_params(penalty__weight=7)
    assert (copied.penalty.weight, part.weight) == (7, PENALTIES[name]().weight)


# -------------------------------------------------------------------------------- errors

BAD = (-1, np.nan, np.inf, None, "x", True)
REFUSED = [
    *((PENALTIES[name](), "weight", bad) for name in PENALTIES for bad in BAD),
    *((KLSparsity(), "rho", bad) for bad in (0, 1, 2, -0.1, np.nan, None)),
    *((Contractive(), "n_projections", bad) for bad in (0, -1, 1.5, None, True)),
]


@pytest.mark.parametrize(("part", "name", "value"), REFUSED, ids=str)
def test_an_invalid_parameter_of_a_penalty_is_named(part, name, value):
    broken = clone(part).set_params(**{name: value})
    message = rf"'{name}' parameter of {type(part).__name__} must be .* Got {value!r} "
    for penalty in (broken, [L1(), broken]):
        estimator = transformer(penalty=penalty)
        with pytest.raises(ValueError, match=message):
            estimator.fit(table())
        assert not hasattr(estimator, "network_")


@pytest.mark.parametrize("penalty", ["nonsense", 3, L1])  # instances are allowed, but not the class
def test_a_penalty_is_a_part_its_name_or_a_function(penalty):
    with pytest.raises(ValueError, match=r"penalty.*(nonsense|3|L1)"):
        transformer(penalty=penalty).fit(table())


@pytest.mark.parametrize("penalty", [["l1", 3], ["l1", "nonsense"], (None,), [["l1"]]])
def test_a_list_of_penalties_is_checked_part_by_part(penalty):
    names = ", ".join(map(repr, sorted(PENALTIES)))
    message = rf"penalty must be one of \[{names}\].*; got "
    with pytest.raises(ValueError, match=message):
        transformer(penalty=penalty).fit(table())


@pytest.mark.parametrize("penalty", [L1, ["l1", L1]])
def test_a_class_of_penalties_is_refused_with_advice(penalty):
    message = r"penalty must be an object, not a class; got the class L1. Write L1\(\)"
    with pytest.raises(ValueError, match=message):
        transformer(penalty=penalty).fit(table())


class Outdated(L1):
    """A penalty without the argument `batch`."""

    def __call__(self, output, x, network):
        return output.code.abs().sum(1)


@pytest.mark.parametrize(
    ("penalty", "expected", "got"),
    [
        (lambda z: 1, r"\(output, x, network\)", r"\(z\)"),
        (["l1", lambda: 1], r"\(output, x, network\)", r"\(\)"),
        (Outdated(), r"\(output, x, network, batch=...\)", r"\(output, x, network\)"),
    ],
)
def test_a_penalty_with_other_arguments_is_refused_before_training(penalty, expected, got):
    message = f"penalty is called with the arguments {expected}; the arguments of .* are {got}"
    with pytest.raises(TypeError, match=message):
        transformer(penalty=penalty, max_epochs=10**9).fit(table())


@pytest.mark.parametrize(
    "penalty", [lambda *arguments: arguments[0].code.abs().sum(1), lambda o, x, n, a=1: x.sum(1)]
)
def test_a_penalty_may_have_other_names_of_its_arguments(penalty):
    transformer(penalty=penalty).fit(table())


def test_orthogonal_leaves_the_start_at_pca_alone():
    X, settings = table(30), {"learning_rate": 1e-30, "max_epochs": 1, "random_state": 0}
    plain, penalized = (
        AutoencoderTransformer(3, penalty=penalty, **settings).fit(X).loss_curve_[0]
        for penalty in (None, "orthogonal")
    )
    assert penalized == pytest.approx(plain, abs=1e-9)
