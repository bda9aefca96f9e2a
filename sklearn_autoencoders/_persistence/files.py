"""Models as files that hold no code: skops archives, and weights as safetensors."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import pydoc
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._utils.optional_imports import imported
from ..exceptions import IncompatibleVersionError, ModelFileError, UntrustedTypesError
from .atomic import write_atomically
from .renamed import current_name, with_current_names

# Which brings skops and safetensors, and what needs them.
_EXTRA = ("persist", "Saving or loading a file")

# What an archive may consist of: a description, arrays, and sparse matrices, which are archives of
# arrays. What is compressed may not be more than so many times larger than it looks.
_DESCRIPTION, _ARRAY, _MATRIX = "schema.json", ".npy", ".npz"
_MOST_COMPRESSION = 200

_ARRAY_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

# How often, in the mean, a node of a description may be referred to: each time it is looked at.
_MOST_REFERENCES = 100

# Where a file of safetensors has the estimator without its weights, and the digest of the rest.
_REST, _DIGEST = "estimator", "sha256"


def save(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save an estimator, or a pipeline, to a file that holds no code.

    The file is a skops archive: a description in JSON, and arrays. It appears whole or not at all,
    so that an earlier file survives a full disk or a loss of power.

    Parameters
    ----------
    estimator : estimator
        One of this package, or any of scikit-learn's that skops knows, such as a Pipeline.

    path : str or path-like
        Where to, ".skops" by custom.

    Raises
    ------
    ImportError
        If skops is not installed.

    TypeError
        If the estimator holds something that only a pickle could.

    OSError
        If the file cannot be written; an earlier one is left as it was.

    See Also
    --------
    load : The way back.

    References
    ----------
    .. [1] skops, https://skops.readthedocs.io/en/stable/persistence.html

    Examples
    --------
    >>> import sklearn_autoencoders, tempfile
    >>> from sklearn.datasets import load_iris
    >>> X, _ = load_iris(return_X_y=True)
    >>> encoder = sklearn_autoencoders.AutoencoderTransformer(2, random_state=0).fit(X)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sklearn_autoencoders.save(encoder, f"{folder}/encoder.skops")
    ...     again = sklearn_autoencoders.load(f"{folder}/encoder.skops")
    >>> bool((again.transform(X) == encoder.transform(X)).all())
    True
    """
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(f"save takes an estimator; got {type(estimator).__name__}.")
    write_atomically(path, _archived(estimator))


def load(
    path: str | os.PathLike[str], trusted: str | type | Iterable[str | type] = ()
) -> BaseEstimator:
    """Load what :func:`save` or `to_safetensors` wrote; no code of the file runs.

    Parameters
    ----------
    path : str or path-like
        The file.

    trusted : sequence of str or type, default=()
        What the file may hold beside the classes of this package and what skops trusts: scikit-
        learn's estimators, and types of Python, NumPy and SciPy. Some estimators hold more, such as
        trees and scorers. Name what you know and trust.

    Returns
    -------
    estimator
        As it was saved, with its network on the CPU.

    Raises
    ------
    ImportError
        If skops, or safetensors for its files, is not installed.

    OSError
        If the file cannot be read.

    UntrustedTypesError
        If the file needs other types; `error.types` names them. Nothing was loaded.

    ModelFileError
        If the file is damaged, or no model.

    IncompatibleVersionError
        If a later version of this package wrote it in a format that this one cannot read.

    Warns
    -----
    InconsistentVersionWarning
        If another version of this package, or of scikit-learn, wrote it.

    See Also
    --------
    save : The way there.
    """
    with open(path, "rb") as file:
        data = file.read()
    names = _names(trusted)
    if not data.startswith(b"PK") and data[8:9] == b"{":
        return _from_safetensors(data, path, names)
    loaded = _restored(data, path, names)
    if not isinstance(loaded, BaseEstimator):
        raise ModelFileError(f"{os.fspath(path)!r} holds a {type(loaded).__name__}, no estimator.")
    return loaded


def to_safetensors(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator's weights, by their names, and the rest of it as one more tensor."""
    check_is_fitted(estimator)
    name = _full_name(type(estimator))
    if _class_of_ours(name) is None:
        raise TypeError(f"{name} is no class of this package. Use save(), and load(trusted=...).")
    module = imported("safetensors.numpy", *_EXTRA)
    state = estimator.__getstate__()
    weights = {key: np.asarray(array, order="C") for key, array in state.pop("_weights").items()}
    rest = _archived([name, state])
    tensors = {f"network.{key}": array for key, array in weights.items()}
    tensors[_REST] = np.frombuffer(rest, dtype=np.uint8)
    digest = _digest(module.save(tensors))
    write_atomically(path, module.save(tensors, metadata={_DIGEST: digest}))


def _from_safetensors(data: bytes, path: Any, trusted: set[str]) -> Any:
    module = imported("safetensors.numpy", *_EXTRA)
    with _blaming(path):
        stated = json.loads(_header(data))["__metadata__"][_DIGEST]
        if stated != _digest(data):
            raise ValueError("its SHA-256 is not the one that it states")
        tensors = module.load(data)
        rest = tensors.pop(_REST).tobytes()
    restored = _restored(rest, path, trusted)
    with _blaming(path):
        name, state = restored
        cls = _class_of_ours(current_name(name))
        if cls is None:
            raise ValueError(f"{name!r} is no class of this package")
        state["_weights"] = {name.removeprefix("network."): a for name, a in tensors.items()}
        estimator = cls.__new__(cls)
        estimator.__setstate__(state)
    return estimator


def _header(data: bytes) -> bytes:
    """Return what a file of safetensors says of its tensors: JSON, after its length."""
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def _digest(data: bytes) -> str:
    """Return the SHA-256 of the tensors, their names and their shapes."""
    header = _header(data)
    tensors = {name: value for name, value in json.loads(header).items() if name != "__metadata__"}
    described = json.dumps(tensors, sort_keys=True).encode()
    return hashlib.sha256(described + data[8 + len(header) :]).hexdigest()


def _archived(thing: Any) -> bytes:
    skops = imported("skops.io", *_EXTRA)
    archive = _packed(skops.dumps(thing))
    try:
        _check_archive(archive)
        _check_importable(skops.get_untrusted_types(data=archive))
    except ValueError as error:
        raise TypeError(
            f"{type(thing).__name__} cannot be saved without a pickle: {error}. The usual reasons "
            "are a network that skorch trained, to be saved by its own means, and functions that "
            "are defined in others or by lambda, to be moved to a module."
        ) from error
    return archive


def _packed(archive: bytes) -> bytes:
    """Return an archive with its description compressed, and with the current names of classes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            data, kind = old.read(name), zipfile.ZIP_STORED
            if name == _DESCRIPTION:
                data, kind = with_current_names(data), zipfile.ZIP_DEFLATED
            new.writestr(name, data, compress_type=kind)
    return packed.getvalue()


def _restored(archive: bytes, path: Any, trusted: set[str]) -> Any:
    skops = imported("skops.io", *_EXTRA)
    with _blaming(path):
        _check_archive(archive)
        archive = _packed(archive)
        needed = set(skops.get_untrusted_types(data=archive))
    ours = {name for name in needed if _class_of_ours(name) is not None}
    unknown = sorted(needed - ours - trusted)
    if unknown:
        raise UntrustedTypesError(
            f"{os.fspath(path)!r} needs types that are not trusted: {unknown}. If you know them "
            f"and trust where the file comes from, use load(path, trusted={unknown}).",
            unknown,
        )
    with _blaming(path):
        return skops.loads(archive, trusted=sorted(needed))


def _check_archive(data: bytes, compressed: bool = False) -> None:
    """Raise ValueError if an archive holds anything but JSON and arrays, or is damaged."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        for member in members:
            _check_kind(archive, member, compressed)
        if len({member.filename for member in members}) < len(members):
            raise ValueError("two of its members have one name")
        if sum(member.file_size for member in members) > _MOST_COMPRESSION * len(data):
            raise ValueError("it unpacks to more than it can hold")
        damaged = archive.testzip()
        if damaged is not None:
            raise ValueError(f"the checksum of {damaged!r} is wrong")
        for member in members:
            if member.filename.endswith(_MATRIX):
                _check_archive(archive.read(member), compressed=True)
            elif member.filename == _DESCRIPTION:
                _check_description(archive.read(member))


def _check_importable(names: Iterable[str]) -> None:
    """Raise ValueError if something could not be found by its name when a file is loaded."""
    for name in names:
        if pydoc.locate(name) is None:
            raise ValueError(f"nothing can be imported as {name!r}")


def _check_description(text: bytes) -> None:
    """Raise ValueError if things that stand in many places make little look like much."""
    n_nodes = text.count(b'"__loader__"')
    if _unfolded(json.loads(text), {}) > _MOST_REFERENCES * n_nodes:
        raise ValueError("its description refers to itself too often")


def _unfolded(node: Any, known: dict[Any, int]) -> int:
    """Return how many nodes there are if each is counted wherever it is referred to."""
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
    """Raise ValueError unless a member is what may be at its place."""
    is_description = member.filename == _DESCRIPTION and not compressed
    is_matrix = member.filename.endswith(_MATRIX) and not compressed
    if member.filename.endswith(_ARRAY):
        with archive.open(member) as file:
            _check_array(file, member)
    elif not (is_description or is_matrix):
        raise ValueError(f"it holds raw bytes, {member.filename!r}")
    if member.compress_type != zipfile.ZIP_STORED and not (is_description or compressed):
        raise ValueError(f"{member.filename!r} is compressed")


def _check_array(file: Any, member: zipfile.ZipInfo) -> None:
    """Raise ValueError unless these are numbers or words, as many as their header says."""
    try:
        shape, _, dtype = _ARRAY_HEADERS[np.lib.format.read_magic(file)](file)
    except (KeyError, ValueError) as error:
        raise ValueError(f"it holds raw bytes, {member.filename!r}") from error
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != member.file_size - file.tell():
        raise ValueError(f"{member.filename!r} is no array of numbers of its size")


@contextmanager
def _blaming(path: Any) -> Iterator[None]:
    """Say of what goes wrong inside the block that it is the file's fault."""
    try:
        yield
    except (IncompatibleVersionError, ModelFileError, ImportError, MemoryError, Warning):
        raise
    except Exception as error:  # a damaged file can go wrong in any way
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(
            f"{os.fspath(path)!r} is damaged, or no model file ({reason}). Save the model again; a "
            "pickle is no such file, and what is defined in a script belongs into a module."
        ) from error


def _names(trusted: str | type | Iterable[str | type]) -> set[str]:
    """Return the full names of types."""
    if isinstance(trusted, str | type):
        trusted = [trusted]
    if not isinstance(trusted, Iterable):
        raise TypeError(f"trusted must hold types or their full names; got {trusted!r}.")
    found = {_full_name(t) if isinstance(t, type) else t for t in trusted}
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"trusted must hold types or their full names; got {name!r}.")
    return found


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _class_of_ours(name: str) -> Any:
    """Return the class of this package that has a full name, or None."""
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] != __name__.partition(".")[0]:
        return None
    cls = getattr(sys.modules.get(module), attribute, None)
    is_ours = isinstance(cls, type) and issubclass(cls, BaseEstimator) and cls.__module__ == module
    return cls if is_ours else None
