"""Weights of the levels of a number, which neighboring levels share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class LevelBasis(nn.Module):
    r"""Weights of levels: sums of weights that levels share and weights of each level.

    .. math:: w_k = \sum_r f_r(k)\, s_r + g_k\, o_k

    where the functions :math:`f_r` are smooth in the level of a number, so that neighboring levels
    have similar weights, and the factor :math:`g_k` is small for levels of few samples. The
    functions and the factors are set once and never trained.

    Parameters
    ----------
    n_levels : int
        Number of levels of all columns.

    n_functions : int
        Number of functions of all columns.
    """

    functions: Tensor
    factors: Tensor

    def __init__(self, n_levels: int, n_functions: int) -> None:
        super().__init__()
        self.register_buffer("functions", torch.zeros(n_levels, n_functions))
        self.register_buffer("factors", torch.ones(n_levels))

    @property
    def n_weights(self) -> int:
        """Number of own and shared weights."""
        return sum(self.functions.shape)

    def set(self, functions: Any, factors: Any) -> None:
        """Set the functions and the factors."""
        self.functions.copy_(torch.as_tensor(functions))
        self.factors.copy_(torch.as_tensor(factors))

    def combined(self, weights: Tensor) -> Tensor:
        """Return values of levels, of shape (..., n_levels); weights have (..., n_weights)."""
        own, shared = weights.split([*self.functions.shape], -1)
        values: Tensor = own * self.factors + shared @ self.functions.T
        return values


class LevelLogits(LevelBasis):
    """Logits of levels; they start at the logarithms of the frequencies.

    Parameters
    ----------
    n_levels, n_functions : int
        As in :class:`LevelBasis`.
    """

    log_frequencies: Tensor

    def __init__(self, n_levels: int, n_functions: int) -> None:
        super().__init__(n_levels, n_functions)
        self.register_buffer("log_frequencies", torch.zeros(n_levels))

    def forward(self, output: Tensor) -> Tensor:
        """Return the logits, of shape (batch, n_levels); outputs have shape (batch, n_weights)."""
        return self.combined(output) + self.log_frequencies


def start_at_frequencies(
    network: Any, functions: Any, factors: tuple[Any, Any], frequencies: Any, scale: Any
) -> None:
    """Set the functions of a network, and the logits at which it starts.

    Parameters
    ----------
    network : Autoencoder
        Its encoder starts with a :class:`ColumnEmbedding`, its decoder ends in
        :class:`LevelLogits`.

    functions : ndarray of shape (n_levels, n_functions)
        Functions of the levels, of mean zero.

    factors : tuple of two ndarrays of shape (n_levels,)
        Factors of the own weights of each level, in the embedding and in the logits.

    frequencies : ndarray of shape (n_levels,)
        Frequency of each level in its column.

    scale : ndarray of shape (n_levels,)
        Values by which the inputs were divided.
    """
    network.encoder[0].basis.set(functions * scale[:, None], factors[0])
    network.decoder[-1].set(functions, factors[1])
    network.decoder[-1].log_frequencies.copy_(torch.as_tensor(frequencies).log())
