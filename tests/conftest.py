"""Fixtures, and the markers of the fast and the long test suite."""

import os
import signal

# scipy reads it when it is imported; without it scikit-learn skips its array API check
os.environ.setdefault("SCIPY_ARRAY_API", "1")
# matplotlib reads it when it is imported; no window opens
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris


def pytest_addoption(parser):
    parser.addoption("--run-long", action="store_true", help="run the long suite too")
    parser.addoption("--part", type=_part, metavar="K/N", help="run every N-th test, from the K-th")


def _part(text):
    """Return the slice of the tests that `--part` requests."""
    first, n_parts = map(int, text.split("/"))
    if not 1 <= first <= n_parts:
        raise ValueError("K is from 1 to N")
    return slice(first - 1, None, n_parts)


def pytest_collection_modifyitems(config, items):
    """Deselect the long suite, unless it is requested, and the tests of other parts."""
    if not (config.getoption("--run-long") or "long" in config.getoption("markexpr")):
        _leave_out_long(config, items)
    if part := config.getoption("--part"):
        kept = set(items[part])
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = items[part]


def _leave_out_long(config, items):
    is_long = [item.get_closest_marker("long") is not None for item in items]
    left_out = [item for item, is_left_out in zip(items, is_long, strict=True) if is_left_out]
    items[:] = [item for item, is_left_out in zip(items, is_long, strict=True) if not is_left_out]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = len(left_out)


LEFT_OUT = pytest.StashKey[int]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Receive the number of deselected tests from a process of pytest-xdist."""
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = max(left_out, node.config.stash.get(LEFT_OUT, 0))


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)


def pytest_terminal_summary(terminalreporter, config):
    """Report the deselected tests, also with -q or with several processes."""
    if n_left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{n_left_out} tests of the long suite left out; --run-long runs them too"
        )


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_is_enabled():
    """Restore the handler of Ctrl-C, which is ignored by processes started in the background."""
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
