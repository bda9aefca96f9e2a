"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from os import PathLike


def write_atomically(path: str | PathLike[str], data: bytes) -> None:
    """Write a file at once: a reader sees what was there before, or all that is new.

    Parameters
    ----------
    path : str or path-like
        Where to write.

    data : bytes
        What to write.
    """
    folder, name = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
