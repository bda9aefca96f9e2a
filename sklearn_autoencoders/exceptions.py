"""Warnings and errors of this package."""

from __future__ import annotations

from collections.abc import Sequence


class PosteriorCollapseWarning(UserWarning):
    """Hardly any component of a variational autoencoder's code carries information on the data."""


class ModelFileError(ValueError):
    """A file or state is damaged, or was not written by an estimator of this package."""


class IncompatibleVersionError(ValueError):
    """A model was written by a later version of this package in a format not supported here."""


class UntrustedTypesError(ValueError):
    """A file contains types from other packages that are not declared as trusted.

    Parameters
    ----------
    message : str
        Error message with advice.

    types : sequence of str
        Full names of the untrusted types.

    Attributes
    ----------
    types : list of str
        Full names of the untrusted types, for `load(..., trusted=error.types)` after they have been
        reviewed.
    """

    def __init__(self, message: str, types: Sequence[str]) -> None:
        super().__init__(message, list(types))
        self.types = list(types)

    def __str__(self) -> str:
        """Return the message without the types."""
        return str(self.args[0])
