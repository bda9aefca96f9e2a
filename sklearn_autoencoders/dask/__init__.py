"""Fits to dask arrays and frames on the workers of a cluster, and lazy outputs of their blocks."""

from .._utils.public_names import publish
from ._fit import fit
from ._lazy import predict, score_samples, transform

__all__ = ["fit", "predict", "score_samples", "transform"]

publish(globals())
