"""Selection of the weights of an ensemble head by samples that are held out from its members."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor

from ..._utils.batch import Batch
from ...networks._models.ensemble_head import EnsembleHead
from ...networks._models.predictor import Predictor
from ...objectives._supervised import Supervised
from .callbacks import TrainingCallback
from .plan import Plan
from .training import Training
from .weight_selection import EarlyStopping, LastOrInitialWeights, Weights

# By how much a correction can be multiplied at the end, and the number of samples of a chunk.
_FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0)
_CHUNK_SIZE = 1024


class HeldOutFolds(TrainingCallback):
    """Keeps the weights of the lowest held-out loss, and multiplies the correction by a factor.

    Each sample is predicted by the member that is not trained on it.
    """

    _lowest = math.inf
    _factor = 0.0

    def begin(self, training: Training) -> None:
        """Measure the loss of the initial weights."""
        self._best, self._parts = Weights(training.network), _parts_by_member(training)
        training.evaluate()
        self._select(training)

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Compare the held-out loss with the lowest so far."""
        training.evaluate()
        self._select(training)

    def end(self, training: Training) -> None:
        """Set the best weights, with the best factor of the correction."""
        training.evaluate()
        self._best.restore()
        cast(EnsembleHead, cast(Predictor, training.network).head).shrink(self._factor)

    def _select(self, training: Training) -> None:
        losses = held_out_losses(training, self._parts).tolist()
        best = min(range(len(losses)), key=lambda place: losses[place])
        if losses[best] < self._lowest:
            self._lowest, self._factor = losses[best], _FACTORS[best]
            self._best.store()

    def state_dict(self) -> dict[str, Any]:
        """Return the best weights, their loss and the factor."""
        return {"best": self._best.copy, "lowest": self._lowest, "factor": self._factor}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the best weights, their loss and the factor."""
        self._best.load(state["best"])
        self._lowest, self._factor = state["lowest"], state["factor"]


def selection_of_weights(plan: Plan) -> TrainingCallback:
    """Return the callback that selects the weights at the end of training."""
    if plan.n_iter_no_change is not None:
        return EarlyStopping()
    return HeldOutFolds() if plan.selects_by_folds else LastOrInitialWeights()


@torch.no_grad()
def held_out_losses(training: Training, parts: list[tuple[int, Tensor]]) -> Tensor:
    """Return the mean loss of samples without corruption, for each factor of the correction."""
    samples, network = training.samples.corrupted_by(None), cast(Predictor, training.network)
    loss, head = cast(Supervised, training.objective.loss), cast(EnsembleHead, network.head)
    total = torch.zeros(len(_FACTORS), dtype=torch.float64)
    for member, positions in parts:
        batch: Batch = samples.__getitems__(positions.tolist())
        own = slice(member, member + 1)
        start = head.regression(batch, own)[0]
        correction = head.correction(network.encode(batch), batch, own)[0]
        factors = torch.tensor(_FACTORS, dtype=start.dtype, device=start.device)
        losses = loss.held_out_losses(start, correction, batch, factors)
        losses = losses if batch.weight is None else losses * batch.weight
        total += losses.sum(1).double().cpu()
    return total / len(samples)


def _parts_by_member(training: Training) -> list[tuple[int, Tensor]]:
    """Return chunks of the samples that are held out from each member, with its number.

    Samples that are held out from none belong to the last one.
    """
    head = cast(EnsembleHead, cast(Predictor, training.network).head)
    member_of = training.samples.fold % head.n_members
    return [
        (member, chunk)
        for member in range(head.n_members)
        for chunk in (member_of == member).nonzero()[:, 0].split(_CHUNK_SIZE)
        if len(chunk)
    ]
