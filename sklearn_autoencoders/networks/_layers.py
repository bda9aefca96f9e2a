"""Layers that several networks are made of."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.torch_compat import BatchNormBase as _BatchNorm
from .._utils.torch_compat import DropoutNd as _DropoutNd

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "identity": nn.Identity,
    "leaky_relu": nn.LeakyReLU,
    "logistic": nn.Sigmoid,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}


class Dropout(nn.Module):
    """Leave out units in training, and scale the others up to compensate.

    Unlike `torch.nn.Dropout` it draws from an explicit generator, which training sets.

    Parameters
    ----------
    rate : float
        Probability in [0, 1) of leaving a unit out.

    Attributes
    ----------
    generator : Generator or None
        Where training draws from.

    per_batch : bool
        Whether one draw serves all rows. Training sets it when a batch holds all rows, where a row
        of weight two has to remain the same as two rows.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return the units, in training with some of them set to zero."""
        if not self.training:
            return x
        shape = x.shape[1:] if self.per_batch else x.shape
        kept = x.new_empty(shape).bernoulli_(1 - self.rate, generator=self.generator)
        return x * kept.div_(1 - self.rate)


@contextmanager
def drawing(network: nn.Module, generator: torch.Generator, per_batch: bool) -> Iterator[None]:
    """Let every module that has room for a generator draw from this one inside the block.

    Parameters
    ----------
    network : Module
        The network.

    generator : Generator
        The source of the draws, on the network's device.

    per_batch : bool
        Whether one draw serves all rows of a batch.

    Yields
    ------
    None
        Afterwards the network draws from nothing of ours, and can be copied.
    """
    layers: list[Any] = [module for module in network.modules() if hasattr(module, "generator")]
    for layer in layers:
        layer.generator, layer.per_batch = generator, per_batch
    try:
        yield
    finally:
        for layer in layers:
            layer.generator, layer.per_batch = None, False


def without_generator(network: nn.Module) -> nn.Module:
    """Return a copy of a network in training that can be used as if training were over.

    Parameters
    ----------
    network : Module
        Perhaps inside :func:`drawing`.

    Returns
    -------
    Module
        In evaluation mode, with nothing to draw from.
    """
    copied = copy.deepcopy(network).eval()
    modules: list[Any] = [module for module in copied.modules() if hasattr(module, "generator")]
    for module in modules:
        module.generator = None
    return copied


class BatchNorm(_BatchNorm):
    """Standardise every channel over the batch, then shift and scale it.

    One class serves tables and images. A training batch that has one value per channel, such as a
    single row, has no variance; it is standardised by the running statistics, as after training.

    Parameters
    ----------
    num_features : int
        Number of channels, the second axis of the input.

    References
    ----------
    .. [1] S. Ioffe and C. Szegedy, "Batch Normalization: Accelerating Deep Network Training by
       Reducing Internal Covariate Shift", ICML 2015.
    """

    def __init__(self, num_features: int) -> None:
        super().__init__(num_features)

    def forward(self, x: Tensor) -> Tensor:
        """Return the standardised batch, of the same shape."""
        if self.training and x.numel() == self.num_features:
            statistics = self.running_mean, self.running_var
            return functional.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
        return super().forward(x)

    def _check_input_dim(self, input: Tensor) -> None:
        """Take any number of axes."""


_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Transposed(nn.Module):
    r"""A linear layer with another layer's matrix, transposed: :math:`y = W^\top x + b`.

    The matrix is one parameter in two places: copies, conversions and gradients see it once, and
    so does the state, where it belongs to the other layer.

    Parameters
    ----------
    weight : Parameter of shape (n_inputs, n_outputs)
        The matrix of the other layer.

    bias : bool, default=True
        Whether there is an offset, which is this layer's own.
    """

    def __init__(self, weight: Tensor, bias: bool = True) -> None:
        super().__init__()
        self.weight = weight
        self.bias = nn.Parameter(weight.new_empty(weight.shape[1])) if bias else None
        if self.bias is not None:
            bound = weight.shape[0] ** -0.5  # as in torch.nn.Linear
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Return the batch times the matrix."""
        return functional.linear(x, self.weight.t(), self.bias)

    def extra_repr(self) -> str:
        """Return what torch prints between the parentheses."""
        n_inputs, n_outputs = self.weight.shape
        return f"in_features={n_inputs}, out_features={n_outputs}, bias={self.bias is not None}"

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        del destination[prefix + "weight"]

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        shared = {prefix + "weight": self.weight}
        super()._load_from_state_dict({**state_dict, **shared}, prefix, *args)


def with_own_layers(module: nn.Module) -> nn.Module:
    """Replace torch's dropout and batch normalisation by those of this package.

    Torch's draw from the global generator, and break on a batch of one row.

    Parameters
    ----------
    module : Module
        Just built; changed in place, unless it is such a layer itself.

    Returns
    -------
    Module
        The module, or what takes its place.
    """
    return _replaced(module, {})


def _replaced(module: nn.Module, known: dict[int, nn.Module]) -> nn.Module:
    """Return what takes the place of a module; one that stands in two places is replaced once."""
    if id(module) not in known:
        known[id(module)] = own = _own(module)
        for name, child in own._modules.items():
            own._modules[name] = None if child is None else _replaced(child, known)
    return known[id(module)]


def _own(module: nn.Module) -> nn.Module:
    if type(module) is nn.Dropout:
        return Dropout(module.p)
    if isinstance(module, _DropoutNd):
        raise ValueError(
            f"{module} draws from torch's global generator. Use torch.nn.Dropout, in whose place "
            "training puts a layer that draws from random_state."
        )
    if isinstance(module, _BatchNorm) and type(module) in _BATCH_NORMS:
        own = BatchNorm(module.num_features)
        own.__dict__.update(module.__dict__)  # its weights, its momentum, its eps
        return own
    return module


def block(
    layer: nn.Module, n_channels: int, activation: str, batch_norm: bool, dropout: float
) -> nn.Sequential:
    """Return a layer and what follows it inside a network.

    Parameters
    ----------
    layer : Module
        Its output has the channels on the second axis.

    n_channels : int
        Number of channels of the layer's output.

    activation : str
        A key of `ACTIVATIONS`.

    batch_norm : bool
        Whether the layer's output is standardised.

    dropout : float
        Share of the units that sit out a training step.

    Returns
    -------
    Sequential
        Layer, batch normalisation, activation, dropout.
    """
    parts = [layer]
    parts += [BatchNorm(n_channels)] if batch_norm else []
    parts += [ACTIVATIONS[activation]()]
    parts += [Dropout(dropout)] if dropout else []
    return nn.Sequential(*parts)
