"""What every estimator of the package is: parameters, a network, plain state."""

from __future__ import annotations

import os
from numbers import Integral, Real
from typing import ClassVar

from . import _files, _inference, _state
from ._compat import Interval, RealNotInt, StrOptions
from ._fitting import Fitting
from ._solvers import SCHEDULES, SOLVERS
from ._validation import (
    check_output,
)
from .corruptions import CORRUPTIONS
from .networks import ACTIVATIONS, NETWORKS, Network
from .objectives import LOSSES, PENALTIES


class Shell(Fitting):
    """Base of all estimators that hold a network.

    A public method validates its input once and hands arrays to a private twin, which trusts them.
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "network": [Network, StrOptions(set(NETWORKS)), None],
        "init": [StrOptions({"pca", "random"})],
        "scaling": [StrOptions({"global", "feature"}), None],
        "loss": [StrOptions(set(LOSSES))],
        "corruption": [StrOptions(set(CORRUPTIONS)), callable, list, tuple, None],
        "penalty": [StrOptions(set(PENALTIES)), callable, list, tuple, None],
        "pretraining": [StrOptions({"layerwise"}), None],
        "pretraining_epochs": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
        "schedule": [StrOptions(set(SCHEDULES))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(RealNotInt, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "device": [str],
        "dtype": [StrOptions({"auto", "float32", "float64"}), type],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
    }

    def __sklearn_tags__(self):
        """Declare that NaN is allowed and that float32 is preserved."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def to_safetensors(self, path):
        """Write the fitted estimator to a file of named tensors, with a SHA-256 of them.

        Other programs read the weights by their names, `network.` and that of the parameter in
        `network_`; :func:`sklearn_autoencoders.load` reads the estimator if the SHA-256 is right.

        Parameters
        ----------
        path : str or path-like
            Where to, ".safetensors" by custom. The file appears whole or not at all.

        Raises
        ------
        ImportError
            If safetensors or skops is not installed.

        OSError
            If the file cannot be written; an earlier one is left as it was.
        """
        _files.to_safetensors(self, path)

    def __sklearn_is_fitted__(self):
        """Return whether there is a network."""
        return hasattr(self, "network_")

    def __getstate__(self):
        """Return plain values: no torch object, no training row."""
        return _state.to_plain(super().__getstate__())

    def __setstate__(self, state):
        """Rebuild the network from plain values."""
        super().__setstate__(_state.from_plain(state, type(self).__name__))

    def _encode(self, X, condition=None):
        return check_output(_inference.encode(self._model, X, condition))

    def _decode(self, codes):
        return check_output(_inference.decode(self._model, codes))

    def _reconstruct(self, X, condition=None):
        return check_output(_inference.reconstruct(self._model, X, condition))
