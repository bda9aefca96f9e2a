"""Replacement of missing inputs by their conditional mean."""

from __future__ import annotations

from collections.abc import Callable

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

    # Solves systems of linear equations.
    solve: Callable[[Tensor, Tensor], Tensor] = staticmethod(torch.linalg.solve)

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
        precision = (~missing).to(x.dtype) @ self._products
        precision = self._identity + precision.unflatten(1, self._identity.shape)
        factors = self.solve(precision, (x @ self._weighted)[..., None])[..., 0]
        return torch.where(missing, factors @ self._loadings.T, x)
