"""Imputation of tables: vectors of numbers, and shrinkage of predicted categories."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import table, with_missing_values
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder
from sklearn_autoencoders._data.batches import SampleDataset
from sklearn_autoencoders._data.data import Data
from sklearn_autoencoders._data.statistics.mixture_weights import (
    _N_PRIOR,
    _OPTIMISM,
    mixture_weights,
)
from sklearn_autoencoders._data.statistics.scaling import Scaling
from sklearn_autoencoders._inference.category_shares import category_shares
from sklearn_autoencoders._inference.run import reconstruct
from sklearn_autoencoders._training.number_intervals import set_intervals
from sklearn_autoencoders._utils.layout import Layout
from sklearn_autoencoders.networks._layers.embedding import NumberVectors

pd = pytest.importorskip("pandas")


def vectors_of(estimator):
    return [part for part in estimator.network_.modules() if isinstance(part, NumberVectors)]


def with_rule(n_samples=400, seed=0):
    """Return a table in which a category is certain where a number has a frequent value."""
    rng = np.random.RandomState(seed)
    is_code = rng.rand(n_samples) < 0.5
    amount = np.where(is_code, rng.choice([-1.0, 0.0, 1.0], n_samples), rng.randn(n_samples))
    return pd.DataFrame({"amount": amount, "kind": np.where(is_code, "code", "measured")})


def imputer(**params):
    return DenoisingAutoencoder(output="imputed", random_state=0, **params)


def intervals_of(numbers, **fields):
    """Return the intervals of a column, given samples with weights or held-out ones."""
    part = NumberVectors((0,), 16, 1)
    scaling = Scaling(np.zeros(1), np.ones(1))
    set_intervals(part, Data(numbers, **fields), Layout((0,)), scaling)
    return part.vectors.edges.numpy()


# --------------------------------------------------------------------------- vectors of numbers


def test_inputs_are_followed_by_the_vectors_of_known_numbers():
    part = NumberVectors((0, 2, 0), 2, 3)
    part.vectors.edges.copy_(torch.tensor([[0.0, 1.0, 2.0], [0.0, 4.0, 4.0]]))
    x = torch.tensor([[0.5, 1.0, -1.0, 2.0, 0.0, 0.0, 0.0], [0.5, 1.0, -1.0, 2.0, 1.0, 0.0, 1.0]])
    found = part(x).detach()
    assert found.shape == (2, 7 + part.n_more)
    assert_array_equal(found[:, :7], x)
    expected = part.vectors(torch.tensor([[0.5, 2.0]] * 2), torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    assert_array_equal(found[:, 7:], expected.detach())
    assert not torch.equal(found[0, 7:], found[1, 7:])


def test_training_with_vectors_of_numbers_starts_at_the_linear_path():
    X = with_missing_values(table(300, 4))
    estimator = imputer(max_epochs=1).fit(X)
    encoder = estimator.network_.encoder
    encoder.correction[1][-1].weight.data.zero_()
    encoder.correction[1][-1].bias.data.zero_()
    x = torch.randn(5, 4)
    assert len(vectors_of(estimator)) == 1
    assert_allclose(encoder(x).detach(), encoder.linear(x).detach(), atol=1e-6)


def test_a_category_that_depends_on_a_frequent_value_is_imputed():
    frame = with_rule()
    holes = frame.copy()
    holes.loc[::4, "kind"] = None
    found = imputer().fit(holes).transform(holes)
    assert (found["kind"] == frame["kind"]).mean() > 0.96


def test_intervals_are_in_units_of_the_network_and_in_the_range_of_the_samples():
    X = with_missing_values(table(300, 4))
    estimator = imputer(max_epochs=1).fit(X)
    edges = vectors_of(estimator)[0].vectors.edges.numpy()
    scaled = (X - estimator.center_) / estimator.scale_
    assert_allclose(edges[:, 0], np.nanmin(scaled, axis=0), rtol=1e-5)
    assert_allclose(edges[:, -1], np.nanmax(scaled, axis=0), rtol=1e-5)
    assert (np.diff(edges, axis=1) >= 0).all()


def test_a_sample_of_weight_two_is_two_samples_for_the_intervals():
    x, counts = np.random.RandomState(0).randn(300, 1), 1 + np.arange(300) % 3
    weighted = intervals_of(x, weight=counts.astype(float))
    assert_array_equal(weighted, intervals_of(x.repeat(counts, axis=0)))


def test_intervals_are_those_of_training_samples_of_positive_weight():
    x = np.random.RandomState(0).randn(300, 1)
    x[:3] = [[9.0], [-9.0], [np.nan]]
    expected = intervals_of(x[2:])
    assert_array_equal(intervals_of(x, weight=np.repeat([0.0, 1.0], [2, 298])), expected)
    assert_array_equal(intervals_of(x, held_out=np.array([0, 1])), expected)
    assert np.abs(expected).max() < 5


def test_a_column_without_values_has_no_intervals():
    assert not intervals_of(np.full((50, 1), np.nan)).any()


def test_vectors_of_numbers_are_for_predicted_inputs_of_the_default_network():
    complete, holes = table(300, 4), with_missing_values(table(300, 4))
    short = {"max_epochs": 1, "random_state": 0}
    assert not vectors_of(DenoisingAutoencoder(**short).fit(complete))
    assert not vectors_of(DenoisingAutoencoder(network="dense", **short).fit(holes))
    assert not vectors_of(AutoencoderTransformer(2, **short).fit(holes))


def test_many_numbers_have_small_vectors():
    X = with_missing_values(table(320, 300))
    (part,) = vectors_of(imputer(max_epochs=1).fit(X))
    assert part.n_more == 3 * 300


def test_layers_of_tables_with_categories_have_at_most_128_units():
    frame = pd.DataFrame({f"c{j}": np.arange(300) % 40 for j in range(4)}).astype(str)
    with_categories = imputer(max_epochs=1).fit(frame)
    numbers = imputer(max_epochs=1).fit(table(300, 160))
    found = [e._recipe.base.network.hidden_layer_sizes for e in (with_categories, numbers)]
    assert found == [(128, 64), (512, 256)]


# ------------------------------------------------------------------------ shrinkage of categories


def cells_with_holes(n_samples=300, seed=0):
    frame = with_rule(n_samples, seed)
    frame["more"] = frame["amount"] + np.random.RandomState(1).randn(n_samples)
    holes = frame.copy()
    holes.loc[::3, "kind"] = None
    holes.loc[1::3, "amount"] = np.nan
    return holes


def shares_of(expected, frequencies):
    """Return the weights of conditional means and frequencies; the middle column has categories."""
    return np.outer([expected, frequencies], [0.0, 1.0, 0.0])


def with_shares(estimator, *shares):
    return replace(estimator._model, category_shares=shares_of(*shares))


@pytest.fixture(scope="module")
def fitted():
    return imputer(max_epochs=20).fit(cells_with_holes())


def test_a_share_of_one_gives_the_expected_categories_alone(fitted):
    X = fitted._columns.encode(cells_with_holes())
    model = with_shares(fitted, 1.0, 0.0)
    inputs = SampleDataset(model, Data(X)).__getitems__(slice(None)).x.numpy()
    indicators = (inputs * model.scaling.scale + model.scaling.center)[:, 1:3]
    missing = np.isnan(X[:, 1])
    assert_array_equal(reconstruct(model, X)[missing, 1], indicators[missing].argmax(axis=1))


def test_a_share_of_one_of_the_frequencies_gives_the_most_frequent_category(fitted):
    X = fitted._columns.encode(cells_with_holes())
    most = fitted.center_[1:3].argmax()
    assert_array_equal(reconstruct(with_shares(fitted, 0.0, 1.0), X)[np.isnan(X[:, 1]), 1], most)


def test_numbers_and_known_categories_are_those_of_the_network(fitted):
    X = fitted._columns.encode(cells_with_holes())
    alone, mixed = (reconstruct(with_shares(fitted, share, 0.0), X) for share in (0.0, 1.0))
    known = ~np.isnan(X[:, 1])
    assert_allclose(mixed[:, [0, 2]], alone[:, [0, 2]])
    assert_array_equal(mixed[known, 1], alone[known, 1])
    assert (mixed[~known, 1] != alone[~known, 1]).any()


def test_the_network_has_the_weight_where_a_rule_is_not_linear():
    expected, frequencies = imputer().fit(with_rule(1000).mask(lambda X: X == 0))._shares
    assert 1 - expected[1] - frequencies[1] > 0.7
    assert expected[0] == frequencies[0] == 0.0


def test_a_network_with_wrong_weights_gets_little_weight():
    frame = with_rule(1000)
    estimator = imputer(max_epochs=1).fit(frame)
    for parameter in estimator.network_.parameters():
        torch.nn.init.normal_(parameter.data, generator=torch.Generator().manual_seed(0))
    found = category_shares(estimator._model, Data(estimator._columns.encode(frame)), 1000, 200)
    assert 1 - found.sum(axis=0)[1] < 0.2


def test_a_table_of_numbers_has_no_shares():
    assert imputer(max_epochs=1).fit(with_missing_values(table(100)))._shares is None


def test_shares_do_not_depend_on_samples_without_weight():
    frame = cells_with_holes(300)
    weight = np.r_[np.ones(200), np.zeros(100)]
    alone = imputer(max_epochs=1).fit(frame[:200])._shares
    assert_allclose(imputer(max_epochs=1).fit(frame, sample_weight=weight)._shares, alone, atol=0.2)


# ------------------------------------------------------------------------------ mixture weights


def test_the_better_model_has_the_weight():
    ones, half = np.ones(1000), np.full(2, 0.5)
    assert mixture_weights(np.array([0 * ones, -ones]), half, ones, 1000)[1] < 0.05
    assert mixture_weights(np.array([-ones, 0 * ones]), half, ones, 1000)[1] > 0.95
    optimism = _OPTIMISM / np.sqrt(1000)
    equal = mixture_weights(np.array([optimism * ones, 0 * ones]), half, ones, 1000)
    assert_allclose(equal, half)


def test_weights_maximize_the_likelihood_of_the_average():
    rng = np.random.RandomState(0)
    probabilities = rng.dirichlet(np.ones(3), 400).T
    prior, weight = np.array([0.5, 0.3, 0.2]), rng.rand(400) + 0.5
    logs = np.log(probabilities)
    found = mixture_weights(logs, prior, weight, 1e12)
    assert_allclose(found.sum(), 1)

    def likelihood(weights):
        prior_part = _N_PRIOR * prior @ np.log(weights)
        return weight @ np.log(weights @ probabilities) + prior_part

    best = likelihood(found)
    for other in rng.dirichlet(np.ones(3), 50):
        assert likelihood(0.9 * found + 0.1 * other) < best + 1e-6


def test_weights_without_samples_are_the_prior():
    prior = np.array([0.6, 0.4])
    assert_allclose(mixture_weights(np.zeros((2, 0)), prior, np.zeros(0), 10), prior)
