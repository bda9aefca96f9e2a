"""Applying a trained network to an array, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import CodeDataset, SampleDataset
from .._data.data import Data
from .._data.model import Model, scaling_tensors, torch_dtype
from .._data.sources.rows import RowSource
from .._data.sources.sparse import as_dense
from .._data.statistics.scaling import marginal_surprise
from .._utils.batch import Batch
from .._utils.memory import explain_out_of_memory, is_out_of_memory
from .._utils.torch_settings import few_threads, preserve_settings
from ..networks._models.autoencoder import Autoencoder
from ..objectives._cells import CellLoss
from ..objectives._contract import not_none
from ..objectives._losses import Loss
from .prepared import prepared

# Number of values of the widest layer that are kept in memory for one chunk.
_CHUNK_SIZE = 2**20
# Smallest share of observed values, so that the loss of a sample without any is zero.
_SMALLEST = 1e-9
# Products with fewer rows than this are summed in another order: the result for a sample would
# depend on how many others there are.
_MIN_ROWS = 8

# An array, or samples that are read in parts.
Samples = NDArray[Any] | RowSource

# A function of a network and a batch; the first axis of its result is that of the batch.
Function = Callable[[Any, Any], Tensor]


def encode(model: Model, X: Samples, condition: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the codes of samples, of shape (n_samples, n_components)."""
    return run(model, SampleDataset(model, Data(X, condition=condition)), codes)


def decode(model: Model, codes: NDArray[Any]) -> NDArray[Any]:
    """Return the samples that codes are decoded to, in the user's units."""
    samples = CodeDataset(codes, None, model.device)
    return run(model, samples, decode_function(model, codes.dtype))


def reconstruct(model: Model, X: Samples, condition: NDArray[Any] | None = None) -> NDArray[Any]:
    """Return the reconstructions of samples, in the user's units."""
    return run(
        model,
        SampleDataset(model, Data(X, condition=condition)),
        reconstruct_function(model, X.dtype),
    )


def predict(model: Model, X: Samples) -> NDArray[Any]:
    """Return the output of the head, of shape (n_samples, n_outputs)."""
    return run(model, SampleDataset(model, Data(X)), predictions)


def sample_losses(model: Model, X: Samples) -> NDArray[Any]:
    """Return the reconstruction loss of each sample, of shape (n_samples,)."""
    return run(model, SampleDataset(model, Data(X)), loss_function(model))


def cell_errors(
    model: Model, X: Samples, expected: NDArray[Any], target: NDArray[Any] | None = None
) -> NDArray[np.float64]:
    """Return absolute errors of numbers, and negative log-probabilities of categories.

    Parameters
    ----------
    model : Model
        Predicts the cells.

    X, expected : ndarray of shape (n_samples, n_columns)
        Samples and their reconstructions.

    target : ndarray of shape (n_samples, n_columns) or None, default=None
        What the reconstructions are compared with, if not X itself.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        NaN where a value is missing.
    """
    errors: NDArray[np.float64] = np.abs(
        as_dense(X if target is None else target) - expected, dtype=np.float64
    )
    if not model.layout.is_numeric:
        categories = model.layout.categories.numpy()
        samples = SampleDataset(model, Data(X, clean=None if target is X else target))
        found = run(model, samples, surprise_function(model))
        errors[:, categories] = np.where(np.isnan(errors[:, categories]), np.nan, found)
    return errors


def explained_fraction(
    model: Model, X: Samples, target: NDArray[Any], weight: NDArray[np.float64] | None
) -> float:
    """Return the fraction of the loss of mean predictions that the reconstruction explains.

    Parameters
    ----------
    model : Model
        Reconstructs the samples.

    X, target : ndarray of shape (n_samples, n_columns)
        Samples, and what their reconstruction is compared with.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    Returns
    -------
    float
        One minus the sum of the squared errors of numbers, in units of their scale, and of the
        negative log-probabilities of categories, in units of their entropy, divided by the same
        sum for predictions by the means and the frequencies of `target`.
    """
    layout, entropies = model.layout, cast(CellLoss, model.loss).entropies.numpy()
    weight = np.ones(len(X)) if weight is None else weight
    errors = cell_errors(model, X, reconstruct(model, X), target)
    rest, total = np.zeros(2)
    for column in layout.numbers.tolist():
        scale = model.scaling.scale[int(layout.first_inputs[column])]
        rest += _sum(weight, np.square(errors[:, column] / scale))
        total += _sum(weight, np.square(_deviation(target[:, column], weight) / scale))
    for column, entropy in zip(layout.categories.tolist(), entropies, strict=True):
        rest += _sum(weight, errors[:, column] / entropy)
        surprise = marginal_surprise(target[:, column], weight, layout.n_categories[column])
        total += _sum(weight, surprise / entropy)
    return float(1 - rest / total) if total > 0 else float(rest <= total)


def _sum(weight: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    return float(weight @ np.nan_to_num(values))


def _deviation(values: NDArray[Any], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the differences of observed values from their weighted mean."""
    known = ~np.isnan(values)
    mean = np.average(values[known], weights=weight[known]) if weight[known].any() else 0.0
    deviation: NDArray[np.float64] = values - mean
    return deviation


def surprise_function(model: Model) -> Function:
    """Return the function from samples to the negative log-probabilities of their categories."""
    loss = cast(CellLoss, model.loss)

    def function(network: Autoencoder, batch: Batch) -> Tensor:
        return loss.surprise(free_output(network, batch).reconstruction, not_none(batch.target))

    return function


def codes(network: Autoencoder, batch: Batch) -> Tensor:
    """Return the codes of a batch."""
    return network.encode(batch)


def predictions(network: Any, batch: Batch) -> Tensor:
    """Return the output of the head for a batch."""
    return cast(Tensor, network.predict(batch))


def decode_function(model: Model, dtype: Any) -> Function:
    """Return the function from codes to samples of a type, in the user's units."""
    units = Units(model, dtype)
    return lambda network, batch: units(network.decode(batch.x, batch.condition))


def free_output(network: Any, batch: Batch) -> Any:
    """Return the output for a batch without its target, which some decoders read."""
    return network(replace(batch, target=None))


def reconstruct_function(model: Model, dtype: Any) -> Function:
    """Return the function from samples of a type to their reconstructions."""
    units = Units(model, dtype)
    if model.category_shares is None:
        return lambda network, batch: units(free_output(network, batch).reconstruction)
    average = _CategoryAverage(model, dtype)

    def function(network: Autoencoder, batch: Batch) -> Tensor:
        values = model.loss.link(free_output(network, batch).reconstruction)
        return units.of_values(average(values, batch))

    return function


def category_predictions_function(model: Model, dtype: Any) -> Function:
    """Return the function from samples to three predictions of each input, of shape (batch, 3, n).

    They are those of the network, the conditional means of missing inputs, and the frequencies.
    Only those of indicators are meaningful.
    """
    average = _CategoryAverage(model, dtype)

    def function(network: Autoencoder, batch: Batch) -> Tensor:
        values = model.loss.link(free_output(network, batch).reconstruction)
        return torch.stack([values, *average.others(values, batch)], dim=1)

    return function


class _CategoryAverage:
    """Averages predictions of missing categories.

    They are those of the network, the indicators that it receives, which are conditional means, and
    the frequencies.
    """

    def __init__(self, model: Model, dtype: Any) -> None:
        self._layout = model.layout
        scaling = scaling_tensors(model.scaling, model.device, torch_dtype(dtype))
        self._center, self._scale = scaling
        if model.category_shares is not None:
            shares = torch.tensor(model.category_shares).to(self._center)
            self._shares = self._layout.of_inputs(shares)

    def others(self, values: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the conditional means and the frequencies."""
        expected = (batch.x * self._scale + self._center).clamp(0.0, 1.0)
        return expected, self._center.expand_as(values)

    def __call__(self, values: Tensor, batch: Batch) -> Tensor:
        """Return numbers unchanged, and probabilities of categories."""
        if batch.missing is None:
            return values
        changes = torch.stack(self.others(values, batch), dim=1) - values[:, None]
        missing = self._layout.of_inputs(batch.missing)
        return values + missing * (self._shares * changes).sum(1)


def loss_function(model: Model) -> Function:
    """Return the function from samples to their reconstruction losses."""

    def function(network: Autoencoder, batch: Batch) -> Tensor:
        loss, observed = cast(Loss, model.loss), batch.observed
        output = free_output(network, batch).reconstruction
        totals = loss.per_sample(output, not_none(batch.target), observed)
        return totals if observed is None else totals / observed.mean(1).clamp(min=_SMALLEST)

    return function


class Units:
    """Converts the network's output to the user's units."""

    def __init__(self, model: Model, dtype: Any) -> None:
        self._loss, self._layout = model.loss, model.layout
        self._center, self._scale = scaling_tensors(
            model.target_scaling, model.device, torch_dtype(dtype)
        )

    def __call__(self, output: Tensor) -> Tensor:
        """Return the mean of the values, given the network's output."""
        return self.of_values(self._loss.link(output))

    def of_values(self, output: Tensor) -> Tensor:
        """Return scaled values in the user's units, and the most likely categories."""
        if self._loss.unit_interval:  # not computed, since 1 * x + 0 is slower
            return self._layout.decode(output)
        return self._layout.decode(output * self._scale + self._center)


def run(
    model: Model,
    samples: SampleDataset | CodeDataset,
    function: Function,
    n_copies: int = 1,
) -> NDArray[Any]:
    """Apply a function of the network and of a batch to all samples.

    Parameters
    ----------
    model : Model
        The model. Its network is converted to the type of the samples.

    samples : SampleDataset or CodeDataset
        The samples.

    function : callable
        Maps the network and a batch to a tensor whose first axis is that of the batch.

    n_copies : int, default=1
        Number of copies of a sample that the function keeps in memory.

    Returns
    -------
    ndarray
        The concatenated results.
    """
    with preserve_settings(), torch.no_grad():
        found = prepared(model.network, samples.dtype)
        network = found.converted or model.network
        size = max(_CHUNK_SIZE // (n_copies * found.widest_layer), 1)
        work = min(size, len(samples)) * found.multiply_adds
        with few_threads(work):
            return _run(network, samples, function, size)


def _run(
    network: Autoencoder, samples: SampleDataset | CodeDataset, function: Function, size: int
) -> NDArray[Any]:
    outputs: NDArray[Any] | None = None
    advice = (
        "a single sample or the result does not fit. Pass fewer samples or use a smaller network."
    )
    with explain_out_of_memory(advice):
        for chunk, output in _chunks(network, samples, function, size):
            if outputs is None:
                outputs = np.empty((len(samples), *output.shape[1:]), dtype=output.dtype)
            outputs[chunk] = output
    return cast(NDArray[Any], outputs)


def _chunks(
    network: Autoencoder, samples: SampleDataset | CodeDataset, function: Function, size: int
) -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield chunks with the results of the function; chunks are halved if memory is exhausted."""
    start = 0
    while start < len(samples):
        chunk = slice(start, min(start + size, len(samples)))
        try:
            rows = _at_least(min(size, _MIN_ROWS), chunk)
            output = function(network, samples.__getitems__(rows)).cpu().numpy()
        except Exception as error:
            size = (chunk.stop - start) // 2
            if not is_out_of_memory(error) or size == 0:
                raise
        else:
            yield chunk, output[: chunk.stop - start]
            start = chunk.stop


def _at_least(n_rows: int, chunk: slice) -> slice | list[int]:
    """Return the rows of a chunk, the last of which is repeated if there are too few."""
    n_missing = n_rows - (chunk.stop - chunk.start)
    if n_missing <= 0:
        return chunk
    return [*range(chunk.start, chunk.stop), *[chunk.stop - 1] * n_missing]
