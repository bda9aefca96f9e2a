"""Other processes: workers, forks, dask, and Ctrl-C in a terminal."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time

import dask
import numpy as np
import psutil
import pytest
import torch
from estimators import FIRST_CASES, PUBLIC, quick
from helpers import assert_same, case, outputs, table, weights
from sklearn.base import clone

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders._utils import torch_settings as _global_state

SEARCH = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn_autoencoders import AutoencoderTransformer

X = np.random.RandomState(0).randn(100, 6)
endless = AutoencoderTransformer(max_epochs=100_000)
print("searching", flush=True)
try:
    GridSearchCV(endless, {"n_components": [1, 2, 3, 4]}, cv=2, n_jobs=2).fit(X)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def _wait_for_work(process, timeout=60):
    """Return the worker processes when two of them have computed for a second each."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        workers = psutil.Process(process.pid).children(recursive=True)
        if sum(worker.cpu_times().user > 4 for worker in workers) >= 2:
            return workers
        time.sleep(0.2)
    pytest.fail(f"no two workers at work after {timeout} s")


@pytest.mark.long
def test_ctrl_c_ends_a_parallel_grid_search_and_leaves_no_orphans():
    process = subprocess.Popen(
        [sys.executable, "-c", SEARCH],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # in a separate process group, as for a command of a shell
    )
    try:
        workers = _wait_for_work(process)
        os.killpg(process.pid, signal.SIGINT)
        started = time.monotonic()
        output, _ = process.communicate(timeout=30)
        assert output.split() == ["searching", "interrupted"]
        assert time.monotonic() - started < 4  # two until the interruption, two to exit
        _, alive = psutil.wait_procs(workers, timeout=5)
        assert not alive
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


# ------------------------------------------------------------------------ children after a fit


def _work(estimator, X, queue):
    """Run operations for which torch uses several threads, in training and outside of it."""
    queue.put(outputs(estimator, X))
    queue.put(outputs(clone(estimator).fit(X), X))
    wide = pickle.loads(pickle.dumps(quick(PUBLIC[0], hidden_layer_sizes=(300, 300)).fit(X)))
    wide.score_samples(X.astype(np.float32))
    quick(VAEGenerator, n_components=2).fit(X).sample(40_000)
    queue.put(outputs(estimator, X))


@pytest.fixture
def _two_busy_threads(monkeypatch):
    """Make every fit use two threads, which do not exist in a forked child."""
    before = torch.get_num_threads()
    monkeypatch.setattr(_global_state, "_SMALL_WORK", 0)
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


# Python warns about forks of processes with threads, which are tested here
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.usefixtures("_two_busy_threads")
@pytest.mark.parametrize(
    "method", ["fork", *(pytest.param(m, marks=pytest.mark.long) for m in ("spawn", "forkserver"))]
)
def test_a_child_works_after_a_fit_in_the_parent(method):
    X = table(500, 20)
    parent = quick(PUBLIC[0]).fit(X)
    expected, context = outputs(parent, X), multiprocessing.get_context(method)
    torch.ones(2**20).add_(1)  # large enough for torch to start its threads
    queue = context.Queue()
    child = context.Process(target=_work, args=(parent, X, queue), daemon=True)
    child.start()
    first, refitted, last = (queue.get(timeout=30) for _ in range(3))
    child.join(timeout=10)
    assert child.exitcode == 0
    assert refitted.keys() == expected.keys()
    for found in (first, last):
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-6, err_msg=name)


# ------------------------------------------------------------------------------------------ dask


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_dask_fits_and_sends_estimators_about(scheduler):
    X, expected = table(), [case(estimator).fit(table()) for estimator in FIRST_CASES]
    tasks = [dask.delayed(case(estimator).fit)(X) for estimator in FIRST_CASES]
    found = dask.compute(*tasks, scheduler=scheduler, num_workers=2)
    for there, here in zip(found, expected, strict=True):
        assert_same(outputs(there, X), outputs(here, X))
        assert_same(weights(there), weights(here))
