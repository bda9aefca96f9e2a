"""Initial state of a fit of networks that read sequences of symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._data.data import Data
from .._data.model import place, resolve_device
from .._data.sources.arrays import chunks_of
from .._data.statistics.scaling import Scaling, fit_encoded_scaling
from .._utils.layout import Layout
from .._utils.random import draw_seed, make_generator
from ..networks._recipes import AutoencoderRecipe, SequenceRecipe, build
from .initialization import initial_attributes
from .parameters import network_part, training_dtype


def initialize_sequences(
    estimator: Any, data: Data, rng: np.random.RandomState, layout: Layout
) -> dict[str, Any]:
    """Return the attributes of an untrained estimator whose network reads sequences of symbols.

    Parameters
    ----------
    estimator : BaseNetworkEstimator
        Its parameters say how to start.

    data : Data
        Training samples.

    rng : RandomState
        Source of the initial weights.

    layout : Layout
        Inputs of the network, for columns that share their categories.

    Returns
    -------
    dict
        Attributes by name.
    """
    weight, ranges = data.training_weight, data.target_ranges
    center = fit_encoded_scaling(data.target, weight, "feature", layout, ranges).center
    n_positions, n_symbols = layout.n_columns, layout.n_categories[0]
    network = network_part(estimator, data.n_samples, n_symbols, n_symbols).for_texts(n_positions)
    base = AutoencoderRecipe(network, layout.n_inputs, estimator.n_components)
    recipe = SequenceRecipe(base, n_positions)
    dtype = training_dtype(estimator, (len(data.X), layout.n_inputs))
    module = build(recipe, make_generator(draw_seed(rng)))
    encoder: Any = module.encoder
    if hasattr(encoder, "keep_frequent"):
        encoder.keep_frequent(_numbered(data))
    module = place(module, resolve_device(estimator.device), dtype)
    scaling = Scaling(center, np.ones_like(center))
    return initial_attributes(estimator, module, scaling, estimator.loss, recipe)


def _numbered(data: Data) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the numbers of symbols of some sequences, zero where unknown, and their weights."""
    counts, rows = np.zeros(len(data.X)), data.training_rows
    counts[rows] = data.weight_as_counts(rows)
    for part, values in chunks_of(data.target):
        numbers = torch.from_numpy(np.nan_to_num(values + 1.0)).long()
        yield numbers, torch.from_numpy(counts[part])
