"""Docstring entries that estimators share are the same in all of them, written by a script."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sklearn_autoencoders

ROOT = Path(sklearn_autoencoders.__file__).parents[1]
SCRIPT = ROOT / "tools" / "shared_docstrings.py"
ENTRY = "    pretraining_epochs : int, default=5\n"

pytestmark = pytest.mark.skipif(not SCRIPT.exists(), reason="installed without the tools")


def run(*arguments):
    command = [sys.executable, SCRIPT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_docstrings_hold_the_shared_entries():
    result = run("--check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_changed_entry_is_noticed_and_rewritten(tmp_path):
    folder = ROOT / "sklearn_autoencoders" / "_estimators"
    for path in folder.glob("*.py"):
        shutil.copy(path, tmp_path)
    changed = tmp_path / "transformer.py"
    before = changed.read_text()
    changed.write_text(before.replace(ENTRY, f"{ENTRY}        Another text.\n\n", 1))
    result = run("--check", tmp_path)
    assert result.returncode == 1
    assert result.stdout.splitlines() == ["differs: transformer.py"]
    assert run(tmp_path).returncode == 0
    assert changed.read_text() == before
    assert run("--check", tmp_path).returncode == 0
