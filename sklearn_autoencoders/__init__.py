"""Autoencoders for scikit-learn: networks of PyTorch, trained by skorch."""

from ._transformer import AutoencoderTransformer
from ._version import __version__

__all__ = ["AutoencoderTransformer", "__version__"]
