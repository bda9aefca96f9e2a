"""Corruptions whose arguments do not suit the units of X."""

import warnings

import numpy as np
import pytest

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, SaltAndPepper

BYTES = np.random.default_rng(0).integers(0, 256, (40, 16)).astype(np.uint8)


def fit(corruption, X):
    """Fit for one epoch."""
    return DenoisingAutoencoder(2, corruption=corruption, max_epochs=1, random_state=0).fit(X)


@pytest.mark.parametrize("corruption", ["gaussian", "salt_and_pepper"])
def test_a_name_does_not_suit_images_of_bytes(corruption):
    with pytest.warns(UserWarning, match=r"hardly any effect\. Scale X, such as X / 255"):
        fit(corruption, BYTES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(corruption, BYTES / 255)
        fit(corruption, (BYTES - 128.0) / 64)


@pytest.mark.parametrize(
    "corruption", [Gaussian(25), Gaussian((0, 25)), SaltAndPepper(0.25, 0, 255), Gaussian(0)]
)
def test_arguments_in_the_units_of_images_of_bytes(corruption):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(corruption, BYTES)
