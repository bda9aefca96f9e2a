"""Warnings that refer to the user's line."""

from __future__ import annotations

import sys
import warnings

# Packages whose frames are skipped when the user's line is determined.
_INTERNAL = {"joblib", "pickle", "sklearn", "sklearn_autoencoders", "skops", "skorch", "torch"}


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
    while frame.f_back is not None and _is_internal(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_internal(module: str) -> bool:
    return module.partition(".")[0] in _INTERNAL
