"""What is minimised: reconstruction losses and penalties."""

from ._losses import LOSSES, Loss
from ._objective import Compared, Objective
from ._penalties import L1, PENALTIES, Contractive, KLSparsity, Orthogonal, Penalty

__all__ = [
    "L1",
    "LOSSES",
    "PENALTIES",
    "Compared",
    "Contractive",
    "KLSparsity",
    "Loss",
    "Objective",
    "Orthogonal",
    "Penalty",
]
