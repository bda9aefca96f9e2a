"""Reconstruction of a sample near the nearest of a few typical samples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.tensors import argmin_of_last

# Number of times that missing values are predicted from the observed ones.
_N_PASSES = 5


class Prototypes(nn.Module):
    r"""Typical samples, and the directions in which samples near each of them vary.

    A sample :math:`x` is compared with the nearest prototype :math:`c`, and reconstructed in the
    plane through it that is spanned by the orthonormal directions :math:`V`:

    .. math:: \hat x = c + V^\top V (x - c)

    as in a mixture of principal component analyzers. All lengths are those of inputs divided by
    `unit`. Prototypes are set once and never trained.

    Parameters
    ----------
    n_groups : int
        Number of groups of prototypes. A sample is compared with the nearest one of each.

    n_prototypes, n_directions : int
        Number of prototypes of each group, and of directions of each prototype.

    n_features : int
        Number of inputs of the network.
    """

    inputs: Tensor
    directions: Tensor
    unit: Tensor

    def __init__(
        self, n_groups: int, n_prototypes: int, n_directions: int, n_features: int
    ) -> None:
        super().__init__()
        self.n_groups, n_prototypes = n_groups, n_groups * n_prototypes
        self.register_buffer("inputs", torch.zeros(n_prototypes, n_features))
        self.register_buffer("directions", torch.zeros(n_prototypes, n_directions, n_features))
        self.register_buffer("unit", torch.ones(n_features))

    def forward(self, x: Tensor, observed: Tensor | None = None) -> Tensor:
        """Return the difference of each sample from its reconstruction by each group.

        Parameters
        ----------
        x : Tensor of shape (batch, n_features)
            Inputs of the network; missing values are zero.

        observed : Tensor of shape (batch, n_features) or None, default=None
            Zero where a value is missing. None if all values are known.

        Returns
        -------
        Tensor of shape (n_groups, batch, n_features)
            The differences, in units of the inputs; zero where a value is missing.
        """
        center = self.inputs.mean(0)  # squares of values far from zero would be rounded
        prototypes, x = (self.inputs - center) / self.unit, (x - center) / self.unit
        x = x if observed is None else x * observed
        squares = prototypes.square()
        norms = squares.sum(1) if observed is None else observed @ squares.T
        distance = torch.addmm(norms, x, prototypes.T, alpha=-2)
        nearest = self._nearest(distance)
        difference = x.repeat(self.n_groups, 1) - functional.embedding(nearest, prototypes)
        if observed is not None:
            observed = observed.repeat(self.n_groups, 1)
            difference = difference * observed
        if self.directions.shape[1]:
            difference = difference - self._within(difference, nearest, observed)
        difference = difference * self.unit
        difference = difference if observed is None else difference * observed
        return difference.reshape(self.n_groups, -1, difference.shape[1])

    def _nearest(self, distance: Tensor) -> Tensor:
        """Return the indices of the nearest prototypes of all samples, group after group."""
        groups = distance.reshape(len(distance), self.n_groups, -1)
        first = torch.arange(self.n_groups, device=distance.device) * groups.shape[2]
        return (argmin_of_last(groups) + first).T.flatten()

    def _within(self, difference: Tensor, nearest: Tensor, observed: Tensor | None) -> Tensor:
        """Return the parts of differences from prototypes that are within their planes.

        Missing values are those of the part itself, found by repetition, so that the part is that
        of which the observed values are nearest to the sample.
        """
        axes = [functional.embedding(nearest, axis) for axis in self.directions.unbind(1)]
        part = _projected(difference, axes)
        if observed is None:
            return part
        for _ in range(_N_PASSES):
            part = _projected(difference + part * (1 - observed), axes)
        return part

    def set(self, inputs: Any, directions: Any, kept: Any) -> None:
        """Set prototypes and their directions, except those to keep.

        Parameters
        ----------
        inputs : array-like of shape (n_prototypes, n_features)
            Samples, as inputs of the network.

        directions : array-like of shape (n_prototypes, n_directions, n_features)
            Orthonormal vectors, of inputs divided by the unit; or zeros.

        kept : array-like of bool of shape (n_prototypes,)
            Which prototypes are not replaced.
        """
        is_kept = torch.as_tensor(kept, device=self.inputs.device)
        for buffer, new in ((self.inputs, inputs), (self.directions, directions)):
            buffer[~is_kept] = torch.as_tensor(new).to(buffer)[~is_kept]


def _projected(x: Tensor, axes: list[Tensor]) -> Tensor:
    """Return the projection of each sample on its own orthonormal axes.

    For a few axes, elementwise operations take a tenth of the time of batched matrix products.
    """
    part = torch.zeros_like(x)
    for axis in axes:
        part = torch.addcmul(part, (x * axis).sum(1, keepdim=True), axis)
    return part
