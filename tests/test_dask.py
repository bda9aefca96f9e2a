"""Fits to dask collections on the workers of a cluster, and lazy outputs of their blocks."""

import os
import signal
import time

import dask.array
import dask.dataframe
import numpy as np
import pandas as pd
import pytest
import torch
from estimators import quick
from helpers import table
from sklearn.pipeline import make_pipeline
from skorch.callbacks import Callback

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderOutlierDetector,
    AutoencoderRegressor,
    AutoencoderTransformer,
)
from sklearn_autoencoders._data.sources import chunked
from sklearn_autoencoders.dask import fit, predict, score_samples, transform

distributed = pytest.importorskip("distributed")

# distributed leaves sockets and event loops to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

N_ROWS, N_PER_BLOCK = 120, 30
EXACT = {"dtype": "float64", "batch_size": 20, "max_epochs": 3, "dropout": 0}


def frame(X=None):
    """Return samples as a frame of pandas whose index is not that of the positions."""
    X = table(N_ROWS) if X is None else X
    return pd.DataFrame(X, columns=list("abcdef"), index=np.arange(len(X)) + 7)


def in_blocks(X, n_features=6):
    return dask.array.from_array(X, chunks=(N_PER_BLOCK, n_features))


def in_partitions(X):
    return dask.dataframe.from_pandas(X, npartitions=4, sort=False)


def cluster(**settings):
    settings = {"threads_per_worker": 1, "dashboard_address": ":0"} | settings
    return distributed.Client(**settings, set_as_default=False)


# ---------------------------------------------------------------------------- lazy outputs


@pytest.mark.parametrize("function", [transform, score_samples], ids=lambda f: f.__name__)
def test_outputs_are_those_of_the_estimator(function):
    X = frame()
    fitted = quick(AutoencoderTransformer).fit(X)
    expected = getattr(fitted, function.__name__)(X)
    found = function(fitted, in_partitions(X))
    assert found.npartitions == 4
    computed = found.compute()
    np.testing.assert_allclose(computed, expected, rtol=1e-12)
    np.testing.assert_array_equal(computed.index, X.index)
    del fitted.feature_names_in_
    found = function(fitted, in_blocks(X.to_numpy(), 4))
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.compute(), expected, rtol=1e-12)


@pytest.mark.parametrize("labels", [np.array(["no", "yes"]), np.array([0, 1])], ids=str)
def test_labels_are_predicted(labels):
    X = table(N_ROWS)
    y = labels[(X[:, 0] > 0.5).astype(int)]
    fitted = quick(AutoencoderClassifier).fit(X, y)
    found = predict(fitted, in_blocks(X))
    assert found.dtype == y.dtype
    np.testing.assert_array_equal(found.compute(), fitted.predict(X))


def test_several_targets_and_outliers_are_predicted():
    X = frame()
    fitted = quick(AutoencoderRegressor).fit(X, X.to_numpy()[:, :2])
    found = predict(fitted, in_partitions(X)).compute()
    np.testing.assert_allclose(found, fitted.predict(X), rtol=1e-12)
    fitted = quick(AutoencoderOutlierDetector).fit(X)
    found = predict(fitted, in_partitions(X)).compute()
    np.testing.assert_array_equal(found, fitted.predict(X))


def test_invalid_collections():
    X = table(N_ROWS)
    fitted = quick(AutoencoderTransformer).fit(X)
    with pytest.raises(TypeError, match=r"X must be a dask array .* got ndarray"):
        transform(fitted, X)
    with pytest.raises(ValueError, match="got 1 axes"):
        transform(fitted, in_blocks(X)[:, 0])
    names = in_partitions(frame().assign(f="name"))
    with pytest.raises(TypeError, match="Column 'f' of X has the type"):
        fit(quick(AutoencoderTransformer), names)
    with pytest.raises(ValueError, match="There is no client of dask"):
        fit(quick(AutoencoderTransformer), in_blocks(X))


# ------------------------------------------------------------------------------------- fits


def test_a_worker_in_this_process_fits_as_without_dask(monkeypatch):
    X, weight = frame(), np.arange(N_ROWS) % 3
    expected = quick(AutoencoderTransformer, **EXACT).fit(X, sample_weight=weight)
    model = quick(AutoencoderTransformer, **EXACT)
    with cluster(n_workers=1, processes=False) as client:
        found = fit(model, in_partitions(X), sample_weight=weight, client=client)
        assert found is model
        np.testing.assert_array_equal(found.transform(X), expected.transform(X))
        monkeypatch.setattr(chunked, "_WINDOW", 2 * N_PER_BLOCK * 6 * 8)
        monkeypatch.setattr(torch, "randperm", lambda n, generator=None: torch.arange(n))
        expected = quick(AutoencoderTransformer, **EXACT).fit(X)
        found = fit(quick(AutoencoderTransformer, **EXACT), in_partitions(X), client=client)
        np.testing.assert_allclose(found.transform(X), expected.transform(X), rtol=1e-9)


def test_workers_that_share_a_process_are_refused():
    model = quick(AutoencoderTransformer)
    with (
        cluster(n_workers=2, processes=False) as client,
        pytest.raises(ValueError, match="Several workers share a process"),
    ):
        fit(model, in_blocks(table(N_ROWS)).persist(), client=client)
    assert not hasattr(model, "network_")


def _shrink_windows():
    chunked._WINDOW = 2 * N_PER_BLOCK * 6 * 8


class Failing(Callback):
    """A callback that fails, or kills its process, in the second process of a group."""

    def __init__(self, kills=False):
        self.kills = kills

    def on_epoch_end(self, *args, **kwargs):
        if torch.distributed.get_rank() == 1:
            if self.kills:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ZeroDivisionError("in the second process")


@pytest.mark.long
def test_two_workers_fit_as_one_process_does():
    X = frame()
    y = (X["a"] > 0.5).astype(int)
    with cluster(n_workers=2, processes=True) as client:
        expected = quick(AutoencoderTransformer, **EXACT).fit(X)
        found = fit(quick(AutoencoderTransformer, **EXACT), in_partitions(X), client=client)
        np.testing.assert_allclose(found.transform(X), expected.transform(X), rtol=1e-8)

        in_one_batch = EXACT | {"batch_size": N_ROWS}  # which shares random numbers
        expected = quick(AutoencoderClassifier, **in_one_batch).fit(X, y)
        labels = dask.dataframe.from_pandas(y, npartitions=3, sort=False)
        model = quick(AutoencoderClassifier, **in_one_batch)
        found = fit(model, in_partitions(X), labels, client=client)
        np.testing.assert_allclose(found.transform(X), expected.transform(X), atol=1e-6)

        client.run(_shrink_windows)
        found = fit(quick(AutoencoderTransformer, **EXACT), in_partitions(X), client=client)
        assert found.score(X) > 0.8

        for kills, error in ((False, ZeroDivisionError), (True, RuntimeError)):
            model = quick(AutoencoderTransformer, callbacks=[Failing(kills)], **EXACT)
            started = time.monotonic()
            with pytest.raises(error, match="second process" if not kills else "another process"):
                fit(model, in_partitions(X), client=client)
            assert time.monotonic() - started < 60
            assert not hasattr(model, "network_")


def test_what_cannot_be_fitted_is_refused_before_anything_is_sent():
    X = in_blocks(table(N_ROWS))
    with pytest.raises(TypeError, match="autoencoder of this package; got Pipeline"):
        fit(make_pipeline(AutoencoderTransformer(2)), X)
    with pytest.raises(ValueError, match="'max_epochs' parameter of AutoencoderTransformer"):
        fit(AutoencoderTransformer(2, max_epochs=-1), X)
    with pytest.raises(TypeError, match=r"got the type complex128\. Convert it to numbers"):
        fit(AutoencoderTransformer(2), X.astype(complex))
