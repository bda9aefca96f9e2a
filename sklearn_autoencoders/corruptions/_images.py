"""Base class of corruptions of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .._utils.grids import IMAGE_LAYOUTS, check_n_features
from .._utils.sklearn_compat import Constraints, Sizes, StrOptions
from ._base import Corruption


class ImageCorruption(Corruption):
    """Base class of corruptions whose samples are images of the same shape."""

    _parameter_constraints: ClassVar[Constraints] = {
        "image_shape": [Sizes(2, 3)],
        "layout": [StrOptions(IMAGE_LAYOUTS)],
    }
    image_shape: Sequence[int]
    layout: str

    def check(self, n_features: int) -> None:
        """Raise ValueError unless samples of `n_features` features are images of this shape.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """
        check_n_features(self.image_shape, n_features)
