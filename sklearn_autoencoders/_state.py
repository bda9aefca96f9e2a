"""A fitted estimator as plain values: Python scalars, strings, containers and ndarrays."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from sklearn.exceptions import InconsistentVersionWarning

from ._bridge import make_generator
from ._version import __version__
from .networks import Autoencoder, build_autoencoder

FORMAT = 1


def to_plain(state: dict[str, Any]) -> dict[str, Any]:
    """Return an estimator's state with the network as a dict of arrays."""
    state = dict(state)
    state["_saved_by"] = {"version": __version__, "format": FORMAT}
    network = state.pop("network_", None)
    if network is not None:
        weights = {k: v.detach().cpu().numpy() for k, v in network.state_dict().items()}
        state["_weights"] = weights
    return state


def from_plain(state: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the state with the network rebuilt, on the CPU.

    Parameters
    ----------
    state : dict
        What `to_plain` returned, perhaps in another process or with another version.

    name : str
        Name of the estimator, for messages.

    Returns
    -------
    dict
        The attributes of the estimator.

    Raises
    ------
    ValueError
        If a later version of the package wrote a format that this one cannot read.
    """
    state = dict(state)
    saved_by = state.pop("_saved_by")
    if saved_by["format"] > FORMAT:
        raise ValueError(
            f"This {name} was saved in format {saved_by['format']} by sklearn_autoencoders "
            f"{saved_by['version']}; version {__version__} reads up to format {FORMAT}. Upgrade."
        )
    if saved_by["version"] != __version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=name,
                current_sklearn_version=__version__,
                original_sklearn_version=saved_by["version"],
            ),
            stacklevel=3,
        )
    weights = state.pop("_weights", None)
    if weights is not None:
        state["network_"] = _rebuild(state, weights)
    return state


def _rebuild(state: dict[str, Any], weights: dict[str, Any]) -> Autoencoder:
    network = build_autoencoder(**state["_recipe"], generator=make_generator(0))
    tensors = {name: torch.tensor(array) for name, array in weights.items()}
    dtype = next(tensor.dtype for tensor in tensors.values() if tensor.is_floating_point())
    network.to(dtype).load_state_dict(tensors)
    return network.eval()
