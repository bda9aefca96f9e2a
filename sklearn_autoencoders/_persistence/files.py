"""Model files without code: skops archives and safetensors files."""

from __future__ import annotations

import hashlib
import json
import os
import pydoc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._utils.optional_imports import import_optional
from ..exceptions import IncompatibleVersionError, ModelFileError, UntrustedTypesError
from .archives import check_archive, description_of, repacked
from .atomic import write_atomically
from .renamed import current_name, has_old_names, with_current_names

# The extra that installs skops and safetensors, and the operation that requires them.
_EXTRA = ("persist", "Saving or loading a file")

# How pickles of the protocols 2 to 5 begin.
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")

# Advice by the type of the error, if it is not to save the model again.
_ADVICE: dict[type[Exception], str] = {
    AttributeError: "If it contains your own functions or classes, define them in a module that "
    "can be imported here, instead of a script or a notebook, and save the model again."
}

# Names, in a safetensors file, of the estimator without its weights and of the digest.
_REST, _DIGEST = "estimator", "sha256"


def save(estimator: BaseEstimator, path: str | os.PathLike[str]) -> None:
    """Save an estimator or a pipeline to a file that contains no code.

    The file is a skops archive, which consists of a description in JSON and of arrays. It is
    written atomically, so that an existing file is preserved if the disk is full or the power
    fails.

    Parameters
    ----------
    estimator : estimator
        An estimator of this package, or an estimator of scikit-learn that skops supports, such as a
        Pipeline.

    path : str or path-like
        Path of the file, by convention with the suffix ".skops".

    Raises
    ------
    ImportError
        If skops is not installed.

    TypeError
        If the estimator contains an object that can only be pickled.

    OSError
        If the file cannot be written. An existing file is left unchanged.

    See Also
    --------
    load : Load an estimator from a file.

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
    """Load an estimator from a file of :func:`save` or `to_safetensors` without executing code.

    Parameters
    ----------
    path : str or path-like
        Path of the file.

    trusted : sequence of str or type, default=()
        Additional types that the file may contain. The classes of this package and the types that
        skops trusts (scikit-learn's estimators, and types of Python, NumPy and SciPy) are always
        allowed. Some estimators contain other types, such as trees and scorers. Only list types
        that you know and trust.

    Returns
    -------
    estimator
        The saved estimator, with its network on the CPU.

    Raises
    ------
    ImportError
        If skops is not installed or, for a safetensors file, safetensors.

    OSError
        If the file cannot be read.

    UntrustedTypesError
        If the file contains other types, which are listed in `error.types`. Nothing is loaded.

    ModelFileError
        If the file is damaged or not a model file.

    IncompatibleVersionError
        If the file was written by a later version of this package in a format that is not supported
        by this version.

    Warns
    -----
    InconsistentVersionWarning
        If the file was written with another version of this package or of scikit-learn.

    See Also
    --------
    save : Save an estimator to a file.
    """
    with open(path, "rb") as file:
        data = file.read()
    names = _names(trusted)
    if not data.startswith(b"PK") and data[8:9] == b"{":
        return _from_safetensors(data, path, names)
    _check_is_archive(data, path)
    loaded = _restored(data, path, names)
    if not isinstance(loaded, BaseEstimator):
        raise ModelFileError(
            f"{os.fspath(path)!r} contains an object of type {type(loaded).__name__}, which is not "
            "an estimator."
        )
    return loaded


def to_safetensors(estimator: Any, path: str | os.PathLike[str]) -> None:
    """Write the weights of a fitted estimator as named tensors, and the rest as another tensor."""
    check_is_fitted(estimator)
    name = _full_name(type(estimator))
    if _class_of_ours(name) is None:
        raise TypeError(f"{name} is not a class of this package. Use save() and load(trusted=...).")
    module = import_optional("safetensors.numpy", *_EXTRA)
    state = estimator.__getstate__()
    weights = {key: np.asarray(array, order="C") for key, array in state.pop("_weights").items()}
    rest = _archived([name, state])
    tensors = {f"network.{key}": array for key, array in weights.items()}
    tensors[_REST] = np.frombuffer(rest, dtype=np.uint8)
    digest = _digest(module.save(tensors))
    write_atomically(path, module.save(tensors, metadata={_DIGEST: digest}))


def _check_is_archive(data: bytes, path: Any) -> None:
    """Raise ModelFileError for a pickle or another file that is not a zip archive."""
    if data.startswith(b"PK"):
        return
    if data.startswith(_PICKLES):
        raise ModelFileError(
            f"{os.fspath(path)!r} is a pickle, which load does not read because a pickle can run "
            "code. If you trust it, read it with pickle.load or joblib.load, and save the "
            "estimator with save()."
        )
    raise ModelFileError(
        f"{os.fspath(path)!r} is not a model file: it is neither a zip archive, as save() writes, "
        "nor a safetensors file. Pass a file that save() or to_safetensors() has written."
    )


def _from_safetensors(data: bytes, path: Any, trusted: set[str]) -> Any:
    module = import_optional("safetensors.numpy", *_EXTRA)
    with _model_file_errors(path):
        stated = json.loads(_header(data))["__metadata__"][_DIGEST]
        if stated != _digest(data):
            raise ValueError("its SHA-256 checksum is wrong")
        tensors = module.load(data)
        rest = tensors.pop(_REST).tobytes()
    restored = _restored(rest, path, trusted)
    with _model_file_errors(path):
        name, state = restored
        cls = _class_of_ours(current_name(name))
        if cls is None:
            raise ValueError(f"{name!r} is not a class of this package")
        state["_weights"] = {name.removeprefix("network."): a for name, a in tensors.items()}
        estimator = cls.__new__(cls)
        estimator.__setstate__(state)
    return estimator


def _header(data: bytes) -> bytes:
    """Return the JSON header of a safetensors file, which follows its length."""
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def _digest(data: bytes) -> str:
    """Return the SHA-256 of the tensors, their names and their shapes."""
    header = _header(data)
    tensors = {name: value for name, value in json.loads(header).items() if name != "__metadata__"}
    described = json.dumps(tensors, sort_keys=True).encode()
    return hashlib.sha256(described + data[8 + len(header) :]).hexdigest()


def _archived(thing: Any) -> bytes:
    skops = import_optional("skops.io", *_EXTRA)
    archive = repacked(skops.dumps(thing))
    try:
        check_archive(archive)
        _check_importable(skops.get_untrusted_types(data=archive))
    except ValueError as error:
        raise TypeError(
            f"{type(thing).__name__} cannot be saved without a pickle: {error}. Usual reasons are "
            "nets of skorch, which must be saved with skorch's own methods, and lambdas or nested "
            "functions, which must be moved to a module."
        ) from error
    return archive


def _restored(archive: bytes, path: Any, trusted: set[str]) -> Any:
    skops = import_optional("skops.io", *_EXTRA)
    with _model_file_errors(path):
        check_archive(archive)
        if has_old_names(description_of(archive)):
            archive = repacked(archive, with_current_names)
        needed = set(skops.get_untrusted_types(data=archive))
    ours = {name for name in needed if _class_of_ours(name) is not None}
    unknown = sorted(needed - ours - trusted)
    if unknown:
        raise UntrustedTypesError(
            f"{os.fspath(path)!r} contains types that are not trusted: {unknown}. If you know "
            f"these types and trust the source of the file, use load(path, trusted={unknown}).",
            unknown,
        )
    with _model_file_errors(path):
        return skops.loads(archive, trusted=sorted(needed))


def _check_importable(names: Iterable[str]) -> None:
    """Raise ValueError if an object could not be imported by its name when a file is loaded."""
    for name in names:
        if pydoc.locate(name) is None:
            raise ValueError(f"nothing can be imported as {name!r}")


@contextmanager
def _model_file_errors(path: Any) -> Iterator[None]:
    """Raise ModelFileError instead of most exceptions inside the block."""
    try:
        yield
    except (IncompatibleVersionError, ModelFileError, ImportError, MemoryError, Warning):
        raise
    except Exception as error:  # a damaged file can raise any exception
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelFileError(
            f"{os.fspath(path)!r} is damaged, or was not written by save() or to_safetensors() "
            f"({reason}). {_ADVICE.get(type(error), 'Save the model again.')}"
        ) from error


def _names(trusted: str | type | Iterable[str | type]) -> set[str]:
    """Return the full names of types."""
    if isinstance(trusted, str | type):
        trusted = [trusted]
    if not isinstance(trusted, Iterable):
        raise TypeError(f"trusted must contain types or their full names; got {trusted!r}.")
    found = {_full_name(t) if isinstance(t, type) else t for t in trusted}
    for name in found:
        if not isinstance(name, str):
            raise TypeError(f"trusted must contain types or their full names; got {name!r}.")
    return found


def _full_name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _class_of_ours(name: str) -> Any:
    """Return the class of this package with a full name, or None if it does not exist."""
    module, _, attribute = name.rpartition(".")
    if module.partition(".")[0] != __name__.partition(".")[0]:
        return None
    cls = getattr(sys.modules.get(module), attribute, None)
    is_ours = isinstance(cls, type) and issubclass(cls, BaseEstimator) and cls.__module__ == module
    return cls if is_ours else None
