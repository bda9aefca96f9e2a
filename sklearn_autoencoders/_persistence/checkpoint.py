"""Checkpoints, from which an interrupted fit is resumed."""

from __future__ import annotations

import io
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import torch
from sklearn.base import BaseEstimator

from .._utils.user_warnings import warn_user
from .._version import __version__
from .atomic import write_atomically

# Maximum fraction of the training time that is spent on writing.
_MAX_TIME_FRACTION = 0.05

# Parameters that do not identify a fit. The state of the generator replaces `random_state`.
_IRRELEVANT = ("callbacks", "checkpoint", "verbose", "random_state")


@dataclass(frozen=True)
class Checkpoint:
    """The checkpoint files of a fit, which may train several networks one after another.

    Parameters
    ----------
    folder : Path
        Folder of the files, one for each network.

    fit : str
        Identifier of the fit, independent of its data.
    """

    folder: Path
    fit: str
    _files: list[TrainingFile] = field(default_factory=list)

    @classmethod
    def of(cls, estimator: BaseEstimator) -> Checkpoint | None:
        """Return the checkpoint of a fit of an estimator.

        Parameters
        ----------
        estimator : estimator
            Its parameter `checkpoint` is the folder, which is created if it does not exist.

        Returns
        -------
        Checkpoint or None
            The checkpoint, before anything is written. None if `checkpoint` is None.

        Raises
        ------
        ValueError
            If the fit cannot be identified.
        """
        folder = estimator.checkpoint
        if folder is None:
            return None
        if estimator.random_state is None:
            raise ValueError(
                f"checkpoint={os.fspath(folder)!r} requires random_state to be set: with "
                "random_state=None every fit is different and cannot be resumed."
            )
        params = {k: v for k, v in estimator.get_params().items() if k not in _IRRELEVANT}
        fit = _hash([type(estimator).__qualname__, params])
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"checkpoint={os.fspath(folder)!r} must be a folder that exists or can be created; "
                f"got {error.strerror}."
            ) from error
        return cls(Path(folder), fit)

    def file_for(self, *beginnings: Any) -> TrainingFile:
        """Return the file of a training run that is identified by its initial state."""
        name = _hash([self.fit, __version__, torch.__version__, *beginnings])
        self._files.append(TrainingFile(self.folder / f"{name}.checkpoint"))
        return self._files[-1]

    def clear(self) -> None:
        """Remove the files at the end of the fit."""
        for file in self._files:
            # including temporary files of an interrupted process
            for path in [file.path, *self.folder.glob(f"{file.path.name}.*.tmp")]:
                with suppress(OSError):  # another process may have the same fit
                    path.unlink()


class TrainingFile:
    """The state of a training run after an epoch.

    Parameters
    ----------
    path : Path
        Path of the file, which does not have to exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._due = 0.0

    def read(self, device: torch.device) -> dict[str, Any] | None:
        """Return the saved state, or None if the file does not exist or is damaged."""
        try:
            state: dict[str, Any] = torch.load(self.path, map_location=device, weights_only=True)
        except FileNotFoundError:
            return None
        except Exception:  # a damaged file can raise any exception
            warn_user(
                f"{os.fspath(self.path)!r} is damaged or not a checkpoint; the fit restarts from "
                "scratch."
            )
            return None
        return state

    def write(self, state: Callable[[], dict[str, Any]]) -> None:
        """Write a state, unless the last one is so recent that writing would take too much time."""
        started = time.monotonic()
        if started < self._due:
            return
        buffer = io.BytesIO()
        torch.save(state(), buffer)
        try:
            write_atomically(self.path, buffer.getvalue())
        except OSError as error:  # the fit continues without checkpoints
            self._due = math.inf
            warn_user(f"No further checkpoints are written. {error}")
            return
        ended = time.monotonic()
        self._due = ended + (ended - started) / _MAX_TIME_FRACTION


def _hash(parts: list[Any]) -> str:
    try:
        return str(joblib.hash(parts))
    except Exception as error:  # pickle raises many kinds of exceptions
        raise ValueError(
            "checkpoint= requires parameters that can be pickled, to identify the fit "
            f"({error}). Define functions and classes in a module, without lambda."
        ) from error
