"""A fit that was killed goes on where it was."""

from __future__ import annotations

import io
import math
import os
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import torch
from sklearn.base import BaseEstimator

from .._version import __version__
from .atomic import write_atomically

# Share of the time of a fit that may go into writing.
_MOST_TIME = 0.05

# Parameters that do not change what is learnt; of the last one the generator's state tells more.
_IRRELEVANT = ("callbacks", "checkpoint", "verbose", "random_state")


@dataclass(frozen=True)
class Checkpoint:
    """Where a fit keeps what it needs to go on; a fit may train several networks in turn.

    Parameters
    ----------
    folder : Path
        Where the files are, one for each network.

    fit : str
        What tells this fit from others, but for its data.
    """

    folder: Path
    fit: str
    _files: list[TrainingFile] = field(default_factory=list)

    @classmethod
    def of(cls, estimator: BaseEstimator) -> Checkpoint | None:
        """Return that of a fit of an estimator, None if it wants none.

        Parameters
        ----------
        estimator : estimator
            Its parameter `checkpoint` names the folder, which is made if there is none.

        Returns
        -------
        Checkpoint or None
            Nothing is written yet.

        Raises
        ------
        ValueError
            If the fit could not be recognised.
        """
        folder = estimator.checkpoint
        if folder is None:
            return None
        if estimator.random_state is None:
            raise ValueError(
                f"checkpoint={os.fspath(folder)!r} needs a random_state that is a number: without "
                "one every fit is another, and none can be gone on with."
            )
        params = {k: v for k, v in estimator.get_params().items() if k not in _IRRELEVANT}
        fit = _hash([type(estimator).__qualname__, params])
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"checkpoint={os.fspath(folder)!r} must be a folder, or where one can be made; got "
                f"{error.strerror}."
            ) from error
        return cls(Path(folder), fit)

    def file_for(self, *beginnings: Any) -> TrainingFile:
        """Return the file of a training that begins with all of this."""
        name = _hash([self.fit, __version__, torch.__version__, *beginnings])
        self._files.append(TrainingFile(self.folder / f"{name}.checkpoint"))
        return self._files[-1]

    def clear(self) -> None:
        """Remove the files of this fit, which is over."""
        for file in self._files:
            # and what was being written when somebody pulled the plug
            for path in [file.path, *self.folder.glob(f"{file.path.name}.*.tmp")]:
                with suppress(OSError):  # another process may have the same fit
                    path.unlink()


class TrainingFile:
    """The state of a training, as it was after an epoch.

    Parameters
    ----------
    path : Path
        The file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._due = 0.0

    def read(self, device: torch.device) -> dict[str, Any] | None:
        """Return the state that was written, None if there is none."""
        try:
            state: dict[str, Any] = torch.load(self.path, map_location=device, weights_only=True)
        except FileNotFoundError:
            return None
        except Exception:  # a damaged file can go wrong in any way
            warnings.warn(
                f"{os.fspath(self.path)!r} is damaged, or no checkpoint; the fit begins anew.",
                stacklevel=2,
            )
            return None
        return state

    def write(self, state: Callable[[], dict[str, Any]]) -> None:
        """Write a state, unless that was done so recently that it would take too much time."""
        started = time.monotonic()
        if started < self._due:
            return
        buffer = io.BytesIO()
        torch.save(state(), buffer)
        try:
            write_atomically(self.path, buffer.getvalue())
        except OSError as error:  # the fit is worth more than what is to save it
            self._due = math.inf
            warnings.warn(f"No checkpoint is written any more. {error}", stacklevel=2)
            return
        ended = time.monotonic()
        self._due = ended + (ended - started) / _MOST_TIME


def _hash(parts: list[Any]) -> str:
    try:
        return str(joblib.hash(parts))
    except Exception as error:  # of pickle, in many ways
        raise ValueError(
            "checkpoint= needs parameters that can be pickled, to recognise the fit "
            f"({error}). Define functions and classes in a module, without lambda."
        ) from error
