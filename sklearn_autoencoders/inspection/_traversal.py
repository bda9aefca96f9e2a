"""Display of samples that are decoded along paths in the latent space."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length

from ._display import need_matplotlib
from ._montage import find_image_shape
from ._paths import PathsDisplay
from ._samples import as_cells, check_components, conditioned, drawn_step, reference_samples
from ._walks import along_components, decoded, levels_between

_NEEDED = "transform inverse_transform"


class TraversalDisplay(PathsDisplay):
    """Samples decoded along paths in the latent space, as a grid of images or as lines.

    A path varies one component while the others are fixed, or interpolates between two samples. The
    line of a category is one where it is the most likely one, and zero elsewhere.

    Parameters
    ----------
    rows : array-like of shape (n_paths, n_steps, n_features)
        The decoded samples.

    positions : array-like of shape (n_paths, n_steps)
        Position of each decoded sample on its path.

    path_names : list of str
        Names of the paths.

    levels : array-like of shape (n_steps,), default=None
        Quantiles of the component at each step.

    image_shape : sequence of 2 or 3 int, default=None
        Shape (height, width), optionally with 1 or 3 channels first or last, if samples are images.

    feature_names : array-like of str of shape (n_features,), default=None
        Names of the features of tabular data.

    reference : array-like of shape (n_samples, n_features), default=None
        Samples that determine the standard deviations of the features, and the brightness of
        images. By default the decoded samples.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the images, or of the first path of tabular data.

    axes_ : ndarray of matplotlib Axes
        All axes; for tabular data, one for each path.

    figure_ : matplotlib Figure
        The figure.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.inspection import TraversalDisplay
    >>> X, _ = load_iris(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(2, max_epochs=5, random_state=0).fit(X)
    >>> display = TraversalDisplay.from_estimator(autoencoder, X, components=[0, 1])
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['component 0', 'component 1']
    >>> display = TraversalDisplay.from_interpolation(autoencoder, X[:1], X[-1:])
    >>> len(display.ax_.lines)
    4
    """

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        components=0,
        start=None,
        n_steps=8,
        quantiles=(0.05, 0.95),
        image_shape=None,
        ax=None,
        **kwargs,
    ):
        """Draw decoded samples while individual components are varied.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `transform` and `inverse_transform`, or a pipeline whose last
            step is one. For a :class:`DenoisingAutoencoder`, the codes are used.

        X : array-like of shape (n_samples, n_features)
            Samples whose codes determine the range of the components.

        y : scalar, default=None
            Label or target, for a conditional estimator.

        components : int, sequence of int or None, default=0
            Components that are varied, each on a separate path. None varies all components.

        start : int, default=None
            Index of the sample of X whose code is varied. By default the median of the codes.

        n_steps : int, default=8
            Number of decoded samples on each path, at evenly spaced quantiles of the component.

        quantiles : pair of float, default=(0.05, 0.95)
            Quantiles at which each path begins and ends.

        image_shape : sequence of 2 or 3 int, default=None
            Image shape, as for the class. None uses the shape of X or of the estimator's network.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        TraversalDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator cannot encode or decode.

        ValueError
            If components, quantiles or samples are invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        levels = levels_between(quantiles, n_steps)
        estimator, X, names = drawn_step(cls, estimator, _NEEDED, X, codes=True)
        codes = conditioned(estimator.transform, X, y)
        components = np.arange(codes.shape[1]) if components is None else components
        components = check_components(components, codes.shape[1])
        ways, positions = along_components(codes, components, levels, start)
        samples = as_cells(X)
        shape = find_image_shape(image_shape, samples.shape[1], X, estimator)
        return cls(
            decoded(estimator, ways, y),
            positions,
            [f"component {component}" for component in components],
            levels=levels,
            image_shape=shape,
            feature_names=names,
            reference=reference_samples(samples, estimator, shape),
        ).plot(ax, **kwargs)

    @classmethod
    def from_interpolation(
        cls, estimator, A, B, y=None, *, n_steps=8, image_shape=None, ax=None, **kwargs
    ):
        """Draw samples decoded along the line between the codes of two samples.

        With fewer than ten samples of tabular data, the scaling of the estimator determines the
        standard deviations of the features.

        Parameters
        ----------
        estimator : estimator
            As for :meth:`from_estimator`.

        A, B : array-like of shape (n_pairs, n_features)
            Start and end samples. All pairs are drawn.

        y : scalar, default=None
            Label or target, for a conditional estimator.

        n_steps : int, default=8
            Number of decoded samples on each path, including the reconstructions of its ends.

        image_shape : sequence of 2 or 3 int, default=None
            Image shape, as for the class. None uses the shape of A or of the estimator's network.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        TraversalDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator cannot encode or decode.

        ValueError
            If A and B, or the image shape, are inconsistent.
        """
        need_matplotlib(f"{cls.__name__}.from_interpolation")
        fraction = levels_between((0, 1), n_steps)
        check_consistent_length(A, B)
        part, A, names = drawn_step(cls, estimator, _NEEDED, A, codes=True)
        B = drawn_step(cls, estimator, _NEEDED, B, codes=True)[1]
        start, end = (conditioned(part.transform, samples, y)[:, None] for samples in (A, B))
        ends = np.concatenate([as_cells(A), as_cells(B)])
        shape = find_image_shape(image_shape, ends.shape[1], A, part)
        pairs = [f"pair {number}" for number in range(len(start))]
        return cls(
            decoded(part, start + fraction[:, None] * (end - start), y),
            np.tile(fraction, (len(start), 1)),
            pairs if len(pairs) > 1 else ["A to B"],
            image_shape=shape,
            feature_names=names,
            reference=reference_samples(ends, part, shape),
        ).plot(ax, **kwargs)
