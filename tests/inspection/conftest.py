"""Fitted estimators for the displays."""

import matplotlib.pyplot as plt
import pytest
from drawn import DIGITS, FRAME
from estimators import quick

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoencoderTransformer
from sklearn_autoencoders.networks import Convolutional


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def transformer():
    return quick(AutoencoderTransformer, n_components=3).fit(FRAME)


@pytest.fixture(scope="module")
def detector():
    return quick(AutoencoderOutlierDetector, max_epochs=20).fit(FRAME)


@pytest.fixture(scope="module")
def of_images():
    return quick(AutoencoderTransformer, n_components=4).fit(DIGITS)


@pytest.fixture(scope="module")
def convolutional():
    network = Convolutional((8, 8), channels=(4,))
    return quick(AutoencoderTransformer, network=network, max_epochs=1).fit(DIGITS)
