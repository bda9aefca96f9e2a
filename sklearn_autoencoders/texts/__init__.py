"""Correction of misspelled words."""

from .._data.spelling import Candidate, Spelling
from .._utils.public_names import publish

__all__ = ["Candidate", "Spelling"]

publish(globals())
