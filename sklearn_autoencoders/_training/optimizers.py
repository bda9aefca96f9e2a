"""Optimisers and courses of the learning rate, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

_WARM_UP = 0.3


def _adam(groups: list[dict[str, Any]], lr: float) -> torch.optim.Optimizer:
    """Return Adam with an eps that rounding errors do not reach.

    At the principal components the gradient of the linear path is rounding error, which the usual
    1e-8 would blow up to steps of full length. Small tables, whose rows of weight two have to be
    two rows, are trained in double precision and have larger gradients.
    """
    is_double = groups[0]["params"][0].dtype == torch.float64
    return torch.optim.Adam(groups, lr=lr, fused=True, eps=1e-6 if is_double else 1e-7)


SOLVERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": _adam,
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9, nesterov=True, fused=True),
}


def _one_cycle(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    peaks = [group["lr"] for group in optimizer.param_groups]
    total_steps = max(n_steps, 4)
    return OneCycleLR(optimizer, peaks, total_steps, pct_start=_WARM_UP, cycle_momentum=False)


def _constant(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    return LambdaLR(optimizer, lambda step: 1.0)


class Schedule(NamedTuple):
    """A course of the learning rate, and for which share of the steps it rises."""

    make: Callable[[torch.optim.Optimizer, int], LRScheduler]
    warm_up: float


SCHEDULES = {"constant": Schedule(_constant, 0.0), "one_cycle": Schedule(_one_cycle, _WARM_UP)}
