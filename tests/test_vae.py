"""VAEGenerator: identities of its likelihood, and samples."""

import math
import warnings

import numpy as np
import pytest
import torch
from estimators import quick
from helpers import snapshot, table, with_missing_values
from scipy import special, stats
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV

from sklearn_autoencoders import AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders._data.model import torch_dtype
from sklearn_autoencoders._inference.latent_paths import great_circle
from sklearn_autoencoders._inference.prepared import in_type
from sklearn_autoencoders._inference.sampling import fixed_noise
from sklearn_autoencoders._utils.draws import Generated
from sklearn_autoencoders._utils.random import make_generator
from sklearn_autoencoders.exceptions import PosteriorCollapseWarning
from sklearn_autoencoders.networks import LATENTS, Dense, MixturePrior, VampPrior, VectorQuantizer
from sklearn_autoencoders.networks._latent.bottlenecks import GaussianLatent
from sklearn_autoencoders.networks._latent.mixture import (
    Gaussians,
    Mixture,
    fit_mixture,
    fit_to_normals,
    gaussian_kl,
    mixture_log_density,
    normal_log_density,
    spread,
)
from sklearn_autoencoders.objectives import LIKELIHOODS
from sklearn_autoencoders.objectives._elbo import Elbo

every_latent = pytest.mark.parametrize("latent", LATENTS)
every_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS)

AT_START = {"latent": "normal", "scaling": "global", "learning_rate": 1e-30, "max_epochs": 1}


def generator(n_components=2, **params):
    return quick(VAEGenerator, n_components=n_components, **params)


def ppca_rows(n_rows=2000, seed=0):
    """Return draws from a probabilistic PCA model with two factors and five features."""
    rng = np.random.RandomState(seed)
    loading = np.random.RandomState(7).randn(2, 5)
    return rng.randn(n_rows, 2) @ loading + 0.5 * rng.randn(n_rows, 5) + np.arange(5)


def doubles(*arrays):
    return [torch.tensor(array, dtype=torch.float64) for array in arrays]


# -------------------------------------------------------------------------------- formulas


def clusters(n_rows=500):
    """Return codes of three clusters, and the cluster of each."""
    rng = np.random.RandomState(0)
    label = rng.randint(3, size=n_rows)
    mean = np.array([[-4.0, 0], [0, 3], [5, 5]])[label] + rng.randn(n_rows, 2)
    return torch.tensor(mean), label


def mixture_at(centers, n_conditions=0):
    n_gaussians = len(centers)
    fractions, effect = np.full(n_gaussians, 1 / n_gaussians), np.zeros((n_conditions, n_gaussians))
    return Mixture(*doubles(fractions, effect, centers, np.ones((n_gaussians, 2))))


def test_a_fitted_mixture_finds_clusters_and_has_the_moments_of_the_codes():
    codes, label = clusters()
    start = mixture_at([[-1.0, 0], [0, 1], [1, 1]])
    found = fit_mixture(start, codes, None, torch.ones(500).double())
    np.testing.assert_allclose(found.weight, np.bincount(label) / 500, atol=0.02)
    center = found.weight @ found.mean
    np.testing.assert_allclose(center, codes.mean(0), atol=1e-6)
    deviation = found.weight @ (found.variance + found.mean**2) - center**2
    np.testing.assert_allclose(deviation, codes.var(0, correction=0), rtol=0.02)


def test_a_fitted_mixture_is_never_less_likely_than_the_one_before():
    codes = torch.randn(50, 2, generator=torch.Generator().manual_seed(0)).double()
    weight = torch.ones(50).double()
    mixture = mixture_at(np.random.RandomState(0).randn(10, 2))
    for _ in range(3):
        before, mixture = mixture, fit_mixture(mixture, codes, None, weight)
        densities = [mixture_log_density(codes, m.under(None)).mean() for m in (before, mixture)]
        assert densities[1] >= densities[0]


def test_draws_for_the_prior_have_the_moments_of_their_posteriors():
    mean, variance = doubles([[1.0, 2.0]], [[0.5, 3.0]])
    draws = spread(mean, variance, 8)[:, 0]
    np.testing.assert_allclose(draws.mean(0), mean[0])
    np.testing.assert_allclose(draws.var(0, correction=0), variance[0])


def test_components_whose_means_are_equal_have_no_clusters():
    codes, _ = clusters()
    spare = torch.zeros(500, 3).double()
    variance = torch.full((500, 2), 0.1).double()
    weight = torch.ones(500).double()
    start = mixture_at([[-1.0, 0], [0, 1], [1, 1]])
    more = Mixture(*start[:2], *doubles(np.random.RandomState(0).randn(3, 5), np.ones((3, 5))))
    more.mean[:, :2] = start.mean
    alone = fit_to_normals(start, codes, variance, None, weight)
    inputs = torch.cat([codes, spare], 1), torch.cat([variance, spare + 0.7], 1)
    found = fit_to_normals(more, *inputs, None, weight)
    for part, own in zip((found.mean, found.variance), (alone.mean, alone.variance), strict=True):
        np.testing.assert_allclose(part[:, :2], own)
    np.testing.assert_allclose(found.weight, alone.weight)
    assert (found.mean[:, 2:] == 0).all()
    np.testing.assert_allclose(found.variance[:, 2:], 0.7)


@pytest.mark.parametrize("latent", ["normal", "mixture"])
def test_components_beyond_the_features_cost_nothing_at_first(latent):
    X = clusters()[0].numpy()
    settings = {"latent": latent, "learning_rate": 1e-12, "max_epochs": 1, "random_state": 0}
    (enough,), (more,) = (VAEGenerator(n, **settings).fit(X).loss_curve_ for n in (2, 10))
    assert more == pytest.approx(enough, abs=0.15)


def test_weights_of_a_fitted_mixture_are_those_of_every_class():
    codes, label = clusters()
    y = np.where(label == 0, 0, np.random.RandomState(1).randint(2, size=500))
    condition = (y[:, None] == [0, 1]) - np.bincount(y) / 500
    start = mixture_at([[-4.0, 0], [0, 3], [5, 5]], n_conditions=2)
    found = fit_mixture(start, codes, torch.tensor(condition), torch.ones(500).double())
    of_class = found.under(torch.tensor(condition)).log_weight.exp().numpy()
    for value in (0, 1):
        expected = np.bincount(label[y == value], minlength=3) / (y == value).sum()
        np.testing.assert_allclose(of_class[y == value][0], expected, atol=0.02)


def test_weights_of_absent_classes_are_unchanged():
    codes, label = clusters()
    y = np.where(label == 0, 0, 1)
    condition = torch.tensor((y[:, None] == [0, 1]) - np.bincount(y) / 500)
    start = mixture_at([[-4.0, 0], [0, 3], [5, 5]], n_conditions=2)
    found = fit_mixture(start, codes, condition, torch.ones(500).double())
    later = fit_mixture(found, codes[y == 0], condition[y == 0], torch.ones(sum(y == 0)).double())
    of_class = [m.under(condition[y == 1][:1]).log_weight.exp().numpy() for m in (found, later)]
    np.testing.assert_allclose(*of_class, atol=0.02)


def test_gaussians_without_codes_stay_wide():
    codes, _ = clusters(4)
    start = mixture_at(np.random.RandomState(0).randn(10, 2))
    found = fit_mixture(start, codes, None, torch.ones(4).double())
    assert all(torch.isfinite(part).all() for part in found)
    assert (found.variance > 0.1 * codes.var(0)).all()


def test_the_divergence_of_gaussians_is_its_monte_carlo_estimate():
    mean, log_var = doubles([[0.3, -1.0]], [[-0.5, 0.4]])
    other = Gaussians(*doubles([0.0], [[0.1, 0.2]], [[0.3, 0.3]]))
    noise = torch.randn(400_000, 2, generator=torch.Generator().manual_seed(0)).double()
    z = mean + (log_var / 2).exp() * noise
    ratio = normal_log_density(z, mean, log_var) - normal_log_density(z, *other[1:])
    exact = gaussian_kl(mean, log_var, other)
    torch.testing.assert_close(ratio.mean(0)[None], exact, atol=0.01, rtol=0)


def test_the_density_of_a_mixture_is_the_sum_of_its_gaussians():
    rng = np.random.RandomState(0)
    fraction, mean, var = rng.dirichlet(np.ones(3)), rng.randn(3, 2), rng.uniform(0.1, 2, (3, 2))
    z = rng.randn(7, 2)
    expected = sum(
        s * stats.multivariate_normal(m, np.diag(v)).pdf(z)
        for s, m, v in zip(fraction, mean, var, strict=True)
    )
    mixture = Gaussians(*doubles(np.log(fraction), mean, np.log(var)))
    np.testing.assert_allclose(mixture_log_density(torch.tensor(z), mixture).exp(), expected)


def test_components_diverge_alike_from_a_gaussian_and_from_three_equal_ones():
    mean, log_var = torch.full((4000, 2), 0.5).double(), torch.full((4000, 2), -1.0).double()
    noise = torch.randn(1, 4000, 2, generator=torch.Generator().manual_seed(0)).double()
    posterior = mean + (log_var / 2).exp() * noise, mean, log_var
    exact, estimated = (
        GaussianLatent(*posterior, Gaussians(*doubles(weight, zeros, zeros))).kl_per_component()
        for weight, zeros in (
            (np.zeros(1), np.zeros((1, 2))),
            (np.full(3, -math.log(3)), np.zeros((3, 2))),
        )
    )
    torch.testing.assert_close(estimated.mean(0), exact.mean(0), atol=0.03, rtol=0)


DENSITIES = {
    "bernoulli": lambda x, a, s: stats.bernoulli(1 / (1 + np.exp(-a))).logpmf(x),
    "gaussian": lambda x, a, s: stats.norm(a, s).logpdf(x),
    "laplace": lambda x, a, s: stats.laplace(a, s).logpdf(x),
    "student_t": lambda x, a, s: stats.t(10, a, s).logpdf(x),
}


@pytest.mark.parametrize("likelihood", DENSITIES)
def test_likelihoods_are_those_of_scipy(likelihood):
    rng = np.random.RandomState(0)
    x, output = rng.randint(0, 2, (6, 3)).astype(float), rng.randn(6, 3)
    noise = np.zeros((LIKELIHOODS[likelihood].n_noise, 3))
    noise[:1] = -0.5
    found = LIKELIHOODS[likelihood].log_density(*doubles(output, noise, x), None)
    scale = np.hypot(np.exp(-0.5), 0.01)
    np.testing.assert_allclose(found, DENSITIES[likelihood](x, output, scale).sum(1))


@pytest.mark.parametrize("logit", [-40.0, -3.0, 0.0, 0.04, 0.06, 0.7, 100.0])
def test_a_continuous_bernoulli_integrates_to_one(logit):
    x = torch.linspace(0, 1, 20_001, dtype=torch.float64)[:, None]
    likelihood, output = LIKELIHOODS["continuous_bernoulli"], torch.full_like(x, logit)
    density = likelihood.log_density(output, x.new_zeros(0, 1), x, None).exp()
    assert float(torch.trapezoid(density, x[:, 0])) == pytest.approx(1, abs=1e-5)
    mean = float(torch.trapezoid(density * x[:, 0], x[:, 0]))
    assert float(likelihood.link(output)[0]) == pytest.approx(mean, abs=1e-5)


VARIANCES = {
    "bernoulli": lambda mean: mean * (1 - mean),
    "continuous_bernoulli": lambda mean: 0.0801,  # of logit 0.8, by quadrature
    "gaussian": lambda mean: 1.0001,
    "laplace": lambda mean: 2.0002,
    "student_t": lambda mean: 1.0001 * 10 / 8,
}


@every_likelihood
def test_draws_have_the_mean_and_the_spread_of_their_likelihood(likelihood):
    part, output = LIKELIHOODS[likelihood], torch.full((100_000, 1), 0.8, dtype=torch.float64)
    distribution = part.distribution(output, part.unit_noise(output))
    drawn = part.sample(distribution, Generated(torch.Generator().manual_seed(0))).numpy()
    assert drawn.mean() == pytest.approx(float(distribution.mean[0]), abs=0.02)
    assert drawn.var() == pytest.approx(VARIANCES[likelihood](drawn.mean()), rel=0.03)


@pytest.mark.parametrize(
    ("warm_up", "n_cycles", "expected"),
    [
        (0.0, 1, [2, 2, 2, 2, 2]),
        (0.5, 1, [0, 1, 2, 2, 2]),
        (1.0, 1, [0, 0.5, 1, 1.5, 2]),
        (0.5, 2, [0, 2, 0, 2, 2]),
    ],
)
def test_the_weight_of_the_divergence_rises(warm_up, n_cycles, expected):
    bound = Elbo(LIKELIHOODS["gaussian"], beta=2.0, warm_up=warm_up, n_cycles=n_cycles)
    assert [bound.weight(fraction) for fraction in (0, 0.25, 0.5, 0.75, 1)] == pytest.approx(
        expected
    )
    assert all(bound.weight(fraction) == 2 for fraction in np.linspace(bound.settled_after, 1, 20))


# ------------------------------------------------------------------------------ likelihood


def test_training_starts_at_probabilistic_pca():
    X, pca = ppca_rows(), PCA(2).fit(ppca_rows())
    start = generator(**AT_START).fit(X)
    assert start.score(X) == pytest.approx(pca.score(X), rel=1e-3)
    np.testing.assert_allclose(start.score_samples(X), pca.score_samples(X), atol=0.05)


@pytest.mark.parametrize("init", ["pca", "random"])
def test_a_linear_vae_has_the_likelihood_of_probabilistic_pca(init):
    X, X_test = ppca_rows(500), ppca_rows(seed=1)
    settings = {
        "latent": "normal",
        "network": "linear",
        "init": init,
        "weight_decay": 0,
        "max_epochs": 100,
    }
    fitted = generator(**settings, learning_rate=0.01).fit(X)
    assert fitted.score(X_test) == pytest.approx(PCA(2).fit(X).score(X_test), rel=0.01)


def test_without_divergence_it_is_an_autoencoder():
    X, settings = table(120), {"dropout": 0, "max_epochs": 30}
    fitted = generator(**settings, scaling="global", beta=0).fit(X)
    plain = quick(AutoencoderTransformer, n_components=2, **settings).fit(X)
    errors = [((model.reconstruct(X) - X) ** 2).mean() for model in (fitted, plain)]
    assert errors[0] < 1.3 * errors[1]


@every_latent
def test_the_bound_is_below_the_likelihood_and_rises_with_the_draws(latent):
    X = table(150)
    fitted = generator(latent=latent, max_epochs=20).fit(X)
    for n_draws in (1, 8):
        scores = fitted.score_samples(X, n_draws=n_draws)
        assert (scores >= fitted.elbo_samples(X, n_draws=n_draws) - 1e-9).all()
    if latent == "vector_quantized":  # the posterior is deterministic
        assert np.ptp([fitted.score(X), fitted.elbo_samples(X).mean()]) < 1e-9
        return
    log_weights = fitted._log_weights(X, None, 256).reshape(len(X), 16, 16)
    of_sixteen = special.logsumexp(log_weights, axis=2).mean(1) - math.log(16)
    assert fitted.elbo_samples(X, n_draws=256).mean() < of_sixteen.mean()
    assert of_sixteen.mean() < fitted.score_samples(X, n_draws=256).mean()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_given_noise_equals_the_draws_of_its_seed(dtype):
    fitted = generator().fit(table(dtype=dtype))
    network, x = in_type(fitted.network_, torch_dtype(dtype)), torch.tensor(table(dtype=dtype))
    noise = fixed_noise(fitted._model, 5, 2, dtype)
    drawn = network.with_draws(make_generator(0), 5, per_batch=True)(x).latent.draws
    assert torch.equal(network.with_noise(noise)(x).latent.draws, drawn)
    assert network(x).latent is None


def test_scores_are_densities_in_the_units_of_x():
    X, units = table(150), np.array([1, 10, 100, 1e-3, 5, 1])
    plain, scaled = (generator().fit(rows) for rows in (X, X * units))
    expected = plain.score_samples(X) - np.log(units).sum()
    np.testing.assert_allclose(scaled.score_samples(X * units), expected, atol=1e-2)


def test_the_likelihood_of_observed_values_is_that_of_a_smaller_model():
    X = ppca_rows()
    pca, covariance = PCA(2).fit(X), PCA(2).fit(X).get_covariance()
    marginal = stats.multivariate_normal(pca.mean_[:4], covariance[:4, :4])
    known = X[:50].copy()
    known[:, 4] = np.nan
    found = generator(**AT_START).fit(X).score_samples(known, n_draws=4000)
    np.testing.assert_allclose(found, marginal.logpdf(X[:50, :4]), atol=0.25)


def test_imputed_values_are_expectations_given_the_others():
    X = ppca_rows()
    pca, covariance = PCA(2).fit(X), PCA(2).fit(X).get_covariance()
    slope = np.linalg.solve(covariance[:4, :4], covariance[:4, 4])
    expected = pca.mean_[4] + (X[:50, :4] - pca.mean_[:4]) @ slope
    holes = X[:50].copy()
    holes[:, 4] = np.nan
    filled = generator(**AT_START).fit(X).impute(holes, n_draws=4000)
    np.testing.assert_allclose(filled[:, 4], expected, atol=0.15)
    np.testing.assert_array_equal(filled[:, :4], X[:50, :4])


def test_more_importance_samples_train_on_a_tighter_bound():
    settings = {**AT_START, "init": "random", "dropout": 0}
    losses = [
        generator(n_importance_samples=k, **settings).fit(table(150)).loss_curve_[0]
        for k in (1, 5, 50)
    ]
    assert losses[0] > losses[1] > losses[2]


def test_binary_codes_are_rejected():
    with pytest.raises(ValueError, match=r"code_activation='binary' would round means"):
        generator(network=Dense((8,), code_activation="binary"), init="random").fit(table())


# --------------------------------------------------------------------------------- drawing


@every_latent
@every_likelihood
def test_the_same_seed_draws_the_same_samples_without_global_state(latent, likelihood):
    fitted = generator(latent=latent, likelihood=likelihood).fit(table())
    before = snapshot()
    first, second = (fitted.sample(7, random_state=3) for _ in range(2))
    assert snapshot() == before
    np.testing.assert_array_equal(first, second)
    assert first.shape == (7, 6)
    assert np.isfinite(first).all()
    assert (fitted.sample(7, random_state=4) != first).any()


def test_without_a_seed_draws_are_fresh():
    fitted = generator().fit(table())
    assert (fitted.sample(7) != fitted.sample(7)).all()


def test_samples_have_the_variance_of_the_data_and_means_less():
    X = load_breast_cancer().data
    fitted = VAEGenerator(max_epochs=40, random_state=0).fit(X)
    ratio = fitted.sample(5000, random_state=0).std(0) / X.std(0)
    assert 0.9 < np.mean(ratio) < 1.1
    assert 0.8 < np.min(ratio)
    assert np.max(ratio) < 1.25
    means = fitted.sample(5000, random_state=0, noise=False).std(0) / X.std(0)
    assert (means < ratio).mean() > 0.9


@pytest.mark.parametrize("scaling", ["feature", "global"])
def test_constant_features_are_constant_in_samples(scaling):
    X = np.column_stack([table(), np.full(80, 7.0)])
    assert (generator(scaling=scaling).fit(X).sample(20, random_state=0)[:, 6] == 7).all()


def test_conditional_samples_are_those_of_their_class():
    X, y = load_iris(return_X_y=True)
    fitted = generator(conditional=True, max_epochs=40).fit(X, y)
    drawn = fitted.sample(y=np.repeat([0, 1, 2], 500), random_state=0).reshape(3, 500, 4)
    centres = np.array([X[y == label].mean(0) for label in range(3)])
    distance = np.linalg.norm(drawn.mean(1)[:, None] - centres, axis=-1)
    assert (distance.argmin(1) == [0, 1, 2]).all()
    assert fitted.score(X, y) > fitted.score(X, (y + 1) % 3) + 1
    assert fitted.sample(5, y=1).shape == (5, 4)
    decoded = fitted.inverse_transform(fitted.transform(X, y), y)
    np.testing.assert_allclose(decoded, fitted.reconstruct(X, y))


def test_codes_are_drawn_from_the_distribution_of_their_class():
    rng = np.random.RandomState(0)
    y = rng.randint(2, size=600)
    apart = rng.choice([-2.0, 2.0], 600) * y  # with the same mean, but different shapes
    X = apart[:, None] * [1.0, 2.0, -1.0] + 0.3 * rng.randn(600, 3)
    fitted = generator(conditional=True, latent="mixture", max_epochs=40).fit(X, y)
    narrow, wide = (fitted.sample(3000, y=label, random_state=0).std(0) for label in (0, 1))
    np.testing.assert_allclose(narrow, X[y == 0].std(0), rtol=0.3)
    np.testing.assert_allclose(wide, X[y == 1].std(0), rtol=0.15)


@pytest.mark.parametrize("target", ["labels", "continuous"])
def test_a_conditional_sample_of_weight_two_is_two_samples(target):
    X, rng = table(60), np.random.RandomState(0)
    y = X[:, 0] + rng.randn(60) if target == "continuous" else rng.randint(3, size=60)
    weight = rng.randint(1, 4, 60)
    settings = {"conditional": True, "dtype": "float64", "batch_size": 500, "dropout": 0}
    weighted = generator(**settings).fit(X, y, sample_weight=weight)
    copied = generator(**settings).fit(np.repeat(X, weight, 0), np.repeat(y, weight))
    drawn = [model.sample(y=y, random_state=0) for model in (weighted, copied)]
    np.testing.assert_allclose(*drawn, rtol=1e-5, atol=1e-5)


def test_a_continuous_condition_shifts_dependent_features():
    rng = np.random.RandomState(0)
    y = rng.randn(400)
    X = np.column_stack([3 * y + rng.randn(400), rng.randn(400)])
    fitted = VAEGenerator(1, conditional=True, max_epochs=40, random_state=0).fit(X, y)
    low, high = (fitted.sample(2000, y=value, random_state=0).mean(0) for value in (-1.0, 1.0))
    assert high[0] - low[0] == pytest.approx(6, abs=1.5)
    assert high[1] - low[1] == pytest.approx(0, abs=0.6)


@pytest.mark.parametrize("latent", sorted({*LATENTS} - {"vector_quantized"}))
@pytest.mark.parametrize("conditional", ["labels", "target"])
def test_a_condition_that_explains_everything(conditional, latent):
    X, y = table(40)[:, [0, 0, 1]], np.arange(40)
    X, y = (X, y) if conditional == "labels" else (X[:, [0, 0]], X[:, 0])
    fitted = generator(conditional=conditional, latent=latent, max_epochs=20)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        fitted.fit(X, y)
    np.testing.assert_allclose(fitted.reconstruct(X, y), X, atol=0.1)
    assert max(fitted.loss_curve_) < 10


def test_many_numbers_have_to_be_called_labels_or_a_target():
    X, y = table(120), np.arange(120) // 2
    with pytest.raises(ValueError, match=r"y has 60 distinct integers"):
        generator(conditional=True).fit(X, y)
    assert len(generator(conditional="labels").fit(X, y).classes_) == 60
    fitted = generator(conditional="target").fit(X, y)
    assert fitted.target_center_ == pytest.approx(29.5)
    with pytest.raises(ValueError, match="target y must be numeric"):
        fitted.sample(y="a")
    with pytest.raises(ValueError, match="y contains NaN or other missing values"):
        generator(conditional="labels").fit(X, np.array([None, *"a" * 119], dtype=object))
    with pytest.raises(ValueError, match="labels of different types: number, str"):
        generator(conditional="labels").fit(X, np.array([1, *"a" * 119], dtype=object))
    with pytest.raises(ValueError, match="y contains values that cannot be compared"):
        generator(conditional="labels").fit(X, np.array(120 * [{}], dtype=object))


def test_the_fit_determines_whether_y_is_used():
    X, y = table(), np.arange(80) % 2
    plain, conditional = generator().fit(X), generator(conditional=True).fit(X, y)
    with pytest.raises(ValueError, match=r"the fit was not conditional"):
        plain.set_params(conditional=True).sample(y=y)
    assert plain.score(X, y) == plain.score(X)  # as pipelines and searches call it
    assert conditional.set_params(conditional=False).sample(y=y).shape == (80, 6)


def test_held_out_samples_do_not_affect_the_initialization():
    X, y = load_iris(return_X_y=True)
    settings = {"conditional": True, "early_stopping": True, **AT_START}
    held_out = np.random.RandomState(0).permutation(150)[:15]
    moved = X.copy()
    moved[held_out] += 5
    first, second = (generator(**settings).fit(rows, y) for rows in (X, moved))
    np.testing.assert_allclose(first.center_, second.center_)
    starts = [model.inverse_transform(np.zeros((1, 2)), 1) for model in (first, second)]
    np.testing.assert_allclose(*starts)


def test_a_condition_of_another_kind_replaces_the_first():
    X = table()
    fitted = generator(conditional=True).fit(X, np.arange(80) % 3)
    fitted.fit(X, X[:, 0] + 0.5)
    assert not hasattr(fitted, "classes_")
    assert fitted.sample(y=[0.7, 1.2]).shape == (2, 6)


def test_conditions_are_checked():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match=r"y is None, .* Use fit\(X, y\)"):
        generator(conditional=True).fit(X)
    fitted = generator(conditional=True).fit(X, np.array(["a", "b", "c"])[y])
    assert fitted.classes_.tolist() == ["a", "b", "c"]
    for call in (fitted.sample, lambda: fitted.score_samples(X), lambda: fitted.reconstruct(X)):
        with pytest.raises(ValueError, match=r"y is None, .* Pass y, .* as in sample\(y=...\)"):
            call()
    unseen = r"labels \['d'\] that were not seen during fit; the labels are \['a' 'b' 'c'\]\."
    with pytest.raises(ValueError, match=f"{unseen}$"):
        fitted.sample(3, y="d")
    with pytest.raises(ValueError, match=f"{unseen} In cross-validation, use stratified folds"):
        fitted.score(X, np.full(len(X), "d"))
    with pytest.raises(ValueError, match="y has 2 values for 3 samples"):
        fitted.sample(3, y=["a", "b"])
    continuous = generator(conditional=True).fit(X, X[:, 0] + 0.01)
    with pytest.raises(ValueError, match="y contains NaN"):
        continuous.sample(2, y=[np.nan, 1.0])


def test_perturbed_samples_are_near_the_original_ones():
    X = table(150)
    fitted = generator(max_epochs=20).fit(X)
    own = fitted.reconstruct(X)
    near = fitted.perturb(X, 0.0, n_samples=2, random_state=0, noise=False)
    np.testing.assert_allclose(near, np.repeat(own, 2, axis=0))
    drawn = (fitted.perturb(X, scale, random_state=0, noise=False) for scale in (0.5, 1, 3))
    spread = [np.abs(rows - own).mean() for rows in drawn]
    assert spread[0] < spread[1] < spread[2]
    with pytest.raises(ValueError, match="perturb needs Gaussian posteriors"):
        generator(latent="vector_quantized").fit(X).perturb(X)


@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_an_interpolation_connects_two_samples(method):
    X = table(150)
    fitted = generator(max_epochs=20).fit(X)
    path = fitted.interpolate(X[:4], X[4:8], n_steps=5, method=method)
    assert path.shape == (4, 5, 6)
    np.testing.assert_allclose(path[:, 0], fitted.reconstruct(X[:4]), atol=1e-6)
    np.testing.assert_allclose(path[:, -1], fitted.reconstruct(X[4:8]), atol=1e-6)


def test_a_great_circle_keeps_the_norm():
    a, b = np.array([[3.0, 0.0]]), np.array([[0.0, 3.0]])
    path = np.array([great_circle(a, b, fraction)[0] for fraction in np.linspace(0, 1, 7)])
    np.testing.assert_allclose(np.linalg.norm(path, axis=1), 3)
    np.testing.assert_allclose(great_circle(a, a, 0.3), a)


def test_unusable_arguments_are_named():
    X = table()
    fitted = generator().fit(X)
    with pytest.raises(ValueError, match="n_samples == 0, must be >= 1"):
        fitted.sample(0)
    with pytest.raises(TypeError, match="n_samples must be an instance of int"):
        fitted.sample(2.5)
    with pytest.raises(ValueError, match=r"method must be one of .* got 'cubic'"):
        fitted.interpolate(X, X, method="cubic")
    with pytest.raises(ValueError, match="n_draws == 0, must be >= 1"):
        fitted.score_samples(X, n_draws=0)
    with pytest.raises(ValueError, match="n_components=3 cannot be divided into groups"):
        generator(3, latent=VectorQuantizer(group_size=2)).fit(X)
    with pytest.raises(ValueError, match=r"free_bits=0.1 needs n_importance_samples=1.* got 5"):
        generator(free_bits=0.1, n_importance_samples=5).fit(X)
    with pytest.raises(ValueError, match="n_importance_samples=5 needs a random code"):
        generator(latent="vector_quantized", n_importance_samples=5).fit(X)
    with pytest.raises(ValueError, match="scale must be finite; got nan"):
        fitted.perturb(X, scale=np.nan)
    with pytest.raises(ValueError, match="'n_gaussians' parameter"):
        generator(latent=MixturePrior(0)).fit(X)
    with pytest.raises(ValueError, match="latent= needs an encoder and a decoder that share no"):
        generator(network=Dense((8,), tied_weights=True), init="random").fit(X)


def test_calls_that_draw_leave_the_model_alone():
    X = with_missing_values(table())
    fitted = generator().fit(X)
    codes = fitted.transform(X)
    for call in (fitted.perturb, fitted.impute, fitted.score_samples, fitted.elbo_samples):
        call(X)
    fitted.sample(3)
    np.testing.assert_array_equal(fitted.transform(X), codes)
    assert fitted.network_.bottleneck.generator is None


# ---------------------------------------------------------------------------------- health


def test_a_collapsed_posterior_causes_a_warning():
    with pytest.warns(PosteriorCollapseWarning, match="0 of 2 components .* Lower beta=1000"):
        fitted = generator(latent="normal", beta=1000.0, max_epochs=60).fit(table(150))
    assert fitted.active_units_ == 0
    assert fitted.kl_per_component_.max() < 0.05


@pytest.mark.parametrize("latent", ["normal", "mixture", "vamp"])
def test_the_defaults_do_not_collapse(cancer, latent):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = generator(10, latent=latent, max_epochs=20).fit(cancer)
    assert fitted.active_units_ >= 5
    assert fitted.kl_per_component_.shape == (10,)


def test_free_bits_keep_components_in_use():
    settings = {"beta": 50.0, "max_epochs": 60}
    plain, free = (generator(free_bits=bits, **settings).fit(table(150)) for bits in (0.0, 1.0))
    assert free.kl_per_component_.sum() > plain.kl_per_component_.sum() + 0.5


def test_early_stopping_waits_for_the_warm_up():
    stopping = {"early_stopping": True, "n_iter_no_change": 1, "tol": 1e9, "max_epochs": 20}
    plain, warm = (
        generator(kl_warmup=fraction, schedule="constant", **stopping).fit(table(150))
        for fraction in (0, 0.5)
    )
    assert plain.n_epochs_ == 1
    assert warm.n_epochs_ == 11


def test_an_auxiliary_term_improves_the_mean_reconstruction():
    X, settings = table(150), {"beta": 5.0, "max_epochs": 30}
    plain, aided = (generator(auxiliary=weight, **settings).fit(X) for weight in (0, 10))
    errors = [((model.reconstruct(X) - X) ** 2).mean() for model in (plain, aided)]
    assert errors[1] < errors[0]


def test_a_codebook_is_used_and_its_prior_counts():
    X = table(400)
    fitted = generator(latent=VectorQuantizer(n_codes=16), max_epochs=40).fit(X)
    assert 4 <= len(np.unique(fitted.transform(X), axis=0)) <= 16
    drawn = fitted.sample(4000, random_state=0)
    np.testing.assert_allclose(drawn.mean(0), X.mean(0), atol=0.05)
    np.testing.assert_allclose(drawn.std(0), X.std(0), rtol=0.2)


def test_parts_of_the_bottleneck_are_searchable():
    grid = {"latent__n_gaussians": [2, 5], "beta": [1, 2]}
    search = GridSearchCV(generator(latent=VampPrior()), grid, cv=2).fit(table())
    assert search.best_params_.keys() == grid.keys()
    assert clone(search.best_estimator_).latent.n_gaussians in (2, 5)


@pytest.mark.long
def test_a_nearly_constant_feature_does_not_affect_the_others():
    """One sample in a thousand has a different value, whose likelihood is very small."""
    X = np.column_stack([table(1000, 20), np.zeros(1000)])
    X[7, 20] = 1.0
    fitted = quick(VAEGenerator, max_epochs=100).fit(X)  # no ConvergenceWarning
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]


@pytest.mark.parametrize("latent", ["normal", "mixture"])
def test_the_divergence_curve_is_a_term_of_the_bound(latent):
    X = table(60)  # one batch, no dropout: the last epoch's loss is that of the weights before it
    params = {"latent": latent, "hidden_layer_sizes": (8,), "dropout": 0.0, "random_state": 0}
    generator = VAEGenerator(2, max_epochs=3, schedule="constant", **params).fit(X)
    assert len(generator.kl_curve_) == len(generator.loss_curve_) == 3
    assert min(generator.kl_curve_) > 0
    without = VAEGenerator(2, max_epochs=1, beta=1e-9, **params).fit(X)
    once = VAEGenerator(2, max_epochs=1, **params).fit(X)
    assert once.loss_curve_[0] - without.loss_curve_[0] == pytest.approx(
        once.kl_curve_[0], rel=1e-6
    )
    weighted = VAEGenerator(2, max_epochs=1, **params).fit(X[:30], sample_weight=np.full(30, 2.0))
    copied = VAEGenerator(2, max_epochs=1, **params).fit(np.repeat(X[:30], 2, axis=0))
    assert weighted.kl_curve_ == pytest.approx(copied.kl_curve_, rel=1e-7)
    generator.set_params(warm_start=True).fit(X)
    assert len(generator.kl_curve_) == 6
