"""Display of anomaly scores and the threshold of a detector."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_scalar

from .._utils.sklearn_compat import column_or_1d
from .._utils.tensors import plain_array
from ._display import APART, Display, as_texts, legend_beside, need_matplotlib
from ._labels import are_of, as_labels, class_name
from ._samples import check_choice, conditioned, drawn_step

# Names of scikit-learn's labels of outliers.
_NAMES = {1: "inliers", -1: "outliers"}
# Ratio of the lowest score to the median above which the scale is logarithmic.
_LOG_RATIO = 20.0


class OutlierScoresDisplay(Display):
    """Histogram of the scores of a detector, with the threshold below which samples are outliers.

    Parameters
    ----------
    scores : array-like of shape (n_samples,)
        Scores, which are higher for samples that are more normal.

    offset : float, default=None
        The threshold.

    y_true : array-like of shape (n_samples,), default=None
        Labels of groups of samples, which are drawn in different colors: 1 for inliers and -1 for
        outliers, or any other labels.

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
    >>> from sklearn_autoencoders import AutoencoderOutlierDetector
    >>> from sklearn_autoencoders.inspection import OutlierScoresDisplay
    >>> X, _ = load_iris(return_X_y=True)
    >>> detector = AutoencoderOutlierDetector(max_epochs=50, random_state=0).fit(X)
    >>> display = OutlierScoresDisplay.from_estimator(detector, X)
    >>> bool(display.ax_.lines[0].get_xdata()[0] == detector.offset_)
    True
    """

    def __init__(self, scores, offset=None, y_true=None):
        self.scores = check_array(
            column_or_1d(plain_array(scores), input_name="scores"),
            ensure_2d=False,
            input_name="scores",
        )
        if offset is not None:
            check_scalar(offset, "offset", Real)
        self.offset = offset
        self.y_true = None if y_true is None else as_labels(y_true, "y_true")
        check_consistent_length(self.scores, self.y_true)
        if y_true is not None and len(np.unique(self.y_true)) > len(APART):
            raise ValueError(
                f"y_true has {len(np.unique(self.y_true))} distinct labels; at most {len(APART)} "
                "can be drawn. Use 1 for inliers and -1 for outliers."
            )

    def plot(self, ax=None, *, bins=40, xscale="auto", **kwargs):
        """Draw the histogram.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on. By default a new figure is created.

        bins : int, default=40
            Number of bins over the range of all scores; on a logarithmic axis, the range includes
            the threshold.

        xscale : {"auto", "linear", "log"}, default="auto"
            Scale of the scores. "auto" is logarithmic if all scores are negative and the lowest one
            is more than twenty times the median, so that individual samples do not dominate the
            range.

        **kwargs : dict
            Keyword arguments of matplotlib's `hist`.

        Returns
        -------
        OutlierScoresDisplay
            The display.
        """
        check_scalar(bins, "bins", Integral, min_val=1)
        lowest, highest = self._limits()
        is_log = self._is_logarithmic(xscale, lowest, highest)
        self._open(ax, size=(6.4, 4.0))
        if is_log:
            edges = -np.geomspace(-lowest, -highest, bins + 1)
            edges[[0, -1]] = lowest, highest  # which can be excluded due to rounding errors
            self.ax_.set_xscale("symlog", linthresh=-highest)
            self.ax_.set_xlim(1.3 * lowest, 0.8 * highest)
        else:
            edges = np.histogram_bin_edges(self.scores, bins)
        for color, (name, scores) in zip(APART, self._groups(), strict=False):
            style = {"color": color, "alpha": 0.7, "label": name}
            self.ax_.hist(scores, edges, **{**style, **kwargs})
        if self.offset is not None:
            self.ax_.axvline(self.offset, color="black", linestyle="--", label="threshold")
        self.ax_.set(xlabel="score", ylabel="samples")
        if self.offset is not None or self.y_true is not None:
            legend_beside(self.ax_)  # the line of the threshold may be anywhere
        return self

    def _limits(self):
        """Return the minimum and maximum of the scores and the threshold."""
        drawn = self.scores if self.offset is None else np.append(self.scores, self.offset)
        return drawn.min(), drawn.max()

    def _is_logarithmic(self, xscale, lowest, highest):
        check_choice(xscale, "xscale", ("auto", "linear", "log"))
        if xscale == "log" and not lowest < highest < 0:
            raise ValueError(
                "xscale='log' requires negative scores that differ, and a negative threshold; got "
                f"scores from {lowest:.6g} to {highest:.6g}. Use xscale='linear'."
            )
        is_wide = highest < 0 and self.scores.min() < _LOG_RATIO * np.median(self.scores)
        return xscale == "log" or (xscale == "auto" and is_wide)

    def _groups(self):
        """Return names and scores of the groups of samples, the largest group first."""
        if self.y_true is None:
            return [("samples", self.scores)]
        values, counts = np.unique(self.y_true, return_counts=True)
        are_signs = values.dtype.kind != "b" and set(values.tolist()) <= set(_NAMES)
        name_of = _NAMES.get if are_signs else class_name
        values = values[np.argsort(-counts, kind="stable")].tolist()
        scores = [self.scores[are_of(self.y_true, value)] for value in values]
        return zip(as_texts(map(name_of, values)), scores, strict=True)

    @classmethod
    def from_estimator(cls, estimator, X, y_true=None, *, ax=None, **kwargs):
        """Score samples and draw the histogram.

        Parameters
        ----------
        estimator : estimator
            A fitted detector with `score_samples` and `offset_`, such as
            :class:`AutoencoderOutlierDetector`, or a pipeline whose last step is one.

        X : array-like of shape (n_samples, n_features)
            Samples, all of which are counted. Missing values are encoded as NaN.

        y_true : array-like of shape (n_samples,), default=None
            Labels of groups of samples, as for the class.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        OutlierScoresDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator does not have `score_samples` and `offset_`.

        ValueError
            If the samples or labels are invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        estimator, X, _ = drawn_step(cls, estimator, "score_samples offset_", X)
        scores = conditioned(estimator.score_samples, X)
        return cls(scores, np.ravel(estimator.offset_).item(), y_true).plot(ax, **kwargs)

    @classmethod
    def from_predictions(cls, scores, offset=None, y_true=None, *, ax=None, **kwargs):
        """Draw given scores.

        Parameters
        ----------
        scores : array-like of shape (n_samples,)
            Scores, which are higher for samples that are more normal.

        offset : float, default=None
            The threshold.

        y_true : array-like of shape (n_samples,), default=None
            Labels of groups of samples, as for the class.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        OutlierScoresDisplay
            The display.

        Raises
        ------
        ValueError
            If the scores or labels are invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        return cls(scores, offset, y_true).plot(ax, **kwargs)
