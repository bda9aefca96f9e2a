"""Conversion of parameters: names to parts, and "auto" to numbers.

The measurements behind "auto" are described in docs/decisions/0002-defaults.md.
"""

from __future__ import annotations

import inspect
import math
from functools import partial

import numpy as np
import torch
from sklearn.base import clone

from .._data.sources.chunked import ChunkedRows
from .._data.sources.sparse import SparseRows
from .._utils.ranks import Ranks
from .._utils.user_warnings import warn_user
from ..corruptions import CORRUPTIONS, Corruption
from ..networks import LATENTS, NETWORKS, Dense, LatentPart, Network
from ..networks._layers.basic import Dropout
from ..objectives import PENALTIES, Neighbors, Penalty
from .auto_training import FULL_BATCH
from .loop.callback_checks import check_callbacks
from .loop.plan import Plan
from .loop.sampler import NeighborSampler, StreamSampler, WindowSampler

# With more than this number of features, double precision would take too long.
MAX_DOUBLE = 1024

# A network operates in the span of the samples if it has more features than samples: more than as
# many for up to 64 samples, more than twice as many for 128, and so on. Of large sparse
# matrices, for which the weights would need much memory, it is the span of leading principal axes.
_SPAN_SAMPLES = 64

# If a penalty preserves neighbors, the default network has places, operates on at most 50
# components, and has at most this dropout rate.
_N_PLACES, _NEIGHBOR_AXES, _NEIGHBOR_DROPOUT = 256, 50, 0.05

# A corruption that changes numbers by a smaller fraction of their range has hardly any effect.
_MIN_CHANGE = 0.005

# With this number of samples per square root of the number of features, the dropout rate is 0.5.
DROPOUT_SAMPLES = 20


def auto_hidden_layer_sizes(n_features: int, max_units: int = 512) -> tuple[int, int]:
    """Return two layer sizes: about four times the number of features, and half of that."""
    first = min(max(2 ** math.ceil(math.log2(4 * n_features)), 128), max_units)
    return first, first // 2


def auto_dropout(n_samples, n_features, n_inputs):
    """Return a dropout rate that decreases with the number of samples; 0 if it is below 5 %."""
    prior = DROPOUT_SAMPLES * (n_features * n_inputs) ** 0.25
    rate = float(prior / (prior + n_samples))
    return rate if rate >= 0.05 else 0.0


def network_part(estimator, n_samples, n_features, n_inputs):
    """Return the network that `network`, or the parameters of the default network, describe."""
    network = estimator._own_network if estimator.network is None else estimator.network
    if estimator.pretraining == "layerwise" and starts_at_pca(estimator):
        raise ValueError(
            f"pretraining={estimator.pretraining!r} cannot be combined with init='pca', which adds "
            "a linear path to the layers. Use init='random'."
        )
    if network is None:
        return _checked(_default_network(estimator, n_samples, n_features, n_inputs))
    is_given = estimator.network is not None
    if is_given and changed_parameters(estimator, ("hidden_layer_sizes", "dropout", "activation")):
        raise ValueError(
            "hidden_layer_sizes, activation and dropout describe the default network and cannot be "
            f"given together with network={network!r}. Set them on the network, as in "
            "network=Dense(hidden_layer_sizes=(64,), activation='relu')."
        )
    part = _checked(NETWORKS[network]() if isinstance(network, str) else clone(network))
    _check_one_activation(part, estimator)
    return part


def _check_one_activation(network, estimator):
    """Raise ValueError if the output has an activation function besides that of the loss."""
    name = getattr(estimator, estimator._loss_parameter)
    activation = getattr(network, "output_activation", "identity")
    if estimator._losses[name].unit_interval and activation != "identity":
        raise ValueError(
            f"{estimator._loss_parameter}={name!r} applies the logistic function to the output of "
            f"the network, which must not have output_activation={activation!r}. Use "
            "output_activation='identity', or another loss."
        )


def max_axes(estimator, data, n_inputs):
    """Return the number of principal components on which the network operates; 0 for the features.

    The default network operates on them if there are fewer samples than features, and any dense
    network if a penalty preserves neighbors.
    """
    is_default, network = has_default_network(estimator), estimator.network
    # an activation function of the output is one of features, not of coordinates
    is_linear = isinstance(network, Dense) and network.output_activation == "identity"
    if data.partial or not (is_default or is_linear):
        return 0
    if neighbor_penalty(estimator):
        return _NEIGHBOR_AXES if n_inputs > _NEIGHBOR_AXES else 0
    n_samples = data.n_samples
    is_wide = n_inputs > n_samples * max(n_samples / _SPAN_SAMPLES, 1)
    is_wide |= isinstance(data.X, SparseRows) and data.X.is_large
    return n_inputs if is_wide and is_default else 0


def neighbor_penalty(estimator):
    """Return the penalty that preserves neighbors, or None."""
    parts = [part for part in penalty_parts(estimator) if isinstance(part, Neighbors)]
    if len(parts) > 1:
        raise ValueError(f"penalty must have at most one Neighbors; got {parts}. Keep one of them.")
    return parts[0] if parts else None


def starts_at_pca(estimator):
    """Return whether a network has a linear path that starts at the principal components."""
    network = estimator.network
    if has_default_network(estimator):
        has_places = neighbor_penalty(estimator) is not None
    else:
        has_places = getattr(network, "n_places", 0) > 0
    return estimator.init == "pca" and not has_places and getattr(network, "starts_at_pca", True)


def has_default_network(estimator):
    """Return whether `hidden_layer_sizes`, `activation` and `dropout` describe the network."""
    return estimator.network is None and estimator._own_network is None


def _checked(part):
    """Return a part, or raise ValueError if one of its parameters is invalid."""
    if isinstance(part, Corruption | LatentPart | Network | Penalty):
        part._validate_params()
    return part


def changed_parameters(estimator, names):
    """Return the names of the parameters that differ from their defaults."""
    default = type(estimator)()

    def written(one, name):
        value = getattr(one, name)
        if isinstance(value, list | np.generic):
            value = tuple(value) if isinstance(value, list) else value.item()
        return repr(value)

    return [name for name in names if written(estimator, name) != written(default, name)]


def _default_network(estimator, n_samples, n_features, n_inputs):
    sizes, dropout = estimator.hidden_layer_sizes, estimator.dropout
    if isinstance(sizes, str):
        sizes = auto_hidden_layer_sizes(n_inputs, estimator._max_units)
    sizes = tuple(np.atleast_1d(np.asarray(sizes, dtype=object)).tolist())
    if dropout == "auto":
        dropout = min(auto_dropout(n_samples, n_features, n_inputs), _largest_dropout(estimator))
    n_places = _N_PLACES if neighbor_penalty(estimator) else 0
    return Dense(sizes, activation=estimator.activation, dropout=dropout, n_places=n_places)


def _largest_dropout(estimator):
    return _NEIGHBOR_DROPOUT if neighbor_penalty(estimator) else 1.0


def update_dropout(estimator, network, n_samples):
    """Adapt an "auto" dropout rate of the default network to the number of samples."""
    if estimator.network is None and estimator.dropout == "auto":
        base = estimator._recipe.base
        rate = auto_dropout(n_samples, base.n_features, base.n_inputs)
        rate = min(rate, estimator._max_dropout, _largest_dropout(estimator))
        for module in network.modules():
            if isinstance(module, Dropout):
                module.rate = rate


def training_dtype(estimator, shape):
    """Return "float32" or "float64", given the numbers of samples and of features."""
    if isinstance(estimator.dtype, str) and estimator.dtype == "auto":
        is_small = shape[0] <= FULL_BATCH and shape[1] <= MAX_DOUBLE
        return "float64" if is_small else "float32"
    name = np.dtype(estimator.dtype).name
    if name not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'auto', 'float32' or 'float64'; got {estimator.dtype!r}.")
    return name


def _parts(value, registry, parameter):
    """Return the parts that a parameter specifies, as a tuple in the given order."""
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    _check_parts(values, registry, parameter)
    return tuple(_checked(registry[p]() if isinstance(p, str) else p) for p in values)


def _check_parts(values, registry, parameter):
    """Raise ValueError unless each value is a name or can be called."""
    for part in values:
        is_known = part in registry if isinstance(part, str) else callable(part)
        if isinstance(part, type):
            raise ValueError(
                f"{parameter} must be an object, not a class; got the class {part.__name__}. Write "
                f"{part.__name__}(), with its parameters in the parentheses."
            )
        if not is_known:
            raise ValueError(
                f"{parameter} must be one of {sorted(registry)}, a part with parameters, a "
                f"function, or a list of these; got {part!r}."
            )


def _check_arguments(parts, base, parameter, positional, keyword):
    """Raise TypeError for functions, and objects of a base class, that cannot be called as needed.

    Only the latter are called with the keyword argument.
    """
    for part in parts:
        extra = {keyword: None} if isinstance(part, base) else {}
        try:
            signature = inspect.signature(part)
        except (TypeError, ValueError):  # of a function that is not written in Python
            continue
        try:
            signature.bind(*positional, **extra)
        except TypeError as error:
            expected = ", ".join([*positional, *(f"{name}=..." for name in extra)])
            raise TypeError(
                f"{parameter} is called with the arguments ({expected}); the arguments of {part!r} "
                f"are {signature}. Change them to those with which it is called."
            ) from error


def corruption_parts(estimator, data, parameter, auto="masking"):
    """Return the functions that corrupt a batch; none if the data contain clean samples.

    A parameter that is "auto" means `auto`.
    """
    value = getattr(estimator, parameter)
    value = auto if isinstance(value, str) and value == "auto" else value
    parts = _parts(value, CORRUPTIONS, parameter)
    _check_arguments(parts, Corruption, parameter, ("x", "generator"), "shared")
    symbols = getattr(estimator._columns, "symbols", None)
    bound = tuple(_bound(part, data.X.shape[1], symbols) for part in parts)
    if data.clean is not None:
        return ()
    _warn_of_small_changes(bound, estimator._layout, data.ranges, parameter)
    return bound


def _warn_of_small_changes(parts, layout, ranges, parameter):
    """Warn of corruptions that hardly change X, whose units are other ones."""
    if ranges is None:
        return
    with np.errstate(over="ignore"):
        span = (ranges.high - ranges.low)[layout.numbers.numpy()]
    span = span[span > 0]
    for part in parts:
        change = part.largest_change() if isinstance(part, Corruption) else None
        if change and len(span) and change < _MIN_CHANGE * np.median(span):
            warn_user(
                f"{parameter}={part!r} changes numbers by up to {change:.3g}, but half of the "
                f"features of X have a range more than {1 / _MIN_CHANGE:.0f} times as large, so "
                "that it has hardly any effect. Scale X, for instance with MinMaxScaler, or images "
                f"of bytes by X / 255, or pass {type(part).__name__} with arguments in the units "
                "of X.",
                UserWarning,
            )


def _bound(part, n_features, symbols):
    """Return a corruption of samples with these features, and of texts of these symbols."""
    if not isinstance(part, Corruption):
        return part
    part.check(n_features)
    return part.bound_to(symbols)


def penalty_parts(estimator):
    """Return the penalty functions that are added to the loss."""
    parts = _parts(estimator.penalty, PENALTIES, "penalty")
    _check_arguments(parts, Penalty, "penalty", ("output", "x", "network"), "batch")
    return parts


def latent_part(estimator):
    """Return the recipe of the bottleneck that `latent` describes."""
    latent = estimator.latent
    return _checked(LATENTS[latent]() if isinstance(latent, str) else clone(latent))


def make_plan(estimator, data, n_samples_seen, **overrides):
    """Return the plan of training on `data`; the weight decay decreases with the sample size."""
    n_samples, ranks = len(data.X), Ranks.current()
    auto = estimator._auto_training
    auto = auto if data.neighbors is None else auto.with_neighbors()
    batch_size = estimator.batch_size
    if batch_size == "auto":
        batch_size = auto.batch_size(data.X.shape)
    max_epochs = overrides.pop("max_epochs", estimator.max_epochs)
    if max_epochs == "auto":
        max_epochs = auto.n_epochs(n_samples, batch_size)
    plan = {
        "solver": estimator.solver,
        "schedule": estimator.schedule,
        "learning_rate": estimator.learning_rate,
        "weight_decay": estimator._weight_decay / math.sqrt(n_samples_seen),
        "batch_size": min(ranks.batch_size(batch_size), n_samples),
        "max_epochs": max_epochs,
        "warm_up": auto.warm_up,
        "memory": auto.memory,
        "tol": estimator.tol,
        "n_iter_no_change": estimator.n_iter_no_change if estimator.early_stopping else None,
        "verbose": estimator.verbose if ranks.is_first else 0,
        "ranks": ranks,
        "callbacks": estimator.callbacks,
    }
    plan |= _samplers(data, plan["batch_size"]) | overrides
    weights = [getattr(part, "known_weight", None) for part in plan.get("corruptions", ())]
    plan["known_weight"] = min((weight for weight in weights if weight is not None), default=1.0)
    has_validation, schedule = plan["n_iter_no_change"] is not None, plan["schedule"]
    plan["callbacks"] = check_callbacks(
        plan["callbacks"], has_validation=has_validation, schedule=schedule
    )
    return Plan(**plan)


def _samplers(data, batch_size):
    """Return the sampler of a plan, unless all samples are shuffled."""
    has_neighbors = data.neighbors is not None and data.neighbors.nearest.shape[1] > 0
    if has_neighbors and not data.is_one_batch(batch_size):
        near = torch.from_numpy(data.neighbors.among(data.training_rows))
        return {"sampler": partial(NeighborSampler, neighbors=near, batch_size=batch_size)}
    if data.carried is not None:
        return {"sampler": partial(StreamSampler, batch_size=batch_size, carried=data.carried)}
    if isinstance(data.X, ChunkedRows):
        kept = None if data.held_out is None else data.training_rows
        return {"sampler": partial(WindowSampler, rows=data.X, kept=kept)}
    return {}
