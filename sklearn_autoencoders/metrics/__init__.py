"""Comparison of synthetic samples with real ones."""

from .._utils.public_names import publish
from ._report import generation_report

__all__ = ["generation_report"]

publish(globals())
