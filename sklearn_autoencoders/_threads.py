"""As many torch threads as the work is worth."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from .networks import multiply_adds

# Multiply-adds per batch under which a second thread costs more than it gives.
_SMALL_WORK = 2**24


class _ThreadDepth(threading.local):
    value = 0


_depth = _ThreadDepth()
_lock = threading.Lock()
_n_inside = 0
_n_threads_outside = 1


def _begin_anew() -> None:
    """Give a process that was forked one torch thread, and forget who was inside the block.

    It lacks the threads that OpenMP believes to have: the first operation that is worth a second
    one, of ours or of anybody, would wait for ever.
    """
    global _depth, _lock, _n_inside
    _depth, _lock, _n_inside = _ThreadDepth(), threading.Lock(), 0
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def few_threads(network: nn.Module, batch_size: int) -> Iterator[None]:
    """Use one torch thread inside the block when a batch of rows is little work.

    OpenMP's threads spin while they wait: beside another busy process a tiny network with two
    threads is up to a hundred times slower than with one.
    """
    global _n_inside, _n_threads_outside
    work = batch_size * multiply_adds(network)
    if work >= _SMALL_WORK or _depth.value:
        yield
        return
    with _lock:
        # A thread that starts meanwhile would inherit our count, so the first one in remembers.
        _n_threads_outside = _n_threads_outside if _n_inside else torch.get_num_threads()
        _n_inside += 1
        _depth.value = 1
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            torch.set_num_threads(_n_threads_outside)
            _n_inside -= 1
            _depth.value = 0
