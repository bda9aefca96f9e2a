"""What all of a process shares: a call uses it with care and leaves it as it was."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from sklearn import get_config, set_config
from torch import nn
from torch.overrides import _len_torch_function_stack, _pop_mode

from .networks import multiply_adds

# Multiply-adds per batch under which a second thread costs more than it gives.
_SMALL_WORK = 2**24

_lock = threading.Lock()
_inside: set[int] = set()  # threads
_n_threads_outside = 1


def _begin_anew() -> None:
    """Give a process that was forked one torch thread, and forget who was inside the block.

    It lacks the threads that OpenMP believes to have: the first operation that is worth a second
    one, of ours or of anybody, would wait for ever.
    """
    global _lock
    _lock = threading.Lock()
    _inside.clear()
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


@contextmanager
def few_threads(network: nn.Module, batch_size: int) -> Iterator[None]:
    """Use one torch thread inside the block when a batch of rows is little work.

    OpenMP's threads spin while they wait: beside another busy process a tiny network with two
    threads is up to a hundred times slower than with one.
    """
    global _n_threads_outside
    work = batch_size * multiply_adds(network)
    if work >= _SMALL_WORK or threading.get_ident() in _inside:
        yield
        return
    with _lock:
        # A thread that starts meanwhile would inherit our count, so the first one in remembers.
        _n_threads_outside = _n_threads_outside if _inside else torch.get_num_threads()
        _inside.add(threading.get_ident())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        _leave()


def _leave() -> None:
    """Give this thread its torch threads back, if it has not got them yet."""
    with _lock:
        if threading.get_ident() in _inside:
            torch.set_num_threads(_n_threads_outside)
            _inside.remove(threading.get_ident())


class restored:
    """Leave torch's and scikit-learn's settings as they were, wherever in the block Ctrl-C strikes.

    It can strike in the end of `few_threads` or of `no_grad`, before that has done its work. This
    is no generator: struck in its beginning, that would do its own work whenever it is collected.
    """

    def __enter__(self) -> None:
        """Remember the settings."""
        self._configuration, self._learns = get_config(), torch.is_grad_enabled()
        self._n_modes = _len_torch_function_stack()
        self._is_inside = threading.get_ident() in _inside

    def __exit__(self, *error: object) -> None:
        """Put them back."""
        set_config(**self._configuration)
        torch.set_grad_enabled(self._learns)
        while _len_torch_function_stack() > self._n_modes:
            _pop_mode()
        if not self._is_inside:
            _leave()
