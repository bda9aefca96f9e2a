"""Conversion of older model files: names of classes and attributes, and recipes."""

from __future__ import annotations

import json
from typing import Any

_PACKAGE = "sklearn_autoencoders"

# Modules in files of format 1, and the current modules of their classes.
MODULES = {
    **{
        f"{_PACKAGE}.{module}": _PACKAGE
        for module in (
            "_classifier",
            "_denoising",
            "_feature_union",
            "_outlier",
            "_regressor",
            "_transformer",
            "_vae",
        )
    },
    f"{_PACKAGE}.corruptions._augmentation": f"{_PACKAGE}.corruptions",
    f"{_PACKAGE}.corruptions._cells": f"{_PACKAGE}.corruptions",
    f"{_PACKAGE}.networks._convolutional": f"{_PACKAGE}.networks",
    f"{_PACKAGE}.networks._dense": f"{_PACKAGE}.networks",
    f"{_PACKAGE}.networks._latent_parts": f"{_PACKAGE}.networks",
    f"{_PACKAGE}.objectives._penalties": f"{_PACKAGE}.objectives",
}
# Individual classes that were moved.
CLASSES = {
    f"{_PACKAGE}._feature_union._Scaler": f"{_PACKAGE}._estimators.union_parts.Scaler",
}
# Attributes of estimators that files store under the names of earlier versions.
ATTRIBUTES = {"_input_model": "_factors"}


def stored_attributes(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an estimator under their names in files."""
    return {ATTRIBUTES.get(name, name): value for name, value in state.items()}


def current_attributes(state: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a file under their current names."""
    current = {stored: name for name, stored in ATTRIBUTES.items()}
    return {current.get(name, name): value for name, value in state.items()}


def current_name(name: str) -> str:
    """Return the current full name of a class."""
    if name in CLASSES:
        return CLASSES[name]
    module, _, cls = name.rpartition(".")
    return f"{MODULES.get(module, module)}.{cls}"


def has_old_names(description: bytes) -> bool:
    """Return whether the description of a skops archive contains a module of an older version."""
    return any(f'"{module}"'.encode() in description for module in MODULES)


def with_current_names(description: bytes) -> bytes:
    """Return the JSON description of a skops archive with the current names of classes."""
    nodes = json.loads(description)
    _rename(nodes)
    return json.dumps(nodes, indent=2).encode()


def _rename(node: Any) -> None:
    """Replace names of classes in place."""
    if isinstance(node, list):
        children = node
    elif isinstance(node, dict):
        _rename_class(node)
        children = list(node.values())
    else:
        return
    for child in children:
        _rename(child)


def _rename_class(node: dict[str, Any]) -> None:
    module, cls = node.get("__module__"), node.get("__class__")
    if isinstance(module, str) and isinstance(cls, str) and module.startswith(_PACKAGE):
        node["__module__"], _, node["__class__"] = current_name(f"{module}.{cls}").rpartition(".")


def recipe_of_format_1(values: dict[str, Any]) -> dict[str, Any]:
    """Convert the recipe of a network in format 1 to the current format."""
    base = ("network", "n_features", "n_components", "linear_path")
    recipe = {"kind": "autoencoder", **{name: values[name] for name in base}}
    if values.get("latent") is not None:
        own = {name: values[name] for name in ("latent", "n_noise", "n_conditions")}
        recipe = {"kind": "variational", "base": recipe, **own}
    if values.get("members") is not None:
        names = {"n_members": "n_estimators", "n_hidden": "n_masked", "farthest": "clip"}
        own = {names.get(name, name): value for name, value in values["members"].items()}
        recipe = {"kind": "ensemble", "base": recipe, **own}
    if values.get("n_outputs") is not None:
        recipe = {"kind": "predictor", "autoencoder": recipe, "n_outputs": values["n_outputs"]}
    return recipe
