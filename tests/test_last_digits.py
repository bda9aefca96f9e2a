"""Predictors depend neither on the last digits of X nor on its units."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes

from sklearn_autoencoders import AutoencoderRegressor
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.sources.ranges import find_ranges
from sklearn_autoencoders._data.sources.sparse import SparseRows
from sklearn_autoencoders._data.sources.splits import draw_by_content
from sklearn_autoencoders._data.statistics.close_values import distinct, with_places
from sklearn_autoencoders._training.number_intervals import intervals
from sklearn_autoencoders._training.repeated_values import repeated_values
from sklearn_autoencoders._utils.layout import Layout

NOISE = 1e-12


def drawn(X):
    """Return draws by rounded values."""
    return draw_by_content(X, 0, find_ranges(X))


@pytest.mark.parametrize("change", ["last digits", "units"])
def test_an_ensemble_predicts_the_same(change):
    X, y = load_diabetes(return_X_y=True)
    other = 3 * X + 1
    if change == "last digits":
        other = X + NOISE * np.random.default_rng(0).normal(size=X.shape)
    found = [
        AutoencoderRegressor(random_state=0, max_epochs=3).fit(own, y).predict(own)
        for own in (X, other)
    ]
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_draws_by_rounded_values():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=500), rng.integers(0, 7, 500), np.full(500, 3.0)])
    X[::9, 0] = np.nan
    draw = drawn(X)
    np.testing.assert_array_equal(drawn(X + NOISE * rng.normal(size=X.shape)), draw)
    np.testing.assert_array_equal(drawn(X * [7, 0.1, 3] - 5), draw)
    np.testing.assert_array_equal(drawn(np.vstack([X, X])), np.append(draw, draw))
    assert len(np.unique(draw)) > 400
    assert abs(np.mean(draw) - 0.5) < 0.05
    complete = np.nan_to_num(X)
    np.testing.assert_array_equal(drawn(SparseRows(sparse.csr_array(complete))), drawn(complete))


def test_draws_of_the_largest_numbers_are_finite():
    largest = np.finfo(float).max
    assert len(np.unique(drawn(np.array([[-largest], [0.0], [largest]])))) == 3


def test_distinct_values():
    values = np.array([2.0, 1.0, 1.0 + 1e-13, 3.0, 2.0 - 1e-13])
    np.testing.assert_allclose(distinct(values), [1, 2, 3])
    np.testing.assert_array_equal(with_places(values)[1], [1, 0, 0, 2, 1])
    exact = np.array([3.0, 1.0, 3.0, 2.0])
    np.testing.assert_array_equal(distinct(exact), [1, 2, 3])
    assert len(distinct(np.empty(0))) == 0
    assert len(distinct(np.full(4, 2.0))) == 1
    chain = np.append(0.1 + 1e-10 * np.arange(100), [0.0, 1.0])
    assert len(distinct(chain)) == 102


def test_codes_and_intervals_of_values_with_rounding_errors():
    rng = np.random.default_rng(0)
    exact = rng.integers(0, 6, (300, 1)) * 0.1
    other = exact + NOISE * rng.normal(size=exact.shape)
    (codes,), (others,) = (
        repeated_values(Data(X, labels=X), Layout.of_numbers(1)) for X in (exact, other)
    )
    assert len(codes) == len(others) == 6
    np.testing.assert_allclose(others, codes, atol=1e-10)
    limits, found = (intervals(X, np.ones(300), 4) for X in (exact, other))
    np.testing.assert_allclose(found, limits, atol=1e-10)
