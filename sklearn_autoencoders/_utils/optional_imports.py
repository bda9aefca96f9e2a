"""Import of optional dependencies."""

from __future__ import annotations

import importlib
from typing import Any


def import_optional(name: str, extra: str, what: str) -> Any:
    """Import a module; if it is missing, raise an ImportError that names the extra to install."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            f"{what} requires {error.name or name}. Install it with: "
            f"pip install 'sklearn_autoencoders[{extra}]'"
        ) from error
