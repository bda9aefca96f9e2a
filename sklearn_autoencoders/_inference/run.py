"""A trained network over an array, chunk by chunk."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import Data, Rows
from .._data.model import Model, scaling_tensors, torch_dtype
from .._utils.memory import asking_for_less, is_out_of_memory
from .._utils.torch_settings import few_threads, preserve_settings
from ..networks._autoencoder import Autoencoder
from ..networks._costs import multiply_adds, widest_layer
from ..objectives._losses import Loss

# Cells of the widest layer held at once while a network runs over an array.
_CHUNK_CELLS = 2**20

# What is computed of a network and a batch; the first axis of the result is that of the batch.
Function = Callable[[Any, Any], Tensor]


def encode(model: Model, X: NDArray[Any], condition: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the codes of the rows, of shape (n_samples, n_components)."""
    return run(model, Rows(model, Data(X, condition=condition)), codes)


def decode(model: Model, codes: NDArray[Any]) -> NDArray[Any]:
    """Return the rows that codes stand for, in the user's units."""
    return run(model, Rows(model, Data(codes), scaled=True), decoding(model, codes.dtype))


def reconstruct(
    model: Model, X: NDArray[Any], condition: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return the reconstructions of the rows, in the user's units."""
    return run(model, Rows(model, Data(X, condition=condition)), reconstruction(model, X.dtype))


def predict(model: Model, X: NDArray[Any]) -> NDArray[Any]:
    """Return what the head makes of the rows, of shape (n_samples, n_outputs)."""
    return run(model, Rows(model, Data(X)), predictions)


def sample_losses(model: Model, X: NDArray[Any]) -> NDArray[Any]:
    """Return the reconstruction loss of every row, of shape (n_samples,)."""
    return run(model, Rows(model, Data(X)), losses(model))


def sample_errors(model: Model, X: NDArray[Any], tolerance: NDArray[np.float64]) -> NDArray[Any]:
    """Return the mean absolute error of every row's known cells, in units of a tolerance.

    Parameters
    ----------
    model : Model
        Gives the expected cells.

    X : ndarray of shape (n_samples, n_features)
        Rows, NaN where a value is missing.

    tolerance : ndarray of shape (n_features,)
        One unit of each column's error, in the units of X.

    Returns
    -------
    ndarray of shape (n_samples,)
        Of the type of X.
    """
    function = errors(model, tolerance, X.dtype)
    return run(model, Rows(model, Data(X)), function, n_draws=4)  # layers at once, in the cache


def codes(network: Autoencoder, batch: Any) -> Tensor:
    """Return the codes of a batch."""
    return network.encode(batch[0])


def predictions(network: Any, batch: Any) -> Tensor:
    """Return what the head makes of a batch."""
    return cast(Tensor, network.predict(batch[0]))


def decoding(model: Model, dtype: Any) -> Function:
    """Return what leads from codes to rows of a type, in the user's units."""
    units = Units(model, dtype)
    return lambda network, batch: units(network.decode(batch[0]))


def reconstruction(model: Model, dtype: Any) -> Function:
    """Return what leads from rows of a type to their reconstructions."""
    units = Units(model, dtype)
    return lambda network, batch: units(network(batch[0])[1])


def losses(model: Model) -> Function:
    """Return what leads from rows to their reconstruction losses."""

    def function(network: Autoencoder, batch: Any) -> Tensor:
        x, compared = batch
        target, observed = compared.target, compared.observed
        totals = cast(Loss, model.loss).per_sample(network(x).reconstruction, target, observed)
        return totals if observed is None else totals / observed.mean(1)

    return function


def errors(model: Model, tolerance: NDArray[np.float64], dtype: Any) -> Function:
    """Return what leads from rows of a type to their errors, as in :func:`sample_errors`."""
    scale = 1.0 if model.loss.unit_interval else model.scaling.scale
    unit = torch.tensor(scale / tolerance, dtype=torch_dtype(dtype), device=model.device)

    def function(network: Autoencoder, batch: Any) -> Tensor:
        x, compared = batch
        observed = compared.observed
        cells = (model.loss.link(network(x).reconstruction) - compared.target).abs() * unit
        if observed is None:
            return cast(Tensor, cells.mean(1))
        return cast(Tensor, (cells * observed).sum(1) / observed.sum(1))

    return function


class Units:
    """Leads from the network's output back to the user's units."""

    def __init__(self, model: Model, dtype: Any) -> None:
        self._loss = model.loss
        self._center, self._scale = scaling_tensors(model, torch_dtype(dtype))

    def __call__(self, output: Tensor) -> Tensor:
        """Return the means that the network's output stands for."""
        return self.of_values(self._loss.link(output))

    def of_values(self, output: Tensor) -> Tensor:
        """Return values in the network's units in the user's."""
        return output if self._loss.unit_interval else output * self._scale + self._center


def run(
    model: Model,
    rows: Rows,
    function: Function,
    n_draws: int = 1,
) -> NDArray[Any]:
    """Return a function of the network and of batches of rows, over all rows.

    Parameters
    ----------
    model : Model
        Its network is used in the type of the rows.

    rows : Rows
        Where batches come from.

    function : callable
        Maps the network and a batch to a tensor whose first axis is that of the batch.

    n_draws : int, default=1
        How often the function holds a row at once.

    Returns
    -------
    ndarray
        The results, one after another.
    """
    with preserve_settings(), torch.no_grad():
        return _run(cast_network(model.network, rows.dtype), rows, function, n_draws)


def _run(network: Autoencoder, rows: Rows, function: Function, n_draws: int) -> NDArray[Any]:
    n_rows = max(_CHUNK_CELLS // (n_draws * widest_layer(network)), 1)
    outputs: NDArray[Any] | None = None
    advice = "neither chunks nor the result fit. Give fewer rows, or use a narrower network."
    work = min(n_rows, len(rows)) * multiply_adds(network)
    with asking_for_less(advice), few_threads(work):
        for chunk, output in _chunks(network, rows, function, n_rows):
            if outputs is None:
                outputs = np.empty((len(rows), *output.shape[1:]), dtype=output.dtype)
            outputs[chunk] = output
    return cast(NDArray[Any], outputs)


def _chunks(
    network: Autoencoder, rows: Rows, function: Function, n_rows: int
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield chunks with what the function makes of them; smaller ones once memory runs out."""
    start = 0
    while start < len(rows):
        chunk = slice(start, min(start + n_rows, len(rows)))
        try:
            output = function(network, rows.__getitems__(chunk)).cpu().numpy()
        except Exception as error:
            n_rows = (chunk.stop - start) // 2
            if not is_out_of_memory(error) or n_rows == 0:
                raise
        else:
            yield chunk, output
            start = chunk.stop


def cast_network(network: Autoencoder, dtype: torch.dtype) -> Autoencoder:
    """Return a network, or a copy of it in another type."""
    if all(parameter.dtype == dtype for parameter in network.parameters()):
        return network
    return copy.deepcopy(network).to(dtype)
