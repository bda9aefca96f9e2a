"""What objectives know of a network."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Output(Protocol):
    """What a network gives: networks and objectives know each other by shape alone."""

    @property
    def code(self) -> Tensor: ...

    @property
    def reconstruction(self) -> Tensor: ...
