"""Training and validation samples, to which corruptions are applied."""

from __future__ import annotations

import functools
from typing import Any, cast

import numpy as np
import torch

from ..._data.batches import Corruptor, SampleDataset
from ..._data.data import Data
from ..._data.model import Model
from ..._data.recommendation.interactions import InteractionDataset, InteractionRows
from ..._utils.layout import Layout
from ...corruptions._base import corrupt
from ...networks._layers.conditional_mean import N_TRAINING_STEPS, GaussianMean
from .plan import Plan
from .training import Noise

# Number of samples on which a corruption is checked, and maximum change in units of scale.
_N_CHECKED = 256
_MAX_CORRUPTION = 1e6


def datasets(model: Model, data: Data, plan: Plan, noise: Noise) -> tuple[Any, Any]:
    """Return the training samples and, with early stopping, the validation samples."""
    kind = InteractionDataset if isinstance(data.X, InteractionRows) else SampleDataset
    samples = kind(model, data, model.dtype, resident=True)
    if isinstance(samples.conditional_mean, GaussianMean):
        samples.conditional_mean.n_steps = N_TRAINING_STEPS
    corrupted, validation = (
        samples.corrupted_by(
            _corruptor(plan, model.layout, noise.generator, shared), plan.known_weight
        )
        for shared in (noise.shared, False)
    )
    with noise.repeated():
        _check_corruption(validation)
    training, held_out = _split(corrupted, validation, data)
    return training, None if plan.n_iter_no_change is None else _Repeatable(held_out, noise)


def _corruptor(
    plan: Plan, layout: Layout, generator: torch.Generator, shared: bool
) -> Corruptor | None:
    """Return the function that corrupts a batch, if any."""
    if not plan.corruptions:
        return None
    settings: dict[str, Any] = {"generator": generator, "shared": shared}
    settings["categories"] = layout.categories
    return functools.partial(corrupt, plan.corruptions, **settings)


def _check_corruption(samples: SampleDataset) -> None:
    """Raise ValueError if a corruption changes values by far more than the scale of the data."""
    largest = samples.largest_corruption(_N_CHECKED)
    if not largest < _MAX_CORRUPTION:
        raise ValueError(
            f"corruption changes values by {largest:.3g} times the scale of the data. Its "
            "parameters are in the units of X: choose them for X, or rescale X."
        )


def _split(samples: SampleDataset, validation: SampleDataset, data: Data) -> tuple[Any, Any]:
    """Return the training samples and the held-out validation samples."""
    if data.held_out is None:
        return samples, None
    is_training = np.ones(len(samples), dtype=bool)
    is_training[data.held_out] = False
    training, held_out = np.flatnonzero(is_training).tolist(), data.held_out.tolist()
    subset = torch.utils.data.Subset
    return subset(cast(Any, samples), training), subset(cast(Any, validation), held_out)


class _Repeatable(torch.utils.data.Dataset[Any]):
    """Samples that are corrupted in the same way in every pass over the same batches."""

    def __init__(self, samples: Any, noise: Noise) -> None:
        self._samples, self._noise = samples, noise

    def __len__(self) -> int:
        return len(self._samples)

    def __getitems__(self, indices: Any) -> Any:
        with self._noise.repeated():
            return self._samples.__getitems__(indices)
