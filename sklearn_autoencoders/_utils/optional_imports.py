"""Modules that come with an extra of this package, which not everybody has installed."""

from __future__ import annotations

import importlib
from typing import Any


def imported(name: str, extra: str, what: str) -> Any:
    """Return a module; ImportError says which extra brings what needs it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{what} needs {error.name or name}. Install it with: "
            f"pip install 'sklearn_autoencoders[{extra}]'"
        ) from error
