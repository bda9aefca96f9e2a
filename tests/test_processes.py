"""What happens in other processes: workers of a grid search, and Ctrl-C at a terminal."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

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
    """Return the worker processes, once two of them have computed for a second each."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        workers = psutil.Process(process.pid).children(recursive=True)
        if sum(worker.cpu_times().user > 4 for worker in workers) >= 2:
            return workers
        time.sleep(0.2)
    pytest.fail(f"no two workers at work after {timeout} s")


def test_ctrl_c_ends_a_parallel_grid_search_and_leaves_no_orphans():
    process = subprocess.Popen(
        [sys.executable, "-c", SEARCH],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # a process group of its own, as a shell gives to a command
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
