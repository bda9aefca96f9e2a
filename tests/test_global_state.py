"""Global state is unchanged, also with threads. Ctrl-C: `test_interruption.py`."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from estimators import CASES, PUBLIC, every_case_in_time, quick
from helpers import assert_same, case, fitted_case, outputs, readers, snapshot, table
from skorch.callbacks import Callback
from versions import needs_callbacks

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders._utils import torch_settings

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)


@pytest.fixture(scope="module", autouse=True)
def _late_imports():
    """Import lazy modules first; their effects are tested separately below."""
    CASES[0].__class__(max_epochs=1).fit(table())


@pytest.fixture(autouse=True)
def _three_threads():
    """Set torch's number of threads to a number other than one, on any machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


class Broken(Callback):
    def on_epoch_end(self, net, **kwargs):
        raise RuntimeError("broken")


class BrokenTask:
    """A scikit-learn callback."""

    def setup(self, estimator, context):
        pass

    teardown = on_fit_task_begin = setup

    def on_fit_task_end(self, estimator, context):
        raise RuntimeError("broken")


class Probe(Callback):
    """Calls a function on every batch and stores the result."""

    def __init__(self, function):
        self.function, self.seen = function, []

    def on_batch_end(self, net, **kwargs):
        self.seen.append(self.function())


# ----------------------------------------------------------------------------- every method


def _consume(estimator, name, X):
    if name == "inverse_transform":
        X = estimator.transform(X)
    getattr(estimator, name)(X)


@every_case
@pytest.mark.parametrize("random_state", [None, 3, np.random.RandomState(3)], ids=str)
def test_training_changes_nothing_global(estimator, random_state):
    X, estimator = table(), case(estimator, random_state=random_state)
    before = snapshot()
    for name in ("fit", "fit_transform", "partial_fit"):
        if hasattr(estimator, name):
            getattr(estimator, name)(X)
            assert snapshot() == before, name


@every_case
def test_using_a_model_changes_nothing_global(estimator):
    X, fitted = table(), fitted_case(estimator)
    before = snapshot()
    for name in [*readers(fitted), "inverse_transform", "__getstate__", "__sklearn_tags__"]:
        if hasattr(fitted, name):
            _consume(fitted, name, X) if not name.startswith("__") else getattr(fitted, name)()
            assert snapshot() == before, name


FAILURES = {
    "strings": (ValueError, {}, np.array([["a", "b"]] * 9)),
    "infinity": (ValueError, {}, np.full((9, 3), np.inf)),
    "bad parameter": (ValueError, {"max_epochs": -1}, table()),
    "bad device": (ValueError, {"device": "nowhere"}, table()),
    "bad widths": (ValueError, {"hidden_layer_sizes": (4, -1)}, table()),
    "skorch callback": (RuntimeError, {"callbacks": [Broken()]}, table()),
}


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_loss_that_is_not_finite_changes_nothing_global(method):
    estimator = quick(AutoencoderTransformer, init="random", learning_rate=1e30)
    before = snapshot()
    with pytest.raises(FloatingPointError):
        getattr(estimator, method)(table())
    assert snapshot() == before


@every_class
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(("error", "params", "X"), FAILURES.values(), ids=FAILURES)
def test_failed_training_changes_nothing_global(cls, method, error, params, X):
    estimator = quick(cls, **params)
    before = snapshot()
    with pytest.raises(error):
        getattr(estimator, method)(X)
    assert snapshot() == before


@needs_callbacks
@every_class
def test_a_broken_scikit_learn_callback_changes_nothing_global(cls):
    estimator = quick(cls).set_callbacks(BrokenTask())
    before = snapshot()
    with pytest.raises(RuntimeError, match="broken"):
        estimator.fit(table())
    assert snapshot() == before


@every_case
def test_rejected_samples_change_nothing_global(estimator):
    fitted = fitted_case(estimator)
    before = snapshot()
    for name in [*readers(fitted), "inverse_transform"]:
        if hasattr(fitted, name):
            with pytest.raises(ValueError, match="infinity"):
                getattr(fitted, name)(np.full((4, 6), np.inf))
            assert snapshot() == before, name


def test_the_first_fit_of_a_process_changes_nothing_global():
    """The first fit imports libraries, which could change global state."""
    code = """
import sys, warnings
sys.path.insert(0, "tests")
from helpers import snapshot, table
from sklearn_autoencoders import AutoencoderTransformer
before = snapshot()
AutoencoderTransformer(max_epochs=1).fit(table())
after = snapshot()
print({name: (before[name], after[name]) for name in before if before[name] != after[name]})
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TORCH")}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert result.stdout.strip() == "{}", result.stderr


# -------------------------------------------------------------------------------- threads


@every_class
def test_little_work_uses_one_thread(cls):
    probe = Probe(torch.get_num_threads)
    quick(cls, callbacks=[probe]).fit(table())
    assert set(probe.seen) == {1}
    assert torch.get_num_threads() == 3


@every_class
def test_much_work_uses_all_threads(cls, monkeypatch):
    monkeypatch.setattr(torch_settings, "_SMALL_WORK", 0)
    probe = Probe(torch.get_num_threads)
    quick(cls, callbacks=[probe]).fit(table())
    assert set(probe.seen) == {3}


@every_class
def test_threads_are_restored_when_fits_are_nested(cls):
    inner = quick(cls, max_epochs=1)
    probe = Probe(lambda: (inner.fit(table()).reconstruct(table()), torch.get_num_threads())[1])
    quick(cls, callbacks=[probe]).fit(table())
    assert set(probe.seen) == {1}
    assert torch.get_num_threads() == 3


def _threads_of_a_fresh_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


@every_class
def test_threads_are_restored_when_fits_are_concurrent(cls):
    expected = _threads_of_a_fresh_thread()
    probes = [Probe(torch.get_num_threads) for _ in range(4)]
    barrier = threading.Barrier(4)

    def fit(probe):
        torch.get_num_threads()  # torch sets the number of threads on first use in a thread
        barrier.wait()
        quick(cls, callbacks=[probe]).fit(table())
        return torch.get_num_threads()

    with ThreadPoolExecutor(4) as pool:
        after = list(pool.map(fit, probes))
    assert {n for probe in probes for n in probe.seen} == {1}
    assert set(after) == {expected}
    assert torch.get_num_threads() == 3
    assert _threads_of_a_fresh_thread() == expected


# ----------------------------------------------------------------------------- concurrency


@every_case_in_time
def test_concurrent_fits_equal_serial_fits(estimator):
    X = table()

    def fit(seed):
        return outputs(case(estimator, random_state=seed).fit(X), X)

    serial = [fit(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(fit, range(8)))
    for found, expected in zip(concurrent, serial, strict=True):
        assert_same(found, expected)


@every_case_in_time
def test_one_model_serves_many_threads(estimator):
    X, fitted = table(), fitted_case(estimator)
    expected = outputs(fitted, X)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: outputs(fitted, X), range(24)):
            assert_same(found, expected)
