"""Settings of torch and scikit-learn that a whole process shares; no call leaves them changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from sklearn import get_config, set_config

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
def few_threads(multiply_adds: int) -> Iterator[None]:
    """Use one torch thread inside the block when a batch needs little work.

    OpenMP's threads spin while they wait: next to another busy process a small network with two
    threads is up to a hundred times slower than with one.

    Parameters
    ----------
    multiply_adds : int
        Number of multiply-adds per batch.
    """
    global _n_threads_outside
    if multiply_adds >= _SMALL_WORK or threading.get_ident() in _inside:
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
    """Restore this thread's number of torch threads, unless that has been done already."""
    with _lock:
        if threading.get_ident() in _inside:
            torch.set_num_threads(_n_threads_outside)
            _inside.remove(threading.get_ident())


class preserve_settings:
    """Restore torch's and scikit-learn's settings at the end of the block, also after Ctrl-C.

    A class and not a generator: a generator that is interrupted before its block begins would
    restore the settings whenever it is garbage-collected.
    """

    def __enter__(self) -> None:
        """Store the settings."""
        self._configuration = get_config()
        self._grad_mode, self._dtype = torch.is_grad_enabled(), torch.get_default_dtype()
        self._is_inside = threading.get_ident() in _inside

    def __exit__(self, *error: object) -> None:
        """Restore them."""
        set_config(**self._configuration)
        torch.set_grad_enabled(self._grad_mode)
        torch.set_default_dtype(self._dtype)
        if not self._is_inside:
            _leave()
