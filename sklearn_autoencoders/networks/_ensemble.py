"""Several autoencoders in one module, each of which has to guess other cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ._autoencoder import Autoencoder, Output
from ._layers import ACTIVATIONS

_ELEMENTWISE = tuple(ACTIVATIONS.values())


class Ensemble(Autoencoder):
    """Members of one architecture, with weights of their own, that are trained at once.

    In training every member sees rows with cells hidden from it at random. Afterwards each is asked
    for the cells that are always hidden from it, and the mean of their answers is the output.

    Parameters
    ----------
    members : sequence of (Module, Module)
        Encoders and decoders.

    n_features : int
        Number of columns.

    mask_rate : float
        Share of the cells that is hidden, in [0, 1). What is hidden is zero.

    n_hidden : int
        How many members do not see a column when they are asked. With 0 all see all.

    farthest : float
        What is farther from zero is seen as that.
    """

    hidden: Tensor

    def __init__(
        self,
        members: Sequence[tuple[nn.Module, nn.Module]],
        n_features: int,
        mask_rate: float,
        n_hidden: int,
        farthest: float,
    ) -> None:
        encoders, decoders = zip(*members, strict=True)
        super().__init__(nn.ModuleList(encoders), nn.ModuleList(decoders))
        self.n_members, self.mask_rate, self.farthest = len(members), mask_rate, farthest
        order = torch.rand(len(members), n_features).argsort(0)
        self.register_buffer("hidden", order < n_hidden)

    def forward(self, x: Tensor) -> Output:
        """Return codes and outputs of all members or, where nothing is drawn, their answers."""
        x = x.clamp(-self.farthest, self.farthest)
        if self.generator is None:
            return self._answers(x)
        n_rows = 1 if self.per_batch else len(x)
        draws = x.new_empty(len(self.hidden), n_rows, x.shape[1]).uniform_(generator=self.generator)
        return self._passed(x, draws < self.mask_rate)

    def _answers(self, x: Tensor) -> Output:
        """Return the codes, and the mean of the outputs of the members that are asked."""
        asked = (self.hidden | ~self.hidden.any()).to(x)  # all of them, if nothing is hidden
        share = asked / asked.sum(0)
        encoders, decoders = _layers_of(self.encoder), _layers_of(self.decoder)
        if not (_are_batched(encoders) and _are_batched(decoders)):
            passed = self._passed(x, self.hidden[:, None])
            return Output(passed.code, torch.einsum("ebd,ed->bd", passed.reconstruction, share))
        # one product for all members in the first layer, and in the last: what is hidden and who is
        # asked become zeros among the weights
        weight, bias = _stacked(encoders[0])
        weight = weight.masked_fill(self.hidden[:, None], 0.0)
        units = functional.linear(x, weight.flatten(0, 1), bias.flatten())
        code = _through(encoders[1:], units.unflatten(1, (len(bias), -1)).transpose(0, 1))
        units = _through(decoders[:-1], code).transpose(0, 1).flatten(1)
        weight, bias = _stacked(decoders[-1])
        weight = (weight * share[..., None]).transpose(0, 1).flatten(1)
        return Output(code, functional.linear(units, weight, (bias * share).sum(0)))

    def _passed(self, x: Tensor, hidden: Tensor) -> Output:
        """Return the codes and the outputs of each member for rows with hidden cells."""
        seen = x.expand(len(self.hidden), -1, -1).masked_fill(hidden, 0.0)
        code = _at_once(self.encoder, seen)
        return Output(code, _at_once(self.decoder, code))


Layers = list[tuple[Any, ...]]


def _layers_of(modules: Any) -> Layers:
    """Return what modules alike consist of: their first layers, their second ones, and so on."""
    return list(zip(*map(_layers, modules), strict=True))


def _layers(module: nn.Module) -> list[nn.Module]:
    """Return what a module consists of, in order, if it is a sequence."""
    if not isinstance(module, nn.Sequential):
        return [module]
    return [layer for part in module for layer in _layers(part)]


def _are_batched(layers: Layers) -> bool:
    """Whether each layer can work for all members in one operation, from linear to linear."""
    kinds = [type(alike[0]) for alike in layers]
    known = all(issubclass(kind, (nn.Linear, *_ELEMENTWISE)) for kind in kinds)
    return known and issubclass(kinds[0], nn.Linear) and issubclass(kinds[-1], nn.Linear)


def _at_once(modules: Any, x: Tensor) -> Tensor:
    """Return what each module makes of its rows, for all at once where that is possible."""
    layers = _layers_of(modules)
    if _are_batched(layers):
        return _through(layers, x)
    return torch.stack([module(rows) for module, rows in zip(modules, x, strict=True)])


def _through(layers: Layers, x: Tensor) -> Tensor:
    for alike in layers:
        if isinstance(alike[0], nn.Linear):
            weight, bias = _stacked(alike)
            x = torch.baddbmm(bias[:, None], x, weight.mT)
        else:
            x = alike[0](x)
    return x


def _stacked(alike: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    """Return the weights and the biases of linear layers."""
    weight = torch.stack([layer.weight for layer in alike])
    return weight, torch.stack([layer.bias for layer in alike])
