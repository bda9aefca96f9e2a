"""Optimizers and learning rate schedules, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.optim.lr_scheduler import LRScheduler, MultiplicativeLR, OneCycleLR

_WARM_UP = 0.3


def _adam(groups: list[dict[str, Any]], lr: float) -> torch.optim.Optimizer:
    """Return Adam with an eps that is larger than rounding errors.

    At the principal components the gradient of the linear path consists of rounding errors, which
    Adam with the usual eps of 1e-8 would amplify to steps of full length. Small datasets are
    trained in double precision, and a sample of weight two has to be equivalent to two samples
    there: a step multiplies rounding errors by at most lr / eps. With eps=1e-6, codes of such fits
    differed by up to 6e-6; with 3e-5, by 3e-9, for an R2 that is lower by at most 0.003.
    """
    is_double = groups[0]["params"][0].dtype == torch.float64
    return torch.optim.Adam(groups, lr=lr, fused=True, eps=3e-5 if is_double else 1e-7)


SOLVERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": _adam,
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9, nesterov=True, fused=True),
}


def _one_cycle(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    max_rates = [group["lr"] for group in optimizer.param_groups]
    total_steps = max(n_steps, 4)
    return OneCycleLR(optimizer, max_rates, total_steps, pct_start=_WARM_UP, cycle_momentum=False)


def _constant(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    return MultiplicativeLR(optimizer, lambda step: 1.0)  # callbacks can change the rate


class Schedule(NamedTuple):
    """A learning rate schedule, and the fraction of the steps in which the rate increases."""

    make: Callable[[torch.optim.Optimizer, int], LRScheduler]
    warm_up: float


SCHEDULES = {"constant": Schedule(_constant, 0.0), "one_cycle": Schedule(_one_cycle, _WARM_UP)}
