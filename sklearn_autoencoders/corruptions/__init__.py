"""How inputs are damaged before the network sees them, for it to learn to give them back whole.

A corruption is any callable `corruption(x, generator)` that returns a damaged copy of a batch in
the units of X, of shape (batch, n_features), NaN where a value is missing.
"""

from .._utils.public_names import publish
from ._augmentation import ImageAugmentation
from ._base import Corruption, corrupt
from ._cells import CORRUPTIONS, Dropout, Gaussian, Masking, SaltAndPepper, Swap

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Dropout",
    "Gaussian",
    "ImageAugmentation",
    "Masking",
    "SaltAndPepper",
    "Swap",
    "corrupt",
]

publish(globals())
