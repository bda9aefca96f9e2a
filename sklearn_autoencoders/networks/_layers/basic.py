"""Layers of the networks."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.torch_compat import BatchNormBase, DropoutNd, children_of

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
    """Randomly set units to zero during training and rescale the others.

    Unlike `torch.nn.Dropout`, it uses an explicit random generator, which is set by training.

    Parameters
    ----------
    rate : float
        Dropout rate: probability, in [0, 1), of setting a unit to zero.

    Attributes
    ----------
    generator : Generator or None
        Source of the random draws during training.

    per_batch : bool
        Whether one draw is used for all samples. Training sets it when a batch contains all
        samples, so that a sample of weight two remains equivalent to two samples.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """Return the input, with dropout if the module is in training mode."""
        if not self.training:
            return x
        shape = x.shape[1:] if self.per_batch else x.shape
        kept = x.new_empty(shape).bernoulli_(1 - self.rate, generator=self.generator)
        return x * kept.div_(1 - self.rate)


class Binary(nn.Module):
    r"""Bits, drawn with the probabilities :math:`\sigma(x)` in training and rounded afterwards.

    The gradient is that of the probabilities, as if nothing were drawn (straight-through).

    Attributes
    ----------
    generator : Generator or None
        Source of the random draws during training.

    per_batch : bool
        Whether one draw is used for all samples, as in :class:`Dropout`.
    """

    generator: torch.Generator | None = None
    per_batch: bool = False

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros and ones."""
        probability = torch.sigmoid(x)
        is_one = x > 0
        if self.training:
            shape = x.shape[1:] if self.per_batch else x.shape
            is_one = x.new_empty(shape).uniform_(generator=self.generator) < probability
        bits = is_one.to(x.dtype)
        # penalties of derivatives are also measured in evaluation
        return bits + (probability - probability.detach()) if torch.is_grad_enabled() else bits


class Clip(nn.Module):
    """Clamp values to [0, high], with the gradient of the identity, which never vanishes.

    Parameters
    ----------
    high : float
        Largest value.
    """

    def __init__(self, high: float) -> None:
        super().__init__()
        self.high = high

    def forward(self, x: Tensor) -> Tensor:
        """Return the limited values."""
        limited = x.clamp(0.0, self.high)
        return limited.detach() + (x - x.detach()) if self.training else limited


class ByFeature(nn.Module):
    """An activation function for each feature.

    Parameters
    ----------
    names : sequence of str
        A key of `OUTPUT_ACTIVATIONS` for each feature.
    """

    index: Tensor

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        kinds = list(dict.fromkeys(names))
        self.activations = nn.ModuleList(OUTPUT_ACTIVATIONS[kind]() for kind in kinds)
        index = torch.tensor([kinds.index(name) for name in names])
        self.register_buffer("index", index, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return the activations, of shape (..., n_features)."""
        y = x
        for kind, activation in enumerate(self.activations):
            y = torch.where(self.index.eq(kind), activation(x), y)
        return y


# Activation functions of a code, which can be binary, and of reconstructions.
CODE_ACTIVATIONS: dict[str, type[nn.Module]] = ACTIVATIONS | {"binary": Binary}
# An output of a rectified linear unit that is negative for all samples would never be trained.
OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = ACTIVATIONS | {
    "clip": partial(Clip, 1.0),
    "relu": partial(Clip, math.inf),
}


def biases_of(n_layers: int, batch_norm: bool) -> list[bool]:
    """Return which layers have a bias: those that are not followed by batch normalization."""
    return [not batch_norm] * (n_layers - 1) + [True]


def linear_layers(sizes: Sequence[int], batch_norm: bool) -> list[nn.Linear]:
    """Return linear layers between sizes; batch normalization can follow all but the last one."""
    biases = biases_of(len(sizes) - 1, batch_norm)
    return [nn.Linear(*ends, bias) for ends, bias in zip(pairwise(sizes), biases, strict=True)]


@contextmanager
def drawing(network: nn.Module, generator: torch.Generator, per_batch: bool) -> Iterator[None]:
    """Set the generator of every module that has a `generator` attribute inside the block.

    Parameters
    ----------
    network : Module
        The network.

    generator : Generator
        Source of the random draws, on the device of the network.

    per_batch : bool
        Whether one draw is used for all samples of a batch.

    Yields
    ------
    None
        After the block, the generators are removed, so that the network can be copied.
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
    """Return a copy of a network in evaluation mode and without generator.

    Parameters
    ----------
    network : Module
        The network, which can be in training inside :func:`drawing`.

    Returns
    -------
    Module
        The copy.
    """
    copied = copy.deepcopy(network).eval()
    modules: list[Any] = [module for module in copied.modules() if hasattr(module, "generator")]
    for module in modules:
        module.generator = None
    return copied


class BatchNorm(BatchNormBase):
    """Standardize every channel over the batch, then scale and shift it.

    The same class is used for tabular data and images. A training batch with one value per channel,
    such as a single sample, has no variance; it is standardized by the running statistics, as in
    evaluation mode.

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
        """Return the standardized batch, of the same shape."""
        if self.training and x.numel() == self.num_features:
            statistics = self.running_mean, self.running_var
            return functional.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
        return super().forward(x)

    def _check_input_dim(self, input: Tensor) -> None:
        """Accept any number of axes."""


_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Transposed(nn.Module):
    r"""A linear layer with the transposed weights of another layer: :math:`y = W^\top x + b`.

    The weight matrix is one parameter that is shared by both layers: it is copied, converted and
    updated once. In the state dict it is only stored for the other layer.

    Parameters
    ----------
    weight : Parameter of shape (n_inputs, n_outputs)
        The weight matrix of the other layer.

    bias : bool, default=True
        Whether the layer has a bias, which is not shared.
    """

    def __init__(self, weight: Tensor, bias: bool = True) -> None:
        super().__init__()
        self.weight = weight
        self.bias = nn.Parameter(weight.new_empty(weight.shape[1])) if bias else None
        if self.bias is not None:
            bound = weight.shape[0] ** -0.5  # as in torch.nn.Linear
            nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Return the transformed batch."""
        return functional.linear(x, self.weight.t(), self.bias)

    def extra_repr(self) -> str:
        """Return the text that torch prints in parentheses."""
        n_inputs, n_outputs = self.weight.shape
        return f"in_features={n_inputs}, out_features={n_outputs}, bias={self.bias is not None}"

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        del destination[prefix + "weight"]

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        shared = {prefix + "weight": self.weight}
        super()._load_from_state_dict({**state_dict, **shared}, prefix, *args)


def with_own_layers(module: nn.Module) -> nn.Module:
    """Replace torch's dropout and batch normalization layers by those of this package.

    Torch's dropout uses the global generator, and its batch normalization fails for a batch of one
    sample.

    Parameters
    ----------
    module : Module
        A new module, which is modified in place unless it is such a layer itself.

    Returns
    -------
    Module
        The module or its replacement.
    """
    return _replaced(module, {})


def _replaced(module: nn.Module, known: dict[int, nn.Module]) -> nn.Module:
    """Return the replacement of a module; a module that is used twice is replaced once."""
    if id(module) not in known:
        known[id(module)] = own = _own(module)
        children = children_of(own)
        for name, child in children.items():
            children[name] = None if child is None else _replaced(child, known)
    return known[id(module)]


def _own(module: nn.Module) -> nn.Module:
    if type(module) is nn.Dropout:
        return Dropout(module.p)
    if isinstance(module, DropoutNd):
        raise ValueError(
            f"{module} draws from torch's global generator. Use torch.nn.Dropout, which training "
            "replaces by a layer that draws from random_state."
        )
    if isinstance(module, BatchNormBase) and type(module) in _BATCH_NORMS:
        own = BatchNorm(module.num_features)
        own.__dict__.update(module.__dict__)  # including weights, momentum and eps
        return own
    return module


def block(
    layer: nn.Module, n_channels: int, activation: str, batch_norm: bool, dropout: float
) -> nn.Sequential:
    """Return a layer followed by batch normalization, activation and dropout.

    Parameters
    ----------
    layer : Module
        Layer whose output has the channels on the second axis.

    n_channels : int
        Number of channels of the layer's output.

    activation : str
        A key of `ACTIVATIONS`.

    batch_norm : bool
        Whether the output of the layer is standardized over the batch.

    dropout : float
        Dropout rate.

    Returns
    -------
    Sequential
        Layer, batch normalization, activation and dropout.
    """
    parts = [layer]
    parts += [BatchNorm(n_channels)] if batch_norm else []
    parts += [ACTIVATIONS[activation]()]
    parts += [Dropout(dropout)] if dropout else []
    return nn.Sequential(*parts)


class UndecayedLinear(nn.Linear):
    """A linear layer without weight decay: its initial weights come from PCA or a regression."""

    decays = False


def decayed_parameters(network: nn.Module) -> list[nn.Parameter]:
    """Return the parameters that are decayed: weights, but not biases.

    Modules whose attribute `decays` is False are excluded.

    Parameters
    ----------
    network : Module
        An autoencoder.

    Returns
    -------
    list of Parameter
        A subset of the network's parameters.
    """
    exempt_modules = [m for m in network.modules() if not getattr(m, "decays", True)]
    exempt = {id(parameter) for module in exempt_modules for parameter in module.parameters()}
    return [p for p in network.parameters() if p.ndim > 1 and id(p) not in exempt]
