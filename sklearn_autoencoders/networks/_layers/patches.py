"""Linear maps of the patches of an image or a series, which a code with positions consists of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from ..._utils.grids import as_grids, flatten_grids, grid_sizes
from .basic import UndecayedLinear


@dataclass(frozen=True)
class Patches:
    """Cuts samples into adjoining patches, one for each position of a code.

    Parameters
    ----------
    shape : tuple of int
        Shape of a sample.

    layout : str
        Order of its axes.

    counts : tuple of int
        Number of patches along each axis.

    size : int
        Number of pixels or time points of a patch along each axis. The last patches are padded with
        zeros.
    """

    shape: tuple[int, ...]
    layout: str
    counts: tuple[int, ...]
    size: int

    @property
    def n_positions(self) -> int:
        """Number of patches."""
        return math.prod(self.counts)

    @property
    def n_values(self) -> int:
        """Number of values of a patch."""
        n_channels, *_ = grid_sizes(self.shape, self.layout)
        return int(n_channels * self.size ** len(self.counts))

    def split(self, x: Tensor) -> Tensor:
        """Return the patches (batch, n_positions, n_values) of flattened samples."""
        grids, n_axes = as_grids(x, self.shape, self.layout), len(self.counts)
        padding = [
            end
            for count, length in zip(self.counts[::-1], grids.shape[:1:-1], strict=True)
            for end in (0, count * self.size - length)
        ]
        grids = functional.pad(grids, padding)
        for axis, count in reversed(list(enumerate(self.counts, 2))):
            grids = grids.unflatten(axis, (count, self.size))
        places, within = range(2, 2 + 2 * n_axes, 2), range(3, 3 + 2 * n_axes, 2)
        return grids.permute(0, *places, 1, *within).flatten(1 + n_axes).flatten(1, n_axes)

    def join(self, patches: Tensor) -> Tensor:
        """Return the flattened samples of patches."""
        (n_channels, *lengths), n_axes = grid_sizes(self.shape, self.layout), len(self.counts)
        parts = patches.unflatten(2, (n_channels, *n_axes * (self.size,)))
        parts = parts.unflatten(1, self.counts)
        order = [axis for k in range(n_axes) for axis in (1 + k, 2 + n_axes + k)]
        grids = parts.permute(0, 1 + n_axes, *order)
        for axis, length in enumerate(lengths, 2):
            grids = grids.flatten(axis, axis + 1).narrow(axis, 0, length)
        return flatten_grids(grids, self.layout)


class PatchEncoder(UndecayedLinear):
    """Maps each patch of flattened samples to the components of its position.

    Parameters
    ----------
    patches : Patches
        The patches.

    n_components : int
        Number of components of all positions.
    """

    def __init__(self, patches: Patches, n_components: int) -> None:
        super().__init__(patches.n_values, n_components // patches.n_positions)
        self.patches, self.positions = patches, patches.n_positions

    def forward(self, x: Tensor) -> Tensor:
        """Return the codes, of shape (batch, n_components)."""
        return super().forward(self.patches.split(x)).transpose(1, 2).flatten(1)


class PatchDecoder(UndecayedLinear):
    """Maps the components of each position to a patch; parameters as in :class:`PatchEncoder`."""

    def __init__(self, patches: Patches, n_components: int) -> None:
        super().__init__(n_components // patches.n_positions, patches.n_values)
        self.patches, self.positions = patches, patches.n_positions

    def forward(self, x: Tensor) -> Tensor:
        """Return flattened samples."""
        codes = x.unflatten(1, (self.in_features, self.positions)).transpose(1, 2)
        return self.patches.join(super().forward(codes))


def linear_maps(
    patches: Patches | None, n_features: int, n_encoded: int, n_decoded: int
) -> tuple[nn.Linear, nn.Linear]:
    """Return linear maps to the code and back: of whole samples, or of patches."""
    if patches is None:
        return UndecayedLinear(n_features, n_encoded), UndecayedLinear(n_decoded, n_features)
    return PatchEncoder(patches, n_encoded), PatchDecoder(patches, n_decoded)
