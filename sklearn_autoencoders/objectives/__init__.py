"""What is minimised: reconstruction losses and penalties."""

from ._losses import LOSSES, Loss
from ._objective import Objective

__all__ = ["LOSSES", "Loss", "Objective"]
