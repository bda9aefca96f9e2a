"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import uuid
from contextlib import suppress


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file, or leave the one that was there.

    Parameters
    ----------
    path : str or path-like
        Where to. What a symbolic link points to is replaced, not the link.

    data : bytes
        What.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = os.path.realpath(os.fspath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        kind = errno.EISDIR if os.path.isdir(target) else errno.EINVAL
        raise OSError(kind, "Nothing was written, for this is no ordinary file", target)
    temporary = f"{target}.{uuid.uuid4().hex}.tmp"  # beside it: renaming works within a disk
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            os.remove(temporary)
        if isinstance(error, OSError):
            reason = f"Nothing was written, and no earlier file changed ({error.strerror or error})"
            raise OSError(error.errno, reason, target) from error
        raise
    _sync_directory(os.path.dirname(target))


def _sync_directory(directory: str) -> None:
    """Have the disk know the new name, where the system lets directories be synchronised."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
