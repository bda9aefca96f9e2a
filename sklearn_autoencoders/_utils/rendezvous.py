"""Functions that run one after another, until each of them waits for the same kind of work.

Work that several callers ask for can then be done at once. Each function has a thread of its own,
so that it can wait at any depth, but only one thread runs at a time.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any

from .user_warnings import caller_of_thread

# Returns the results of requests, each of which can be an exception that is raised by its caller.
Answer = Callable[[list[Any]], list[Any]]

_current: contextvars.ContextVar[_Caller | None] = contextvars.ContextVar("caller", default=None)


class _Caller:
    """A function in a thread; it runs between `resume` and its next request or its end."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.request: Any = None
        self.outcome: list[Any] = []  # result and error, once the function has ended
        self._function = function
        self._answers: SimpleQueue[Any] = SimpleQueue()
        self._paused: SimpleQueue[None] = SimpleQueue()
        context = contextvars.copy_context()
        context.run(caller_of_thread.set, sys._getframe(2))
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)

    def _run(self) -> None:
        _current.set(self)
        result = error = None
        try:
            result = self._function()
        except BaseException as raised:  # raised again in the thread of `run_together`
            error = raised
        self.outcome = [result, error]
        self._paused.put(None)

    @property
    def is_elsewhere(self) -> bool:
        """Whether this is another thread than that of the function, with a copy of its context."""
        return threading.current_thread() is not self._thread

    def ask(self, request: Any) -> Any:
        """Wait for the answer to a request, in the thread of the function."""
        self.request = request
        self._paused.put(None)
        answer, self.request = self._answers.get(), None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def resume(self, answer: Any = None) -> None:
        """Run the function, with the answer to its request, until it pauses or ends."""
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._answers.put(answer)
        self._paused.get()

    def stop(self, error: BaseException) -> None:
        """End the function by an error at each of its requests."""
        while self._thread.ident is not None and not self.outcome:
            if self.request is not None:  # otherwise the interruption came while it ran
                self._answers.put(error)
            self._paused.get()


def ask(request: Any, alone: Callable[[Any], Any]) -> Any:
    """Return the answer to a request: together with others, or else `alone(request)`.

    Parameters
    ----------
    request : object
        The request.

    alone : callable
        Returns its answer outside of :func:`run_together`.
    """
    caller = _current.get()
    return alone(request) if caller is None or caller.is_elsewhere else caller.ask(request)


def run_together(functions: Sequence[Callable[[], Any]], answer: Answer) -> list[list[Any]]:
    """Run functions up to their requests, answer these at once, and so on until all have ended.

    Parameters
    ----------
    functions : sequence of callable
        Functions without arguments, which may call :func:`ask`.

    answer : callable
        Maps a list of requests to a list of answers. It is called in this thread.

    Returns
    -------
    list of [object, exception or None]
        The result of each function, or the error that it raised.
    """
    callers = [_Caller(function) for function in functions]
    try:
        for caller in callers:
            caller.resume()
        while waiting := [caller for caller in callers if not caller.outcome]:
            answers = answer([caller.request for caller in waiting])
            for caller, own in zip(waiting, answers, strict=True):
                caller.resume(own)
    except BaseException as error:
        for caller in callers:
            caller.stop(error)
        raise
    return [caller.outcome for caller in callers]
