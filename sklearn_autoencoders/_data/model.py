"""What a fitted autoencoder consists of, and where it lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..networks._autoencoder import Autoencoder
from ..objectives._likelihoods import Likelihood
from ..objectives._losses import Loss
from .scaling import Scaling


def resolve_device(device: str) -> torch.device:
    """Return the device that a `device` parameter names."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
        torch.empty(0, device=resolved)
    # no such name, built without that backend, a backend that lacks the operation
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"device={device!r} cannot be used on this machine ({str(error).splitlines()[0]}). "
            'Use device="auto" or device="cpu".'
        ) from error
    return resolved


@dataclass(frozen=True)
class Model:
    """What a fitted autoencoder consists of.

    Parameters
    ----------
    network : Autoencoder
        Works on scaled rows.

    scaling : Scaling
        Leads from the user's units to the network's.

    loss : Loss or Likelihood
        Says how to read the network's output.
    """

    network: Autoencoder
    scaling: Scaling
    loss: Loss | Likelihood

    @property
    def device(self) -> torch.device:
        """Where the network lives."""
        return next(self.network.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return next(self.network.parameters()).dtype

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """Type of the weights, as NumPy has it."""
        return np.dtype(np.float32 if self.dtype == torch.float32 else np.float64)


def scaling_tensors(model: Model, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return the centre and the scale, on the model's device."""
    arrays = (model.scaling.center, model.scaling.scale)
    center, scale = (torch.tensor(array, dtype=dtype, device=model.device) for array in arrays)
    return center, scale


def torch_dtype(dtype: Any) -> torch.dtype:
    """Return the type of the tensors that stand for arrays of a type."""
    return torch.float32 if np.dtype(dtype) == np.float32 else torch.float64


def place(network: Autoencoder, device: torch.device, dtype: str) -> Autoencoder:
    """Return the network on a device, in a type named as NumPy names it."""
    return network.to(device=device, dtype=torch_dtype(dtype))
