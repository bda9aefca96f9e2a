"""What is computed: encoders, decoders and bottlenecks.

A network part is a recipe: a small parameter object whose `build` returns torch modules. Any
estimator of this package takes one as `network=`.
"""

from ._autoencoder import Autoencoder, Output
from ._base import (
    LinearPath,
    Network,
    build_autoencoder,
    decayed_parameters,
    multiply_adds,
    widest_layer,
)
from ._convolutional import Convolutional
from ._dense import Dense, Linear
from ._ensemble import Ensemble
from ._latent import Bottleneck, GaussianBottleneck
from ._latent_parts import (
    LATENTS,
    LatentPart,
    MixturePrior,
    NormalPrior,
    VampPrior,
    VectorQuantizer,
)
from ._layers import ACTIVATIONS, BatchNorm, Dropout, Transposed, drawing, without_generator
from ._predictor import Predictor
from ._quantized import QuantizedBottleneck
from ._seeded import making_at_most
from ._variational import VariationalAutoencoder

# What a name alone says; `Convolutional` needs the shape of the images.
NETWORKS: dict[str, type[Network]] = {"dense": Dense, "linear": Linear}

__all__ = [
    "ACTIVATIONS",
    "LATENTS",
    "NETWORKS",
    "Autoencoder",
    "BatchNorm",
    "Bottleneck",
    "Convolutional",
    "Dense",
    "Dropout",
    "Ensemble",
    "GaussianBottleneck",
    "LatentPart",
    "Linear",
    "LinearPath",
    "MixturePrior",
    "Network",
    "NormalPrior",
    "Output",
    "Predictor",
    "QuantizedBottleneck",
    "Transposed",
    "VampPrior",
    "VariationalAutoencoder",
    "VectorQuantizer",
    "build_autoencoder",
    "decayed_parameters",
    "drawing",
    "making_at_most",
    "multiply_adds",
    "widest_layer",
    "without_generator",
]
