"""Checks of the callbacks of skorch that users pass, before training.

The classes of skorch are identified by their names, since only the training loop imports it.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Sequence
from typing import Any

_SCORES = (
    "the network is not an estimator that scikit-learn could score. Use early_stopping=True, which "
    "records the validation loss in validation_scores_, or score in a callback of scikit-learn."
)
# Classes of skorch that cannot work here, and what to use instead.
_UNSUITABLE = {
    "ScoringBase": _SCORES,
    "PassthroughScoring": (
        "train_loss and, with early_stopping=True, valid_loss are recorded in the history anyway."
    ),
    "InputShapeSetter": "the network has the number of features of X. Remove this callback.",
}


def check_callbacks(
    callbacks: Sequence[Any] | None, *, has_validation: bool, schedule: str
) -> tuple[Any, ...]:
    """Return the callbacks, or raise an error for one that cannot work.

    Parameters
    ----------
    callbacks : sequence of callbacks, of their classes or of pairs (name, callback), or None
        As the user gave them.

    has_validation : bool
        Whether there are validation samples.

    schedule : str
        Learning rate schedule.

    Returns
    -------
    tuple
        The callbacks.
    """
    for given in callbacks or ():
        callback = given[1] if isinstance(given, tuple) and len(given) == 2 else given
        if not hasattr(callback, "on_epoch_end"):
            raise TypeError(
                "callbacks must be skorch callbacks or (name, callback) pairs; got "
                f"{given!r}. Pass scikit-learn's callbacks to set_callbacks()."
            )
        problem = _problem(callback, _skorch_names(callback), has_validation, schedule)
        if problem is not None:
            raise ValueError(f"{_name_of(callback)} in callbacks cannot be used: {problem}")
    return tuple(callbacks or ())


def _problem(callback: Any, names: set[str], has_validation: bool, schedule: str) -> str | None:
    """Return why a callback cannot work, and what to do."""
    for name in names & _UNSUITABLE.keys():
        return _UNSUITABLE[name]
    if "LRScheduler" in names and schedule != "constant":
        return f"schedule={schedule!r} sets the learning rates. Use schedule='constant'."
    monitored = _monitored(callback, names)
    if monitored in ("valid_loss", "valid_loss_best") and not has_validation:
        return (
            f"it monitors {monitored!r}, but there are no validation samples. Use fit with "
            f"early_stopping=True, or monitor={monitored.replace('valid', 'train')!r}."
        )
    return None


def _skorch_names(callback: Any) -> set[str]:
    """Return the names of the classes of skorch to which a callback belongs."""
    cls = callback if isinstance(callback, type) else type(callback)
    return {base.__name__ for base in cls.__mro__ if _is_skorch(base.__module__)}


def _name_of(callback: Any) -> str:
    return callback.__name__ if isinstance(callback, type) else type(callback).__name__


def _monitored(callback: Any, names: set[str]) -> Any:
    """Return the column of the history that a callback of skorch requires, if any."""
    if not names - {"Callback"}:
        return None
    if isinstance(callback, type):  # skorch creates it with its defaults
        parameter = inspect.signature(callback).parameters.get("monitor")
        return None if parameter is None else parameter.default
    return getattr(callback, "monitor", None)


def raise_missing_column(error: Exception, callback: Any, history: Any) -> None:
    """Raise ValueError if a callback of skorch failed because a column was not recorded."""
    is_missing = isinstance(error, KeyError) or type(error).__name__ == "SkorchException"
    is_of_skorch = _skorch_names(callback) - {"Callback"} and _is_raised_by_skorch(error)
    if is_missing and is_of_skorch:
        known = sorted(name for name in history[-1] if name != "batches") if history else []
        raise ValueError(
            f"{_name_of(callback)} in callbacks failed: {error.args[0]} It can use {known}."
        ) from error


def _is_raised_by_skorch(error: Exception) -> bool:
    """Return whether an error comes from skorch, not from a user's subclass."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return _is_skorch(frame.f_globals.get("__name__", ""))


def _is_skorch(module: str) -> bool:
    return module.partition(".")[0] == "skorch"
