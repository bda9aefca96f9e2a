"""Process-wide settings of torch and scikit-learn, which every call restores."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from sklearn import get_config, set_config

# Number of multiply-adds per batch below which a second thread is slower than a single one.
_SMALL_WORK = 2**24

_lock = threading.Lock()
_inside: set[int] = set()  # identifiers of the threads that are inside `few_threads`
_n_threads_outside = 1


def _reset_after_fork() -> None:
    """Use one torch thread in a forked process and clear the record of threads inside a block.

    OpenMP assumes that its threads still exist, but the forked process does not have them. The
    first operation with more than one thread, in this package or elsewhere, would never return.
    """
    global _lock
    _lock = threading.Lock()
    _inside.clear()
    torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


@contextmanager
def few_threads(multiply_adds: int) -> Iterator[None]:
    """Use one torch thread inside the block if a batch requires little computation.

    OpenMP's threads use busy waiting. While another process uses the CPU, a small network is up to
    a hundred times slower with two threads than with one.

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
        # A thread that starts inside the block inherits its count, so only the first one stores it.
        _n_threads_outside = _n_threads_outside if _inside else torch.get_num_threads()
        _inside.add(threading.get_ident())
        torch.set_num_threads(1)
    try:
        yield
    finally:
        _leave()


def _leave() -> None:
    """Restore the number of torch threads of this thread, unless it is already restored."""
    with _lock:
        if threading.get_ident() in _inside:
            torch.set_num_threads(_n_threads_outside)
            _inside.remove(threading.get_ident())


class preserve_settings:
    """Restore the settings of torch and scikit-learn at the end of the block, even after Ctrl-C.

    This is a class because a generator that is interrupted before its block begins would only
    restore the settings when it is garbage-collected.
    """

    def __enter__(self) -> None:
        """Store the settings."""
        self._configuration = get_config()
        self._grad_mode, self._dtype = torch.is_grad_enabled(), torch.get_default_dtype()
        self._is_inside = threading.get_ident() in _inside

    def __exit__(self, *error: object) -> None:
        """Restore the settings."""
        set_config(**self._configuration)
        torch.set_grad_enabled(self._grad_mode)
        torch.set_default_dtype(self._dtype)
        if not self._is_inside:
            _leave()
