"""Every example runs on its own and draws a figure.

Fits make two passes here, to save time; `make docs` runs the examples as they are.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))

SHORTENED = """
import runpy, sys, warnings
import matplotlib.pyplot as plt
from helpers import short_plan
from sklearn_autoencoders._training import fit

fit.make_plan = short_plan
warnings.simplefilter("error", DeprecationWarning)
warnings.simplefilter("error", FutureWarning)
runpy.run_path(sys.argv[1], run_name="__main__")
assert plt.get_fignums()
for number in plt.get_fignums():
    plt.figure(number).canvas.draw()
"""


def test_there_are_examples():
    assert len(EXAMPLES) >= 20


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_draws(path, tmp_path):
    settings = {"MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    settings["PYTHONPATH"] = os.path.dirname(__file__)
    result = subprocess.run(
        [sys.executable, "-c", SHORTENED, path],
        cwd=tmp_path,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_short_and_begins_with_a_title(path):
    lines = path.read_text().splitlines()
    assert 30 <= len(lines) <= 80
    assert lines[0] == '"""'
    assert lines[2] == "=" * len(lines[1])
