"""Display of samples and their reconstructions."""

from __future__ import annotations

import numpy as np

from .._utils.output import names_of_columns
from ._display import (
    COLORS,
    Display,
    as_texts,
    inches_of,
    legend_beside,
    name_ticks,
    need_matplotlib,
)
from ._indicators import as_numbers, check_same_shape
from ._montage import draw_grid, find_image_shape, grid_size, label_grid, to_images
from ._samples import (
    as_cells,
    drawn_step,
    first_samples,
    largest_columns,
    reconstructed,
    reference_samples,
    row_names,
    units_to_draw,
)

_NEEDED = "reconstruct | transform inverse_transform"


class ReconstructionDisplay(Display):
    """Samples and their reconstructions, as images or as bars for tabular data.

    A category is drawn as a bar of height one, with the names of the feature and of the category.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Samples or images. Missing values are encoded as NaN. Features of a frame can be categories
        or dates.

    reconstruction : array-like of shape (n_samples, n_features)
        The reconstructions.

    image_shape : sequence of 2 or 3 int, default=None
        Shape (height, width), optionally with 1 or 3 channels first or last, if samples are images.
        None uses the shape of X if it has more than two axes.

    feature_names : array-like of str of shape (n_features,), default=None
        Names of the features of tabular data.

    reference : array-like of shape (n_rows, n_features), default=None
        Samples that determine the mean and the standard deviation of the features. By default X.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the images, or of the first sample of tabular data.

    axes_ : ndarray of matplotlib Axes
        All axes; for tabular data, one for each sample.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(8, max_epochs=2, random_state=0).fit(X)
    >>> display = ReconstructionDisplay.from_estimator(autoencoder, X, image_shape=(8, 8))
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['original', 'reconstruction']
    """

    def __init__(self, X, reconstruction, *, image_shape=None, feature_names=None, reference=None):
        check_same_shape(X, reconstruction, "X", "reconstruction")
        tables = {"X": X, "reconstruction": reconstruction}
        tables |= {} if reference is None else {"reference": reference}
        arrays, names, self.is_indicator = as_numbers(tables, feature_names)
        self.X, self.reconstruction, self.reference = (*arrays, arrays[0])[:3]
        self.feature_names = names
        self.image_shape = find_image_shape(image_shape, self.X.shape[1], X)
        self.row_names = row_names(X) or [str(place) for place in range(len(self.X))]

    def plot(self, ax=None, *, units="auto", n_columns=30, **kwargs):
        """Draw all samples.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Axes to draw on. By default a new figure is created. Tabular data require one axes for
            each sample; a single axes is divided.

        units : {"auto", "original", "standardized"}, default="auto"
            Units of the features of tabular data: the original units of X, or standard deviations
            from the mean. "auto" uses standard deviations if the largest values of the features
            differ by more than a factor of thirty.

        n_columns : int, default=30
            Maximum number of features and categories of tabular data that are drawn: those with the
            largest standardized reconstruction errors.

        **kwargs : dict
            Keyword arguments of matplotlib's `imshow` or `bar`.

        Returns
        -------
        ReconstructionDisplay
            The display.
        """
        if self.image_shape is not None:
            self._draw_images(ax, kwargs)
        else:
            self._draw_table(ax, units, n_columns, kwargs)
        return self

    def _draw_images(self, ax, kwargs):
        n_rows = len(self.X)
        images = to_images(np.concatenate([self.X, self.reconstruction]), self.image_shape)
        self._open(ax, size=grid_size(2, n_rows, images))
        limits = np.nanmin(self.X), np.nanmax(self.X)  # one scale, that of the originals
        draw_grid(self.ax_, images, n_rows, limits, **kwargs)
        label_grid(self.ax_, images, [name for name, _ in self._pair()])

    def _pair(self):
        return ("original", self.X), ("reconstruction", self.reconstruction)

    def _draw_table(self, ax, units, n_columns, kwargs):
        _, deviation, _ = units_to_draw(self.reference, "standardized", self.is_indicator)
        errors = np.nan_to_num(np.abs(self.X - self.reconstruction) / deviation).max(axis=0)
        occurs = ~self.is_indicator | self._has_values()
        shown = np.flatnonzero(occurs)[largest_columns(errors[occurs], n_columns)]
        center, scale, label = units_to_draw(self.reference, units, self.is_indicator)
        width = min(max(0.45 * len(shown) + 2.2, 5.0), 14.0)
        names = as_texts(self.feature_names[shown])
        size = width, 1.9 * len(self.X) + inches_of(names) + 0.3
        axes = self._open(ax, (len(self.X), 1), size)
        for number, (part, title) in enumerate(zip(axes, as_texts(self.row_names), strict=True)):
            for place, (name, samples) in enumerate(self._pair()):
                values = ((samples[number] - center) / scale)[shown]
                style = {"width": 0.4, "color": COLORS[place], "label": name, **kwargs}
                part.bar(np.arange(len(shown)) + 0.4 * place - 0.2, values, **style)
            part.axhline(0, color="black", linewidth=0.8)
            part.set(
                ylabel=label, title=f"sample {title}", xticks=[], xlim=(-0.7, len(shown) - 0.3)
            )
        name_ticks(axes[-1].xaxis, names, rotation=90)
        legend_beside(axes[0])

    def _has_values(self):
        """Return which columns have a value other than zero."""
        return (np.nan_to_num([*self.X, *self.reconstruction]) != 0).any(axis=0)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        image_shape=None,
        n_rows=None,
        ax=None,
        **kwargs,
    ):
        """Reconstruct the first samples of X and draw them.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `reconstruct`, or with `transform` and `inverse_transform`, or a
            pipeline whose last step is one.

        X : array-like of shape (n_samples, n_features)
            Samples or images. Missing values are encoded as NaN. All samples determine the standard
            deviations of the features; if there are fewer than ten, the scaling of the estimator is
            used instead.

        y : array-like of shape (n_samples,) or scalar, default=None
            Label or target of every sample, for a conditional estimator.

        image_shape : sequence of 2 or 3 int, default=None
            Image shape, as for the class. None also uses the shape of the estimator's network.

        n_rows : int, default=None
            Maximum number of samples that are drawn. By default 10 images, or 3 samples of tabular
            data.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        ReconstructionDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator cannot reconstruct samples.

        ValueError
            If the samples or the shape are invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        estimator, X, names = drawn_step(cls, estimator, _NEEDED, X)
        reference = as_cells(X)
        shape = find_image_shape(image_shape, reference.shape[1], X, estimator)
        n_rows = n_rows if n_rows is not None else 3 if shape is None else 10
        samples, y = first_samples(X, n_rows, y)
        display = cls(
            samples,
            reconstructed(estimator, samples, y),
            image_shape=shape,
            feature_names=names,
            reference=reference_samples(reference, estimator, shape),
        )
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls,
        X,
        reconstruction,
        *,
        image_shape=None,
        feature_names=None,
        ax=None,
        **kwargs,
    ):
        """Draw given samples and reconstructions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Samples or images, all of which are drawn.

        reconstruction : array-like of shape (n_samples, n_features)
            The reconstructions.

        image_shape : sequence of 2 or 3 int, default=None
            Image shape, as for the class.

        feature_names : array-like of str of shape (n_features,), default=None
            Names of the features. By default the columns of X if it is a DataFrame.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        ReconstructionDisplay
            The display.

        Raises
        ------
        ValueError
            If the shapes are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        names = names_of_columns(X) if feature_names is None else feature_names
        display = cls(X, reconstruction, image_shape=image_shape, feature_names=names)
        return display.plot(ax, **kwargs)
