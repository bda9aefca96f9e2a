"""Ratings and clicks as training samples, whose batches stay sparse."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..._utils.batch import Batch
from ..batches import SampleDataset
from ..sources.sparse import SparseRows


class InteractionRows(SparseRows):
    """The samples of a sparse matrix, of which networks read the stored values only."""

    def as_type(self, dtype: Any) -> InteractionRows:
        """Return the same samples in another type."""
        matrix = self.matrix.astype(dtype, copy=False)
        return InteractionRows(matrix, self._missing, self._unstored)


class InteractionDataset(SampleDataset):
    """Samples of which a batch is a sparse tensor, both as the input and as the target.

    What is not stored is neither an input nor, for ratings, a target; there is no scaling.
    """

    def __getitems__(self, indices: Any) -> Batch:
        """Return a batch, for a list of positions or a slice."""
        x = _sparse_tensor(self._inputs.matrix[indices]).to(self._device, self.dtype)
        fields: dict[str, Any] = {name: tensor[indices] for name, tensor in self._fields.items()}
        index = indices if self._index is None else self._index[indices]
        return Batch(x, x, index=index, **fields)


def _sparse_tensor(matrix: Any) -> Tensor:
    """Return a sparse matrix of canonical format as a tensor of pairs of a row and a column."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    places, values = np.stack([rows, matrix.indices]), torch.from_numpy(matrix.data)
    options: dict[str, Any] = {"is_coalesced": True, "check_invariants": False}
    return torch.sparse_coo_tensor(torch.from_numpy(places), values, matrix.shape, **options)
