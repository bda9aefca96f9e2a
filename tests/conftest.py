"""Fixtures and the list of estimators that every contract test runs over."""

import os
import signal

# scipy reads it when it is imported; without it scikit-learn skips its array API check
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# matplotlib reads it when it is imported; no window opens
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_heard():
    """Hear interruptions, also where a shell started us in the background, which ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def iris():
    return load_iris(return_X_y=True)[0]


@pytest.fixture(scope="session")
def cancer():
    return load_breast_cancer(return_X_y=True)[0]


@pytest.fixture(scope="session")
def digits():
    return load_digits(return_X_y=True)[0] / 16


@pytest.fixture
def rng():
    return np.random.RandomState(0)
