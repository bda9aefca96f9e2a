"""What is minimised: reconstruction losses, likelihoods and penalties."""

from ._elbo import Elbo
from ._likelihoods import LIKELIHOODS, Likelihood
from ._losses import LOSSES, Loss
from ._objective import Objective
from ._output import Compared
from ._penalties import L1, PENALTIES, Contractive, KLSparsity, Orthogonal, Penalty
from ._supervised import Supervised, log_loss, mean_squared_error
from ._trimmed import Trimmed

__all__ = [
    "L1",
    "LIKELIHOODS",
    "LOSSES",
    "PENALTIES",
    "Compared",
    "Contractive",
    "Elbo",
    "KLSparsity",
    "Likelihood",
    "Loss",
    "Objective",
    "Orthogonal",
    "Penalty",
    "Supervised",
    "Trimmed",
    "log_loss",
    "mean_squared_error",
]
