"""Replacement of missing inputs by their conditional mean."""

from __future__ import annotations

import torch
from torch import Tensor

# Known inputs are limited to this many standard deviations, as lines are wrong far away.
LIMIT = 4.0
# Maximum number of steps of conjugate gradients, and that in training, in which the error of fewer
# steps is small beside the noise of the masks.
_N_STEPS, N_TRAINING_STEPS = 12, 8


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


class GaussianMean:
    r"""Replaces missing inputs by their mean given the others, under a normal distribution.

    .. math:: E[x_m \mid x_o] = -\Lambda_{mm}^{-1} \Lambda_{mo} x_o

    is computed by conjugate gradients, of which each step is one product of matrices for all
    samples, whatever their missing inputs are.

    Parameters
    ----------
    precision : Tensor of shape (n_inputs, n_inputs)
        The matrix :math:`\Lambda`, the inverse of the covariance matrix.

    low, high : Tensor of shape (n_inputs,)
        Limits of the predictions.
    """

    is_traced = False
    # Maximum number of steps.
    n_steps = _N_STEPS

    def __init__(self, precision: Tensor, low: Tensor, high: Tensor) -> None:
        self._precision, self._diagonal = precision, precision.diagonal()
        self._low, self._high = low, high

    def __call__(self, x: Tensor, missing: Tensor) -> Tensor:
        """Return inputs without missing values, as :class:`ConditionalMean` does."""
        if not self.is_traced and not missing.any():
            return x
        hidden = missing.to(x.dtype)
        right = -(x.clamp(-LIMIT, LIMIT) @ self._precision) * hidden
        mean = self._solve(right, hidden)
        return torch.where(missing, mean.maximum(self._low).minimum(self._high), x)

    def _solve(self, right: Tensor, hidden: Tensor) -> Tensor:
        """Return solutions, of the equations and in the unknowns of the hidden inputs."""
        tiny = 1e-30  # where nothing is left to solve
        solution, rest, inverse = torch.zeros_like(right), right, 1 / self._diagonal
        direction = scaled = rest * inverse
        length = (rest * scaled).sum(1, keepdim=True)
        for _ in range(min(self.n_steps, right.shape[1])):
            image = (direction @ self._precision) * hidden
            step = length / (direction * image).sum(1, keepdim=True).clamp(min=tiny)
            solution = torch.addcmul(solution, step, direction)
            rest = torch.addcmul(rest, step, image, value=-1)
            scaled, before = rest * inverse, length
            length = (rest * scaled).sum(1, keepdim=True)
            direction = torch.addcmul(scaled, length / before.clamp(min=tiny), direction)
        return solution


def hidden_blocks(precision: Tensor, missing: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the block of a matrix for the missing inputs of each sample.

    Parameters
    ----------
    precision : Tensor of shape (n_inputs, n_inputs)
        The matrix.

    missing : Tensor of bool, of shape (batch, n_inputs)
        Which inputs are missing.

    Returns
    -------
    blocks : Tensor of shape (batch, n_hidden, n_hidden)
        The blocks, for the largest number of missing inputs, filled with the identity.

    index : Tensor of shape (batch, n_hidden)
        Inputs to which rows and columns belong.

    is_hidden : Tensor of bool, of shape (batch, n_hidden)
        Whether they are missing.
    """
    count = missing.sum(1, keepdim=True)
    n_hidden = int(count.max())
    index = (~missing).byte().argsort(dim=1, stable=True)[:, :n_hidden]
    is_hidden = torch.arange(n_hidden, device=missing.device) < count
    blocks = precision[index[:, :, None], index[:, None, :]]
    identity = torch.eye(n_hidden, dtype=precision.dtype, device=precision.device)
    return (
        torch.where(is_hidden[:, :, None] & is_hidden[:, None, :], blocks, identity),
        index,
        is_hidden,
    )


def _eliminate(matrix: Tensor, right: Tensor) -> Tensor:
    """Solve systems with positive definite matrices by Gauss-Jordan elimination."""
    n = matrix.shape[-1]
    rows, identity = torch.cat([matrix, right], -1), torch.eye(n).to(matrix)
    for i in range(n):
        pivot = rows[:, i : i + 1] / rows[:, i : i + 1, i : i + 1]
        rows = rows - (rows[:, :, i : i + 1] - identity[:, i : i + 1]) * pivot
    return rows[:, :, n:]
