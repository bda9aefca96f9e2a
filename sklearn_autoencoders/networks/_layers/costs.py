"""The cost of a forward pass."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from .subspace import FixedLinear


def multiply_adds(network: nn.Module) -> int:
    """Return the approximate number of multiply-adds per sample.

    Parameters
    ----------
    network : Module
        A layer that applies its weights at many positions, as a convolution does, has an attribute
        `positions`.

    Returns
    -------
    int
        Number of weights, each multiplied by its number of positions.
    """
    return sum(positions * weight.numel() for positions, weight in _applied(network))


def widest_layer(network: nn.Module) -> int:
    """Return the approximate number of values per sample in the widest layer.

    Parameters
    ----------
    network : Module
        As for :func:`multiply_adds`.

    Returns
    -------
    int
        Number of units, or channels times positions, of all autoencoders of an ensemble.
    """
    return getattr(network, "n_estimators", 1) * max(
        positions * max(parameter.shape, default=1) for positions, parameter in _applied(network)
    )


def _applied(network: nn.Module) -> Iterator[tuple[int, Tensor]]:
    """Yield every weight with the number of positions at which it is applied."""
    for module in network.modules():
        fixed = module.buffers(recurse=False) if isinstance(module, FixedLinear) else ()
        for weight in (*module.parameters(recurse=False), *fixed):
            yield getattr(module, "positions", 1), weight
