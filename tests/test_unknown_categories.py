"""Categories that did not occur in the fit count in the scores of the outlier detector."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import sklearn_autoencoders as sa
from sklearn_autoencoders import AutoencoderOutlierDetector


def grades(n, seed=0):
    """Return a table in which a category, a number and another category depend on each other."""
    rng = np.random.default_rng(seed)
    grade = rng.choice(3, n, p=[0.5, 0.3, 0.2])
    return pd.DataFrame(
        {
            "grade": np.array(["fair", "good", "ideal"])[grade],
            "price": grade + 0.3 * rng.normal(size=n),
            "size": rng.normal(size=n),
            "color": np.array(list("DEFG"))[rng.choice(4, n)],
            "unit": "mm",
        }
    )


def hosts(n, first, rng):
    """Return a table with two dependent numbers and hosts of two rows each."""
    a = rng.normal(size=n)
    names = [f"h{first + i // 2}" for i in range(n)]
    return pd.DataFrame({"a": a, "b": a + 0.1 * rng.normal(size=n), "host": names})


@pytest.fixture(scope="module")
def detector():
    return AutoencoderOutlierDetector(random_state=0).fit(grades(300))


def with_unknown(table, column, rows=10):
    changed = table.copy()
    changed.loc[changed.index[:rows], column] = "NEVER SEEN"
    return changed


@pytest.mark.parametrize("column", ["grade", "color", "unit"])
def test_a_category_that_was_never_seen_is_more_anomalous_than_known_ones(detector, column):
    new = grades(60, seed=1)
    before = detector.score_samples(new)
    after = detector.score_samples(with_unknown(new, column))
    np.testing.assert_array_equal(after[10:], before[10:])
    assert after[:10].max() < np.median(before)
    assert np.median(detector.p_values(with_unknown(new, column))[:10]) < 0.1


@pytest.mark.parametrize("params", [{}, {"n_prototypes": 0}, {"max_categories": 3}])
def test_contributions_of_unknown_categories_add_up(params):
    fitted = AutoencoderOutlierDetector(max_epochs=2, random_state=0, **params).fit(grades(80))
    new = with_unknown(with_unknown(grades(20, seed=1), "color"), "unit", rows=5)
    new.loc[3:8, "price"] = np.nan
    new.loc[7, "grade"] = None
    contribution = fitted.explain(new).contribution
    np.testing.assert_allclose(contribution.sum(axis=1), fitted.score_samples(new), rtol=1e-6)
    assert (contribution["color"][:10] < 0).all()
    assert (contribution["unit"][:5] < 0).all()
    assert (contribution["unit"][5:] == 0).all()
    assert contribution["grade"][7] == 0


def test_a_constant_category_that_changes_is_an_outlier(detector):
    new = with_unknown(grades(20, seed=1), "unit")
    assert (detector.predict(new)[:10] == -1).all()
    assert detector.explain(new).contribution["unit"][:10].max() < -100 / 5


def test_a_row_of_unknown_categories_only_is_scored(detector):
    row = pd.DataFrame({name: ["?"] for name in ("grade", "color", "unit")})
    row = row.assign(price=np.nan, size=np.nan)[list(grades(1).columns)]
    assert detector.predict(row) == [-1]


def test_missing_categories_count_nothing(detector):
    new = grades(20, seed=1)
    missing = new.assign(color=None)
    assert (detector.explain(missing).contribution["color"] == 0).all()
    unknown = detector.score_samples(new.assign(color="?"))
    assert (unknown < detector.score_samples(missing)).all()


def test_new_values_of_a_column_that_tells_nothing_are_no_outliers():
    rng = np.random.default_rng(0)
    train, new = hosts(300, 0, rng), hosts(100, 1000, rng)
    fitted = AutoencoderOutlierDetector(random_state=0).fit(train)
    p_values = fitted.p_values(new)
    assert 0.3 < np.median(p_values) < 0.7
    assert (p_values <= 0.1).mean() < 0.15
    assert (fitted.predict(new) == -1).mean() < 0.1


def test_unknown_categories_count_like_infrequent_ones_if_there_are_any():
    rng = np.random.default_rng(0)
    table = grades(400).assign(who=[f"w{int(v)}" for v in rng.pareto(0.7, 400) * 20])
    params = {"max_epochs": 5, "random_state": 0}
    few = AutoencoderOutlierDetector(max_categories=10, **params).fit(table[:300])
    later = table[300:]
    is_new = ~later["who"].isin(table["who"][:300])
    p_values = few.p_values(later)
    assert is_new.sum() > 10
    assert 0.25 < np.median(p_values[is_new]) < 0.75


def test_files_keep_what_unknown_categories_count(detector, tmp_path):
    new = with_unknown(grades(20, seed=1), "grade")
    sa.save(detector, tmp_path / "m.skae")
    loaded = sa.load(tmp_path / "m.skae")
    np.testing.assert_array_equal(loaded.score_samples(new), detector.score_samples(new))


def test_models_of_earlier_versions_have_no_errors_of_held_out_values(detector):
    new = with_unknown(grades(20, seed=1), "grade")
    scores = detector.score_samples(new)
    earlier = pickled_without(detector, "_held_out_errors")
    # of a column of few categories, the typical error is not larger than that of an unknown one
    np.testing.assert_array_equal(earlier.score_samples(new), scores)


def pickled_without(estimator, name):
    copied = type(estimator)(**estimator.get_params())
    vars(copied).update({key: value for key, value in vars(estimator).items() if key != name})
    return copied


def test_later_batches_update_what_unknown_categories_count():
    fitted = AutoencoderOutlierDetector(max_epochs=2, random_state=0).partial_fit(grades(100))
    first = fitted._held_out_errors
    fitted.partial_fit(grades(100, seed=1))
    assert first.shape == (2, 5)
    assert np.abs(fitted._held_out_errors - first).max() > 0
    assert (fitted.explain(grades(5).assign(color="?")).contribution["color"] < 0).all()


@pytest.mark.parametrize("min_frequency", [3, "auto"])
def test_new_identifiers_are_expected_if_all_known_ones_are_infrequent(min_frequency):
    rng = np.random.default_rng(0)
    train, new = hosts(300, 0, rng), hosts(100, 1000, rng)
    fitted = AutoencoderOutlierDetector(min_frequency=min_frequency, random_state=0).fit(train)
    alone = AutoencoderOutlierDetector(random_state=0).fit(train[["a", "b"]])
    assert (fitted.predict(new) == -1).mean() < 0.1
    contribution = fitted.explain(new).contribution
    assert (contribution["host"] == 0).all()
    scores = fitted.score_samples(new), alone.score_samples(new[["a", "b"]])
    assert spearmanr(*scores).statistic > 0.8


@pytest.mark.parametrize(
    ("n_rows", "n_each", "is_merged"),
    [(400, 2, True), (400, 9, True), (400, 10, False), (30, 2, False)],
)
def test_only_categories_of_identifiers_are_merged(n_rows, n_each, is_merged):
    names = [f"h{i // n_each}" for i in range(n_rows)]
    frame = pd.DataFrame({"host": names, "x": np.random.default_rng(0).normal(size=n_rows)})
    fitted = AutoencoderOutlierDetector(max_epochs=1, random_state=0).fit(frame)
    n_categories = 1 if is_merged else len(set(names))
    assert fitted.center_.shape == (n_categories + 1,)
    rare = AutoencoderOutlierDetector(max_epochs=1, random_state=0, min_frequency=None).fit(frame)
    assert rare.center_.shape == (len(set(names)) + 1,)


def test_a_few_rare_categories_among_frequent_ones_are_kept():
    names = ["a"] * 200 + ["b"] * 100 + [f"rare{i}" for i in range(100)]
    frame = pd.DataFrame({"name": names, "x": np.random.default_rng(0).normal(size=400)})
    fitted = AutoencoderOutlierDetector(max_epochs=1, random_state=0).fit(frame)
    assert fitted.center_.shape == (103,)
