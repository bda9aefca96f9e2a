"""Base classes of the estimators that train a network."""

from __future__ import annotations

import inspect
import os
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.utils import Bunch

from .._data.model import input_model_from_dict
from .._data.output_arrays import filled
from .._data.shapes import unflattened
from .._data.sources.sparse import as_dense
from .._data.statistics.marginals import Marginals
from .._data.tables.columns import Columns, columns_from_dict
from .._data.tables.discriminants import Discriminants
from .._data.tables.frames import is_frame
from .._data.tables.levels import Levels
from .._data.tables.texts import Texts
from .._data.validation import check_samples, given_network
from .._data.value_checks import check_output
from .._inference.run import decode, encode, reconstruct
from .._persistence.files import to_safetensors
from .._persistence.state import from_plain, to_plain
from .._training.fit import TrainableEstimator
from .._training.loop.optimizers import SCHEDULES, SOLVERS
from .._utils.output import like
from .._utils.sklearn_compat import (
    Hidden,
    Interval,
    RealNotInt,
    Sizes,
    StrOptions,
    fit_context,
    with_callbacks,
)
from .._utils.tensors import tensors_like_input
from ..corruptions import CORRUPTIONS
from ..networks import ACTIVATIONS, NETWORKS, Network
from ..objectives import LOSSES, PENALTIES

# Fitted attributes that are not plain values, and the functions that restore them from such.
_PARTS = {
    "_columns": columns_from_dict,
    "_discriminants": Discriminants.from_dict,
    "_input_model": input_model_from_dict,
    "_levels": Levels.from_dict,
    "_marginals": Marginals.from_dict,
    "_number_columns": columns_from_dict,
}


class BaseNetworkEstimator(TrainableEstimator):
    """Base class of all estimators that train a network.

    A public method validates its input and passes arrays to a private method of the same name,
    which does not validate them again. A class declares the constraints of the parameters that it
    adds, and inherits those of the other parameters of its constructor.
    """

    _shaping_parameters: ClassVar[frozenset] = frozenset(
        {
            "activation",
            "categorical_features",
            "dropout",
            "hidden_layer_sizes",
            "init",
            "loss",
            "max_categories",
            "min_frequency",
            "n_components",
            "network",
            "scaling",
        }
    )

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            Sizes(),
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "network": [Network, StrOptions(set(NETWORKS)), None],
        "init": [StrOptions({"pca", "random"})],
        "categorical_features": [
            StrOptions({"from_dtype"}),
            "array-like",
            Hidden(Columns),
            Hidden(Texts),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "scaling": [StrOptions({"auto", "global", "channel", "feature"}), None],
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
        "dtype": [StrOptions({"auto", "float32", "float64"}), type, np.dtype],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [list, tuple, None],
        "checkpoint": [str, os.PathLike, None],
    }

    def __init_subclass__(cls, **kwargs):
        """Collect the constraints of the parameters of the constructor."""
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            known = {}
            for base in reversed(cls.__mro__):
                known |= vars(base).get("_parameter_constraints", {})
            names = inspect.signature(cls).parameters
            cls._parameter_constraints = {name: known[name] for name in names if name in known}

    def __sklearn_tags__(self):
        """Declare that NaN and sparse matrices are allowed and that float32 is preserved."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = self._accepts_sparse
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def to_safetensors(self, path):
        """Write the fitted estimator to a file of named tensors, with their SHA-256 checksum.

        Other programs can read the weights by name: `network.` followed by the name of the
        parameter in `network_`. :func:`sklearn_autoencoders.load` reads the estimator if the
        checksum is correct.

        Parameters
        ----------
        path : str or path-like
            Path of the file, by convention with the suffix ".safetensors". The file is written
            atomically.

        Raises
        ------
        ImportError
            If safetensors or skops is not installed.

        OSError
            If the file cannot be written. An existing file is left unchanged.
        """
        to_safetensors(self, path)

    def __sklearn_is_fitted__(self):
        """Return whether the estimator has a network."""
        return hasattr(self, "network_")

    def __getstate__(self):
        """Return a state of plain values, without torch objects and training samples."""
        state = super().__getstate__()
        found = {name: state[name].to_dict() for name in _PARTS if state.get(name) is not None}
        return to_plain(state | found)

    def __setstate__(self, state):
        """Rebuild the network from plain values; new parameters have their defaults."""
        defaults = type(self)().get_params(deep=False)
        state = from_plain(state, type(self).__name__)
        for name, restore in _PARTS.items():
            if state.get(name) is not None:
                state[name] = restore(state[name])
        super().__setstate__(defaults | state)

    @property
    def _scaling_kind(self):
        """The scaling, where "auto" is that of each channel for series."""
        if self.scaling != "auto":
            return self.scaling
        is_series = getattr(given_network(self), "time_axis", None) is not None
        return "channel" if is_series else self._scaling_of_tables()

    def _scaling_of_tables(self):
        return self._auto_scaling if self._layout.is_numeric else "feature"

    @property
    def _n_features_out(self):
        """Number of components of the code, which scikit-learn names."""
        return self.n_components_

    @property
    def _is_of_texts(self):
        """Whether the samples of the fit were texts."""
        return self._columns is not None and self._columns.is_sequence

    @property
    def _has_categories(self):
        return self._columns is not None and any(self._columns.n_categories)

    def _encode(self, X, condition=None):
        return check_output(encode(self._model, X, condition))

    def _encode_into(self, out, X, condition=None):
        """Return the codes of samples, in `out` if it is given."""
        if out is None:
            return self._encode(X, condition)

        def encoded(chunk):
            return self._encode(X[chunk], None if condition is None else condition[chunk])

        return filled(out, (len(X), self.n_components_), encoded, X.shape[1])

    def _decode(self, codes):
        return self._without_empty(check_output(decode(self._model, codes)))

    def _reconstruct(self, X, condition=None):
        return self._without_empty(check_output(reconstruct(self._model, X, condition)))

    def _decoded_into(self, out, X, n_samples, decode):
        """Return the samples of codes X that a function of a slice decodes, in `out` if given."""
        if out is None:
            is_of_rows = self._shape_in_fit is None and is_frame(X)
            return self._as_given(decode(slice(None)), X if is_of_rows else None)
        if self._columns is not None:
            raise ValueError("out= needs features that are all numbers. Use out=None for tables.")
        return filled(out, (n_samples, self.n_features_in_), decode)

    def _as_given(self, samples, X=None, known=None, are_means=False):
        """Return samples as a table like that of the fit, or in the shape of X.

        Values that are not NaN in `known` replace those of the samples. If `are_means`, numbers are
        expected values, which are rounded only in columns of integer types.
        """
        known = as_dense(known)
        is_known = None if known is None else ~np.isnan(known)
        columns = self._number_columns if self._columns is None and is_frame(X) else self._columns
        if columns is not None:
            samples = columns.valid(samples, are_means)
        if is_known is not None:
            samples = np.where(is_known, known, samples)
        if columns is None:
            return self._in_shape(samples, X)
        return columns.decode(samples, X, is_known)

    def _as_drawn(self, samples):
        """Return samples in the container of those of the fit."""
        columns = self._number_columns
        return columns.decode(columns.valid(samples)) if columns else self._as_given(samples)

    def _in_shape(self, samples, X):
        """Return samples in the shape of X; without X, of series like those of the fit."""
        if X is not None:
            return unflattened(samples, X, self._recipe.base.network)
        shape = self._shape_in_fit
        return samples if shape is None else samples.reshape(len(samples), *shape)

    def _explanation(self, contribution, expected, X):
        """Return contributions and expected values of X in the container of X."""
        expected = self._as_given(expected, X)
        return Bunch(
            contribution=like(X, self._in_shape(contribution, X)),
            expected=expected if is_frame(expected) else like(X, expected),
        )

    def _without_empty(self, samples):
        """Set features that had no value in the fit to NaN, in place, and return the samples."""
        samples[:, self._empty_features] = np.nan
        return samples


class BaseAutoencoder(BaseNetworkEstimator):
    """Base class of the unsupervised estimators, which are trained to reconstruct their input."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on a batch of samples, with a constant learning rate.

        The first call determines the categories, the scaling, the latent dimension and the initial
        weights. Its batch should therefore be representative of the data. The state of the
        optimizer is not kept between calls.
        No checkpoint is written.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            A batch of training samples.

        y : array-like of shape (n_samples,), default=None
            Class labels, if the penalty is `Neighbors(supervised=True)`. Ignored otherwise.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    @tensors_like_input
    def reconstruct(self, X):
        """Encode and decode X.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features)
            The reconstruction, in the units of X, including the missing values. Images and series
            are returned in the shape of the input, frames as frames.
        """
        return self._as_given(self._reconstruct(check_samples(self, X, restores=True)), X)
