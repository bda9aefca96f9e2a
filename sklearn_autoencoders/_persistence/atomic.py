"""Atomic writing of files."""

from __future__ import annotations

import errno
import os
import uuid
from contextlib import suppress


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file atomically; if this fails, an existing file is left unchanged.

    Parameters
    ----------
    path : str or path-like
        Path of the file. If it is a symbolic link, its target is replaced.

    data : bytes
        Contents of the file.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    target = os.path.realpath(os.fspath(path))
    if os.path.exists(target) and not os.path.isfile(target):
        kind = errno.EISDIR if os.path.isdir(target) else errno.EINVAL
        raise OSError(kind, "Nothing was written: the path is not a regular file", target)
    temporary = f"{target}.{uuid.uuid4().hex}.tmp"  # in the same folder, so that it can be renamed
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
            reason = (
                f"Nothing was written, an existing file is unchanged ({error.strerror or error})"
            )
            raise OSError(error.errno, reason, target) from error
        raise
    _sync_directory(os.path.dirname(target))


def _sync_directory(directory: str) -> None:
    """Flush the new name to the disk, if the system supports synchronizing directories."""
    with suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
