"""Any table: the same columns, types and categories come back, or an error names the column."""

import datetime
import string
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

WORDS = np.array(["", "a", "b", "A", "0", "nan", "None", "é", "a b"], dtype=object)
DAY = datetime.datetime(2020, 1, 1)

# Functions of a random state and a number of values, which return values that are not missing.
VALUES = {
    "words": lambda rng, n: list(WORDS[rng.randint(0, len(WORDS), n)]),
    "flags": lambda rng, n: (rng.random_sample(n) < 0.5).tolist(),
    "whole": lambda rng, n: rng.randint(0, 100, n).tolist(),
    "large": lambda rng, n: (2**62 + rng.randint(0, 100, n)).tolist(),
    "floats": lambda rng, n: (rng.randn(n) * 10.0 ** rng.randint(-9, 9)).tolist(),
    "dates": lambda rng, n: [
        DAY + datetime.timedelta(microseconds=int(k)) for k in rng.randint(-(2**50), 2**50, n)
    ],
    "days": lambda rng, n: [
        (DAY + datetime.timedelta(int(k))).date() for k in rng.randint(0, 9, n)
    ],
    "durations": lambda rng, n: [datetime.timedelta(seconds=int(k)) for k in rng.randint(0, 9, n)],
    "lists": lambda rng, n: [[k] for k in range(n)],
    "bytes": lambda rng, n: [b"a"] * n,
    "mixed": lambda rng, n: [("a", 1)[k % 2] for k in range(n)],
    "times": lambda rng, n: [datetime.time(k % 24) for k in range(n)],
}

_IN_PANDAS = {
    "words": [object, "str", "string", "category", "string[pyarrow]"],
    "flags": [object, "boolean", "bool[pyarrow]", "category"],
    "whole": [object, "Int8", "UInt16", "Int64", "int32[pyarrow]", "category", "float32"],
    "large": ["Int64", "UInt64", "uint64[pyarrow]"],
    "floats": [object, "float64", "Float64", "double[pyarrow]"],
    "dates": ["datetime64[ns]", "datetime64[us]", "timestamp[us][pyarrow]"],
    "days": [object, "date32[pyarrow]", "datetime64[s]", "category"],
    "durations": ["timedelta64[ns]", "timedelta64[s]", "duration[us][pyarrow]"],
    "lists": [object],
    "bytes": [object],
    "mixed": [object],
    "times": [object, "time64[us][pyarrow]"],
}

_IN_POLARS = {
    "words": [pl.String, pl.Categorical, pl.Enum(WORDS.tolist())],
    "flags": [pl.Boolean],
    "whole": [pl.Int8, pl.UInt16, pl.Int64, pl.Float32],
    "large": [pl.Int64, pl.UInt64],
    "floats": [pl.Float64, pl.Float32],
    "dates": [pl.Datetime("us"), pl.Datetime("ns"), pl.Datetime("us", "Europe/Paris")],
    "days": [pl.Date],
    "durations": [pl.Duration("ms"), pl.Duration("us")],
    "lists": [pl.List(pl.Int64), pl.Object],
    "bytes": [pl.Binary],
    "mixed": [pl.Object],
    "times": [pl.Time],
}


def _pandas_column(values, dtype):
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return pd.Series(objects, dtype=object) if dtype is object else pd.Series(values, dtype=dtype)


def _polars_column(values, dtype):
    zone = getattr(dtype, "time_zone", None)
    if zone is not None:
        return pl.Series(values, dtype=pl.Datetime("us")).dt.replace_time_zone(
            zone, ambiguous="earliest", non_existent="null"
        )
    return pl.Series(values, dtype=dtype)


PACKAGES = {
    "pandas": (pd.DataFrame, _pandas_column, _IN_PANDAS),
    "polars": (pl.DataFrame, _polars_column, _IN_POLARS),
}


@st.composite
def frames(draw, package):
    """Draw a frame with columns of any types, of which any values can be missing."""
    build, column, types = PACKAGES[package]
    n_samples = draw(st.integers(1, 12))
    rng = np.random.RandomState(draw(st.integers(0, 2**20)))
    columns = {}
    for name in string.ascii_lowercase[: draw(st.integers(1, 5))]:
        kind = draw(st.sampled_from(sorted(types)))
        values = VALUES[kind](rng, n_samples)
        hidden = rng.random_sample(n_samples) < draw(st.sampled_from([0, 0, 0.3, 1]))
        values = [None if is_hidden else v for v, is_hidden in zip(values, hidden, strict=True)]
        columns[name] = column(values, draw(st.sampled_from(types[kind])))
    return build(columns)


def same_types(found, frame):
    """Return whether two frames have the same columns, types and categories."""
    if isinstance(frame, pd.DataFrame):
        same = list(found.columns) == list(frame.columns) and (found.dtypes == frame.dtypes).all()
        return same and found.index.equals(frame.index)
    return found.schema == frame.schema


def distinct(frame, name):
    """Return the values of a column as strings, without missing ones."""
    column = frame[name]
    known = column.dropna() if isinstance(frame, pd.DataFrame) else column.drop_nulls()
    return set(map(str, known.to_list()))


def is_category(frame, name):
    """Return whether a column has a type of categories."""
    dtype = str(frame[name].dtype).lower()
    return any(word in dtype for word in ("str", "bool", "cat", "enum"))


def restored(frame, estimator):
    """Return a decoded or imputed table, or None if the table is refused."""
    try:
        found = estimator.fit(frame).transform(frame)
    except (TypeError, ValueError) as error:
        if not any(part in str(error) for part in ("Column '", "All values of X are missing")):
            raise
        return None
    return (
        estimator.inverse_transform(found)
        if isinstance(estimator, AutoencoderTransformer)
        else found
    )


def check(frame, estimator):
    """Check the types and the categories of a decoded or imputed table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = restored(frame, estimator)
    if found is None:  # refused
        return
    assert type(found) is type(frame)
    assert same_types(found, frame)
    for name in found.columns:
        if is_category(frame, name):
            assert distinct(found, name) <= distinct(frame, name)


def transformer(package):
    """Return an estimator with codes in frames, so that frames of numbers are decoded to frames."""
    estimator = AutoencoderTransformer(1, hidden_layer_sizes=(4,), max_epochs=1, random_state=0)
    return estimator.set_output(transform=package)


def quickly(n_examples):
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=n_examples, deadline=None, suppress_health_check=slow, derandomize=True
    )


@pytest.mark.parametrize("package", PACKAGES)
@given(data=st.data())
@quickly(15)
def test_any_table_comes_back_or_an_error_names_the_column(package, data):
    check(data.draw(frames(package)), transformer(package))


@pytest.mark.long
@pytest.mark.parametrize("package", PACKAGES)
@given(data=st.data())
@quickly(400)
def test_many_tables_come_back_or_an_error_names_the_column(package, data):
    check(data.draw(frames(package)), transformer(package))


@pytest.mark.long
@pytest.mark.parametrize("package", PACKAGES)
@given(data=st.data())
@quickly(100)
def test_any_table_is_imputed_or_an_error_names_the_column(package, data):
    imputer = DenoisingAutoencoder(2, output="imputed", max_epochs=1, random_state=0)
    check(data.draw(frames(package)), imputer.set_output(transform=package))
