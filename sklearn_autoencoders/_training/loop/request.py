"""What a training needs, and what several trainings must have in common to be done at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch

from ..._data.data import Data
from ..._data.model import Model
from ..._data.sources.rows import RowSource
from ..._persistence.checkpoint import TrainingFile
from ..._persistence.state import weights_of
from ..._utils.random import make_generator
from ...networks._models.stacked import architecture
from ...objectives._losses import Loss
from ...objectives._objective import Objective
from .datasets import datasets
from .plan import EpochTask, Plan
from .training import Noise, Training

# What can differ between plans, and what prevents a training at once with others unless it has its
# default.
_OWN = {"weight_decay", "corruptions", "known_weight", "tol", "may_keep_start", "ranks"}
_UNUSUAL = {
    "n_iter_no_change", "verbose", "callbacks", "n_frozen", "rate_ratios", "checkpoint",
    "selects_by_folds", "sampler",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """A network that is to be trained; see :func:`sklearn_autoencoders._training.train`.

    Parameters
    ----------
    model, objective, data, plan, generator, task
        As in `train`.
    """

    model: Model
    objective: Objective
    data: Data
    plan: Plan
    generator: torch.Generator
    task: EpochTask

    def file(self) -> TrainingFile | None:
        """Return the file of the state of training, if there is a checkpoint."""
        if self.plan.checkpoint is None:
            return None
        state = self.generator.get_state().numpy()
        values = {k: v for k, v in vars(self.data).items() if k not in _NOT_IN_FILES}
        return self.plan.checkpoint.file_for(weights_of(self.model.network), values, state)

    def training(self) -> Training:
        """Return the training before its first step; draws its seed."""
        plan, network = self.plan, self.model.network.train()
        seed = int(torch.randint(2**31, (), generator=self.generator))
        shared = self.data.is_one_batch(plan.batch_size)
        noise = Noise(make_generator(seed, self.model.device), shared)
        samples, validation = datasets(self.model, self.data, plan, noise)
        return Training(network, self.objective, plan, noise, samples, validation)

    @property
    def n_batches(self) -> int:
        """Number of steps of an epoch."""
        return -(-len(self.data.X) // self.plan.batch_size)

    def common(self) -> tuple[Any, ...] | None:
        """Return what trainings that are done at once have in common; None if this one is alone."""
        loss, data, plan = self.objective.loss, self.data, vars(self.plan)
        is_plain = type(loss) is Loss and not self.objective.penalties
        is_plain &= not isinstance(data.X, RowSource) and data.held_out is None
        unusual = any(
            plan[field.name] != field.default and plan[field.name] not in ((), {})
            for field in fields(Plan)
            if field.name in _UNUSUAL
        )
        kind = architecture(self.model.network)
        unusual |= self.task.is_watched or self.plan.ranks.size > 1
        if kind is None or unusual or not is_plain:
            return None
        shared = tuple(
            plan[name] for name in sorted(plan.keys() - _OWN - _UNUSUAL - {"batch_size"})
        )
        is_one_batch = data.is_one_batch(self.plan.batch_size)
        batch_size = None if is_one_batch else self.plan.batch_size
        has = data.has_missing, data.weight is None, bool(self.plan.corruptions)
        has_weights = self.plan.known_weight != 1
        return kind, loss, shared, batch_size, self.n_batches, has, has_weights


# Of the data, what a file does not identify.
_NOT_IN_FILES = {"ranges", "clean_ranges", "carried"}
