"""Messages about tables: each names the column and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    VAEGenerator,
)

N = 30
TABLE = pd.DataFrame(
    {
        "day": pd.date_range("2020-01-01", periods=N),
        "wait": pd.to_timedelta(np.arange(N), unit="h"),
        "kind": ["a", "b"] * (N // 2),
        "size": np.arange(float(N)),
    }
)


def transformer(**params):
    return AutoencoderTransformer(1, max_epochs=1, random_state=0, **params)


@pytest.fixture(scope="module")
def fitted():
    return transformer().fit(TABLE)


CELLS = {
    "Series": lambda: pd.Series([1.0, 2.0]),
    "ndarray": lambda: np.ones(3),
    "list": lambda: [1, 2],
    "tuple": lambda: (1, 2),
}


@pytest.mark.parametrize("features", ["from_dtype", None])
@pytest.mark.parametrize("kind", CELLS)
def test_cells_of_several_values(kind, features, fitted):
    X = TABLE[["size"]].assign(series=[CELLS[kind]() for _ in range(N)])
    message = rf"Column 'series' contains values of type {kind}\..*network=Temporal"
    with pytest.raises(TypeError, match=message):
        transformer(categorical_features=features).fit(X)
    with pytest.raises(TypeError, match=f"Column 'size' contains values of type {kind}"):
        fitted.transform(TABLE.assign(size=X["series"]))


def test_lists_of_polars():
    X = pl.DataFrame({"size": [1.0, 2.0], "series": [[1], [2, 3]]})
    with pytest.raises(TypeError, match=r"Column 'series' .*List.*network=Temporal"):
        transformer().fit(X)


@pytest.mark.parametrize(("name", "function"), [("day", "to_datetime"), ("wait", "to_timedelta")])
@pytest.mark.parametrize("package", [pd.DataFrame, pl.from_pandas])
def test_strings_where_the_fit_had_dates(fitted, name, function, package):
    X = package(TABLE.assign(**{name: TABLE[name].astype(str)}))
    with pytest.raises(ValueError, match=rf"Column '{name}' .*pandas.{function}\(X\['{name}'\]\)"):
        fitted.transform(X)


@pytest.mark.parametrize("package", [pd.DataFrame, pl.from_pandas])
def test_strings_without_columns_of_categories(package):
    X = package(TABLE[["size", "kind"]])
    message = "Column 'kind' must contain numbers.*'a'.*fit with its name in categorical_features"
    with pytest.raises(ValueError, match=message):
        transformer(categorical_features=None).fit(X)
    numbers = transformer().fit(TABLE[["size"]].assign(kind=1.0))
    with pytest.raises(ValueError, match=message):
        numbers.transform(X)


def test_a_row_as_a_series(fitted):
    with pytest.raises(ValueError, match=r"df.iloc\[\[0\]\], instead of df.iloc\[0\]"):
        fitted.transform(TABLE.iloc[0])
    numbers = transformer().fit(TABLE[["size"]].assign(other=np.arange(N) % 7))
    with pytest.raises(ValueError, match=r"df.iloc\[\[0\]\], instead of df.iloc\[0\]"):
        numbers.transform(TABLE[["size"]].iloc[0])
    with pytest.raises(ValueError, match=r"a column as df\[\['name'\]\]"):
        transformer().fit(TABLE["size"])
    assert fitted.transform(TABLE.iloc[[0]]).shape == (1, 1)


@pytest.mark.parametrize("package", [pd.DataFrame, pd.DataFrame.to_numpy])
def test_all_columns_of_mixed_types_are_named(package):
    X = pd.DataFrame({0: [1, "a"] * 10, 1: ["x", 2] * 10, 2: range(20)})
    with pytest.raises(TypeError, match=r"(?s)Column 0 mixes.*Column 1 mixes") as error:
        transformer().fit(package(X))
    assert "Column 2" not in str(error.value)


@pytest.mark.parametrize("generator", [VAEGenerator, AutoregressiveGenerator])
def test_generators_warn_that_identifiers_are_drawn(generator):
    X = TABLE[["size", "kind"]].assign(name=[f"person {i}" for i in range(N)])
    message = "'name' .*like an identifier.*drawn repeat these identifiers.*drop the column"
    with pytest.warns(UserWarning, match=message):
        model = generator(max_epochs=1, random_state=0).fit(X)
    assert set(model.sample(5, random_state=0)["name"]) <= set(X["name"])
    with pytest.warns(UserWarning, match=r"'name' .*like an identifier.*to numbers\.$"):
        transformer().fit(X)


def test_texts_beside_codes():
    with pytest.raises(ValueError, match=r"Use passthrough=False\.$"):
        AutoencoderFeatureUnion(transformer()).fit(["ab", "abc"] * 10)


def test_dates_in_an_array_of_objects():
    X = TABLE[["size", "kind", "day"]].astype(object).to_numpy()
    with pytest.raises(ValueError, match=r"Column 2 .*contains dates.*pass that instead"):
        transformer().fit(X)
