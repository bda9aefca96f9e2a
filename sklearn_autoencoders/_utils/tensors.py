"""Tensors of torch as arrays."""

from __future__ import annotations

from typing import Any

import torch


def without_tensor(values: Any) -> Any:
    """Return a tensor as an array, also if it requires a gradient; anything else unchanged.

    Types that NumPy does not have, such as bfloat16, become float32.
    """
    if not isinstance(values, torch.Tensor):
        return values
    tensor = values.detach().cpu()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


def without_tensors(values: dict[str, Any]) -> dict[str, Any]:
    """Return values by name with arrays for tensors."""
    return {name: without_tensor(value) for name, value in values.items()}
