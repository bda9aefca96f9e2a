"""From a recipe to a module."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ._autoencoder import Autoencoder
from ._ensemble import Ensemble
from ._layers import with_own_layers
from ._linear_path import LinearPath
from ._network import Network
from ._predictor import Predictor
from ._priors import LatentPart
from ._torch_modes import drawing_from
from ._variational import VariationalAutoencoder


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
