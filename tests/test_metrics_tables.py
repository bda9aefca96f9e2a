"""generation_report for tables with categories, dates and missing values."""

import datetime
import warnings

import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
from helpers import table
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_autoencoders.metrics import generation_report
from sklearn_autoencoders.metrics._associations import association_difference

quick = {"random_state": 0}


def mixed(n_samples=120, seed=0, fraction_missing=0.0):
    """Return a table of which every column depends on the first ones."""
    rng = np.random.RandomState(seed)
    x, group = rng.randn(n_samples), rng.randint(0, 3, n_samples)
    frame = pd.DataFrame(
        {
            "size": 10 * x + group,
            "city": np.array(["Bern", "Oslo", "Rome"])[group],
            "rank": pd.Categorical(np.where(x > 0, "top", "low"), ["low", "top"], ordered=True),
            "open": x + 0.3 * rng.randn(n_samples) > 0,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.round(50 * x), unit="D"),
        }
    )
    hidden = rng.random_sample(frame.shape) < fraction_missing
    return frame.mask(hidden) if fraction_missing else frame


def shuffled(frame):
    columns = {
        name: frame[name].sample(frac=1, random_state=place).to_numpy()
        for place, name in enumerate(frame)
    }
    return pd.DataFrame(columns).astype(frame.dtypes)


def test_new_samples_of_the_same_distribution_cannot_be_distinguished():
    report = generation_report(mixed(400), mixed(400, seed=1), **quick)
    assert report.column_distance.max() < 0.12
    assert_array_equal(np.isnan(report.std_ratio), [False, True, True, True, False])
    assert report.correlation_difference < 0.06
    assert 0.4 < report.two_sample_auc < 0.6
    assert 0.8 < report.nearest_ratio < 1.25
    assert report.share_of_exact_copies < 0.02
    assert 0.97 < report.validity <= 1
    assert "share_closer_to_real" not in report


def test_shuffled_columns_keep_their_margins_and_lose_their_associations():
    frame = mixed(300)
    report = generation_report(frame, shuffled(frame), **quick)
    assert_array_equal(report.column_distance, 0)
    assert report.correlation_difference > 0.25
    assert report.two_sample_auc > 0.85


def test_copies_are_found_with_held_out_samples():
    frame, other = mixed(), mixed(seed=1)
    report = generation_report(frame, frame[::-1], held_out=other, **quick)
    assert report.share_closer_to_real == report.share_of_exact_copies == 1
    assert generation_report(other, frame, held_out=frame, **quick).share_closer_to_real == 0
    assert generation_report(frame, other, held_out=frame, **quick).share_closer_to_real == 0.5


@pytest.mark.parametrize("n_held_out", [300, 90])
def test_held_out_samples_of_numbers(n_held_out):
    tables = table(300), table(250, seed=1), table(n_held_out, seed=2)
    report = generation_report(*tables[:2], held_out=tables[2], **quick)
    assert report.share_closer_to_real == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ValueError, match="real has 6 features and held_out has 2"):
        generation_report(*tables[:2], held_out=tables[2][:, :2])


def test_distances_and_validity_by_hand():
    real = pd.DataFrame({"k": list("aabb") * 5, "x": np.arange(20.0)})
    synthetic = pd.DataFrame({"k": list("abcc") * 5, "x": np.arange(20.0) + 2})
    report = generation_report(real, synthetic, **quick)
    assert_allclose(report.column_distance, [0.5, 0.1])
    is_valid = (synthetic["k"] != "c") & (synthetic["x"] <= 19)
    assert report.validity == is_valid.mean()
    report = generation_report(real, real.assign(k="unknown"), **quick)
    assert_allclose(report.column_distance, [1, 0], atol=1e-12)
    assert report.validity == report.share_of_exact_copies == 0


def test_associations_by_hand():
    rng = np.random.RandomState(0)
    group = np.repeat([0.0, 1.0, 2.0], 400)
    cells = np.column_stack([group, 2 - group, group + 1e-3 * rng.randn(1200), rng.randn(1200)])
    independent = np.column_stack([rng.permutation(column) for column in cells.T])
    is_category = [True, True, False, False]
    for pair, expected in (([0, 1], 1), ([0, 2], 1), ([0, 3], 0)):
        own = [is_category[place] for place in pair]
        tables = cells[:, pair], independent[:, pair]
        assert association_difference(*tables, own) == pytest.approx(expected, abs=0.06)
    negative = np.column_stack([cells[:, 2], -cells[:, 2]])
    assert association_difference(negative, -negative[:, [0, 0]], [False] * 2) == pytest.approx(2)
    assert association_difference(cells[:, :1], cells[:, :1], [True]) == 0


def test_rare_categories_do_not_make_associations_of_independent_columns():
    rng = np.random.RandomState(0)
    many = rng.randint(0, 40, (300, 2)).astype(float)
    few = rng.randint(0, 40, (3000, 2)).astype(float)
    assert association_difference(many, few, [True, True]) < 0.1
    assert association_difference(many, few, [True, False]) < 0.15


def test_missing_values_of_the_real_samples_do_not_distinguish_them():
    real, complete = mixed(400, fraction_missing=0.3), mixed(400, seed=1)
    report = generation_report(real, complete, **quick)
    assert report.two_sample_auc == pytest.approx(0.5, abs=0.08)
    assert report.column_distance.max() < 0.15
    assert report.validity > 0.97
    gaps = mixed(400, seed=1, fraction_missing=0.6)
    assert generation_report(real, gaps, **quick).two_sample_auc > 0.7
    assert generation_report(complete, gaps, **quick).validity < 0.1


def test_a_table_with_missing_values_is_at_no_distance_from_itself():
    frame = mixed(fraction_missing=0.2)
    report = generation_report(frame, frame, held_out=frame, **quick)
    assert_array_equal(report.column_distance, 0)
    assert_allclose(report.std_ratio[[0, 4]], 1)
    assert report.correlation_difference == 0
    assert report.validity == report.share_of_exact_copies == 1
    assert report.share_closer_to_real == 0.5


CONTAINERS = {
    "polars": polars.from_pandas,
    "Arrow": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
    "strings": lambda frame: frame.astype({"rank": "string", "open": "boolean"}),
}


@pytest.mark.parametrize("convert", CONTAINERS.values(), ids=CONTAINERS)
@pytest.mark.parametrize("fraction_missing", [0.0, 0.2])
def test_samples_can_be_in_any_container(convert, fraction_missing):
    frames = [mixed(60, seed, fraction_missing).astype({"open": "boolean"}) for seed in (0, 1)]
    expected = generation_report(*frames, **quick)
    converted = [convert(frame) for frame in frames]
    for pair in (converted, [frames[0], converted[1]], [converted[0], frames[1]]):
        found = generation_report(*pair, **quick)
        for name in expected:
            atol = 0.02 if name == "two_sample_auc" else 0  # the categories of polars are unordered
            assert_allclose(found[name], expected[name], rtol=1e-9, atol=atol, err_msg=name)


def test_categories_of_arrays_are_chosen():
    frame = mixed().drop(columns="since")
    expected = generation_report(frame, frame[::-1], **quick)
    arrays = [own.to_numpy(dtype=object) for own in (frame, frame[::-1])]
    for pair in (arrays, [array.tolist() for array in arrays]):
        found = generation_report(*pair, categorical_features=[1, 2, 3], **quick)
        for name in expected:
            assert_allclose(found[name], expected[name], err_msg=name)


def test_chosen_categories_of_numbers_have_no_order():
    real = np.column_stack([np.arange(100) % 30, np.arange(100)])
    other = np.column_stack([np.arange(100) % 10, np.arange(100)])
    found = generation_report(real, other, categorical_features=[0], **quick)
    assert found.column_distance[0] == pytest.approx(0.6)
    assert np.isnan(found.std_ratio[0])


def test_polars_dates_without_categories_are_compared():
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(k) for k in range(30)]
    frame = polars.DataFrame({"day": days, "x": range(30)})
    assert_array_equal(generation_report(frame, frame, **quick).column_distance, 0)
    later = frame.with_columns(polars.col("day") + datetime.timedelta(300))
    report = generation_report(frame, later, **quick)
    assert_array_equal(report.column_distance, [1, 0])
    assert report.validity == 0


def test_booleans_with_numbers_are_numbers():
    frame = pd.DataFrame({"x": np.arange(30.0), "flag": [True, False, True] * 10})
    report = generation_report(frame, frame[::-1], **quick)
    assert_allclose(report.std_ratio, 1)


@pytest.mark.parametrize("target", ["city", "size"])
def test_samples_of_the_same_distribution_are_equally_useful(target):
    real, other = mixed(300), mixed(300, seed=1)
    pair = [frame.drop(columns="rank" if target == "city" else "city") for frame in (real, other)]
    report = generation_report(*pair, real[target], other[target], **quick)
    assert report.utility == pytest.approx(1, abs=0.05)


def test_float32_and_float64_are_compared_in_the_less_precise_type():
    frame = pd.DataFrame({"x": np.arange(40) / 10, "k": list("ab") * 20})
    narrow = frame.astype({"x": np.float32})
    for pair in ((frame, narrow), (narrow, frame)):
        report = generation_report(*pair, **quick)
        assert_array_equal(report.column_distance, 0)
        assert report.share_of_exact_copies == report.validity == 1


WRONG = {
    "the columns .*'city'": lambda frame: frame.rename(columns={"city": "town"}),
    "synthetic must have columns like.*'city'.*int": lambda frame: frame.assign(city=1),
    "synthetic must have columns like.*'size'": lambda frame: frame.assign(size="big"),
    "real has 5 features and synthetic has 4": lambda frame: frame.to_numpy(dtype=object)[:, :4],
    r"synthetic has no values in the feature\(s\) \['size'\]": lambda frame: frame.assign(
        size=np.nan
    ),
    "Input synthetic contains infinity": lambda frame: frame.assign(size=np.inf),
    "minimum of 5": lambda frame: frame.head(3),
}


@pytest.mark.parametrize("message", WRONG)
def test_tables_that_cannot_be_compared_are_refused(message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        generation_report(mixed(), WRONG[message](mixed()))


# ----------------------------------------------------------------------------- many different y


@pytest.mark.parametrize(
    "n_labels", [60, 200, *(pytest.param(n, marks=pytest.mark.long) for n in (110, 140, 300))]
)
def test_targets_with_many_different_integers_do_not_warn(n_labels):
    real = table(300)
    rank = np.argsort(np.argsort(real[:, 0]))
    y = (rank * n_labels // 300).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = generation_report(real, real, y, y, **quick)
        few = generation_report(real, real[:30], y, y[:30], **quick)
    if n_labels > 150:  # R²; the accuracy for so many labels is low
        assert report.real_score > 0.9
        assert few.synthetic_score > 0.8


def test_too_many_labels_of_strings_are_refused():
    real = table(100)
    few, many = np.array(list("ab") * 50), np.arange(100).astype(str)
    with pytest.raises(ValueError, match="y_real must contain a label that 5 samples have"):
        generation_report(real, real, many, few)
    with pytest.raises(ValueError, match=r"y_synthetic has 100 different labels in 100 samples"):
        generation_report(real, real, few, many)
    many[:6] = "same"
    with pytest.raises(ValueError, match=r"y_real has 95 different labels.*Merge rare labels"):
        generation_report(real, real, many, few)
