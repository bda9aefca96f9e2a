"""What "auto" means for the number of epochs and the size of the batches.

The measurements behind the numbers are described in docs/decisions/0002-defaults.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

# Up to this number of samples, a step uses all of them, in double precision. A sample of weight two
# is then equivalent to two samples up to rounding errors.
FULL_BATCH = 64

# Number of values in a batch of an ensemble, whose cost is proportional to it.
_ENSEMBLE_VALUES = 2**17


def auto_batch_size(
    shape: tuple[int, ...], n_batches: int = 40, smallest: int = 32, largest: int = 256
) -> int:
    """Return about a fortieth of the number of samples, a power of two between 32 and 256."""
    n_samples = shape[0]
    if n_samples <= FULL_BATCH:
        return n_samples
    return min(max(2 ** int(math.log2(n_samples / n_batches)), smallest), largest)


def auto_ensemble_batch_size(shape: tuple[int, ...]) -> int:
    """Return 64, or fewer samples if they have more than 2048 features, but at least 8."""
    return min(max(_ENSEMBLE_VALUES // shape[1], 8), 64)


def auto_neighbor_batch_size(shape: tuple[int, ...]) -> int:
    """Return about a fifth of the number of samples, a power of two between 32 and 512.

    All samples of a batch that are not neighbors repel each other.
    """
    return auto_batch_size(shape, n_batches=5, largest=512)


@dataclass(frozen=True)
class AutoTraining:
    """What an estimator means by "auto" in the parameters of its training.

    Parameters
    ----------
    n_steps, max_epochs, min_epochs : int
        `max_epochs="auto"` is the number of epochs for this number of steps, within the limits.

    batch_size : callable
        `batch_size="auto"` is its value for the shape of X.

    warm_up : float
        Fraction of the steps in which the learning rate increases; not a parameter of estimators.

    memory : float
        Decay of Adam's mean of squared gradients; not a parameter of estimators.
    """

    n_steps: int = 4000
    max_epochs: int = 40
    min_epochs: int = 10
    batch_size: Callable[[tuple[int, ...]], int] = auto_batch_size
    warm_up: float = 0.3
    memory: float = 0.999

    def n_epochs(self, n_samples: int, batch_size: int) -> int:
        """Return the number of epochs with batches of this size."""
        n_epochs = math.ceil(self.n_steps * batch_size / n_samples)
        return min(max(n_epochs, self.min_epochs), self.max_epochs)

    def with_neighbors(self) -> AutoTraining:
        """Return what "auto" means if a penalty preserves neighbors."""
        size = auto_neighbor_batch_size
        return replace(self, n_steps=2000, max_epochs=200, min_epochs=10, batch_size=size)
