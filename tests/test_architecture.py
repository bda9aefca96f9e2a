"""What the package promises about itself: light imports, one training loop, short files."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from estimators import quick
from helpers import table

import sklearn_autoencoders
from sklearn_autoencoders import AutoencoderTransformer

ROOT = Path(sklearn_autoencoders.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
WEB = sorted(path for end in ("css", "html", "js") for path in ROOT.rglob(f"*.{end}"))

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def test_files_are_found():
    assert len(FILES) > 15


def _external_names(path):
    """Return the dotted names that a file takes from other packages, by import or as attributes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value  # the argument of import_module


def _is_private(name, package):
    root, *parts = name.split(".")
    is_name = all(part.isidentifier() for part in parts)
    return root == package and is_name and any(re.match("_(?!_)", part) for part in parts)


# Not private, but experimental.
EXPERIMENTAL = ("sklearn.callback", "sklearn.experimental")


@pytest.mark.parametrize("package", ["sklearn", "torch"])
def test_one_module_knows_what_is_private_in_a_package(package):
    found = {
        path.name: names
        for path in FILES
        if path.name != f"{package}_compat.py"
        and (names := {name for name in _external_names(path) if _is_private(name, package)})
    }
    assert not found


def test_one_module_knows_what_is_experimental_in_scikit_learn():
    found = {
        path.name
        for path in FILES
        if any(name.startswith(EXPERIMENTAL) for name in _external_names(path))
    }
    assert found == {"sklearn_compat.py"}


@pytest.fixture(scope="module")
def imports(tmp_path_factory):
    """Return what the package imports, what a fitted model then needs, and what displays add."""
    folder = tmp_path_factory.mktemp("model")
    fitted = quick(AutoencoderTransformer, max_epochs=1).fit(table())
    joblib.dump((fitted, table()), folder / "model")
    code = """
import sys, joblib, sklearn.decomposition, torch  # which import pandas and rich, if present
before = set(sys.modules)
import sklearn_autoencoders
print(*set(sys.modules) - before)
fitted, X = joblib.load(sys.argv[1])
fitted.inverse_transform(fitted.transform(X))
print(*set(sys.modules) - before)
import sklearn_autoencoders.inspection
print(*set(sys.modules) - before)
"""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, folder / "model"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [{name.split(".")[0] for name in line.split()} for line in result.stdout.splitlines()]


HEAVY = {"matplotlib", "numpydoc", "pandas", "polars", "rich", "skorch", "sympy"}


def test_the_import_is_light(imports):
    assert "sklearn_autoencoders" in imports[0]
    assert not imports[0] & HEAVY


def test_a_fitted_model_is_used_without_training_libraries(imports):
    assert not imports[1] & HEAVY


def test_displays_import_matplotlib_only_to_draw(imports):
    assert not imports[2] & HEAVY


@pytest.mark.parametrize("path", FILES + WEB, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_short(path):
    assert len(path.read_text().splitlines()) <= 400


def _code_lines(function):
    """Return how many lines a function has without its docstring."""
    n_lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        n_lines -= docstring.end_lineno - docstring.lineno + 1
    return n_lines


@every_file
def test_functions_are_short(path):
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__"
    ]
    assert not {f.name: _code_lines(f) for f in functions if _code_lines(f) > 50}


def _calls(path):
    """Return the dotted names that a file calls, as they are written."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


@every_file
def test_nothing_global_is_seeded_or_set(path):
    calls = _calls(path)
    assert not calls & {"torch.manual_seed", "np.random.seed", "random.seed", "torch.seed"}
    assert not calls & {"torch.set_rng_state"}
    assert not any(call.startswith("torch.random.fork_rng") for call in calls)
    settings = calls & {
        "torch.set_num_threads",
        "torch.set_grad_enabled",
        "torch.set_default_dtype",
    }
    assert not settings or path.name == "torch_settings.py"
    assert "set_config" not in calls or calls & {"get_config", "preserve_settings"}, (
        "who sets puts back"
    )


@every_file
def test_there_is_one_training_loop(path):
    methods = {call.rsplit(".", 1)[-1] for call in _calls(path)}
    assert not methods & {"zero_grad", "backward"}, "skorch's loop is the only one"
    assert "fit_loop" not in methods or path.name == "skorch_loop.py"


@every_file
def test_only_training_imports_skorch(path):
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    roots = {name.split(".")[0] for name in imported}
    assert "skorch" not in roots or path.name == "skorch_loop.py"
    if path.parent.name in ("networks", "objectives", "corruptions") or path.name == "images.py":
        assert not roots & {"numpy", "scipy", "skorch", "pandas"}
