"""Embeddings of the columns of a table."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.layout import Layout
from ._level_basis import LevelBasis

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
        layout = Layout(n_categories)
        self._column = torch.cat([layout.column, torch.arange(n_masks)])
        self._n_columns = layout.n_columns
        self.basis = LevelBasis(layout.n_inputs, n_functions)
        self.weight = nn.Parameter(torch.randn(self.basis.n_weights, n_components) * _STD)
        self.mask_weight = nn.Parameter(torch.randn(n_masks, n_components) * _STD)

    @property
    def n_outputs(self) -> int:
        """Size of all vectors together."""
        return self._n_columns * self.weight.shape[1]

    def forward(self, x: Tensor) -> Tensor:
        """Return the vectors of all columns, of shape (batch, n_outputs)."""
        weight = torch.cat([self.basis.combined(self.weight.T).T, self.mask_weight])
        n_inputs, n_components = weight.shape
        x = functional.pad(x, (0, n_inputs - x.shape[-1]))  # without masks nothing is missing
        blocks = x.new_zeros(n_inputs, self._n_columns, n_components)
        rows = torch.arange(n_inputs, device=x.device)
        blocks = blocks.index_put((rows, self._column.to(x.device)), weight)
        return x @ blocks.view(n_inputs, -1)
