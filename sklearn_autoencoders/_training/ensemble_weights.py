"""Weights of the autoencoders of an outlier detector in its predictions, by their errors."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .._data.batches import SampleDataset
from .._data.data import Data
from .._data.model import Model
from .._inference.run import run
from .._utils.batch import Batch
from ..networks._models.ensemble import Ensemble
from ..objectives._contract import not_none
from ..objectives._losses import Loss

# Maximum number of samples, and of their errors, by which autoencoders are compared, and the
# minimum number of samples.
_MAX_SAMPLES, _N_ERRORS, _MIN_SAMPLES = 2000, 2**22, 64


def weigh_autoencoders(model: Model, data: Data, rate: float) -> None:
    """Set the weights of autoencoders for each column by their median errors.

    Parameters
    ----------
    model : Model
        The weights of its network, if it has any, are modified in place.

    data : Data
        Training samples. Held-out samples are not used.

    rate : float
        In (0, 1]: how far the weights move from the previous to the new ones.
    """
    network = cast(Ensemble, model.network)
    if network.share is None:
        return
    n_most = _N_ERRORS // (network.n_estimators * model.layout.n_columns)
    rows = _some_rows(data, min(max(n_most, _MIN_SAMPLES), _MAX_SAMPLES))
    X, loss = data.X[rows], cast(Loss, model.loss)

    def errors(network: Any, batch: Batch) -> Tensor:
        outputs, target = network.outputs(batch.x), not_none(batch.target)
        found = torch.stack([loss.errors(own, target) for own in outputs], dim=1)
        if batch.observed is None:
            return found
        return found.masked_fill(batch.observed[:, None] == 0, torch.nan)

    found = torch.from_numpy(run(model, SampleDataset(model, Data(X)), errors))
    network.weigh(found.nanmedian(0).values.nan_to_num(nan=1.0).to(model.device), rate)


def _some_rows(data: Data, n_most: int) -> NDArray[np.intp]:
    """Return positions of training samples, evenly spread over their weights."""
    rows = data.training_rows
    weight = data.weight_or_ones[rows]
    reached = np.cumsum(weight)
    n_rows = min(max(round(float(reached[-1])), int((weight > 0).sum())), n_most)
    places = (np.arange(n_rows) + 0.5) / n_rows * reached[-1]
    found: NDArray[np.intp] = rows[np.searchsorted(reached, places)]
    return found
