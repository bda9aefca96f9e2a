"""Every example runs on its own and draws a figure.

Fits make two passes here, to save time; `make docs` runs the examples as they are.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
EXAMPLES = sorted((CHECKOUT / "examples").glob("*.py"))

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


@pytest.mark.long
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


def test_examples_are_short_and_begin_with_a_title():
    lines = {path.name: path.read_text().splitlines() for path in EXAMPLES}
    assert not {name: len(text) for name, text in lines.items() if not 30 <= len(text) <= 80}
    start = {name: [text[0], text[2]] for name, text in lines.items()}
    assert start == {name: ['"""', "=" * len(text[1])] for name, text in lines.items()}


def _imported_packages(path):
    """Return the first parts of all names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_the_extra_docs_installs_all_that_the_examples_import():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    requirements = project["dependencies"] + project["optional-dependencies"]["docs"]
    installed = {
        re.match(r"[\w-]+", item)[0].replace("scikit-learn", "sklearn") for item in requirements
    }
    used = {name for path in EXAMPLES for name in _imported_packages(path)}
    assert "pandas" in used
    assert used - set(sys.stdlib_module_names) <= installed | {"sklearn_autoencoders"}
