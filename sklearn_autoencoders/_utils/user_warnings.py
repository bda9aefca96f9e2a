"""Warnings that refer to the user's line."""

from __future__ import annotations

import sys
import warnings
from contextvars import ContextVar
from types import FrameType

# Packages whose frames are skipped when the user's line is determined.
_INTERNAL = {
    "joblib", "pickle", "sklearn", "sklearn_autoencoders", "skops", "skorch", "threading", "torch",
}  # fmt: skip

# What called the function of a thread that is no thread of the user.
caller_of_thread: ContextVar[FrameType | None] = ContextVar("caller_of_thread", default=None)


def warn_user(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the innermost line that is not in a library, also from a pipeline.

    Parameters
    ----------
    message : str or Warning
        The text, or the warning itself.

    category : type, default=UserWarning
        The kind of warning, if `message` is a text.
    """
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_internal(frame):
        level, frame = level + 1, frame.f_back
    outer = caller_of_thread.get()
    if outer is None or not _is_internal(frame):
        warnings.warn(message, category, stacklevel=level)
        return
    while outer.f_back is not None and _is_internal(outer):
        outer = outer.f_back
    known, place = outer.f_globals, (outer.f_code.co_filename, outer.f_lineno)
    registry = known.setdefault("__warningregistry__", {})
    warnings.warn_explicit(message, category, *place, known.get("__name__"), registry, known)


def _is_internal(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _INTERNAL
