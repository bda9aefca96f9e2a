"""Scikit-learn's estimator checks, including those that are not run by default."""

import functools

import numpy as np
import pandas as pd
import pytest
import sklearn
from estimators import CASES, EVERY, FIRST_CASES, OF_TABLES, TRANSFORMERS, quick, quick_any
from helpers import assert_same, outputs, table, time_limit
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.decomposition import PCA
from sklearn.utils import estimator_checks as checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    VAEGenerator,
)

EXTRA_CHECKS = [
    checks.check_param_validation,
    checks.check_dataframe_column_names_consistency,
    checks.check_inplace_ensure_writeable,
    checks.check_estimators_partial_fit_n_features,
]

TRANSFORMER_CHECKS = [
    checks.check_set_output_transform,
    checks.check_set_output_transform_pandas,
    checks.check_set_output_transform_polars,
    checks.check_global_output_transform_pandas,
    checks.check_global_set_output_transform_polars,
    checks.check_transformer_get_feature_names_out,
    checks.check_transformer_get_feature_names_out_pandas,
    checks.check_get_feature_names_out_error,
]


# What is checked is seldom what training leads to: two epochs are enough of it.
SHORT = [clone(estimator).set_params(max_epochs=2) for estimator in CASES]
SHORT_TRANSFORMERS = [
    pytest.param(short, marks=[] if case in FIRST_CASES else pytest.mark.long)
    for case, short in zip(CASES, SHORT, strict=True)
    if type(case) in TRANSFORMERS
]


@parametrize_with_checks(SHORT)
def test_estimator_check(estimator, check):
    check(estimator)


@pytest.mark.long
@parametrize_with_checks([*FIRST_CASES, AutoencoderOutlierDetector(), VAEGenerator()])
def test_estimator_check_of_whole_trainings(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", EXTRA_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", SHORT, ids=repr)
def test_extra_check(estimator, check):
    check(type(estimator).__name__, clone(estimator))


# as in scikit-learn's own runs of the set_output checks, which mix frames and arrays
@pytest.mark.filterwarnings("ignore:X (has|does not have valid) feature names:UserWarning")
@pytest.mark.parametrize("check", TRANSFORMER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("estimator", SHORT_TRANSFORMERS, ids=repr)
def test_extra_check_of_transformers(estimator, check):
    check(type(estimator).__name__, clone(estimator))


@pytest.mark.parametrize("cls", OF_TABLES)
def test_metadata_routing_without_metadata_changes_nothing(cls):
    X, y = table(), np.arange(80) % 2
    expected = outputs(quick_any(cls, n_components=2).fit(X, y), X, y)
    with sklearn.config_context(enable_metadata_routing=True), time_limit(60):
        assert_same(outputs(quick_any(cls, n_components=2).fit(X, y), X, y), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("cls", OF_TABLES)
def test_samples_codes_and_targets_have_the_type_of_those_in_training(cls, dtype):
    X = table(dtype=dtype)
    y = np.arange(80) % 2 if is_classifier(cls()) else X[:, 0]
    fitted = quick_any(cls, n_components=2).fit(X, y)
    names = ["transform", "reconstruct", "impute", "perturb"]
    if is_regressor(fitted):
        names.append("predict")
    found = {name: getattr(fitted, name)(X) for name in names if hasattr(fitted, name)}
    if hasattr(fitted, "inverse_transform"):
        found["inverse_transform"] = fitted.inverse_transform(found["transform"])
    if hasattr(fitted, "sample"):
        found["sample"] = fitted.sample(2)
    if hasattr(fitted, "interpolate"):
        found["means"] = fitted.sample(2, noise=False)
        found["line"] = fitted.interpolate(X[:2], X[2:4], 3)
        found["circle"] = fitted.interpolate(X[:2], X[2:4], 3, method="slerp")
    if cls is AutoencoderFeatureUnion:
        found["cross_fit"] = fitted.set_params(cross_fit=2).fit_transform(X)
    assert {name: array.dtype for name, array in found.items()} == dict.fromkeys(found, dtype)


def everything(cls, X, y):
    """Return the outputs of all methods of estimators of a class that were fitted to X."""
    fitted = quick_any(cls, n_components=2).fit(X, y)
    found = outputs(fitted, X, y)
    for name in ("impute", "predict_proba", "p_values", "elbo_samples"):
        if hasattr(fitted, name):
            found[name] = np.asarray(getattr(fitted, name)(X))
    if hasattr(fitted, "fit_transform"):
        found["fit_transform"] = np.asarray(fitted.fit_transform(X, y))
    if hasattr(fitted, "explain"):
        found |= {name: np.asarray(part) for name, part in fitted.explain(X).items()}
    if hasattr(fitted, "encoder"):
        encoder = quick(AutoencoderTransformer, n_components=2)
        found["encoder"] = np.asarray(quick(cls, encoder=encoder).fit(X, y).predict(X))
    if cls is AutoencoderFeatureUnion:
        parts = [("codes", quick(AutoencoderTransformer, n_components=2)), ("pca", PCA(2))]
        for passthrough in (True, "scaled"):
            both = cls(parts, passthrough=passthrough, cross_fit=2, random_state=0)
            found[passthrough] = np.asarray(both.fit_transform(X, y))
    return found


@functools.cache
def everything_of(cls, given):
    """Return `everything` for an array or a frame; without configuration, once per process."""
    X, y = table(), np.arange(80) % 2
    return everything(cls, X if given == "array" else pd.DataFrame(X, columns=list("abcdef")), y)


@pytest.mark.parametrize("output", ["pandas", "polars"])
@pytest.mark.parametrize("given", ["array", "frame"])
@pytest.mark.parametrize("cls", OF_TABLES)
def test_the_configured_output_does_not_change_numbers(cls, given, output):
    expected = everything_of(cls, given)
    with sklearn.config_context(transform_output=output):
        assert_same(everything_of.__wrapped__(cls, given), expected)


@pytest.mark.parametrize("cls", EVERY)
def test_messages_about_parameters_name_public_classes_only(cls):
    for name in cls._parameter_constraints:
        if name == "random_state":
            continue  # a message of scikit-learn
        with pytest.raises(ValueError, match=f"The '{name}' parameter of {cls.__name__}") as error:
            cls(**{name: object()}).fit(table(), np.arange(80) % 2)
        assert "._" not in str(error.value)
