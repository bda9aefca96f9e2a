"""The number of components by which held-out values are predicted best."""

import numpy as np
import pytest

from sklearn_autoencoders._data.statistics.held_out_values import n_components_by_held_out


def low_rank(n_components, n_samples=60, n_inputs=200):
    rng = np.random.RandomState(0)
    X = rng.randn(n_samples, n_components) @ rng.randn(n_components, n_inputs)
    return X + 0.3 * rng.randn(n_samples, n_inputs), rng.random_sample(n_samples)


@pytest.mark.parametrize("n_components", [2, 4])
def test_the_number_of_components_of_samples_with_noise_is_found(n_components):
    X, draw = low_rank(n_components)
    assert n_components_by_held_out(X, np.ones(len(X)), draw, 40) == n_components


def test_without_held_out_values_there_are_as_many_components_as_possible():
    X, draw = low_rank(4)
    unknown = np.full_like(X, np.nan)
    assert n_components_by_held_out(unknown, np.ones(len(X)), draw, 7) == 7
