"""Recipes: descriptions of networks as plain values, from which the networks are built.

Recipes are nested: `PredictorRecipe(VariationalRecipe(AutoencoderRecipe(...), ...), 3)` describes a
variational autoencoder with a head of three outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from .._utils.layout import Layout
from ._branches import BranchedHead, Branches
from ._latent.priors import LatentPart
from ._layers.basic import with_own_layers
from ._layers.embedding import ColumnEmbedding, NumberVectors
from ._layers.level_basis import LevelLogits
from ._layers.linear_path import LinearPath
from ._layers.patches import linear_maps
from ._layers.subspace import FixedLinear, InSubspace
from ._layers.torch_modes import drawing_from
from ._models.autoencoder import Autoencoder
from ._models.ensemble import Ensemble
from ._models.ensemble_head import EnsembleHead
from ._models.predictor import LinearHead, Predictor
from ._models.variational import VariationalAutoencoder
from ._network import Network
from ._sequences.bidirectional import BidirectionalModel
from ._sequences.causal import SequenceModel


class Recipe(Protocol):
    """Description of a module, which can be converted to a dict of plain values."""

    @property
    def base(self) -> AutoencoderRecipe:
        """The recipe of the encoder and the decoder."""

    def module(self, check_shapes: bool) -> Autoencoder:
        """Return a new module; random numbers are drawn from torch.

        Parameters
        ----------
        check_shapes : bool
            Whether samples are passed through the encoder and the decoder to check their shapes.
            It is not necessary if the weights of a trained network are loaded.
        """


@dataclass(frozen=True)
class AutoencoderRecipe:
    """An encoder and a decoder.

    Parameters
    ----------
    network : Network
        The architecture.

    n_features, n_components : int
        Sizes of the input and of the code.

    linear_path : bool, default=False
        Whether a :class:`LinearPath` is added to each of them.

    n_axes : int, default=0
        Dimension of the subspace in whose coordinates the network operates; 0 for the features
        themselves.

    n_masks : int, default=0
        Number of inputs of the encoder that say which columns are missing.

    n_categories : tuple of int, default=()
        Number of categories of each column, if the encoder starts with a :class:`ColumnEmbedding`
        or with :class:`NumberVectors`.

    n_embedding : int, default=0
        Size of the vector of each column; 0 for none.

    n_functions : int, default=0
        Number of functions of the levels, in the embedding and in the logits.

    n_bins, n_vector : int, default=0
        Number of intervals of each number, and size of its vector, which the network beside the
        linear path also receives; 0 for none.
    """

    network: Network
    n_features: int
    n_components: int
    linear_path: bool = False
    n_axes: int = 0
    n_masks: int = 0
    n_categories: tuple[int, ...] = ()
    n_embedding: int = 0
    n_functions: int = 0
    n_bins: int = 0
    n_vector: int = 0

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network."""
        return self.n_axes or self.n_features

    @property
    def base(self) -> AutoencoderRecipe:
        """The recipe itself."""
        return self

    def module(self, check_shapes: bool) -> Autoencoder:
        """Return a new autoencoder."""
        parts = self.parts(self.n_components, self.n_components, check_shapes)
        autoencoder = Autoencoder(*parts)
        autoencoder.n_masks = self.n_masks
        return autoencoder

    def parts(
        self, n_encoded: int, n_decoded: int, check_shapes: bool
    ) -> tuple[nn.Module, nn.Module]:
        """Return an encoder with `n_encoded` outputs and a decoder with `n_decoded` inputs."""
        network, n_features = self.network, self.n_inputs
        # built in this order also if there are masks, whose encoder replaces the first one: the
        # initial weights depend on the random numbers that are drawn before them
        encoder, decoder = map(with_own_layers, network.build(n_features, n_encoded))
        if self.n_embedding:
            encoder, decoder = self._of_levels(n_encoded)
        elif self.n_masks:
            encoder = self._with_masks(n_features + self.n_masks, n_encoded)
        if n_decoded != n_encoded:
            _check_untied(encoder, decoder, network, "latent= needs")
            decoder = with_own_layers(network.build(n_features, n_decoded)[1])
        if check_shapes:
            n_inputs = n_features + self.n_masks
            _check_sizes(encoder, (n_inputs, n_encoded), "encoder", network)
            _check_sizes(decoder, (n_decoded, n_features), "decoder", network)
        if self.linear_path:
            _check_untied(encoder, decoder, network, 'init="pca" needs')
            maps = linear_maps(network._patches, n_features, n_encoded, n_decoded)
            encoder = LinearPath(maps[0], n_features, encoder, self.n_masks, check_shapes)
            decoder = LinearPath(maps[1], n_decoded, decoder, starts_at_zero=check_shapes)
        if self.n_axes:
            inwards, outwards = self.subspace()
            encoder = InSubspace(inwards, encoder, is_encoder=True)
            decoder = InSubspace(outwards, decoder, is_encoder=False)
        return encoder, decoder

    def _with_masks(self, n_inputs: int, n_encoded: int) -> nn.Module:
        """Return an encoder that receives which values are missing, and vectors of numbers."""
        if not self.n_vector:
            return with_own_layers(self.network.build(n_inputs, n_encoded)[0])
        numbers = NumberVectors(self.n_categories, self.n_bins, self.n_vector)
        encoder, _ = self.network.build(n_inputs + numbers.n_more, n_encoded)
        return nn.Sequential(numbers, with_own_layers(encoder))

    def _of_levels(self, n_encoded: int) -> tuple[nn.Module, nn.Module]:
        """Return an encoder that starts with an embedding, and a decoder that ends in logits."""
        parts = self.n_categories, self.n_masks, self.n_embedding, self.n_functions
        embedding, logits = ColumnEmbedding(*parts), LevelLogits(self.n_features, self.n_functions)
        sizes = embedding.n_outputs, logits.n_weights
        (encoder, _), (other, decoder) = (
            map(with_own_layers, self.network.build(size, n_encoded)) for size in sizes
        )
        _check_untied(other, decoder, self.network, "AutoregressiveGenerator needs")
        return nn.Sequential(embedding, encoder), nn.Sequential(decoder, logits)

    def subspace(self) -> tuple[FixedLinear, FixedLinear]:
        """Return the maps from features to coordinates in the subspace, and back."""
        n_features, n_axes = self.n_features, self.n_axes
        return FixedLinear(n_features, n_axes), FixedLinear(n_axes, n_features)


@dataclass(frozen=True)
class VariationalRecipe:
    """An autoencoder with a random bottleneck.

    Parameters
    ----------
    base : AutoencoderRecipe
        The encoder and the decoder.

    latent : LatentPart
        Builds the bottleneck.

    n_noise : int, default=0
        Number of learned noise parameters of each feature.

    n_conditions : int, default=0
        Size of the condition.
    """

    base: AutoencoderRecipe
    latent: LatentPart
    n_noise: int = 0
    n_conditions: int = 0

    def module(self, check_shapes: bool) -> VariationalAutoencoder:
        """Return a new variational autoencoder."""
        if getattr(self.base.network, "code_activation", None) == "binary":
            raise ValueError(
                "code_activation='binary' would round means and variances of the posterior. Use it "
                "in AutoencoderTransformer or DenoisingAutoencoder, or latent='vector_quantized' "
                "for discrete codes."
            )
        n_features, n_components = self.base.n_features, self.base.n_components
        n_encoded = self.latent.n_encoded(n_components)
        n_decoded = n_components + self.n_conditions
        encoder, decoder = self.base.parts(n_encoded, n_decoded, check_shapes)
        bottleneck = self.latent.build(n_features, n_components, self.n_conditions)
        autoencoder = VariationalAutoencoder(
            encoder, bottleneck, decoder, self.n_noise, n_features, n_encoded, self.n_conditions
        )
        autoencoder.n_masks = self.base.n_masks
        return autoencoder


@dataclass(frozen=True)
class EnsembleRecipe:
    """Several autoencoders that are trained simultaneously.

    Parameters
    ----------
    base : AutoencoderRecipe
        Recipe of each autoencoder.

    n_estimators : int
        Number of autoencoders.

    mask_rate, n_masked, clip
        As in :class:`Ensemble`.

    n_categories : tuple of int, default=()
        Number of categories of each column of a table; empty if all columns are numbers.

    prototypes : tuple of int or None, default=None
        As in :class:`Ensemble`.

    is_weighted : bool, default=False
        As in :class:`Ensemble`; not in files of earlier versions.
    """

    base: AutoencoderRecipe
    n_estimators: int
    mask_rate: float
    n_masked: int
    clip: float
    n_categories: tuple[int, ...] = ()
    prototypes: tuple[int, int, int] | None = None
    is_weighted: bool = False

    def module(self, check_shapes: bool) -> Ensemble:
        """Return a new ensemble."""
        base = self.base
        inner = replace(base, n_features=base.n_inputs, n_axes=0, n_masks=0)
        autoencoders = [inner.module(check_shapes) for _ in range(self.n_estimators)]
        pairs = [(autoencoder.encoder, autoencoder.decoder) for autoencoder in autoencoders]
        _check_reads_no_target(pairs[0][1], base.network)
        subspace = base.subspace() if base.n_axes else None
        layout = Layout(self.n_categories) if self.n_categories else None
        return Ensemble(
            pairs,
            base.n_features,
            self.mask_rate,
            self.n_masked,
            self.clip,
            subspace,
            layout,
            self.prototypes,
            self.is_weighted,
        )


@dataclass(frozen=True)
class PredictorRecipe:
    """An autoencoder with a head that predicts from its code.

    Parameters
    ----------
    autoencoder : AutoencoderRecipe or VariationalRecipe
        Recipe of the autoencoder that computes the code.

    n_outputs : int
        Number of outputs of the head.

    n_members : int, default=0
        Number of members of an ensemble head; 0 for a linear head.

    n_categories : tuple of int, default=()
        Number of categories of each column, 0 for a number, for an ensemble head.

    with_gaps : tuple of int, default=()
        Columns of whose missing values an ensemble head has indicators.

    branches : Branches or None, default=None
        Hidden layers of the head.

    n_values : tuple of int or None, default=None
        Number of values of each number of which an ensemble head has indicators; None for one of an
        earlier version.

    has_vectors : bool, default=True
        Whether the networks of an ensemble head read a vector of each number.
    """

    autoencoder: AutoencoderRecipe | VariationalRecipe
    n_outputs: int
    n_members: int = 0
    n_categories: tuple[int, ...] = ()
    branches: Branches | None = None
    with_gaps: tuple[int, ...] = ()
    n_values: tuple[int, ...] | None = None
    has_vectors: bool = True

    @property
    def base(self) -> AutoencoderRecipe:
        """The recipe of the encoder and the decoder."""
        return self.autoencoder.base

    def module(self, check_shapes: bool) -> Predictor:
        """Return a new predictor."""
        autoencoder = self.autoencoder.module(check_shapes)
        return Predictor(autoencoder, self.head())

    def head(self) -> LinearHead | BranchedHead | EnsembleHead:
        """Return a new head."""
        if self.branches is not None:
            base = self.base
            return self.branches.build(base.n_features, base.n_components, self.n_outputs)
        sizes = self.base.n_components, self.n_outputs
        if not self.n_members:
            return LinearHead(*sizes)
        gaps, n_values, has_vectors = self.with_gaps, self.n_values, self.has_vectors
        return EnsembleHead(*sizes, self.n_members, self.n_categories, gaps, n_values, has_vectors)


@dataclass(frozen=True)
class SequenceRecipe:
    """An autoencoder of sequences of symbols, causal or bidirectional.

    Parameters
    ----------
    base : AutoencoderRecipe
        The network and the number of inputs, one for each symbol at each position.

    n_positions : int
        Number of positions of the training samples.
    """

    base: AutoencoderRecipe
    n_positions: int

    def module(self, check_shapes: bool) -> SequenceModel:
        """Return a new model."""
        base = self.base
        n_symbols = base.n_features // self.n_positions
        encoder, decoder = base.network.build(n_symbols, base.n_components)
        part: Any
        for part in (*encoder.modules(), *decoder.modules()):
            part.positions = self.n_positions
        model = SequenceModel if base.network.is_causal else BidirectionalModel
        return model(encoder, decoder, n_symbols)


RECIPES: dict[str, type[Any]] = {
    "autoencoder": AutoencoderRecipe,
    "variational": VariationalRecipe,
    "ensemble": EnsembleRecipe,
    "predictor": PredictorRecipe,
    "sequence": SequenceRecipe,
}


def build(recipe: Recipe, generator: torch.Generator, check_shapes: bool = True) -> Autoencoder:
    """Return the module of a recipe, in training mode and on the CPU.

    Parameters
    ----------
    recipe : Recipe
        The recipe.

    generator : Generator
        Source of the initial weights.

    check_shapes : bool, default=True
        Whether samples are passed through the module to check its shapes.

    Returns
    -------
    Autoencoder
        The module.

    Raises
    ------
    ValueError
        If the network cannot be built, or does not support a linear path or a random bottleneck.
    """
    with drawing_from(generator):
        return recipe.module(check_shapes)


def recipe_to_dict(recipe: Any) -> dict[str, Any]:
    """Return a recipe as plain values."""
    kind = next(name for name, cls in RECIPES.items() if type(recipe) is cls)
    values = {field.name: getattr(recipe, field.name) for field in fields(recipe)}
    return {"kind": kind} | {
        name: recipe_to_dict(value) if type(value) in RECIPES.values() else value
        for name, value in values.items()
    }


def recipe_from_dict(values: dict[str, Any]) -> Any:
    """Return the recipe from which :func:`recipe_to_dict` computed the values."""
    values = dict(values)
    cls = RECIPES[values.pop("kind")]
    return cls(
        **{
            name: recipe_from_dict(value) if isinstance(value, dict) and "kind" in value else value
            for name, value in values.items()
        }
    )


def _check_untied(encoder: nn.Module, decoder: nn.Module, network: Network, what: str) -> None:
    if {id(p) for p in encoder.parameters()} & {id(p) for p in decoder.parameters()}:
        raise ValueError(
            f"{what} an encoder and a decoder that share no weights, because they are modified "
            f"separately; got {network!r}. Use a network without shared weights, or an "
            'AutoencoderTransformer with init="random".'
        )


def _check_reads_no_target(decoder: nn.Module, network: Network) -> None:
    if getattr(decoder, "reads_target", False):
        raise ValueError(
            f"The decoder of network={network!r} reads the symbols before each one, but this "
            "estimator predicts hidden values from all others. Use network=None."
        )


@torch.no_grad()
def _check_sizes(part: nn.Module, sizes: tuple[int, int], name: str, network: Network) -> None:
    """Raise ValueError if an encoder or a decoder does not map inputs of one size to the other."""
    found: object
    try:
        output = part.eval()(torch.ones(2, sizes[0]))
        found = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
    except RuntimeError as error:
        found = str(error).splitlines()[0]  # torch's message about mismatched sizes
    part.train()
    if found != (2, sizes[1]):
        raise ValueError(
            f"build of network={network!r} must return {name}s that map (batch, {sizes[0]}) to "
            f"(batch, {sizes[1]}); for input of shape (2, {sizes[0]}) it returned {found}."
        )
