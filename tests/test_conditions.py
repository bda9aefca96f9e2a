"""Conditions of several attributes: each column is a condition of its own, in one table."""

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
from helpers import assert_same, table
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from sklearn_autoencoders import VAEGenerator, load, save
from sklearn_autoencoders._data.conditions import condition_of, fit_condition

N = 200


def attributes(n_samples=N, seed=0):
    """Return two attributes, independent of each other."""
    rng = np.random.RandomState(seed)
    return pd.DataFrame(
        {"shape": rng.choice(["flat", "high"], n_samples), "slant": rng.randn(n_samples)}
    )


def samples(y, seed=0):
    """Return samples of which the first feature is the shape, the second the slant."""
    noise = np.random.RandomState(seed).randn(len(y), 4) / 10
    shape, slant = (y["shape"] == "high").to_numpy(float), y["slant"].to_numpy()
    return np.column_stack([shape, slant, shape + slant, np.zeros(len(y))]) + noise


def generator(**params):
    return VAEGenerator(1, **{"max_epochs": 30, "random_state": 0, "conditional": True} | params)


def test_a_table_is_encoded_as_its_columns_are():
    y, X = attributes(), table(N)
    weight = 1.0 + np.arange(N) % 3
    both = fit_condition(y, X, weight)["conditions_"]
    for name in y:
        assert_same(both[name], fit_condition(y[name], X, weight))
    parts = []
    for name in y:
        fitted = generator()
        vars(fitted).update(both[name])
        parts.append(condition_of(fitted, y[name], N))
    whole = generator()
    whole.conditions_ = both
    assert_array_equal(condition_of(whole, y, N), np.hstack(parts))


@pytest.fixture(scope="module")
def fitted():
    y = attributes()
    return generator().fit(samples(y), y)


def test_each_attribute_changes_its_own_feature(fitted):
    start = {"shape": "flat", "slant": -0.5}
    means = {
        name: fitted.sample(2000, y={**start, **change}, random_state=0).mean(0)
        for name, change in (("start", {}), ("shape", {"shape": "high"}), ("slant", {"slant": 0.5}))
    }
    assert_allclose(means["shape"] - means["start"], [1, 0, 1, 0], atol=0.15)
    assert_allclose(means["slant"] - means["start"], [0, 1, 1, 0], atol=0.15)


def test_an_attribute_of_given_samples_is_changed(fitted):
    y = attributes(50, seed=1)
    X = samples(y, seed=1)
    codes = fitted.transform(X, y)
    slanted = fitted.inverse_transform(codes, y.assign(slant=y["slant"] + 1))
    change = slanted - fitted.inverse_transform(codes, y)
    assert_allclose(change.mean(0), [0, 1, 1, 0], atol=0.15)


def test_all_forms_of_a_table_give_the_same():
    y = attributes()
    X, model = samples(y), generator(max_epochs=1)
    expected = clone(model).fit(X, y).score_samples(X, y)
    for form in (polars.from_pandas(y), pyarrow.Table.from_pandas(y)):
        assert_array_equal(clone(model).fit(X, form).score_samples(X, form), expected)
    named = clone(model).fit(X, y)
    for other in (y[["slant", "shape"]], {name: y[name] for name in y}):
        assert_array_equal(named.score_samples(X, other), expected)
    assert named.sample(y=y.iloc[:3], random_state=0).shape == (3, 4)
    for array in (y.to_numpy(), y.to_numpy().tolist()):
        unnamed = clone(model).fit(X, array)
        assert list(unnamed.conditions_) == [0, 1]
        assert_array_equal(unnamed.score_samples(X, array), expected)


def assert_same_conditions(found, expected):
    assert list(found.conditions_) == list(expected.conditions_)
    for name, own in expected.conditions_.items():
        assert_same(found.conditions_[name], own)


def test_files_and_later_batches(fitted, tmp_path):
    y = attributes()
    X = samples(y)
    save(fitted, tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert_same_conditions(loaded, fitted)
    assert_array_equal(loaded.score_samples(X, y), fitted.score_samples(X, y))
    loaded.partial_fit(X, y)
    assert_same_conditions(loaded, fitted)
    scores = cross_val_score(generator(max_epochs=3, early_stopping=True), X, y, cv=3)
    assert np.isfinite(scores).all()


def test_a_fit_to_a_single_column_replaces_the_table():
    y = attributes()
    model = generator(max_epochs=1).fit(samples(y), y)
    model.fit(samples(y), y["shape"])
    assert not hasattr(model, "conditions_")
    assert model.sample(2, y="flat").shape == (2, 4)


def test_errors_name_the_column(fitted):
    y = attributes()
    X = samples(y)
    with pytest.raises(ValueError, match=r"y\['shape'\] contains labels \['low'\] that were not"):
        fitted.sample(y={"shape": "low", "slant": 0.0})
    with pytest.raises(ValueError, match=r"one column; the fit was conditional on .*'slant'"):
        fitted.sample(y="flat")
    with pytest.raises(ValueError, match=r"the columns \['shape'\]; the fit was conditional"):
        fitted.sample(y={"shape": "flat"})
    with pytest.raises(ValueError, match=r"y\['slant'\] has 3 values for 2 samples"):
        fitted.sample(2, y={"shape": "flat", "slant": [1.0, 2.0, 3.0]})
    with pytest.raises(ValueError, match=r"target y\['slant'\] must be numeric"):
        fitted.sample(y={"shape": "flat", "slant": "steep"})
    with pytest.raises(TypeError, match=r"y is a dict, but fit takes a table"):
        generator().fit(X, {"shape": y["shape"], "slant": y["slant"]})
    with pytest.raises(ValueError, match=r"y\['slant'\] contains NaN"):
        generator().fit(X, y.assign(slant=np.nan))
    with pytest.raises(ValueError, match=r"y\['id'\] has 200 distinct integers, .* to floats"):
        generator().fit(X, y.assign(id=np.arange(N)))


def test_columns_can_have_any_names():
    y = attributes().rename(columns={"shape": 0, "slant": 1})
    assert list(fit_condition(y, table(N), None)["conditions_"]) == [0, 1]


def test_lists_in_a_dict_determine_the_number_of_samples(fitted):
    assert fitted.sample(y={"shape": ["flat", "high"], "slant": 0.2}).shape == (2, 4)
    single = generator(max_epochs=1).fit(table(N), attributes()["shape"])
    with pytest.raises(ValueError, match=r"dict of the columns \['shape'\], .* a single column"):
        single.sample(y={"shape": "flat"})


def test_attributes_with_the_same_name_are_named():
    y = pd.DataFrame(np.zeros((40, 2)), columns=["size", "size"])
    with pytest.raises(ValueError, match="Several columns of y have the name 'size'"):
        VAEGenerator(conditional=True).fit(table(40), y)
