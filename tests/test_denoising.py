"""DenoisingAutoencoder: training data, reconstructions and layerwise pretraining."""

import re
from typing import ClassVar

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from estimators import quick
from helpers import assert_same, outputs, table, weights, with_missing_values
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback
from torch import nn
from versions import needs_callbacks

from sklearn_autoencoders import (
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._training import pretraining as _pretraining
from sklearn_autoencoders.corruptions import CORRUPTIONS, Corruption, Gaussian, Masking
from sklearn_autoencoders.networks import Convolutional, Dense, Recurrent

COLUMNS = list("abcdef")
STILL = {"learning_rate": 1e-30, "max_epochs": 1, "dropout": 0}  # training without an effect


def denoiser(n_components=2, **params):
    return quick(DenoisingAutoencoder, n_components=n_components, **params)


@pytest.fixture
def clean():
    return table(200)


@pytest.fixture
def noisy(clean):
    """Return corrupted samples with systematic errors: a bias and a wrong unit."""
    off = clean + 0.1 * np.random.RandomState(3).randn(*clean.shape)
    off[:, 0] += 0.5
    off[:, 1] *= 2
    return off


def with_some_missing(rows, fraction=0.25):
    """Return a copy with some missing values, but without empty samples."""
    missing = np.random.RandomState(1).random_sample(rows.shape) < fraction
    missing[np.arange(len(rows)), np.arange(len(rows)) % rows.shape[1]] = False
    return np.where(missing, np.nan, rows)


def mean_error(found, expected):
    return np.square(found - expected).mean()


class Seen(Callback):
    """Stores the input and the target of every training batch."""

    def __init__(self):
        self.x, self.target = [], []

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        if training:
            inputs, compared = batch
            self.x.append(inputs.x.numpy().copy())
            self.target.append(compared.target.numpy().copy())


def in_units(fitted, scaled):
    """Return scaled samples in the units of X, sorted."""
    rows = np.concatenate(scaled) * fitted.scale_ + fitted.center_
    return rows[np.lexsort(rows.T)]


def in_order(rows):
    return rows[np.lexsort(rows.T)]


# ------------------------------------------------------------------- corrupted samples


def test_clean_samples_are_corrupted_for_training(clean):
    seen = Seen()
    fitted = denoiser(corruption=Gaussian(0.3), max_epochs=1, callbacks=[seen]).fit(clean)
    np.testing.assert_allclose(in_units(fitted, seen.target), in_order(clean), atol=1e-5)
    noise = (np.concatenate(seen.x) - np.concatenate(seen.target)) * fitted.scale_
    assert noise.std() == pytest.approx(0.3, rel=0.1)
    assert noise.mean() == pytest.approx(0, abs=0.05)


def test_corruptions_are_redrawn_in_every_step(clean):
    seen = Seen()
    denoiser(corruption=Gaussian(0.3), max_epochs=3, callbacks=[seen]).fit(clean)
    noise = np.concatenate(seen.x) - np.concatenate(seen.target)
    assert len(np.unique(noise.round(5), axis=0)) == 3 * len(clean)


def test_without_a_corruption_samples_are_unchanged(clean):
    seen = Seen()
    denoiser(corruption=None, callbacks=[seen]).fit(clean)
    np.testing.assert_array_equal(np.concatenate(seen.x), np.concatenate(seen.target))


def denoise(digits, corruption, damaged):
    """Return the output of a denoiser for corrupted digits that are not in the training data."""
    fitted = denoiser(16, corruption=corruption, max_epochs=10).fit(digits[:800])
    return fitted.transform(damaged)


def test_it_removes_noise_better_than_pca(digits):
    train, test = digits[:800], digits[1200:]
    noisy = test + 0.3 * np.random.RandomState(0).randn(*test.shape)
    pca = PCA(16).fit(train)
    error = mean_error(denoise(digits, Gaussian(0.3), noisy), test)
    assert error < 0.5 * mean_error(noisy, test)
    assert error < 0.9 * mean_error(pca.inverse_transform(pca.transform(noisy)), test)
    assert error < 0.9 * mean_error(denoise(digits, None, noisy), test)


def test_it_imputes_missing_values_better_than_feature_means(digits):
    train, test = digits[:800], digits[1200:]
    gaps = with_some_missing(test, 0.3)
    missing = np.isnan(gaps)
    error = mean_error(denoise(digits, "masking", gaps)[missing], test[missing])
    means = np.broadcast_to(train.mean(axis=0), test.shape)
    assert error < 0.4 * mean_error(means[missing], test[missing])
    assert error < mean_error(denoise(digits, None, gaps)[missing], test[missing])


def test_features_of_different_units_are_imputed(cancer):
    gaps = with_some_missing(cancer, 0.1)
    missing, scale = np.isnan(gaps), cancer.std(axis=0)
    fitted = DenoisingAutoencoder(max_epochs=5, random_state=0).fit(gaps)
    error = (fitted.transform(gaps) - cancer) / scale
    assert np.mean(error[missing] ** 2) < 0.3  # by the means: 1
    assert len(np.unique(fitted.scale_)) > 1


def test_features_of_one_unit_share_a_scale(digits):
    assert len(np.unique(DenoisingAutoencoder(max_epochs=1).fit(digits).scale_)) == 1


def test_corruptions_are_only_applied_in_training(clean):
    calls = []

    def counted(x, generator):
        calls.append(len(x))
        return x + torch.randn(x.shape, generator=generator, dtype=x.dtype)

    fitted = denoiser(corruption=counted).fit(clean)
    n_calls = len(calls)
    assert n_calls >= fitted.n_epochs_
    found = outputs(fitted, clean)
    assert len(calls) == n_calls
    np.testing.assert_array_equal(found["transform"], found["reconstruct"])
    network = fitted.network_.double()
    with torch.no_grad():
        expected = network(torch.tensor((clean - fitted.center_) / fitted.scale_)).reconstruction
    expected = expected.numpy() * fitted.scale_ + fitted.center_
    np.testing.assert_allclose(found["transform"], expected, atol=1e-12)


@pytest.mark.parametrize(
    "corruption", sorted(set(CORRUPTIONS) - {"swap"})
)  # swap ignores sample weights
def test_weight_k_is_equivalent_to_k_copies_of_a_corrupted_sample(clean, corruption):
    X, weight = clean[:30], np.arange(30) % 3
    weighted = denoiser(corruption=corruption).fit(X, sample_weight=weight)
    copied = denoiser(corruption=corruption).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.loss_curve_, copied.loss_curve_, atol=1e-7)
    np.testing.assert_allclose(weighted.transform(X), copied.transform(X), atol=1e-7)


@pytest.mark.parametrize("early_stopping", [True, False])
def test_only_training_is_noisy_in_early_stopping(clean, early_stopping):
    fitted = denoiser(
        corruption=Gaussian(0.3), early_stopping=early_stopping, **{**STILL, "max_epochs": 4}
    ).fit(np.vstack([clean] * 3))
    assert len(set(np.round(fitted.loss_curve_, 6))) == 4
    if early_stopping:  # 60 samples are held out, in more than one batch
        np.testing.assert_allclose(fitted.validation_scores_, fitted.validation_scores_[0])
        assert fitted.validation_scores_[0] < fitted.score_samples(clean).mean()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_small_datasets_are_learned_with_any_random_state(iris, early_stopping):
    """Training starts from the conditional mean of missing values, and does not spoil it."""
    rows = np.repeat(iris[::3], 50, axis=0)
    settings = {"max_epochs": 40, "early_stopping": early_stopping}
    for seed in range(5):
        start, end = (
            denoiser(4, random_state=seed, learning_rate=rate, **settings).fit(iris[::3])
            for rate in (1e-30, 5e-3)
        )
        damaged = with_some_missing(rows)
        error = mean_error(start.transform(damaged), rows)
        means = np.where(np.isnan(damaged), iris[::3].mean(axis=0), damaged)
        assert error < 0.3 * mean_error(means, rows)
        assert mean_error(end.transform(damaged), rows) < 1.05 * error


# ------------------------------------------------------------------- corruptions of users


def reverse(x, generator):
    return x.flip(1)


def test_a_function_of_a_user_is_a_corruption(clean):
    seen = Seen()
    fitted = denoiser(corruption=reverse, max_epochs=1, callbacks=[seen]).fit(clean)
    np.testing.assert_allclose(in_units(fitted, seen.target), in_order(clean), atol=1e-5)
    np.testing.assert_allclose(
        in_units(fitted, seen.x), in_order(clean[:, ::-1]), atol=1e-5, rtol=1e-5
    )


class Shift(Corruption):
    """A user-defined corruption with a parameter."""

    def __init__(self, by=1.0):
        self.by = by

    def __call__(self, x, generator, *, shared=False):
        return x + self.by


def test_corruptions_are_applied_in_the_order_of_the_list(clean):
    def double(x, generator):
        return x.mul_(2)  # modifies its copy in place

    before = clean.copy()
    for parts, expected in (
        ([Shift(0.5), double], 2 * (clean + 0.5)),
        ([double, Shift(0.5)], 2 * clean + 0.5),
    ):
        seen = Seen()
        fitted = denoiser(corruption=parts, max_epochs=1, callbacks=[seen]).fit(clean)
        np.testing.assert_allclose(in_units(fitted, seen.x), in_order(expected), atol=1e-5)
    np.testing.assert_array_equal(clean, before)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda x, generator: None, TypeError),
        (lambda x, generator: x.numpy(), TypeError),
        (lambda x, generator: x[:, :3], ValueError),
        (lambda x, generator: x.float(), ValueError),
    ],
)
@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAutoencoder])
def test_a_corruption_that_returns_something_else_is_refused(clean, cls, wrong, error):
    estimator = quick(cls, corruption=["gaussian", wrong])
    with pytest.raises(error, match="corruption must return"):
        estimator.fit(clean)
    assert not hasattr(estimator, "network_")


@pytest.mark.parametrize(
    ("cls", "name", "advice"),
    [
        (DenoisingAutoencoder, "corruption__rate", r"corruption=Masking\(\)"),
        (AutoencoderTransformer, "corruption__rate", r"corruption=Masking\(\)"),
        (AutoencoderTransformer, "corruption__std", r"corruption=Gaussian\(\)"),
        (AutoencoderTransformer, "penalty__weight", r"penalty=Contractive\(\)"),
        (AutoencoderTransformer, "network__tied_weights", r"network=Dense\(\)"),
        (AutoencoderRegressor, "pretraining_corruption__rate", r"pretraining_corruption=Masking"),
        (VAEGenerator, "latent__n_gaussians", r"latent=MixturePrior\(\)"),
        (VAEGenerator, "latent__n_codes", r"latent=VectorQuantizer\(\)"),
    ],
)
def test_a_parameter_of_a_name_cannot_be_set_and_an_object_is_advised(cls, name, advice):
    parameter = name.partition("__")[2]
    message = rf"{name} cannot be set, .* with the parameter '{parameter}' first, as in {advice}"
    with pytest.raises(ValueError, match=message):
        cls().set_params(**{name: 1})
    with pytest.raises(ValueError, match=r"with the parameter 'nonsense' first\.$"):
        cls().set_params(**{f"{name.partition('__')[0]}__nonsense": 1})


def test_the_stated_rates_of_corruptions_are_their_defaults():
    for cls in (AutoencoderTransformer, DenoisingAutoencoder):
        entry = re.search(r"corruption : .*?\n\n", cls.__doc__, flags=re.S)[0]
        stated = dict(re.findall(r'"(\w+)"\s+\([^)]*?(\d\.\d+)', entry))
        rates = {name: part().get_params() for name, part in CORRUPTIONS.items()}
        assert stated.keys() == rates.keys()
        for name, rate in stated.items():
            assert float(rate) == rates[name].get("rate", rates[name].get("std")), name


@pytest.mark.parametrize("corruption", [Gaussian, ["masking", Gaussian]])
def test_a_class_of_corruptions_is_refused_with_advice(clean, corruption):
    message = r"corruption must be an object, not a class; got the class Gaussian. Write Gaussian\("
    with pytest.raises(ValueError, match=message):
        quick(DenoisingAutoencoder, corruption=corruption).fit(clean)


class Outdated(Gaussian):
    """A corruption without the argument `shared`."""

    def __call__(self, x, generator):
        return x


@pytest.mark.parametrize(
    ("corruption", "expected", "got"),
    [
        (lambda x: x, r"\(x, generator\)", r"\(x\)"),
        (Outdated(), r"\(x, generator, shared=...\)", r"\(x, generator\)"),
    ],
)
@pytest.mark.parametrize("name", ["corruption", "pretraining_corruption"])
def test_a_corruption_with_other_arguments_is_refused_before_training(
    clean, name, corruption, expected, got
):
    cls = DenoisingAutoencoder if name == "corruption" else AutoencoderRegressor
    estimator = cls(**{name: [corruption], "max_epochs": 10**9})
    message = f"^{name} is called with the arguments {expected}; the arguments of .* are {got}"
    with pytest.raises(TypeError, match=message):
        estimator.fit(clean, clean[:, 0])


@pytest.mark.parametrize(
    "corruption", ["nonsense", 3, Gaussian, ["gaussian", "nonsense"], [None], [3], [Gaussian]]
)
def test_a_corruption_is_a_part_its_name_or_a_function(clean, corruption):
    with pytest.raises((ValueError, TypeError), match=r"corruption.*(nonsense|None|3|Gaussian)"):
        denoiser(corruption=corruption).fit(clean)


@pytest.mark.parametrize("part", [Gaussian(-1), [Gaussian(), Gaussian(-1)]])
def test_an_unusable_parameter_of_a_corruption_is_named(clean, part):
    with pytest.raises(ValueError, match=r"'std' parameter of Gaussian must be .* Got -1"):
        denoiser(corruption=part).fit(clean)


# ----------------------------------------------------------------- pairs that a user gives


def never(x, generator):
    raise AssertionError("pairs are damaged already")


def test_pairs_are_taken_as_they_are(clean, noisy):
    seen = Seen()
    fitted = denoiser(corruption=never, max_epochs=1, callbacks=[seen]).fit(noisy, clean=clean)
    x, target = (np.concatenate(rows) * fitted.scale_ for rows in (seen.x, seen.target))
    both = np.hstack([x, target]) + np.tile(fitted.center_, 2)
    np.testing.assert_allclose(in_order(both), in_order(np.hstack([noisy, clean])), atol=1e-5)


@pytest.mark.parametrize("init", ["pca", "random"])
@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_the_target_is_the_clean_sample(clean, noisy, init, loss):
    settings = {"init": init, "loss": loss, "max_epochs": 60}
    fitted = denoiser(4, **settings).fit(noisy, clean=clean)
    found = fitted.transform(noisy)
    assert mean_error(found, clean) < 0.2 * mean_error(noisy, clean)
    assert mean_error(found, clean) < 0.2 * mean_error(found, noisy)
    np.testing.assert_allclose(found.mean(axis=0), clean.mean(axis=0), atol=0.1)


def test_the_scale_is_that_of_the_clean_samples(clean, noisy):
    fitted = denoiser().fit(noisy, clean=clean)
    np.testing.assert_allclose(fitted.center_, clean.mean(axis=0))
    np.testing.assert_allclose(fitted.scale_, np.sqrt(clean.var(axis=0).mean()))


def test_fit_transform_takes_pairs(clean, noisy):
    found = denoiser().fit_transform(noisy, clean=clean)
    np.testing.assert_array_equal(found, denoiser().fit(noisy, clean=clean).transform(noisy))


def test_partial_fit_takes_pairs(clean, noisy):
    learner = denoiser(4, corruption=never)
    for _ in range(60):
        learner.partial_fit(noisy, clean=clean)
    assert learner.n_epochs_ == 60
    assert learner.loss_curve_[-1] < 0.5 * learner.loss_curve_[0]
    assert mean_error(learner.transform(noisy), clean) < 0.2 * mean_error(noisy, clean)


def test_early_stopping_takes_pairs(clean, noisy):
    settings = {"early_stopping": True, "max_epochs": 30, "corruption": never}
    fitted = denoiser(4, init="random", **settings).fit(noisy, clean=clean)
    assert max(fitted.validation_scores_) > 0.5 * min(fitted.validation_scores_)
    assert mean_error(fitted.transform(noisy), clean) < mean_error(noisy, clean)


def test_the_loss_is_over_the_observed_values_of_the_clean_samples(clean, noisy):
    clean, noisy = with_missing_values(clean), with_missing_values(noisy[::-1])[::-1]
    weight = np.arange(200) % 3 + 0.5
    fitted = denoiser(dtype="float64", **STILL).fit(noisy, clean=clean, sample_weight=weight)
    residual = (fitted.reconstruct(noisy) - clean) / fitted.scale_
    losses = np.nansum(residual**2, axis=1) / 6
    assert fitted.loss_curve_[0] == pytest.approx(np.average(losses, weights=weight), rel=1e-8)


def test_missing_values_are_imputed_with_clean_samples(clean, noisy):
    gaps = with_some_missing(noisy)
    fitted = denoiser(4, max_epochs=60).fit(gaps, clean=clean)
    missing = np.isnan(gaps)
    means = np.broadcast_to(clean.mean(axis=0), clean.shape)
    found = fitted.transform(gaps)
    assert mean_error(found[missing], clean[missing]) < 0.8 * mean_error(
        means[missing], clean[missing]
    )
    fitted = denoiser(4).fit(gaps, clean=with_missing_values(clean))
    assert all(np.isfinite(output).all() for output in outputs(fitted, gaps).values())


def test_a_sample_without_observed_values_is_denoised_to_the_expected_sample(clean, noisy):
    noisy[3] = np.nan
    fitted = denoiser(output="imputed").fit(noisy, clean=clean)
    imputed = fitted.transform(noisy)
    assert np.isfinite(imputed).all()
    alone = fitted.transform(np.full((1, noisy.shape[1]), np.nan))
    np.testing.assert_allclose(imputed[3], alone[0], atol=1e-6)


@pytest.mark.parametrize(
    "params", [{}, {"pretraining": "layerwise", "init": "random", "network": Dense((8,))}], ids=str
)
def test_weight_k_is_k_copies_of_a_pair(clean, noisy, params):
    weight = np.arange(40) % 3
    X, target = noisy[:40], clean[:40]
    weighted = denoiser(max_epochs=20, **params).fit(X, clean=target, sample_weight=weight)
    copied = denoiser(max_epochs=20, **params)
    copied.fit(np.repeat(X, weight, axis=0), clean=np.repeat(target, weight, axis=0))
    np.testing.assert_allclose(weighted.transform(X), copied.transform(X), atol=1e-7)


@pytest.mark.parametrize("n_rows", [40, 200])
def test_a_pair_of_weight_zero_is_absent(clean, noisy, n_rows):
    X, target, kept = noisy[:n_rows], clean[:n_rows], np.arange(n_rows) % 3 > 0
    anomalous = [np.where(kept[:, None], rows, 1e6) for rows in (X, target)]
    weighted = denoiser().fit(anomalous[0], clean=anomalous[1], sample_weight=kept)
    absent = denoiser().fit(X[kept], clean=target[kept], sample_weight=np.ones(kept.sum()))
    assert_same(outputs(weighted, X), outputs(absent, X))


def test_frames_may_be_pairs(clean, noisy):
    expected = denoiser().fit(noisy, clean=clean).transform(noisy)
    for frame in (pd.DataFrame, lambda rows, columns: pl.DataFrame(rows, schema=columns)):
        X, target = (frame(rows, columns=COLUMNS) for rows in (noisy, clean))
        for clean_rows in (target, clean):
            fitted = denoiser().fit(X, clean=clean_rows)
            np.testing.assert_array_equal(fitted.transform(X), expected)
    np.testing.assert_array_equal(
        denoiser().fit(noisy.tolist(), clean=clean.tolist()).transform(noisy), expected
    )


def frame(rows, columns=COLUMNS):
    return pd.DataFrame(rows, columns=columns)


WRONG = {
    "too few columns": lambda clean: clean[:, :3],
    "too few rows": lambda clean: clean[:50],
    "transposed": lambda clean: clean.T,
    "one row": lambda clean: clean[0],
    "other order": lambda clean: frame(clean)[COLUMNS[::-1]],
    "other names": lambda clean: frame(clean, list("uvwxyz")),
    "infinity": lambda clean: np.where(clean > 0.9, np.inf, clean),
    "text": lambda clean: "text",
    "strings": lambda clean: np.full(clean.shape, "text"),
    "a number": lambda clean: 0.5,
    "complex": lambda clean: clean + 1j,
    "ragged": lambda clean: [[0.5] * 6] * 199 + [[0.5]],
}


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "score"])
def test_invalid_clean_samples_are_rejected(clean, noisy, make, method):
    fitted = denoiser(max_epochs=1).fit(frame(clean))
    before, wrong = outputs(fitted, frame(clean)), make(clean)
    with pytest.raises(ValueError, match="clean"):
        getattr(fitted, method)(frame(noisy), clean=wrong)
    assert_same(outputs(fitted, frame(clean)), before)
    if method != "score":
        unfitted = denoiser()
        with pytest.raises(ValueError, match="clean"):
            getattr(unfitted, method)(frame(noisy), clean=wrong)
        assert not [name for name in vars(unfitted) if name.endswith("_")]


def test_an_empty_clean_sample_is_rejected(clean, noisy):
    clean[3] = np.nan
    with pytest.raises(
        ValueError, match=r"clean must .* 1 sample\(s\) of clean contain only missing values"
    ):
        denoiser().fit(noisy, clean=clean)


def test_an_empty_clean_feature_is_kept_with_a_warning(clean, noisy):
    clean[:, 2] = np.nan
    with pytest.warns(UserWarning, match=r"1 feature\(s\) of clean .* the first is 2"):
        fitted = denoiser().fit(noisy, clean=clean)
    assert np.isnan(fitted.transform(noisy)[:, 2]).all()


def test_a_feature_without_values_is_predicted_from_the_others(clean, noisy):
    noisy[:, 2] = np.nan
    fitted = denoiser(4, max_epochs=60).fit(noisy, clean=clean)
    error = mean_error(fitted.transform(noisy)[:, 2], clean[:, 2])
    assert error < 0.7 * clean[:, 2].var()


def test_cross_entropy_requires_clean_samples_in_the_unit_interval(clean, noisy):
    assert noisy.max() > 1
    denoiser(loss="binary_cross_entropy").fit(noisy, clean=clean)
    with pytest.raises(ValueError, match=r"needs clean in \[0, 1\]"):
        denoiser(loss="binary_cross_entropy").fit(clean, clean=noisy)


# -------------------------------------------------------------------- what transform gives


def test_feature_names_are_those_of_the_columns(clean):
    fitted = denoiser().fit(frame(clean))
    assert fitted.get_feature_names_out().tolist() == COLUMNS
    assert fitted.get_feature_names_out(COLUMNS).tolist() == COLUMNS
    with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
        fitted.get_feature_names_out(COLUMNS[::-1])
    expected = [f"x{i}" for i in range(6)]
    assert denoiser().fit(clean).get_feature_names_out().tolist() == expected


def test_names_of_codes_are_numbered(clean):
    fitted = denoiser(3, output="code").fit(frame(clean))
    assert fitted.get_feature_names_out().tolist() == [f"denoisingautoencoder{i}" for i in range(3)]


@pytest.mark.parametrize("output", ["denoised", "code"])
@pytest.mark.parametrize(("kind", "made"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_frames_come_out_where_they_are_wanted(clean, output, kind, made):
    fitted = denoiser(output=output).set_output(transform=kind).fit(frame(clean))
    for found in (fitted.transform(frame(clean)), fitted.fit_transform(frame(clean))):
        assert isinstance(found, made)
        assert list(found.columns) == fitted.get_feature_names_out().tolist()
        assert found.shape == (200, 6 if output == "denoised" else 2)
    expected = clone(fitted).set_output(transform="default").fit(clean).transform(clean)
    np.testing.assert_array_equal(np.asarray(found), expected)


def test_codes_decode_to_the_denoised_samples(clean):
    fitted, rows = (denoiser(output=output).fit(clean) for output in ("code", "denoised"))
    codes = fitted.transform(clean)
    assert codes.shape == (200, 2)
    np.testing.assert_allclose(fitted.inverse_transform(codes), rows.transform(clean), rtol=1e-9)
    np.testing.assert_array_equal(fitted.reconstruct(clean), rows.transform(clean))


def test_denoised_samples_have_no_inverse(clean):
    fitted = denoiser().fit(clean)
    assert not hasattr(fitted, "inverse_transform")
    with pytest.raises(AttributeError) as caught:
        fitted.inverse_transform(clean)
    assert 'inverse_transform needs output="code"' in str(caught.value.__cause__)
    assert hasattr(denoiser(output="code"), "inverse_transform")


@pytest.mark.parametrize("weight", [None, np.arange(200) % 3.0], ids=["", "weights"])
def test_score_compares_with_the_clean_samples(clean, noisy, weight):
    fitted = denoiser().fit(clean)
    found = fitted.transform(noisy)
    for target, given in ((clean, {"clean": clean}), (noisy, {})):
        expected = r2_score(target, found, sample_weight=weight, multioutput="variance_weighted")
        score = fitted.score(noisy, sample_weight=weight, **given)
        assert score == pytest.approx(expected, abs=1e-10)


def test_score_ignores_missing_clean_values(clean, noisy):
    fitted, known = denoiser().fit(clean), with_missing_values(clean)
    residual, deviation = known - fitted.transform(noisy), known - np.nanmean(known, axis=0)
    expected = 1 - np.nansum(residual**2) / np.nansum(deviation**2)
    assert fitted.score(noisy, clean=known) == pytest.approx(expected, abs=1e-10)


# ------------------------------------------------------------------- pipelines and searches


def test_pairs_and_labels_go_through_a_pipeline(clean, noisy):
    y = (clean[:, 0] > np.median(clean[:, 0])).astype(int)
    with config_context(enable_metadata_routing=True):
        step = denoiser(4).set_fit_request(clean=True)
        pipeline = make_pipeline(step, StandardScaler(), LogisticRegression())
        pipeline.fit(noisy, y, clean=clean)
    expected = denoiser(4).fit(noisy, clean=clean).transform(noisy)
    np.testing.assert_array_equal(pipeline[0].transform(noisy), expected)
    assert pipeline.score(noisy, y) > 0.8


def test_pairs_are_routed_through_a_search(clean, noisy):
    with config_context(enable_metadata_routing=True):
        step = denoiser().set_fit_request(clean=True).set_score_request(clean=True)
        search = GridSearchCV(step, {"n_components": [1, 2]}, cv=2).fit(noisy, clean=clean)
    half = slice(0, 100), slice(100, 200)
    scores = [
        denoiser(2).fit(noisy[train], clean=clean[train]).score(noisy[test], clean=clean[test])
        for test, train in (half, half[::-1])
    ]
    assert search.cv_results_["mean_test_score"][1] == pytest.approx(np.mean(scores))


def test_a_search_over_the_strength_of_a_corruption_works(clean):
    grid = {"corruption__std": [0.1, 3.0], "corruption__clip": [None, (0, 1)]}
    estimator = denoiser(corruption=Gaussian(), init="random", max_epochs=20)
    search = GridSearchCV(estimator, grid, cv=2).fit(clean)
    assert len(set(search.cv_results_["mean_test_score"])) == 4
    assert search.best_params_["corruption__std"] < 3
    assert search.transform(clean).shape == clean.shape


@needs_callbacks
def test_a_scoring_monitor_receives_the_clean_samples(clean, noisy):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(
        scoring=lambda estimator, X, y, **metadata: {"score": estimator.score(X, **metadata)}
    )
    fitted = denoiser().set_callbacks(monitor).fit(noisy, clean=clean)
    scores = [entry["score"] for entry in monitor.get_logs().data]
    assert (
        scores[0] == scores[-1] == fitted.score(noisy, clean=clean)
    )  # at the end of the fit, and after the last epoch


# -------------------------------------------------------------------------------- images

IMAGES = {"network": Convolutional((8, 8), channels=(4,)), "corruption": Gaussian(0.3)}


@pytest.fixture
def images(digits):
    return digits[:100].reshape(-1, 8, 8)


def test_images_are_equivalent_to_flattened_samples(images):
    rows = images.reshape(100, 64)
    fitted, expected = (denoiser(4, **IMAGES).fit(X) for X in (images, rows))
    assert_same(outputs(fitted, rows), outputs(expected, rows))
    assert fitted.transform(images).shape == images.shape
    assert fitted.reconstruct(images).shape == images.shape
    assert fitted.reconstruct(rows).shape == rows.shape
    np.testing.assert_array_equal(fitted.reconstruct(images)[3].ravel(), fitted.transform(rows)[3])
    assert fitted.score(images, clean=images) == expected.score(rows)
    assert len(fitted.get_feature_names_out()) == 64


def test_clean_images_are_equivalent_to_flattened_samples(images):
    noisy = images + 0.3 * np.random.RandomState(0).randn(*images.shape)
    found, expected = (
        denoiser(4, **IMAGES).fit(noisy.reshape(shape), clean=images.reshape(other))
        for shape, other in (((100, 8, 8), (100, 8, 8)), ((100, 64), (100, 64)))
    )
    assert_same(outputs(found, noisy), outputs(expected, noisy))
    with pytest.raises(ValueError, match="clean"):
        denoiser(4, **IMAGES).fit(noisy, clean=images[:, :, :7])


def test_a_convolutional_denoiser_denoises(digits):
    train, test = (rows.reshape(-1, 8, 8) for rows in (digits[:600], digits[1200:]))
    noisy = test + 0.3 * np.random.RandomState(0).randn(*test.shape)
    network = Convolutional((8, 8), channels=(8, 16))
    fitted = denoiser(16, network=network, corruption=Gaussian(0.3), max_epochs=8).fit(train)
    assert mean_error(fitted.reconstruct(noisy), test) < 0.5 * mean_error(noisy, test)


# ------------------------------------------------------------------ layer-wise pretraining

LAYERWISE = {"pretraining": "layerwise", "init": "random"}
NETWORKS = [
    Dense((32, 16)),
    Dense((32, 16), "tanh", tied_weights=True),
    Dense((32, 16), "relu", batch_norm=True, dropout=0.1),
]
every_network = pytest.mark.parametrize("network", NETWORKS, ids=["plain", "tied", "normalised"])


def pretrained(cls, network, **params):
    settings = {**LAYERWISE, "max_epochs": 1, "n_components": 8, "network": network}
    return quick(cls, **{**settings, **params})


@pytest.mark.parametrize("kind", ["joint", "layerwise"])
def test_pretraining_has_a_corruption_and_a_learning_rate_of_its_own(clean, kind):
    def curves(**params):
        fitted = pretrained(DenoisingAutoencoder, Dense((16,)), pretraining=kind, **params)
        return fitted.fit(clean).pretraining_curves_

    on_clean = curves(corruption=Masking(0.9), pretraining_corruption=[])
    assert on_clean == curves(corruption=None)
    assert on_clean != curves(corruption=Masking(0.9))
    slow = {"corruption": None, "learning_rate": 1e-3}
    assert curves(corruption=None, pretraining_learning_rate=1e-3) == curves(**slow)


@every_network
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("corruption", [None, "masking"])
def test_pretraining_starts_from_a_lower_loss(digits, network, seed, corruption):
    settings = {"corruption": corruption, "random_state": seed}
    first, plain = (
        pretrained(AutoencoderTransformer, network, pretraining=kind, **settings)
        .fit(digits[:300])
        .loss_curve_[0]
        for kind in ("layerwise", None)
    )
    assert first < 0.9 * plain


@every_network
@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAutoencoder])
def test_every_pair_of_layers_has_a_falling_curve(digits, cls, network):
    fitted = pretrained(cls, network, pretraining_epochs=7).fit(digits[:300])
    assert [len(curve) for curve in fitted.pretraining_curves_] == [7, 7, 7]
    assert all(curve[-1] < curve[0] for curve in fitted.pretraining_curves_)
    assert len(fitted.loss_curve_) == fitted.n_epochs_ == 1


def test_pretraining_trains_every_layer(digits):
    found, start = (
        weights(pretrained(AutoencoderTransformer, NETWORKS[0], **params).fit(digits[:300]))
        for params in ({"pretraining_epochs": 5}, {"learning_rate": 1e-30})
    )
    assert not [name for name in start if (found[name] == start[name]).all()]


def stages_of(monkeypatch):
    """Return a list to which the samples and the plan of every pair of layers are added."""
    found, train = [], _pretraining.train

    def recording(model, objective, data, plan, *args):
        found.append((data, plan))
        return train(model, objective, data, plan, *args)

    monkeypatch.setattr(_pretraining, "train", recording)
    return found


def test_inner_pairs_are_trained_on_clean_codes_of_outer_pairs(monkeypatch, clean, noisy):
    stages = stages_of(monkeypatch)
    network = Dense((5, 4))
    pretrained(DenoisingAutoencoder, network, n_components=3).fit(clean)
    assert [data.X.shape[1] for data, _ in stages] == [6, 5, 4]
    assert [len(plan.corruptions) for _, plan in stages] == [1, 0, 0]
    pretrained(DenoisingAutoencoder, network, n_components=3).fit(noisy, clean=clean)
    assert [data.clean is None for data, _ in stages[3:]] == [False, True, True]
    np.testing.assert_array_equal(stages[3][0].X, noisy)


def test_held_out_samples_are_not_used_in_pretraining(monkeypatch, clean):
    stages = stages_of(monkeypatch)
    pretrained(DenoisingAutoencoder, Dense((5, 4)), early_stopping=True).fit(clean)
    held_out = stages[0][0].held_out
    assert len(held_out) == 20
    for data, _ in stages[1:]:
        if len(data.X) == 200:
            np.testing.assert_array_equal(data.held_out, held_out)
        else:
            assert (len(data.X), data.held_out) == (180, None)


def test_dropout_and_batch_normalisation_are_active_after_pretraining(clean):
    modes = []

    class Modes(Callback):
        def on_batch_end(self, net, **kwargs):
            modes.append({module.training for module in net.module_.modules()})

    pretrained(DenoisingAutoencoder, NETWORKS[2], callbacks=[Modes()]).fit(clean)
    assert modes == [{True}] * len(modes)
    assert len(modes) == 7  # fine-tuning only


def test_one_pretraining_serves_a_life_of_fits(clean):
    fitted = pretrained(DenoisingAutoencoder, Dense((8,)), warm_start=True).fit(clean)
    curves = fitted.pretraining_curves_
    assert fitted.fit(clean).partial_fit(clean).pretraining_curves_ is curves
    assert fitted.n_epochs_ == 3


def test_a_fit_without_pretraining_has_no_curves_of_it(clean):
    fitted = pretrained(DenoisingAutoencoder, Dense((8,))).fit(clean)
    fitted.set_params(pretraining=None).fit(clean)
    assert not hasattr(fitted, "pretraining_curves_")


def test_weight_k_is_k_copies_in_pretraining(clean):
    X, weight = clean[:30], np.arange(30) % 3
    estimator = pretrained(DenoisingAutoencoder, Dense((8,)), max_epochs=10)
    weighted = clone(estimator).fit(X, sample_weight=weight)
    copied = clone(estimator).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.pretraining_curves_, copied.pretraining_curves_, atol=1e-7)
    np.testing.assert_allclose(weighted.transform(X), copied.transform(X), atol=1e-7)


def test_missing_values_are_pretrained_around(clean):
    X = with_missing_values(clean)
    fitted = pretrained(DenoisingAutoencoder, Dense((8,))).fit(X)
    assert np.isfinite(fitted.pretraining_curves_).all()
    assert all(np.isfinite(output).all() for output in outputs(fitted, X).values())


class Nowhere(nn.Module):
    def forward(self, x):
        return x * torch.inf


class Hopeless(Dense):
    """A network whose layers cannot be trained separately."""

    def stages(self, encoder, decoder):
        return [(nn.Sequential(a, Nowhere()), b) for a, b in super().stages(encoder, decoder)]


def test_a_pretraining_that_fails_is_reported(clean):
    estimator = pretrained(DenoisingAutoencoder, Hopeless((8,)))
    with pytest.raises(FloatingPointError, match="Training failed: The loss became nan in epoch 1"):
        estimator.fit(clean)
    assert not hasattr(estimator, "network_")


def test_cross_entropy_is_pretrained_too(clean):
    fitted = pretrained(DenoisingAutoencoder, Dense((8,)), loss="binary_cross_entropy").fit(clean)
    assert all(curve[-1] < curve[0] for curve in fitted.pretraining_curves_)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"init": "pca"},
            "cannot be combined with init='pca', .* linear path .* Use init='random'",
        ),
        ({"init": "pca", "network": "linear"}, "cannot be combined with init='pca'"),
        (
            {"network": Recurrent((3, 2))},
            r"requires a network of paired layers, .*Recurrent",
        ),
        (
            {"network": Dense((8,), decoder_layer_sizes=(4, 4))},
            r"needs a decoder that mirrors the encoder",
        ),
    ],
)
def test_unsupported_pretraining_is_rejected(clean, params, message):
    estimator = denoiser(**{**LAYERWISE, **params})
    with pytest.raises(ValueError, match=f"(?s)pretraining='layerwise'.*{message}"):
        estimator.fit(clean)
    assert not hasattr(estimator, "network_")


@pytest.mark.parametrize("params", [{"pretraining": "greedy"}, {"pretraining_epochs": 0}])
def test_parameters_of_pretraining_are_checked(clean, params):
    with pytest.raises(ValueError, match=f"The '{next(iter(params))}' parameter"):
        denoiser(**params).fit(clean)


def test_clean_samples_given_as_y_cause_a_warning(clean):
    with pytest.warns(UserWarning, match=r"use fit\(X, clean=...\)"):
        denoiser(4, max_epochs=1).fit(clean, clean)


class Recorded(Masking):
    """Masking that keeps the batches, and what became of them."""

    pairs: ClassVar[list] = []

    def __call__(self, x, generator, *, shared=False):
        corrupted = super().__call__(x, generator, shared=shared)
        self.pairs.append((x.numpy(), corrupted.numpy()))
        return corrupted


@pytest.mark.parametrize("known_weight", [0.0, 0.3, 1.0])
def test_values_that_are_not_masked_have_their_own_weight(known_weight):
    X = table()
    Recorded.pairs.clear()
    settings = {"batch_size": 20, "scaling": None, "dtype": "float64"} | STILL
    corruption = Recorded(0.3, known_weight=known_weight)
    fitted = denoiser(corruption=corruption, **settings).fit(X)
    # the first call measures how much the corruption changes, then come the four batches
    batch, masked = map(np.concatenate, zip(*Recorded.pairs[1:5], strict=True))
    squares = (fitted.reconstruct(masked) - batch) ** 2
    expected = (squares * np.where(np.isnan(masked), 1, known_weight)).mean()
    np.testing.assert_allclose(fitted.loss_curve_[-1], expected, rtol=1e-6)


@pytest.mark.parametrize(("known_weight", "expected"), [(0.5, 0.5), (1, 1), (None, 0.1)])
def test_a_given_weight_of_known_values_is_not_replaced(known_weight, expected, monkeypatch):
    plans, plan = [], DenoisingAutoencoder._plan
    monkeypatch.setattr(
        DenoisingAutoencoder,
        "_plan",
        lambda *args, **overrides: plans.append(plan(*args, **overrides)) or plans[-1],
    )
    X = table(300)
    X[::3, 1] = np.nan
    corruptions = [Masking(0.1, known_weight=known_weight), Masking(0.2)]
    denoiser(corruption=corruptions, max_epochs=1).fit(X)
    assert plans[0].known_weight == expected


def test_known_values_are_those_that_are_not_missing():
    message = "known_weight .* requires value=nan; got value=0.0 and known_weight=0.5"
    with pytest.raises(ValueError, match=message):
        denoiser(corruption=Masking(0.25, 0.0, known_weight=0.5)).fit(table())
