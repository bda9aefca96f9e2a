"""Output that is written into a given array, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import gen_batches

# Number of values in a chunk.
_CHUNK_SIZE = 2**22


def filled(
    out: Any, shape: tuple[int, int], function: Callable[[slice], NDArray[Any]], width: int = 1
) -> NDArray[Any]:
    """Write the values of all samples into an array, and return it.

    Parameters
    ----------
    out : ndarray or memmap of shape `shape`
        Floating-point numbers.

    shape : (int, int)
        Numbers of samples and of features.

    function : callable
        Returns the values of a slice of the samples.

    width : int, default=1
        Number of values of a sample that the function reads, if they are more than it returns.

    Returns
    -------
    ndarray
        The array itself. It is not modified if it does not have the shape or the type.

    Raises
    ------
    TypeError
        If it is not an array of floating-point numbers.

    ValueError
        If it has another shape or is read-only.
    """
    if not isinstance(out, np.ndarray) or out.dtype.kind != "f":
        found = f"one of {out.dtype}" if isinstance(out, np.ndarray) else type(out).__name__
        raise TypeError(
            f"out must be an array or a memory map of floating-point numbers; got {found}."
        )
    if out.shape != shape or not out.flags.writeable:
        state = "" if out.flags.writeable else ", which is read-only"
        raise ValueError(f"out must be writeable, of shape {shape}; got {out.shape}{state}.")
    for chunk in gen_batches(shape[0], max(_CHUNK_SIZE // max(shape[1], width), 1)):
        out[chunk] = function(chunk)
    return out
