"""Prototypes of all samples of a fit, and scores of held-out ones without their own prototypes."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .._data.data import Data
from .._data.model import Model
from .._data.sources.splits import draw_by_content
from .._inference.outlier_errors import WIDE
from .._training.prototypes import set_prototypes


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
    parts = _parts(model, data, seed) if with_held_out else []
    found = []
    for part in parts:
        own = replace(model, network=copy.deepcopy(model.network))
        without = replace(data, held_out=part)
        set_prototypes(own, without, usable, fraction, seed)
        found.append((own, without))
    set_prototypes(model, replace(data, held_out=None) if parts else data, usable, fraction, seed)
    return found or [(model, data)]


def _parts(model: Model, data: Data, seed: int) -> list[NDArray[np.intp]]:
    """Return positions of the held-out samples of each part; none if no prototype uses them."""
    held_out = data.held_out
    if model.network.prototypes is None or held_out is None or model.layout.n_columns >= WIDE:
        return []
    is_first = draw_by_content(data.X[held_out], seed) < 0.5  # copies are in the same part
    return [part for part in (held_out[is_first], held_out[~is_first]) if len(part)]
