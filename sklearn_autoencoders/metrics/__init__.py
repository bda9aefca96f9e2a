"""Comparison of synthetic samples with real ones, and of codes with samples."""

from .._utils.public_names import publish
from ._embedding import embedding_report
from ._report import generation_report

__all__ = ["embedding_report", "generation_report"]

publish(globals())
