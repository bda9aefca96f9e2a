"""Warnings and errors of this package."""

from __future__ import annotations

from collections.abc import Sequence


class PosteriorCollapseWarning(UserWarning):
    """Hardly a component of a variational autoencoder's code says anything about the rows."""


class ModelFileError(ValueError):
    """A file, or a state, that no estimator of this package can have written as it is."""


class IncompatibleVersionError(ValueError):
    """A model of a later version of this package, whose format this version cannot read."""


class UntrustedTypesError(ValueError):
    """A file needs types that are neither scikit-learn's nor ours, and that nobody vouched for.

    Parameters
    ----------
    message : str
        What to do about it.

    types : sequence of str
        Their full names.

    Attributes
    ----------
    types : list of str
        Their full names, for `load(..., trusted=error.types)` once you know them.
    """

    def __init__(self, message: str, types: Sequence[str]) -> None:
        super().__init__(message, list(types))
        self.types = list(types)

    def __str__(self) -> str:
        """Return the message alone."""
        return str(self.args[0])
