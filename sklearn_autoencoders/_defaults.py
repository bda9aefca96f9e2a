"""What "auto" means; the measurements are in docs/decisions/0002-defaults.md."""

from __future__ import annotations

import math

# Up to this many rows a step sees all of them, in double precision: a row of weight two is then
# the same as two rows to the last digits.
FULL_BATCH = 64

# Rows per root of a column at which half of the hidden units sit out.
DROPOUT_ROWS = 20


def hidden_layer_sizes(n_features: int) -> tuple[int, int]:
    """Return two widths: four times the columns, within limits, and half of it."""
    first = min(max(2 ** math.ceil(math.log2(4 * n_features)), 128), 512)
    return first, first // 2


def batch_size(n_samples: int) -> int:
    """Return about one fortieth of the rows, a power of two between 32 and 256."""
    if n_samples <= FULL_BATCH:
        return n_samples
    return min(max(2 ** int(math.log2(n_samples / 40)), 32), 256)


def max_epochs(n_samples: int, batch_size: int) -> int:
    """Return the passes that make about 4000 steps, between 10 and 50."""
    return min(max(math.ceil(4000 * batch_size / n_samples), 10), 50)


def dropout(n_samples: float, n_features: int) -> float:
    """Return a rate that falls from one to zero as rows outnumber what has to be learnt."""
    prior = DROPOUT_ROWS * math.sqrt(n_features)
    return prior / (prior + n_samples)
