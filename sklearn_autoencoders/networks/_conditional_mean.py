"""Replacement of missing inputs by their conditional mean."""

from __future__ import annotations

import torch
from torch import Tensor


class ConditionalMean:
    r"""Replaces missing inputs by their mean given the others, under factor analysis.

    .. math:: E[x_m \mid x_o] = W_m (I + W_o^T \Psi_o^{-1} W_o)^{-1} W_o^T \Psi_o^{-1} x_o

    Parameters
    ----------
    loadings : Tensor of shape (n_inputs, n_factors)
        The matrix :math:`W`.

    noise : Tensor of shape (n_inputs,)
        The diagonal of :math:`\Psi`.
    """

    # Whether to use operations only that a graph for other programs can contain.
    is_traced = False

    def __init__(self, loadings: Tensor, noise: Tensor) -> None:
        self._loadings, self._weighted = loadings, loadings / noise[:, None]
        self._products = (loadings[:, :, None] * self._weighted[:, None, :]).flatten(1)
        self._identity = torch.eye(loadings.shape[1]).to(loadings)

    def __call__(self, x: Tensor, missing: Tensor) -> Tensor:
        """Return inputs without missing values.

        Parameters
        ----------
        x : Tensor of shape (batch, n_inputs)
            Scaled inputs, zero where they are missing.

        missing : Tensor of bool, of the same shape
            Which inputs are missing.
        """
        if not self.is_traced and not missing.any():
            return x
        precision = (~missing).to(x.dtype) @ self._products
        precision = self._identity + precision.unflatten(1, self._identity.shape)
        solve = _eliminate if self.is_traced else torch.linalg.solve
        factors = solve(precision, (x @ self._weighted)[..., None])[..., 0]
        return torch.where(missing, factors @ self._loadings.T, x)


def _eliminate(matrix: Tensor, right: Tensor) -> Tensor:
    """Solve systems with positive definite matrices by Gauss-Jordan elimination."""
    n = matrix.shape[-1]
    rows, identity = torch.cat([matrix, right], -1), torch.eye(n).to(matrix)
    for i in range(n):
        pivot = rows[:, i : i + 1] / rows[:, i : i + 1, i : i + 1]
        rows = rows - (rows[:, :, i : i + 1] - identity[:, i : i + 1]) * pivot
    return rows[:, :, n:]
