"""Architecture of the package: light imports, one training loop, short files."""

import ast
import functools
import re
import subprocess
import sys
from collections import Counter
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


def _name(path):
    return str(path.relative_to(ROOT))


def test_files_are_found():
    assert len(FILES) > 15


def _external_names(path):
    """Return the dotted names that a file uses from other packages, by import or as attributes."""
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


# Experimental names, which are not private.
EXPERIMENTAL = ("sklearn.callback", "sklearn.experimental")


@pytest.mark.parametrize("package", ["sklearn", "torch"])
def test_private_names_are_used_in_one_module(package):
    found = {
        path.name: names
        for path in FILES
        if path.name != f"{package}_compat.py"
        and (names := {name for name in _external_names(path) if _is_private(name, package)})
    }
    assert not found


def test_experimental_names_of_scikit_learn_are_used_in_one_module():
    found = {
        path.name
        for path in FILES
        if any(name.startswith(EXPERIMENTAL) for name in _external_names(path))
    }
    assert found == {"sklearn_compat.py"}


@pytest.fixture(scope="module")
def imports(tmp_path_factory):
    """Return the modules imported by the package, additionally by a fit, and by displays."""
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


def _docstring_lines(node):
    """Return the number of lines of the docstring of a function or class."""
    if ast.get_docstring(node) is None:
        return 0
    docstring = node.body[0]
    return docstring.end_lineno - docstring.lineno + 1


def _lines_to_read(path):
    """Return the number of lines of a file, without the docstrings of public classes.

    A public class describes every parameter, in text that is generated for the most part.
    """
    text = path.read_text()
    classes = [
        node
        for node in (ast.parse(text).body if path.suffix == ".py" else ())
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]
    return len(text.splitlines()) - sum(map(_docstring_lines, classes))


def test_files_are_short():
    n_lines = {_name(path): _lines_to_read(path) for path in FILES + WEB}
    assert not {name: n for name, n in n_lines.items() if n > 400}


def _code_lines(function):
    """Return the number of lines of a function without its docstring."""
    return function.end_lineno - function.lineno + 1 - _docstring_lines(function)


def test_functions_are_short():
    n_lines = {
        (_name(path), node.name): _code_lines(node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__"
    }
    assert len(n_lines) > 500
    assert not {function: n for function, n in n_lines.items() if n > 50}


@functools.cache
def _calls(path):
    """Return the dotted names that a file calls, as written."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def _calling(wanted, except_for=None):
    """Return the calls of some names, by file, except in one file that is allowed to."""
    found = {_name(path): _calls(path) & wanted for path in FILES if path.name != except_for}
    return {name: calls for name, calls in found.items() if calls}


def test_nothing_global_is_seeded_or_set():
    seeding = {"torch.manual_seed", "np.random.seed", "random.seed", "torch.seed"}
    forking = {call for path in FILES for call in _calls(path) if "random.fork_rng" in call}
    assert not _calling(seeding | forking | {"torch.set_rng_state"})
    settings = {"torch.set_num_threads", "torch.set_grad_enabled", "torch.set_default_dtype"}
    assert not _calling(settings, except_for="torch_settings.py")
    putting_back = {"get_config", "preserve_settings"}
    assert not [
        _name(path)
        for path in FILES
        if "set_config" in _calls(path) and not _calls(path) & putting_back
    ], "who sets puts back"


def test_there_is_one_training_loop():
    found = {
        (_name(path), call)
        for path in FILES
        for call in _calls(path)
        if call.rsplit(".", 1)[-1] in {"zero_grad", "backward"}
        or (call.endswith("fit_loop") and path.name != "skorch_loop.py")
    }
    assert not found, "skorch's loop is the only one"


def _imports(path):
    """Return the top-level packages that a file imports, at any place."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.split(".")[0] for name in names}


def test_warnings_are_issued_for_the_line_of_the_user():
    """By `warn_user`: a fixed `stacklevel` points into the package or into scikit-learn."""
    found = {path.name for path in FILES if "stacklevel" in path.read_text()}
    assert found == {"user_warnings.py"}


def test_only_training_imports_skorch():
    found = {path.name for path in FILES if "skorch" in _imports(path)}
    assert found == {"skorch_loop.py"}
    torch_alone = [
        path
        for path in FILES
        if {"networks", "objectives", "corruptions"} & set(path.parts) or path.name == "images.py"
    ]
    assert len(torch_alone) > 60
    found = {_name(path): _imports(path) & {"numpy", "scipy", "pandas"} for path in torch_alone}
    assert not {name: names for name, names in found.items() if names}


def test_every_test_has_the_prefix_of_tests():
    """A function that is neither used nor called `test_...` is a test that never runs."""
    texts = {path: path.read_text() for path in Path(__file__).parent.rglob("*.py")}
    functions = {
        (path.name, node.name)
        for path, text in texts.items()
        if path.name.startswith("test_")
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith(("test_", "_"))
    }
    words = Counter(re.findall(r"\w+", "\n".join(texts.values())))
    assert len(functions) > 100
    assert not [(path, name) for path, name in functions if words[name] < 2]


def test_names_of_test_files_occur_once():
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert not [name for name, count in names.items() if count > 1]  # pytest imports only one
