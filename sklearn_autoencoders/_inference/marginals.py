"""Correction of the numbers in drawn samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.data import Data
from .._data.model import Model
from .._data.sources.sparse import as_dense
from .._data.statistics.marginals import Marginals
from .sampling import draw_samples, sample_codes

# Number of samples that are drawn, and seeds of their codes and of the noise.
_N_DRAWS, _SEEDS = 4096, (0, 1)


def learn_marginals(
    model: Model, data: Data, before: Marginals | None, fraction: float
) -> Marginals | None:
    """Return the distributions of the numbers in samples of a model and in its training samples.

    Parameters
    ----------
    model : Model
        Trained.

    data : Data
        Training samples. Samples are drawn under their conditions.

    before : Marginals or None
        Distributions of earlier training samples, if there were any.

    fraction : float
        Fraction of all training samples that are in `data`.
    """
    if getattr(model.loss, "unit_interval", False):
        return None
    condition = data.condition
    if condition is not None:
        condition = condition[np.arange(_N_DRAWS) % len(condition)]
    codes = sample_codes(model, _N_DRAWS, condition, _SEEDS[0])
    drawn = draw_samples(model, codes, condition, _SEEDS[1])
    columns = model.layout.numbers.numpy()
    samples = as_dense(data.X), data.weight_or_ones
    return Marginals.learn(drawn, *samples, columns, before, fraction)


def correct(samples: NDArray[Any], marginals: Marginals) -> NDArray[Any]:
    """Return drawn samples whose numbers have the distributions of the training samples."""
    found: NDArray[Any] = correction(marginals)(torch.tensor(samples)).numpy()
    return found


def correction(marginals: Marginals) -> Callable[[Tensor], Tensor]:
    r"""Return the function of samples that corrects the distributions of their numbers.

    A number becomes :math:`F^{-1}(G(x))`, where :math:`G` and :math:`F` are the distribution
    functions of its column in drawn and in training samples. So ranges, tails and frequent values
    are those of the training samples; ranks, on which the dependence of the columns rests, are
    those of the drawn samples. Between two quantiles, the function is linear; next to a value that
    occurs often, it gives the nearer of both.
    """
    columns = torch.tensor(marginals.columns)
    drawn, seen = torch.tensor(marginals.drawn), torch.tensor(marginals.seen)
    is_equal = (seen[:, 1:] == seen[:, :-1]).to(seen)
    is_repeated = torch.nn.functional.pad(is_equal, (1, 0)) + torch.nn.functional.pad(
        is_equal, (0, 1)
    )
    last = drawn.shape[1] - 1

    def function(samples: Tensor) -> Tensor:
        values = samples[:, columns].T.contiguous().to(drawn)
        before = (torch.searchsorted(drawn, values) - 1).clamp(0, max(last - 1, 0))
        after = (before + 1).clamp(max=last)
        low, high = drawn.gather(1, before), drawn.gather(1, after)
        part = ((values - low) / torch.where(high > low, high - low, 1.0)).clamp(0.0, 1.0)
        is_frequent = is_repeated.gather(1, before) + is_repeated.gather(1, after) > 0
        part = torch.where(is_frequent, part.round(), part)
        low, high = seen.gather(1, before), seen.gather(1, after)
        found = samples.clone()
        found[:, columns] = (low + part * (high - low)).T.to(samples)
        return found

    return function
