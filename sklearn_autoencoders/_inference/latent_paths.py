"""Paths between two codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def straight_line(start: Array, end: Array, fraction: Array) -> Array:
    """Interpolate linearly."""
    path: Array = start + fraction * (end - start)
    return path


def great_circle(start: Array, end: Array, fraction: Array) -> Array:
    """Interpolate the directions on a great circle and the norms linearly."""
    lengths = [np.linalg.norm(code, axis=-1, keepdims=True) for code in (start, end)]
    a, b = (c / np.maximum(n, 1e-12) for c, n in zip((start, end), lengths, strict=True))
    angle = np.arccos(np.clip((a * b).sum(-1, keepdims=True), -1, 1))
    sine = np.sin(angle)
    turned = np.sin((1 - fraction) * angle) * a + np.sin(fraction * angle) * b
    turned = turned / np.maximum(sine, 1e-6)
    direction = np.where(sine > 1e-6, turned, straight_line(a, b, fraction))
    path: Array = direction * straight_line(lengths[0], lengths[1], fraction)
    return path


# Functions of arrays of codes and of fractions of the way, by the names of the methods.
PATHS: dict[str, Callable[[Array, Array, Array], Array]] = {
    "linear": straight_line,
    "slerp": great_circle,
}
