"""How much work a network is."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn


def multiply_adds(network: nn.Module) -> int:
    """Return about how many multiply-adds one row costs.

    Parameters
    ----------
    network : Module
        A layer that applies its weights in many positions, as a convolution does, says so by an
        attribute `positions`.

    Returns
    -------
    int
        Number of weights, each as often as it is applied.
    """
    return sum(positions * weight.numel() for positions, weight in _applied(network))


def widest_layer(network: nn.Module) -> int:
    """Return about how many cells the widest layer has for one row.

    Parameters
    ----------
    network : Module
        As for :func:`multiply_adds`.

    Returns
    -------
    int
        Number of units, or channels times positions, of all members if there are several.
    """
    return getattr(network, "n_members", 1) * max(
        positions * max(parameter.shape, default=1) for positions, parameter in _applied(network)
    )


def _applied(network: nn.Module) -> Iterator[tuple[int, nn.Parameter]]:
    """Yield every weight with the number of positions that it is applied in."""
    for module in network.modules():
        for parameter in module.parameters(recurse=False):
            yield getattr(module, "positions", 1), parameter
