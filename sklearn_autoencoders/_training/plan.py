"""How to train, and what training returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import Tensor

from .._persistence.checkpoint import Checkpoint


class EpochTask(Protocol):
    """Whoever wants to know about epochs."""

    def begin(self) -> None:
        """Hear that an epoch begins."""

    def end(self, history: History) -> bool:
        """Hear that an epoch has ended; return whether to stop."""


@dataclass(frozen=True)
class Plan:
    """How to train: the estimator's parameters, resolved."""

    solver: str
    schedule: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    max_epochs: int
    tol: float = 0.0
    n_iter_no_change: int | None = None
    verbose: int = 0
    callbacks: Sequence[Any] = ()
    corruptions: Sequence[Callable[..., Tensor]] = ()
    may_keep_start: bool = True
    # of the encoder's layers, how many stay as they are in each epoch; then none
    n_frozen: Sequence[int] = ()
    # by patterns of parameters' names, what the learning rate is multiplied by
    rate_ratios: Mapping[str, float] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None


@dataclass
class History:
    """What training leaves behind, beside the weights.

    Attributes
    ----------
    loss_curve : list of float
        Mean training objective of every epoch.

    validation_losses : list of float
        Loss on the held-out rows after every epoch.

    kl_curve : list of float
        Mean divergence from the prior in every epoch, where codes are random.

    problem : str or None
        Why the last weights are not the ones kept.

    interruption : KeyboardInterrupt or None
        To be raised again once the estimator is usable.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    kl_curve: list[float] = field(default_factory=list)
    problem: str | None = None
    interruption: KeyboardInterrupt | None = None
