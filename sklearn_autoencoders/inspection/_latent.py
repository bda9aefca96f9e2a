"""Display of samples in the latent space."""

from __future__ import annotations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils import check_consistent_length

from .._utils.output import plain_output
from ._colors import check_colors, draw_points, room_beside
from ._display import Display, need_matplotlib
from ._indicators import as_numbers
from ._samples import (
    as_matrix,
    as_samples,
    check_components,
    conditioned,
    drawn_step,
    spread_samples,
)
from ._tables import has_categories


class LatentDisplay(Display):
    """Scatter plot of two components of the codes, colored by class or target.

    Parameters
    ----------
    codes : array-like of shape (n_samples, n_components)
        The codes.

    y : array-like of shape (n_samples,), default=None
        Labels that determine the colors of the samples. Strings, and up to 20 distinct integers,
        are classes with a legend, of which there can be at most 30. Other numbers are shown with a
        color bar. Samples with a missing label are grey.

    components : pair of int, default=(0, 1)
        Indices of the components that are drawn.

    pca_codes : array-like of shape (n_samples, 2), default=None
        Principal components of the same samples, which are drawn in a second plot.

    y_name : str, default=None
        Title of the legend or color bar. By default the name of y if it is a Series.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the codes.

    axes_ : ndarray of matplotlib Axes
        The axes of the codes and, if they are drawn, those of the principal components.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import LatentDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(2, max_epochs=5, random_state=0).fit(X)
    >>> display = LatentDisplay.from_estimator(autoencoder, X, y, compare_pca=True)
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['component 0', 'principal component 0']
    """

    def __init__(self, codes, y=None, *, components=(0, 1), pca_codes=None, y_name=None):
        self.codes = as_matrix(codes, "codes")
        self.y = None if y is None else check_colors(y)
        self.y_name = y_name or getattr(y, "name", None) or "y"
        if self.codes.shape[1] == 1:
            raise ValueError(
                "LatentDisplay draws two components, but the codes have one. Use CodesDisplay or "
                "latent_explorer, or n_components=2."
            )
        self.components = check_components(components, self.codes.shape[1])
        if len(self.components) != 2:
            raise ValueError(f"components must be two indices; got {components!r}.")
        self.pca_codes = None
        if pca_codes is not None:
            self.pca_codes = as_matrix(pca_codes, "pca_codes")
            if self.pca_codes.shape[1] != 2:
                raise ValueError(f"pca_codes must have 2 columns; got {self.pca_codes.shape[1]}.")
        check_consistent_length(self.codes, self.y, self.pca_codes)

    def plot(self, ax=None, **kwargs):
        """Draw the codes.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Axes to draw on. By default a new figure is created. With principal components, two axes
            are required; a single axes is divided.

        **kwargs : dict
            Keyword arguments of matplotlib's `scatter`.

        Returns
        -------
        LatentDisplay
            The display.
        """
        n_axes = 1 if self.pca_codes is None else 2
        axes = self._open(ax, (1, n_axes), (5.0 * n_axes + room_beside(self.y), 4.6))
        settings = {"s": 14, "alpha": 0.8, "linewidths": 0, **kwargs}
        clouds = [(self.codes[:, self.components], "component")]
        if n_axes == 2:
            clouds.append((self.pca_codes, "principal component"))
            self.ax_.set_title("Codes")
            axes[1].set_title("PCA")
        for part, (points, name) in zip(axes, clouds, strict=True):
            name_if_last = self.y_name if part is axes[-1] else None
            draw_points(part, points, self.y, settings, name_if_last)
            first, second = self.components
            part.set(xlabel=f"{name} {first}", ylabel=f"{name} {second}")
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        components=(0, 1),
        compare_pca=False,
        n_rows=5000,
        ax=None,
        **kwargs,
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
            Labels that determine the colors, as for the class. They are not used as a condition:
            the codes are `transform(X)`.

        components : pair of int, default=(0, 1)
            Indices of the components that are drawn.

        compare_pca : bool, default=False
            Whether the principal components with the same indices are drawn in a second plot. They
            are computed from the drawn samples after the scaling of the network; missing values
            are replaced by the center of the feature. For tables with categories, they are those
            of a factor analysis of mixed data.

        n_rows : int, default=5000
            Maximum number of samples that are drawn. They are evenly spaced in X.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of matplotlib's `scatter`.

        Returns
        -------
        LatentDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator has no `transform`.

        ValueError
            If samples, labels or components are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        y_name = getattr(y, "name", None)
        X, y = spread_samples(X, n_rows, y)
        estimator, X, _ = drawn_step(cls, estimator, "transform", X, codes=True)
        codes = conditioned(estimator.transform, X)
        display = cls(codes, y, components=components, y_name=y_name)
        if compare_pca:
            display.pca_codes = _principal(_scaled(estimator, X), display.components)
        return display.plot(ax, **kwargs)

    @classmethod
    def from_predictions(cls, codes, y=None, *, components=(0, 1), ax=None, **kwargs):
        """Draw given codes.

        Parameters
        ----------
        codes : array-like of shape (n_samples, n_components)
            The codes, all of which are drawn.

        y : array-like of shape (n_samples,), default=None
            Labels that determine the colors, as for the class.

        components : pair of int, default=(0, 1)
            Indices of the components that are drawn.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of matplotlib's `scatter`.

        Returns
        -------
        LatentDisplay
            The display.

        Raises
        ------
        ValueError
            If codes, labels or components are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        return cls(codes, y, components=components).plot(ax, **kwargs)


def _scaled(estimator, X):
    """Return samples in the units of the network."""
    if has_categories(X):
        return _scaled_table(X)
    samples = as_samples(X)
    center = getattr(estimator, "center_", 0.0)
    scaled = (samples - center) / getattr(estimator, "scale_", 1.0)
    return scaled if hasattr(estimator, "center_") else scaled - np.nanmean(scaled, axis=0)


def _scaled_table(X):
    """Return centered numbers and indicators, such that a column has a variance of one."""
    [samples], names, is_indicator = as_numbers({"X": X}, None)
    means, scale = np.nanmean(samples, axis=0), np.nanstd(samples, axis=0)
    columns = [name.partition(":")[0] for name in names]
    n_categories = np.array([columns.count(name) for name in columns])
    scale[is_indicator] = np.sqrt(means * (n_categories - 1))[is_indicator]
    return (samples - means) / np.where(scale > 0, scale, 1.0)


def _principal(scaled, components):
    """Return principal components of centered samples; missing values are zero."""
    n_needed = components.max() + 1
    if n_needed > min(scaled.shape):
        raise ValueError(
            f"compare_pca=True requires at least {n_needed} samples and features for components="
            f"{tuple(components.tolist())}; got X of shape {scaled.shape}."
        )
    # the default solver can be a randomized one
    solver = "covariance_eigh" if len(scaled) >= scaled.shape[1] else "full"
    pca = PCA(n_needed, svd_solver=solver)
    return plain_output(pca, np.nan_to_num(scaled), "fit_transform")[:, components]
