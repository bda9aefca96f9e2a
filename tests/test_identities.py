"""Mathematical identities of autoencoders, and the formulas of their parts."""

import numpy as np
import pytest
import torch
from estimators import CASES, PUBLIC, having, quick
from helpers import case, fitted_case, table, with_missing_values
from scipy import special
from scipy.linalg import subspace_angles
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.preprocessing import StandardScaler, scale

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._data.statistics.pca import principal_axes
from sklearn_autoencoders._data.statistics.scaling import fit_scaling
from sklearn_autoencoders._estimators.base import ReconstructionScoreMixin
from sklearn_autoencoders.networks import ACTIVATIONS, Dense
from sklearn_autoencoders.networks._layers.basic import Dropout
from sklearn_autoencoders.networks._layers.torch_modes import drawing_from
from sklearn_autoencoders.objectives import LOSSES

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)
every_r2 = pytest.mark.parametrize(
    "estimator", [case for case in CASES if isinstance(case, ReconstructionScoreMixin)], ids=repr
)
every_class_scored_by_its_loss = pytest.mark.parametrize(
    "cls", having("loss", "init"), ids=lambda cls: cls.__name__
)
every_loss = pytest.mark.parametrize("loss", LOSSES)

START = {"learning_rate": 1e-30, "max_epochs": 1, "hidden_layer_sizes": (8,)}
PLAIN = {"hidden_layer_sizes": (), "dropout": 0, "weight_decay": 0}
BUNDLED = ("iris", "wine", "breast_cancer", "diabetes", "digits")


def bundled(name):
    return scale(getattr(datasets, f"load_{name}")(return_X_y=True)[0][::-1][:500])


# ----------------------------------------------------------------------------------- PCA


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_a_linear_autoencoder_spans_the_principal_subspace(n_components):
    X = bundled("wine")
    training = {"init": "random", "learning_rate": 0.02, "max_epochs": 1000, "batch_size": len(X)}
    fitted = AutoencoderTransformer(n_components, random_state=0, **training, **PLAIN).fit(X)
    decoder = fitted.network_.decoder[-1].weight.detach().numpy()
    axes = PCA(n_components).fit(X).components_
    assert subspace_angles(decoder, axes.T).max() <= 1e-2


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("n_components", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_starts_at_pca(name, n_components, dtype):
    X = bundled(name)
    start = AutoencoderTransformer(n_components, dtype=dtype, **START).fit(X)
    pca = PCA(n_components, svd_solver="full").fit(X)
    np.testing.assert_allclose(
        start.inverse_transform(start.transform(X)),
        pca.inverse_transform(pca.transform(X)),
        atol=1e-5,
    )
    np.testing.assert_allclose(start.transform(X) * start.scale_[0], pca.transform(X), atol=2e-5)
    assert start.score(X) == pytest.approx(pca.explained_variance_ratio_.sum(), abs=1e-6)


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("fraction", [0.3, 0.75, 0.9, 0.99])
def test_a_fraction_of_the_variance_is_as_in_pca(name, fraction):
    X = bundled(name)
    expected = PCA(fraction, svd_solver="full").fit(X).n_components_
    for init in ("pca", "random"):
        assert AutoencoderTransformer(fraction, init=init, **START).fit(X).n_components_ == expected


@pytest.mark.parametrize("name", BUNDLED)
@pytest.mark.parametrize("n_components", [1, 2, 4, 8])
def test_never_worse_than_pca(name, n_components):
    X = bundled(name)
    n_components = min(n_components, X.shape[1])
    fitted = AutoencoderTransformer(n_components, max_epochs=12, random_state=0).fit(X)
    assert fitted.score(X) >= PCA(n_components).fit(X).explained_variance_ratio_.sum() - 1e-6


def _axes(X, weight=None):
    scaling = fit_scaling(X, weight, "global")
    variances, axes = principal_axes(X, scaling, weight, np.random.RandomState(0))
    return scaling, variances, axes


def test_principal_axes_are_those_of_pca():
    X = bundled("wine")
    scaling, variances, axes = _axes(X)
    pca = PCA().fit(X)
    np.testing.assert_allclose(axes, pca.components_, atol=1e-8)
    np.testing.assert_allclose(
        variances * scaling.scale[0] ** 2 * 178 / 177, pca.explained_variance_
    )


def test_a_weight_repeats_a_sample_in_the_principal_axes():
    X, weight = table(50), np.arange(50) % 4.0
    _, variances, axes = _axes(X, weight)
    _, expected, expected_axes = _axes(np.repeat(X, weight.astype(int), axis=0))
    np.testing.assert_allclose(variances, expected, atol=1e-12)
    np.testing.assert_allclose(axes, expected_axes, atol=1e-8)


def test_missing_values_count_as_the_centre_in_the_principal_axes():
    X = with_missing_values(table(50))
    scaling = fit_scaling(X, None, "feature")
    filled = np.where(np.isnan(X), scaling.center, X)
    rng = np.random.RandomState(0)
    found = principal_axes(X, scaling, None, rng)
    for array, expected in zip(found, principal_axes(filled, scaling, None, rng), strict=True):
        np.testing.assert_allclose(array, expected, atol=1e-10)


@pytest.mark.parametrize("seed", [4, 19, 27])
def test_a_weight_repeats_a_sample_in_whole_trainings(seed):
    # rounding errors of the start must not grow; scikit-learn checks one table only
    random = np.random.RandomState(seed)
    X, weight = random.rand(15, 30), random.randint(0, 5, 15)
    weighted = AutoencoderTransformer(random_state=0).fit(X, sample_weight=weight)
    repeated = AutoencoderTransformer(random_state=0).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.transform(X), repeated.transform(X), rtol=0, atol=2e-8)


@pytest.mark.parametrize("weight", [None, np.arange(30) % 3 + 0.5], ids=["", "weights"])
def test_wide_data_have_the_same_axes_by_either_way(weight, monkeypatch):
    X = table(30, 50)
    _, variances, axes = _axes(X, weight)
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.pca.MAX_COVARIANCE", 40)
    _, wide_variances, wide_axes = _axes(X, weight)
    assert wide_axes.shape == (30, 50)
    np.testing.assert_allclose(wide_variances[:20], variances[:20], rtol=1e-8)
    np.testing.assert_allclose(wide_axes[:20], axes[:20], atol=1e-7)


def test_wide_data_can_have_more_components_than_samples(monkeypatch):
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.pca.MAX_COVARIANCE", 40)
    X = table(10, 50)
    start = AutoencoderTransformer(20, random_state=0, **START).fit(X)
    assert start.score(X) == pytest.approx(1)
    assert start.transform(X).shape == (10, 20)


# -------------------------------------------------------------------------------- scaling


@pytest.mark.parametrize("weight", [None, np.arange(80) % 3.0], ids=["", "weights"])
@pytest.mark.parametrize("holes", [False, True])
def test_scaling_is_that_of_standard_scaler(weight, holes):
    X = table() * [1, 10, 1e-6, 1e6, 3, 0] + [0, 5, 0, 1e6, 0, 7]
    X = with_missing_values(X) if holes else X
    scaler = StandardScaler().fit(X, sample_weight=weight)
    feature, single = (fit_scaling(X, weight, kind) for kind in ("feature", "global"))
    for found in (feature, single):
        np.testing.assert_allclose(found.center, scaler.mean_, rtol=1e-10)
    np.testing.assert_allclose(feature.scale, scaler.scale_, rtol=1e-8)
    np.testing.assert_allclose(single.scale, np.sqrt(scaler.var_.mean()), rtol=1e-8)


def test_no_scaling_changes_nothing():
    found = fit_scaling(table(), None, None)
    np.testing.assert_array_equal(found.center, 0)
    np.testing.assert_array_equal(found.scale, 1)


# ---------------------------------------------------------------------- scores and losses


@every_r2
@pytest.mark.parametrize("weight", [None, np.arange(80) % 3.0], ids=["", "weights"])
def test_score_is_the_explained_variance(estimator, weight):
    X = table()
    fitted = case(estimator).fit(X)
    expected = r2_score(
        X, fitted.reconstruct(X), sample_weight=weight, multioutput="variance_weighted"
    )
    assert fitted.score(X, sample_weight=weight) == pytest.approx(expected, abs=1e-10)


@every_r2
def test_score_leaves_missing_values_out(estimator):
    X = with_missing_values(table())
    fitted = case(estimator).fit(X)
    residual, deviation = X - fitted.reconstruct(X), X - np.nanmean(X, axis=0)
    expected = 1 - np.nansum(residual**2) / np.nansum(deviation**2)
    assert fitted.score(X) == pytest.approx(expected, abs=1e-10)


def test_score_of_constant_samples_is_that_of_r2_score():
    X = table()
    fitted = quick(AutoencoderTransformer).fit(X)
    assert fitted.score(X[[0, 0]]) == 0.0
    exact = AutoencoderTransformer(6, **START).fit(X)
    assert exact.score(exact.reconstruct(X[[0, 0]])) in (0.0, 1.0)


@every_r2
def test_score_of_fewer_than_two_samples_is_not_defined(estimator):
    X = table()
    fitted = fitted_case(estimator)
    one, weight = X[:1], np.arange(80) == 3
    for args in ({"X": one}, {"X": one, "sample_weight": [2.0]}, {"X": X, "sample_weight": weight}):
        with pytest.warns(UndefinedMetricWarning, match="fewer than two samples is not defined"):
            assert np.isnan(fitted.score(**args))
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(r2_score([1.0], [1.0]))
    assert np.isfinite(fitted.score(X[:2]))


@every_r2
def test_leave_one_out_ranks_by_nothing(estimator):
    with pytest.warns(UndefinedMetricWarning):
        scores = cross_val_score(case(estimator, max_epochs=1), table(4), cv=LeaveOneOut())
    assert np.isnan(scores).all()


FORMULAS = {
    "squared_error": lambda output, target: (output - target) ** 2,
    "absolute_error": lambda output, target: np.abs(output - target),
    "huber": lambda output, target: special.huber(1, output - target),
    "cauchy": lambda output, target: np.log1p((output - target) ** 2),
    "binary_cross_entropy": lambda output, target: (
        -special.xlog1py(1 - target, -special.expit(output))
        - special.xlogy(target, special.expit(output))
    ),
}


@every_loss
def test_losses_follow_their_formulas(loss):
    rng = np.random.RandomState(0)
    output, target = 3 * rng.randn(50, 4), rng.uniform(size=(50, 4))
    target[0] = [0, 1, 0, 1]
    losses = FORMULAS[loss](output, target)
    tensors = torch.tensor(output), torch.tensor(target)
    np.testing.assert_allclose(LOSSES[loss].formula(*tensors), losses)
    np.testing.assert_allclose(LOSSES[loss].per_sample(*tensors, None), losses.mean(axis=1))


@every_class_scored_by_its_loss
@every_loss
@pytest.mark.parametrize("holes", [False, True])
def test_score_samples_is_minus_the_mean_loss(cls, loss, holes):
    X = with_missing_values(table()) if holes else table()
    fitted = quick(cls, loss=loss, scaling="feature").fit(X)
    reconstruction = fitted.reconstruct(X)
    if LOSSES[loss].unit_interval:
        output, target = special.logit(reconstruction), X
    else:
        output, target = ((rows - fitted.center_) / fitted.scale_ for rows in (reconstruction, X))
    losses = FORMULAS[loss](output, target)
    np.testing.assert_allclose(fitted.score_samples(X), -np.nanmean(losses, axis=1), rtol=1e-6)


@every_class_scored_by_its_loss
@every_loss
def test_the_loss_curve_is_the_mean_loss(cls, loss):
    """With a vanishing learning rate the curve is the initial loss, that of the fitted model."""
    X = table(100)
    weight = np.arange(100) % 3 + 0.5
    fitted = quick(cls, loss=loss, dropout=0, corruption=None, dtype="float64", **START)
    fitted.fit(X)
    assert fitted.loss_curve_[0] == pytest.approx(-fitted.score_samples(X).mean(), rel=1e-8)
    fitted.fit(X, sample_weight=weight)
    expected = -np.average(fitted.score_samples(X), weights=weight)
    assert fitted.loss_curve_[0] == pytest.approx(expected, rel=1e-8)


@every_loss
def test_missing_values_do_not_contribute_to_a_loss(loss):
    observed = torch.tensor([[1.0, 0.0, 1.0]])
    output = torch.zeros(1, 3, requires_grad=True)
    values = []
    for hidden in (0.0, 0.9):
        values.append(
            LOSSES[loss].per_sample(output, torch.tensor([[0.2, hidden, 0.7]]), observed).sum()
        )
        values[-1].backward()
    assert values[0] == values[1] > 0
    assert output.grad[0, 1] == 0
    assert (output.grad[0, [0, 2]] != 0).all()


# ----------------------------------------------------------------------------- the parts


@pytest.mark.parametrize(
    "draw",
    [
        lambda **kw: torch.randn(5, **kw),
        lambda **kw: torch.rand(5, **kw),
        lambda **kw: torch.randint(9, (5,), **kw),
        lambda **kw: torch.randperm(5, **kw),
        lambda **kw: torch.normal(0.0, 1.0, (5,), **kw),
        lambda **kw: torch.bernoulli(torch.full((5,), 0.5), **kw),
        lambda **kw: torch.multinomial(torch.ones(5), 3, **kw),
        lambda **kw: torch.empty(5).uniform_(0, 1, **kw),
        lambda **kw: torch.empty(5).normal_(**kw),
        lambda **kw: torch.empty(5).exponential_(**kw),
        lambda **kw: torch.empty(5).bernoulli_(0.5, **kw),
        lambda **kw: torch.empty(5).random_(**kw),
        lambda **kw: torch.nn.init.kaiming_uniform_(torch.empty(5, 5), **kw),
        lambda **kw: torch.nn.init.trunc_normal_(torch.empty(5, 5), **kw),
    ],
)
def test_draws_come_from_the_generator(draw):
    before = torch.get_rng_state()
    with drawing_from(torch.Generator().manual_seed(3)):
        found = draw()
    assert (found == draw(generator=torch.Generator().manual_seed(3))).all()
    assert (torch.get_rng_state() == before).all()


@pytest.mark.parametrize("layer", [lambda: torch.nn.Linear(3, 4), lambda: torch.nn.LSTM(3, 4)])
@pytest.mark.parametrize("init", [None, torch.nn.init.orthogonal_, torch.nn.init.xavier_normal_])
def test_modules_are_built_from_the_generator(layer, init):
    def build(seed):
        with drawing_from(torch.Generator().manual_seed(seed)):
            module = layer()
            if init is not None:
                init(next(module.parameters()))
        return torch.cat([parameter.flatten() for parameter in module.parameters()])

    before = torch.get_rng_state()
    assert (build(0) == build(0)).all()
    assert (build(0) != build(1)).any()
    assert (torch.get_rng_state() == before).all()


@pytest.mark.parametrize("per_batch", [False, True])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_keeps_the_mean_and_is_absent_afterwards(rate, per_batch):
    dropout = Dropout(rate)
    dropout.generator, dropout.per_batch = torch.Generator().manual_seed(0), per_batch
    x = torch.ones(100, 10_000)
    dropped = dropout(x)
    assert dropped.unique().tolist() == pytest.approx([0, 1 / (1 - rate)])
    assert dropped.mean().item() == pytest.approx(1, abs=0.06)  # six standard deviations
    assert bool((dropped == dropped[0]).all()) == per_batch
    assert (dropout.eval()(x) == x).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_decoder_mirrors_the_encoder(activation):
    encoder, decoder = Dense((7, 5), activation, dropout=0.1).build(9, 2)
    widths = [
        [(m.in_features, m.out_features) for m in half.modules() if isinstance(m, torch.nn.Linear)]
        for half in (encoder, decoder)
    ]
    assert widths == [[(9, 7), (7, 5), (5, 2)], [(2, 5), (5, 7), (7, 9)]]
    for half in (encoder, decoder):
        assert sum(isinstance(m, ACTIVATIONS[activation]) for m in half.modules()) == 2
        assert sum(isinstance(m, Dropout) for m in half.modules()) == 2
