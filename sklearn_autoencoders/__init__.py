"""Autoencoders with the scikit-learn API: PyTorch networks trained by skorch."""

from . import texts as texts  # publishes the class of the parameter `spelling`
from ._estimators.autoregressive_generator import AutoregressiveGenerator
from ._estimators.classifier import AutoencoderClassifier
from ._estimators.denoising import DenoisingAutoencoder
from ._estimators.feature_union import AutoencoderFeatureUnion
from ._estimators.outlier_detector import AutoencoderOutlierDetector
from ._estimators.recommender import AutoencoderRecommender
from ._estimators.regressor import AutoencoderRegressor
from ._estimators.transformer import AutoencoderTransformer
from ._estimators.vae_generator import VAEGenerator
from ._onnx.export import export_onnx
from ._persistence.files import load, save
from ._utils.public_names import publish
from ._version import __version__

__all__ = [
    "AutoencoderClassifier",
    "AutoencoderFeatureUnion",
    "AutoencoderOutlierDetector",
    "AutoencoderRecommender",
    "AutoencoderRegressor",
    "AutoencoderTransformer",
    "AutoregressiveGenerator",
    "DenoisingAutoencoder",
    "VAEGenerator",
    "__version__",
    "export_onnx",
    "load",
    "save",
]

publish(globals())
