"""What networks of series have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..._utils.grids import SERIES_LAYOUTS, grid_sizes
from ..._utils.sklearn_compat import Constraints, Sizes, StrOptions
from .._network import Network


class SeriesNetwork(Network):
    """Base class of networks of series, which have parameters `series_shape` and `layout`."""

    _parameter_constraints: ClassVar[Constraints] = {
        "series_shape": [Sizes(1, 2)],
        "layout": [StrOptions(SERIES_LAYOUTS)],
    }
    series_shape: Sequence[int]
    layout: str

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a series, in the order of `layout`."""
        self._validate_params()  # this property is used before `build`
        n_channels, n_times = grid_sizes(self.series_shape, self.layout)
        return (n_channels, n_times) if self.layout == "CT" else (n_times, n_channels)

    @property
    def channel_axis(self) -> int:
        """Axis of the channels."""
        return self.layout.index("C")

    @property
    def time_axis(self) -> int:
        """Axis of the time, along which a series can be shorter."""
        return self.layout.index("T")

    @property
    def takes_masks(self) -> bool:
        """Whether the encoder can receive which values are missing, as further channels."""
        return True
