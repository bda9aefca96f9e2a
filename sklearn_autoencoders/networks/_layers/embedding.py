"""Embeddings of the columns of a table."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.layout import Layout
from .level_basis import LevelBasis

# Standard deviation of the initial weights.
_STD = 0.3


class ColumnEmbedding(nn.Module):
    """A vector for each column, which is linear in the inputs of the column.

    For a column of categories these are the usual embeddings of the categories. For the levels of a
    number they are composed as in :class:`LevelBasis`.

    Parameters
    ----------
    n_categories : tuple of int
        Number of categories of each column, 0 for a number.

    n_masks : int
        Number of further inputs: none, or one for each column, whose value is missing where it is
        one. They are zero by default.

    n_components : int
        Size of the vector of each column.

    n_functions : int
        Number of functions of the levels.
    """

    def __init__(
        self, n_categories: tuple[int, ...], n_masks: int, n_components: int, n_functions: int
    ) -> None:
        super().__init__()
        # a number is one input, like a column of one category
        self._layout = layout = Layout(tuple(max(n, 1) for n in n_categories))
        self.basis = LevelBasis(layout.n_inputs, n_functions)
        self.weight = nn.Parameter(torch.randn(self.basis.n_weights, n_components) * _STD)
        self.mask_weight = nn.Parameter(torch.randn(n_masks, n_components) * _STD)

    @property
    def n_outputs(self) -> int:
        """Size of all vectors together."""
        return self._layout.n_columns * self.weight.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors of all columns, of shape (batch, n_outputs)."""
        layout, weight = self._layout, self.basis.combined(self.weight.T)
        given, masks = x.tensor_split([layout.n_inputs], -1)
        parts = [
            values.transpose(0, 1) @ weights.permute(1, 2, 0)
            for values, weights in zip(*map(layout.by_column, (given, weight)), strict=True)
        ]
        vectors = torch.cat(parts).transpose(0, 1)
        if masks.shape[-1]:  # without them nothing is missing
            vectors = vectors + masks[..., None] * self.mask_weight
        return vectors.flatten(1)


class PiecewiseLinear(nn.Module):
    r"""A vector for each number: piecewise linear functions of it.

    With intervals :math:`[b_{t-1}, b_t]`, the vector is

    .. math:: \max\Bigl(0,\; a + \sum_t w_t \min\Bigl(1, \max\Bigl(0,
        \frac{x - b_{t-1}}{b_t - b_{t-1}}\Bigr)\Bigr)\Bigr).

    Parameters
    ----------
    n_numbers : int
        Number of columns of numbers.

    n_bins : int
        Number of intervals of each number; empty ones are not used.

    n_components : int
        Size of the vector of each number.

    References
    ----------
    .. [1] Y. Gorishniy, I. Rubachev and A. Babenko, "On Embeddings for Numerical Features in
       Tabular Deep Learning", NeurIPS 2022.
    """

    edges: Tensor

    def __init__(self, n_numbers: int, n_bins: int, n_components: int) -> None:
        super().__init__()
        weight = torch.randn(n_numbers, n_bins, n_components) / n_bins**0.5
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(0.1 * torch.randn(n_numbers * n_components))
        self.register_buffer("edges", torch.zeros(n_numbers, n_bins + 1))

    def forward(self, x: Tensor, missing: Tensor | None = None) -> Tensor:
        """Return the vectors of all numbers.

        Parameters
        ----------
        x : Tensor of shape (batch, n_numbers)
            Numbers.

        missing : Tensor of shape (batch, n_numbers) or None, default=None
            One where a number is missing; its vector is then that below the first interval.

        Returns
        -------
        Tensor of shape (batch, n_numbers * n_components)
            The vectors, side by side.
        """
        width = self.edges.diff(dim=1)
        is_used = width > 0
        below = x[..., None] - self.edges[:, :-1]
        code = (below / width.where(is_used, 1.0)).clamp(0.0, 1.0) * is_used
        if missing is not None:
            code = code * (1 - missing)[..., None]
        vectors = torch.einsum("bnt,ntd->bnd", code, self.weight).flatten(1)
        return functional.relu(vectors + self.bias)


class NumberVectors(nn.Module):
    """The inputs of an encoder, followed by a :class:`PiecewiseLinear` vector of each number.

    Functions of single numbers, such as that of a frequent value, need no hidden units then.

    Parameters
    ----------
    n_categories : tuple of int
        Number of categories of each column, 0 for a number.

    n_bins : int
        Number of intervals of each number.

    n_components : int
        Size of the vector of each number.
    """

    def __init__(self, n_categories: tuple[int, ...], n_bins: int, n_components: int) -> None:
        super().__init__()
        self._layout = Layout(n_categories)
        self.vectors = PiecewiseLinear(n_categories.count(0), n_bins, n_components)

    @property
    def n_more(self) -> int:
        """Size of all vectors together."""
        return self.vectors.bias.numel()

    def forward(self, x: Tensor) -> Tensor:
        """Return inputs of shape (batch, n_inputs + n_columns) and the vectors, side by side.

        The last inputs are one where the value of a column is missing.
        """
        layout = self._layout
        missing = x[:, layout.n_inputs + layout.numbers.to(x.device)]
        numbers = x[:, layout.number_inputs.to(x.device)]
        return torch.cat([x, self.vectors(numbers, missing)], 1)
