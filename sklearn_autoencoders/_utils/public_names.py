"""Public module names of classes and functions."""

from __future__ import annotations

import inspect
from typing import Any


def publish(namespace: dict[str, Any]) -> None:
    """Set `__module__` of everything in a public module's `__all__` to that module.

    Model files and pickles store the module of each class. With public module names, private
    modules can be renamed.

    Parameters
    ----------
    namespace : dict
        The `globals()` of the public module.
    """
    for name in namespace["__all__"]:
        value = namespace[name]
        if inspect.isclass(value) or inspect.isfunction(value):
            value.__module__ = namespace["__name__"]
