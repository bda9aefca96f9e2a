"""Corruptions of the network's input during training, which it learns to remove.

A corruption is any callable `corruption(x, generator)` that returns a corrupted copy of a batch of
shape (batch, n_features), in the units of X. Missing values are encoded as NaN.
"""

from .._utils.public_names import publish
from ._augmentation import ImageAugmentation
from ._base import Corruption, corrupt
from ._elementwise import CORRUPTIONS, Dropout, Gaussian, Masking, SaltAndPepper, Swap
from ._pretext import Jigsaw, Occlusion, QuarterTurns
from ._typos import Typo

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Dropout",
    "Gaussian",
    "ImageAugmentation",
    "Jigsaw",
    "Masking",
    "Occlusion",
    "QuarterTurns",
    "SaltAndPepper",
    "Swap",
    "Typo",
    "corrupt",
]

publish(globals())
