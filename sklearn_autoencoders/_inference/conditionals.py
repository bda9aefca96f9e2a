"""Networks that predict hidden cells: distributions of one cell given others, and their products.

Cells are indices of levels; NaN where they are not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.statistics.mixture_weights import mixture_weights
from .._data.tables.discriminants import Discriminants
from .._utils.batch import Batch
from ..networks._models.autoencoder import Autoencoder
from ..objectives._cells import CellLoss
from .run import run

Array = NDArray[Any]

# Maximum number of passes through the network by which shares of the discriminants are learned.
_MAX_PASSES = 10


def log_probabilities(model: Model, cells: Array, column: int | None = None) -> Array:
    """Return the logarithms of the probabilities of levels, given the known cells.

    Parameters
    ----------
    model : Model
        Fitted.

    cells : ndarray of shape (n_samples, n_columns)
        Known cells, NaN for the others.

    column : int or None, default=None
        Column whose levels are wanted, None for all columns.

    Returns
    -------
    ndarray of shape (n_samples, n_levels)
        The levels of the column, or those of all columns, one column after another. Those of known
        cells are not defined.
    """
    layout, loss, own = model.layout, cast(CellLoss, model.loss), slice(None)
    if column is not None:
        first = int(layout.first_inputs[column])
        own = slice(first, first + layout.n_categories[column])

    def function(network: Autoencoder, batch: Batch) -> Tensor:
        return loss.log_probabilities(network(batch).reconstruction)[..., own]

    found = run(model, SampleDataset(model, Data(cells)), function)
    if model.discriminants is None:
        return found
    columns = list(range(layout.n_columns)) if column is None else [column]
    others = np.hstack(model.discriminants.log_probabilities(cells, columns))
    sizes = np.array(layout.n_categories)[columns]
    share = np.repeat(model.discriminants.shares[columns], sizes)
    mixed: Array = np.logaddexp(np.log1p(-share) + found, np.log(share) + others)
    return mixed.astype(found.dtype)


def with_shares(
    model: Model, cells: Array, columns: Array, weight: Array, n_samples: float
) -> Discriminants:
    """Return the discriminants of a model with the weights that suit its network.

    Parameters
    ----------
    model : Model
        Trained, with discriminants.

    cells : ndarray of shape (m, n_columns)
        Some of the training samples.

    columns : ndarray of int of shape (n_columns,)
        Order of the columns. If there are many, several are predicted given those before all of
        them.

    weight : ndarray of shape (m,)
        Sample weights.

    n_samples : float
        Number of samples in the fit.
    """
    discriminants = cast(Discriminants, model.discriminants)
    alone, shares = replace(model, discriminants=None), discriminants.shares.copy()
    seen, firsts = np.full_like(cells, np.nan), model.layout.first_inputs.tolist()
    for part in np.array_split(columns, min(len(columns), _MAX_PASSES)):
        every, block = log_probabilities(alone, seen), part.tolist()
        for j, other in zip(block, discriminants.log_probabilities(seen, block), strict=True):
            rows = np.flatnonzero(~np.isnan(cells[:, j]))
            level = cells[rows, j].astype(np.intp)
            found = np.array([every[rows, firsts[j] + level], other[rows, level]])
            shares[j] = mixture_weights(found, np.array([0.5, 0.5]), weight[rows], n_samples)[1]
        seen[:, block] = cells[:, block]
    return replace(discriminants, shares=shares)


def marginal_probabilities(model: Model, cells: Array, allowed: Sequence[int]) -> list[Array]:
    """Return the probabilities of the allowed levels of each column, given the known cells."""
    found = log_probabilities(model, cells)
    firsts = model.layout.first_inputs.tolist()
    parts = [found[:, first : first + n] for first, n in zip(firsts, allowed, strict=True)]
    return [_normalized(part) for part in parts]


def conditional_probabilities(model: Model, cells: Array, column: int, n_allowed: int) -> Array:
    """Return the probabilities of the allowed levels of a column, given all other known cells."""
    others = cells.copy()
    others[:, column] = np.nan
    return _normalized(log_probabilities(model, others, column)[:, :n_allowed])


def _normalized(log_probabilities: Array) -> Array:
    probabilities = np.exp(log_probabilities.astype(np.float64))
    normalized: Array = probabilities / probabilities.sum(1, keepdims=True)
    return normalized


def draw_cells(
    model: Model,
    cells: Array,
    columns: Sequence[int],
    choose: Callable[[Array], Array],
    allowed: Sequence[int],
) -> Array:
    """Return the cells with each unknown one of the given columns drawn, given those before it.

    Parameters
    ----------
    model : Model
        Fitted.

    cells : ndarray of shape (n_samples, n_columns)
        Known cells, NaN for the others.

    columns : sequence of int
        Columns in the order in which they are drawn.

    choose : callable
        Maps log-probabilities, of shape (n_samples, n_levels), to indices of levels.

    allowed : sequence of int
        Number of levels of each column that may be drawn.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        The cells.
    """
    drawn = cells.copy()
    for column in columns:
        rows = np.flatnonzero(np.isnan(drawn[:, column]))
        if len(rows):
            found = log_probabilities(model, drawn[rows], column)[:, : allowed[column]]
            drawn[rows, column] = choose(found)
    return drawn


def draw_levels(log_probabilities: Array, uniform: Callable[[int], Array]) -> Array:
    """Return a level of each sample, with the given log-probabilities up to a constant."""
    cumulative = np.exp(log_probabilities.astype(np.float64)).cumsum(1)
    place = uniform(len(cumulative)) * cumulative[:, -1]
    levels: Array = (cumulative[:, :-1] <= place[:, None]).sum(1)
    return levels


# Factor by which a sum of probabilities may be too small because of rounding.
_ROUNDING = 1 - 1e-9


@dataclass(frozen=True)
class Sharpening:
    """Changes the probabilities from which levels are drawn.

    Parameters
    ----------
    temperature : float, default=1.0
        The logits are divided by it.

    top_k : int or None, default=None
        Number of the most probable levels that are kept.

    top_p : float or None, default=None
        The most probable levels are kept until their probabilities sum to at least this value.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __call__(self, log_probabilities: Array) -> Array:
        """Return log-probabilities up to a constant; those of left-out levels are -inf."""
        values: Array = log_probabilities - log_probabilities.max(1, keepdims=True)
        with np.errstate(over="ignore"):
            values = values / self.temperature
        if self.top_k is not None:
            kept = min(self.top_k, values.shape[1])
            values = np.where(values < np.sort(values, 1)[:, -kept, None], -np.inf, values)
        if self.top_p is not None:
            probabilities = np.sort(np.exp(values), 1)[:, ::-1]
            total = probabilities.sum(1, keepdims=True)
            n_kept = (probabilities.cumsum(1) < self.top_p * total * _ROUNDING).sum(1)
            smallest = probabilities[
                np.arange(len(values)), np.minimum(n_kept, values.shape[1] - 1)
            ]
            values = np.where(np.exp(values) < smallest[:, None], -np.inf, values)
        return values


def chain_log_likelihoods(model: Model, cells: Array, columns: Sequence[int]) -> Array:
    """Return the log-probability of each known cell, given the known cells of columns before it.

    Parameters
    ----------
    model : Model
        Fitted.

    cells : ndarray of shape (n_samples, n_columns)
        Cells; NaN where a value is missing.

    columns : sequence of int
        Order of the columns.

    Returns
    -------
    ndarray of shape (n_samples, n_columns)
        Log-probabilities; zero where a value is missing.
    """
    found, seen = np.zeros_like(cells), np.full_like(cells, np.nan)
    for column in columns:
        rows = np.flatnonzero(~np.isnan(cells[:, column]))
        if len(rows):
            own = cells[rows, column].astype(np.intp)
            values = log_probabilities(model, seen[rows], column)
            found[rows, column] = values[np.arange(len(rows)), own]
        seen[:, column] = cells[:, column]
    return found
