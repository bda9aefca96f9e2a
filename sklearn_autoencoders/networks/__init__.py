"""What is computed: encoders, decoders and bottlenecks.

A network part is a recipe: a small parameter object whose `build` returns torch modules. Any
estimator of this package takes one as `network=`.
"""

from ._base import Autoencoder, LinearPath, Network, Output, build_autoencoder, decayed_parameters
from ._dense import ACTIVATIONS, Dense, Dropout

NETWORKS: dict[str, type[Network]] = {"dense": Dense}

__all__ = [
    "ACTIVATIONS",
    "NETWORKS",
    "Autoencoder",
    "Dense",
    "Dropout",
    "LinearPath",
    "Network",
    "Output",
    "build_autoencoder",
    "decayed_parameters",
]
