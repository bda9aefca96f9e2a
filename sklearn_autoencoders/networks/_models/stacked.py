"""Networks of one architecture as a single network, whose layers are batched matrix products."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..._utils.batch import Batch
from ..._utils.torch_compat import has_hooks
from .._layers.basic import ACTIVATIONS, Dropout, UndecayedLinear
from .._layers.linear_path import LinearPath
from .autoencoder import Autoencoder, Output

_LINEAR = nn.Linear, UndecayedLinear
_CONTAINERS = Autoencoder, LinearPath, nn.Sequential
_KNOWN = {*_LINEAR, *_CONTAINERS, *ACTIVATIONS.values(), Dropout}


def architecture(network: nn.Module) -> tuple[Any, ...] | None:
    """Return what networks have in common if they can be stacked; None if this one cannot.

    Parameters
    ----------
    network : Module
        A network. Its layers must be linear, elementwise or dropout, and nothing may occur twice.

    Returns
    -------
    tuple or None
        The kinds and the sizes of its layers, but not its dropout rates.
    """
    modules = list(network.named_modules(remove_duplicate=False))
    parameters = list(network.named_parameters(remove_duplicate=False))
    is_known = all(type(module) in _KNOWN and not has_hooks(module) for _, module in modules)
    is_tree = len(modules) == len(list(network.modules()))
    is_tree &= len(parameters) == len(list(network.parameters()))
    if not (is_known and is_tree and all(p.requires_grad for _, p in parameters)):
        return None
    layers = ((name, type(module), _own_settings(module)) for name, module in modules)
    return (*layers, *((p.dtype, p.device) for _, p in parameters[:1]))


def _own_settings(module: nn.Module) -> object:
    return getattr(module, "n_masks", None) if isinstance(module, _CONTAINERS) else repr(module)


@dataclass(frozen=True)
class StackedBatch(Batch):
    """A batch of each network, with tensors of shape (n_networks, batch, ...).

    Parameters
    ----------
    sizes : sequence of int
        Number of samples of each network; if it is smaller than that of the tensors, zeros follow.
    """

    sizes: Sequence[int] = ()


class Stack(nn.Module):
    """Networks whose forward passes are computed together.

    The weights of the networks become parts of those of the stack, so that training the stack
    trains the networks, until :meth:`release`.

    Parameters
    ----------
    networks : sequence of Autoencoder
        Networks of the same :func:`architecture`, which draw from generators of their own.
    """

    def __init__(self, networks: Sequence[Autoencoder]) -> None:
        super().__init__()
        self.network = copy.deepcopy(networks[0])
        for name, module in list(self.network.named_modules()):
            alike: Any = [network.get_submodule(name) for network in networks]
            if isinstance(module, nn.Linear):
                self._replace(name, _StackedLinear(alike))
            elif isinstance(module, Dropout):
                self._replace(name, _StackedDropout(alike))
        self._layers = [m for m in self.network.modules() if isinstance(m, _StackedDropout)]

    def _replace(self, name: str, layer: nn.Module) -> None:
        parent, _, child = name.rpartition(".")
        setattr(self.network.get_submodule(parent), child, layer)

    def forward(self, batch: StackedBatch) -> Output:
        """Return codes and reconstructions, of shape (n_networks, batch, ...)."""
        for layer in self._layers:
            layer.sizes = batch.sizes
        return cast(Output, self.network(batch))

    def decayed(self) -> list[nn.Parameter]:
        """Return the weights that are decayed, of shape (n_networks, n_inputs, n_outputs)."""
        layers = (m for m in self.network.modules() if isinstance(m, _StackedLinear))
        return [layer.weight for layer in layers if layer.decays]


def release(network: nn.Module) -> None:
    """Copy the weights of a network, so that they are no longer a part of those of a stack."""
    for parameter in network.parameters():
        parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)


class _StackedLinear(nn.Module):
    """Linear layers with samples of their own; their weights become parts of one tensor."""

    bias: nn.Parameter | None

    def __init__(self, layers: Sequence[nn.Linear]) -> None:
        super().__init__()
        self.in_features, self.decays = layers[0].in_features, getattr(layers[0], "decays", True)
        # transposed: products with contiguous inputs are a quarter faster
        self.weight = _joined([layer.weight for layer in layers], 0, 1)
        self.bias = None
        if layers[0].bias is not None:
            self.bias = _joined([layer.bias for layer in layers], 0, 0)

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias[:, None], x, self.weight)


def _joined(parameters: Sequence[Any], *axes: int) -> nn.Parameter:
    """Return a parameter of which the given ones, with two axes exchanged, become parts."""
    parts = [parameter.detach().transpose(*axes) for parameter in parameters]
    joined = nn.Parameter(torch.stack(parts))
    for parameter, part in zip(parameters, joined.detach(), strict=True):
        parameter.data = part.transpose(*axes)
    return joined


class _StackedDropout(nn.Module):
    """Dropout with the rates and the draws of several layers, which are those of the networks."""

    sizes: Sequence[int] = ()

    def __init__(self, layers: Iterable[Dropout]) -> None:
        super().__init__()
        self._layers = tuple(layers)  # a tuple, so that they are not modules of this one

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        per_batch = self._layers[0].per_batch
        kept = x.new_zeros(len(x), 1 if per_batch else x.shape[1], x.shape[2])
        for own, layer, size in zip(kept, self._layers, self.sizes, strict=True):
            own[:size].bernoulli_(1 - layer.rate, generator=layer.generator)
        shares = x.new_tensor([1 - layer.rate for layer in self._layers])
        return x * kept.div_(shares[:, None, None])
