"""Networks: encoders, decoders and priors of latent codes.

A network is passed to an estimator as `network`. It is a small parameter object whose `build`
returns an encoder and a decoder as torch modules.
"""

from .._utils.public_names import publish
from ._branches import Branches
from ._causal_convolutional import CausalConvolutional
from ._convolutional import Convolutional
from ._dense import Dense, Linear
from ._encoder_decoder import EncoderDecoder
from ._interactions import Interactions
from ._latent.priors import (
    LATENTS,
    LatentPart,
    MixturePrior,
    NormalPrior,
    VampPrior,
    VectorQuantizer,
)
from ._layers.basic import ACTIVATIONS, BatchNorm, Dropout
from ._models.autoencoder import Autoencoder, Output
from ._network import Network
from ._residual import Residual
from ._sequences.bidirectional import BidirectionalRecurrent
from ._sequences.causal import CausalRecurrent
from ._sequences.recurrent import Recurrent
from ._sequences.temporal import Temporal
from ._sequences.text_hybrid import TextHybrid

# Networks that can be specified by name; the others require the shape of a sample.
NETWORKS: dict[str, type[Network]] = {"dense": Dense, "linear": Linear}

__all__ = [
    "ACTIVATIONS",
    "LATENTS",
    "NETWORKS",
    "Autoencoder",
    "BatchNorm",
    "BidirectionalRecurrent",
    "Branches",
    "CausalConvolutional",
    "CausalRecurrent",
    "Convolutional",
    "Dense",
    "Dropout",
    "EncoderDecoder",
    "Interactions",
    "LatentPart",
    "Linear",
    "MixturePrior",
    "Network",
    "NormalPrior",
    "Output",
    "Recurrent",
    "Residual",
    "Temporal",
    "TextHybrid",
    "VampPrior",
    "VectorQuantizer",
]

publish(globals())
