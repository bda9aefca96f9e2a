"""Features without values: in the fit, in a fold, or in the samples that are not held out."""

import copy
import functools

import numpy as np
import pandas as pd
import pytest
from estimators import PREDICTORS, PUBLIC, quick
from helpers import fitted_to, readers, table, target_of
from sklearn.model_selection import cross_val_score

from sklearn_autoencoders import (
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
    export_onnx,
    load,
    save,
)

EMPTY = 2
every_class = pytest.mark.parametrize("cls", PUBLIC + PREDICTORS)
ignoring = pytest.mark.filterwarnings("ignore:1 feature.s. of:UserWarning")


def with_empty_feature(n_samples=80):
    X = table(n_samples)
    X[:, EMPTY] = np.nan
    return X


@functools.cache
def _fitted_with_empty_feature(cls):
    return fitted_to(cls, with_empty_feature())


def fitted_with_empty_feature(cls):
    """Return an estimator, which can be modified; each class is fitted once."""
    return copy.deepcopy(_fitted_with_empty_feature(cls))


def of_samples(estimator, X):
    names = [name for name in readers(estimator) if name != "score"]
    return {name: np.asarray(getattr(estimator, name)(X)) for name in names}


@every_class
def test_an_empty_feature_is_kept_with_a_warning_that_names_it(cls):
    X = with_empty_feature()
    with pytest.warns(UserWarning, match=r"1 feature\(s\) of X .* the first is 2\. They are ign"):
        fitted_to(cls, X)
    frame = pd.DataFrame(X, columns=list("abcdef"))
    with pytest.warns(UserWarning, match="the first is 'c'") as caught:
        quick(cls).fit(frame, target_of(cls, X))
    assert caught[0].filename == __file__


@ignoring
@every_class
def test_values_in_an_empty_feature_are_ignored(cls):
    X = with_empty_feature()
    fitted, filled = fitted_with_empty_feature(cls), table()
    expected = of_samples(fitted, X)
    for name, output in of_samples(fitted, filled).items():
        np.testing.assert_array_equal(output, expected[name], err_msg=name)


@ignoring
@every_class
def test_training_continues_without_the_values_of_an_empty_feature(cls):
    X = with_empty_feature()
    fitted, same = (fitted_to(cls, X, warm_start=True) for _ in range(2))
    y = target_of(cls, X)
    np.testing.assert_array_equal(
        of_samples(fitted.fit(table(), y), X)[readers(fitted)[0]],
        of_samples(same.fit(X, y), X)[readers(fitted)[0]],
    )


@ignoring
@pytest.mark.parametrize("cls", PUBLIC)
def test_an_empty_feature_comes_back_as_missing(cls):
    X = with_empty_feature()
    fitted = fitted_with_empty_feature(cls)
    found = [fitted.reconstruct(X)]
    if hasattr(fitted, "inverse_transform"):
        found += [fitted.inverse_transform(fitted.transform(X))]
    if hasattr(fitted, "sample"):
        found += [fitted.sample(20), fitted.impute(X)]
    for samples in found:
        is_missing = np.isnan(samples)
        assert is_missing[:, EMPTY].all()
        assert not np.delete(is_missing, EMPTY, axis=1).any()


@ignoring
@pytest.mark.parametrize("loss", ["squared_error", "binary_cross_entropy"])
def test_the_other_features_are_learned_as_without_the_empty_one(loss):
    """Up to the scale, the loss is a mean over the observed values."""
    X = with_empty_feature()
    fitted = fitted_to(AutoencoderTransformer, X, loss=loss, max_epochs=30)
    assert fitted.score(X) > 0.5


@ignoring
def test_given_values_are_kept_by_imputation():
    given, fitted = table(), fitted_with_empty_feature(VAEGenerator)
    given[::2, 0] = np.nan
    imputed = fitted.impute(given)
    np.testing.assert_array_equal(imputed[:, 1:], given[:, 1:])
    assert np.isfinite(imputed).all()


@ignoring
def test_a_score_of_denoising_ignores_an_empty_feature():
    X, fitted = with_empty_feature(), fitted_with_empty_feature(DenoisingAutoencoder)
    assert fitted.score(X, clean=table()) == fitted.score(X, clean=X)


@ignoring
@every_class
def test_a_loaded_model_ignores_the_same_features(cls, tmp_path):
    X, fitted = with_empty_feature(), fitted_with_empty_feature(cls)
    save(fitted, tmp_path / "model.skops")
    expected = of_samples(fitted, X)
    for name, output in of_samples(load(tmp_path / "model.skops"), table()).items():
        np.testing.assert_array_equal(output, expected[name], err_msg=name)


@ignoring
@pytest.mark.parametrize(
    ("cls", "method"),
    [
        (AutoencoderTransformer, "reconstruct"),
        *(
            pytest.param(*pair, marks=pytest.mark.long)
            for pair in (
                (AutoencoderTransformer, "transform"),
                (AutoencoderOutlierDetector, "score_samples"),
                (VAEGenerator, "impute"),
            )
        ),
    ],
)
def test_onnx_graphs_ignore_the_same_features(cls, method, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    given, fitted = table().astype(np.float32), fitted_with_empty_feature(cls)
    export_onnx(fitted, tmp_path / "model.onnx", method=method)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(None, {"X": given})
    np.testing.assert_allclose(found, getattr(fitted, method)(given), atol=1e-4)


@ignoring
@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAutoencoder, VAEGenerator])
def test_folds_without_a_value_of_a_feature_have_a_score(cls):
    X = with_empty_feature(60)
    X[5, EMPTY] = 0.5
    assert np.isfinite(cross_val_score(quick(cls), X, cv=3)).all()


@ignoring
@pytest.mark.parametrize("cls", PREDICTORS)
def test_a_predictor_ignores_the_features_that_its_encoder_ignores(cls):
    encoder = fitted_to(AutoencoderTransformer, with_empty_feature())
    found, expected = (
        quick(cls, encoder=encoder).fit(X, target_of(cls, table())).transform(table())
        for X in (table(), with_empty_feature())
    )
    np.testing.assert_array_equal(found, expected)


@ignoring
@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_an_empty_feature_does_not_change_common_scales(unit):
    X = unit * table()
    empty = np.c_[X, np.full(len(X), np.nan)]
    for cls in (AutoencoderTransformer, AutoencoderOutlierDetector):
        found, expected = (fitted_to(cls, samples, scaling="global") for samples in (empty, X))
        if cls is AutoencoderTransformer:
            assert found.scale_[0] == expected.scale_[0]
        else:  # other samples are held out
            assert 0.5 < found.tolerance_[0] / expected.tolerance_[0] < 2


# --------------------------------------------------------------------------- empty selections


@pytest.mark.parametrize("conditional", ["labels", "target"])
def test_a_feature_that_only_held_out_samples_have_does_not_break_a_conditional_fit(conditional):
    """Whichever samples are held out."""
    X = table(40)
    y = (X[:, 0] > np.median(X[:, 0])).astype(int) if conditional == "labels" else X[:, 1]
    for seed in range(10):
        row = np.random.RandomState(seed).randint(40)
        given = X.copy()
        given[:, EMPTY] = np.nan
        given[row, EMPTY] = 0.5
        settings = {"early_stopping": True, "validation_fraction": 0.5, "random_state": seed}
        fitted = quick(VAEGenerator, conditional=conditional, **settings).fit(given, y)
        assert np.isfinite(fitted.loss_curve_).all()
        assert np.isfinite(fitted.sample(5, y=y[:5])).all()


@every_class
def test_a_feature_that_only_held_out_samples_have_does_not_break_a_fit(cls):
    X = table(40)
    y = target_of(cls, X)
    for seed in range(5):
        given = X.copy()
        given[:, EMPTY] = np.nan
        given[seed, EMPTY] = 0.5
        settings = {"early_stopping": True, "validation_fraction": 0.5, "random_state": seed}
        fitted = quick(cls, **settings).fit(given, y)
        for output in of_samples(fitted, X).values():
            assert np.isfinite(output).all()


@ignoring
@every_class
def test_a_feature_that_only_samples_of_weight_zero_have_is_empty(cls):
    X = with_empty_feature()
    X[:3, EMPTY] = 0.5
    weight = np.r_[np.zeros(3), np.ones(77)]
    fitted = quick(cls).fit(X, target_of(cls, X), sample_weight=weight)
    expected = of_samples(fitted, with_empty_feature())
    for name, output in of_samples(fitted, X).items():
        np.testing.assert_array_equal(output, expected[name], err_msg=name)


@every_class
def test_a_sample_of_positive_weight_must_have_a_value(cls):
    X = with_empty_sample()
    weight = np.where(np.isnan(X[:, 0]), 1.0, 0.0)
    with pytest.raises(ValueError, match="All values of X with a positive sample_weight"):
        quick(cls).fit(X, target_of(cls, X), sample_weight=weight)


def with_empty_sample(n_samples=80):
    X = table(n_samples)
    X[3] = np.nan
    return X


@every_class
def test_a_sample_without_values_is_allowed_and_nothing_is_unusual_in_it(cls):
    X = with_empty_sample()
    fitted = fitted_to(cls, X)
    for name, output in of_samples(fitted, X).items():
        assert np.isfinite(output).all(), name
        alone = of_samples(fitted, X[3:4])[name]
        if name not in ("impute", "sample"):
            np.testing.assert_allclose(output[3], alone[0], rtol=1e-4, atol=1e-5, err_msg=name)
    if cls in (AutoencoderTransformer, DenoisingAutoencoder):
        assert fitted.score_samples(X)[3] == 0
    if cls is AutoencoderOutlierDetector:
        assert fitted.predict(X)[3] == 1


def test_an_empty_sample_of_a_table_is_imputed():
    frame = (
        pd.DataFrame(with_empty_sample()).rename(columns=str).assign(c=["a", None, "b", None] * 20)
    )
    imputed = quick(DenoisingAutoencoder, output="imputed").fit(frame).transform(frame)
    assert imputed.notna().all(axis=None)


def test_an_imputer_fills_an_empty_sample_with_about_the_means():
    X = with_empty_sample(400)
    imputed = DenoisingAutoencoder(output="imputed", random_state=0).fit(X).transform(X)[3]
    np.testing.assert_allclose(imputed, np.nanmean(X, axis=0), atol=0.1 * np.nanstd(X))
