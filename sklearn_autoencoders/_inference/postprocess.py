"""What is made of a network's output: likelihoods, scores, alarms, probabilities; row by row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

# Scores that differ by less are the same: rows alone and in a batch are rounded differently.
SAME = 1e-6


def applied(function: Callable[..., Tensor], *arrays: Any) -> NDArray[Any]:
    """Return what a function of tensors makes of arrays."""
    result: NDArray[Any] = function(*(torch.tensor(array) for array in arrays)).numpy()
    return result


def log_mean_exp(log_weights: Tensor) -> Tensor:
    """Return the logarithm of the mean of exponentials, over the last axis."""
    return log_weights.logsumexp(-1) - math.log(log_weights.shape[-1])


def with_constants(rows: Tensor, constants: Tensor) -> Tensor:
    """Return rows with the values of the columns that hold only one; NaN stands for the others."""
    return torch.where(constants.isnan(), rows, constants.to(rows.dtype))


def constant_errors(cells: Tensor, constants: Tensor, tolerance: Tensor, n_known: Tensor) -> Tensor:
    """Return the errors in columns of one value, shared out over all known cells of a row.

    Parameters
    ----------
    cells : Tensor of shape (n_samples, m)
        What the rows hold there, NaN where a value is missing.

    constants, tolerance : Tensor of shape (m,)
        What is expected there, and one unit of each column's error.

    n_known : Tensor of shape (n_samples,)
        How many cells of each row are known, of all columns.

    Returns
    -------
    Tensor of shape (n_samples,)
        Zero for rows that hold what is expected.
    """
    off = (cells - constants).abs() / tolerance
    return off.nan_to_num(nan=0.0).sum(1) / n_known


def alarms(decision: Tensor) -> Tensor:
    """Return -1 for outliers, whose decision function is below zero, and 1 for the others."""
    return torch.where(decision < 0, -1, 1)


def p_values(scores: Tensor, held_out: Tensor) -> Tensor:
    """Return each row's share of held-out rows that are as strange, itself among them.

    Parameters
    ----------
    scores : Tensor of shape (n_samples,)
        The rows' scores.

    held_out : Tensor of shape (n,)
        Minus the scores of held-out rows, in ascending order.

    Returns
    -------
    Tensor of shape (n_samples,)
        In (0, 1].
    """
    strangeness, n = -scores, len(held_out)
    less = torch.searchsorted(held_out, strangeness - SAME * strangeness)
    return (1 + n - less).to(scores.dtype) / (1 + n)


def margins(logits: Tensor) -> Tensor:
    """Return the logits: for two classes the difference, positive for the second."""
    return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits


def probabilities(logits: Tensor) -> Tensor:
    """Return the probability of each class."""
    return logits.softmax(1)


def most_likely(logits: Tensor) -> Tensor:
    """Return the number of each row's most likely class."""
    return logits.argmax(1)


def in_units(prediction: Tensor, center: Tensor, scale: Tensor) -> Tensor:
    """Return standardised targets in the units of y."""
    return prediction * scale + center
