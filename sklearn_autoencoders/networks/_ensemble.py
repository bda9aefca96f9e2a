"""Several autoencoders in one module, each of which has to guess other cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

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
    """

    hidden: Tensor

    def __init__(
        self,
        members: Sequence[tuple[nn.Module, nn.Module]],
        n_features: int,
        mask_rate: float,
        n_hidden: int,
    ) -> None:
        encoders, decoders = zip(*members, strict=True)
        super().__init__(nn.ModuleList(encoders), nn.ModuleList(decoders))
        self.mask_rate = mask_rate
        order = torch.rand(len(members), n_features).argsort(0)
        self.register_buffer("hidden", order < n_hidden)

    def forward(self, x: Tensor) -> Output:
        """Return codes and outputs of all members or, where nothing is drawn, their answers."""
        if self.generator is None:
            code, output = self._passed(x, self.hidden[:, None])
            asked = self.hidden.to(x) if self.hidden.any() else x.new_ones(self.hidden.shape)
            return Output(code, torch.einsum("ebd,ed->bd", output, asked / asked.sum(0)))
        n_rows = 1 if self.per_batch else len(x)
        draws = x.new_empty(len(self.hidden), n_rows, x.shape[1]).uniform_(generator=self.generator)
        return Output(*self._passed(x, draws < self.mask_rate))

    def _passed(self, x: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        seen = x.expand(len(self.hidden), -1, -1).masked_fill(hidden, 0.0)
        code = _at_once(cast(nn.ModuleList, self.encoder), seen)
        return code, _at_once(cast(nn.ModuleList, self.decoder), code)


def _at_once(modules: nn.ModuleList, x: Tensor) -> Tensor:
    """Return what each module makes of its rows, layer by layer where all are made of such."""
    layers = [_layers(module) for module in modules]
    if not all(isinstance(layer, (nn.Linear, *_ELEMENTWISE)) for layer in layers[0]):
        return torch.stack([module(rows) for module, rows in zip(modules, x, strict=True)])
    for alike in zip(*layers, strict=True):
        x = _linear(alike, x) if isinstance(alike[0], nn.Linear) else alike[0](x)
    return x


def _linear(alike: Sequence[Any], x: Tensor) -> Tensor:
    weight = torch.stack([layer.weight for layer in alike])
    bias = torch.stack([layer.bias for layer in alike])
    return torch.baddbmm(bias[:, None], x, weight.mT)


def _layers(module: nn.Module) -> list[nn.Module]:
    """Return what a module consists of, in order, if it is a sequence."""
    if not isinstance(module, nn.Sequential):
        return [module]
    return [layer for part in module for layer in _layers(part)]
