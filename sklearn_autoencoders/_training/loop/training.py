"""The state of one training, which its callbacks read and modify."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor

from ..._utils.batch import Batch
from ...networks._models.autoencoder import Autoencoder
from ...objectives._objective import Objective
from .plan import History, Plan

# Number of passes over data that fit into one batch, in which one draw of a corruption is used for
# all samples.
_N_DRAWS = 4


class StopTraining(Exception):
    """Stops skorch's loop, which cannot be stopped otherwise and catches KeyboardInterrupt."""


class Noise:
    """Random numbers that can be repeated, so that losses of several passes are comparable.

    Parameters
    ----------
    generator : Generator
        Source of random numbers. Its current state is repeated.

    shared : bool
        Whether one draw is used for all samples of a batch: if the batch contains all samples.
    """

    def __init__(self, generator: torch.Generator, shared: bool) -> None:
        self.generator, self.shared = generator, shared
        self._start = generator.get_state()

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Repeat the first draws inside the block, and continue afterwards as if without it."""
        state = self.generator.get_state()
        self.generator.set_state(self._start)
        try:
            yield
        finally:
            self.generator.set_state(state)


@dataclass
class Training:
    """One training of one network.

    Parameters
    ----------
    network : Autoencoder
        The network, which is trained in place.

    objective : Objective
        What is minimized.

    plan : Plan
        The plan of the training.

    noise : Noise
        Random numbers of dropout, corruptions and random codes.

    samples : Dataset
        Training samples.

    validation : Dataset or None
        Validation samples, if there is early stopping.

    history : History
        Records of the training.

    batch_losses : sequence of Tensor
        Loss and terms of the last batch.

    batch_samples : int
        Number of samples of the last batch, in all processes.

    optimizer : Optimizer or None
        The optimizer, which is set before the first step.

    finished : bool
        Whether to stop after this epoch.

    n_reductions : int
        How often the learning rate has been reduced because the loss rose.

    n_corrected : int
        Number of epochs up to the last of these reductions.
    """

    network: Autoencoder
    objective: Objective
    plan: Plan
    noise: Noise
    samples: Any
    validation: Any
    history: History = field(default_factory=History)
    batch_losses: Sequence[Tensor] = ()
    batch_samples: int = 0
    optimizer: Any = None
    finished: bool = False
    n_reductions: int = 0
    n_corrected: int = 0

    @property
    def n_epochs(self) -> int:
        """Number of completed epochs."""
        return len(self.history.loss_curve)

    @property
    def n_steps(self) -> int:
        """Number of steps of the whole training."""
        return self.plan.max_epochs * math.ceil(len(self.samples) / self.plan.batch_size)

    @property
    def is_noisy(self) -> bool:
        """Whether losses of single batches are random."""
        return bool(self.plan.corruptions) or self.objective.loss.is_random

    def evaluate(self) -> None:
        """Switch to evaluation mode, until skorch switches back."""
        self.network.eval()
        self.objective.eval()

    def mean_loss(self, samples: Any) -> float:
        """Return the mean objective of samples, with the first draws of the noise."""
        return self._mean(
            lambda batch: self.objective(self.network(batch), batch, self.network).loss, samples
        )

    def mean_baseline(self, samples: Any) -> float:
        """Return the mean objective of samples if they were reconstructed by the feature means."""
        return self._mean(self.objective.baseline_loss, samples)

    @torch.no_grad()
    def _mean(self, function: Callable[[Batch], Tensor], samples: Any) -> float:
        n_passes = _N_DRAWS if self.is_noisy and self.noise.shared else 1
        total = 0.0
        with self.noise.repeated():
            for chunk in n_passes * torch.arange(len(samples)).split(self.plan.batch_size):
                batch = cast(Batch, samples.__getitems__(chunk.tolist()))
                total += float(function(batch)) * len(chunk)
        return total / (n_passes * len(samples))
