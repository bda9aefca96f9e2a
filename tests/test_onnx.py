"""ONNX files reproduce the methods of the estimators without this package."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from estimators import PREDICTORS, PUBLIC, quick
from helpers import snapshot, table, with_missing_values
from numpydoc.validate import validate
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from versions import needs

import sklearn_autoencoders
from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderRegressor,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
    export_onnx,
)
from sklearn_autoencoders._onnx.graphs import graph_of, methods_of
from sklearn_autoencoders._persistence.atomic import write_atomically
from sklearn_autoencoders._utils.draws import Generated, Given
from sklearn_autoencoders.networks import (
    LATENTS,
    CausalConvolutional,
    CausalRecurrent,
    Convolutional,
    Dense,
    EncoderDecoder,
    Recurrent,
    Temporal,
    VectorQuantizer,
)
from sklearn_autoencoders.objectives import LIKELIHOODS

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

# Raw units, gaps, and a column of one value; rows that were not there in training.
CONSTANT = 0.25
ROWS, NEW = (
    np.c_[with_missing_values(table(seed=seed)), np.full(80, CONSTANT)].astype(np.float32)
    for seed in (0, 1)
)
NEW[3, -1], NEW[4, -1] = 0.3, np.nan
LABELS, WORDS = np.arange(80) % 3, np.array(["a", "b", "c"])[np.arange(80) % 3]
TARGETS = np.nan_to_num(ROWS[:, :2]) @ np.array([[100.0, 1.0], [3.0, 2.0]]) + 50

ALL = {
    "transformer": (AutoencoderTransformer, {}, None),
    "denoising": (DenoisingAutoencoder, {}, None),
    "vae": (VAEGenerator, {"n_components": 2}, None),
    "detector": (AutoencoderOutlierDetector, {}, None),
    "classifier": (AutoencoderClassifier, {"n_components": 3}, LABELS),
    "regressor": (AutoencoderRegressor, {"n_components": 3}, TARGETS),
}
# What else has to do with formulas that are not in those, and with what.
SOME = {
    "unit interval": (
        AutoencoderTransformer,
        {"loss": "binary_cross_entropy"},
        None,
        ["score_samples"],
    ),
    "double": (
        AutoencoderTransformer,
        {"dtype": "float64", "network": Dense((16,), "relu", batch_norm=True, n_places=8)},
        None,
        ["reconstruct"],
    ),
    "quantized": (
        VAEGenerator,
        {"n_components": 4, "latent": VectorQuantizer(8)},
        None,
        ["score_samples", "sample"],
    ),
    "student": (
        VAEGenerator,
        {"likelihood": "student_t", "latent": "vamp"},
        None,
        ["score_samples", "sample"],
    ),
    "unit vae": (
        VAEGenerator,
        {"likelihood": "continuous_bernoulli", "latent": "normal"},
        None,
        ["score_samples", "sample"],
    ),
    "members apart": (
        AutoencoderOutlierDetector,
        {"network": Dense((16,), batch_norm=True), "method": "reconstruction", "scaling": "global"},
        None,
        ["score_samples"],
    ),
    "words": (AutoencoderClassifier, {}, WORDS, ["predict"]),
}
# What is made of the same operations otherwise, so that the graph need not be translated.
OTHERWISE = {
    "code": (DenoisingAutoencoder, {"output": "code"}, None, ["transform", "inverse_transform"]),
    "two classes": (AutoencoderClassifier, {}, LABELS == 1, ["decision_function", "predict"]),
    "one target": (AutoencoderRegressor, {}, TARGETS[:, 0], ["predict"]),
    "target": (VAEGenerator, {"conditional": True}, TARGETS[:, 0], ["transform"]),
}
METHODS = {
    "transformer": ["inverse_transform", "reconstruct", "score_samples", "transform"],
    "denoising": ["reconstruct", "score_samples", "transform"],
    "vae": [
        "elbo_samples",
        "impute",
        "inverse_transform",
        "reconstruct",
        "sample",
        "score_samples",
        "transform",
    ],
    "detector": ["decision_function", "p_values", "predict", "reconstruct", "score_samples"],
    "classifier": [
        "decision_function",
        "predict",
        "predict_log_proba",
        "predict_proba",
        "transform",
    ],
    "regressor": ["predict", "transform"],
}
PAIRS = [(name, method) for name in ALL for method in METHODS[name]]
PAIRS += [(name, method) for name, (*_, methods) in SOME.items() for method in methods]
# All operations that there are; what else is made of them is translated in the long suite.
TRANSLATED_IN_TIME = [
    ("transformer", "score_samples"),
    ("vae", "impute"),
    ("detector", "p_values"),
    ("classifier", "predict_log_proba"),
    ("classifier", "predict"),
    ("regressor", "predict"),
    ("unit interval", "score_samples"),
    ("double", "reconstruct"),
    ("quantized", "sample"),
    ("quantized", "score_samples"),
    ("student", "sample"),
    ("members apart", "score_samples"),
]
needs_cosines = needs("onnxruntime", "1.29", "cosines of float64")
UNTRANSLATED = [(name, method) for name, (*_, methods) in OTHERWISE.items() for method in methods]
UNTRANSLATED += [
    (name, method)
    for name, method in PAIRS
    if (name, method) not in TRANSLATED_IN_TIME and method != "sample"  # which draws otherwise
]


def _marks(pair):
    """Return the marks of a pair: a long one, and one that needs a newer onnxruntime."""
    is_long, draws = pair not in TRANSLATED_IN_TIME, pair[1] == "sample"
    return [pytest.mark.long] * is_long + [needs_cosines] * draws


class Exports:
    """Fitted estimators, and files of their methods: each is made once."""

    def __init__(self, folder):
        self._folder, self._fitted, self._files = folder, {}, {}

    def fitted(self, name):
        if name not in self._fitted:
            cls, params, y, *_ = {**ALL, **SOME, **OTHERWISE}[name]
            self._fitted[name] = quick(cls, **params).fit(ROWS, y)
        return self._fitted[name]

    def file(self, name, method):
        if (name, method) not in self._files:
            path = self._folder / f"{name} {method}.onnx"
            export_onnx(self.fitted(name), path, method)
            self._files[name, method] = path
        return self._files[name, method]

    def session(self, name, method):
        return onnxruntime.InferenceSession(self.file(name, method))


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    return Exports(tmp_path_factory.mktemp("onnx"))


def uniform(n_rows, n_columns, seed=0):
    return np.random.RandomState(seed).random_sample((n_rows, n_columns)).astype(np.float32)


def computed(fitted, method, given):
    """Return what the graph of a method gives before it is translated."""
    with torch.no_grad():
        return graph_of(fitted, method)[0](torch.tensor(given)).numpy()


def given_and_expected(fitted, method, X=NEW):
    """Return what a graph is fed, and what the estimator makes of it."""
    if method == "sample":
        given = uniform(80, graph_of(fitted, method)[2])
        return given, computed(fitted, method, given)
    given = fitted.transform(X) if method == "inverse_transform" else X
    return given, getattr(fitted, method)(given)


def test_every_method_is_tried(exports):
    assert {case[0] for case in ALL.values()} == {*PUBLIC, *PREDICTORS}
    assert {name: sorted(methods_of(exports.fitted(name))) for name in ALL} == METHODS


def unit_of(fitted, method, values):
    """Return what differences of rounding are relative to."""
    is_sum = isinstance(fitted, VAEGenerator) and method in ("score_samples", "elbo_samples")
    # of a log density per column, which are of order one each and may cancel
    least = ROWS.shape[1] if is_sum else 1
    return np.maximum(least, np.abs(values.astype(float)))


@pytest.mark.parametrize(
    ("name", "method"),
    [pytest.param(*pair, marks=_marks(pair)) for pair in PAIRS],
)
def test_a_file_gives_what_the_method_gives(exports, name, method):
    session, fitted = exports.session(name, method), exports.fitted(name)
    given, expected = given_and_expected(fitted, method)
    if name == "words":
        expected = np.searchsorted(fitted.classes_, expected)
    (read,), (written,) = session.get_inputs(), session.get_outputs()
    assert (read.name, written.name) == ("uniform" if method == "sample" else "X", method)
    assert (read.type, read.shape[1:]) == ("tensor(float)", [given.shape[1]])
    for n_rows in (len(given), 1):
        (found,) = session.run([method], {read.name: given[:n_rows]})
        assert (found.dtype, found.shape) == (expected.dtype, (n_rows, *expected.shape[1:]))
        np.testing.assert_array_less(
            np.abs(found.astype(float) - expected[:n_rows]),
            1e-5 * unit_of(fitted, method, expected[:n_rows]),
        )


@pytest.mark.long
def test_every_operation_is_translated_in_time(exports):
    def operations(pairs):
        models = [onnx.load(exports.file(*pair)) for pair in pairs]
        return {node.op_type for model in models for node in model.graph.node}

    assert operations(PAIRS) == operations(TRANSLATED_IN_TIME)


@pytest.mark.parametrize(("name", "method"), UNTRANSLATED)
def test_a_graph_gives_what_the_method_gives(exports, name, method):
    fitted = exports.fitted(name)
    given, expected = given_and_expected(fitted, method)
    if name == "words":
        expected = np.searchsorted(fitted.classes_, expected)
    found = computed(fitted, method, given)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert (
        np.abs(found.astype(float) - expected) <= 1e-5 * unit_of(fitted, method, expected)
    ).all()


@pytest.mark.parametrize(
    "network",
    [
        Convolutional((3, 4, 4), layout="CHW"),
        Convolutional((4, 4, 3), bottleneck="global"),
        Convolutional((4, 4, 3), bottleneck="spatial", upsample="bilinear"),
        Convolutional((4, 4, 3), bottleneck="global_max", hidden_layer_sizes=(5,), pool_size=3),
        EncoderDecoder(Dense((9,)), Convolutional((4, 4, 3), upsample="transposed", pool_size=3)),
    ],
    ids=["channels first", "channels last", "spatial", "maximum", "dense encoder"],
)
def test_a_convolutional_network_is_exported(tmp_path, network):
    X = np.random.RandomState(0).random_sample((30, 48)).astype(np.float32)
    fitted = quick(AutoencoderTransformer, n_components=3, network=network, max_epochs=1).fit(X)
    export_onnx(fitted, tmp_path / "file", "reconstruct")
    session = onnxruntime.InferenceSession(tmp_path / "file")
    X[:, 5] = np.nan
    np.testing.assert_allclose(session.run(None, {"X": X})[0], fitted.reconstruct(X), atol=1e-5)


GAPS = with_missing_values(table()).astype(np.float32)
RECURRENT = {"series_shape": (3, 2), "hidden_size": 4}


@pytest.mark.parametrize(
    "network",
    [
        Recurrent(**RECURRENT),
        *(
            pytest.param(network, marks=pytest.mark.long)
            for network in (
                Temporal((3, 2), channels=(4,), bottleneck="global", upsample="transposed"),
                Recurrent(**RECURRENT, cell="lstm", layer_norm=True, bidirectional_encoder=True),
            )
        ),
    ],
    ids=["gru", "convolutions", "lstm"],
)
def test_a_network_of_series_is_exported(tmp_path, network):
    settings = {"n_components": 2, "network": network, "max_epochs": 1}
    fitted = quick(AutoencoderTransformer, **settings).fit(GAPS)
    export_onnx(fitted, tmp_path / "file", "reconstruct")
    session = onnxruntime.InferenceSession(tmp_path / "file")
    for X in (GAPS, table(seed=1).astype(np.float32)):
        found = session.run(None, {"X": X})[0]
        np.testing.assert_allclose(found, fitted.reconstruct(X), atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_every_method_of_a_network_of_series_is_a_graph(name):
    cls, params, y = ALL[name]
    settings = {**params, "n_components": 2, "network": Recurrent(**RECURRENT), "max_epochs": 1}
    fitted = quick(cls, **settings).fit(GAPS, y)
    for method in set(METHODS[name]) - {"sample"}:
        given, expected = given_and_expected(fitted, method, GAPS)
        np.testing.assert_allclose(computed(fitted, method, given), expected, rtol=1e-3, atol=1e-5)


def test_a_threshold_that_is_moved_is_in_the_next_graph(exports):
    fitted = pickle.loads(pickle.dumps(exports.fitted("detector")))
    fitted.offset_ = float(np.median(fitted.score_samples(NEW))) + 1e-4
    found = computed(fitted, "predict", NEW)
    np.testing.assert_array_equal(found, fitted.predict(NEW))
    assert set(found) == {-1, 1}


NUMERIC = ["bool", "uint8", "int16", "uint16", "int32", "uint64", "int64", "float32", "float64"]


@pytest.mark.parametrize("dtype", NUMERIC)
def test_labels_keep_their_type(dtype):
    fitted = quick(AutoencoderClassifier).fit(ROWS, (LABELS == 1).astype(dtype))
    found = computed(fitted, "predict", NEW)
    assert found.dtype == fitted.predict(NEW).dtype == dtype
    np.testing.assert_array_equal(found, fitted.predict(NEW))


def test_a_file_of_bytes_as_labels(tmp_path):
    fitted = quick(AutoencoderClassifier).fit(ROWS, LABELS.astype(np.uint8))
    export_onnx(fitted, tmp_path / "file", "predict")
    (found,) = onnxruntime.InferenceSession(tmp_path / "file").run(None, {"X": NEW})
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, fitted.predict(NEW))


def test_targets_keep_their_type():
    fitted = quick(AutoencoderRegressor).fit(ROWS, TARGETS.astype(np.float32))
    found = computed(fitted, "predict", NEW)
    assert found.dtype == fitted.predict(NEW).dtype == np.float32
    np.testing.assert_allclose(found, fitted.predict(NEW), rtol=1e-5)


# ----------------------------------------------------------------------------------------- draws


@pytest.mark.parametrize(
    ("likelihood", "latent"),
    [(name, "mixture") for name in LIKELIHOODS] + [("gaussian", name) for name in LATENTS],
)
def test_numbers_of_the_unit_cube_become_rows_that_scatter_as_those_of_sample(likelihood, latent):
    fitted = quick(VAEGenerator, n_components=2, likelihood=likelihood, latent=latent).fit(ROWS)
    n_rows, (_, name, n_columns) = 100_000, graph_of(fitted, "sample")
    assert name == "uniform"
    found = computed(fitted, "sample", uniform(n_rows, n_columns))
    expected = fitted.sample(n_rows, random_state=0)
    assert found.dtype == expected.dtype
    assert (found[:, -1] == CONSTANT).all()
    spread = expected[:, :-1].std(0)
    for statistic, tolerance in (
        (lambda rows: rows.mean(0), 0.02),
        (lambda rows: rows.std(0), 0.03),
        (lambda rows: np.quantile(rows, [0.05, 0.25, 0.5, 0.75, 0.95], axis=0), 0.04),
    ):
        if statistic(expected).ndim == 2 and likelihood == "bernoulli":
            continue  # whose quantiles are 0 or 1
        difference = statistic(found[:, :-1]) - statistic(expected[:, :-1])
        assert np.abs(difference / spread).max() < tolerance


@pytest.mark.parametrize(
    ("params", "n_columns"),
    [
        ({"likelihood": "gaussian"}, 1 + 2 * 4 + 2 * 7),
        ({"likelihood": "student_t", "latent": "normal"}, 1 + 2 * 4 + 2 * 7),
        ({"likelihood": "laplace", "latent": "vamp"}, 1 + 2 * 4 + 7),
        ({"likelihood": "bernoulli"}, 1 + 2 * 4 + 7),
        ({"likelihood": "continuous_bernoulli"}, 1 + 2 * 4 + 7),
        ({"latent": VectorQuantizer(8, group_size=2)}, 2 + 2 * 7),
    ],
)
def test_a_draw_takes_as_many_numbers_as_documented(params, n_columns):
    fitted = quick(VAEGenerator, n_components=4, max_epochs=1, **params).fit(ROWS)
    assert graph_of(fitted, "sample")[2] == n_columns


@needs_cosines
def test_the_ends_of_the_unit_interval_become_finite_rows(exports):
    session = exports.session("student", "sample")
    n_columns = session.get_inputs()[0].shape[1]
    ends = np.repeat([[0.0], [1.0]], n_columns, axis=1).astype(np.float32)
    assert np.isfinite(session.run(None, {"uniform": ends})[0]).all()


@pytest.mark.parametrize("kind", ["generated", "given"])
def test_draws_have_their_distributions(kind):
    like = torch.zeros(100_000, 1, dtype=torch.float64)
    shares = torch.tensor([0.2, 0.0, 0.5, 0.3]).expand(len(like), -1)
    generator = torch.Generator().manual_seed(0)
    numbers = torch.rand(len(like), 6, generator=generator)
    draws = Generated(generator) if kind == "generated" else Given(numbers)
    normal, flat = draws.normal(like), draws.uniform(like)
    assert normal.dtype == flat.dtype == torch.float64
    assert float(normal.mean()) == pytest.approx(0, abs=0.02)
    assert float(normal.std()) == pytest.approx(1, abs=0.02)
    assert float(normal.square().square().mean()) == pytest.approx(3, abs=0.2)
    assert float(flat.var()) == pytest.approx(1 / 12, abs=0.01)
    assert float(draws.bernoulli(like + 0.3).mean()) == pytest.approx(0.3, abs=0.01)
    counts = draws.choice(shares).bincount(minlength=4) / len(like)
    np.testing.assert_allclose(counts, [0.2, 0, 0.5, 0.3], atol=0.01)
    if kind == "given":
        assert draws.n_taken == 5


# ----------------------------------------------------------------------------------------- files


@pytest.mark.parametrize(
    ("name", "method"),
    [("vae", "impute"), ("quantized", "sample"), ("detector", "p_values")],
)
def test_a_file_draws_nothing_and_says_nothing_of_this_machine(exports, name, method):
    path = exports.file(name, method)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    kinds = {(node.domain, node.op_type) for node in model.graph.node}
    assert {domain for domain, _ in kinds} == {""}
    assert not {kind for _, kind in kinds if "Random" in kind or kind in ("Multinomial", "Dropout")}
    assert str(Path(sklearn_autoencoders.__file__).parent).encode() not in path.read_bytes()
    assert not list(path.parent.glob("*.data")), "weights are inside"


def test_the_same_estimator_gives_the_same_file(exports, tmp_path):
    export_onnx(exports.fitted("transformer"), tmp_path / "again", "score_samples")
    first = exports.file("transformer", "score_samples").read_bytes()
    assert (tmp_path / "again").read_bytes() == first


def test_nothing_else_changes(exports, tmp_path):
    fitted = exports.fitted("regressor")
    exports.file("regressor", "predict")  # the first time, modules are imported
    before, state = snapshot(), pickle.dumps(fitted)
    export_onnx(fitted, tmp_path / "file", "predict")
    assert snapshot() == before
    assert pickle.dumps(fitted) == state
    assert all(parameter.requires_grad for parameter in fitted.network_.head.parameters())


def test_nothing_is_printed(exports, tmp_path):
    with open(tmp_path / "fitted", "wb") as file:
        pickle.dump(exports.fitted("transformer"), file)
    code = """
import logging, pickle, sys, warnings
from sklearn_autoencoders import export_onnx
assert not {"onnx", "onnxscript"} & set(sys.modules)
with open(sys.argv[1], "rb") as file:
    fitted = pickle.load(file)
filters, level = list(warnings.filters), logging.getLogger("torch.onnx").level
export_onnx(fitted, sys.argv[1] + ".onnx")
assert warnings.filters == filters
assert logging.getLogger("torch.onnx").level == level
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, tmp_path / "fitted"],
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(str(path), b"new")
    assert path.read_bytes() == b"new"

    def fail(*args):
        raise OSError("no space")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"newer")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize(
    "network",
    [None, CausalRecurrent(n_layers=2, cell="lstm"), CausalRecurrent(cell="lstm", n_members=2)],
    ids=["gru", "lstm", "members"],
)
def test_steps_of_a_causal_network_read_a_text(network, tmp_path):
    texts = ["to be", "or not", "that is"] * 10
    generator = quick(AutoregressiveGenerator, n_components=16, network=network).fit(texts)
    export_onnx(generator, tmp_path / "step.onnx", "predict_proba")
    session = onnxruntime.InferenceSession(tmp_path / "step.onnx")
    states = {
        node.name: np.zeros((2, node.shape[1]), np.float32)
        for node in session.get_inputs()
        if node.name != "symbol"
    }
    symbols = list(generator.symbols_)
    n_ngrams, n_repeats = [state.shape[1] for state in states.values()][-2:]
    assert n_ngrams == 5
    assert n_repeats > 8
    beginnings = ["that", "or n"]
    for place in range(-1, 4):
        index = [symbols.index(text[place]) if place >= 0 else -1 for text in beginnings]
        found, *after = session.run(None, {"symbol": np.array(index), **states})
        expected = generator.predict_proba([text[: place + 1] for text in beginnings])
        np.testing.assert_allclose(found, expected, atol=1e-5)
        states = dict(zip(states, after, strict=True))


@pytest.mark.parametrize(
    "network",
    [CausalConvolutional((3, 4), channels=8, n_layers=3), CausalRecurrent(n_layers=2)],
    ids=["convolutional", "recurrent"],
)
def test_likelihoods_of_arrays_of_a_causal_network(network, tmp_path):
    X = np.random.RandomState(0).randint(3, size=(40, 12)).astype(np.float32) * 2
    generator = quick(AutoregressiveGenerator, n_components=8, network=network).fit(X)
    path = tmp_path / "likelihood.onnx"
    export_onnx(generator, path, "score_samples")
    session = onnxruntime.InferenceSession(path)
    X[0, 3] = np.nan
    (found,) = session.run(["score_samples"], {"X": X[:7]})
    expected = generator.score_samples(X[:7])
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert found.dtype == expected.dtype
    with pytest.raises(ValueError, match=r"one of \['score_samples'\].*fitted to numbers"):
        export_onnx(generator, path, "predict_proba")


def test_intervals_of_a_causal_network_are_not_exported(tmp_path):
    X = np.random.RandomState(0).randn(40, 6)
    generator = quick(
        AutoregressiveGenerator, n_components=4, network=CausalRecurrent(), max_levels=8
    )
    with pytest.raises(ValueError, match=r"intervals of numbers.*max_levels=8"):
        export_onnx(generator.fit(X), tmp_path / "file.onnx", "score_samples")


def test_levels_that_float32_cannot_tell_apart_are_not_exported(tmp_path):
    X = np.random.RandomState(0).randint(3, size=(40, 6)) + 1e9
    generator = quick(AutoregressiveGenerator, n_components=4, network=CausalRecurrent()).fit(X)
    with pytest.raises(ValueError, match="float32, in which some of its levels are the same"):
        export_onnx(generator, tmp_path / "file.onnx", "score_samples")


# ---------------------------------------------------------------------------------------- errors


def test_other_methods_of_a_causal_network_are_not_exported(tmp_path):
    generator = quick(AutoregressiveGenerator, n_components=4).fit(["to be", "or not"] * 10)
    with pytest.raises(ValueError, match=r"method must be one of \['predict_proba'\]"):
        export_onnx(generator, tmp_path / "codes.onnx")


def test_models_of_texts_are_not_exported(tmp_path):
    estimator = quick(AutoencoderTransformer).fit(["to be", "or not"] * 10)
    with pytest.raises(TypeError, match="fitted to texts"):
        export_onnx(estimator, tmp_path / "codes.onnx")


def test_unions_and_pipelines_are_exported_part_by_part(tmp_path):
    union = AutoencoderFeatureUnion(quick(AutoencoderTransformer))
    for estimator in (union, make_pipeline(StandardScaler(), union), StandardScaler(), None):
        with pytest.raises(TypeError, match=f"got {type(estimator).__name__}.*inside one by one"):
            export_onnx(estimator, tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("cls", [case[0] for case in ALL.values()])
def test_an_estimator_has_to_be_fitted(tmp_path, cls):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        export_onnx(cls(), tmp_path / "file", "nothing")


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("transformer", "fit"),
        ("denoising", "inverse_transform"),
        ("detector", "transform"),
        ("detector", "explain"),
        ("classifier", "reconstruct"),
        ("vae", "perturb"),
    ],
)
def test_an_error_says_which_methods_there_are(exports, tmp_path, name, method):
    with pytest.raises(ValueError, match="method must be one of") as error:
        export_onnx(exports.fitted(name), tmp_path / "file", method)
    assert str(METHODS[name]) in str(error.value)
    assert repr(method) in str(error.value)


@pytest.mark.parametrize("method", ["sample", "score_samples", "reconstruct", "inverse_transform"])
def test_a_graph_takes_no_condition(exports, tmp_path, method):
    with pytest.raises(ValueError, match=f"method='{method}' of a conditional VAEGenerator needs"):
        export_onnx(exports.fitted("target"), tmp_path / "file", method)


@pytest.mark.parametrize("module", ["onnx", "onnxscript"])
def test_an_error_says_how_to_install_what_is_missing(exports, tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"pip install 'sklearn_autoencoders\[onnx\]'"):
        export_onnx(exports.fitted("transformer"), tmp_path / "file")


def test_the_function_is_documented():
    ignored = {"ES01", "SA01", "GL01", "GL02", "RT02"}
    found = validate("sklearn_autoencoders.export_onnx")["errors"]
    assert not [(code, text) for code, text in found if code not in ignored]
