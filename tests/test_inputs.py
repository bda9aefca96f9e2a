"""Any input results in finite output or in an error that names the problem."""

import functools
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from estimators import CASES, PREDICTORS, PUBLIC, UNIT_LOSS, every_case_in_time, having, quick
from helpers import assert_same, case, fitted_case, outputs, readers, table
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from torch.utils.data import Subset, TensorDataset

from sklearn_autoencoders import (
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)

N_ROWS, N_FEATURES = 24, 4
COLUMNS = list("abcd")


def rows():
    return table(N_ROWS, N_FEATURES)


def filled(value, dtype=np.float64):
    """Return samples whose values are equal up to small factors."""
    with np.errstate(all="ignore"):
        return (value * (1 + rows() / 8).astype(dtype)).astype(dtype)


def patched(index, value, X=None):
    X = rows() if X is None else X
    X[index] = value
    return X


def frame(X=None, columns=COLUMNS):
    return pd.DataFrame(rows() if X is None else X, columns=columns)


def read_only():
    X = rows()
    X.setflags(write=False)
    return X


def polars_with_null():
    return pl.DataFrame({"a": [None, *[0.5] * (N_ROWS - 1)], **frame()[["b", "c", "d"]]})


ZOO = {
    "ordinary": rows,
    "nan": lambda: patched((3, 1), np.nan),
    "nan row": lambda: patched(3, np.nan),
    "nan column": lambda: patched((slice(None), 2), np.nan),
    "all nan": lambda: np.full((N_ROWS, N_FEATURES), np.nan),
    "one value a column": lambda: patched((slice(1, None), 2), np.nan),
    "inf": lambda: patched((3, 1), np.inf),
    "-inf": lambda: patched((3, 1), -np.inf),
    "nan and inf": lambda: patched(5, np.nan, patched((3, 1), np.inf)),
    "object": lambda: rows().astype(object),
    "object with None": lambda: patched((3, 1), None, rows().astype(object)),
    "object with text": lambda: patched((3, 1), "text", rows().astype(object)),
    "object with list": lambda: patched((3, 1), {}, rows().astype(object)),
    "complex": lambda: rows() + 1j,
    "strings": lambda: np.full((N_ROWS, N_FEATURES), "text"),
    "numbers as strings": lambda: rows().astype(str),
    "bytes": lambda: np.full((N_ROWS, N_FEATURES), b"text"),
    "dates": lambda: np.full((N_ROWS, N_FEATURES), np.datetime64("2020-01-01")),
    "csr": lambda: sparse.csr_matrix(rows()),
    "csc array": lambda: sparse.csc_array(rows()),
    "empty": lambda: np.empty((0, N_FEATURES)),
    "no columns": lambda: np.empty((N_ROWS, 0)),
    "empty list": list,
    "1-d": lambda: rows()[0],
    "0-d": lambda: np.float64(3),
    "3-d": lambda: rows()[None],
    "none": lambda: None,
    "text": lambda: "text",
    "one row": lambda: rows()[:1],
    "two equal rows": lambda: rows()[[0, 0]],
    "one column": lambda: rows()[:, :1],
    "one cell": lambda: rows()[:1, :1],
    "constant column": lambda: patched((slice(None), 0), 0.7),
    "constant": lambda: np.full((N_ROWS, N_FEATURES), 0.3),
    "large constant": lambda: np.full((N_ROWS, N_FEATURES), 1e300),
    "zero": lambda: np.zeros((N_ROWS, N_FEATURES)),
    "1e30": lambda: filled(1e30),
    "1e-30": lambda: filled(1e-30),
    "1e38 in float32": lambda: filled(1e38, np.float32),
    "1e-38 in float32": lambda: filled(1e-38, np.float32),
    "1e300": lambda: filled(1e300),
    "1e-300": lambda: filled(1e-300),
    "subnormal": lambda: filled(5e-324),
    "±1e308": lambda: patched((slice(None, None, 2),), -1e308, filled(1e308)),
    "±3e38 in float32": lambda: patched((slice(None, None, 2),), -3e38, filled(2e38, np.float32)),
    "one cell of 1e308": lambda: patched((3, 1), 1e308),
    "one column of 1e30": lambda: patched((slice(None), 1), filled(1e30)[:, 1]),
    "one column of 1e-30": lambda: patched((slice(None), 1), filled(1e-30)[:, 1]),
    "near constant": lambda: 1e9 + 1e-7 * rows(),
    "float16": lambda: rows().astype(np.float16),
    "longdouble": lambda: rows().astype(np.longdouble),
    "huge longdouble": lambda: filled(np.longdouble("1e4000"), np.longdouble),
    "big-endian": lambda: rows().astype(">f8"),
    "big-endian float32": lambda: rows().astype(">f4"),
    "negative strides": lambda: rows()[::-1, ::-1],
    "strided": lambda: np.repeat(np.repeat(rows(), 2, axis=0), 2, axis=1)[::2, ::2],
    "read-only": read_only,
    "fortran order": lambda: np.asfortranarray(rows()),
    "int": lambda: (rows() * 9).astype(int),
    "large int": lambda: np.full((N_ROWS, N_FEATURES), 2**63 - 1) - np.arange(N_FEATURES),
    "int8": lambda: (rows() * 9).astype(np.int8),
    "unsigned": lambda: (rows() * 9).astype(np.uint64),
    "bool": lambda: rows() > 0.5,
    "masked array": lambda: np.ma.masked_array(rows(), rows() > 0.9),
    "list of lists": lambda: rows().tolist(),
    "ragged": lambda: [[1.0, 2.0, 3.0, 4.0], [1.0]],
    "structured": lambda: np.zeros(N_ROWS, dtype=[(name, float) for name in COLUMNS]),
}

FRAMES = {
    "pandas": frame,
    "pandas NA": lambda: frame().astype("Float64").mask(rows() > 0.9),
    "pandas object NA": lambda: frame().astype(object).mask(rows() > 0.9, pd.NA),
    "pandas text": lambda: frame().assign(b="text"),
    "pandas category": lambda: frame().assign(b=pd.Categorical(["x", "y"] * (N_ROWS // 2))),
    "pandas date": lambda: frame().assign(b=pd.Timestamp("2020-01-01")),
    "pandas int": lambda: frame((rows() * 9).astype(int)),
    "pandas empty": lambda: frame().iloc[:0],
    "pandas odd index": lambda: frame().set_index(np.arange(N_ROWS)[::-1] * 2),
    "polars": lambda: pl.DataFrame({name: column.to_numpy() for name, column in frame().items()}),
    "polars null": polars_with_null,
    "renamed": lambda: frame(columns=list("wxyz")),
    "reordered": lambda: frame()[list("dcba")],
    "duplicate": lambda: frame(columns=list("aabb")),
    "one less": lambda: frame()[list("abc")],
    "one more": lambda: frame().assign(e=1.0),
    "columns without names": lambda: frame(columns=range(4)),
}

every_input = pytest.mark.parametrize("make", ZOO.values(), ids=ZOO)
ignoring_empty_features = pytest.mark.filterwarnings(
    "ignore:1 feature.s. of X contain only missing:UserWarning"
)
every_frame = pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)


def assert_answers(call):
    """Assert that a call returns finite numbers or raises a clear error; return which."""
    try:
        found = call()
    except (ValueError, TypeError) as error:
        message = str(error)
        assert len(message) > 15, message
        assert "torch" not in message.lower(), message
        assert "tensor" not in message.lower(), message
        return False
    assert np.isfinite(as_numbers(found)).all()
    return True


def as_numbers(found):
    """Return an array, or a frame with NaN for missing and 0 for other values without a number."""
    if not isinstance(found, pd.DataFrame):
        return np.asarray(found, dtype=np.float64)
    is_number = [pd.api.types.is_numeric_dtype(dtype) for dtype in found.dtypes]
    others = found.loc[:, np.logical_not(is_number)].isna().replace({True: np.nan, False: 0.0})
    return np.hstack([found.loc[:, is_number].to_numpy(np.float64), others.to_numpy(np.float64)])


def train(estimator, method, data):
    """Return the output of a fitted estimator for its training data."""
    getattr(estimator, method)(data)
    values = [
        np.delete(value, estimator._empty_features, axis=1)  # these come back as missing
        if value.shape[1:] == (N_FEATURES,)
        else value
        for value in outputs(estimator, data).values()
    ]
    values = [np.ravel(as_numbers(value)) for value in [*values, estimator.loss_curve_]]
    return np.concatenate(values)


def assert_training_answers(estimator, data):
    for method in ("fit", "partial_fit"):
        assert_answers(lambda method=method: train(case(estimator), method, data))


@functools.cache
def usual_outputs(estimator, make_usual):
    """Return the outputs of a fitted case for its training samples, once per process."""
    return outputs(fitted_case(estimator, make_usual), make_usual())


def assert_fitted_answers(estimator, make_usual, data):
    """Assert that a fitted model works, and that a failed fit leaves it unchanged."""
    usual, fitted = make_usual(), fitted_case(estimator, make_usual)
    before, names = usual_outputs(estimator, make_usual), getattr(fitted, "feature_names_in_", None)
    for name in readers(fitted, data):
        assert_answers(lambda name=name: getattr(fitted, name)(data))
    assert_same(outputs(fitted, usual), before)
    # samples far from the training data can also make training diverge, with a warning
    for method, errors in {
        "partial_fit": (ValueError, TypeError, ConvergenceWarning),
        "fit": (ValueError, TypeError),
    }.items():
        try:
            getattr(fitted, method)(data)
        except errors:
            assert_same(outputs(fitted, usual), before)
            assert fitted.n_features_in_ == N_FEATURES
            np.testing.assert_array_equal(getattr(fitted, "feature_names_in_", None), names)
        else:
            fitted = fitted_case(estimator, make_usual)


@ignoring_empty_features
@every_case_in_time
@every_input
def test_training_on_anything(estimator, make):
    assert_training_answers(estimator, make())


@every_case_in_time
@every_frame
def test_training_on_any_frame(estimator, make):
    assert_training_answers(estimator, make())


@ignoring_empty_features
@every_case_in_time
@every_input
def test_a_fitted_model_meets_anything(estimator, make):
    assert_fitted_answers(estimator, rows, make())


# scikit-learn's message for DataFrames whose column names are not strings
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
@every_case_in_time
@every_frame
def test_a_fitted_model_meets_any_frame(estimator, make):
    assert_fitted_answers(estimator, frame, make())


@pytest.mark.parametrize(
    "estimator", [case for case in CASES if hasattr(case, "inverse_transform")], ids=repr
)
def test_decoding_anything(estimator):
    fitted = fitted_case(estimator, rows, n_components=N_FEATURES)
    for name, make in ZOO.items():
        try:
            assert_answers(lambda make=make: fitted.inverse_transform(make()))
        except Exception as error:
            error.add_note(f"The input was {name}.")
            raise


@every_class
@pytest.mark.parametrize("scaling", ["global", "feature", None])
@pytest.mark.parametrize("in_unit_interval", [False, True])
@pytest.mark.parametrize("name", [name for name in ZOO if "e3" in name or "constant" in name])
def test_extreme_magnitudes_under_every_scaling(cls, name, scaling, in_unit_interval):
    estimator = cls(scaling=scaling, **UNIT_LOSS[cls] if in_unit_interval else {})
    if scaling is not None:
        assert_training_answers(estimator, ZOO[name]())
    else:  # without scaling, training can diverge with a warning
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            assert_training_answers(estimator, ZOO[name]())


# ------------------------------------------------- what must work, and not merely be refused

WELCOME = [
    *[
        "nan",
        "one value a column",
        "object",
        "object with None",
        "one row",
        "one column",
        "one cell",
    ],
    *["constant column", "constant", "zero", "1e30", "1e-30", "1e300", "1e-300", "near constant"],
    *["float16", "longdouble", "big-endian", "big-endian float32", "negative strides", "strided"],
    *["read-only", "fortran order", "int", "int8", "unsigned", "bool", "list of lists"],
    *["numbers as strings", "1e38 in float32", "1e-38 in float32", "large constant"],
]


@every_class
@pytest.mark.parametrize("name", WELCOME)
def test_usable_input_is_used(cls, name):
    data = ZOO[name]()
    fitted = quick(cls).fit(data)
    assert all(np.isfinite(output).all() for output in outputs(fitted, data).values())


@every_class
@pytest.mark.parametrize("name", ["pandas NA", "polars null", "pandas int"])
def test_usable_frames_are_used(cls, name):
    data = FRAMES[name]()
    fitted = quick(cls).fit(data)
    assert list(fitted.feature_names_in_) == COLUMNS
    assert all(np.isfinite(output).all() for output in outputs(fitted, data).values())


LAYOUTS = ["big-endian", "negative strides", "strided", "read-only", "fortran order", "object"]


@every_case_in_time
@pytest.mark.parametrize("name", [*LAYOUTS, "list of lists", "longdouble"])
def test_the_layout_in_memory_does_not_matter(estimator, name):
    data = ZOO[name]()
    plain = np.ascontiguousarray(np.asarray(data, dtype=np.float64))
    assert_same(
        outputs(case(estimator).fit(data), data), outputs(case(estimator).fit(plain), plain)
    )


@every_case
def test_a_memory_map_is_equivalent_to_an_array(estimator, tmp_path):
    np.save(tmp_path / "rows.npy", rows())
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert_same(
        outputs(case(estimator).fit(mapped), mapped), outputs(case(estimator).fit(rows()), rows())
    )


# ------------------------------------------------------------------------------- messages


def _fit(**params):
    data = params.pop("X", None)
    weight = params.pop("sample_weight", None)
    return lambda cls: quick(cls, **params).fit(
        rows() if data is None else data, sample_weight=weight
    )


MESSAGES = {
    r"All values of X are missing": _fit(X=ZOO["all nan"]()),
    r"Input X contains infinity": _fit(X=ZOO["inf"]()),
    r"needs X in \[0, 1\]; got values from .* to 9": lambda cls: quick(cls, **UNIT_LOSS[cls]).fit(
        patched((0, 0), 9)
    ),
    r"cannot be given together with network='dense'": _fit(
        network="dense", hidden_layer_sizes=(4,)
    ),
    r"cannot be given together with network='dense'.*": _fit(network="dense", activation="tanh"),
    r"cannot be given together with network='dense'.*.*": _fit(network="dense", dropout=0.1),
    r"'hidden_layer_sizes' .* positive ints .* Got \(4, -1\)": _fit(hidden_layer_sizes=(4, -1)),
    r"'hidden_layer_sizes' .* positive ints .* Got \(1\.5,\)": _fit(hidden_layer_sizes=(1.5,)),
    r"'hidden_layer_sizes' .* positive ints .* Got \('ab',\)": _fit(hidden_layer_sizes=("ab",)),
    r"device='nowhere' cannot be used on this machine": _fit(device="nowhere"),
    r"device='cuda:99' cannot be used on this machine": _fit(device="cuda:99"),
    r"dtype must be 'auto', 'float32' or 'float64'; got <class 'int'>": _fit(dtype=int),
    r"'dtype' parameter of .* Got 'float16'": _fit(dtype="float16"),
    r"[Nn]egative values in .*weight": _fit(sample_weight=-np.ones(N_ROWS)),
    r"weight.* contains NaN": _fit(sample_weight=np.full(N_ROWS, np.nan)),
    r"weight": _fit(sample_weight=np.zeros(N_ROWS)),
    r"sample_weight.shape == \(3,\)": _fit(sample_weight=np.ones(3)),
    r"'n_components' parameter of .* Got 0": _fit(n_components=0),
    r"'n_components' parameter of .* Got 1\.0": _fit(n_components=1.0),
    r"'n_components' parameter of .* Got 'two'": _fit(n_components="two"),
    r"early_stopping=True .* leaves no sample of n_samples=1 to train on": _fit(
        early_stopping=True, X=rows()[:1]
    ),
    r"'callbacks' parameter of .* Got 'loud'": _fit(callbacks="loud"),
    r"callbacks.*'loud'": _fit(callbacks=["loud"]),
    r"'scaling' parameter of .* Got 'cubic'": _fit(scaling="cubic"),
}


@pytest.mark.parametrize("cls", having("loss"))
def test_values_are_squared_as_they_are_without_scaling(cls):
    with pytest.raises(ValueError, match="too large to be squared in float64"):
        cls(scaling=None).fit(ZOO["1e300"]())


@every_class
@pytest.mark.parametrize(("message", "call"), MESSAGES.items(), ids=MESSAGES)
def test_the_message_names_the_problem(cls, message, call):
    with pytest.raises((ValueError, TypeError), match=message):
        call(cls)


@every_class
def test_messages_of_a_fitted_model(cls):
    fitted = quick(cls).fit(frame())
    with pytest.raises(ValueError, match="names should match those that were passed during fit"):
        fitted.score_samples(frame()[list("dcba")])
    with pytest.raises(ValueError, match=r"has 3 features, but .* is expecting 4"):
        quick(cls).fit(rows()).partial_fit(rows()[:, :3])
    if hasattr(fitted, "inverse_transform"):
        message = rf"X has 13 features, but .* expects the {fitted.n_components_} components"
        with pytest.raises(ValueError, match=message):
            fitted.inverse_transform(np.ones((5, 13)))


@every_class
def test_a_missing_feature_is_allowed_after_fit(cls):
    fitted = quick(cls).fit(rows())
    assert np.isfinite(fitted.reconstruct(ZOO["nan column"]())).all()


@every_class
@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_cross_entropy_refuses_to_score_outside_the_unit_interval(cls, value):
    fitted = quick(cls, **UNIT_LOSS[cls]).fit(rows())
    with pytest.raises(ValueError, match=r"needs X in \[0, 1\]"):
        fitted.score_samples(patched((0, 0), value))


TENSORS = {
    "float64": lambda X: torch.tensor(X),
    "float32": lambda X: torch.tensor(X, dtype=torch.float32),
    "requires a gradient": lambda X: torch.tensor(X, requires_grad=True),
    "bfloat16": lambda X: torch.tensor(X, dtype=torch.bfloat16),
    "bfloat16 that requires a gradient": lambda X: torch.tensor(
        X, dtype=torch.bfloat16, requires_grad=True
    ),
}
every_estimator = pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS], ids=lambda c: c.__name__)


def as_array(tensor):
    tensor = tensor.detach()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


@every_estimator
@pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS)
def test_tensors_are_the_arrays_of_their_values(cls, make):
    X, weight = make(rows()), make(np.linspace(1, 2, N_ROWS))
    y = np.arange(N_ROWS) % 2
    target = torch.tensor(y) if cls.__name__ == "AutoencoderClassifier" else make(y.astype(float))
    params = {"n_components": 2, "max_epochs": 2}
    found = quick(cls, **params).fit(X, target, sample_weight=weight)
    expected = quick(cls, **params).fit(as_array(X), as_array(target), as_array(weight))
    for name in {*readers(found)} - {"score"}:
        of_tensor, of_array = getattr(found, name)(X), getattr(expected, name)(as_array(X))
        np.testing.assert_array_equal(of_tensor, of_array)
        assert of_tensor.dtype == of_array.dtype


@pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS)
def test_tensors_as_codes_and_as_conditions(make):
    generator = quick(VAEGenerator, n_components=2, conditional="target")
    y = make(rows()[:, 0])
    generator.fit(rows(), y)
    codes = make(generator.transform(rows()))
    expected = generator.inverse_transform(as_array(codes), as_array(y))
    np.testing.assert_array_equal(generator.inverse_transform(codes, y), expected)
    drawn = (generator.sample(N_ROWS, y=values, random_state=0) for values in (y, as_array(y)))
    np.testing.assert_array_equal(*drawn)
    clean = make(rows())
    denoiser = quick(DenoisingAutoencoder, n_components=2)
    found = denoiser.fit(rows(), clean=clean).transform(rows())
    np.testing.assert_array_equal(
        found, denoiser.fit(rows(), clean=as_array(clean)).transform(rows())
    )


@every_estimator
@pytest.mark.parametrize("dtype", [np.dtype("float32"), np.dtype(">f8"), np.float32, float])
def test_the_type_of_training_can_be_any_description_of_it(cls, dtype):
    estimator = quick(cls, n_components=2, max_epochs=1, dtype=dtype)
    fitted = clone(estimator).fit(rows(), np.arange(N_ROWS) % 2)
    parameter = next(fitted.network_.parameters())
    assert str(parameter.dtype) == f"torch.{np.dtype(dtype).name}"
    with pytest.raises(ValueError, match=r"dtype must be 'auto', .* got dtype\('float16'\)"):
        fitted.set_params(dtype=np.dtype("float16")).fit(rows(), np.arange(N_ROWS) % 2)


@pytest.mark.parametrize("cls", PREDICTORS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_a_sparse_target_is_refused_with_advice(cls, make):
    y = make((np.arange(N_ROWS) % 2)[:, None])
    for weight in (None, np.arange(N_ROWS) % 3):
        with pytest.raises(TypeError, match=r"Sparse data was passed.*toarray"):
            quick(cls, n_components=2).fit(rows(), y, weight)
    with pytest.raises(TypeError, match=r"Sparse data was passed.*toarray"):
        quick(VAEGenerator, n_components=2, conditional=True).fit(rows(), y)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([{"a": 1.0}, {"a": 2.0}], r"list of dict objects.*pandas\.DataFrame\(X\)"),
        ([b"ab", b"cd"], r"list of bytes objects.*decode"),
        ({"a": np.ones(3)}, r"is a builtins\.dict.*Convert it to a frame: pandas\.DataFrame"),
    ],
)
def test_containers_that_are_no_samples_are_refused_with_advice(X, message):
    with pytest.raises(TypeError, match=message):
        quick(AutoencoderTransformer).fit(X)


@pytest.mark.parametrize("dtype", [float, np.float32, int])
def test_masked_values_are_missing_values(dtype):
    X = (10 * rows()).astype(dtype)
    mask = np.zeros(X.shape, dtype=bool)
    mask[3, 1] = mask[5, 2] = True
    missing = np.where(mask, np.nan, X)
    masked = quick(AutoencoderTransformer).fit(np.ma.masked_array(X, mask))
    np.testing.assert_array_equal(
        masked.transform(np.ma.masked_array(X, mask)),
        quick(AutoencoderTransformer)
        .fit(missing.astype(np.result_type(dtype, np.float32)))
        .transform(missing),
    )
    rows_with_masks = [np.ma.masked_array(*pair) for pair in zip(X, mask, strict=True)]
    np.testing.assert_allclose(
        masked.transform(rows_with_masks), masked.transform(missing), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [object, str])
def test_masked_categories_are_missing_values(dtype):
    X = np.where(rows() > 0.5, "high", "low").astype(dtype)
    mask = np.zeros(X.shape, dtype=bool)
    mask[3, 1] = mask[5, 2] = True
    missing = X.astype(object)
    missing[mask] = None
    model = quick(DenoisingAutoencoder, output="imputed")
    found = model.fit(np.ma.masked_array(X, mask)).transform(np.ma.masked_array(X, mask))
    np.testing.assert_array_equal(found, clone(model).fit(missing).transform(missing))


def test_a_masked_array_of_complex_numbers_is_refused():
    with pytest.raises(ValueError, match="Complex data not supported"):
        quick(AutoencoderTransformer).fit(np.ma.masked_array(rows().astype(complex)))


@pytest.mark.parametrize("dtype", ["M8[D]", "m8[s]"])
def test_an_array_of_dates_is_refused(dtype):
    X = np.arange(80).astype(dtype).reshape(-1, 2)
    model = quick(AutoencoderTransformer)
    with pytest.raises(TypeError, match=r"X is an array of the type .* Pass a frame"):
        model.fit(X)
    assert not hasattr(model, "network_")


@pytest.mark.parametrize("kind", ["TensorDataset", "Subset"])
def test_datasets_of_torch_are_refused(kind):
    X = TensorDataset(torch.zeros(20, 3))
    X = Subset(X, range(10)) if kind == "Subset" else X
    with pytest.raises(TypeError, match=rf"X is a {kind}, a dataset of torch.*X\.tensors\[0\]"):
        quick(AutoencoderTransformer).fit(X)


DATES = pd.Series(pd.date_range("2020-01-01", periods=N_ROWS))


@pytest.mark.parametrize(
    ("y", "what"),
    [
        (DATES, "dates"),
        (DATES.to_numpy(), "dates"),
        (DATES.to_frame(), "dates"),
        (pl.Series(DATES), "dates"),
        (DATES - DATES[0], "durations"),
        (list(DATES.to_numpy()), "dates"),
        (list(DATES), "dates"),
        ([None, *DATES[1:].dt.date], "dates"),
        (DATES.dt.tz_localize("UTC"), "dates"),
        (pa.array(DATES), "dates"),
        (list(DATES - DATES[0]), "durations"),
    ],
)
def test_targets_that_are_dates_are_refused(y, what):
    with pytest.raises(TypeError, match=f"y contains {what}, but must contain numbers.*to days"):
        quick(AutoencoderRegressor).fit(rows(), y)


def test_conditions_that_are_dates_are_refused():
    with pytest.raises(TypeError, match="y contains dates, but must contain numbers"):
        quick(VAEGenerator, conditional="target").fit(rows(), DATES)


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_many_dates_are_neither_labels_nor_a_target_unless_the_user_says_so(zone):
    dates = pd.date_range("2020-01-01", periods=60, tz=zone).to_series()
    X = np.random.RandomState(0).normal(size=(60, 3))
    with pytest.raises(ValueError, match=r"y has 60 distinct dates.*conditional="):
        quick(VAEGenerator, conditional=True).fit(X, dates)


def test_allowed_strings_are_listed_in_alphabetical_order():
    with pytest.raises(ValueError, match=r"\{'constant', 'one_cycle'\}"):
        quick(AutoencoderTransformer, schedule="step").fit(rows())
