"""Causal networks applied to sequences of any length, with states that are carried along.

Cells are indices of symbols; NaN where they are not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils import gen_batches
from torch import Tensor

from .._data.model import Model, torch_dtype
from .._utils.torch_settings import preserve_settings
from ..networks._sequences.causal import SequenceModel, centered_indicators
from .prepared import in_type

Array = NDArray[Any]
Chooser = Callable[[Array], Array]

# Number of values of a tensor of indicators of symbols, in a chunk, and of sequences, whose states
# take up to 50 kB each.
_CHUNK_SIZE, _N_SEQUENCES = 2**21, 1024


class Reader:
    """Reads sequences symbol by symbol, or in parts, and keeps the states.

    Parameters
    ----------
    model : Model
        Its network is a :class:`SequenceModel`.

    dtype : type or dtype
        Floating-point type of the computation.
    """

    def __init__(self, model: Model, dtype: Any) -> None:
        network = in_type(model.network, torch_dtype(dtype))
        assert isinstance(network, SequenceModel)
        self._network, self._states = network, cast(Any, None)
        center = torch.tensor(model.scaling.center[: network.n_symbols], device=model.device)
        self._center = center.to(torch_dtype(dtype))

    def read(self, cells: Array) -> Tensor:
        """Return the states after each symbol.

        Parameters
        ----------
        cells : ndarray of shape (n_samples, n_positions)
            The next symbols of each sequence.

        Returns
        -------
        Tensor of shape (n_samples, n_positions, n_components)
            The states.
        """
        is_known = ~np.isnan(cells)
        index = torch.from_numpy(np.where(is_known, cells, 0).astype(np.int64))
        known = torch.from_numpy(is_known).to(self._center.device)
        x = centered_indicators(index.to(self._center.device), known, self._center)
        encoder: Any = self._network.encoder
        hidden: Tensor
        hidden, self._states = encoder.advance(x, self._states)
        return hidden

    def log_probabilities(self, states: Tensor) -> Array:
        """Return the logarithms of the probabilities of the next symbol, given states."""
        found: Array = self._network.decode(states).log_softmax(-1).double().cpu().numpy()
        return found


@contextmanager
def _inference() -> Iterator[None]:
    with preserve_settings(), torch.no_grad():
        yield


def _parts(cells: Array, n_symbols: int) -> Iterator[tuple[slice, list[slice]]]:
    """Yield slices of sequences, each with the slices of positions in which they are read."""
    n_samples, n_positions = cells.shape
    n_read = max(_CHUNK_SIZE // n_symbols, 1)
    n_rows = min(max(n_read // max(n_positions, 1), 1), _N_SEQUENCES)
    for rows in gen_batches(n_samples, n_rows):
        yield rows, list(gen_batches(n_positions, n_read))


def _preceding(cells: Array) -> Array:
    """Return the symbol before each cell; the first one is not known."""
    return np.hstack([np.full((len(cells), 1), np.nan, cells.dtype), cells[:, :-1]])


def next_log_probabilities(model: Model, cells: Array) -> Iterator[tuple[slice, slice, Array]]:
    """Yield the log-probabilities of all symbols at each position, given those before it.

    Parameters
    ----------
    model : Model
        Its network is a :class:`SequenceModel`.

    cells : ndarray of shape (n_samples, n_positions)
        The sequences.

    Yields
    ------
    rows, positions : slice
        Part of the cells.

    log_probabilities : ndarray of shape (n_rows, n_positions, n_symbols)
        In double precision.
    """
    before, n_symbols = _preceding(cells), model.layout.n_categories[0]
    with _inference():
        for rows, parts in _parts(cells, n_symbols):
            reader = Reader(model, cells.dtype)
            for part in parts:
                yield rows, part, reader.log_probabilities(reader.read(before[rows, part]))


def sequence_log_likelihoods(model: Model, cells: Array) -> Array:
    """Return the log-probability of each symbol, given those before it; zero where missing."""
    found = np.zeros(cells.shape)
    for rows, part, values in next_log_probabilities(model, cells):
        own = cells[rows, part]
        index = np.nan_to_num(own).astype(np.intp)[..., None]
        chosen = np.take_along_axis(values, index, -1)[..., 0]
        found[rows, part] = np.where(np.isnan(own), 0.0, chosen)
    return found


def mean_states(model: Model, cells: Array) -> Array:
    """Return the mean of the states after the known symbols of each sequence."""
    cells = np.hstack([np.full((len(cells), 1), np.nan, cells.dtype), cells])
    known = ~np.isnan(cells)
    totals = np.zeros((len(cells), 0))
    with _inference():
        for rows, parts in _parts(cells, model.layout.n_categories[0]):
            reader = Reader(model, cells.dtype)
            for part in parts:
                states = reader.read(cells[rows, part]).cpu().numpy()
                if not totals.size:
                    totals = np.zeros((len(cells), states.shape[-1]), dtype=states.dtype)
                totals[rows] += np.einsum("ntc,nt->nc", states, known[rows, part])
    means: Array = totals / np.maximum(known.sum(1, keepdims=True), 1).astype(totals.dtype)
    return means


def last_log_probabilities(model: Model, cells: Array, lengths: Array | None = None) -> Array:
    """Return the log-probabilities of the symbol that follows each sequence.

    Parameters
    ----------
    model : Model
        Its network is a :class:`SequenceModel`.

    cells : ndarray of shape (n_samples, n_positions)
        The sequences.

    lengths : ndarray of int of shape (n_samples,) or None, default=None
        Their lengths. By default, missing cells at the end of a sequence are not part of it.
    """
    cells = np.hstack([cells, np.full((len(cells), 1), np.nan, cells.dtype)])
    if lengths is None:
        lengths = (~np.isnan(cells) * np.arange(1, cells.shape[1] + 1)).max(1)
    found = np.zeros((len(cells), model.layout.n_categories[0]))
    for rows, part, values in next_log_probabilities(model, cells):
        place = lengths[rows] - part.start
        is_here = (place >= 0) & (place < values.shape[1])
        found[rows][is_here] = values[is_here, place[is_here]]
    return found


def continue_sequences(
    model: Model, cells: Array, n_positions: int, choose: Chooser, end: int | None
) -> Array:
    """Return sequences with further symbols, each drawn given all those before it.

    Parameters
    ----------
    model : Model
        Its network is a :class:`SequenceModel`.

    cells : ndarray of shape (n_samples, n_given)
        The first symbols.

    n_positions : int
        Number of symbols that are drawn.

    choose : callable
        Maps log-probabilities, of shape (n_samples, n_symbols), to indices of symbols.

    end : int or None
        The symbol after which nothing is drawn; cells after it are NaN.

    Returns
    -------
    ndarray of shape (n_samples, n_given + at most n_positions)
        The sequences.
    """
    parts = [
        _continued(model, cells[rows], n_positions, choose, end)
        for rows in gen_batches(len(cells), _N_SEQUENCES)
    ]
    found = np.full((len(cells), max(part.shape[1] for part in parts)), np.nan, cells.dtype)
    for rows, part in zip(gen_batches(len(cells), _N_SEQUENCES), parts, strict=True):
        found[rows, : part.shape[1]] = part
    return found


def _continued(
    model: Model, cells: Array, n_positions: int, choose: Chooser, end: int | None
) -> Array:
    """Return a few sequences with further symbols, until all have ended."""
    columns, is_open = [], np.ones(len(cells), dtype=bool)
    with _inference():
        reader = Reader(model, cells.dtype)
        states = reader.read(np.hstack([np.full((len(cells), 1), np.nan, cells.dtype), cells]))
        for _ in range(n_positions):
            drawn = choose(reader.log_probabilities(states[:, -1]))
            drawn = np.where(is_open, drawn, np.nan)
            columns.append(drawn[:, None])
            is_open &= drawn != end
            if not is_open.any():
                break
            states = reader.read(drawn[:, None])
    return np.hstack([cells, *columns])
