"""Public names have docstrings in the numpydoc format, and their parameters are constrained."""

import ast
import importlib
import inspect
import re

import numpy as np
import pytest
from estimators import EVERY, PREDICTORS, PUBLIC, having, quick
from numpydoc.docscrape import NumpyDocString
from numpydoc.validate import validate
from sklearn.base import BaseEstimator

import sklearn_autoencoders
from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderTransformer,
    corruptions,
    inspection,
    networks,
    objectives,
)

# Not required: an extended summary (ES01) and "See Also" (SA01). Docstrings start on the line of
# the quotes (GL01) and end there if they are short (GL02), as in PEP 257. `Returns` contains a
# name only for several values (RT02).
EVERYWHERE = {"ES01", "SA01", "GL01", "GL02", "RT02"}

# Examples are only required for the estimators.
NOT_OF_PARTS = {"EX01"}

every_class = pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)


def _is_ours(thing):
    return getattr(thing, "__module__", "").startswith("sklearn_autoencoders")


def _path(cls, name):
    return f"{cls.__module__}.{cls.__qualname__}.{name}"


def _methods(cls):
    """Yield the dotted paths of a class's public methods that the package defines."""
    for name, member in inspect.getmembers(cls):
        if not name.startswith("_") and inspect.isfunction(member) and _is_ours(member):
            yield _path(cls, name)


MODULES = (corruptions, networks, objectives)


def _parts():
    """Yield the dotted paths of the public names of the submodules."""
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                yield f"{module.__name__}.{name}"


CLASSES = [f"{cls.__module__}.{cls.__qualname__}" for cls in EVERY]
METHODS = [path for cls in EVERY for path in _methods(cls)]
PARTS = list(_parts())
DISPLAYS = [
    thing for name in inspection.__all__ if inspect.isclass(thing := getattr(inspection, name))
]
RECIPES = [
    thing
    for module in MODULES
    for name in module.__all__
    if inspect.isclass(thing := getattr(module, name))
    and issubclass(thing, BaseEstimator)
    and not inspect.isabstract(thing)
]
FORMULAS = [
    f"{loss.formula.__module__}.{loss.formula.__name__}" for loss in objectives.LOSSES.values()
]


def errors(path, ignored):
    found = validate(path)["errors"]
    return [f"{code}: {text}" for code, text in found if code not in ignored | EVERYWHERE]


@pytest.mark.parametrize("path", CLASSES)
def test_an_estimator_is_documented_in_full(path):
    assert not errors(path, set())


@pytest.mark.parametrize("path", METHODS)
def test_a_method_of_an_estimator_is_documented(path):
    assert not errors(path, NOT_OF_PARTS)


@pytest.mark.parametrize("path", PARTS)
def test_a_part_is_documented(path):
    assert not errors(path, NOT_OF_PARTS)


@pytest.mark.parametrize("cls", DISPLAYS, ids=lambda cls: cls.__name__)
def test_a_display_is_documented_in_full(cls):
    assert not errors(f"{cls.__module__}.{cls.__qualname__}", set())
    for name, _ in inspect.getmembers(cls, callable):
        if not name.startswith("_"):
            assert not errors(_path(cls, name), NOT_OF_PARTS), name


def test_the_explorer_is_documented_in_full():
    assert not errors("sklearn_autoencoders.inspection.latent_explorer", set())


@pytest.mark.parametrize("path", FORMULAS)
def test_docstrings_contain_the_formula(path):
    module, name = path.rsplit(".", 1)
    assert ":math:" in getattr(importlib.import_module(module), name).__doc__


def test_all_names_are_defined_and_sorted():
    for module in (sklearn_autoencoders, inspection, *MODULES):
        assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), name))
        assert all(hasattr(module, name) for name in module.__all__)


def _sections(cls):
    return NumpyDocString(inspect.getdoc(cls) or "")


@pytest.mark.parametrize("cls", [*EVERY, *RECIPES], ids=lambda cls: cls.__name__)
def test_parameters_are_constrained_and_documented_in_order(cls):
    names = list(inspect.signature(cls).parameters)
    assert sorted(names) == sorted(cls._parameter_constraints)
    documented = [name for field in _sections(cls)["Parameters"] for name in field.name.split(", ")]
    assert documented == names


@every_class
def test_defaults_are_documented(cls):
    types = {field.name: field.type for field in _sections(cls)["Parameters"]}
    for name, parameter in inspect.signature(cls).parameters.items():
        stated = types.get(name, "").rpartition("default=")[2]
        assert stated, f"{name} has no default"
        assert ast.literal_eval(stated) == parameter.default, name


def _parameters_in(text):
    """Return the names in the inline code of a docstring that are parameters of an estimator."""
    everywhere = {name for cls in EVERY for name in inspect.signature(cls).parameters}
    return everywhere.intersection(re.findall(r"(?<!`)`(\w+)(?:=[^`]*)?`", text))


@every_class
def test_docstrings_mention_only_parameters_of_the_class(cls):
    own = {*inspect.signature(cls).parameters}
    assert _parameters_in(inspect.getdoc(cls)) <= own
    for path in _methods(cls):
        method = getattr(cls, path.rpartition(".")[2])
        known = own | {*inspect.signature(method).parameters}
        assert _parameters_in(inspect.getdoc(method)) <= known, path


@every_class
def test_errors_of_fit_contain_the_name_of_the_class(cls):
    with pytest.raises(TypeError, match=f"^{cls.__name__}.fit"):
        cls().fit()


def documented(cls):
    return {field.name for field in _sections(cls)["Attributes"]}


def fitted_attributes(fitted):
    return {name for name in vars(fitted) if name.endswith("_") and name[0] != "_"}


@pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS], ids=lambda cls: cls.__name__)
def test_fitted_attributes_are_documented(cls, iris):
    layerwise = {"pretraining": "layerwise"} if cls in having("pretraining") else {}
    if "pretraining_epochs" in inspect.signature(cls).parameters:
        layerwise["pretraining_epochs"] = 1
    settings = {"init": "random", "max_epochs": 1, "early_stopping": True, **layerwise}
    fitted = quick(cls, **settings).fit(iris, np.arange(len(iris)) % 2)
    attributes = fitted_attributes(fitted)
    assert documented(cls) >= attributes
    conditional = {"class_prior_", "classes_", "conditions_", "target_center_", "target_scale_"}
    assert documented(cls) - attributes <= {"feature_names_in_"} | conditional


def test_fitted_attributes_of_the_union_are_documented(iris):
    fitted = AutoencoderFeatureUnion(quick(AutoencoderTransformer)).fit(iris)
    assert documented(AutoencoderFeatureUnion) == {
        *fitted_attributes(fitted),
        "n_features_in_",
        "feature_names_in_",
    }


@every_class
@pytest.mark.parametrize("section", ["Parameters", "Attributes", "Examples"])
def test_an_estimator_has_every_section(cls, section):
    assert _sections(cls)[section]
