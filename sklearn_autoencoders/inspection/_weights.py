"""Display of the weights of the first layer."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from sklearn.utils import check_scalar
from torch import nn

from ..networks._layers.embedding import NumberVectors
from ..networks._layers.linear_path import LinearPath
from ..networks._layers.subspace import InSubspace, without_subspace
from ._display import Display, as_texts, heat_map, inches_of, name_ticks, need_matplotlib
from ._montage import draw_signed_grid, find_image_shape, grid_size, to_images
from ._samples import as_matrix, check_choice, column_names, drawn_step


class WeightsDisplay(Display):
    """Weights of the encoder's first layer, as one image for each unit or as a heat map.

    These are the weights of the scaled features. All images share one color scale.

    Parameters
    ----------
    weights : array-like of shape (n_units, n_features)
        The weights.

    image_shape : sequence of 2 or 3 int, default=None
        Shape (height, width), optionally with 1 or 3 channels first or last, if samples are images.
        None draws a heat map. For color images, each channel shows its own weights, and grey is
        zero.

    feature_names : array-like of str of shape (n_features,), default=None
        Names of the features of tabular data.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.

    axes_ : ndarray of matplotlib Axes
        Array that contains the axes.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import WeightsDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(8, max_epochs=2, random_state=0).fit(X)
    >>> WeightsDisplay.from_estimator(autoencoder, image_shape=(8, 8)).weights.shape
    (64, 64)
    """

    def __init__(self, weights, *, image_shape=None, feature_names=None):
        self.weights = as_matrix(weights, "weights")
        self.image_shape = find_image_shape(image_shape, self.weights.shape[1])
        self.feature_names = column_names(feature_names, self.weights.shape[1])

    def plot(self, ax=None, **kwargs):
        """Draw all units.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on. By default a new figure is created.

        **kwargs : dict
            Keyword arguments of matplotlib's `imshow`.

        Returns
        -------
        WeightsDisplay
            The display.
        """
        n_units, n_features = self.weights.shape
        if self.image_shape is not None:
            images = to_images(self.weights, self.image_shape)
            across = int(np.ceil(np.sqrt(n_units)))
            self._open(ax, size=grid_size(-(-n_units // across), across, images, (1.8, 0.4)))
            draw_signed_grid(self.ax_, images, across, "weight", **kwargs)
            return self
        names = as_texts(self.feature_names)
        height = min(1.2 + 0.12 * n_units, 8.0) + inches_of(names)
        self._open(ax, size=(min(4.5 + 0.2 * n_features, 12.0), height))
        heat_map(self.ax_, self.weights, "weight", **kwargs)
        name_ticks(self.ax_.xaxis, names, rotation=90)
        self.ax_.set_ylabel("unit")
        return self

    @classmethod
    def from_estimator(
        cls, estimator, *, path="hidden", image_shape=None, n_units=64, ax=None, **kwargs
    ):
        """Draw the weights of a fitted estimator's first layer.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package whose encoder begins with a fully connected layer, or
            a pipeline whose last step is one. For a detector, the first autoencoder of the ensemble
            is drawn.

        path : {"hidden", "linear"}, default="hidden"
            Layer that is drawn: the first hidden layer, or, with `init="pca"`, the parallel linear
            path, which is initialized with the principal components.

        image_shape : sequence of 2 or 3 int, default=None
            Image shape, as for the class. None uses the shape of the estimator's network.

        n_units : int, default=64
            Maximum number of units that are drawn: the hidden units with the largest weights in
            descending order, or the first components of the linear path.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        WeightsDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator has no network.

        ValueError
            If the layer does not exist, or the shape is invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        check_choice(path, "path", ("hidden", "linear"))
        check_scalar(n_units, "n_units", Integral, min_val=1)
        estimator, _, names = drawn_step(cls, estimator, "network_ n_features_in_")
        names, n_inputs = _inputs_of(estimator, names)
        weights = _LAYERS[path](estimator.network_.encoder, n_inputs)
        shape = find_image_shape(image_shape, weights.shape[1], estimator=estimator)
        return cls(weights[:n_units], image_shape=shape, feature_names=names).plot(ax, **kwargs)


def _inputs_of(estimator, names):
    """Return the names and the number of inputs: of a category one for each of its values."""
    columns = getattr(estimator, "_columns", None)
    if columns is None:
        return names, estimator.n_features_in_
    if columns.is_sequence:
        raise TypeError(
            "WeightsDisplay draws the weights of columns, but the estimator was fitted to texts."
        )
    inputs = [name for kind in columns.kinds for name in _inputs_of_column(kind)]
    return inputs, len(inputs)


def _inputs_of_column(kind):
    if not kind.n_categories:
        return [kind.column.name]
    values = [*kind.categories, *(["infrequent"] if kind.infrequent else [])]
    return [f"{kind.column.name}: {value}" for value in values]


def _hidden(encoder, n_features):
    """Return the weights of the first hidden layer, with the largest units first."""
    network = without_subspace(encoder)
    network = network.correction if isinstance(network, LinearPath) else network
    first = next((m for m in _layers_of(network) if _has_matrix(m)), None)
    is_dense = isinstance(first, nn.Linear)
    weights = _of_features(encoder, first.weight) if is_dense else None
    if weights is not None and getattr(encoder, "n_masks", 0):
        weights = weights[:, :n_features]  # others: of missing values and of vectors of numbers
    if weights is None or weights.shape[1] != n_features:
        raise ValueError(
            "path='hidden' requires an encoder that begins with a fully connected layer on the "
            f"{n_features} features; this one begins with {first}. Use CodesDisplay or "
            "TraversalDisplay instead."
        )
    return weights[np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")]


def _linear(encoder, n_features):
    """Return the weights of the linear path."""
    path = without_subspace(encoder)
    if not isinstance(path, LinearPath):
        raise ValueError(
            "path='linear' needs a linear path, which exists after a fit with init='pca'; this "
            "encoder has none. Use path='hidden'."
        )
    weights = _of_features(encoder, path.linear.weight)
    if weights.shape[1] != n_features:
        raise ValueError(
            "path='linear' needs a linear path from whole samples; that of a spatial code is from "
            "patches. Use TraversalDisplay instead."
        )
    return weights


def _of_features(encoder, weight):
    """Return the weights of the features, given those of the network's inputs."""
    is_in_subspace = isinstance(encoder, InSubspace)
    return _as_array(weight @ encoder.subspace.weight if is_in_subspace else weight)


_LAYERS = {"hidden": _hidden, "linear": _linear}


def _layers_of(network):
    """Return the modules of a network without those that add vectors of numbers to its inputs."""
    vectors = [part for part in network.modules() if isinstance(part, NumberVectors)]
    added = {module for part in vectors for module in part.modules()}
    return [module for module in network.modules() if module not in added]


def _has_matrix(module):
    return any(parameter.ndim > 1 for parameter in module.parameters(recurse=False))


def _as_array(weight):
    return weight.detach().cpu().double().numpy()
