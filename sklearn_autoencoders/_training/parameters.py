"""From parameters to values: names become parts, and "auto" becomes numbers.

The measurements behind "auto" are in docs/decisions/0002-defaults.md.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.base import clone

from ..corruptions import CORRUPTIONS, Corruption
from ..networks import LATENTS, NETWORKS, Dense, LatentPart, Network
from ..networks._layers import Dropout
from ..objectives import PENALTIES, Penalty
from .plan import Plan

# Up to this many rows a step sees all of them, in double precision: a row of weight two is then
# the same as two rows to the last digits.
FULL_BATCH = 64

# Rows per root of a column at which half of the hidden units sit out.
DROPOUT_ROWS = 20


def auto_hidden_layer_sizes(n_features: int) -> tuple[int, int]:
    """Return two widths: four times the columns, within limits, and half of it."""
    first = min(max(2 ** math.ceil(math.log2(4 * n_features)), 128), 512)
    return first, first // 2


def auto_batch_size(n_samples: int) -> int:
    """Return about one fortieth of the rows, a power of two between 32 and 256."""
    if n_samples <= FULL_BATCH:
        return n_samples
    return min(max(2 ** int(math.log2(n_samples / 40)), 32), 256)


def auto_max_epochs(
    n_samples: int, batch_size: int, n_steps: int = 4000, most: int = 40, least: int = 10
) -> int:
    """Return the passes that make about `n_steps` steps, between `least` and `most`."""
    return min(max(math.ceil(n_steps * batch_size / n_samples), least), most)


def auto_dropout(n_samples, n_features):
    """Return a rate that falls as rows outnumber what has to be learnt; none under 5 %."""
    prior = DROPOUT_ROWS * math.sqrt(n_features)
    rate = float(prior / (prior + n_samples))
    return rate if rate >= 0.05 else 0.0


def network_part(estimator, n_samples, n_features):
    """Return the recipe that `network`, or the parameters of the default one, describe."""
    network = estimator.network
    if estimator.pretraining == "layerwise" and estimator.init == "pca":
        raise ValueError(
            f"pretraining={estimator.pretraining!r} trains one layer after another, beside which "
            "init='pca' puts a linear path. Use init='random'."
        )
    if network is None:
        return _checked(_default_network(estimator, n_samples, n_features))
    if changed_parameters(estimator, ("hidden_layer_sizes", "dropout", "activation")):
        raise ValueError(
            "hidden_layer_sizes, activation and dropout describe the default network and cannot be "
            f"given together with network={network!r}. Set them on the network, as in "
            "network=Dense(hidden_layer_sizes=(64,), activation='relu')."
        )
    return _checked(NETWORKS[network]() if isinstance(network, str) else clone(network))


def _checked(part):
    """Return a part, or raise ValueError if one of its parameters is not usable."""
    if isinstance(part, Corruption | LatentPart | Network | Penalty):
        part._validate_params()
    return part


def changed_parameters(estimator, names):
    """Return those of the names whose parameters are not what they are by default."""
    default = type(estimator)()
    return [n for n in names if repr(getattr(estimator, n)) != repr(getattr(default, n))]


def _default_network(estimator, n_samples, n_features):
    sizes, dropout = estimator.hidden_layer_sizes, estimator.dropout
    if isinstance(sizes, str):
        sizes = auto_hidden_layer_sizes(n_features)
    sizes = tuple(np.atleast_1d(np.asarray(sizes, dtype=object)).tolist())
    if dropout == "auto":
        dropout = auto_dropout(n_samples, n_features)
    return Dense(sizes, activation=estimator.activation, dropout=dropout)


def update_dropout(estimator, network, n_samples):
    """Let dropout of the default network follow the number of rows to learn from."""
    if estimator.network is None and estimator.dropout == "auto":
        rate = auto_dropout(n_samples, estimator.n_features_in_)
        for module in network.modules():
            if isinstance(module, Dropout):
                module.rate = rate


def training_dtype(estimator, n_samples):
    """Return "float32" or "float64"."""
    if isinstance(estimator.dtype, str) and estimator.dtype == "auto":
        return "float64" if n_samples <= FULL_BATCH else "float32"
    name = np.dtype(estimator.dtype).name
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'auto', 'float32' or 'float64'; got {estimator.dtype!r}.")
    return name


def _check_callbacks(callbacks):
    """Raise if something that skorch cannot call is among the callbacks."""
    for callback in callbacks or ():
        _, instance = callback if isinstance(callback, tuple) else (None, callback)
        if not hasattr(instance, "on_epoch_end"):
            raise TypeError(
                "callbacks must be skorch callbacks or (name, callback) pairs; got "
                f"{callback!r}. Give scikit-learn's callbacks to set_callbacks()."
            )
    return tuple(callbacks or ())


def _parts(value, registry, parameter):
    """Return the parts that a parameter asks for: none, one, or several in order."""
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    for part in values:
        is_known = part in registry if isinstance(part, str) else callable(part)
        if not is_known or isinstance(part, type):
            raise ValueError(
                f"{parameter} must be one of {sorted(registry)}, a part with parameters, a "
                f"function, or a list of these; got {part!r}."
            )
    return tuple(_checked(registry[p]() if isinstance(p, str) else p) for p in values)


def corruption_parts(value, data, parameter):
    """Return the functions that damage a batch in turn; rows given in pairs are damaged already."""
    parts = _parts(value, CORRUPTIONS, parameter)
    for part in parts:
        if isinstance(part, Corruption):
            part.check(data.X.shape[1])
    return parts if data.clean is None else ()


def penalty_parts(estimator):
    """Return the functions that are added to the loss."""
    return _parts(estimator.penalty, PENALTIES, "penalty")


def latent_part(estimator):
    """Return the recipe of the bottleneck that `latent` describes."""
    latent = estimator.latent
    return _checked(LATENTS[latent]() if isinstance(latent, str) else clone(latent))


def make_plan(estimator, data, n_samples_seen, **overrides):
    """Return how to train on `data`; weights decay less the more samples there are."""
    n_rows = len(data.X)
    batch_size, max_epochs = estimator.batch_size, estimator.max_epochs
    if batch_size == "auto":
        batch_size = auto_batch_size(n_rows)
    max_epochs = overrides.pop("max_epochs", max_epochs)
    if max_epochs == "auto":
        max_epochs = auto_max_epochs(n_rows, batch_size, *estimator._auto_epochs)
    plan = {
        "solver": estimator.solver,
        "schedule": estimator.schedule,
        "learning_rate": estimator.learning_rate,
        "weight_decay": estimator.weight_decay / math.sqrt(n_samples_seen),
        "batch_size": min(batch_size, n_rows),
        "max_epochs": max_epochs,
        "tol": estimator.tol,
        "n_iter_no_change": estimator.n_iter_no_change if estimator.early_stopping else None,
        "verbose": estimator.verbose,
        "callbacks": _check_callbacks(estimator.callbacks),
    }
    return Plan(**plan | overrides)
