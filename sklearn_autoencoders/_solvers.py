"""Optimisers and courses of the learning rate, by name."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

SOLVERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    # At the principal components the gradient of the linear path is rounding error, which Adam's
    # usual eps of 1e-8 would blow up to steps of full length.
    "adam": functools.partial(torch.optim.Adam, fused=True, eps=1e-7),
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9, nesterov=True, fused=True),
}


def _one_cycle(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    peaks = [group["lr"] for group in optimizer.param_groups]
    return OneCycleLR(optimizer, max_lr=peaks, total_steps=max(n_steps, 4))


def _constant(optimizer: torch.optim.Optimizer, n_steps: int) -> LRScheduler:
    return LambdaLR(optimizer, lambda step: 1.0)


SCHEDULES = {"constant": _constant, "one_cycle": _one_cycle}
