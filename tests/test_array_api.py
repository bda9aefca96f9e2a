"""Tensors for tensors, if scikit-learn is configured to dispatch by the array API."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from estimators import FIRST_CASES, quick
from helpers import case, readers, table
from versions import needs

from sklearn_autoencoders import AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders._utils import tensors

# SciPy reads the variable when it is imported.
SCRIPT = """
import os
os.environ["SCIPY_ARRAY_API"] = "1"
import numpy as np
import torch
from sklearn import config_context
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn_autoencoders import AutoencoderTransformer

X = torch.randn(60, 5, generator=torch.Generator().manual_seed(0))
model = make_pipeline(StandardScaler(), AutoencoderTransformer(2, max_epochs=2, random_state=0))
expected = model.fit_transform(X.numpy())
with config_context(array_api_dispatch=True):
    codes = model.fit_transform(X)
assert isinstance(codes, torch.Tensor), type(codes)
assert codes.dtype == X.dtype
np.testing.assert_allclose(codes.numpy(), expected, atol=1e-4)
"""


@needs("scikit-learn", "1.8", "array API without another package")
def test_a_pipeline_of_tensors_under_array_api_dispatch():
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def dispatching(monkeypatch):
    """Configure the package to return tensors, without SciPy's variable."""
    monkeypatch.setattr(tensors, "get_config", lambda: {"array_api_dispatch": True})


@pytest.mark.parametrize("estimator", FIRST_CASES, ids=repr)
def test_every_method_returns_tensors_for_tensors(estimator, dispatching):
    X = table()
    fitted = case(estimator).fit(X)
    for name in readers(fitted, X):
        expected = getattr(fitted, name)(X)
        found = getattr(fitted, name)(torch.tensor(X))
        if isinstance(expected, np.ndarray) and expected.dtype.kind in "biuf":
            assert isinstance(found, torch.Tensor), name
            np.testing.assert_array_equal(found.numpy(), expected, err_msg=name)
        else:
            assert type(found) is type(expected), name


def test_codes_are_written_where_the_user_says(dispatching):
    X = table()
    fitted = quick(AutoencoderTransformer).fit(X)
    codes = fitted.transform(X)
    out = np.empty_like(codes)
    assert fitted.transform(torch.tensor(X), out=out) is out
    np.testing.assert_array_equal(out, codes)


@pytest.fixture
def elsewhere(monkeypatch):
    """Make tensors behave like those of a GPU, which NumPy cannot read."""

    def refuse(*args, **kwargs):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    monkeypatch.setattr(torch.Tensor, "__array__", refuse)


def test_frames_of_tensors_on_other_devices(dispatching, elsewhere):
    X = table()
    fitted = quick(AutoencoderTransformer).fit(X).set_output(transform="pandas")
    expected = fitted.transform(X)
    pd.testing.assert_frame_equal(fitted.transform(torch.tensor(X)), expected)
    assert isinstance(fitted.inverse_transform(torch.tensor(expected.values)), torch.Tensor)


def test_scores_of_tensors_on_other_devices(dispatching, elsewhere):
    X = table()
    fitted = quick(VAEGenerator).fit(X)
    assert fitted.score(torch.tensor(X)) == fitted.score(X)


def test_without_dispatch_tensors_give_arrays():
    X = table()
    assert isinstance(quick(AutoencoderTransformer).fit(X).transform(torch.tensor(X)), np.ndarray)
