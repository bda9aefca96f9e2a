"""Conversion of a fitted estimator to plain values: scalars, strings, containers and ndarrays."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import InconsistentVersionWarning
from torch import Tensor

from .._utils.random import make_generator
from .._utils.torch_settings import preserve_settings
from .._utils.user_warnings import warn_user
from .._version import __version__
from ..exceptions import IncompatibleVersionError, ModelFileError
from ..networks._models.autoencoder import Autoencoder
from ..networks._recipes import Recipe, build, recipe_from_dict, recipe_to_dict
from .renamed import current_attributes, recipe_of_format_1, stored_attributes

FORMAT = 3


def to_plain(state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's state with the network and its recipe as plain values."""
    state = stored_attributes(state)
    for name, value in state.items():
        if isinstance(value, os.PathLike):  # a file does not depend on the operating system
            state[name] = os.fspath(value)
        elif isinstance(value, np.dtype):
            state[name] = value.name
    state["_saved_by"] = {"version": __version__, "format": FORMAT}
    network = state.pop("network_", None)
    if network is not None:
        state["_weights"] = weights_of(network)
        state["_recipe"] = recipe_to_dict(state["_recipe"])
    return state


def from_plain(state: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the state with the network rebuilt, on the CPU.

    Parameters
    ----------
    state : dict
        Return value of `to_plain`, possibly of another process or another version.

    name : str
        Name of the estimator, for messages.

    Returns
    -------
    dict
        The attributes of the estimator.

    Raises
    ------
    IncompatibleVersionError
        If a later version of the package wrote a format that this one cannot read.

    ModelFileError
        If the weights do not match the network that the state describes.
    """
    state = current_attributes(state)
    saved_by = state.pop("_saved_by")
    if saved_by["format"] > FORMAT:
        raise IncompatibleVersionError(
            f"This {name} was saved in format {saved_by['format']} by sklearn_autoencoders "
            f"{saved_by['version']}; version {__version__} reads up to format {FORMAT}. Upgrade."
        )
    if saved_by["version"] != __version__:
        warn_user(
            InconsistentVersionWarning(
                estimator_name=name,
                current_sklearn_version=__version__,
                original_sklearn_version=saved_by["version"],
            )
        )
    weights = state.pop("_weights", None)
    if weights is not None:
        state["network_"], state["_recipe"] = _rebuilt(state, weights, name, saved_by["format"])
    return state


def _rebuilt(
    state: dict[str, Any], weights: dict[str, Any], name: str, file_format: int
) -> tuple[Autoencoder, Recipe]:
    try:
        values = state["_recipe"]
        recipe = recipe_from_dict(recipe_of_format_1(values) if file_format == 1 else values)
        tensors = {key: torch.tensor(array) for key, array in weights.items()}
        with preserve_settings():
            network = _filled(recipe, tensors)
        _check_scaling(state, recipe.base.n_features)
    except (AttributeError, KeyError, RuntimeError, StopIteration, TypeError, ValueError) as error:
        raise ModelFileError(
            f"The weights of this {name} do not match the network that it describes "
            f"({str(error).splitlines()[0] if str(error) else type(error).__name__}). It is "
            "damaged or was modified; fit the estimator again."
        ) from error
    return network, recipe


def _filled(recipe: Recipe, tensors: dict[str, Tensor]) -> Autoencoder:
    """Return the network of a recipe with the given weights."""
    _check_size(recipe, tensors)
    network = build(recipe, make_generator(0), check_shapes=False)
    dtype = next(tensor.dtype for tensor in tensors.values() if tensor.is_floating_point())
    network.to(dtype).load_state_dict(tensors)
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ValueError("some weights are not finite")
    return network.eval()


def _check_size(recipe: Recipe, tensors: dict[str, Tensor]) -> None:
    """Raise ValueError, before memory is allocated, if the network is larger than its weights.

    The network is built on torch's meta device, which stores shapes only. The size of user-defined
    networks, which may compute with their weights, is not checked.
    """
    if getattr(recipe, "n_estimators", 1) > len(tensors):
        raise ValueError("the ensemble has more autoencoders than weights")
    if not type(recipe.base.network).__module__.startswith(__name__.partition(".")[0]):
        return
    with torch.device("meta"):
        shapes = recipe.module(check_shapes=False).state_dict()
    if sum(map(Tensor.numel, shapes.values())) > sum(map(Tensor.numel, tensors.values())):
        raise ValueError("the network is larger than its weights")


def _check_scaling(state: dict[str, Any], n_features: int) -> None:
    for name in ("center_", "scale_"):
        if state[name].shape != (n_features,):
            raise ValueError(f"{name} has shape {state[name].shape}, not {(n_features,)}")
        if not np.isfinite(state[name]).all():
            raise ValueError(f"{name} is not finite")
    if not (state["scale_"] > 0).all():
        raise ValueError("scale_ must be positive")


def weights_of(network: Autoencoder) -> dict[str, NDArray[Any]]:
    """Return the parameters and buffers of a network as arrays, by name."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}
