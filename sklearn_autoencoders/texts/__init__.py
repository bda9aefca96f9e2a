"""Correction of misspelled words."""

from .._utils.public_names import publish
from ._spelling import Candidate, Spelling

__all__ = ["Candidate", "Spelling"]

publish(globals())
