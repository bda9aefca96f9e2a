"""Samples of sparse matrices: the same results as those of arrays, without a dense copy."""

import joblib
import numpy as np
import pandas as pd
import pytest
from estimators import CASES, EVERY, PREDICTORS, TRANSFORMERS, quick
from helpers import case, outputs, target_of
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._data.sources.sparse import SparseRows
from sklearn_autoencoders._data.sources.splits import draw_by_content
from sklearn_autoencoders._data.statistics import scaling
from sklearn_autoencoders._data.statistics.pca import principal_axes

NAMED = {"ids": lambda cls: cls.__name__}
FORMATS = [
    sparse.csr_matrix,
    sparse.csr_array,
    sparse.csc_matrix,
    sparse.csc_array,
    sparse.coo_matrix,
    sparse.coo_array,
    sparse.lil_array,
    sparse.dok_array,
    sparse.bsr_array,
]


def mostly_zeros(n_samples=90, n_features=7, seed=0):
    """Return samples of which a sixth of the values is not zero, and one contains zeros only."""
    rng = np.random.RandomState(seed)
    weights = rng.gamma(1.0, size=(n_samples, 2)) @ rng.gamma(0.5, size=(2, n_features))
    X = weights * (rng.uniform(size=weights.shape) < 0.4)
    X[3] = 0.0
    X[np.arange(n_features), np.arange(n_features)] = 1.0
    return X


def with_nan(X):
    X = X.copy()
    X[np.random.RandomState(1).uniform(size=X.shape) < 0.1] = np.nan
    X[:, 0] = np.nan_to_num(X[:, 0])
    return X


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("change", [np.asarray, with_nan], ids=["zeros", "missing"])
@pytest.mark.parametrize("estimator", CASES, ids=repr)
def test_results_are_those_of_arrays(estimator, change):
    X = change(mostly_zeros())
    found = case(estimator).fit(sparse.csr_array(X))
    expected = outputs(case(estimator).fit(X), X)
    assert_close(outputs(found, sparse.csr_array(X)), expected)
    assert_close(outputs(found, X), expected)


@pytest.mark.parametrize("change", [np.asarray, with_nan], ids=["zeros", "missing"])
@pytest.mark.parametrize("cls", PREDICTORS, **NAMED)
def test_predictions_are_those_of_arrays(cls, change):
    X = change(mostly_zeros())
    y = target_of(cls, mostly_zeros())
    found, expected = (quick(cls).fit(values, y) for values in (sparse.csr_array(X), X))
    assert_close(outputs(found, sparse.csr_array(X), y), outputs(expected, X, y))


@pytest.mark.parametrize("estimator", CASES[::3], ids=repr)
def test_batches_are_those_of_arrays(estimator):
    X = mostly_zeros()
    parts = [X[:50], X[50:]]
    found, expected = case(estimator), case(estimator)
    for part in parts:
        found.partial_fit(sparse.csr_array(part), sample_weight=1.0 + np.arange(len(part)) % 3)
        expected.partial_fit(part, sample_weight=1.0 + np.arange(len(part)) % 3)
    assert_close(outputs(found, sparse.csr_array(X)), outputs(expected, X))


@pytest.mark.parametrize("make", FORMATS, ids=lambda make: make.__name__)
def test_every_format_of_scipy(make):
    X = mostly_zeros()
    expected = quick(AutoencoderTransformer).fit_transform(X)
    given = make(X)
    model = quick(AutoencoderTransformer)
    np.testing.assert_array_equal(model.fit_transform(given), expected)
    np.testing.assert_array_equal(given.toarray(), X)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32, np.float64])
def test_types_of_values(dtype):
    X = (3 * mostly_zeros()).astype(dtype)
    found, expected = (
        quick(AutoencoderTransformer).fit_transform(values) for values in (sparse.csr_array(X), X)
    )
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == (np.float32 if dtype == np.float32 else np.float64)


def _with_large_indices(X):
    X = sparse.csr_array(X)
    return sparse.csr_array((X.data, X.indices.astype(np.int64), X.indptr.astype(np.int64)))


def _unsorted(X):
    X = sparse.csr_array(X)
    for start, stop in zip(X.indptr, X.indptr[1:], strict=False):
        X.indices[start:stop] = X.indices[start:stop][::-1]
        X.data[start:stop] = X.data[start:stop][::-1]
    return sparse.csr_array((X.data, X.indices, X.indptr), X.shape)


def _with_duplicates(X):
    X = sparse.csr_array(X)
    halves = np.repeat(X.data / 2, 2), np.repeat(X.indices, 2), 2 * X.indptr
    return sparse.csr_array(halves, X.shape)


def _with_stored_zeros(X):
    X = sparse.csr_array(np.where(X == 0, 7.0, X))
    X.data[X.data == 7.0] = 0.0
    return X


@pytest.mark.parametrize(
    "make", [_with_large_indices, _unsorted, _with_duplicates, _with_stored_zeros]
)
@pytest.mark.parametrize("cls", [AutoencoderTransformer, AutoencoderOutlierDetector], **NAMED)
def test_unusual_matrices(cls, make):
    X = mostly_zeros()
    given = make(X)
    before = given.data.copy(), given.indices.copy(), given.indptr.copy()
    np.testing.assert_array_equal(given.toarray(), X)
    np.testing.assert_array_equal(
        quick(cls).fit(given).score_samples(given), quick(cls).fit(X).score_samples(X)
    )
    for old, new in zip(before, (given.data, given.indices, given.indptr), strict=True):
        np.testing.assert_array_equal(old, new)


def _no_large_arrays(monkeypatch, limit):
    """Let matrices refuse to become dense arrays of more than `limit` values."""
    toarray = sparse.csr_array.toarray

    def limited(self, *args, **kwargs):
        assert np.prod(self.shape) <= limit, f"a dense array of shape {self.shape}"
        return toarray(self, *args, **kwargs)

    for cls in (sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.csc_matrix):
        for name in ("toarray", "todense"):
            monkeypatch.setattr(cls, name, limited)


@pytest.mark.parametrize("estimator", CASES[::3], ids=repr)
def test_only_batches_become_dense(estimator, monkeypatch):
    X = sparse.random(400, 40, density=0.2, format="csr", random_state=0)
    monkeypatch.setattr("sklearn_autoencoders._data.sources.sparse._BLOCK_SIZE", 2**13)
    monkeypatch.setattr("sklearn_autoencoders._data.sources.arrays._CHUNK_SIZE", 2**13)
    monkeypatch.setattr("sklearn_autoencoders._inference.run._CHUNK_SIZE", 2**12)
    monkeypatch.setattr(scaling._Residuals, "chunk_size", 2**13)
    monkeypatch.setattr("sklearn_autoencoders._estimators.outlier_detector._N_SAMPLES", 100)
    monkeypatch.setattr("sklearn_autoencoders._estimators.vae_generator._N_SAMPLES", 100)
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.factors._MAX_SAMPLES", 100)
    _no_large_arrays(monkeypatch, 300 * 40)
    model = case(estimator, max_epochs=1, batch_size=64).fit(X)
    for name in ("transform", "score_samples", "score", "predict"):
        if hasattr(model, name):
            assert np.isfinite(getattr(model, name)(X)).all()


def test_stored_nan_is_missing_and_other_cells_are_zero():
    X = mostly_zeros()
    X[2, 1] = np.nan
    denoiser = quick(DenoisingAutoencoder, output="imputed").fit(sparse.csr_array(X))
    filled = denoiser.transform(sparse.csr_array(X))
    np.testing.assert_array_equal(np.isnan(X), filled != np.where(np.isnan(X), -1e9, X))
    assert np.isfinite(filled).all()


def test_a_feature_without_values_is_ignored():
    X = mostly_zeros()
    X[:, 2] = np.nan
    with pytest.warns(UserWarning, match="1 feature.* only missing values"):
        model = quick(AutoencoderTransformer).fit(sparse.csr_array(X))
    X[:, 2] = 5.0
    other = X.copy()
    other[:, 2] = np.nan
    codes = model.transform(sparse.csr_array(X))
    np.testing.assert_array_equal(codes, model.transform(other))
    assert np.isnan(model.reconstruct(sparse.csr_array(X))[:, 2]).all()


@pytest.mark.parametrize("cls", [AutoencoderTransformer, VAEGenerator], **NAMED)
def test_invalid_values_are_refused_and_the_model_stays(cls):
    X = mostly_zeros()
    model = quick(cls, n_components=2).fit(sparse.csr_array(X))
    before = outputs(model, X)
    empty, infinite = X.copy(), X.copy()
    empty[4], infinite[4, 4] = np.nan, np.inf
    assert np.isfinite(model.transform(sparse.csr_array(empty))).all()
    for wrong, message in [
        (sparse.csr_array(infinite), "infinity"),
        (sparse.csr_array((0, 7)), "0 sample"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(wrong)
        with pytest.raises(ValueError, match=message):
            model.transform(wrong)
    with pytest.raises(ValueError, match="X has 5 features"):
        model.transform(sparse.csr_array(X[:, :5]))
    with pytest.raises(ValueError, match=r"complex|Complex"):
        model.fit(sparse.csr_array(X + 1j))
    assert_close(outputs(model, X), before)


def test_columns_of_categories_are_refused():
    X = np.round(mostly_zeros())
    model = quick(AutoencoderTransformer, categorical_features=[0])
    with pytest.raises(TypeError, match=r"X is sparse.*columns of categories.*toarray"):
        model.fit(sparse.csr_array(X))
    model.fit(X)
    with pytest.raises(TypeError, match=r"X is sparse.*columns of categories.*toarray"):
        model.transform(sparse.csr_array(X))


def test_the_generator_of_levels_refuses_sparse_matrices():
    with pytest.raises(TypeError, match=r"Sparse data was passed.*toarray"):
        quick(AutoregressiveGenerator).fit(sparse.csr_array(mostly_zeros()))


@pytest.mark.parametrize("cls", [*EVERY], **NAMED)
def test_tags_say_whether_sparse_matrices_are_accepted(cls):
    model = cls(AutoencoderTransformer()) if cls is AutoencoderFeatureUnion else cls()
    assert model.__sklearn_tags__().input_tags.sparse == (cls is not AutoregressiveGenerator)


@pytest.mark.parametrize("dense", ["X", "clean"])
def test_one_of_the_samples_and_their_clean_versions_can_be_sparse(dense):
    clean = mostly_zeros()
    X = clean * (np.random.RandomState(3).uniform(size=clean.shape) < 0.8)
    expected = quick(DenoisingAutoencoder).fit(X, clean=clean)
    given = {"X": X, "clean": clean}
    mixed = {name: v if name == dense else sparse.csr_array(v) for name, v in given.items()}
    found = quick(DenoisingAutoencoder).fit(mixed["X"], clean=mixed["clean"])
    np.testing.assert_array_equal(found.transform(X), expected.transform(X))
    assert found.score(mixed["X"], clean=mixed["clean"]) == pytest.approx(
        expected.score(X, clean=clean)
    )
    wide = [sparse.csr_array(np.tile(values, 20)) for values in (X[:20], clean[:20])]
    quick(DenoisingAutoencoder).fit(wide[0], clean=wide[1]).score(wide[0], clean=wide[1])


def test_conditions_labels_and_other_methods():
    X, y = mostly_zeros(), np.arange(90) % 3
    rows = sparse.csr_array(X)
    found, expected = (
        quick(VAEGenerator, n_components=2, conditional=True).fit(values, y) for values in (rows, X)
    )
    np.testing.assert_allclose(found.transform(rows, y), expected.transform(X, y), atol=1e-5)
    np.testing.assert_allclose(
        found.perturb(rows[:3], n_samples=2, y=y[:3], random_state=0),
        expected.perturb(X[:3], n_samples=2, y=y[:3], random_state=0),
        atol=1e-5,
    )
    detector = quick(AutoencoderOutlierDetector).fit(rows)
    explanation = detector.explain(rows)
    np.testing.assert_allclose(
        explanation.contribution.sum(1), detector.score_samples(rows), rtol=1e-5
    )
    y[::4] = -1
    found, expected = (
        quick(AutoencoderClassifier, missing_label=-1).fit(values, y) for values in (rows, X)
    )
    np.testing.assert_array_equal(found.predict(rows), expected.predict(X))


def test_a_union_appends_codes_to_a_sparse_matrix():
    X = sparse.csr_array(mostly_zeros())
    union = AutoencoderFeatureUnion(quick(AutoencoderTransformer), random_state=0)
    output = union.fit_transform(X)
    assert sparse.issparse(output)
    np.testing.assert_allclose(output[:, :7].toarray(), X.toarray())
    codes = quick(AutoencoderTransformer).fit_transform(X)
    np.testing.assert_allclose(output[:, 7:].toarray(), codes, rtol=1e-6)


@pytest.mark.parametrize("cls", TRANSFORMERS, **NAMED)
def test_pipelines_and_frames_of_codes(cls):
    X = sparse.csr_array(mostly_zeros())
    params = {"output": "code"} if cls is DenoisingAutoencoder else {}
    if cls is AutoregressiveGenerator:
        pytest.skip("refuses sparse matrices")
    encoder = quick(cls, n_components=2, **params).set_output(transform="pandas")
    model = make_pipeline(MaxAbsScaler(), encoder)
    codes = model.fit_transform(X)
    assert codes.shape == (90, 2)
    assert list(codes.columns) == list(model.get_feature_names_out())


def test_the_linear_start_is_that_of_pca_not_of_uncentered_svd():
    X = mostly_zeros(300, 12)
    model = quick(AutoencoderTransformer, n_components=3, hidden_layer_sizes=(), max_epochs=1)
    model.set_params(learning_rate=1e-12).fit(sparse.csr_array(X))
    centered = X - X.mean(0)
    singular = np.linalg.svd(centered, compute_uv=False)
    explained = (singular[:3] ** 2).sum() / (singular**2).sum()
    assert model.score(sparse.csr_array(X)) == pytest.approx(explained, rel=1e-6)
    uncentered = TruncatedSVD(3, random_state=0).fit(X)
    residual = X - uncentered.inverse_transform(uncentered.transform(X))
    assert model.score(X) >= 1 - (residual**2).sum() / (centered**2).sum()


def test_statistics_are_those_of_arrays():
    X = with_nan(mostly_zeros(400, 30))
    X[:, 5] = np.nan
    rows, weight = SparseRows(sparse.csr_array(X)), np.arange(400.0) % 4
    found, expected = scaling.find_ranges(rows), scaling.find_ranges(X)
    np.testing.assert_array_equal(found.low, expected.low)
    np.testing.assert_array_equal(found.high, expected.high)
    assert found.has_missing
    for kind in ("global", "feature", "robust", "by_units", None):
        ours, theirs = (scaling.fit_scaling(values, weight, kind) for values in (rows, X))
        np.testing.assert_allclose(ours.center, theirs.center, rtol=1e-12)
        np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-12)
    np.testing.assert_array_equal(draw_by_content(rows, 1), draw_by_content(X, 1))
    X[7] = np.nan
    assert SparseRows(sparse.csr_array(X)).empty_samples().tolist() == [7]
    assert SparseRows(sparse.csr_array(X)).without([0, 3]).empty_samples().tolist() == [7]
    with pytest.raises(TypeError, match="made dense in batches only"):
        np.asarray(rows)


def _texts(n_samples, n_features, n_words=12, seed=0):
    """Return frequencies of words of twelve topics, as a sparse matrix."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, 12, n_samples)
    words = (topic[:, None] * 31 + rng.geometric(0.05, (n_samples, n_words))) % n_features
    rows = np.repeat(np.arange(n_samples), n_words)
    return sparse.coo_array((np.ones(words.size), (rows, words.ravel()))).tocsr()


@pytest.fixture
def everything_is_large(monkeypatch):
    """Treat all matrices of more than 100 features as large ones."""
    monkeypatch.setattr("sklearn_autoencoders._data.sources.sparse.MAX_COVARIANCE", 100)
    monkeypatch.setattr("sklearn_autoencoders._data.sources.sparse._MAX_VALUES", 1000)


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("weighted", [False, True], ids=["equal", "weighted"])
@pytest.mark.parametrize("limit", [4096, 50], ids=["gram", "randomized"])
def test_principal_axes_of_large_matrices(monkeypatch, weighted, limit):
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.sparse_pca._MAX_GRAM", limit)
    monkeypatch.setattr("sklearn_autoencoders._data.statistics.sparse_pca._CHUNK", 64)
    X = _texts(300, 200)
    X.data[::17] = np.nan
    rows, weight = SparseRows(X), np.arange(300.0) % 3 if weighted else None
    kinds = ("global", "feature")
    for kind in kinds:
        ours, theirs = (scaling.fit_scaling(v, weight, kind) for v in (rows, X.toarray()))
        np.testing.assert_allclose(ours.center, theirs.center, atol=1e-12)
        np.testing.assert_allclose(ours.scale, theirs.scale, rtol=1e-10)
        variances, axes = principal_axes(rows, theirs, weight, np.random.RandomState(0))
        expected, others = principal_axes(X.toarray(), theirs, weight, np.random.RandomState(0))
        np.testing.assert_allclose(variances[:5], expected[:5], rtol=1e-6)
        cosines = (axes[:5] * others[:5]).sum(1)
        np.testing.assert_allclose(cosines, 1, atol=1e-4)


@pytest.mark.usefixtures("everything_is_large")
def test_large_matrices_are_trained_on_coordinates(monkeypatch):
    X = _texts(400, 150)
    params = {"n_components": 12, "max_epochs": 3, "dtype": "float64", "dropout": 0.0}
    found = quick(AutoencoderTransformer, **params).fit(X)
    assert found.network_.subspace is not None
    monkeypatch.setattr("sklearn_autoencoders._training.fit.in_coordinates", lambda *args: args[:3])
    features = quick(AutoencoderTransformer, **params).fit(X)
    np.testing.assert_allclose(found.loss_curve_, features.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(found.transform(X), features.transform(X), atol=1e-2)
    assert found.score(X) == pytest.approx(1 - found.loss_curve_[-1], abs=0.02)


def test_a_matrix_whose_dense_copy_does_not_fit():
    X = _texts(500, 1000)
    X = sparse.csr_array((X.data, X.indices, X.indptr), (500, 10**5))
    model = quick(AutoencoderTransformer, max_epochs=1).fit(X)
    assert model.transform(X[:20]).shape == (20, 2)


def test_the_same_matrix_has_the_same_hash_for_checkpoints():
    X = sparse.csr_array(mostly_zeros())
    rows = SparseRows(X)
    before = joblib.hash(rows)
    rows.take([3, 1, 2])
    rows.extremes()
    assert joblib.hash(rows) == joblib.hash(SparseRows(sparse.csr_array(mostly_zeros()))) == before


@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAutoencoder, VAEGenerator])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_codes_are_decoded_into_a_memory_map(cls, dtype, tmp_path, monkeypatch):
    params = {"output": "code"} if cls is DenoisingAutoencoder else {}
    X = sparse.csr_array(mostly_zeros().astype(dtype))
    model = quick(cls, max_epochs=1, **params).fit(X)
    codes = model.transform(X)
    expected = model.inverse_transform(codes)
    monkeypatch.setattr("sklearn_autoencoders._data.output_arrays._CHUNK_SIZE", 7 * 8)
    out = np.memmap(tmp_path / "decoded", dtype, "w+", shape=(90, 7))
    assert model.inverse_transform(codes, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-4 if dtype == np.float32 else 1e-9)
    for wrong, error, message in (
        (out[:, :6], ValueError, r"of shape \(90, 7\); got \(90, 6\)"),
        (np.empty((90, 7), int), TypeError, "floating-point numbers; got one of int64"),
        ([[0.0] * 7] * 90, TypeError, "floating-point numbers; got list"),
        (np.broadcast_to(0.0, (90, 7)), ValueError, "which is read-only"),
    ):
        with pytest.raises(error, match=f"out must be .*{message}"):
            model.inverse_transform(codes, out=wrong)
    assert not hasattr(model, "set_inverse_transform_request") or cls is VAEGenerator


def test_tables_are_not_decoded_into_arrays():
    table = pd.DataFrame({"a": ["x", "y"] * 9, "b": np.arange(18.0)})
    model = quick(AutoencoderTransformer, n_components=1, max_epochs=1).fit(table)
    with pytest.raises(ValueError, match="out= needs features that are all numbers"):
        model.inverse_transform(model.transform(table), out=np.empty((18, 2)))
