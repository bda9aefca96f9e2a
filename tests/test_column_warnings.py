"""Warnings of columns that are probably not what the user thinks they are."""

import warnings

import numpy as np
import pandas as pd
import pytest

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
)
from sklearn_autoencoders._data.tables.learned_columns import learn_columns

RNG = np.random.default_rng(0)
DAYS = pd.date_range("2020-01-01", periods=100)
N = 100

# Strings that are numbers or dates, by what the warning calls them.
WRITTEN = {
    "decimals": ("numbers", [f"{x:.3f}" for x in RNG.normal(size=N - 1)] + ["?"]),
    "commas": ("numbers", [f"{x:.3f}".replace(".", ",") for x in RNG.random(N)]),
    "whole numbers": ("numbers", [str(x) for x in range(N - 1)] + ["?"]),
    "percentages": ("numbers", [f"{x}%" for x in range(50)] * 2),
    "amounts": ("numbers", [f"$ {1000 * x:,}" for x in range(50)] * 2),
    "exponents": ("numbers", [f"{x:e}" for x in RNG.normal(size=N)]),
    "ISO dates": ("dates", [str(day.date()) for day in DAYS]),
    "ISO times": ("dates", [day.isoformat() for day in DAYS]),
    "German dates": ("dates", [f"{day:%d.%m.%Y}" for day in DAYS]),
    "American dates": ("dates", [f"{day:%m/%d/%y}" for day in DAYS]),
}
# Strings that are neither.
NEITHER = {
    "few numbers": [str(x) for x in range(20)] * 5,
    "codes": [str(x) for x in range(50)] * 2,
    "postal codes": [f"0{x + 1000}" for x in range(50)] * 2,
    "versions": [f"1.{x}.2" for x in range(50)] * 2,
    "names": [f"item {x}" for x in range(50)] * 2,
    "phone numbers": [f"555-{x}-1" for x in range(50)] * 2,
    "half numbers": [str(x) for x in range(25)] + [f"c{x}" for x in range(75)],
}


def frame(values):
    return pd.DataFrame({"p": values, "x": np.arange(float(len(values)))})


@pytest.mark.parametrize(("what", "values"), WRITTEN.values(), ids=WRITTEN)
def test_numbers_and_dates_that_are_strings_are_named(what, values):
    function = {"numbers": "to_numeric", "dates": "to_datetime"}[what]
    with pytest.warns(UserWarning, match=rf"'p' \({what}, such as .*{function}\(X\['p'\]") as found:
        learn_columns(frame(values), "from_dtype")
    assert len(found) == 1  # and none of identifiers


@pytest.mark.parametrize("values", NEITHER.values(), ids=NEITHER)
def test_other_strings_are_not_taken_for_numbers(values):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        learn_columns(frame(values), "from_dtype")
    assert not [w for w in found if "written as strings" in str(w.message)]


def test_one_warning_names_all_columns_with_examples():
    X = frame(WRITTEN["decimals"][1]).assign(when=WRITTEN["ISO dates"][1])
    message = r"'p' \(numbers, such as '[-.\d]+' and '\?'\), 'when' \(dates, such as '2020-\d"
    with pytest.warns(UserWarning, match=message) as found:
        learn_columns(X, "from_dtype")
    assert len(found) == 1


@pytest.mark.parametrize("chosen", ["type", "name"])
def test_columns_that_the_user_declares_as_categories_are_categories(chosen):
    X = frame(WRITTEN["percentages"][1])
    X = X.astype({"p": "category"}) if chosen == "type" else X
    learn_columns(X, "from_dtype" if chosen == "type" else ["p"])


def test_a_repeated_value_does_not_hide_an_identifier():
    with pytest.warns(UserWarning, match=r"'p' has 39 categories in 40 samples, like an ident"):
        learn_columns(frame([f"i{max(x, 1)}" for x in range(40)]), "from_dtype")
    learn_columns(frame([f"i{x // 2}" for x in range(100)]), "from_dtype")


def categories(values, n=20):
    return pd.DataFrame(
        {"c": (values * n)[:n], "d": (["a", "b"] * n)[:n], "x": np.arange(float(n))}
    )


@pytest.fixture(scope="module")
def models():
    table = categories(["u", "v"])
    return {
        cls: cls(max_epochs=1, random_state=0).fit(table)
        for cls in (AutoencoderTransformer, AutoencoderOutlierDetector)
    }


def test_a_column_of_unknown_categories_only_is_named(models):
    model = models[AutoencoderTransformer]
    message = r"the column\(s\) 'c' \('U' 'V', in the fit 'u' 'v'\) occurred.*Write the categories"
    for method in (model.transform, model.score, model.reconstruct):
        with pytest.warns(UserWarning, match=message) as found:
            method(categories(["U", "V"]))
        assert len(found) == 1
    with pytest.warns(UserWarning, match=r"'d' \('q' 'r' 's' \.\.\., in the fit"):
        model.transform(categories(["u"]).assign(d=list("qrst") * 5))


@pytest.mark.parametrize(
    "later",
    [
        categories(["U"], n=9),  # a few samples, or one
        categories(["U"] * 19 + ["u"]),
        categories([None] * 11 + ["U"] * 9),  # a rare value
        categories([None]),
    ],
)
def test_some_unknown_categories_are_no_reason_to_warn(models, later):
    models[AutoencoderTransformer].transform(later)


def test_unknown_categories_count_in_scores_of_outliers_without_a_warning(models):
    models[AutoencoderOutlierDetector].score_samples(categories(["U"]))


def test_new_identifiers_are_expected():
    table = categories(["u", "v"]).assign(c=[f"i{n // 2}" for n in range(20)])
    model = AutoencoderTransformer(max_epochs=1, random_state=0).fit(table)
    model.transform(table.assign(c=[f"j{n}" for n in range(20)]))


def test_predictors_warn_once(models):
    table, y = categories(["u", "v"]), np.arange(20) % 2
    fitted = AutoencoderClassifier(max_epochs=1, random_state=0, pretraining=None).fit(table, y)
    with pytest.warns(UserWarning, match="'c'") as found:
        fitted.score(categories(["U"]), y)
    assert len(found) == 1
