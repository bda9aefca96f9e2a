"""Objectives: reconstruction losses, likelihoods and penalties."""

from .._utils.public_names import publish
from ._likelihoods import LIKELIHOODS
from ._losses import LOSSES
from ._penalties import L1, PENALTIES, Contractive, KLSparsity, Neighbors, Orthogonal, Penalty
from ._pseudo_labels import PseudoLabels

__all__ = [
    "L1",
    "LIKELIHOODS",
    "LOSSES",
    "PENALTIES",
    "Contractive",
    "KLSparsity",
    "Neighbors",
    "Orthogonal",
    "Penalty",
    "PseudoLabels",
]

publish(globals())
