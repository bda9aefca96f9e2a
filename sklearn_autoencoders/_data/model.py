"""The parts of a fitted autoencoder, and their device and type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._utils.layout import Layout
from ..networks._layers.conditional_mean import ConditionalMean, GaussianMean
from ..networks._models.autoencoder import Autoencoder
from ..objectives._likelihoods import Likelihood
from ..objectives._losses import Loss
from .statistics.factors import Factors
from .statistics.gaussian import Gaussian
from .statistics.scaling import Scaling
from .tables.discriminants import Discriminants


def input_model_from_dict(values: dict[str, NDArray[np.float64]]) -> Factors | Gaussian:
    """Return the model of the inputs from the values that its `to_dict` returned."""
    return Gaussian(**values) if "precision" in values else Factors(**values)


def resolve_device(device: str) -> torch.device:
    """Return the device that a `device` parameter specifies."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        resolved = torch.device(device)
        torch.empty(0, device=resolved)
    # unknown name, backend that is not installed, backend without the operation
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f'device={device!r} cannot be used on this machine. Use device="auto", "cpu" or "cuda" '
            f"(a GPU of NVIDIA). {str(error).splitlines()[0]}"
        ) from error
    return resolved


@dataclass(frozen=True)
class Model:
    """The parts of a fitted autoencoder.

    Parameters
    ----------
    network : Autoencoder
        The network, which operates on scaled samples.

    scaling : Scaling
        Converts the user's units to those of the network.

    loss : Loss or Likelihood
        Defines how the network's output is converted to values.

    layout : Layout
        The inputs and outputs of the network for each column of the samples.

    input_model : Factors, Gaussian or None, default=None
        Predicts missing inputs. Without it they are zero.

    category_shares : ndarray of shape (2, n_columns) or None, default=None
        Weights of the input model and of the frequencies in the reconstruction of a missing
        category, zero for numbers; the network has the rest.

    discriminants : Discriminants or None, default=None
        Second model of the levels of columns, whose probabilities are averaged with those of the
        network of an autoregressive model.
    """

    network: Autoencoder
    scaling: Scaling
    loss: Loss | Likelihood
    layout: Layout
    input_model: Factors | Gaussian | None = None
    category_shares: NDArray[np.float64] | None = None
    discriminants: Discriminants | None = None

    def conditional_mean(self, dtype: torch.dtype) -> ConditionalMean | GaussianMean | None:
        """Return the function that replaces missing inputs, if any."""
        if self.input_model is None:
            return None
        tensors = {
            name: torch.tensor(array, dtype=dtype, device=self.device)
            for name, array in self.input_model.to_dict().items()
        }
        kind = ConditionalMean if isinstance(self.input_model, Factors) else GaussianMean
        return kind(**tensors)

    @property
    def target_scaling(self) -> Scaling:
        """Converts the user's units to those of the target: indicators are not scaled."""
        if self.loss.unit_interval:
            return Scaling.identity(len(self.scaling.center))
        if self.layout.is_numeric:
            return self.scaling
        center, scale = self.scaling.center.copy(), self.scaling.scale.copy()
        center[self.layout.indicators], scale[self.layout.indicators] = 0.0, 1.0
        return Scaling(center, scale)

    @property
    def column_scale(self) -> NDArray[np.float64]:
        """Scale of the errors of each column; one for categories."""
        scale = self.target_scaling.scale
        return scale if self.layout.is_numeric else scale[self.layout.first_inputs.numpy()]

    @property
    def device(self) -> torch.device:
        """Device of the network."""
        return next(self.network.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return next(self.network.parameters()).dtype

    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """NumPy type of the weights."""
        return np.dtype(np.float32 if self.dtype == torch.float32 else np.float64)


def scaling_tensors(
    scaling: Scaling, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return the center and the scale as tensors."""
    arrays = (scaling.center, scaling.scale)
    center, scale = (torch.tensor(array, dtype=dtype, device=device) for array in arrays)
    return center, scale


def torch_dtype(dtype: Any) -> torch.dtype:
    """Return the torch type that corresponds to a NumPy type."""
    return torch.float32 if np.dtype(dtype) == np.float32 else torch.float64


def place(network: Autoencoder, device: torch.device, dtype: str) -> Autoencoder:
    """Move the network to a device and convert it to a type, given by its NumPy name."""
    return network.to(device=device, dtype=torch_dtype(dtype))
