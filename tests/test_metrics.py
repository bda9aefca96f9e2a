"""generation_report: zero or one if the correct value is known."""

import functools

import numpy as np
import pandas as pd
import pytest
import sklearn
from containers import KINDS, LABEL_CONTAINERS, every_container
from helpers import snapshot, table
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sklearn_autoencoders.metrics import generation_report

pytestmark = pytest.mark.usefixtures("small_forests")


@pytest.fixture(scope="module")
def real():
    return table(300)


@pytest.fixture
def small_forests(monkeypatch):
    """Use ten trees, to save time."""
    for forest in (RandomForestClassifier, RandomForestRegressor):
        name = f"sklearn_autoencoders.metrics._scores.{forest.__name__}"
        monkeypatch.setattr(name, functools.partial(forest, n_estimators=10))


def test_new_samples_of_the_same_distribution_cannot_be_distinguished(real):
    report = generation_report(real, table(300, seed=1), random_state=0)
    assert report.column_distance.max() < 0.15
    np.testing.assert_allclose(report.std_ratio, 1, atol=0.15)
    assert report.correlation_difference < 0.05
    assert 0.4 < report.two_sample_auc < 0.6
    assert 0.8 < report.nearest_ratio < 1.3
    assert report.share_of_copies < 0.05
    assert "utility" not in report


def test_shuffled_features_keep_their_margins_and_lose_their_correlations(real, rng):
    shuffled = np.column_stack([rng.permutation(column) for column in real.T])
    report = generation_report(real, shuffled, random_state=0)
    np.testing.assert_allclose(report.column_distance, 0)
    np.testing.assert_allclose(report.std_ratio, 1)
    expected = np.abs(np.corrcoef(real.T)[np.triu_indices(6, 1)]).mean()
    assert report.correlation_difference == pytest.approx(expected, abs=0.1)
    assert report.two_sample_auc > 0.95


@every_container
def test_samples_can_be_in_any_container(convert):
    frames = [pd.DataFrame(table(40, seed=seed), columns=list("abcdef")) for seed in (0, 1)]
    expected = generation_report(*frames, random_state=0)
    converted = [convert(frame) for frame in frames]
    for pair in (converted, [frames[0], converted[1]], [converted[0], frames[1]]):
        found = generation_report(*pair, random_state=0)
        for name in expected:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-9)
    if hasattr(converted[0], "columns"):
        renamed = convert(frames[1].rename(columns={"a": "z"}))
        with pytest.raises(ValueError, match=r"columns \['a', .* has \['z', "):
            generation_report(frames[0], renamed)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values_that_differ_by_rounding_errors_are_equal(real, dtype):
    X = np.column_stack([real - real.mean(axis=0), np.full(300, 0.3)]).astype(dtype)
    factor = dtype(1.1)
    exact = generation_report(X, X, random_state=0)
    for changed in (X * factor / factor, (X - factor) + factor, X / 3 * 3):
        assert (changed != X).any()
        for pair in ((X, changed), (changed, X)):
            report = generation_report(*pair, random_state=0)
            np.testing.assert_array_equal(report.column_distance, 0)
            assert report.two_sample_auc == pytest.approx(exact.two_sample_auc, abs=0.02)


def test_a_sum_is_the_constant_that_it_should_be():
    X = np.column_stack([np.full(50, 0.3), np.arange(50)])
    drawn = np.column_stack([np.full(50, 0.1 + 0.2), np.arange(50)])
    for pair in ((X, drawn), (drawn, X)):
        assert generation_report(*pair, random_state=0).column_distance.max() == 0
        assert generation_report(*pair, random_state=0).two_sample_auc < 0.6
    wrong = np.column_stack([np.full(50, 0.3 + 1e-14), np.arange(50)])
    assert generation_report(X, wrong, random_state=0).column_distance[0] == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_large_integers_are_exact(dtype):
    X = (16_000_000 + 3 * np.arange(30)[:, None]).astype(dtype).repeat(2, axis=1)
    assert generation_report(X[:20], X[:20] + 1).column_distance[0] == 1


def test_copies_are_found(real):
    report = generation_report(real, real + 1e-9, random_state=0)
    assert report.nearest_ratio < 1e-3
    assert report.share_of_copies == 1


def test_categorical_features_are_compared_by_frequency():
    real = np.column_stack([np.tile([0.0, 1.0], 50), np.arange(100.0)])
    synthetic = np.column_stack([np.tile([0.0, 0.0, 1.0, 2.0], 25), np.arange(100.0)])
    assert generation_report(real, synthetic).column_distance == pytest.approx([0.25, 0])


@pytest.mark.parametrize("threshold", [0.5, None])
def test_samples_of_the_same_distribution_are_equally_useful(real, threshold):
    other = table(300, seed=1)
    targets = [
        rows[:, 0] if threshold is None else rows[:, 0] > threshold for rows in (real, other)
    ]
    report = generation_report(real, other, *targets, random_state=0)
    assert report.utility == pytest.approx(1, abs=0.05)
    assert report.utility == pytest.approx(report.synthetic_score / report.real_score)


def test_a_constant_feature_has_no_ratio(real):
    constant = np.full((300, 1), 7.0)
    report = generation_report(np.hstack([real, constant]), np.hstack([real, constant]))
    assert np.isnan(report.std_ratio[6])
    assert report.column_distance[6] == 0
    assert np.isfinite(report.correlation_difference)


def test_the_same_seed_gives_the_same_report_and_touches_nothing_global(real):
    before = snapshot()
    first, second = (generation_report(real, table(300, seed=1), random_state=3) for _ in range(2))
    assert snapshot() == before
    assert first.two_sample_auc == second.two_sample_auc


def test_invalid_data_are_rejected(real):
    with pytest.raises(ValueError, match="real has 6 features and synthetic has 5"):
        generation_report(real, real[:, :5])
    with pytest.raises(ValueError, match="y_real and y_synthetic must be given together"):
        generation_report(real, real, real[:, 0])


def test_copies_are_found_among_duplicate_samples(real):
    repeating = np.vstack([real, real[:10]])
    assert generation_report(repeating, repeating.copy()).share_of_copies == 1


def test_the_order_of_the_samples_does_not_matter(real):
    order = np.argsort(real[:, 0])
    reports = [
        generation_report(rows, rows, rows[:, 0], rows[:, 0], random_state=0)
        for rows in (real, real[order])
    ]
    assert reports[1].real_score == pytest.approx(reports[0].real_score, abs=0.02)


def test_inconsistent_data_are_rejected(real):
    frame = pd.DataFrame(real, columns=list("abcdef"))
    with pytest.raises(ValueError, match=r"real has the columns \['a', .* in the same order"):
        generation_report(frame, frame[list("fedcba")])
    with pytest.raises(ValueError, match="synthetic contains NaN"):
        generation_report(real, np.where(real > 0.9, np.nan, real))
    with pytest.raises(ValueError, match="minimum of 5 is required"):
        generation_report(real, real[:1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        generation_report(real, real, real[:, 0], real[:5, 0])


# -------------------------------------------------------------------- types, precision, units


def same_report(found, expected):
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6, err_msg=name)


def test_booleans_are_numbers():
    flags = pd.get_dummies(pd.Series(list("abc") * 20))
    numbers = flags.astype(float)
    expected = generation_report(numbers, numbers[::-1], random_state=0)
    for real, synthetic in ((flags, flags[::-1]), (flags, numbers[::-1]), (numbers, flags[::-1])):
        same_report(generation_report(real, synthetic, random_state=0), expected)
    np.testing.assert_array_equal(expected.column_distance, 0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_tables_are_compared_in_the_less_precise_type(real, dtype):
    constant = np.hstack([real, np.full((300, 1), 0.1), np.tile([[0.3], [0.7]], (150, 1))])
    narrow = constant.astype(dtype)
    pairs = [(constant, narrow), (narrow, constant)]
    if dtype == np.float32:  # also if only some values have this precision
        mixed = pd.DataFrame(constant).astype({6: dtype})
        pairs += [(constant, narrow.astype(float)), (pd.DataFrame(constant), mixed)]
    for pair in pairs:
        report = generation_report(*pair, random_state=0)
        np.testing.assert_allclose(report.column_distance, 0, atol=1e-12)
        np.testing.assert_allclose(report.std_ratio[:6], 1, rtol=1e-6)
        assert np.isnan(report.std_ratio[6])
        assert report.share_of_copies == 1


def test_digits_that_both_tables_have_count(real):
    report = generation_report(1e9 + real, 1e9 + real + 2.0)
    np.testing.assert_array_equal(report.column_distance, 1)
    assert report.two_sample_auc == 1


@pytest.mark.parametrize("unit", [1e-310, 1e-40, 1e39, 1e200, 1e307])
def test_the_report_does_not_depend_on_the_unit(real, unit):
    other = table(300, seed=1)
    targets = real[:, 0], other[:, 0]
    expected = generation_report(real, other, *targets, random_state=0)
    scaled = [array * unit for array in (real, other, *targets)]
    report = generation_report(*scaled, random_state=0)
    assert report.keys() == expected.keys()
    for name in expected:
        np.testing.assert_allclose(report[name], expected[name], atol=0.05, err_msg=name)


def test_synthetic_samples_in_another_unit_are_told_apart(real):
    for unit in (1e-300, 1e300):
        report = generation_report(real, real * unit)
        np.testing.assert_allclose(report.std_ratio, unit)
        assert report.two_sample_auc == 1


@settings(max_examples=10, deadline=None)
@given(
    exponent=st.integers(-300, 300),
    offset=st.sampled_from([0.0, 1.0, 1e6]),
    dtypes=st.tuples(*2 * [st.sampled_from([np.float16, np.float32, np.float64])]),
)
def test_a_table_is_at_no_distance_from_itself(exponent, offset, dtypes):
    rows = (table(40) + offset) * 10.0**exponent
    limits = [np.finfo(dtype) for dtype in dtypes]
    if any(np.abs(rows).max() > limit.max or np.abs(rows).min() < limit.tiny for limit in limits):
        dtypes = (np.float64, np.float64)
    report = generation_report(*(rows.astype(dtype) for dtype in dtypes), random_state=0)
    np.testing.assert_allclose(report.column_distance, 0, atol=1e-12)
    assert report.share_of_copies == 1


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_configured_output_does_not_matter(real, output):
    expected = generation_report(real, table(300, seed=1), random_state=0)
    with sklearn.config_context(transform_output=output):
        same_report(generation_report(real, table(300, seed=1), random_state=0), expected)


# ------------------------------------------------------------------------------------ targets


LABELS = np.arange(300) % 3
COLUMNS = {
    "list": list,
    "column": lambda y: np.asarray(y)[:, None],
    "frame": lambda y: pd.DataFrame({"y": y}),
    "object": lambda y: np.asarray(y).astype(object),
    **{
        name: (lambda y, name=name: pd.Series(y).astype(name))
        for name in ("Int64", "category", "string", "int64[pyarrow]")
    },
}


@pytest.mark.parametrize("convert", COLUMNS.values(), ids=COLUMNS)
def test_containers_of_targets(real, convert):
    expected = generation_report(real, real, LABELS, LABELS, random_state=0)
    found = generation_report(real, real, convert(LABELS), convert(LABELS), random_state=0)
    same_report(found, expected)


MISSING = {
    "nan": np.where(LABELS == 1, np.nan, LABELS),
    "infinity": np.where(LABELS == 1, np.inf, LABELS),
    "object": np.where(LABELS == 1, np.nan, LABELS).astype(object),
    "none": np.where(LABELS == 1, None, "a"),
    "Int64": pd.Series(LABELS).astype("Int64").where(LABELS > 0),
    "boolean": pd.Series(LABELS > 0).astype("boolean").where(LABELS > 0),
    "string": pd.Series(LABELS).astype("string").where(LABELS > 0),
    "category": pd.Series(LABELS).where(LABELS > 0).astype("category"),
}


@pytest.mark.parametrize("y", MISSING.values(), ids=MISSING)
def test_missing_targets_are_refused_by_name(real, y):
    with pytest.raises(ValueError, match=r"y_real contains NaN.*Drop"):
        generation_report(real, real, y, LABELS)
    with pytest.raises(ValueError, match=r"y_synthetic contains NaN.*Drop"):
        generation_report(real, real, LABELS, y)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ((LABELS, np.linspace(0, 1, 300)), "labels in y_real and continuous numbers in y_synth"),
        ((np.linspace(0, 1, 300), LABELS.astype(str)), "continuous numbers in y_real and strings"),
        ((LABELS, LABELS.astype(str)), "labels in y_real and strings in y_synthetic"),
        (2 * [np.arange(300).astype(str)], "y_real must contain a label that 5 samples have"),
        ((np.zeros((300, 2)), LABELS), r"y_real must have one value per sample.*\(300, 2\)"),
    ],
)
def test_targets_that_cannot_be_compared_are_refused(real, targets, message):
    with pytest.raises(ValueError, match=message):
        generation_report(real, real, *targets)


def test_what_is_no_table_of_numbers_is_refused_by_name(real):
    for wrong in (real[:, 0], real.astype(str), real + 1j, real[:2]):
        with pytest.raises(ValueError, match="synthetic must be a table of numbers"):
            generation_report(real, wrong)
    with pytest.raises(ValueError, match="Input real contains infinity"):
        generation_report(np.where(real > 0.9, np.inf, real), real)


@pytest.mark.parametrize("as_frame", [False, True])
def test_features_without_values_are_named(real, as_frame):
    X = real.copy()
    X[:, [1, 4]] = np.nan
    X, names = (pd.DataFrame(X, columns=list("abcdef")), "'b', 'e'") if as_frame else (X, "1, 4")
    for pair in ((X, real), (real, X)):
        with pytest.raises(ValueError, match=rf"no values in the feature\(s\) \[{names}\]. Drop"):
            generation_report(*pair)


def test_texts_and_numbers_are_different_labels(real):
    y = np.array(["1", 1, "2"] * 100, dtype=object)
    with pytest.raises(ValueError, match="y_real contains labels of different types: number, str"):
        generation_report(real, real, y, y)


@pytest.mark.parametrize("n_rare", [1, 40])
def test_rare_classes_do_not_warn(real, n_rare):
    y = np.r_[np.zeros(300 - n_rare), np.arange(1, n_rare + 1)].astype(int)
    for labels in (y, y.astype(str)):
        report = generation_report(real, real, labels, labels, random_state=0)
        assert 0 < report.real_score < 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("container", LABEL_CONTAINERS.values(), ids=LABEL_CONTAINERS)
def test_labels_can_be_in_any_container(kind, container):
    values = [*KINDS[kind]] * 20
    expected = generation_report(table(40), table(40), values, values, random_state=0)
    y = container(values, kind)
    same_report(generation_report(table(40), table(40), y, y, random_state=0), expected)
    missing = container([*KINDS[kind], None, *values[3:]], kind)
    with pytest.raises(ValueError, match=r"y_synthetic contains NaN.*Drop"):
        generation_report(table(40), table(40), y, missing)
