"""What the steps of one fit have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.random import RandomState

from .._persistence.checkpoint import Checkpoint


class FitCall(NamedTuple):
    """A call of `fit` or `partial_fit`.

    `original` is the estimator, which is unchanged until the fit succeeds. `y` is as the user gave
    it. `resumed` is whether training continues, and `partial` whether this is `partial_fit`.
    """

    original: Any
    y: Any
    rng: RandomState
    checkpoint: Checkpoint | None
    resumed: bool
    partial: bool
