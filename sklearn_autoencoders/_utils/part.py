"""Base class of parameter objects: networks, penalties, corruptions, latent distributions."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from sklearn.base import BaseEstimator


class Part(BaseEstimator):
    """A parameter object that can be read from files of versions with fewer parameters."""

    # Values of parameters that are newer than a file, where these are not their defaults.
    _in_earlier_files: ClassVar[dict[str, Any]] = {}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the parameters; those that are newer than the file have their defaults."""
        parameters = inspect.signature(type(self)).parameters.values()
        defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
        super().__setstate__(defaults | self._in_earlier_files | state)
