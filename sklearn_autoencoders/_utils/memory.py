"""What to do when memory runs out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def explain_out_of_memory(what: str) -> Iterator[None]:
    """Say which parameters to lower when memory runs out inside the block.

    Parameters
    ----------
    what : str
        What needed the memory, and what to do.

    Yields
    ------
    None
        Once.

    Raises
    ------
    MemoryError
        In place of what torch or NumPy raise.
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise MemoryError(f"Out of memory: {what}") from error


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says so; on the CPU torch has no class for it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
