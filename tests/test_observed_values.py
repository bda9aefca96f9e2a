"""Imputation leaves observed values as they are, also categories that did not occur in the fit."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_autoencoders import AutoregressiveGenerator, DenoisingAutoencoder, VAEGenerator
from sklearn_autoencoders._data.tables.columns import Columns

CONTAINERS = {
    "pandas": pd.DataFrame,
    "nullable": lambda frame: frame.convert_dtypes(),
    "object": lambda frame: frame.astype(object),
    "category": lambda frame: frame.astype({"a": "category", "c": "category"}),
    "polars": pl.from_pandas,
    "polars Enum": lambda frame: pl.from_pandas(frame).with_columns(
        pl.col("a").cast(pl.Enum(frame["a"].dropna().unique().tolist()))
    ),
    "Arrow": pa.Table.from_pandas,
    "Arrow dictionary": lambda frame: pa.Table.from_pandas(frame.astype({"a": "category"})),
    "array": lambda frame: frame.to_numpy(dtype=object),
}
IMPUTERS = {
    "denoising": (DenoisingAutoencoder(1, output="imputed", max_epochs=1), "transform"),
    "vae": (VAEGenerator(1, max_epochs=1), "impute"),
    "autoregressive": (AutoregressiveGenerator(max_epochs=1), "impute"),
}


def known_table():
    return pd.DataFrame(
        {"a": ["x", "y"] * 20, "c": ["u", "v", "w", "u"] * 10, "n": np.arange(40.0)}
    )


def later_table():
    """Return a table of which all columns have missing values, and two have new categories."""
    return pd.DataFrame(
        {
            "a": ["x", "a long new category", None, "y", "x"],
            "c": ["new", "u", "v", None, "new"],
            "n": [1.0, np.nan, 3.0, 4.0, 5.0],
        }
    )


def as_rows(X):
    rows = X.tolist() if isinstance(X, np.ndarray) else list(zip(*columns_of(X), strict=True))
    return [tuple(None if pd.isna(value) else value for value in row) for row in rows]


def columns_of(X):
    frame = pd.DataFrame(X.to_pydict()) if isinstance(X, pa.Table) else X
    return [frame[name].to_numpy().tolist() for name in ("a", "c", "n")]


@pytest.mark.parametrize("convert", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize(("imputer", "method"), IMPUTERS.values(), ids=IMPUTERS)
@pytest.mark.parametrize("limit", [256, 2])
def test_observed_categories_are_unchanged(imputer, method, convert, limit):
    fitted = imputer.set_params(random_state=0, max_categories=limit).fit(convert(known_table()))
    imputed = getattr(fitted, method)(convert(later_table()))
    assert type(imputed) is type(convert(later_table()))
    for found, given in zip(as_rows(imputed), as_rows(later_table()), strict=True):
        assert None not in found
        assert all(own in (None, value) for value, own in zip(found, given, strict=True))


def test_types_of_categories_declare_those_of_the_later_table_too():
    kind = pd.CategoricalDtype(["y", "x"], ordered=True)
    fitted = VAEGenerator(1, max_epochs=1).fit(known_table().astype({"a": kind}))
    later = later_table()
    without_order = fitted.impute(later)["a"].dtype
    assert without_order == pd.CategoricalDtype(["y", "x", "a long new category"], ordered=True)
    wider = pd.CategoricalDtype(["y", "a long new category", "x", "z"], ordered=True)
    assert fitted.impute(later.astype({"a": wider}))["a"].dtype == wider
    known = fitted.impute(later.assign(a=["x", None, "y", "x", "y"]))
    assert known["a"].dtype == kind


@pytest.mark.parametrize(
    ("fitted", "later"),
    [
        ([1, 2], [1, 2.5]),
        ([True, False], [True, "unsure"]),
        ([1, 2], [1, "one"]),
        ([1, 2], [1, 2**70]),
        (pd.Categorical([1, 2]), pd.Categorical([1, "one"])),
        (["a", "b"], pd.Categorical(["a", "c"])),
    ],
)
def test_types_that_do_not_hold_the_new_categories_are_those_of_the_later_table(fitted, later):
    table = pd.DataFrame({"a": list(fitted) * 10, "n": 1.0})
    if isinstance(fitted, pd.Categorical):
        table["a"] = table["a"].astype(fitted.dtype)
    model = VAEGenerator(1, max_epochs=1, categorical_features=["a"]).fit(table)
    given = pd.DataFrame({"a": later, "n": [np.nan, 1.0]})
    assert model.impute(given)["a"].tolist() == list(later)


def test_arrays_of_short_strings_hold_longer_ones():
    X = np.array([["ab", "1.0"], ["cd", "2.0"]] * 10)
    model = VAEGenerator(1, max_epochs=1, categorical_features=[0, 1]).fit(X)
    imputed = model.impute(np.array([["longer", "1.0"], ["ab", "2.0"]]))
    assert imputed.tolist() == [["longer", "1.0"], ["ab", "2.0"]]


def test_a_type_of_another_package_is_not_taken():
    columns = VAEGenerator(1, max_epochs=1).fit(pl.from_pandas(known_table()))._columns
    assert isinstance(columns, Columns)
    given = later_table().astype({"a": "category"})
    cells = columns.encode(given)
    table = columns.decode(cells, given, ~np.isnan(cells))
    assert table["a"].to_list() == ["x", "a long new category", None, "y", "x"]


@pytest.mark.parametrize("is_ordered", [False, True], ids=["unordered", "ordered"])
def test_the_order_of_ordered_categories_is_that_of_the_fit(is_ordered):
    sizes = pd.CategoricalDtype(["small", "large", "huge"], ordered=True)
    later = pd.CategoricalDtype(["huge", "large", "new", "small"], ordered=is_ordered)
    known = pd.DataFrame({"a": pd.Series([*sizes.categories] * 10).astype(sizes), "n": 1.0})
    X = pd.DataFrame({"a": pd.Series(["new", "huge"], dtype=later), "n": [1.0, np.nan]})
    found = DenoisingAutoencoder(1, output="imputed", max_epochs=1).fit(known).transform(X)["a"]
    assert found.tolist() == ["new", "huge"]
    assert found.dtype == pd.CategoricalDtype([*sizes.categories, "new"], ordered=True)
