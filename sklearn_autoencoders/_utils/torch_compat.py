"""Every private name of torch that is used."""

from __future__ import annotations

import importlib
import os
import threading
import warnings

import torch
from torch.nn.modules.batchnorm import _BatchNorm as BatchNormBase
from torch.nn.modules.conv import _ConvNd as ConvNd
from torch.nn.modules.dropout import _DropoutNd as DropoutNd

__all__ = [
    "BatchNormBase",
    "ConvNd",
    "DropoutNd",
    "foreach_mul_",
    "foreach_norm",
    "import_dynamo",
]

foreach_mul_ = torch._foreach_mul_
foreach_norm = torch._foreach_norm

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
