"""The network in the type of the samples, and the cost of its application."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from ..networks._layers.costs import multiply_adds, widest_layer
from ..networks._models.autoencoder import Autoencoder

# Number of weights above which a copy is not kept, since it needs memory.
_MAX_WEIGHTS = 2**22
# Types of the attributes of a module that are settings.
_SETTINGS = {bool, int, float, str}


@dataclass(frozen=True)
class Prepared:
    """What does not depend on the values of the weights.

    Parameters
    ----------
    structure : list
        The modules of the network and their settings.

    converted : Autoencoder or None
        A copy in another type. None if the network itself has the type.

    tensors : list of Tensor
        Weights of the copy.

    widest_layer, multiply_adds : int
        The cost of a sample, see :mod:`~sklearn_autoencoders.networks._layers.costs`.
    """

    structure: list[Any]
    converted: Autoencoder | None
    tensors: list[Tensor]
    widest_layer: int
    multiply_adds: int


# For a single sample, copying the modules of a network takes longer than applying them. An entry
# does not refer to its network, together with which it is removed.
_known: WeakKeyDictionary[nn.Module, dict[torch.dtype, Prepared]] = WeakKeyDictionary()


def prepared(network: Autoencoder, dtype: torch.dtype) -> Prepared:
    """Return a network in another type, and its costs; modules are copied in the first call."""
    structure, tensors = _examine(network)
    found = _known.get(network, {}).get(dtype)
    if found is None or found.structure != structure:
        found = _prepare(network, dtype, structure)
        if found.converted is None or _n_weights(network) <= _MAX_WEIGHTS:
            _known.setdefault(network, {})[dtype] = found
    elif found.converted is not None:
        with torch.no_grad():
            for copied, tensor in zip(found.tensors, tensors, strict=True):
                copied.copy_(tensor)
    return found


def in_type(network: Autoencoder, dtype: torch.dtype) -> Autoencoder:
    """Return the network, or a converted copy if its type differs."""
    return prepared(network, dtype).converted or network


def _prepare(network: Autoencoder, dtype: torch.dtype, structure: list[Any]) -> Prepared:
    same = all(parameter.dtype == dtype for parameter in network.parameters())
    with torch.inference_mode(False):  # a copy made in this mode could not be refreshed
        converted = None if same else copy.deepcopy(network).to(dtype)
    tensors = [] if converted is None else _examine(converted)[1]
    return Prepared(structure, converted, tensors, widest_layer(network), multiply_adds(network))


def _examine(network: nn.Module) -> tuple[list[Any], list[Tensor]]:
    """Return the modules with their settings and the shapes of their weights, and the weights."""
    structure: list[Any] = []
    tensors = []
    for module in _modules_of(network):
        settings = vars(module)
        for own in (settings["_parameters"], settings["_buffers"]):
            if own:
                tensors += [tensor for tensor in own.values() if tensor is not None]
        structure.append(id(module))
        structure += [value for value in settings.values() if type(value) in _SETTINGS]
    structure += [(tensor.dtype, tensor.device, tensor.shape) for tensor in tensors]
    return structure, tensors


def _modules_of(network: nn.Module) -> list[nn.Module]:
    """Return a network and its modules, in half of the time of `network.modules()`."""
    found = [network]
    for module in found:  # grows meanwhile
        children = vars(module)["_modules"]
        if children:
            found += [child for child in children.values() if child is not None]
    return found


def _n_weights(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())
