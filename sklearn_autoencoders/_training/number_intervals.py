"""Intervals of the piecewise linear vectors of numbers, which an encoder also receives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from .._data.data import Data
from .._data.sources.arrays import as_source
from .._data.statistics.close_values import with_places
from .._data.statistics.scaling import Scaling
from .._utils.layout import Layout
from ..networks._layers.embedding import NumberVectors
from ..networks._recipes import AutoencoderRecipe

Array = NDArray[np.float64]

# Minimum number of samples of an interval, and maximum number of samples that are read.
_MIN_SAMPLES, _MAX_SAMPLES = 20, 10_000

# Number of intervals beside the inputs of an encoder, and maximum size of all vectors together.
_N_BINS, _MAX_INPUTS = 16, 1024


def with_vectors(base: AutoencoderRecipe, estimator: Any, layout: Layout) -> AutoencoderRecipe:
    """Return a recipe whose encoder receives vectors of numbers, if the estimator uses them."""
    n_numbers = len(layout.numbers)
    n_vector = min(estimator._n_vector, _MAX_INPUTS // max(n_numbers, 1))
    if not base.n_masks or not n_numbers or not n_vector or estimator.network is not None:
        return base
    categories = layout.n_categories
    return replace(base, n_categories=categories, n_bins=_N_BINS, n_vector=n_vector)


@torch.no_grad()
def set_intervals(network: nn.Module, data: Data, layout: Layout, scaling: Scaling) -> None:
    """Set the intervals of :class:`NumberVectors` in a network, by the training samples."""
    places = layout.number_inputs.numpy()
    for part in network.modules():
        if isinstance(part, NumberVectors):
            used = _used_samples(data)
            numbers = as_source(data.X).take(used)[:, layout.numbers.numpy()].astype(np.float64)
            numbers = (numbers - scaling.center[places]) / scaling.scale[places]
            part.vectors.edges.copy_(_known_intervals(numbers, data.weight_as_counts(used)))


def _used_samples(data: Data) -> NDArray[np.intp]:
    """Return positions of training samples of positive weight, at most 10 000 of them."""
    rows = data.training_rows
    if data.weight is not None:
        rows = rows[data.weight[rows] > 0]
    if len(rows) <= _MAX_SAMPLES:
        return rows
    return np.sort(np.random.RandomState(0).permutation(rows)[:_MAX_SAMPLES])


def _known_intervals(numbers: Array, weight: Array) -> torch.Tensor:
    """Return the intervals of the values that are known; none for a column without values."""
    edges = torch.zeros(numbers.shape[1], _N_BINS + 1, dtype=torch.float64)
    for row, column in zip(edges, numbers.T, strict=True):
        known = ~np.isnan(column)
        if known.any():
            row.copy_(torch.from_numpy(_intervals_of(column[known], weight[known], _N_BINS)))
    return edges


def intervals(numbers: Array, weight: Array, n_bins: int) -> torch.Tensor:
    """Return limits of intervals of each column, between quantiles and at frequent values.

    Parameters
    ----------
    numbers : ndarray of shape (n_samples, n_columns)
        Numbers.

    weight : ndarray of shape (n_samples,)
        Sample weights.

    n_bins : int
        Number of intervals.

    Returns
    -------
    Tensor of shape (n_columns, n_bins + 1)
        Limits in increasing order; the last one is repeated if there are fewer intervals.
    """
    limits = np.zeros((numbers.shape[1], n_bins + 1))
    for row, column in zip(limits, numbers.T, strict=True):
        row[:] = _intervals_of(column, weight, n_bins)
    return torch.tensor(limits)


def _intervals_of(column: Array, weight: Array, n_bins: int) -> Array:
    """Return n_bins + 1 limits, of which the last one is repeated."""
    n_used = min(n_bins, max(int(weight.sum() / _MIN_SAMPLES), 2))
    found = _limits(column, weight, n_used)
    return np.append(found, np.full(n_bins + 1 - len(found), found[-1]))


def _limits(column: Array, weight: Array, n_bins: int) -> Array:
    """Return at most n_bins + 1 different limits."""
    values, place = with_places(column)
    if len(values) <= n_bins + 1:
        return values
    mass = np.bincount(place, weight)
    is_frequent = mass >= mass.sum() / n_bins
    limits: Array = values[is_frequent]
    n_others = n_bins + 1 - len(limits)
    if n_others > 0 and not is_frequent.all():
        levels = np.linspace(0, 1, n_others)
        others = {"weights": mass[~is_frequent], "method": "inverted_cdf"}
        limits = np.append(limits, np.quantile(values[~is_frequent], levels, **others))
    return np.unique(limits)
