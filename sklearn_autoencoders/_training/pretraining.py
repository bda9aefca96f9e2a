"""Unsupervised pretraining, of all layers jointly or of one pair of layers after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import torch
from torch import nn

from .._data.data import Data
from .._data.model import Model
from .._data.statistics.scaling import Scaling
from .._inference.run import encode
from .._utils.layout import Layout
from .._utils.random import make_generator
from ..networks import Network
from ..networks._layers.subspace import InSubspace, without_subspace
from ..networks._models.autoencoder import Autoencoder
from ..objectives import LOSSES
from ..objectives._losses import Loss
from ..objectives._objective import Objective
from .loop.plan import History, Plan
from .loop.skorch_loop import train


class _NoTask:
    """Ignores epochs."""

    is_watched = False

    def begin(self) -> None:
        pass

    def end(self, history: History) -> bool:
        return False


def pretrain_jointly(
    model: Model, part: Network, data: Data, plan: Plan, generator: torch.Generator
) -> Iterator[History]:
    """Train encoder and decoder as an autoencoder; parameters as in :func:`pretrain_layerwise`."""
    model = replace(model, network=Autoencoder(model.network.encoder, model.network.decoder))
    yield _train(model, data, plan, generator)


def pretrain_layerwise(
    model: Model, part: Network, data: Data, plan: Plan, generator: torch.Generator
) -> Iterator[History]:
    """Train each pair of layers as an autoencoder of the codes of the previous pairs.

    Parameters
    ----------
    model : Model
        The model. Its network is modified in place.

    part : Network
        The network architecture, which returns the pairs of layers.

    data : Data
        Training samples. The first pair is trained on them with the corruptions of the plan and the
        loss of the model, the others on codes without corruption and with the squared error.

    plan : Plan
        How to train each pair.

    generator : Generator
        Source of all random numbers.

    Yields
    ------
    History
        One for each pair, from the outermost to the innermost.
    """
    stages = _stages(part, model.network.encoder, model.network.decoder)
    # drawn together: how many numbers a stage draws depends on the number of samples
    seeds = torch.randint(2**31, (len(stages),), generator=generator).tolist()
    for stage, ((encoder, decoder), seed) in enumerate(zip(stages, seeds, strict=True)):
        if stage > 0:
            codes = encode(model, data.target)
            units, layout = Scaling.identity(codes.shape[1]), Layout.of_numbers(codes.shape[1])
            model = Model(model.network, units, LOSSES["squared_error"], layout)
            data = replace(data, X=codes, clean=None, ranges=None, clean_ranges=None)
            plan = replace(plan, corruptions=())
        model = replace(model, network=Autoencoder(encoder, decoder))
        plan = replace(plan, stage=f"pretraining of pair {stage + 1} of {len(stages)}")
        yield _train(model, data, plan, make_generator(seed))


def _stages(
    part: Network, encoder: nn.Module, decoder: nn.Module
) -> list[tuple[nn.Module, nn.Module]]:
    """Return the pairs of layers; the first one includes the maps of a subspace, if any."""
    stages = list(part.stages(without_subspace(encoder), without_subspace(decoder)))
    if isinstance(encoder, InSubspace) and isinstance(decoder, InSubspace):
        inner, outer = stages[0]
        stages[0] = (
            InSubspace(encoder.subspace, inner, is_encoder=True),
            InSubspace(decoder.subspace, outer, is_encoder=False),
        )
    return stages


def _train(model: Model, data: Data, plan: Plan, generator: torch.Generator) -> History:
    return train(model, Objective(cast(Loss, model.loss)), data, plan, generator, _NoTask())


PRETRAINING = {"joint": pretrain_jointly, "layerwise": pretrain_layerwise}
