"""Distributions: the wheel works without the checkout; the sdist contains only sources."""

import email
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import sklearn_autoencoders

pytestmark = pytest.mark.long

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "sklearn_autoencoders"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return a folder with an sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, CHECKOUT]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    return next(built.glob("*.whl"))


def test_the_wheel_contains_exactly_the_files_of_the_package(wheel):
    expected = {
        path.relative_to(CHECKOUT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in held if ".dist-info/" in name}
    assert held - metadata == expected
    assert "sklearn_autoencoders/inspection/explorer/explorer.html" in held


def test_the_metadata_are_complete(wheel):
    archive = zipfile.ZipFile(wheel)
    name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
    metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Version"] == sklearn_autoencoders.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().startswith("# sklearn_autoencoders")


def test_the_sdist_holds_sources_alone(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert folders == {"benchmarks", "docs", "examples", "sklearn_autoencoders", "tests", "tools"}
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= set(names)
    made = ("docs/_build/", "docs/gallery/", "docs/api/generated/", "docs/api/backreferences/")
    assert not [name for name in names if name.startswith(made) or "__pycache__" in name]
    data = {name for name in names if name.startswith("tests/data/")}
    assert {name.split("/")[2] for name in data} == {"format_1"}


# Run without the start-up of site-packages, which would add an editable checkout to the path.
SCRIPT = """
import sys
target, *installed = sys.argv[1:]
sys.path += [target, *installed]

import importlib, pathlib, pkgutil
import numpy as np
import sklearn_autoencoders
from sklearn_autoencoders.inspection import latent_explorer

for module in pkgutil.walk_packages(sklearn_autoencoders.__path__, "sklearn_autoencoders."):
    importlib.import_module(module.name)

X = np.random.RandomState(0).normal(size=(60, 5))
fitted = sklearn_autoencoders.AutoencoderTransformer(2, max_epochs=2, random_state=0).fit(X)
sklearn_autoencoders.save(fitted, "model")
loaded = sklearn_autoencoders.load("model")
np.testing.assert_array_equal(loaded.transform(X), fitted.transform(X))
latent_explorer(loaded, X, "page.html")

print(sys.flags.isolated, sys.flags.no_site)
for name, module in sorted(sys.modules.items()):
    if getattr(module, "__file__", None):
        print(name, pathlib.Path(module.__file__).resolve())
"""


def test_the_wheel_works_without_the_checkout(wheel, tmp_path):
    target, empty = tmp_path / "target", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--target", target, wheel], check=True)
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SCRIPT, target, *installed],
        cwd=empty,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    flags, *lines = result.stdout.splitlines()
    assert flags == "1 1"
    files = dict(line.split(" ", 1) for line in lines)
    ours = {name: path for name, path in files.items() if name.startswith("sklearn_autoencoders")}
    assert len(ours) == len(list(PACKAGE.rglob("*.py")))
    assert not [path for path in ours.values() if not Path(path).is_relative_to(target.resolve())]
    libraries = [Path(path).resolve() for path in installed]
    assert not [
        path
        for path in map(Path, files.values())
        if path.is_relative_to(CHECKOUT)
        and not any(path.is_relative_to(folder) for folder in libraries)
    ], "an environment may lie in the checkout, but nothing else of it is used"
