"""Tables: columns of numbers, dates and categories as cells, as inputs of networks, and back."""

import datetime
import pickle
import warnings
from decimal import Decimal

import numpy as np
import pytest
import torch
from estimators import EVERY, PREDICTORS, PUBLIC, quick
from helpers import table, with_missing_values
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

import sklearn_autoencoders as sa
from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder, VAEGenerator
from sklearn_autoencoders._data.statistics.factors import fit_factors
from sklearn_autoencoders._data.statistics.gaussian import fit_gaussian
from sklearn_autoencoders._data.statistics.pca import principal_axes
from sklearn_autoencoders._data.statistics.scaling import Scaling
from sklearn_autoencoders._data.tables.column_kinds import Limits
from sklearn_autoencoders._data.tables.columns import Columns
from sklearn_autoencoders._data.tables.learned_columns import learn_columns
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders.corruptions import Gaussian, Masking, SaltAndPepper, Swap, corrupt
from sklearn_autoencoders.networks._layers.conditional_mean import (
    LIMIT,
    ConditionalMean,
    GaussianMean,
    _eliminate,
    hidden_blocks,
)
from sklearn_autoencoders.objectives import LIKELIHOODS, LOSSES
from sklearn_autoencoders.objectives._cells import with_categories

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
assert_frame_equal = pytest.importorskip("polars.testing").assert_frame_equal
pa = pytest.importorskip("pyarrow")

UNIONLESS = [cls for cls in EVERY if cls in PUBLIC or cls in PREDICTORS]


def mixed(n_samples=60, seed=0, missing=0.1):
    """Return a table of which every column depends on the first ones."""
    rng = np.random.RandomState(seed)
    x, group = rng.randn(n_samples), rng.randint(0, 3, n_samples)
    frame = pd.DataFrame(
        {
            "size": 10 * x + group,
            "count": rng.poisson(np.exp(0.5 * x + 1)),
            "city": np.array(["Bern", "Oslo", "Rome"])[group],
            "rank": pd.Categorical(
                np.array(["low", "mid", "top"])[(x > -0.5).astype(int) + (x > 0.5)],
                categories=["low", "mid", "top"],
                ordered=True,
            ),
            "open": x + 0.3 * rng.randn(n_samples) > 0,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.round(50 * x), unit="D"),
        }
    )
    hidden = rng.random_sample(frame.shape) < missing
    hidden[:, 0] = False
    return frame.mask(hidden) if missing else frame


def every_type():
    """Return a table with columns of many types, and missing values."""
    nan, none = np.nan, None
    return pd.DataFrame(
        {
            "string": ["a", "b", none, "a"],
            "object of bool": np.array([True, none, False, True], dtype=object),
            "object of numbers": np.array([1, none, 3, 4], dtype=object),
            "ordered": pd.Categorical(["x", "y", none, "y"], ["y", "x", "z"], ordered=True),
            "categories of numbers": pd.Categorical([3, 1, 1, 3]),
            "date": pd.to_datetime(["2020-01-01", none, "2021-01-01", "1950-02-01"]),
            "zone": pd.to_datetime(["2020-01-01", none, "2021-01-01", none], utc=True).tz_convert(
                "Europe/Paris"
            ),
            "duration": pd.to_timedelta([1, 2, none, 4], unit="h"),
            "Int64": pd.array([1, none, 3, 4], dtype="Int64"),
            "boolean": pd.array([True, none, False, True], dtype="boolean"),
            "arrow": pd.array([1, none, 3, 4], dtype="int64[pyarrow]"),
            "arrow days": pd.array([1, none, 3, 4], dtype="date32[pyarrow]"),
            "arrow bool": pd.array([True, none, False, True], dtype="bool[pyarrow]"),
            "arrow string": pd.array(["a", none, "b", "a"], dtype="string[pyarrow]"),
            "durations in seconds": pd.to_timedelta([1, 2, none, 4], unit="s").astype(
                "timedelta64[s]"
            ),
            "offset": pd.to_datetime(
                ["2020-01-01T00:00+02:00", none, "2021-01-01T00:00+02:00", none]
            ),
            "intervals": pd.cut([1, 2, 3, 4], 2),
            "Float32": pd.array([0.5, none, 1.5, 2.5], dtype="Float32"),
            "constant date": pd.to_datetime(["2020-01-01"] * 4),
            "constant bool": [True] * 4,
            "empty date": pd.to_datetime([none] * 4),
            "empty category": pd.Categorical([none] * 4, ["x"]),
            "empty boolean": pd.array([none] * 4, dtype="boolean"),
            "arrow dates": pd.array([1, none, 3, 4], dtype="timestamp[us, tz=UTC][pyarrow]"),
            "bool": [True, False, True, True],
            "float32": np.array([1.5, 2.5, nan, 1e9], dtype=np.float32),
            "int": [1, 2, 3, 4],
            "empty": [none] * 4,
            "constant": ["same"] * 4,
        },
        index=[5, 6, 7, 8],
    )


def polars_table():
    day = datetime.datetime(2020, 1, 1)
    return pl.DataFrame(
        {
            "string": ["a", "b", None],
            "enum": pl.Series(["x", "y", None], dtype=pl.Enum(["y", "x"])),
            "categorical": pl.Series(["x", "y", None], dtype=pl.Categorical),
            "date": [day.date(), None, None],
            "bool": [True, None, False],
            "datetime": [day, None, None],
            "zone": pl.Series([day, None, None]).dt.replace_time_zone("Europe/Paris"),
            "duration": [datetime.timedelta(1), None, None],
            "int": [1, None, 3],
            "uint8": pl.Series([1, 2, 3], dtype=pl.UInt8),
            "float32": pl.Series([0.5, None, 1.5], dtype=pl.Float32),
            "milliseconds": pl.Series([day, None, day], dtype=pl.Datetime("ms")),
            "durations in ms": pl.Series(
                [datetime.timedelta(1), None, None], dtype=pl.Duration("ms")
            ),
            "constant": ["same"] * 3,
            "empty string": pl.Series([None] * 3, dtype=pl.String),
            "empty enum": pl.Series([None] * 3, dtype=pl.Enum(["x"])),
            "empty date": pl.Series([None] * 3, dtype=pl.Date),
        }
    )


# ------------------------------------------------------------------------------------- columns


def learned(X, categorical_features="from_dtype"):
    columns, cells = learn_columns(X, categorical_features)
    return Columns.from_dict(columns.to_dict()), cells


def test_a_frame_of_pandas_is_restored_from_its_cells():
    frame = every_type()
    columns, cells = learned(frame)
    assert cells.dtype == np.float64
    assert_array_equal(columns.encode(frame), cells)
    pd.testing.assert_frame_equal(columns.decode(cells, frame), frame)


@pytest.mark.parametrize("convert", [lambda t: t, lambda t: t.drop("categorical").to_arrow()])
def test_tables_of_polars_and_arrow_are_restored_from_their_cells(convert):
    frame = convert(polars_table())
    columns, cells = learned(frame)
    assert_array_equal(columns.encode(frame), cells)
    restored = columns.decode(cells)
    assert type(restored) is type(frame)
    assert_frame_equal(
        pl.DataFrame(restored), pl.DataFrame(frame), check_dtypes=False, categorical_as_str=True
    )


def test_frames_of_numbers_are_not_tables():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3, None], "c": pd.array([1, None], "Int64")})
    assert learn_columns(frame, "from_dtype") is None
    assert learn_columns(np.ones((3, 2)), "from_dtype") is None
    assert learn_columns([[1, 2], [3, 4]], "from_dtype") is None
    assert learn_columns(sparse.csr_array(np.eye(3)), "from_dtype") is None
    assert learn_columns(mixed(), None) is None


@pytest.mark.parametrize("chosen", [[0], [True, False], np.array([True, False])])
def test_columns_of_arrays_are_chosen(chosen):
    X = np.array([["a", 1.5], ["b", 2.5], [None, 3.5]], dtype=object)
    columns, cells = learned(X, chosen)
    assert_array_equal(cells, [[0, 1.5], [1, 2.5], [np.nan, 3.5]])
    assert columns.n_categories == (2, 0)
    assert_array_equal(columns.decode(cells), X)


def test_columns_of_frames_are_chosen_by_name():
    frame = pd.DataFrame({"code": [3, 1, 3], "size": [1.0, 2.0, 3.0]})
    columns, cells = learned(frame, ["code"])
    assert_array_equal(cells[:, 0], [1, 0, 1])
    pd.testing.assert_frame_equal(columns.decode(cells, frame), frame)


def test_predicted_numbers_are_in_the_range_and_in_steps_of_the_column():
    columns, _ = learned(
        pd.DataFrame({"age": [20, 60], "price": [0.25, 9.75], "x": [0.1, np.pi], "k": ["a", "b"]})
    )
    valid = columns.valid(np.array([[33.4, 3.14159, 1.23456, 1.0], [99, -7, -7, 0]]))
    assert_allclose(valid, [[33, 3.14, 1.23456, 1], [60, 0.25, 0.1, 0]])


def test_rare_categories_share_one_index():
    values = [f"c{k}" for k in range(300) for _ in range(2 if k < 250 else 1)]
    frame = pd.DataFrame({"c": values, "x": np.arange(len(values))})
    columns, cells = learned(frame)
    assert columns.n_categories == (256, 0)
    decoded = columns.decode(cells)["c"]
    assert (decoded == frame["c"])[cells[:, 0] < 255].all()
    assert decoded[cells[:, 0] == 255].nunique() == 1


LETTERS = ["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 3 + ["e"] + [None] * 4


@pytest.mark.parametrize(
    ("limits", "frequent"),
    [
        (Limits(), "abcde"),
        (Limits(max_categories=5), "abcde"),
        (Limits(max_categories=4), "abc"),
        (Limits(max_categories=3), "ab"),
        (Limits(max_categories=1), ""),
        (Limits(None, 3), "abcd"),
        (Limits(None, 0.2), "ab"),
        (Limits(None, 0.21), "a"),
        (Limits(3, 2), "ab"),
        (Limits(5, 100), ""),
    ],
)
def test_infrequent_categories_share_one_index(limits, frequent):
    frame = pd.DataFrame({"c": LETTERS, "x": np.arange(20.0)})
    columns, cells = learn_columns(frame, "from_dtype", limits)
    assert columns.kinds[0].categories == list(frequent)
    rest = [letter for letter in "abcde" if letter not in frequent]
    decoded = columns.decode(cells, frame)["c"]
    expected = [rest[0] if letter in rest else letter for letter in LETTERS]
    assert [None if pd.isna(v) else v for v in decoded] == expected
    is_rest = [letter in rest for letter in LETTERS]
    assert (cells[is_rest, 0] == len(frequent)).all()
    assert_array_equal(columns.encode(frame), cells)


@pytest.mark.parametrize("limits", [(3, None), (None, 4), (None, 0.2), (2, 4), (1, None)])
def test_infrequent_categories_are_those_of_one_hot_encoder(limits):
    values = np.array([v for v in LETTERS if v is not None], dtype=object)
    frame = pd.DataFrame({"c": values})
    columns, _ = learn_columns(frame, "from_dtype", Limits(*limits))
    max_categories, min_frequency = limits
    encoder = OneHotEncoder(max_categories=max_categories, min_frequency=min_frequency).fit(frame)
    assert set(columns.kinds[0].infrequent) == set(encoder.infrequent_categories_[0])
    assert columns.n_categories[0] == encoder.transform(frame).shape[1]


def test_very_many_categories_are_named_in_a_warning():
    values = [f"c{k}" for k in range(10_001)] * 2
    frame = pd.DataFrame({"few": ["a", "b"] * 10_001, "many": values})
    assert learn_columns(frame, "from_dtype")[0].n_categories == (2, 256)
    with pytest.warns(UserWarning, match=r"10003 inputs.*'many' has 10001 .*max_categories"):
        learn_columns(frame, "from_dtype", Limits(None))


def test_an_identifier_is_named_in_a_warning():
    frame = pd.DataFrame({"id": [f"p{k}" for k in range(30)], "x": np.arange(30.0)})
    with pytest.warns(UserWarning, match=r"Column 'id' .* identifier"):
        learn_columns(frame, "from_dtype")


def objects(*values):
    return np.fromiter(values, dtype=object)


BAD = {
    "mixes numbers and strings.*Convert it": objects(1, "a"),
    "mixes booleans and strings.*Convert it": objects(True, "a"),
    "type list.*drop it": objects([1], None),
    "type dict.*drop it": objects({}, None),
    "type bytes.*drop it": objects(b"a", b"b"),
    "type date.*pandas.to_datetime": objects(datetime.date(2020, 1, 1), None),
    r"type List.*drop it": pd.array([[1], [2]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    r"type period\[M\].*drop it": pd.period_range("2020-01", periods=2, freq="M"),
    r"type Time.*drop it": pd.array([1, 2], dtype="time64[us][pyarrow]"),
    r"decimal128\(5, 2\)\[pyarrow\].*Convert": pd.array(
        [1, 2], dtype=pd.ArrowDtype(pa.decimal128(5, 2))
    ),
}


@pytest.mark.parametrize("message", BAD)
def test_columns_that_are_neither_numbers_nor_categories_are_named(message):
    with pytest.raises(TypeError, match=f"(?s)'m'.*{message}"):
        DenoisingAutoencoder().fit(pd.DataFrame({"k": ["a", "b"], "m": BAD[message]}))


@pytest.mark.parametrize(
    "values", [[[1], [2]], [datetime.time(1)] * 2, [b"a", b"b"], [{"a": 1}] * 2]
)
def test_columns_of_other_types_of_polars_are_named(values):
    with pytest.raises(TypeError, match=r"'m' contains values of type .*drop it"):
        DenoisingAutoencoder().fit(pl.DataFrame({"k": ["a", "b"], "m": values}))


def test_values_that_are_not_hashable_are_named():
    X = np.array([["a", 1.0], ["b", 2.0]], dtype=object)
    fitted = quick(DenoisingAutoencoder, categorical_features=[0]).fit(X)
    X[0, 0] = ["a"]
    for call in (fitted.fit, fitted.transform, fitted.partial_fit):
        with pytest.raises(TypeError, match=r"Column 0 .* not hashable.*drop it"):
            call(X)


def test_dates_are_not_categories():
    with pytest.raises(ValueError, match=r"'since' contains dates.*categorical_features"):
        DenoisingAutoencoder(categorical_features=["city", "since"]).fit(mixed())


def test_duplicate_names_are_named():
    frame = pd.DataFrame([["a", 1, 2], ["b", 1, 2]], columns=["k", "twice", "twice"])
    with pytest.raises(ValueError, match=r"the name 'twice'.*rename or drop"):
        DenoisingAutoencoder().fit(frame)
    fitted = quick(DenoisingAutoencoder).fit(frame.iloc[:, :2])
    with pytest.raises(ValueError, match="the name 'twice'"):
        fitted.transform(frame)


@pytest.mark.parametrize("convert", [pd.DataFrame, lambda data: pl.DataFrame(data)])
def test_integers_stay_in_the_range_of_their_type(convert):
    largest = np.array([2**64 - 1] * 10, dtype=np.uint64)
    frame = convert({"k": ["a", "b"] * 5, "u": largest, "i": (largest // 2).astype(np.int64)})
    columns, cells = learned(frame)
    restored = columns.decode(cells)
    for name in ("u", "i"):
        assert restored[name].dtype == frame[name].dtype
        assert_allclose(restored[name].to_numpy(), frame[name].to_numpy(), rtol=1e-15)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [(["city", "no"], r"does not have: \['no'\]"), ([True], "mask of shape"), ([50], r"\[50\]")],
)
def test_unknown_columns_are_named(chosen, message):
    with pytest.raises(ValueError, match=message):
        DenoisingAutoencoder(categorical_features=chosen).fit(mixed())


def test_later_frames_must_have_the_same_columns():
    frame = mixed()
    fitted = quick(DenoisingAutoencoder).fit(frame)
    before = fitted.transform(frame)
    others = {
        "column 0 is 'since' and was 'size'. Select": frame[frame.columns[::-1]],
        "'city' missing, 'town' new. Rename": frame.rename(columns={"city": "town"}),
        "'open' missing, none new": frame.drop(columns="open"),
        "none missing, 'more' new": frame.assign(more=1),
    }
    for message, other in others.items():
        for call in (fitted.transform, fitted.partial_fit):
            with pytest.raises(ValueError, match=f"feature names .*{message}"):
                call(other)
    with pytest.raises(ValueError, match="'size' must contain numbers"):
        fitted.transform(frame.assign(size="big"))
    with pytest.raises(ValueError, match="'city' contains values of type int"):
        fitted.transform(frame.assign(city=1))
    pd.testing.assert_frame_equal(fitted.transform(frame), before)


def test_names_that_are_not_strings_are_checked():
    frame = mixed().set_axis(range(6), axis=1)
    fitted = quick(DenoisingAutoencoder).fit(frame)
    with pytest.raises(ValueError, match="column 0 is 5 and was 0"):
        fitted.transform(frame[frame.columns[::-1]])


def test_categories_of_later_frames_are_compared_by_value():
    frame = mixed(missing=0)
    fitted = quick(DenoisingAutoencoder).fit(frame)
    other = frame.assign(
        rank=frame["rank"].cat.reorder_categories(["top", "mid", "low"]).cat.add_categories("new"),
        city=frame["city"].astype("category"),
    )
    found = fitted.transform(other)
    pd.testing.assert_frame_equal(found, fitted.transform(frame))
    assert list(found["rank"].cat.categories) == ["low", "mid", "top"]


# ------------------------------------------------------------------------------------- layout


LAYOUT = Layout((0, 3, 0, 1, 2))


def cells_of(n_samples=50, seed=0):
    rng = np.random.RandomState(seed)
    columns = [rng.randint(0, n, n_samples) if n else rng.randn(n_samples) for n in (0, 3, 0, 1, 2)]
    return torch.tensor(np.stack(columns, 1))


def test_encoding_is_the_identity_for_numbers_and_indicators_for_categories():
    cells = cells_of()
    encoded = LAYOUT.encode(cells)
    assert LAYOUT.n_inputs == encoded.shape[1] == 8
    assert_array_equal(encoded[:, [0, 4]], cells[:, [0, 2]])
    assert_array_equal(encoded[:, 1:4], np.eye(3)[cells[:, 1].int()])
    assert_array_equal(LAYOUT.decode(encoded), cells)
    numbers = Layout.of_numbers(5)
    assert numbers.encode(cells) is cells
    assert numbers.decode(cells) is cells


def test_all_indicators_of_a_missing_category_are_missing():
    cells = cells_of(2)
    cells[0, 1] = torch.nan
    assert_array_equal(LAYOUT.encode(cells).isnan(), [[0, 1, 1, 1, 0, 0, 0, 0], [0] * 8])


def test_losses_of_cells_are_cross_entropies_divided_by_the_entropy():
    cells, output = cells_of(), torch.randn(50, 8, dtype=torch.float64)
    frequencies = (0.5, 0.25, 0.25, 1.0, 0.5, 0.5)
    loss = with_categories(LOSSES["absolute_error"], LAYOUT, frequencies)
    losses = loss.per_cell(output, LAYOUT.encode(cells))
    assert_allclose(losses[:, 0], (output[:, 0] - cells[:, 0]).abs())
    expected = torch.nn.functional.cross_entropy(
        output[:, 1:4], cells[:, 1].long(), reduction="none"
    )
    assert_allclose(losses[:, 1], expected / (1.5 * np.log(2)))
    assert_allclose(losses[:, 3], 0, atol=1e-12)
    average = loss.average_output(output)
    assert_allclose(loss.link(average)[:, LAYOUT.indicators], [frequencies] * 50)


def test_likelihoods_of_cells_are_those_of_numbers_and_categorical_distributions():
    cells, output = cells_of(), torch.randn(50, 8, dtype=torch.float64)
    likelihood = with_categories(LIKELIHOODS["gaussian"], LAYOUT, (1.0,) * 6)
    noise = torch.zeros(1, 8, dtype=torch.float64)
    density = likelihood.log_density(output, noise, LAYOUT.encode(cells), None)
    numbers = LIKELIHOODS["gaussian"].distribution(output[:, [0, 4]], noise[:, :2])
    expected = numbers.log_prob(cells[:, [0, 2]]).sum(1)
    for column, part in ((1, output[:, 1:4]), (4, output[:, 6:])):
        expected += torch.distributions.Categorical(logits=part).log_prob(cells[:, column])
    assert_allclose(density, expected)
    settled = likelihood.settled(noise)
    assert_allclose(settled.log_density(output, noise, LAYOUT.encode(cells), None), density)


def test_categories_are_drawn_with_their_probabilities():
    from sklearn_autoencoders._utils.draws import Generated

    logits = torch.tensor([0.0, 0.2, -1.0, 1.0, 0.0, 0.0, 2.0, 0.0]).expand(20_000, -1)
    likelihood = with_categories(LIKELIHOODS["gaussian"], LAYOUT, (1.0,) * 6)
    distribution = likelihood.distribution(logits, torch.zeros(1, 8))
    draws = likelihood.draw(distribution, Generated(torch.Generator().manual_seed(0)))
    drawn = LAYOUT.decode(draws)[:, 1].int()
    assert_allclose(np.bincount(drawn) / len(drawn), logits[0, 1:4].softmax(0), atol=0.015)


@pytest.mark.parametrize(
    ("corruption", "becomes"),
    [
        (Masking(1.0), "missing"),
        (Masking(1.0, value=7.0), "missing"),
        (Gaussian(1.0), "unchanged"),
        (SaltAndPepper(1.0), "unchanged"),
        (Swap(1.0), "valid"),
        (lambda x, generator: x + 0.5, "unchanged"),
    ],
)
def test_corruptions_leave_valid_categories(corruption, becomes):
    cells = cells_of()
    columns = LAYOUT.categories
    generator = torch.Generator().manual_seed(0)
    found = corrupt([corruption], cells, generator, shared=False, categories=columns)[:, columns]
    if becomes == "missing":
        assert found.isnan().all()
    elif becomes == "unchanged":
        assert_array_equal(found, cells[:, columns])
    else:
        assert (found == found.round()).all()
        assert not torch.equal(found, cells[:, columns])


# ---------------------------------------------------------------------------- missing inputs


def gaussian_model(seed=0, n_inputs=6, n_factors=2):
    rng = np.random.RandomState(seed)
    loadings, noise = rng.randn(n_inputs, n_factors), rng.uniform(0.1, 0.5, n_inputs)
    return loadings, noise, loadings @ loadings.T + np.diag(noise)


@pytest.mark.parametrize("is_traced", [False, True])
def test_missing_inputs_are_replaced_by_their_conditional_mean(is_traced):
    loadings, noise, covariance = gaussian_model()
    rng = np.random.RandomState(1)
    x, missing = rng.randn(20, 6), rng.random_sample((20, 6)) < 0.4
    expected = x.copy()
    for row, own in zip(expected, missing, strict=True):
        known = covariance[np.ix_(~own, ~own)]
        row[own] = covariance[np.ix_(own, ~own)] @ np.linalg.solve(known, row[~own])
    limits = torch.full((6,), -1.5), torch.full((6,), 1.5)
    of_factors = ConditionalMean(torch.tensor(loadings), torch.tensor(noise))
    of_gaussian = GaussianMean(torch.tensor(np.linalg.inv(covariance)), *map(Tensor.double, limits))
    limited = np.where(missing, expected.clip(-1.5, 1.5), expected)
    for conditional_mean, mean in ((of_factors, expected), (of_gaussian, limited)):
        conditional_mean.is_traced = is_traced
        found = conditional_mean(torch.tensor(np.where(missing, 0, x)), torch.tensor(missing))
        assert_allclose(found, mean, atol=1e-10)


def test_twelve_steps_solve_the_equations_of_many_inputs():
    rng = np.random.RandomState(0)
    X = rng.randn(500, 80) @ rng.randn(80, 80) + 5 * rng.randn(500, 1)
    X[rng.random_sample(X.shape) < 0.3] = np.nan
    scaling = Scaling(np.nanmean(X, 0), np.nanstd(X, 0))
    gaussian = fit_gaussian(X, scaling, None)
    x = torch.tensor((X - scaling.center) / scaling.scale).clamp(-LIMIT, LIMIT)
    missing, precision = x.isnan(), torch.tensor(gaussian.precision)
    found = GaussianMean(*map(torch.tensor, vars(gaussian).values()))(x.nan_to_num(), missing)
    blocks, index, is_hidden = hidden_blocks(precision, missing)
    right = (x.nan_to_num() @ precision).gather(1, index) * is_hidden
    exact = -torch.linalg.solve(blocks, right[..., None])[..., 0]
    error = (found.gather(1, index) - exact)[is_hidden]
    assert error.square().mean() < 1e-4 * exact[is_hidden].square().mean()


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_a_gaussian_has_the_covariance_of_the_samples(fraction):
    _, _, covariance = gaussian_model()
    rng = np.random.RandomState(2)
    X = rng.multivariate_normal(np.zeros(6), covariance, 2000)
    X[rng.random_sample(X.shape) < fraction] = np.nan
    scale = np.sqrt(covariance.diagonal())
    gaussian = fit_gaussian(X, Scaling(np.zeros(6), scale), None)
    found = np.linalg.inv(gaussian.precision) * np.outer(scale, scale)
    assert np.abs(found - covariance).max() < 0.1 * np.abs(covariance).max()


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_a_gaussian_of_samples_of_weight_two_is_that_of_repeated_ones(fraction):
    X = with_missing_values(table(40, 5)) if fraction else table(40, 5)
    weight, scaling = np.tile([1.0, 2.0], 20), Scaling(np.zeros(5), np.ones(5))
    one = fit_gaussian(X, scaling, weight)
    two = fit_gaussian(np.repeat(X, weight.astype(int), axis=0), scaling, None)
    assert_allclose(one.precision, two.precision, rtol=1e-8)


def test_a_gaussian_of_many_periodic_samples_has_their_ranges():
    X = np.tile([[0.0, 0.0], [1.0, 2.0]], (2048, 1))
    X += 0.01 * np.random.RandomState(0).randn(*X.shape)
    found = fit_gaussian(X, Scaling(X.mean(axis=0), X.std(axis=0)), None)
    assert (found.low < -0.9).all()
    assert (found.high > 0.9).all()
    correlation = np.linalg.inv(found.precision)[0, 1]
    assert correlation > 0.9


def test_imputed_means_of_whole_numbers_are_whole_if_the_type_requires_it():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.randint(0, 4, 80), "b": rng.randint(0, 4, 80), "c": ["x"] * 80})
    frame = frame.astype({"a": "Int64", "b": "float64"})
    frame.loc[::3, ["a", "b"]] = np.nan
    imputed = quick(DenoisingAutoencoder, output="imputed").fit_transform(frame)
    assert imputed["a"].dtype == "Int64"
    assert (imputed["b"] != imputed["b"].round()).any()
    denoised = quick(DenoisingAutoencoder).fit(frame).transform(frame)
    assert (denoised["b"] == denoised["b"].round()).all()


def test_elimination_solves_systems():
    factor = torch.randn(5, 4, 4, dtype=torch.float64)
    matrix, right = factor @ factor.mT + torch.eye(4), torch.randn(5, 4, 1, dtype=torch.float64)
    assert_allclose(_eliminate(matrix, right), torch.linalg.solve(matrix, right), atol=1e-10)


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_factors_have_the_covariance_of_the_samples(fraction):
    loadings, noise, covariance = gaussian_model()
    rng = np.random.RandomState(2)
    X = rng.randn(2000, 2) @ loadings.T + rng.randn(2000, 6) * np.sqrt(noise)
    X[rng.random_sample(X.shape) < fraction] = np.nan
    scaling = Scaling(np.zeros(6), np.ones(6))
    variances, axes = principal_axes(X, scaling, None, rng)
    factors = fit_factors(X, scaling, None, variances, axes)
    found = factors.loadings @ factors.loadings.T + np.diag(factors.noise)
    assert np.abs(found - covariance).max() < 0.25 * np.abs(covariance).max()


def test_an_input_that_is_nearly_constant_does_not_determine_the_others():
    """Its noise would be so small that its smallest deviations stood for large factors."""
    rng = np.random.RandomState(0)
    X = rng.randn(500, 2) @ rng.randn(2, 8) + 0.1 * rng.randn(500, 8)
    X[:, 0] = 1e-4 * (X[:, 0] + rng.randn(500))
    scaling = Scaling(np.zeros(8), np.ones(8))
    factors = fit_factors(X, scaling, None, *principal_axes(X, scaling, None, rng))
    assert factors.noise[0] > 0.009 * X.var(axis=0).mean()
    predict = ConditionalMean(torch.tensor(factors.loadings), torch.tensor(factors.noise))
    missing = torch.arange(8).expand(500, -1) > 0
    predicted = predict(torch.tensor(X) * ~missing, missing)[:, 1:]
    assert predicted.abs().max() < 0.1


def test_a_sample_of_weight_two_is_two_samples_with_missing_values():
    X = with_missing_values(table(40, 5))
    weight = np.tile([1.0, 2.0], 20)
    repeated = np.repeat(X, weight.astype(int), axis=0)
    one = quick(DenoisingAutoencoder, dtype="float64").fit(X, sample_weight=weight)
    two = quick(DenoisingAutoencoder, dtype="float64").fit(repeated)
    assert_allclose(one.transform(X), two.transform(X), atol=1e-6)


def test_imputation_starts_at_the_conditional_mean_and_improves_on_it():
    rng = np.random.RandomState(0)
    X = rng.randn(300, 3) @ rng.randn(3, 8)
    hidden = rng.random_sample(X.shape) < 0.2
    missing = np.where(hidden, np.nan, X)
    imputed = DenoisingAutoencoder(random_state=0).fit(missing).transform(missing)
    error = np.mean((imputed - X)[hidden] ** 2) / np.mean(X[hidden] ** 2)
    assert error < 0.1  # by the means: 1


def test_imputed_samples_differ_from_X_in_missing_values_only():
    X = with_missing_values(table())
    for output in (quick(DenoisingAutoencoder, output="imputed").fit(X).transform(X),):
        known = ~np.isnan(X)
        assert_array_equal(output[known], X[known])
        assert np.isfinite(output).all()


# -------------------------------------------------------------------------------- estimators


@pytest.fixture(scope="module")
def frame():
    return mixed()


def fitted(cls, frame, **params):
    target = np.arange(len(frame)) % 2
    return quick(cls, **params).fit(frame, target)


@pytest.mark.parametrize("cls", UNIONLESS)
def test_every_estimator_takes_a_table(cls, frame):
    estimator = fitted(cls, frame)
    check_is_fitted(estimator)
    assert estimator.n_features_in_ == frame.shape[1]
    assert list(estimator.feature_names_in_) == list(frame.columns)
    again = pickle.loads(pickle.dumps(estimator))
    for name in ("transform", "predict", "score_samples", "predict_proba", "reconstruct"):
        if hasattr(estimator, name):
            found, restored = getattr(estimator, name)(frame), getattr(again, name)(frame)
            assert len(found) == len(frame)
            assert_array_equal(np.asarray(found), np.asarray(restored))


@pytest.mark.parametrize("cls", PUBLIC)
def test_reconstructions_are_valid_tables(cls, frame):
    found = fitted(cls, frame).reconstruct(frame)
    pd.testing.assert_series_equal(found.dtypes.drop("open"), frame.dtypes.drop("open"))
    assert found.index.equals(frame.index)
    assert set(found["city"]) <= {"Bern", "Oslo", "Rome"}
    assert found["count"].between(frame["count"].min(), frame["count"].max()).all()
    assert (found["count"] == found["count"].round()).all()
    assert not found.isna().any(axis=None)


def test_a_table_of_polars_becomes_one_of_polars(frame):
    polars = pl.from_pandas(frame.drop(columns="open"))
    denoiser = quick(DenoisingAutoencoder, output="imputed").fit(polars)
    found = denoiser.transform(polars)
    assert found.schema == polars.schema
    assert found.null_count().sum_horizontal().item() == 0
    known = polars["city"].is_not_null()
    assert (found["city"].filter(known) == polars["city"].filter(known)).all()


def test_imputed_tables_keep_known_values(frame):
    imputer = quick(DenoisingAutoencoder, output="imputed").fit(frame)
    found = imputer.transform(frame)
    unchanged = (found == frame) | frame.isna()
    assert unchanged.all(axis=None)
    assert not found.isna().any(axis=None)
    outside = frame.head(1).assign(size=1e6)
    assert (
        quick(DenoisingAutoencoder, output="imputed").fit(frame).transform(outside)["size"][0]
        == 1e6
    )


def test_tables_are_drawn(frame):
    generator = fitted(VAEGenerator, frame, n_components=2)
    drawn = generator.sample(30, random_state=0)
    assert list(drawn.columns) == list(frame.columns)
    assert drawn["city"].nunique() > 1
    pd.testing.assert_frame_equal(drawn, generator.sample(30, random_state=0))
    imputed = generator.impute(frame)
    assert ((imputed == frame) | frame.isna()).all(axis=None)
    assert np.isfinite(generator.score(frame))


def test_explanations_are_by_column(frame):
    detector = fitted(sa.AutoencoderOutlierDetector, frame)
    explained = detector.explain(frame)
    assert list(explained.contribution.columns) == list(frame.columns)
    assert set(explained.expected["city"]) <= {"Bern", "Oslo", "Rome"}
    assert_allclose(explained.contribution.sum(axis=1), detector.score_samples(frame), rtol=1e-5)
    assert (explained.contribution[frame.isna()].fillna(0) == 0).all(axis=None)


@pytest.mark.parametrize("cls", [c for c in UNIONLESS if c is not sa.AutoencoderOutlierDetector])
def test_unknown_categories_are_missing_values(cls, frame):
    estimator = fitted(cls, frame)
    method = estimator.transform if hasattr(estimator, "transform") else estimator.score_samples
    cities = frame["city"].astype(object)
    cities.iloc[:2] = "Atlantis"
    unknown, missing = frame.assign(city=cities), frame.copy()
    missing.loc[missing.index[:2], "city"] = None
    assert_array_equal(np.asarray(method(unknown)), np.asarray(method(missing)))


def test_the_score_of_predictions_by_the_frequencies_is_zero():
    frame = mixed(missing=0)
    transformer = sa.AutoencoderTransformer(1, max_epochs=1, learning_rate=1e-12, random_state=0)
    transformer.fit(frame)
    with torch.no_grad():
        for part in (transformer.network_.decoder.linear,):
            part.weight.zero_()
    assert transformer.score(frame) == pytest.approx(0, abs=0.02)


def test_more_components_explain_more():
    frame = mixed(200, missing=0)
    scores = [
        sa.AutoencoderTransformer(k, max_epochs=5, random_state=0).fit(frame).score(frame)
        for k in (1, 3, 6)
    ]
    assert 0 < scores[0] < scores[1] < scores[2] < 1


def test_a_frame_of_numbers_and_its_array_give_the_same_model():
    X = table()
    frame = pd.DataFrame(X, columns=list("abcdef"))
    codes = [quick(sa.AutoencoderTransformer).fit(A).transform(A) for A in (X, frame)]
    assert_array_equal(*codes)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize("convert", [lambda frame: frame, pl.from_pandas])
def test_a_frame_of_numbers_comes_back_with_its_types(convert):
    frame = pd.DataFrame(table(), columns=list("abcdef")).astype({"b": "float32"})
    frame["count"] = np.arange(len(frame), dtype=np.uint8) % 7
    frame, array = convert(frame), frame.to_numpy(dtype=float)
    generator = fitted(VAEGenerator, frame, n_components=2)
    again = pickle.loads(pickle.dumps(generator))
    for found in (generator.reconstruct(frame), generator.impute(frame), again.sample(50)):
        assert type(found) is type(frame)
        assert list(found.dtypes) == list(frame.dtypes)
        assert 0 <= found["count"].min() <= found["count"].max() <= 6
    values = generator.reconstruct(array)
    assert isinstance(values, np.ndarray)  # of an array, whatever the container of the fit
    assert_allclose(generator.reconstruct(frame)["a"], values[:, 0], rtol=1e-6)
    codes = generator.transform(array)
    assert isinstance(generator.inverse_transform(codes), np.ndarray)
    codes_in_frame = convert(pd.DataFrame(codes))
    assert list(generator.inverse_transform(codes_in_frame).dtypes) == list(frame.dtypes)


def test_samples_of_a_frame_of_numbers_have_its_index():
    frame = pd.DataFrame(table(), columns=list("abcdef")).sample(frac=1, random_state=0)
    denoiser = quick(DenoisingAutoencoder).fit(frame)
    assert denoiser.reconstruct(frame).index.equals(frame.index)
    assert isinstance(denoiser.transform(frame), np.ndarray)  # as of other transformers
    denoised = denoiser.set_output(transform="pandas").transform(frame.astype("float32"))
    assert denoised.index.equals(frame.index)
    transformer = quick(sa.AutoencoderTransformer).set_output(transform="pandas").fit(frame)
    decoded = transformer.inverse_transform(transformer.transform(frame))
    assert decoded.index.equals(frame.index)


def test_a_table_is_saved(frame, tmp_path):
    pytest.importorskip("skops")
    generator = fitted(VAEGenerator, frame, n_components=2)
    sa.save(generator, tmp_path / "model.skops")
    again = sa.load(tmp_path / "model.skops")
    pd.testing.assert_frame_equal(
        again.sample(5, random_state=0), generator.sample(5, random_state=0)
    )
    generator.to_safetensors(tmp_path / "model.safetensors")
    again = sa.load(tmp_path / "model.safetensors")
    pd.testing.assert_frame_equal(again.reconstruct(frame), generator.reconstruct(frame))


@pytest.mark.parametrize("cls", PUBLIC)
def test_partial_fit_continues_with_the_columns_of_the_first_batch(cls, frame):
    estimator = quick(cls).partial_fit(frame).partial_fit(frame.head(20))
    later = frame.assign(city="Atlantis")
    with pytest.raises(ValueError, match="feature names"):
        estimator.partial_fit(later[later.columns[::-1]])
    with pytest.warns(UserWarning, match=r"did not occur in the first call .*'city'"):
        estimator.partial_fit(later)
    assert set(estimator.reconstruct(later)["city"]) <= {"Bern", "Oslo", "Rome"}


def test_new_categories_of_later_batches_are_missing_values(frame):
    batch = frame.assign(city=np.where(frame["city"] == "Rome", "Atlantis", frame["city"]))
    hidden = frame.assign(city=batch["city"].where(batch["city"] != "Atlantis"))
    found = []
    for later in (batch, hidden):
        estimator = quick(DenoisingAutoencoder).partial_fit(frame)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(3):
                estimator.partial_fit(later)
        assert len(caught) == (later is batch)
        found.append(estimator.reconstruct(frame))
    pd.testing.assert_frame_equal(*found)


def test_a_conditional_generator_draws_tables_of_a_class(frame):
    y = frame["size"] > frame["size"].median()
    generator = VAEGenerator(2, conditional=True, max_epochs=60, random_state=0).fit(frame, y)
    low, high = (generator.sample(200, y=label, random_state=0) for label in (False, True))
    assert low["size"].mean() < high["size"].mean()
    assert (low["rank"] == "low").mean() > (high["rank"] == "low").mean()


@pytest.mark.parametrize("is_fitted", [False, True])
@pytest.mark.parametrize("cls", PREDICTORS)
def test_an_encoder_of_tables_keeps_its_columns(cls, is_fitted, frame):
    encoder = quick(DenoisingAutoencoder)
    if is_fitted:
        encoder = FrozenEstimator(encoder.fit(frame.assign(city="Oslo")))
    weight = (frame["city"] != "Rome").to_numpy(float)
    y = np.arange(len(frame)) % 2
    predictor = cls(encoder=encoder, max_epochs=2, random_state=0)
    predictor.fit(frame, y, sample_weight=weight)
    assert predictor.predict(frame).shape == y.shape
    assert predictor.network_.encoder.linear.in_features == predictor._layout.n_inputs


@pytest.mark.parametrize("cls", UNIONLESS)
def test_the_number_of_categories_is_a_parameter(cls, frame):
    params = {"max_categories": 2, "min_frequency": 3}
    estimator = fitted(cls, frame, **params)
    sizes = dict(zip(frame.columns, estimator._layout.n_categories, strict=True))
    assert (sizes["city"], sizes["rank"], sizes["size"]) == (2, 2, 0)
    assert {name: clone(estimator).get_params()[name] for name in params} == params
    again = pickle.loads(pickle.dumps(estimator))
    assert again._layout == estimator._layout
    assert {name: again.get_params()[name] for name in params} == params


@pytest.mark.parametrize("cls", UNIONLESS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_categories", 0),
        ("max_categories", 2.0),
        ("min_frequency", 0),
        ("min_frequency", 1.0),
        ("min_frequency", "3"),
    ],
)
def test_invalid_numbers_of_categories_are_named(cls, name, value, frame):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        fitted(cls, frame, **{name: value})


@pytest.mark.parametrize("changed", [{"max_categories": 2}, {"min_frequency": 0.4}])
def test_a_resumed_fit_keeps_the_number_of_categories(changed, frame):
    estimator = fitted(DenoisingAutoencoder, frame, warm_start=True)
    with pytest.raises(ValueError, match=f"{next(iter(changed))} was .* in the first fit"):
        estimator.set_params(**changed).fit(frame)
    assert len(estimator.loss_curve_) == estimator.n_epochs_
    estimator.set_params(warm_start=False).fit(frame)
    with pytest.raises(ValueError, match=f"{next(iter(changed))}=.* together with encoder"):
        fitted(sa.AutoencoderClassifier, frame, encoder=quick(DenoisingAutoencoder), **changed)


@pytest.mark.parametrize("cls", PREDICTORS)
def test_an_encoder_determines_the_number_of_categories(cls, frame):
    encoder = quick(DenoisingAutoencoder, max_categories=2)
    predictor = fitted(cls, frame, encoder=encoder)
    assert max(predictor._layout.n_categories) == 2


def test_known_infrequent_categories_are_not_imputed():
    frame = mixed().assign(city=[f"c{k}" for k in range(30) for _ in range(2)])
    imputer = quick(DenoisingAutoencoder, output="imputed", max_categories=3)
    generator = quick(VAEGenerator, max_categories=3)
    for found in (imputer.fit_transform(frame), generator.fit(frame).impute(frame)):
        assert (found["city"] == frame["city"]).all()
        assert not found.isna().any(axis=None)


def exported():
    """Return a table with columns of all kinds that can be exported."""
    frame = mixed(80)
    rng = np.random.RandomState(1)
    return frame.assign(
        number=pd.Categorical(rng.choice([3, 7, 2**20], 80)),
        word=np.where(rng.random_sample(80) < 0.1, "", rng.choice(["a", "b", "c", "d"], 80)),
        constant="same",
        hours=pd.to_timedelta(rng.randint(0, 99, 80), unit="h"),
    )


def feeds(frame):
    """Return the inputs of a graph: strings, floats and, for dates and durations, seconds."""
    found = {}
    for name, column in frame.items():
        if column.dtype.kind in "mM":
            start = pd.Timestamp(0) if column.dtype.kind == "M" else pd.Timedelta(0)
            found[name] = ((column - start) / pd.Timedelta(seconds=1)).to_numpy(np.float64)
        elif name in ("city", "rank", "word", "constant"):
            found[name] = column.astype(object).where(column.notna(), "missing").to_numpy(object)
        else:
            objects = [np.nan if pd.isna(value) else value for value in column]
            found[name] = np.array(objects, dtype=np.float32)
    return {name: values[:, None] for name, values in found.items()}


@pytest.mark.parametrize(
    ("cls", "method", "params"),
    [
        (sa.AutoencoderTransformer, "transform", {"max_categories": 3}),
        pytest.param(sa.AutoencoderOutlierDetector, "predict", {}, marks=pytest.mark.long),
        pytest.param(sa.AutoencoderClassifier, "predict_proba", {}, marks=pytest.mark.long),
        pytest.param(DenoisingAutoencoder, "transform", {"output": "code"}, marks=pytest.mark.long),
        pytest.param(DenoisingAutoencoder, "score_samples", {}, marks=pytest.mark.long),
        pytest.param(VAEGenerator, "transform", {}, marks=pytest.mark.long),
        pytest.param(sa.AutoencoderRegressor, "predict", {}, marks=pytest.mark.long),
        pytest.param(sa.AutoencoderOutlierDetector, "p_values", {}, marks=pytest.mark.long),
    ],
)
def test_a_graph_of_a_table_has_one_input_for_each_column(cls, method, params, tmp_path):
    for name in ("onnx", "onnxscript"):
        pytest.importorskip(name)
    runtime = pytest.importorskip("onnxruntime")
    frame = exported()
    estimator = fitted(cls, frame, **params)
    sa.export_onnx(estimator, tmp_path / "m.onnx", method)
    session = runtime.InferenceSession(tmp_path / "m.onnx")
    types = {own.name: own.type for own in session.get_inputs()}
    assert list(types) == list(frame.columns)
    kinds = {"city": "string", "size": "float", "number": "float", "since": "double"}
    assert {name: types[name] for name in kinds} == {k: f"tensor({v})" for k, v in kinds.items()}
    later = frame.iloc[::-2].assign(city="Atlantis")  # in graphs, strings cannot be missing
    missing = frame.iloc[::-2].assign(city=None)
    for X, same in ((frame, frame), (later, missing)):
        (found,) = session.run([method], feeds(X))
        assert_allclose(found, getattr(estimator, method)(same), rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize(
    ("cls", "method"),
    [
        (DenoisingAutoencoder, "transform"),
        (sa.AutoencoderTransformer, "reconstruct"),
        (sa.AutoencoderTransformer, "inverse_transform"),
        (VAEGenerator, "sample"),
        (VAEGenerator, "score_samples"),
    ],
)
def test_export_of_tables_and_densities_is_refused_with_advice(cls, method, frame, tmp_path):
    with pytest.raises(ValueError, match=f"method='{method}' .*table with categories .*Encoder"):
        sa.export_onnx(fitted(cls, frame), tmp_path / "m.onnx", method)


@pytest.mark.parametrize("name", ["transform", ""])
def test_names_of_inputs_of_a_graph_are_checked(name, frame, tmp_path):
    pytest.importorskip("onnxscript")
    renamed = fitted(sa.AutoencoderTransformer, frame.rename(columns={"city": name}))
    with pytest.raises(ValueError, match="Rename the columns before the fit"):
        sa.export_onnx(renamed, tmp_path / "m.onnx")


def test_categories_that_cannot_be_inputs_of_a_graph_are_named(frame, tmp_path):
    pytest.importorskip("onnxscript")
    close = frame.assign(code=pd.Categorical([2**25, 2**25 + 1] * 30))
    with pytest.raises(ValueError, match=r"'code' must be strings.*Convert the column to strings"):
        sa.export_onnx(fitted(sa.AutoencoderTransformer, close), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dtype", ["string", "boolean", "category", "float64", "datetime64[ns]"])
@pytest.mark.filterwarnings("ignore:1 feature.s. of X contain only missing:UserWarning")
def test_a_column_of_any_type_can_be_missing_beside_numbers(dtype):
    frame = pd.DataFrame({"a": pd.Series([None] * 40, dtype=dtype), "b": np.arange(40.0)})
    found = DenoisingAutoencoder(max_epochs=1, random_state=0).fit(frame).transform(frame)
    found = pd.DataFrame(found, columns=["a", "b"])
    assert found.a.isna().all()
    assert found.b.notna().all()
    with pytest.raises(ValueError, match="All values of X are missing"):
        DenoisingAutoencoder().fit(frame[["a"]])


@pytest.mark.parametrize("dtypes", ["mixed", "numbers"])
def test_infinity_is_reported_with_its_column(dtypes):
    frame = pd.DataFrame({"length": [1.0, np.inf, 2.0, 3.0], "width": [1.0, 2.0, 3.0, 4.0]})
    if dtypes == "mixed":
        frame["kind"] = list("abab")
    model = sa.AutoencoderTransformer(max_epochs=1)
    with pytest.raises(ValueError, match=r"infinity.*'length'"):
        model.fit(frame)
    model.fit(frame.replace(np.inf, 0.0))
    with pytest.raises(ValueError, match=r"infinity.*'length'"):
        model.transform(frame)


# ----------------------------------------------------------------------- strings like numbers


def frame_with_codes():
    """Return a number beside a postal code, and the same as an array of objects."""
    numbers = np.arange(40) / 4
    return pd.DataFrame({"x": numbers, "code": np.resize(["3.0", "1.5"], 40)})


def test_strings_that_look_like_numbers_are_categories():
    frame = frame_with_codes()
    for X in (frame, frame.astype({"code": object}), frame.to_numpy(dtype=object)):
        columns, cells = learn_columns(X, "from_dtype")
        assert columns.n_categories == (0, 2)
        assert columns.kinds[1].categories == ["1.5", "3.0"]
        assert_array_equal(cells[:, 1], np.resize([1.0, 0.0], 40))
        assert_array_equal(np.asarray(columns.decode(cells), dtype=object), np.asarray(X))


def test_strings_are_numbers_where_no_column_is_a_category():
    frame = frame_with_codes()
    numbers = frame.astype(float).to_numpy()
    expected = quick(sa.AutoencoderTransformer).fit(numbers).transform(numbers)
    X = frame.to_numpy(dtype=object)
    for strings in (X, frame):
        model = quick(sa.AutoencoderTransformer, categorical_features=None).fit(strings)
        assert_array_equal(model.transform(strings), expected)
    array = frame.to_numpy(dtype=str)
    assert_array_equal(quick(sa.AutoencoderTransformer).fit(array).transform(array), expected)


def test_an_array_that_mixes_numbers_and_strings_names_the_column():
    X = frame_with_codes().to_numpy(dtype=object)
    X[3, 1] = 1.5
    with pytest.raises(TypeError, match=r"Column 1 mixes numbers and strings.*Convert it"):
        quick(sa.AutoencoderTransformer).fit(X)


def whole_and_other(low=0, n_samples=40):
    """Return a frame of whole numbers and of others."""
    other = np.random.RandomState(low).random_sample(n_samples)
    return pd.DataFrame({"n": np.arange(low, low + n_samples), "x": other})


@pytest.mark.filterwarnings("ignore:pandas.DataFrame with sparse columns")
@pytest.mark.parametrize("kind", ["sparse", "category", "string"])
def test_frames_of_types_that_numbers_do_not_have_give_arrays(kind):
    frame = whole_and_other()[["x"]].assign(n=np.arange(40.0) % 3)
    typed = frame.astype(
        {"n": {"sparse": pd.SparseDtype(float, 0.0), "string": str}.get(kind, kind)}
    )
    model = AutoencoderTransformer(1, max_epochs=1, random_state=0, categorical_features=None)
    expected = clone(model).fit(frame.to_numpy()).reconstruct(frame.to_numpy())
    assert_allclose(model.fit(typed).reconstruct(typed), expected)


def test_values_that_the_type_in_the_fit_does_not_hold_are_kept():
    fitted = VAEGenerator(1, max_epochs=1, random_state=0).fit(
        whole_and_other().astype({"n": "int8"})
    )
    given = pd.DataFrame({"n": [300, 5, 1.5], "x": [np.nan, 0.5, 0.5]})
    imputed = fitted.impute(given)
    assert imputed["n"].tolist() == [300, 5, 1.5]
    assert imputed["x"].notna().all()
    whole = fitted.impute(pd.DataFrame({"n": [np.nan, 5.0], "x": [0.5, 0.5]}))
    assert whole["n"].dtype == np.int8


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_whole_numbers_of_later_batches_are_in_range():
    model = AutoencoderTransformer(2, random_state=0, scaling=None)
    model.partial_fit(whole_and_other()).partial_fit(whole_and_other(100))
    exact = model.reconstruct(whole_and_other(100).to_numpy())[:, 0]
    assert_array_equal(model.reconstruct(whole_and_other(100))["n"], np.round(exact).clip(0, 139))
    assert exact.max() > 100


def to_nullable(frame):
    return frame.convert_dtypes()


@pytest.mark.parametrize(
    "convert", [pd.DataFrame, to_nullable, pl.from_pandas, pa.Table.from_pandas]
)
@pytest.mark.parametrize("has_categories", [True, False])
def test_known_integers_that_float64_does_not_contain_are_not_imputed(convert, has_categories):
    frame = whole_and_other().assign(n=2**60 + 7 * np.arange(40), c=["a", "b"] * 20)
    frame = frame if has_categories else frame[["n", "x"]]
    fitted = VAEGenerator(1, max_epochs=1, random_state=0).fit(convert(frame))
    imputed = fitted.impute(convert(frame.assign(x=frame["x"].mask(frame.index < 5))))
    assert type(imputed) is type(convert(frame))
    assert [int(value) for value in np.asarray(imputed["n"])] == frame["n"].tolist()


def test_a_missing_integer_beside_large_ones_is_imputed():
    frame = to_nullable(whole_and_other().assign(n=2**60 + 7 * np.arange(40), c=["a", "b"] * 20))
    fitted = VAEGenerator(1, max_epochs=1, random_state=0).fit(frame)
    frame.loc[3, "n"] = pd.NA
    imputed = fitted.impute(frame)["n"]
    assert imputed.dtype == frame["n"].dtype
    assert imputed.drop(3).tolist() == frame["n"].drop(3).tolist()
    assert 2**60 <= imputed[3] <= 2**60 + 7 * 39


def test_later_batches_of_tables_widen_the_range_and_refine_the_step():
    first = whole_and_other().assign(c=["a", "b"] * 20, n=np.arange(40.0))
    later = first.assign(n=np.arange(40) + 100.5)
    model = AutoencoderTransformer(2, random_state=0).partial_fit(first)
    kind = model._columns.kinds[0]
    assert (kind.low, kind.high, kind.step) == (0, 39, 1)
    kind = clone(model).partial_fit(first).partial_fit(later)._columns.kinds[0]
    assert (kind.low, kind.high, kind.step) == (0, 139.5, 0.1)
    assert model._columns.kinds[0].high == 39
    dates = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-02-03"] * 10)})
    model = AutoencoderTransformer(1, random_state=0).partial_fit(dates)
    model.partial_fit(dates + pd.Timedelta("90min"))
    assert model._columns.kinds[0].step == 60
    model.partial_fit(pd.DataFrame({"day": pd.to_datetime(["2030-01-01"] * 4)}))
    assert model.reconstruct(dates)["day"].dt.second.eq(0).all()


@pytest.mark.parametrize(
    ("convert", "places"),
    [(pd.DataFrame, None), (pl.DataFrame, None), (to_nullable, [1]), (np.asarray, [1])],
)
def test_integers_are_rounded_after_a_later_batch_of_other_numbers(convert, places):
    frame = pd.DataFrame({"n": np.arange(40), "c": [0, 1] * 20})
    model = AutoencoderTransformer(1, max_epochs=1, random_state=0, categorical_features=places)
    model.partial_fit(convert(frame)).partial_fit(convert(frame.assign(n=frame["n"] + 0.75)))
    columns = model._columns or model._number_columns
    found = columns.restore(columns.valid(np.array([[1.75, 0.0], [38.9, 1.0]])))
    assert np.asarray(found)[:, 0].tolist() == [2, 39]


@pytest.mark.parametrize("has_categories", [True, False])
def test_columns_of_two_levels_keep_their_levels(has_categories, tmp_path):
    frame = whole_and_other().assign(c=["a", "b"] * 20)
    frame = frame if has_categories else frame[["n", "x"]]
    names = [("first", "n"), ("first", "x"), ("second", "c")][: frame.shape[1]]
    frame.columns = pd.MultiIndex.from_tuples(names, names=["group", "name"])
    model = AutoencoderTransformer(1, max_epochs=1, random_state=0).fit(frame)
    sa.save(model, tmp_path / "model.skops")
    for fitted in (model, sa.load(tmp_path / "model.skops")):
        pd.testing.assert_index_equal(fitted.reconstruct(frame).columns, frame.columns)
        codes = pd.DataFrame(fitted.transform(frame))
        assert list(fitted.inverse_transform(codes)["first"].columns) == ["n", "x"]


def test_many_numbers_of_one_type_are_one_block():
    frame = pd.DataFrame(np.random.RandomState(0).randn(10, 300)).rename(columns=str)
    model = AutoencoderTransformer(1, max_epochs=1, random_state=0).fit(frame)
    found = model.reconstruct(frame)
    assert_array_equal(found, model.inverse_transform(model.transform(frame)))
    assert len(found._mgr.blocks) == 1


def test_tables_that_are_decoded_are_of_the_package_of_the_fit(frame):
    model = AutoencoderTransformer(1, max_epochs=1, random_state=0).set_output(transform="polars")
    codes = model.fit(frame).transform(frame)
    assert type(codes) is pl.DataFrame
    decoded = model.inverse_transform(codes)
    assert decoded.dtypes.equals(frame.dtypes)


@pytest.mark.parametrize("has_categories", [True, False])
def test_batches_of_arrow_are_tables(has_categories):
    frame = whole_and_other().assign(c=["a", "b"] * 20)
    frame = frame if has_categories else frame[["n", "x"]]
    batch, whole = pa.RecordBatch.from_pandas(frame), pa.Table.from_pandas(frame)
    model, expected = (quick(AutoencoderTransformer).fit(X) for X in (batch, whole))
    assert list(model.feature_names_in_) == list(frame.columns)
    assert_array_equal(model.transform(batch), expected.transform(whole))
    assert model.reconstruct(batch).equals(expected.reconstruct(whole))
    with pytest.raises(ValueError, match="order"):
        model.transform(batch.select(list(frame.columns[::-1])))
    conditional = VAEGenerator(1, conditional=True, max_epochs=1, random_state=0)
    drawn = [
        clone(conditional).fit(frame, y).sample(3, y=y.slice(0, 3), random_state=0)
        for y in (batch, whole)
    ]
    pd.testing.assert_frame_equal(*drawn)


@pytest.mark.parametrize("convert", [pd.DataFrame, pl.from_pandas, pd.DataFrame.to_numpy])
@pytest.mark.parametrize("has_categories", [True, False])
def test_decimals_are_numbers(convert, has_categories):
    frame = whole_and_other().assign(c=["a", "b"] * 20)
    frame = frame if has_categories else frame[["n", "x"]]
    written = frame.assign(n=[Decimal(int(n)) for n in frame["n"]]).astype({"n": object})
    written.loc[3, "n"] = None
    expected = quick(AutoencoderTransformer).fit(frame.assign(n=frame["n"].where(frame["n"] != 3)))
    fitted = quick(AutoencoderTransformer).fit(convert(written))
    codes = expected.transform(frame)
    assert_allclose(fitted.transform(convert(written))[4:], codes[4:], atol=1e-5)
