"""Two processes of torch.distributed that train one network together."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import one_of_two
import pytest
import torch

pytestmark = pytest.mark.skipif(
    not torch.distributed.is_gloo_available(), reason="torch was built without gloo"
)


# Seconds in which all processes have to end if one fails.
LIMIT = 10


@pytest.fixture
def together(tmp_path):
    """Return a function that runs a case in two processes and returns both results."""

    def run(name):
        script = Path(__file__).with_name("one_of_two.py")
        processes = [
            subprocess.Popen([sys.executable, script, name, str(rank), tmp_path]) for rank in (0, 1)
        ]
        for process in processes:
            process.wait(timeout=300)
        paths = [tmp_path / f"{rank}.pickle" for rank in (0, 1)]
        return [pickle.loads(path.read_bytes()) if path.exists() else None for path in paths]

    return run


def assert_equal(first, second, tolerance=0.0):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance)


@pytest.mark.long
def test_two_processes_train_every_estimator_as_one_does(together):
    first, second = together("of_every_estimator")
    one = one_of_two.of_every_estimator(0, None)
    assert len(one) >= 7
    for name, expected in one.items():
        assert_equal(first[name], second[name])
        assert_equal(first[name], expected, tolerance=1e-8)


def test_batches_are_divided(together):
    first, second = together("in_batches")
    assert_equal(first, second)
    assert_equal(first, one_of_two.in_batches(0, None), tolerance=1e-10)


@pytest.mark.parametrize("case", ["without_seed", "of_random_states"])
def test_both_have_the_same_random_numbers(together, case):
    assert_equal(*together(case))


@pytest.mark.parametrize("case", ["of_other_samples", "of_other_labels"])
def test_other_samples_are_an_error_in_both(together, case):
    for error in together(case):
        assert isinstance(error, ValueError)
        assert "not the same in all 2 processes" in str(error)


def test_one_process_stops_both(together):
    assert together("stopped") == [3, 3]


@pytest.mark.parametrize(
    ("case", "own"), [("failed", "ZeroDivisionError"), ("interrupted", "KeyboardInterrupt")]
)
def test_one_failure_ends_both(together, case, own):
    other, failed = together(case)
    assert failed[0] == own
    assert other[0] == "OtherRankFailed"
    assert "another process of the group stopped or failed" in other[1]
    assert other[2]
    assert max(other[3], failed[3]) < LIMIT


def test_a_process_that_ends_is_an_error_in_the_other(together):
    other, ended = together("ended")
    assert ended is None
    assert other[0] == "OtherRankFailed"
    assert other[2]
    assert other[3] < LIMIT


def test_both_resume_a_fit(together):
    for n_files, resumed, whole in together("resumed"):
        assert n_files == 1
        assert_equal(resumed, whole)
