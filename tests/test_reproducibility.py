"""Identical results in any process and order, with weights or copies."""

import subprocess
import sys

import joblib
import numpy as np
import pytest
from estimators import CASES, FIRST_CASES, PUBLIC, quick
from helpers import assert_same, case, outputs, table, with_missing_values
from sklearn.base import clone

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)


def fit_and_use(estimator, X):
    return outputs(estimator.fit(X), X)


# ------------------------------------------------------------------------ in any process


def test_a_fresh_process_gives_the_same_models(tmp_path):
    X, estimators = table(), [case(estimator) for estimator in CASES]
    joblib.dump((estimators, X), tmp_path / "in")
    code = (
        "import sys, joblib; sys.path.insert(0, 'tests')\n"
        "from test_reproducibility import fit_and_use\n"
        "estimators, X = joblib.load(sys.argv[1])\n"
        "joblib.dump([fit_and_use(estimator, X) for estimator in estimators], sys.argv[2])"
    )
    arguments = [sys.executable, "-c", code, tmp_path / "in", tmp_path / "out"]
    result = subprocess.run(arguments, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    for estimator, found in zip(estimators, joblib.load(tmp_path / "out"), strict=True):
        assert_same(found, fit_and_use(estimator, X))


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_give_the_same_models(backend):
    X, estimators = table(), [case(estimator) for estimator in CASES]
    work = [joblib.delayed(case(estimator).fit)(X) for estimator in CASES]
    fitted = joblib.Parallel(n_jobs=2, backend=backend)(work)
    for found, estimator in zip(fitted, estimators, strict=True):
        assert_same(outputs(found, X), fit_and_use(estimator, X))


@every_case
def test_a_random_state_instance_is_a_stream(estimator):
    X = table()
    rng = np.random.RandomState(0)
    # a shorter fit may keep the initial weights, which do not depend on the seed
    first, second = (case(estimator, random_state=rng, max_epochs=20).fit(X) for _ in range(2))
    again = case(estimator, random_state=np.random.RandomState(0), max_epochs=20).fit(X)
    assert_same(outputs(again, X), outputs(first, X))
    assert (outputs(second, X)["score_samples"] != outputs(first, X)["score_samples"]).any()


@every_case
def test_scores_and_codes_are_never_drawn(estimator):
    X = with_missing_values(table())
    fitted = case(estimator).fit(X)
    assert_same(outputs(fitted, X), outputs(fitted, X))


@every_case
def test_training_does_not_depend_on_previous_computations(estimator):
    X = table()
    expected = outputs(case(estimator).fit(X), X)
    case(estimator, random_state=None).fit(table(30))
    assert_same(outputs(case(estimator).fit(X), X), expected)


# ---------------------------------------------------------------------------- in any order


def assert_close(found, expected, tolerance, least_unit=1e-12):
    """Assert equality relative to the largest value, up to rounding errors near zero."""
    for name in expected:
        unit = max(np.abs(expected[name]).max(), least_unit)
        np.testing.assert_allclose(found[name] / unit, expected[name] / unit, atol=tolerance)


def _row_by_row(fitted, X):
    rows = [outputs(fitted, X[i : i + 1]) for i in range(len(X))]
    return {name: np.concatenate([np.atleast_1d(row[name]) for row in rows]) for name in rows[0]}


@every_case
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-7), (np.float32, 1e-5)])
@pytest.mark.parametrize("holes", [False, True])
def test_a_sample_does_not_depend_on_other_samples(estimator, dtype, tolerance, holes):
    X = with_missing_values(table(dtype=dtype)) if holes else table(dtype=dtype)
    fitted = case(estimator, max_epochs=10).fit(X)
    X = X[:10]
    whole = outputs(fitted, X)
    whole.pop("score", None)
    least_unit = max(np.finfo(dtype).eps, 1e-12)  # of the squares of rounding errors
    assert_close(_row_by_row(fitted, X), whole, tolerance, least_unit)
    order = np.random.RandomState(0).permutation(len(X))
    shuffled = {name: output[order] for name, output in whole.items()}
    assert_close(outputs(fitted, X[order]), shuffled, tolerance, least_unit)


@every_case
def test_many_chunks_are_as_good_as_one(estimator, monkeypatch):
    X = with_missing_values(table())
    estimator = case(estimator, dtype="float64")
    fitted = clone(estimator).fit(X)
    whole = outputs(fitted, X)
    monkeypatch.setattr("sklearn_autoencoders._inference.run._CHUNK_SIZE", 300)
    monkeypatch.setattr("sklearn_autoencoders._data.sources.arrays._CHUNK_SIZE", 70)
    assert_close(outputs(fitted, X), whole, 1e-12)
    assert_close(outputs(estimator.fit(X), X), whole, 1e-6)


# ------------------------------------------------------------------ by weights or by copies


def _weighted_and_copied(estimator, X, weight):
    copies = np.repeat(X, weight, axis=0)
    weighted = case(estimator, max_epochs=20).fit(X, sample_weight=weight)
    copied = case(estimator, max_epochs=20).fit(copies)
    return weighted, copied


@every_case
@pytest.mark.parametrize("holes", [False, True])
def test_weight_k_is_k_copies(estimator, holes):
    X = with_missing_values(table(30)) if holes else table(30)
    weight = np.arange(30) % 4
    weighted, copied = _weighted_and_copied(estimator, X, weight)
    assert weighted.n_samples_seen_ == copied.n_samples_seen_
    # absolutely: rows and codes are of order one, and scores are in units of the variance
    assert_close(outputs(weighted, X), outputs(copied, X), 1e-7, least_unit=1.0)
    np.testing.assert_allclose(weighted.loss_curve_, copied.loss_curve_, atol=1e-7)
    for attribute in ("center_", "scale_"):
        np.testing.assert_allclose(getattr(weighted, attribute), getattr(copied, attribute))


@pytest.mark.parametrize("n_features", [25, 40])
@pytest.mark.parametrize("estimator", FIRST_CASES, ids=repr)
def test_weight_k_is_k_copies_for_about_as_many_features_as_samples(estimator, n_features):
    """Whether a network operates in the span of 20 samples depends on their weight, 30."""
    X, weight = table(20, n_features), np.arange(20) % 4
    weighted, copied = _weighted_and_copied(estimator, X, weight)
    assert (weighted.network_.subspace is None) == (copied.network_.subspace is None)
    # less exactly: axes with almost equal variances depend on rounding errors
    assert_close(outputs(weighted, X), outputs(copied, X), 1e-5, least_unit=1.0)


@every_case
def test_weight_k_is_equivalent_to_k_copies_in_full_batches(estimator):
    X, weight = table(150), np.arange(150) % 3
    full = case(estimator, batch_size=1000, dtype="float64")
    weighted, copied = _weighted_and_copied(full, X, weight)
    # absolutely: rows and codes are of order one, and scores are in units of the variance
    assert_close(outputs(weighted, X), outputs(copied, X), 1e-7, least_unit=1.0)


@every_case
@pytest.mark.parametrize("n_rows", [30, 120])
def test_weight_zero_is_absence(estimator, n_rows):
    X, kept = table(n_rows), np.arange(n_rows) % 3 > 0
    anomalous = np.where(kept[:, None], X, 1e6)
    weighted = case(estimator).fit(anomalous, sample_weight=kept.astype(float))
    absent = case(estimator).fit(X[kept], sample_weight=np.ones(kept.sum()))
    assert_same(outputs(weighted, X), outputs(absent, X))


@every_case
def test_unit_weights_are_no_weights(estimator):
    X = table(120)
    weighted = case(estimator).fit(X, sample_weight=np.ones(120))
    assert_close(outputs(weighted, X), outputs(case(estimator).fit(X), X), 1e-6)


@every_case
def test_weights_count(estimator):
    X = table()
    weight = np.where(X[:, 0] > np.median(X[:, 0]), 5.0, 0.2)
    weighted, plain = (
        case(estimator, init="random", max_epochs=20).fit(X, sample_weight=w).score_samples(X)
        for w in (weight, None)
    )
    gain = weighted - plain
    assert gain[weight > 1].mean() > gain[weight < 1].mean()


@every_class
def test_copies_of_a_sample_have_equal_reconstructions(cls):
    X = table(40)
    fitted = quick(cls).fit(np.vstack([X, X]))
    codes = fitted.reconstruct(np.vstack([X, X]))
    np.testing.assert_allclose(codes[:40], codes[40:], rtol=1e-12)
