"""Prototypes of the training samples: means of a few neighbors, and how these vary."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.sources.splits import draw_by_content
from .._inference.outlier_errors import WIDE
from .._inference.run import run
from .._utils.batch import Batch
from ..networks._models.ensemble import Ensemble

Array = NDArray[np.float64]

# Number of samples whose mean is a prototype, so that no prototype is a training sample.
N_NEIGHBORS = 5
# Number of groups, from each of which the nearest is used, of samples that are not wide: if similar
# outliers are among the prototypes of one group, they are hardly among those of all.
_N_GROUPS = 4
# A prototype has one direction for each of these columns, at most ten, from five samples for each.
_N_COLUMNS, _MAX_DIRECTIONS, _N_FOR_DIRECTION = 8, 10, 5
# Minimum variance in a direction, as a fraction of the largest.
_MIN_VARIANCE = 1e-6
# Number of prototypes whose neighbors are in memory at the same time.
_N_PLANES_AT_ONCE = 64
# Maximum number of values of the samples from which prototypes are computed, and of prototypes.
_N_VALUES, _MAX_VALUES = 2**24, 2**22


def prototype_sizes(
    n_prototypes: int, n_columns: int, n_inputs: int
) -> tuple[int, int, int] | None:
    """Return numbers of groups, of prototypes of each and of directions of each prototype.

    Parameters
    ----------
    n_prototypes : int
        Number of prototypes that is asked for.

    n_columns, n_inputs : int
        Number of columns, and of inputs of the network.

    Returns
    -------
    tuple of int or None
        Fewer prototypes than asked for if they have very many values. None if none is asked for.
    """
    if not n_prototypes:
        return None
    n_groups = 1 if n_columns >= WIDE else min(_N_GROUPS, n_prototypes)
    n_directions = min(n_columns // _N_COLUMNS, _MAX_DIRECTIONS)
    most = max(_MAX_VALUES // (n_inputs * (1 + n_directions)), 1)
    return n_groups, max(min(n_prototypes, most) // n_groups, 1), n_directions


def set_unit(model: Model, data: Data, seed: int) -> None:
    """Set the units of distances to the ranges of the inputs, if the network has prototypes.

    Parameters
    ----------
    model : Model
        The unit of the prototypes of its network is modified in place.

    data : Data
        Training samples. Held-out samples are not used.

    seed : int
        Determines the samples, if there are many.
    """
    prototypes = cast(Ensemble, model.network).prototypes
    if prototypes is None:
        return
    n_prototypes, _, n_inputs = prototypes.directions.shape
    rows, _ = different_rows(
        data, data.training_rows, max(_N_VALUES // n_inputs, n_prototypes), seed
    )
    x, _ = _clipped_inputs(model, data.X[rows])
    # inputs have a standard deviation of one; less is possible in a part of the samples
    prototypes.unit.copy_((x.amax(0) - x.amin(0)).clamp(min=1))


def set_prototypes(
    model: Model, data: Data, typical: NDArray[np.bool_], fraction: float, seed: int
) -> None:
    """Set prototypes of a network to the means of random training samples and their neighbors.

    Their directions are the principal axes of more neighbors.

    Parameters
    ----------
    model : Model
        The prototypes of its network, if it has any, are modified in place.

    data : Data
        Training samples. Held-out samples are not used.

    typical : ndarray of bool of shape (n_samples,)
        Which of the training samples are used.

    fraction : float
        Fraction of the prototypes that is replaced; the others are kept. If it is less than one,
        too few samples for a mean replace none.

    seed : int
        Determines the samples.
    """
    network = cast(Ensemble, model.network)
    prototypes = network.prototypes
    if prototypes is None:
        return
    rng = np.random.RandomState(seed)
    n_prototypes, n_directions, n_inputs = prototypes.directions.shape
    some = data.training_rows[typical[data.training_rows]]
    n_most = max(_N_VALUES // n_inputs, n_prototypes)
    rows, weight = different_rows(data, some, n_most, seed)
    if fraction < 1 and len(rows) < N_NEIGHBORS:
        return
    x, observed = _clipped_inputs(model, data.X[rows])
    seeds = torch.from_numpy(rng.choice(len(x), n_prototypes, n_prototypes > len(x), weight))
    unit = prototypes.unit.to(x)
    x = x / unit
    parts = [_planes(x, observed, some, n_directions) for some in seeds.split(_N_PLANES_AT_ONCE)]
    means, directions = (torch.cat(part) for part in zip(*parts, strict=True))
    kept = rng.uniform(size=n_prototypes) >= fraction
    prototypes.set(means * unit, directions, kept)


def set_prototypes_of_all(
    model: Model,
    data: Data,
    usable: NDArray[np.bool_],
    fraction: float,
    seed: int,
    with_held_out: bool = True,
) -> list[tuple[Model, Data]]:
    """Set prototypes, also of held-out samples, and return how these are scored as new ones.

    The held-out samples are in two parts. Each is scored by a model whose prototypes are made of
    all samples but those of the part, as in cross-conformal prediction [1]_. Of wide samples, such
    as windows of a series that overlap, prototypes are made of training samples only.

    .. [1] V. Vovk, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence
       74, 2015.

    Parameters
    ----------
    model : Model
        The prototypes of its network, if it has any, are modified in place.

    data : Data
        Training samples and held-out samples.

    usable : ndarray of bool of shape (n_samples,)
        Which samples prototypes can be made of.

    fraction, seed
        As in :func:`set_prototypes`.

    with_held_out : bool, default=True
        Whether prototypes are made of held-out samples. If these are copies of training samples,
        their scores would only differ from those of new copies.

    Returns
    -------
    list of (Model, Data)
        A model for each part, and the samples, of which those of the part are held out.
    """
    parts = _held_out_parts(model, data, seed) if with_held_out else []
    found = []
    for part in parts:
        own = replace(model, network=copy.deepcopy(model.network))
        without = replace(data, held_out=part)
        set_prototypes(own, without, usable, fraction, seed)
        found.append((own, without))
    set_prototypes(model, replace(data, held_out=None) if parts else data, usable, fraction, seed)
    return found or [(model, data)]


def _held_out_parts(model: Model, data: Data, seed: int) -> list[NDArray[np.intp]]:
    """Return positions of the held-out samples of each part; none if no prototype uses them."""
    held_out = data.held_out
    if model.network.prototypes is None or held_out is None or model.layout.n_columns >= WIDE:
        return []
    is_first = draw_by_content(data.X[held_out], seed) < 0.5  # copies are in the same part
    return [part for part in (held_out[is_first], held_out[~is_first]) if len(part)]


def different_rows(
    data: Data, rows: NDArray[np.intp], n_most: int, seed: int
) -> tuple[NDArray[np.intp], Array]:
    """Return positions of different samples among some in a random order, and their weights.

    The order depends on the values of the samples, and copies of a sample are one sample with the
    sum of their weights, so that a sample of weight 2 is equivalent to two samples.
    """
    weight = data.weight_or_ones[rows]
    rows, weight = rows[weight > 0], weight[weight > 0]
    draws = draw_by_content(data.X[rows], seed)
    _, first, copies = np.unique(draws, return_index=True, return_inverse=True)
    total = np.bincount(copies, weight)[:n_most]
    return rows[first][:n_most], total / total.sum()


def _clipped_inputs(model: Model, X: Any) -> tuple[Tensor, Tensor | None]:
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


def _planes(
    x: Tensor, observed: Tensor | None, seeds: Tensor, n_directions: int
) -> tuple[Tensor, Tensor]:
    """Return the means of samples and their nearest neighbors, and the axes of more neighbors."""
    centered = x - x.mean(0)
    centered = centered if observed is None else centered * observed
    distance = centered.square().sum(1) - 2 * centered[seeds] @ centered.T
    n_near = min(max(_N_FOR_DIRECTION * n_directions, N_NEIGHBORS), len(x))
    near = distance.topk(n_near, largest=False).indices
    mean = _mean_of(x, observed, near[:, :N_NEIGHBORS])
    if not n_directions:
        return mean, x.new_zeros(len(seeds), 0, x.shape[1])
    difference = x[near] - _mean_of(x, observed, near)[:, None]
    difference = difference if observed is None else difference * observed[near]
    return mean, _axes(difference.double(), n_directions).to(x)


def _mean_of(x: Tensor, observed: Tensor | None, near: Tensor) -> Tensor:
    """Return the means of the observed values of samples; zero if none is observed."""
    if observed is None:
        return x[near].mean(1)
    return x[near].sum(1) / observed[near].sum(1).clamp(min=1)


def _axes(difference: Tensor, n_directions: int) -> Tensor:
    """Return the principal axes of stacks of samples; zeros if they vary in fewer directions."""
    variance, vectors = torch.linalg.eigh(difference @ difference.mT)
    variance, vectors = variance[:, -n_directions:], vectors[..., -n_directions:]
    varies = variance > _MIN_VARIANCE * variance[:, -1:]
    length = torch.where(varies, variance, torch.inf).sqrt()
    axes = (vectors / length[:, None]).mT @ difference
    return functional.pad(axes, (0, 0, n_directions - axes.shape[1], 0))
