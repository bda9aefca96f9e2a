"""Archives of skops: their members, and checks that they contain nothing but JSON and arrays."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

# Allowed members of an archive: a description, arrays, and sparse matrices, which are archives of
# arrays. The uncompressed size is at most this multiple of the size of the archive.
_DESCRIPTION, _ARRAY, _MATRIX = "schema.json", ".npy", ".npz"
_MAX_COMPRESSION = 200

_ARRAY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

# Maximum mean number of references to a node of a description; a node is visited for each of them.
_MAX_REFERENCES = 100


def repacked(archive: bytes, convert: Callable[[bytes], bytes] = bytes) -> bytes:
    """Return an archive with a converted and compressed description."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            data, kind = old.read(name), zipfile.ZIP_STORED
            if name == _DESCRIPTION:
                data, kind = convert(data), zipfile.ZIP_DEFLATED
            new.writestr(name, data, compress_type=kind)
    return packed.getvalue()


def description_of(archive: bytes) -> bytes:
    """Return the JSON text that describes the object of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(_DESCRIPTION)


def check_archive(data: bytes, compressed: bool = False) -> None:
    """Raise ValueError if an archive contains anything but JSON and arrays, or is damaged."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        for member in members:
            _check_kind(archive, member, compressed)
        if len({member.filename for member in members}) < len(members):
            raise ValueError("two of its members have the same name")
        if sum(member.file_size for member in members) > _MAX_COMPRESSION * len(data):
            raise ValueError("its uncompressed size is too large")
        damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged!r} is wrong")
        for member in members:
            if member.filename.endswith(_MATRIX):
                check_archive(archive.read(member), compressed=True)
            elif member.filename == _DESCRIPTION:
                _check_description(archive.read(member))


def _check_description(text: bytes) -> None:
    """Raise ValueError if repeated references expand a small description to a large one."""
    n_nodes = text.count(b'"__loader__"')
    if _unfolded(json.loads(text), {}) > _MAX_REFERENCES * n_nodes:
        raise ValueError("its description contains too many references")


def _unfolded(node: Any, known: dict[Any, int]) -> int:
    """Return the number of nodes if each is counted once for every reference to it."""
    if isinstance(node, list):
        return sum(_unfolded(part, known) for part in node)
    if not isinstance(node, dict):
        return 0
    place = node.get("__id__")
    if place in known:
        return known[place]
    n_nodes = 1 + sum(_unfolded(part, known) for part in node.values())
    if place is not None:
        known[place] = n_nodes
    return n_nodes


def _check_kind(archive: zipfile.ZipFile, member: zipfile.ZipInfo, compressed: bool) -> None:
    """Raise ValueError unless the kind and compression of a member are allowed."""
    is_description = member.filename == _DESCRIPTION and not compressed
    is_matrix = member.filename.endswith(_MATRIX) and not compressed
    if member.filename.endswith(_ARRAY):
        with archive.open(member) as file:
            _check_array(file, member)
    elif not (is_description or is_matrix):
        raise ValueError(f"it contains raw bytes, {member.filename!r}")
    if member.compress_type != zipfile.ZIP_STORED and not (is_description or compressed):
        raise ValueError(f"{member.filename!r} is compressed")


def _check_array(file: Any, member: zipfile.ZipInfo) -> None:
    """Raise ValueError unless a file is an array of numbers or strings of the stated size."""
    try:
        shape, _, dtype = _ARRAY_HEADERS[np.lib.format.read_magic(file)](file)
    except (KeyError, ValueError) as error:
        raise ValueError(f"it contains raw bytes, {member.filename!r}") from error
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
        raise ValueError(f"{member.filename!r} is not an array of numbers of the stated size")
