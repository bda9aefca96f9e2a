"""Autoencoders for scikit-learn: networks of PyTorch, trained by skorch."""

from ._denoising import DenoisingAutoencoder
from ._outlier import AutoencoderOutlierDetector
from ._transformer import AutoencoderTransformer
from ._vae import VAEGenerator
from ._version import __version__

__all__ = [
    "AutoencoderOutlierDetector",
    "AutoencoderTransformer",
    "DenoisingAutoencoder",
    "VAEGenerator",
    "__version__",
]
