"""The contract of a network part and the module that it becomes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn

from .._compat import Constraints
from ._autoencoder import Autoencoder
from ._ensemble import Ensemble
from ._latent_parts import LatentPart
from ._layers import with_own_layers
from ._predictor import Predictor
from ._seeded import drawing_from
from ._variational import VariationalAutoencoder


class LinearPath(nn.Module):
    r"""A linear map beside a network: :math:`y = Wx + b + f(x)`.

    The last layer of `f` starts at zero, so that training starts at the linear map.

    Parameters
    ----------
    n_inputs, n_outputs : int
        Sizes of `x` and `y`.

    correction : Module
        The network `f`.

    is_tried : bool, default=True
        Whether `f` is made to start at zero; not if its weights come from elsewhere.

    Raises
    ------
    ValueError
        If the output of `f` is not that of its last layer.
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, correction: nn.Module, is_tried: bool = True
    ) -> None:
        super().__init__()
        self.linear = nn.Linear(n_inputs, n_outputs)
        self.correction = correction
        if is_tried:
            _start_at_zero(correction, self.linear.weight.new_ones(2, n_inputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of the linear map and its correction."""
        y: Tensor = self.linear(x) + self.correction(x)
        return y

    @torch.no_grad()
    def start_at(self, weight: Tensor, bias: Tensor) -> None:
        """Set the linear map; rows or columns that `weight` lacks stay as drawn or become zero.

        Parameters
        ----------
        weight : Tensor of shape (m, n_inputs) or (n_outputs, m)
            The map, perhaps for fewer components than the network has.

        bias : Tensor of shape (n_outputs,) or (1,)
            The offset.
        """
        rows, columns = weight.shape
        self.linear.weight[:, columns:] = 0
        self.linear.weight[:rows, :columns] = weight
        self.linear.bias.copy_(bias.expand_as(self.linear.bias))


@torch.no_grad()
def _start_at_zero(network: nn.Module, rows: Tensor) -> None:
    """Set the last layer to zero, if its output is that of the network."""
    layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.modules.conv._ConvNd)]
    if not layers or not _is_output(layers[-1], network, rows):
        raise ValueError(
            'init="pca" needs an encoder and a decoder whose last layer, in the order of '
            "registration, is linear or convolutional with no activation after it, since it starts "
            f'at zero; got {network}. Use init="random" with this network.'
        )
    for parameter in layers[-1].parameters():
        parameter.zero_()


def _is_output(layer: nn.Linear | nn.modules.conv._ConvNd, network: nn.Module, x: Tensor) -> bool:
    """Whether a constant that no activation leaves alone arrives; the weights are overwritten."""
    constant = 0.0 if layer.bias is None else -3.0
    layer.weight.zero_()
    if layer.bias is not None:
        layer.bias.fill_(constant)
    output = network.eval()(x)
    network.train()
    return bool((output == constant).all())


def _check_untied(encoder: nn.Module, decoder: nn.Module, network: Network, what: str) -> None:
    if {id(p) for p in encoder.parameters()} & {id(p) for p in decoder.parameters()}:
        raise ValueError(
            f"{what} an encoder and a decoder that share no weights, since each is changed by "
            f'itself; got {network!r}. Use an AutoencoderTransformer with init="random" for them.'
        )


@torch.no_grad()
def _check_sizes(half: nn.Module, sizes: tuple[int, int], name: str, network: Network) -> None:
    """Raise if an encoder or a decoder does not map rows of one width to rows of the other."""
    found: object
    try:
        output = half.eval()(torch.ones(2, sizes[0]))
        found = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
    except RuntimeError as error:
        found = str(error).splitlines()[0]  # torch's words for sizes that do not fit
    half.train()
    if found != (2, sizes[1]):
        raise ValueError(
            f"build of network={network!r} must return {name}s that map (batch, {sizes[0]}) to "
            f"(batch, {sizes[1]}); from (2, {sizes[0]}) this one made: {found}."
        )


def decayed_parameters(network: nn.Module) -> list[nn.Parameter]:
    """Return what weight decay acts on: weights, but no biases and no principal components.

    Modules with an attribute `decays` that is False are exempt too.

    Parameters
    ----------
    network : Module
        An autoencoder.

    Returns
    -------
    list of Parameter
        Some of the network's parameters.
    """
    exempt_modules: list[nn.Module] = [
        m.linear for m in network.modules() if isinstance(m, LinearPath)
    ]
    exempt_modules += [m for m in network.modules() if not getattr(m, "decays", True)]
    exempt = {id(parameter) for module in exempt_modules for parameter in module.parameters()}
    return [p for p in network.parameters() if p.ndim > 1 and id(p) not in exempt]


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


class Network(BaseEstimator, ABC):
    """A recipe for an encoder and a decoder; the base of every `network=`.

    Subclass it, store the constructor's arguments under their own names, and implement
    :meth:`build`. `get_params`, `clone` and a grid search over `network__<name>` then work
    as for any scikit-learn object.

    Examples
    --------
    >>> from torch import nn
    >>> from sklearn_autoencoders.networks import Network
    >>> class OneLayer(Network):
    ...     def __init__(self, width=16):
    ...         self.width = width
    ...     def build(self, n_features, n_components):
    ...         encoder = nn.Sequential(
    ...             nn.Linear(n_features, self.width),
    ...             nn.ReLU(),
    ...             nn.Linear(self.width, n_components),
    ...         )
    ...         return encoder, nn.Linear(n_components, n_features)
    >>> OneLayer(width=8).get_params()
    {'width': 8}
    """

    _parameter_constraints: ClassVar[Constraints] = {}

    @abstractmethod
    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Random numbers may be drawn from torch in the ordinary way: while this method runs, they
        come from the estimator's `random_state` and not from torch's global generator.

        Parameters
        ----------
        n_features : int
            Number of columns of the input.

        n_components : int
            Width of the code.

        Returns
        -------
        encoder : Module
            Maps (batch, n_features) to (batch, n_components).

        decoder : Module
            Maps (batch, n_components) to (batch, n_features).
        """

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of a sample where it is more than a row; None for a table.

        Estimators also take arrays of shape (n_samples, *input_shape), which they flatten.
        """
        return None

    def stages(self, encoder: nn.Module, decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
        """Return the pairs of layers that greedy pretraining trains one after another.

        Implement it if the network consists of such pairs.

        Parameters
        ----------
        encoder, decoder : Module
            What :meth:`build` returned.

        Returns
        -------
        list of (Module, Module)
            An encoder stage and the decoder stage that undoes it, from the outermost pair to the
            innermost. They are parts of the network, not copies.

        Raises
        ------
        ValueError
            If there are none.
        """
        raise ValueError(
            "pretraining='layerwise' needs a network of paired layers, such as Dense; got "
            f"network={self!r}."
        )


def build_autoencoder(
    network: Network,
    n_features: int,
    n_components: int,
    *,
    linear_path: bool,
    generator: torch.Generator,
    latent: LatentPart | None = None,
    n_noise: int = 0,
    n_conditions: int = 0,
    members: dict[str, Any] | None = None,
    n_outputs: int | None = None,
    is_tried: bool = True,
) -> Autoencoder:
    """Build the module of a recipe.

    Parameters
    ----------
    network : Network
        The recipe.

    n_features, n_components : int
        Sizes of the input and of the code.

    linear_path : bool
        Whether a :class:`LinearPath` runs beside the encoder and beside the decoder.

    generator : Generator
        The source of the initial weights.

    latent : LatentPart or None, default=None
        The recipe of a random bottleneck.

    n_noise, n_conditions : int, default=0
        With it, the numbers learnt of every column's noise, and the width of the condition.

    members : dict or None, default=None
        `n_members`, `mask_rate`, `n_hidden` and `farthest` of an :class:`Ensemble`.

    n_outputs : int or None, default=None
        Width of the prediction, if a head is to predict from the code.

    is_tried : bool, default=True
        Whether rows are passed through it to see that it fits together; not if weights that have
        been trained are to be put into it.

    Returns
    -------
    Autoencoder
        A module in training mode, on the CPU.

    Raises
    ------
    ValueError
        If the recipe cannot be built, or not with a linear path or a random bottleneck.
    """
    if members is not None:
        sizes = n_features, n_components
        return _build_ensemble(network, *sizes, generator, is_tried, **members)
    n_encoded = n_components if latent is None else latent.n_encoded(n_components)
    n_decoded = n_components + n_conditions
    with drawing_from(generator):
        encoder, decoder = map(with_own_layers, network.build(n_features, n_encoded))
        if n_decoded != n_encoded:
            _check_untied(encoder, decoder, network, "latent= needs")
            decoder = with_own_layers(network.build(n_features, n_decoded)[1])
        if is_tried:
            _check_sizes(encoder, (n_features, n_encoded), "encoder", network)
            _check_sizes(decoder, (n_decoded, n_features), "decoder", network)
        if linear_path:
            _check_untied(encoder, decoder, network, 'init="pca" needs')
            encoder = LinearPath(n_features, n_encoded, encoder, is_tried)
            decoder = LinearPath(n_decoded, n_features, decoder, is_tried)
        autoencoder = Autoencoder(encoder, decoder)
        if latent is not None:
            bottleneck = latent.build(n_features, n_components, n_conditions)
            autoencoder = VariationalAutoencoder(
                encoder, bottleneck, decoder, n_noise, n_features, n_encoded, n_conditions
            )
        return autoencoder if n_outputs is None else Predictor(autoencoder, n_components, n_outputs)


def _build_ensemble(
    network: Network,
    n_features: int,
    n_components: int,
    generator: torch.Generator,
    is_tried: bool,
    n_members: int,
    mask_rate: float,
    n_hidden: int,
    farthest: float,
) -> Ensemble:
    built = [
        build_autoencoder(
            network,
            n_features,
            n_components,
            linear_path=False,
            generator=generator,
            is_tried=is_tried,
        )
        for _ in range(n_members)
    ]
    with drawing_from(generator):
        pairs = [(member.encoder, member.decoder) for member in built]
        return Ensemble(pairs, n_features, mask_rate, n_hidden, farthest)
