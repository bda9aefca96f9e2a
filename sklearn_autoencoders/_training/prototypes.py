"""Prototypes of the training samples: means of a few neighbors."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import Data, SampleDataset
from .._data.model import Model
from .._data.splits import draw_by_content
from .._inference.run import run
from .._utils.batch import Batch
from ..networks._ensemble import Ensemble

Array = NDArray[np.float64]

# Number of samples whose mean is a prototype, so that no prototype is a training sample.
N_NEIGHBORS = 5
# Maximum number of values of the samples from which prototypes are computed, and of prototypes.
_N_VALUES, _MAX_VALUES = 2**24, 2**22


def limited_number(n_prototypes: int, n_groups: int, n_inputs: int) -> int:
    """Return a number of prototypes, fewer if they have very many inputs, but at least one."""
    most = max(_MAX_VALUES // (n_groups * n_inputs), 1)
    return min(n_prototypes, most)


def set_prototypes(model: Model, data: Data, fraction: float, seed: int) -> None:
    """Set prototypes of a network to the means of random training samples and their neighbors.

    Parameters
    ----------
    model : Model
        The prototypes of its network, if it has any, are modified in place.

    data : Data
        Training samples. Held-out samples are not used.

    fraction : float
        Fraction of the prototypes that is replaced; the others are kept. If it is less than one,
        too few samples for a mean replace none.

    seed : int
        Determines the samples.
    """
    network = cast(Ensemble, model.network)
    if network.prototypes is None:
        return
    rng = np.random.RandomState(seed)
    n_groups, n_prototypes, n_inputs = network.prototypes.inputs.shape
    rows, weight = _rows(data, max(_N_VALUES // n_inputs, n_prototypes), seed)
    if fraction < 1 and len(rows) < N_NEIGHBORS:
        return
    x, observed = _samples(model, data.X[rows])
    inputs = np.array(
        [_means(x, observed, weight, n_prototypes, rng) for _ in range(n_groups)],
        dtype=np.float64,
    )
    kept = rng.uniform(size=(n_groups, n_prototypes)) >= fraction
    network.prototypes.set(inputs, _outputs(model, inputs), kept)


def _rows(data: Data, n_most: int, seed: int) -> tuple[NDArray[np.intp], Array]:
    """Return positions of different training samples in a random order, and their weights.

    The order depends on the values of the samples, and copies of a sample are one sample with the
    sum of their weights, so that a sample of weight 2 is equivalent to two samples.
    """
    rows = data.training_rows
    weight = np.ones(len(rows)) if data.weight is None else data.weight[rows]
    rows, weight = rows[weight > 0], weight[weight > 0]
    draws = draw_by_content(data.X[rows], seed)
    _, first, copies = np.unique(draws, return_index=True, return_inverse=True)
    total = np.bincount(copies, weight)[:n_most]
    return rows[first][:n_most], total / total.sum()


def _samples(model: Model, X: Any) -> tuple[Tensor, Tensor | None]:
    """Return clipped inputs of the network, and which are observed; None if all are."""
    data = Data(X)
    clip, layout = cast(Ensemble, model.network).clip, model.layout

    def inputs(network: Any, batch: Batch) -> Tensor:
        x = batch.x.clamp(-clip, clip)
        return (
            x if batch.observed is None else torch.stack([x, layout.of_inputs(batch.observed)], 1)
        )

    found = torch.from_numpy(run(model, SampleDataset(model, data), inputs))
    return (found, None) if found.ndim == 2 else (found[:, 0], found[:, 1])


def _means(
    x: Tensor, observed: Tensor | None, weight: Array, n_prototypes: int, rng: np.random.RandomState
) -> NDArray[Any]:
    """Return the means of randomly drawn samples and their nearest neighbors."""
    seeds = torch.from_numpy(rng.choice(len(x), n_prototypes, n_prototypes > len(x), weight))
    centered = x - x.mean(0)
    centered = centered if observed is None else centered * observed
    distance = centered.square().sum(1) - 2 * centered[seeds] @ centered.T
    near = distance.topk(min(N_NEIGHBORS, len(x)), largest=False).indices
    if observed is None:
        means: NDArray[Any] = x[near].mean(1).numpy()
        return means
    return np.asarray(x[near].sum(1) / observed[near].sum(1).clamp(min=1))


def _outputs(model: Model, inputs: Array) -> Array:
    """Return the output of the network that has the values of given inputs."""
    scaling, layout = model.scaling, model.layout
    values, outputs = inputs * scaling.scale + scaling.center, inputs.copy()
    if model.loss.unit_interval:
        probability = np.clip(values, 1e-3, 1 - 1e-3)
        outputs = np.log(probability / (1 - probability))
    indicators = layout.indicators.numpy()
    frequency = N_NEIGHBORS * values[..., indicators] + scaling.center[indicators]
    outputs[..., indicators] = np.log(np.maximum(frequency, 1e-6))
    return outputs
