"""What is computed: encoders, decoders and bottlenecks.

A network part is a recipe: a small parameter object whose `build` returns torch modules. Any
estimator of this package takes one as `network=`.
"""

from ._base import (
    Autoencoder,
    LinearPath,
    Network,
    Output,
    build_autoencoder,
    decayed_parameters,
    multiply_adds,
    widest_layer,
)
from ._convolutional import Convolutional
from ._dense import Dense, Linear
from ._layers import ACTIVATIONS, BatchNorm, Dropout, Transposed, drawing

# What a name alone says; `Convolutional` needs the shape of the images.
NETWORKS: dict[str, type[Network]] = {"dense": Dense, "linear": Linear}

__all__ = [
    "ACTIVATIONS",
    "NETWORKS",
    "Autoencoder",
    "BatchNorm",
    "Convolutional",
    "Dense",
    "Dropout",
    "Linear",
    "LinearPath",
    "Network",
    "Output",
    "Transposed",
    "build_autoencoder",
    "decayed_parameters",
    "drawing",
    "multiply_adds",
    "widest_layer",
]
