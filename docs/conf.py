"""How Sphinx makes the site: `make docs`. No page loads anything from elsewhere."""

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

import sklearn_autoencoders

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for gallery_order

project = "sklearn_autoencoders"
author = "the authors of sklearn_autoencoders"
copyright = author
version = release = sklearn_autoencoders.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
default_role = "literal"
suppress_warnings = ["config.cache"]  # autosummary_context holds a function
nitpicky = True
nitpick_ignore_regex = [("py:.*", r"(torch|numpy|matplotlib|skorch)\..*")]

# Of doctests the code is copied, without prompts and output.
copybutton_prompt_text = r">>> |\.\.\. "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_autoencoders {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/icon.svg"
html_search_scorer = str(HERE / "search_scorer.js")
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"
html_theme_options = {
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "footer_start": [],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars = {"project/changelog": []}

autodoc_typehints = "none"
autosummary_generate = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False
myst_heading_anchors = 3

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "gallery_order.sort_key",
    "backreferences_dir": "api/backreferences",
    "doc_module": ("sklearn_autoencoders",),
    "inspect_global_variables": False,
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "plot_gallery": "True",
    "capture_repr": ("_repr_html_",),
}

# Where a bare name of a docstring may be defined.
MODULES = ["", ".networks", ".objectives", ".corruptions", ".inspection", ".metrics", ".exceptions"]
SCIKIT_LEARN = "https://scikit-learn.org/stable/modules/generated/{}.html"
# What docstrings name of scikit-learn's mixins, and of private modules.
INHERITED = {"set_callbacks", "n_features_in_", "feature_names_in_", "Gaussians"}
# Documents of the source tree that are pages here, and what their links become.
LINKS = {
    "../../ARCHITECTURE.md": "../project/architecture.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/RESULTS.md": "results.md",
    "docs/decisions/": "../decisions/",
}


def own_members(module, name):
    """Return the public members that a class gets from this package, for its page."""
    cls = getattr(import_module(module), name)
    found = [
        member
        for member, value in inspect.getmembers(cls)
        if not member.startswith("_") and _is_ours(value)
    ]
    if "__call__" in getattr(cls, "__abstractmethods__", ()):
        found.insert(0, "__call__")
    return found


def _is_ours(value):
    value = value.fget if isinstance(value, property) else value
    is_function = inspect.isfunction(value) or inspect.ismethod(value)
    return is_function and (value.__module__ or "").startswith("sklearn_autoencoders")


autosummary_context = {"own_members": own_members}


def resolve(app, env, node, contnode):
    """Resolve a bare name of ours, and link one of scikit-learn's to its page."""
    if node["reftype"] == "term":  # of scikit-learn's glossary
        return contnode
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    if target.startswith("sklearn."):
        page = SCIKIT_LEARN.format(target)
        return nodes.reference("", "", contnode, internal=False, refuri=page)
    domain = env.get_domain("py")
    for module in MODULES:
        full = f"sklearn_autoencoders{module}.{target}"
        if full in domain.objects:
            args = env, node["refdoc"], app.builder, node["reftype"], full, node, contnode
            return domain.resolve_xref(*args)
    return contnode if target in INHERITED else None


def escape(app, what, name, obj, options, lines):
    """Keep names with a trailing underscore, and stars, from being markup in shapes."""
    for i, line in enumerate(lines):
        if " of shape (" in line:
            lines[i] = re.sub(r"\([^()`]*\)", _escaped, line)


def _escaped(found):
    return re.sub(r"_(?=[,) ])|\*", r"\\\g<0>", found[0])


def relink(app, docname, source):
    """Let documents of the source tree link to the pages that they have become."""
    if docname.startswith("decisions/"):
        source[0] = _relinked(source[0])


def relink_included(app, path, parent, content):
    """Do the same for documents that a page includes."""
    if path.suffix == ".md":
        content[0] = _relinked(content[0])


def _relinked(text):
    for old, new in LINKS.items():
        text = text.replace(f"]({old}", f"]({new}")
    return text


def _visit_inline(self, node):
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _visit_block(self, node):
    self.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app):
    """Connect the functions above; formulas become MathML, which needs no script."""
    app.add_html_math_renderer("mathml", (_visit_inline, None), (_visit_block, None))
    app.connect("autodoc-process-docstring", escape, priority=400)  # before numpydoc
    app.connect("missing-reference", resolve)
    app.connect("source-read", relink)
    app.connect("include-read", relink_included)
