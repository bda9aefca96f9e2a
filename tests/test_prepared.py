"""Networks that are kept in the type of the samples follow all changes of the originals."""

import gc

import numpy as np
import pytest
import torch
from estimators import quick
from helpers import table

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._inference.prepared import _known, in_type
from sklearn_autoencoders.networks import Dense


@pytest.fixture
def fitted():
    network = Dense((16,), n_places=8, sharpness=2.0)
    return quick(AutoencoderTransformer, n_components=2, network=network).fit(table())


def weight_of(fitted):
    return next(iter(fitted.network_.encoder.parameters()))


def in_place(fitted):
    with torch.no_grad():
        weight_of(fitted).mul_(2)


def without_autograd(fitted):
    weight_of(fitted).data *= 2


def through_numpy(fitted):
    weight_of(fitted).detach().numpy()[:] *= 2


def of_a_module(fitted):
    fitted.network_.encoder = torch.nn.Sequential(fitted.network_.encoder, torch.nn.Tanh())


def of_a_setting(fitted):
    found = [m for m in fitted.network_.modules() if isinstance(vars(m).get("sharpness"), float)]
    found[0].sharpness = 5.0


CHANGES = [in_place, without_autograd, through_numpy, of_a_module, of_a_setting]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_network_is_seen(fitted, change, dtype):
    X = table(dtype=dtype)
    before = fitted.transform(X)
    change(fitted)
    after = fitted.transform(X)
    assert np.abs(after - before).max() > 1e-4
    _known.clear()
    np.testing.assert_array_equal(fitted.transform(X), after)


def test_the_modules_are_copied_once(fitted):
    first = in_type(fitted.network_, torch.float64)
    assert in_type(fitted.network_, torch.float64) is first is not fitted.network_
    assert in_type(fitted.network_, torch.float32) is fitted.network_


def test_a_copy_is_removed_with_its_network(fitted):
    fitted.transform(table())
    n_known = len(_known)
    del fitted.network_
    gc.collect()
    assert len(_known) == n_known - 1


def test_a_network_that_was_copied_in_inference_mode_is_refreshed(fitted):
    _known.clear()
    with torch.inference_mode():
        expected = fitted.transform(table())
    np.testing.assert_array_equal(fitted.transform(table()), expected)
