"""AutoregressiveGenerator: identities of its distributions, draws and levels."""

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimators import quick
from helpers import table, with_missing_values
from scipy.integrate import quad

from sklearn_autoencoders import AutoregressiveGenerator, export_onnx, load, save
from sklearn_autoencoders._data.tables.level_functions import level_functions
from sklearn_autoencoders._data.tables.levels import Levels, NumberLevels
from sklearn_autoencoders.networks import NETWORKS, Dense, Residual


def discrete(n_samples=400, seed=0):
    """Return a frame with a category that depends on a number, and a boolean that is noise."""
    rng = np.random.RandomState(seed)
    number = rng.randint(3, size=n_samples)
    city = np.array(["Bonn", "Rome", "Oslo"])[(number + (rng.random_sample(n_samples) < 0.1)) % 3]
    return pd.DataFrame({"n": number, "city": city, "flag": rng.random_sample(n_samples) < 0.3})


@pytest.fixture(scope="module")
def fitted():
    return AutoregressiveGenerator(32, max_epochs=30, random_state=0).fit(discrete())


def every_row():
    rows = itertools.product(range(3), ["Bonn", "Oslo", "Rome"], [False, True])
    return pd.DataFrame(list(rows), columns=["n", "city", "flag"])


def test_probabilities_of_all_rows_sum_to_one(fitted):
    assert np.exp(fitted.score_samples(every_row())).sum() == pytest.approx(1, abs=1e-5)


def test_probabilities_are_those_of_the_data(fitted):
    rows, data = every_row(), discrete(20_000, seed=1)
    counts = data.value_counts(normalize=True).reindex(pd.MultiIndex.from_frame(rows), fill_value=0)
    distance = 0.5 * np.abs(np.exp(fitted.score_samples(rows)) - counts.to_numpy()).sum()
    assert distance < 0.1


def test_draws_have_the_probabilities(fitted):
    rows, drawn = every_row(), fitted.sample(20_000, random_state=0)
    counts = drawn.value_counts(normalize=True).reindex(
        pd.MultiIndex.from_frame(rows), fill_value=0
    )
    np.testing.assert_allclose(counts, np.exp(fitted.score_samples(rows)), atol=0.01)


def test_draws_are_frames_of_valid_rows(fitted):
    drawn = fitted.sample(50, random_state=0)
    pd.testing.assert_series_equal(drawn.dtypes, discrete().dtypes)
    assert set(drawn.city) <= {"Bonn", "Rome", "Oslo"}
    assert drawn.equals(fitted.sample(50, random_state=0))
    assert not drawn.equals(fitted.sample(50, random_state=1))


def test_a_contribution_is_the_ratio_of_wrong_and_conditional_probability(fitted):
    rows = every_row().sort_values(["n", "flag", "city"])  # the city is drawn last
    likelihood = np.exp(fitted.score_samples(rows)).reshape(-1, 3)
    conditional = likelihood / likelihood.sum(1, keepdims=True)
    frequencies = fitted.center_[3:6] / fitted.center_[3:6].sum()
    expected = -(0.5 * (frequencies + 1 / 3) / conditional).ravel() / 3
    np.testing.assert_allclose(fitted.explain(rows).contribution.city, expected, rtol=1e-4)


def test_a_wrong_value_contributes_most(fitted):
    wrong = pd.DataFrame({"n": [1], "city": ["Bonn"], "flag": [None]}, index=["a"])
    found = fitted.explain(wrong)
    assert found.contribution.loc["a", "city"] < -3
    assert found.expected.loc["a", "city"] == "Rome"
    assert found.contribution.loc["a", "flag"] == 0  # missing


def test_the_mean_ratio_of_correct_values_is_one(rng):
    x = rng.standard_normal(2000)
    X = np.c_[x, x + rng.standard_normal(2000)]
    generator = AutoregressiveGenerator(32, max_levels=16, max_epochs=20, random_state=0).fit(X)
    found = generator.explain(generator.sample(8000, random_state=0))
    ratio = -2 * found.contribution[:, 1]  # the last one that is drawn
    assert np.median(ratio) < 1
    assert (ratio > 20).mean() < 1 / 20  # by Markov's inequality


def test_a_column_without_values_contributes_nothing():
    X = np.c_[np.arange(30) % 3.0, np.full(30, np.nan)]
    with pytest.warns(UserWarning, match="only missing values"):
        generator = AutoregressiveGenerator(8, max_epochs=1, random_state=0).fit(X)
    found = generator.explain(X)
    assert (found.contribution[:, 1] == 0).all()
    assert np.isnan(found.expected[:, 1]).all()


def mixed(n_samples=300, seed=0):
    """Return a frame of every type of column, of which some have gaps."""
    rng = np.random.RandomState(seed)
    frame = pd.DataFrame(
        {
            "whole": rng.poisson(3, n_samples),
            "gains": np.where(
                rng.random_sample(n_samples) < 0.8, 0, rng.lognormal(9, 1, n_samples)
            ),
            "half": rng.randint(400, size=n_samples) / 2,
            "city": rng.choice(["Bonn", "Rome", "Oslo"], n_samples),
            "size": pd.Categorical(rng.choice(["S", "L"], n_samples), ["S", "L"], ordered=True),
            "day": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.randint(900, size=n_samples), "D"),
            "flag": rng.random_sample(n_samples) < 0.5,
        }
    )
    frame.loc[rng.random_sample(n_samples) < 0.2, ["half", "city"]] = None
    return frame


@pytest.mark.parametrize("missing", [False, True])
def test_every_drawn_row_is_valid(missing):
    frame = mixed()
    fitted = quick(AutoregressiveGenerator, n_components=16).fit(frame)
    drawn = fitted.sample(1000, random_state=0, missing=missing)
    pd.testing.assert_series_equal(drawn.dtypes, frame.dtypes)
    assert set(drawn.columns[drawn.isna().any()]) == ({"half", "city"} if missing else set())
    for name in ["whole", "city", "size", "flag"]:
        assert drawn[name].dropna().isin(frame[name]).all()
    for name in ["gains", "half", "day"]:
        assert drawn[name].dropna().between(frame[name].min(), frame[name].max()).all()
    assert (drawn.gains == 0).mean() == pytest.approx((frame.gains == 0).mean(), abs=0.1)
    assert (drawn.day == drawn.day.dt.normalize()).all()


def test_no_row_is_a_copy():
    frame = mixed()
    drawn = AutoregressiveGenerator(32, random_state=0).fit(frame).sample(1000, random_state=0)
    assert not len(drawn.merge(frame, how="inner"))


def test_unknown_values_do_not_change_a_score(fitted):
    rows = every_row().assign(city=None)
    known = fitted.score_samples(every_row()).reshape(3, 3, 2)
    found = fitted.score_samples(rows).reshape(3, 3, 2)
    # the boolean is noise, so that its distribution hardly depends on the city
    np.testing.assert_allclose(found[:, 0], np.log(np.exp(known).sum(1)), atol=0.4)


def test_rows_of_a_class_can_be_drawn(fitted):
    rows = pd.DataFrame({"n": [np.nan] * 500, "city": "Rome", "flag": None})
    first, second = fitted.impute(rows, n_draws=2, random_state=0)
    assert (first.city == "Rome").all()
    assert not first.equals(second)
    assert 0.8 < (first.n == 1).mean() < 1  # the city is Rome if the number is one, mostly


def test_expectations_are_means_of_draws():
    X = table(300)
    fitted = quick(AutoregressiveGenerator, max_epochs=20, n_components=32).fit(X)
    holes = X[:20].copy()
    holes[:, 2] = np.nan
    expected = fitted.impute(holes)
    draws = np.mean(fitted.impute(holes, n_draws=500, random_state=0), axis=0)
    np.testing.assert_allclose(draws, expected, atol=0.2 * X[:, 2].std())
    np.testing.assert_array_equal(np.delete(expected, 2, axis=1), np.delete(X[:20], 2, axis=1))


def test_gaps_are_drawn_only_if_asked_for():
    X = with_missing_values(table(300))
    fitted = quick(AutoregressiveGenerator, max_epochs=20, n_components=32).fit(X)
    assert not np.isnan(fitted.sample(200, random_state=0)).any()
    gaps = np.isnan(fitted.sample(2000, random_state=0, missing=True)).mean(0)
    np.testing.assert_allclose(gaps, np.isnan(X).mean(0), atol=0.1)


def test_a_density_integrates_to_one():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randn(2000), rng.randint(2, size=2000)])
    fitted = AutoregressiveGenerator(
        32, max_levels=32, max_epochs=5, learning_rate=1e-2, random_state=0
    ).fit(X)
    edges = fitted._levels.numbers[0].edges
    assert edges[0] == X[:, 0].min()
    first, last = np.diff(edges)[[0, -1]]
    # also in the tails
    parts = [(edges[0] - 30 * first, edges[0]), (edges[0], edges[-1])]
    parts += [(edges[-1], edges[-1] + 30 * last)]
    total = 0
    for low, high in parts:
        grid = np.linspace(low, high, 10_001)[:-1] + (high - low) / 20_000
        for k in (0, 1):
            scores = fitted.score_samples(np.column_stack([grid, np.full(10_000, k)]))
            total += np.exp(scores).mean() * (high - low)
    assert total == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("max_levels", [2, 8, 64])
def test_the_densities_of_levels_and_their_tails_integrate_to_one(max_levels):
    numbers = np.random.RandomState(0).standard_t(3, 500)
    levels = NumberLevels.learn(numbers, max_levels)
    probabilities = np.random.RandomState(1).dirichlet(np.ones(levels.n_levels))

    def density(x):
        own = levels.encode(np.array([x])).astype(int)
        return probabilities[own[0]] * np.exp(levels.log_densities(own, np.array([x]))[0])

    edges = levels.edges
    total = sum(quad(density, *pair)[0] for pair in itertools.pairwise(edges))
    total += quad(density, -np.inf, edges[0])[0] + quad(density, edges[-1], np.inf)[0]
    assert total == pytest.approx(1, abs=1e-6)


def test_numbers_far_outside_of_the_fit_are_unlikely():
    X = table(300, 3)
    fitted = quick(AutoregressiveGenerator, max_epochs=2).fit(X)
    for value in (-1e6, X[:, 1].max() + 1, 1e6):
        other = X[:5].copy()
        other[:, 1] = value
        assert (fitted.score_samples(other) < fitted.score_samples(X[:5])).all()
    far = np.column_stack([X[:3, 0], [1e2, 1e4, 1e6], X[:3, 2]])
    scores = fitted.score_samples(far)
    assert scores[0] > scores[1] + 1e3 > scores[2] + 1e5
    earlier = pickle.loads(pickle.dumps(fitted))
    numbers = earlier._levels.numbers  # models of earlier versions have no tails
    numbers |= {j: replace(own, n_outermost=None) for j, own in numbers.items()}
    assert earlier.score_samples(far[1:2]) > scores[0]


def test_dependent_numbers_are_learned():
    rng = np.random.RandomState(0)
    x = rng.randn(2000)
    X = np.column_stack([x, x**2 + 0.1 * rng.randn(2000)])
    fitted = AutoregressiveGenerator(64, random_state=0, max_epochs=40).fit(X)
    x, y = fitted.sample(2000, random_state=0).T
    assert np.mean((y - x**2) ** 2) < 0.2 * np.var(X[:, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_array_has_the_type_of_the_samples(dtype):
    fitted = quick(AutoregressiveGenerator, n_components=8).fit(table(100, dtype=dtype))
    assert fitted.sample(3).dtype == dtype
    assert fitted.transform(table(100, dtype=dtype)).dtype == dtype
    assert fitted.impute(table(100, dtype=dtype)).dtype == dtype


@pytest.mark.parametrize("name", ["a.skops", "a.safetensors"])
def test_a_file_restores_the_levels(fitted, name, tmp_path):
    if name.endswith("skops"):
        save(fitted, tmp_path / name)
    else:
        fitted.to_safetensors(tmp_path / name)
    again = load(tmp_path / name)
    assert again.sample(20, random_state=0).equals(fitted.sample(20, random_state=0))
    np.testing.assert_array_equal(
        again.score_samples(every_row()), fitted.score_samples(every_row())
    )


def test_later_batches_keep_the_levels():
    model = quick(AutoregressiveGenerator, n_components=8)
    model.partial_fit(table(100)).partial_fit(with_missing_values(table(100, seed=1)))
    assert model.n_epochs_ == 2
    assert np.isfinite(model.score_samples(table(100, seed=2))).all()


@pytest.mark.parametrize("network", [*NETWORKS, Residual(1, dropout=0.0)], ids=str)
def test_any_network_can_be_used(network):
    fitted = quick(AutoregressiveGenerator, network=network, n_components=8).fit(table(100))
    assert np.isfinite(fitted.score(table(50)))


def test_parameters_of_the_network_are_checked():
    with pytest.raises(ValueError, match="n_blocks"):
        AutoregressiveGenerator(network=Residual(0)).fit(table(50))


@pytest.mark.parametrize("n_samples", [0, -1])
def test_a_number_of_samples_is_positive(fitted, n_samples):
    with pytest.raises(ValueError, match="n_samples"):
        fitted.sample(n_samples)
    with pytest.raises(ValueError, match="n_draws"):
        fitted.impute(every_row(), n_draws=n_samples)


# ---------------------------------------------------------------------------------- levels


def test_few_values_are_levels():
    levels = NumberLevels.learn(np.array([3.0, 1.0, 3.0, 7.0]), 4)
    np.testing.assert_array_equal(levels.encode(np.array([1, 3, 7, np.nan])), [0, 1, 2, np.nan])
    np.testing.assert_array_equal(levels.encode(np.array([-9, 4.9, 5.1, 99])), [0, 1, 2, 2])
    drawn = levels.draw(np.array([2, 0]), np.random.RandomState(0))
    np.testing.assert_array_equal(drawn, [7, 1])


def test_frequent_values_keep_their_frequency(rng):
    numbers = np.where(rng.random_sample(2000) < 0.7, 0.0, rng.lognormal(size=2000))
    levels = NumberLevels.learn(numbers, 32)
    np.testing.assert_array_equal(levels.values, [0.0])
    encoded = levels.encode(numbers)
    np.testing.assert_array_equal(encoded == 0, numbers == 0)
    drawn = levels.draw(encoded.astype(int), rng)
    np.testing.assert_array_equal(drawn == 0, numbers == 0)
    for fraction in (0.8, 0.9):
        assert np.quantile(drawn, fraction) == pytest.approx(
            np.quantile(numbers, fraction), rel=0.05
        )
    assert drawn.min() >= numbers.min()
    assert drawn.max() <= numbers.max()


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_a_draw_belongs_to_its_level(unit, rng):
    numbers = unit * rng.randn(500)
    levels = NumberLevels.learn(numbers, 20)
    encoded = levels.encode(numbers)
    assert np.isfinite(levels.log_widths).all()
    np.testing.assert_array_equal(levels.encode(levels.draw(encoded.astype(int), rng)), encoded)


def test_missing_values_are_the_last_level():
    cells = np.array([[0.0, 1.0], [np.nan, 0.0], [5.0, 1.0]])
    levels = Levels.learn(cells, (0, 2), 8)
    assert levels.sizes == (3, 2)
    np.testing.assert_array_equal(levels.encode(cells, missing=True), [[0, 1], [2, 0], [1, 1]])
    found = levels.draw(np.array([[2.0, 0.0], [1.0, 1.0]]), np.random.RandomState(0))
    np.testing.assert_array_equal(found, [[np.nan, 0], [5, 1]])


def test_drawn_days_are_days():
    frame = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=300), "n": np.arange(300) % 7})
    drawn = quick(AutoregressiveGenerator, n_components=8).fit(frame).sample(50, random_state=0)
    assert (drawn.day == drawn.day.dt.normalize()).all()
    assert drawn.n.isin(range(7)).all()


def test_an_export_is_refused(fitted, tmp_path):
    with pytest.raises(TypeError, match="does not support AutoregressiveGenerator"):
        export_onnx(fitted, tmp_path / "a.onnx")


# ------------------------------------------------------------------- functions of the levels


def test_functions_of_levels_are_uncorrelated_and_smooth(rng):
    numbers = np.column_stack([rng.lognormal(size=1000), rng.randint(3, size=1000)])
    levels = Levels.learn(numbers, (0, 3), 32)
    frequencies = np.concatenate([np.full(16, 1 / 16), [0.2, 0.3, 0.5]])
    functions, factors = level_functions(levels, frequencies, 1000)
    assert functions.shape == (19, 4)
    np.testing.assert_array_equal(functions[16:], 0)
    own, weights = functions[:16], frequencies[:16]
    np.testing.assert_allclose(weights @ own, 0, atol=1e-10)
    np.testing.assert_allclose(own.T @ (weights[:, None] * own), np.eye(4), atol=1e-10)
    assert (np.diff(own[:, 0]) * np.sign(own[1, 0] - own[0, 0]) > 0).all()
    for factor in factors:
        assert ((factor[:16] > 0) & (factor[:16] < 1)).all()
        np.testing.assert_array_equal(factor[16:], 1)


def test_functions_of_frequent_values_follow_their_order():
    numbers = np.concatenate([np.full(300, 2.5), np.linspace(0, 5, 700)])[:, None]
    levels = Levels.learn(numbers, (0,), 8)
    functions, _ = level_functions(levels, np.full(5, 0.2), 1000)
    first = functions[np.argsort(levels.numbers[0].means), 0]
    assert (np.diff(first) * np.sign(first[1] - first[0]) > 0).all()


@pytest.mark.parametrize("column", [[0.0, 1.0], [7.0], [0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]])
def test_numbers_with_few_levels_are_learned(column):
    X = np.column_stack([np.resize(column, 60), np.arange(60.0)])
    fitted = quick(AutoregressiveGenerator, n_components=8).fit(X)
    assert np.isfinite(fitted.score(X))
    assert np.isin(fitted.sample(50, random_state=0)[:, 0], column).all()


def test_rounded_training_samples_are_not_in_the_tails():
    X = np.random.RandomState(0).normal(size=(400, 2))
    fitted = quick(AutoregressiveGenerator, max_levels=8).fit(X)
    rounded = fitted.score_samples(X.astype(np.float32))
    np.testing.assert_allclose(fitted.score_samples(X), rounded, atol=1e-4)


def test_training_starts_at_the_frequencies():
    frame = discrete()
    start = AutoregressiveGenerator(
        16, max_epochs=1, learning_rate=1e-12, network=Residual(dropout=0.0), random_state=0
    ).fit(frame)
    start._discriminants = None
    marginals = sum(
        np.log(frame[name].map(frame[name].value_counts(normalize=True))) for name in frame
    )
    np.testing.assert_allclose(start.score_samples(frame), marginals, atol=0.8)
    assert start.score(frame) == pytest.approx(marginals.mean(), abs=0.1)


def test_few_samples_are_not_overfitted():
    rng = np.random.RandomState(0)
    X, others = rng.randn(2, 100, 4)
    fitted = AutoregressiveGenerator(random_state=0).fit(X)
    independent = AutoregressiveGenerator(learning_rate=1e-12, max_epochs=1, random_state=0).fit(X)
    assert fitted.score(others) > independent.score(others) - 1.0


def test_shared_weights_are_refused():
    with pytest.raises(ValueError, match=r"share no weights.*without shared weights"):
        AutoregressiveGenerator(network=Dense(tied_weights=True)).fit(table(50))


@pytest.mark.parametrize("n_samples", [30, 400])
@pytest.mark.parametrize("copies", ["bootstrap", "twice"])
def test_copies_of_samples_are_no_frequent_values(n_samples, copies):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_samples, 2))
    rows = np.tile(np.arange(n_samples), 2)
    if copies == "bootstrap":
        rows = rng.randint(0, n_samples, n_samples)
    levels = Levels.learn(X[rows], (0, 0), 128)
    expected = Levels.learn(X[np.unique(rows)], (0, 0), 128)
    for found, own in zip(levels.numbers.values(), expected.numbers.values(), strict=True):
        assert len(found.values) == 0
        np.testing.assert_array_equal(found.edges, own.edges)
        np.testing.assert_allclose(found.quantiles, own.quantiles)


def test_repeated_values_of_different_samples_are_frequent():
    rng = np.random.RandomState(0)
    amount = np.where(rng.rand(200) < 0.5, 0.0, rng.lognormal(size=200))
    for others in (rng.normal(size=200), np.zeros(200)):  # all zeros are copies in the second
        levels = Levels.learn(np.column_stack([amount, others]), (0, 0), 128)
        np.testing.assert_array_equal(levels.numbers[0].values, [0.0])
    whole = rng.randint(18, 60, size=(200, 1)).astype(float)
    assert len(Levels.learn(whole, (0,), 128).numbers[0].values) == len(np.unique(whole))


def test_draws_from_few_samples_are_new():
    X = np.random.RandomState(0).normal(size=(60, 2))
    drawn = quick(AutoregressiveGenerator).fit(X).sample(200, random_state=0)
    assert not np.isin(drawn, X).any()
    assert (drawn.min(0) >= X.min(0)).all()
    assert (drawn.max(0) <= X.max(0)).all()
