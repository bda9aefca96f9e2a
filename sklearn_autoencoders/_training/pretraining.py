"""Pretraining, of all layers or of one after another: a good place to start from."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np
import torch

from .._data.batches import Data
from .._data.model import Model
from .._data.scaling import Scaling
from .._inference.run import encode
from .._utils.random import make_generator
from ..networks import Network
from ..networks._autoencoder import Autoencoder
from ..objectives import LOSSES
from ..objectives._losses import Loss
from ..objectives._objective import Objective
from .plan import History, Plan
from .skorch_loop import train


class _Nobody:
    """Listens to no epoch."""

    def begin(self) -> None:
        pass

    def end(self, history: History) -> bool:
        return False


def pretrain_jointly(
    model: Model, part: Network, data: Data, plan: Plan, generator: torch.Generator
) -> list[History]:
    """Train encoder and decoder as an autoencoder; parameters as in :func:`pretrain_layerwise`."""
    model = replace(model, network=Autoencoder(model.network.encoder, model.network.decoder))
    return [train(model, Objective(cast(Loss, model.loss)), data, plan, generator, _Nobody())]


def pretrain_layerwise(
    model: Model, part: Network, data: Data, plan: Plan, generator: torch.Generator
) -> list[History]:
    """Train each pair of layers as an autoencoder of the codes of the pairs around it.

    Parameters
    ----------
    model : Model
        Its network is changed in place.

    part : Network
        The recipe of the network, which knows its pairs of layers.

    data : Data
        Training rows. The first pair learns from them, corrupted as the plan says, under the loss
        of the model; the others learn to give back clean codes with the least squared error.

    plan : Plan
        How to train each pair.

    generator : Generator
        The source of all draws.

    Returns
    -------
    list of History
        One for each pair, from the outermost to the innermost; the last may be an interruption.
    """
    histories: list[History] = []
    stages = part.stages(model.network.encoder, model.network.decoder)
    # drawn at once: how much a stage draws depends on the number of rows
    seeds = torch.randint(2**31, (len(stages),), generator=generator).tolist()
    for (encoder, decoder), seed in zip(stages, seeds, strict=True):
        if histories:
            codes = encode(model, data.target)
            units = np.zeros(codes.shape[1]), np.ones(codes.shape[1])
            model = Model(model.network, Scaling(*units), LOSSES["squared_error"])
            data, plan = replace(data, X=codes, clean=None), replace(plan, corruptions=())
        model = replace(model, network=Autoencoder(encoder, decoder))
        histories += [
            train(
                model,
                Objective(cast(Loss, model.loss)),
                data,
                plan,
                make_generator(seed),
                _Nobody(),
            )
        ]
        if histories[-1].interruption is not None:
            break
    return histories


PRETRAINING = {"joint": pretrain_jointly, "layerwise": pretrain_layerwise}
