"""Autoencoders for scikit-learn: networks of PyTorch, trained by skorch."""

from ._classifier import AutoencoderClassifier
from ._denoising import DenoisingAutoencoder
from ._feature_union import AutoencoderFeatureUnion
from ._files import load, save
from ._onnx import export_onnx
from ._outlier import AutoencoderOutlierDetector
from ._regressor import AutoencoderRegressor
from ._transformer import AutoencoderTransformer
from ._vae import VAEGenerator
from ._version import __version__

__all__ = [
    "AutoencoderClassifier",
    "AutoencoderFeatureUnion",
    "AutoencoderOutlierDetector",
    "AutoencoderRegressor",
    "AutoencoderTransformer",
    "DenoisingAutoencoder",
    "VAEGenerator",
    "__version__",
    "export_onnx",
    "load",
    "save",
]
