"""The documentation: a complete reference, a user guide that runs, and valid links.

Tests that require the built site (`make docs`) are skipped without it.
"""

import doctest
import functools
import http.server
import importlib
import inspect
import re
import shutil
import subprocess
import textwrap
import threading
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import matplotlib.pyplot as plt
import pytest
from estimators import EVERY
from helpers import short_plan
from versions import is_at_least

from sklearn_autoencoders import exceptions
from sklearn_autoencoders._training import fit as _fit
from sklearn_autoencoders._utils import sklearn_compat as _compat

ROOT = Path(__file__).parents[1]
DOCS, EXAMPLES, SITE = ROOT / "docs", ROOT / "examples", ROOT / "docs" / "_build" / "html"
GUIDE = sorted((DOCS / "guide").glob("*.rst"))
PAGES = [*GUIDE, *DOCS.glob("*.rst"), *DOCS.glob("api/*.rst"), *DOCS.glob("project/*.rst")]
PACKAGE = "sklearn_autoencoders"
MODULES = ("", ".corruptions", ".exceptions", ".inspection", ".metrics", ".networks", ".objectives")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)

needs_site = pytest.mark.skipif(not (SITE / "index.html").exists(), reason="no site: make docs")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")


def _public(module):
    thing = importlib.import_module(PACKAGE + module)
    if thing is exceptions:
        classes = inspect.getmembers(thing, inspect.isclass)
        return [name for name, cls in classes if cls.__module__ == thing.__name__]
    return thing.__all__


def _referenced():
    """Return the full names that the API reference lists."""
    found = set()
    for path in DOCS.glob("api/*.rst"):
        text = path.read_text()
        module = re.search(r"currentmodule:: (\S+)", text)
        names = re.findall(r"^   (\w+)$|^\.\. py:data:: (\w+)$", text, flags=re.M)
        found |= {f"{module and module[1]}.{a or b}" for a, b in names}
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module):
    missing = {f"{PACKAGE}{module}.{name}" for name in _public(module)} - _referenced()
    assert not missing


@pytest.mark.parametrize("path", GUIDE, ids=lambda path: path.stem)
def test_the_user_guide_runs(path):
    if path.stem == "saving":
        pytest.importorskip("skops")
        pytest.importorskip("safetensors")
    failed, _ = doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert not failed


def _found(name):
    """Return whether a dotted name can be imported, as a module and attributes of it."""
    parts = name.split(".")
    for n_parts in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:n_parts]))
        except ImportError:
            continue
        for part in parts[n_parts:]:
            thing = getattr(thing, part, None)
        return thing is not None
    return False


def _is_page(path):
    """Return whether a page, or the example from which it is built, exists."""
    if path.parent == DOCS / "gallery":
        return path.name == "index" or (EXAMPLES / path.name).with_suffix(".py").exists()
    return path.with_suffix(".rst").exists() or path.with_suffix(".md").exists()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_names_on_pages_exist(path):
    text = path.read_text()
    targets = re.findall(r":(class|func|meth|mod|attr|exc|doc):`(?:[^`<]*<)?~?([^`>]+)>?`", text)
    for role, target in targets:
        if role == "doc":
            assert _is_page((path.parent / target).resolve()), target
        else:
            assert _found(target), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_terms_are_in_the_glossary(path):
    glossary = (DOCS / "guide" / "glossary.rst").read_text().partition(".. glossary::")[2]
    terms = re.findall(r"^   (\S.*)$", glossary, flags=re.M)
    assert terms == sorted(terms, key=str.lower)
    assert {*re.findall(r":term:`([^`]+)`", path.read_text())} <= {*terms}


@pytest.mark.parametrize("path", [ROOT / "README.md", DOCS / "guide" / "comparison.rst"], ids=str)
def test_the_stated_requirement_of_scikit_learn_is_that_of_the_package(path):
    needed = re.search(r'"scikit-learn>=([\d.]+)"', (ROOT / "pyproject.toml").read_text())[1]
    stated = re.search(r"package requires.*?scikit-learn (\d+\.\d+)", path.read_text())
    assert stated[1] == needed


def test_the_gallery_has_an_order():
    text = (DOCS / "gallery_order.py").read_text()
    order = re.findall(r'^    "(\w+)",$', text, flags=re.M)
    assert sorted(order) == sorted(path.stem for path in EXAMPLES.glob("*.py"))


def test_the_readme_runs(monkeypatch):
    """Run a block with few epochs per fit."""
    monkeypatch.setattr(_fit, "make_plan", short_plan)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
    assert blocks
    _run(blocks, "README.md")


def test_the_quickstart_runs(tmp_path, monkeypatch):
    """Run all blocks in sequence, with few epochs per fit."""
    pytest.importorskip("skops")
    pytest.importorskip("onnxscript")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(_fit, "make_plan", short_plan)
    text = (DOCS / "guide" / "quickstart.rst").read_text()
    blocks = re.findall(r"^\.\. code-block:: python\n\n((?:(?:   .*)?\n)+)", text, flags=re.M)
    assert len(blocks) >= 10
    if not is_at_least("scikit-learn", "1.9"):
        blocks = [block for block in blocks if "sklearn.callback" not in block]
    _run([textwrap.dedent(block) for block in blocks], "quickstart.rst")
    assert {path.name for path in tmp_path.iterdir()} >= {"digits.png", "digits.html", "codes.onnx"}
    plt.close("all")


def _run(blocks, file):
    """Run blocks of code sequentially."""
    names = {}
    for block in blocks:
        exec(compile(block, file, "exec"), names)


# ----------------------------------------------------------------------------------- notebooks


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_html_links_to_the_page_of_the_class_once_there_is_a_site(cls, monkeypatch):
    assert 'class="sk-estimator-doc-link' in cls()._repr_html_()
    assert "href" not in cls()._repr_html_()
    stated = Message()
    stated["Project-URL"] = "Documentation, https://example.org/stable/"
    monkeypatch.setattr(_compat, "metadata", lambda name: {PACKAGE: stated}[name])
    page = f"/api/generated/{PACKAGE}.{cls.__name__}.html"
    assert f'href="https://example.org/stable{page}"' in cls()._repr_html_()
    if SITE.exists():
        assert (SITE / page[1:]).exists()


# ------------------------------------------------------------------------- the built site


class _Links(HTMLParser):
    """The links and resources of a page, and its anchors."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loads, self.places = set(), set(), set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.places |= {attrs.get("id"), attrs.get("name")}
        if tag == "a" and "href" in attrs:
            self.links.add(attrs["href"])
        if tag in ("script", "img", "iframe") and "src" in attrs:
            self.loads.add(attrs["src"])
        if tag == "link" and attrs.get("rel") in ("stylesheet", "preload", "icon"):
            self.loads.add(attrs["href"])


@functools.cache
def _links(path):
    return _Links(path)


def _html():
    return [path for path in sorted(SITE.rglob("*.html")) if "_static" not in path.parts]


@needs_site
def test_no_link_of_the_site_is_broken():
    broken = []
    for page in _html():
        for link in _links(page).links | _links(page).loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            path = path / "index.html" if path.is_dir() else path
            is_there = path.exists()
            if is_there and parts.fragment and path.suffix == ".html":
                is_there = unquote(parts.fragment) in _links(path).places
            if not is_there:
                broken.append(f"{page.relative_to(SITE)}: {link}")
    assert not broken


@needs_site
def test_the_site_loads_no_external_resources():
    loads = {(page.name, url) for page in _html() for url in _links(page).loads}
    assert not {(page, url) for page, url in loads if urlsplit(url).netloc}


# Chromium's log does not distinguish errors from other lines of the console.
TELLING = """<script>
console.error = (...said) => console.log("console.error:", ...said);
</script>"""


@pytest.fixture(scope="module")
def server():
    """Serve the site on a free port, and record missing files."""
    missing = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=SITE)

        def log_message(self, *args):
            pass

        def do_GET(self):
            path = Path(self.translate_path(self.path))
            if path.suffix != ".html" or not path.exists():
                return super().do_GET()
            page = path.read_text().replace("<head>", f"<head>{TELLING}", 1).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def send_error(self, code, *args):
            missing.append(self.path)
            super().send_error(code, *args)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}", missing
        found.shutdown()
        thread.join()


def _opened(url, folder):
    """Return a page after its scripts have run, and the errors of the console."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    options += ("--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom")
    result = subprocess.run(
        [CHROMIUM, *options, f"--user-data-dir={folder}", url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    lines = result.stderr.splitlines()
    is_error = re.compile(r'CONSOLE.*"(console\.error:|Uncaught)')
    return result.stdout, [line for line in lines if is_error.search(line)]


@needs_site
@pytest.mark.long
@needs_chromium
@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("index.html", "dimensionality reduction"),
        ("guide/comparison.html", "This page lists what has been measured"),
        ("gallery/demo.html", "PCA"),
        ("api/generated/sklearn_autoencoders.VAEGenerator.html", "<math"),
        ("search.html?q=AutoencoderTransformer", "generated/sklearn_autoencoders.Autoencoder"),
    ],
)
def test_a_browser_shows_the_site(page, words, server, tmp_path):
    url, missing = server
    shown, errors = _opened(f"{url}/{page}", tmp_path)
    assert words in shown
    assert not errors
    assert not missing


@needs_site
@pytest.mark.long
@needs_chromium
def test_pages_for_users_are_found_first(server, tmp_path):
    shown, _ = _opened(f"{server[0]}/search.html?q=contamination", tmp_path)
    pages = re.findall(r'<li[^>]*><a href="([^"?#]+)', shown.split('id="search-results"')[1])
    ranks = [page.startswith(("decisions/", "project/")) for page in pages]
    assert len(set(ranks)) == 2
    assert ranks == sorted(ranks)


@pytest.mark.long
@needs_chromium
def test_errors_of_the_console_are_detected(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"{TELLING}<script>console.error('bad'); absent();</script>")
    assert len(_opened(page.as_uri(), tmp_path / "browser")[1]) == 2
