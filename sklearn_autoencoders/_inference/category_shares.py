"""Weights with which predictions of missing categories are averaged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._data.sources.sparse import as_dense
from .._data.statistics.mixture_weights import mixture_weights
from .run import category_predictions_function, run

Array = NDArray[np.float64]

# Maximum number of training samples by which the weights are chosen, and the fraction of their
# values that are hidden for this.
_MAX_SAMPLES, _FRACTION = 2048, 0.25
# Smallest probability of which the logarithm is computed.
_SMALLEST = 1e-9


def category_shares(model: Model, data: Data, n_samples: float, n_prior: float) -> Array:
    """Return the weights with which hidden categories of training samples are predicted best.

    Parameters
    ----------
    model : Model
        Trained.

    data : Data
        The training samples.

    n_samples : float
        Number of samples of all fits.

    n_prior : float
        Number of samples that the conditional means, and the frequencies, count as beforehand.

    Returns
    -------
    ndarray of shape (2, n_columns)
        Weights of the conditional means and of the frequencies; zero for numbers. The network has
        the rest.
    """
    rows = data.training_rows
    some = data.take(rows[:: -(-len(rows) // _MAX_SAMPLES)])
    found, hidden = _predictions(model, some)
    truth, weight = as_dense(some.target), some.weight_or_ones
    prior = np.array([n_samples, n_prior, n_prior]) / (n_samples + 2 * n_prior)
    shares, layout = np.zeros((2, truth.shape[1])), model.layout
    for j in layout.categories.tolist():
        rows = np.flatnonzero(hidden[:, j] & ~np.isnan(truth[:, j]))
        first = int(layout.first_inputs[j])
        own = found[rows, :, first : first + layout.n_categories[j]]
        logs = _log_probabilities(own, truth[rows, j].astype(np.intp))
        shares[:, j] = mixture_weights(logs, prior, weight[rows], n_samples)[1:]
    return shares


def _predictions(model: Model, data: Data) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return predictions of all inputs by the three models, and which values were hidden."""
    cells = as_dense(data.X).copy()
    hidden = np.random.RandomState(0).random_sample(cells.shape) < _FRACTION
    cells[hidden] = np.nan
    samples = SampleDataset(model, replace(data, X=cells, clean=None, clean_ranges=None))
    return run(model, samples, category_predictions_function(model, cells.dtype)), hidden


def _log_probabilities(predictions: NDArray[Any], category: NDArray[np.intp]) -> Array:
    """Return log-probabilities of shape (n_models, m); those of a sample need not sum to one."""
    predictions = np.maximum(predictions, _SMALLEST)
    chosen = np.take_along_axis(predictions, category[:, None, None], axis=2)[..., 0]
    logs: Array = np.log(chosen / predictions.sum(axis=2)).T
    return logs
