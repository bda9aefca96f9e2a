"""Advice when memory runs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def explain_out_of_memory(what: str) -> Iterator[None]:
    """Add advice to the error if memory runs out inside the block.

    Parameters
    ----------
    what : str
        Advice, such as parameters to lower.

    Yields
    ------
    None
        Once.

    Raises
    ------
    MemoryError
        Instead of the error raised by torch or NumPy.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(f"Out of memory: {what}") from error


def is_out_of_memory(error: Exception) -> bool:
    """Return whether memory ran out; on the CPU, torch has no specific error class for this."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
