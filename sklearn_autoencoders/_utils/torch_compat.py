"""Every private name of torch that is used."""

from __future__ import annotations

import copy
import importlib
import os
import threading
import warnings
from typing import TypeVar

import torch
from torch.nn.modules.batchnorm import _BatchNorm as BatchNormBase
from torch.nn.modules.conv import _ConvNd as ConvNd
from torch.nn.modules.dropout import _DropoutNd as DropoutNd

__all__ = [
    "BatchNormBase",
    "ConvNd",
    "DropoutNd",
    "children_of",
    "foreach_mul_",
    "foreach_norm",
    "has_hooks",
    "import_dynamo",
    "with_child",
]

ModuleType = TypeVar("ModuleType", bound=torch.nn.Module)

foreach_mul_ = torch._foreach_mul_
foreach_norm = torch._foreach_norm


def children_of(module: torch.nn.Module) -> dict[str, torch.nn.Module | None]:
    """Return the children of a module by name, to be changed in place.

    Unlike `named_children`, it includes a child for each of its names, and names without a child.
    """
    return module._modules


def with_child(module: ModuleType, name: str, child: torch.nn.Module) -> ModuleType:
    """Return a shallow copy of a module, with the same weights, in which one child is replaced."""
    copied = copy.copy(module)
    copied._modules = {**module._modules, name: child}
    return copied


def has_hooks(module: torch.nn.Module) -> bool:
    """Return whether a module has functions that are called before or after its `forward`."""
    return bool(module._forward_hooks or module._forward_pre_hooks or module._backward_hooks)


_importing = threading.Lock()


def import_dynamo() -> None:
    """Import what torch's optimizers import when first used, without side effects.

    The import changes warning filters and environment variables.
    """
    with _importing:
        filters, variables = warnings.filters[:], set(os.environ)
        importlib.import_module("torch._dynamo")
        # typed as a read-only sequence; replaced in place, because other modules hold the list
        warnings.filters[:] = filters  # type: ignore[index]
        for name in set(os.environ) - variables:
            del os.environ[name]
