"""Display of latent codes as a heat map or as images."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length

from .._utils.output import names_of_columns
from ._display import MAX_CLASSES, Display, as_texts, heat_map, name_ticks, need_matplotlib
from ._labels import are_numbers, as_labels, class_name
from ._montage import draw_signed_grid, find_image_shape, grid_size, label_grid, to_images
from ._samples import as_matrix, column_names, conditioned, drawn_step, spread_samples

# Maximum number of images in a row of the grid.
_ACROSS = 10


class CodesDisplay(Display):
    """Latent codes as a heat map with one line per sample, or as one small image per sample.

    Parameters
    ----------
    codes : array-like of shape (n_samples, n_components)
        The codes.

    y : array-like of shape (n_samples,), default=None
        Class labels, by which the samples are sorted.

    code_shape : pair of int, default=None
        Shape (height, width) of the image that represents a code. None draws a heat map.

    component_names : array-like of str of shape (n_components,), default=None
        Names of the components. By default their indices.

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
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import CodesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(4, max_epochs=5, random_state=0).fit(X)
    >>> display = CodesDisplay.from_estimator(autoencoder, X, y)
    >>> display.ax_.images[0].get_array().shape
    (100, 4)
    """

    def __init__(self, codes, y=None, *, code_shape=None, component_names=None):
        self.codes = as_matrix(codes, "codes")
        n_components = self.codes.shape[1]
        self.y = None if y is None else as_labels(y, "y")
        check_consistent_length(self.codes, self.y)
        self.code_shape = find_image_shape(code_shape, n_components)
        names = np.arange(n_components) if component_names is None else component_names
        self.component_names = column_names(names, n_components, "component_names")

    def plot(self, ax=None, **kwargs):
        """Draw all codes.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on. By default a new figure is created.

        **kwargs : dict
            Keyword arguments of matplotlib's `imshow`.

        Returns
        -------
        CodesDisplay
            The display.
        """
        order = np.arange(len(self.codes)) if self.y is None else np.argsort(self.y, kind="stable")
        codes = self.codes[order]
        if self.code_shape is not None:
            images = to_images(codes, self.code_shape)
            across = min(_ACROSS, len(images))
            self._open(ax, size=grid_size(-(-len(images) // across), across, images, (1.8, 0.4)))
            draw_signed_grid(self.ax_, images, across, "code", **kwargs)
            if self.y is not None:
                label_grid(self.ax_, images, _spans(self.y[order], across))
            return self
        self._open(ax, size=(min(4.5 + 0.12 * codes.shape[1], 12.0), 5.0))
        heat_map(self.ax_, codes, "code", **kwargs)
        self.ax_.set(xlabel="component", ylabel=f"{len(codes)} samples", yticks=[])
        name_ticks(self.ax_.xaxis, as_texts(self.component_names), max_ticks=20)
        if self.y is not None:
            self._mark_classes(self.y[order])
        return self

    def _mark_classes(self, y):
        """Label classes instead of samples and separate them by lines, unless they are too many."""
        values, first, counts = np.unique(y, return_index=True, return_counts=True)
        if are_numbers(y) or len(values) > MAX_CLASSES:
            self.ax_.set_ylabel(f"{len(y)} samples, sorted by y")
            return
        self.ax_.set_yticks(first + (counts - 1) / 2, as_texts(map(class_name, values)))
        self.ax_.tick_params(axis="y", length=0)
        self.ax_.set_ylabel("y")
        for place in first[1:]:
            self.ax_.axhline(place - 0.5, color="black", linewidth=0.8)

    @classmethod
    def from_estimator(
        cls, estimator, X, y=None, *, code_shape=None, n_rows=100, ax=None, **kwargs
    ):
        """Draw the codes of X.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `transform`, or a pipeline whose last step is one. For a
            :class:`DenoisingAutoencoder`, the codes are used.

        X : array-like of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples,), default=None
            Class labels, by which the samples are sorted.

        code_shape : pair of int, default=None
            Shape (height, width) of the image that represents a code. None draws a heat map.

        n_rows : int, default=100
            Maximum number of samples that are drawn. They are evenly spaced in X.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        CodesDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator has no `transform`.

        ValueError
            If samples, labels or the shape are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        X, y = spread_samples(X, n_rows, y)
        estimator, X, _ = drawn_step(cls, estimator, "transform", X, codes=True)
        return cls(conditioned(estimator.transform, X), y, code_shape=code_shape).plot(ax, **kwargs)

    @classmethod
    def from_predictions(cls, codes, y=None, *, code_shape=None, ax=None, **kwargs):
        """Draw given codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            The codes, all of which are drawn.

        y : array-like of shape (n_samples,), default=None
            Class labels, by which the samples are sorted.

        code_shape : pair of int, default=None
            Shape (height, width) of the image that represents a code. None draws a heat map.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        CodesDisplay
            The display.

        Raises
        ------
        ValueError
            If codes, labels or the shape are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        names = names_of_columns(codes)
        return cls(codes, y, code_shape=code_shape, component_names=names).plot(ax, **kwargs)


def _spans(y, across):
    """Return names for the rows of a grid: their first and last class."""
    ends = ((part[0], part[-1]) for part in np.split(y, range(across, len(y), across)))
    names = ((class_name(first), class_name(last)) for first, last in ends)
    return [first if first == last else f"{first} to {last}" for first, last in names]
