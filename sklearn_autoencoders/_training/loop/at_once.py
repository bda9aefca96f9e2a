"""The joblib backend that does trainings of several fits at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from joblib import parallel

from ..._utils.rendezvous import run_together

# Name of the backend, and the number of fits at once if `n_jobs` does not tell it.
NAME, _N_AT_ONCE = "sklearn_autoencoders", 32


class AtOnceBackend(parallel.ParallelBackendBase):
    """Runs calls one after another, and trains the networks of their fits at once."""

    supports_timeout, supports_sharedmem, uses_threads = False, True, True
    default_n_jobs = _N_AT_ONCE

    def __init__(self, nesting_level: int | None = None, **others: Any) -> None:
        super().__init__(nesting_level=nesting_level or 0, **others)
        self._waiting: list[_Call] = []

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return the number of calls that are made together."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        self._n_jobs = _N_AT_ONCE if n_jobs is None or n_jobs < 0 else n_jobs
        return self._n_jobs

    def submit(self, func: Callable[[], Any], callback: Any = None) -> _Call:
        """Add a call to those that are waiting."""
        self._waiting.append(_Call(self, func, callback))
        return self._waiting[-1]

    apply_async = submit  # of joblib before 1.5

    def run(self) -> None:
        """Make the calls that are waiting, as many at once as there are jobs."""
        from .together import answer

        calls, self._waiting = self._waiting[: self._n_jobs], self._waiting[self._n_jobs :]
        with warnings.catch_warnings():  # the calls end in another order than they begin
            outcomes = run_together([call.function for call in calls], answer)
        for call, outcome in zip(calls, outcomes, strict=True):
            call.outcome = outcome
        for call in calls:
            call.callback(call)

    def get_nested_backend(self) -> Any:
        """Return the backend of calls inside of calls, which are made one after another."""
        return parallel.SequentialBackend(nesting_level=self.nesting_level), 1

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Forget the calls that are waiting."""
        self._waiting.clear()


class _Call:
    """A call, and its result or its error."""

    def __init__(self, backend: AtOnceBackend, function: Callable[[], Any], callback: Any) -> None:
        self._backend, self.function, self.callback = backend, function, callback
        self.outcome: list[Any] = []

    def get(self, timeout: float | None = None) -> Any:
        """Return the result, or raise the error."""
        while not self.outcome:
            self._backend.run()
        result, error = self.outcome
        if error is not None:
            raise error
        return result


parallel.register_parallel_backend(NAME, AtOnceBackend)
