"""The plan of a training, and its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from ..._persistence.checkpoint import Checkpoint
from ..._utils.ranks import Ranks
from .sampler import ShuffledSampler


class EpochTask(Protocol):
    """A task that is notified of the epochs."""

    @property
    def is_watched(self) -> bool:
        """Whether it does anything."""

    def begin(self) -> None:
        """Handle the beginning of an epoch."""

    def end(self, history: History) -> bool:
        """Handle the end of an epoch; return whether to stop."""


@dataclass(frozen=True)
class Plan:
    """Parameters of a training, in which "auto" is replaced by numbers.

    Parameters
    ----------
    solver, schedule : str
        Keys of `SOLVERS` and `SCHEDULES`.

    learning_rate, weight_decay : float
        Maximum learning rate, and weight decay relative to it.

    batch_size, max_epochs : int
        Samples per step, and number of epochs.

    warm_up : float, default=0.3
        Fraction of the steps in which the learning rate of the one-cycle schedule increases.

    memory : float, default=0.999
        Decay of Adam's mean of squared gradients.

    tol, n_iter_no_change : float, int or None
        Early stopping, if `n_iter_no_change` is not None.

    verbose : int
        Whether to print a line per epoch.

    stage : str
        What is trained, at the beginning of these lines; empty for the last training of a fit.

    callbacks : sequence of skorch callbacks
        Notified by skorch's loop.

    corruptions : sequence of callable
        Applied to the input of the network, in this order.

    known_weight : float
        Weight of the loss of values that the corruption does not hide.

    may_keep_start : bool
        Whether the initial weights are kept if training does not improve on them.

    n_frozen : callable or None
        Maps the number of an epoch, beginning with 0, to the number of frozen layers of the
        encoder; None if no layer is frozen.

    rate_ratios : mapping of str to float
        Factors of the learning rate, by patterns of parameter names.

    checkpoint : Checkpoint or None
        File to which the state of training is written.

    selects_by_folds : bool
        Whether the weights of an ensemble head are selected by the samples that are held out from
        its members.

    sampler : callable
        Maps the number of training samples and a generator to a sampler of torch.

    ranks : Ranks
        The processes that train together, each of which computes a part of every batch.
    """

    solver: str
    schedule: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    max_epochs: int
    warm_up: float = 0.3
    memory: float = 0.999
    tol: float = 0.0
    n_iter_no_change: int | None = None
    verbose: int = 0
    stage: str = ""
    callbacks: Sequence[Any] = ()
    corruptions: Sequence[Callable[..., Tensor]] = ()
    known_weight: float = 1.0
    may_keep_start: bool = True
    n_frozen: Callable[[int], int] | None = None
    rate_ratios: Mapping[str, float] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    selects_by_folds: bool = False
    sampler: Callable[[int, torch.Generator], torch.utils.data.Sampler[int]] = ShuffledSampler
    ranks: Ranks = field(default_factory=Ranks)


@dataclass
class History:
    """Records of a training, without the weights.

    Attributes
    ----------
    loss_curve : list of float
        Mean training objective of each epoch.

    validation_losses : list of float
        Loss of the validation samples after each epoch.

    terms : dict of str to list of float
        Mean of each term of the loss in each epoch, by name.

    problem : str or None
        The reason why the last weights were not kept.

    interruption : KeyboardInterrupt or None
        Exception that is raised again when the estimator is usable.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    terms: dict[str, list[float]] = field(default_factory=dict)
    problem: str | None = None
    interruption: KeyboardInterrupt | None = None

    def curves(self) -> dict[str, Any]:
        """Return the curves by name."""
        names = ("loss_curve", "validation_losses", "terms")
        return {name: getattr(self, name) for name in names}
