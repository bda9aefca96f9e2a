"""What codes on a way stand for."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_consistent_length

from ._display import need_matplotlib
from ._montage import find_image_shape
from ._paths import PathsDisplay
from ._rows import as_rows, check_components, conditioned, drawn_step, reference_rows
from ._walks import along_components, decoded, levels_between

_NEEDED = "transform inverse_transform"


class TraversalDisplay(PathsDisplay):
    """Rows that codes on a way stand for: images in a grid, or a line for each column of a table.

    The way leads along one component, while the others stay, or from one row to another.

    Parameters
    ----------
    rows : array-like of shape (n_paths, n_steps, n_features)
        The decoded rows.

    positions : array-like of shape (n_paths, n_steps)
        Where on its way each of them is.

    path_names : list of str
        Name of each way.

    levels : array-like of shape (n_steps,), default=None
        Quantiles of the component that the steps are.

    image_shape : sequence of 2 or 3 int, default=None
        (height, width), or these with 1 or 3 channels first or last, if rows are images.

    feature_names : array-like of str of shape (n_features,), default=None
        Names of the columns of a table.

    reference : array-like of shape (n_samples, n_features), default=None
        Rows that say how much columns vary, and how bright images are; the decoded ones by default.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes of the images, or of the first way through a table.

    axes_ : ndarray of matplotlib Axes
        All axes, one for each way through a table.

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
        """Draw what changes with single components.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator with `transform` and `inverse_transform`, or a pipeline that ends in
            one. A :class:`DenoisingAutoencoder` gives its codes.

        X : array-like of shape (n_samples, n_features)
            Rows whose codes say how far components reach.

        y : scalar, default=None
            Label or target, for an estimator that is conditional on it.

        components : int, sequence of int or None, default=0
            What to vary, each on a way of its own; None varies all, one after another.

        start : int, default=None
            The row of X whose code is varied; the median of the codes by default.

        n_steps : int, default=8
            Rows on each way, at evenly spaced quantiles of the component.

        quantiles : pair of float, default=(0.05, 0.95)
            Where each way begins and ends.

        image_shape : sequence of 2 or 3 int, default=None
            As above; None asks X, then the estimator's network.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            For :meth:`plot`.

        Returns
        -------
        TraversalDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator cannot encode or decode.

        ValueError
            If components, quantiles or rows do not fit.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        levels = levels_between(quantiles, n_steps)
        estimator, X, names = drawn_step(cls, estimator, _NEEDED, X, codes=True)
        codes = conditioned(estimator.transform, X, y)
        components = np.arange(codes.shape[1]) if components is None else components
        components = check_components(components, codes.shape[1])
        ways, positions = along_components(codes, components, levels, start)
        rows = as_rows(X)
        shape = find_image_shape(image_shape, rows.shape[1], X, estimator)
        return cls(
            decoded(estimator, ways, y),
            positions,
            [f"component {component}" for component in components],
            levels=levels,
            image_shape=shape,
            feature_names=names,
            reference=reference_rows(rows, estimator, shape),
        ).plot(ax, **kwargs)

    @classmethod
    def from_interpolation(
        cls, estimator, A, B, y=None, *, n_steps=8, image_shape=None, ax=None, **kwargs
    ):
        """Draw what codes on the line from one row to another stand for.

        How much the columns of a table vary is, with fewer than ten rows, what the estimator scales
        each of them by.

        Parameters
        ----------
        estimator : estimator
            As for :meth:`from_estimator`.

        A, B : array-like of shape (n_pairs, n_features)
            Where to start, and where to arrive. All pairs are drawn.

        y : scalar, default=None
            Label or target, for an estimator that is conditional on it.

        n_steps : int, default=8
            Rows on each way, the reconstructions of its ends included.

        image_shape : sequence of 2 or 3 int, default=None
            As above; None asks A, then the estimator's network.

        ax : Axes or array of Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            For :meth:`plot`.

        Returns
        -------
        TraversalDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator cannot encode or decode.

        ValueError
            If A and B, or their shape, do not fit.
        """
        need_matplotlib(f"{cls.__name__}.from_interpolation")
        share = levels_between((0, 1), n_steps)
        check_consistent_length(A, B)
        part, A, names = drawn_step(cls, estimator, _NEEDED, A, codes=True)
        B = drawn_step(cls, estimator, _NEEDED, B, codes=True)[1]
        start, end = (conditioned(part.transform, rows, y)[:, None] for rows in (A, B))
        ends = np.concatenate([as_rows(A), as_rows(B)])
        shape = find_image_shape(image_shape, ends.shape[1], A, part)
        pairs = [f"pair {number}" for number in range(len(start))]
        return cls(
            decoded(part, start + share[:, None] * (end - start), y),
            np.tile(share, (len(start), 1)),
            pairs if len(pairs) > 1 else ["A to B"],
            image_shape=shape,
            feature_names=names,
            reference=reference_rows(ends, part, shape),
        ).plot(ax, **kwargs)
