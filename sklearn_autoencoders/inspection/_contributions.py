"""Display of the contributions of features to an anomaly score."""

from __future__ import annotations

from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_scalar

from .._utils.labels import is_missing
from .._utils.output import names_of_columns
from .._utils.rows import rows_of
from .._utils.tensors import plain_array
from ._display import ASIDE, COLORS, Display, as_texts, inches_of, need_matplotlib
from ._samples import as_cells, as_samples, column_names, drawn_step
from ._tables import has_categories


class ContributionsDisplay(Display):
    """Contributions of the features of one sample to its score, with the expected values.

    Parameters
    ----------
    contribution : array-like of shape (n_features,)
        Contributions, which are at most zero. The lowest ones explain why the sample is anomalous.

    values : array-like of shape (n_features,)
        The sample: numbers, categories or dates. Missing values are encoded as NaN.

    expected : array-like of shape (n_features,)
        The expected values, in the units of `values`, or the expected categories.

    feature_names : array-like of str of shape (n_features,), default=None
        Names of the features. By default those of `values` if it is a DataFrame or a Series.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes.

    axes_ : ndarray of matplotlib Axes
        Array that contains the axes.

    figure_ : matplotlib Figure
        The figure.

    See Also
    --------
    AutoencoderOutlierDetector : Its method `explain` computes the contributions.
    AutoregressiveGenerator : Its method `explain` computes those of tables with categories.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderOutlierDetector
    >>> from sklearn_autoencoders.inspection import ContributionsDisplay
    >>> iris = load_iris(as_frame=True).data
    >>> detector = AutoencoderOutlierDetector(max_epochs=50, random_state=0).fit(iris)
    >>> most_anomalous = detector.score_samples(iris).argmin()
    >>> display = ContributionsDisplay.from_estimator(detector, iris, row=most_anomalous)
    >>> len(display.ax_.patches)
    4
    """

    def __init__(self, contribution, values, expected, *, feature_names=None):
        given = contribution, values, expected
        contribution = as_samples(np.atleast_2d(plain_array(contribution)), "contribution")
        parts = contribution, _as_row(values, "values"), _as_row(expected, "expected")
        if len({part.shape for part in parts}) > 1 or len(parts[0]) != 1:
            raise ValueError(
                "contribution, values and expected must be one sample of shape (n_features,) each; "
                f"got {[np.shape(part) for part in given]}."
            )
        self.contribution, self.values, self.expected = (part[0] for part in parts)
        if feature_names is None:
            feature_names = _names_of(values)
        self.feature_names = column_names(feature_names, len(self.contribution))

    def plot(self, ax=None, *, n_columns=12, **kwargs):
        """Draw one bar per feature, with the largest contributions at the top.

        Parameters
        ----------
        ax : Axes, default=None
            Axes to draw on. By default a new figure is created.

        n_columns : int, default=12
            Maximum number of features that are drawn. The contributions of the others are
            aggregated in one grey bar below them, so that the bars sum to the score.

        **kwargs : dict
            Keyword arguments of matplotlib's `barh`.

        Returns
        -------
        ContributionsDisplay
            The display.
        """
        check_scalar(n_columns, "n_columns", Integral, min_val=1)
        order = np.argsort(self.contribution, kind="stable")
        shown, others = order[:n_columns], order[n_columns:]
        lengths, labels = self.contribution[shown], self._labels(shown)
        colors = [COLORS[0]] * len(shown)
        if len(others):
            lengths = np.append(lengths, self.contribution[others].sum())
            labels.append(f"{len(others)} other feature{'s' if len(others) > 1 else ''}")
            colors.append(ASIDE)
        self._open(ax, size=(4.5 + inches_of(labels), 0.32 * len(labels) + 1.1))
        self.ax_.barh(np.arange(len(labels)), lengths, **{"color": colors, **kwargs})
        self.ax_.set_yticks(np.arange(len(labels)), labels)
        self.ax_.invert_yaxis()
        score = self.contribution.sum()
        self.ax_.set(xlabel=f"contribution to the score of {score:.3g}", ylabel="")
        return self

    def _labels(self, places):
        return [
            f"{name}: {_text_of(value)} (expected {_text_of(expected)})"
            for name, value, expected in zip(
                as_texts(self.feature_names[places]),
                self.values[places],
                self.expected[places],
                strict=True,
            )
        ]

    @classmethod
    def from_estimator(cls, estimator, X, *, row=0, ax=None, **kwargs):
        """Explain the score of one sample.

        Parameters
        ----------
        estimator : estimator
            A fitted detector with `explain`, or a pipeline whose last step is one. For a pipeline,
            the values are those transformed by the previous steps.

        X : array-like of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        row : int, default=0
            Index of the sample that is explained.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        ContributionsDisplay
            The display.

        Raises
        ------
        TypeError
            If the estimator has no `explain`.

        ValueError
            If the sample does not exist or is invalid.
        """
        need_matplotlib(f"{cls.__name__}.from_estimator")
        check_scalar(row, "row", Integral, min_val=0, max_val=len(X) - 1)
        chosen = rows_of(X, np.array([row]))
        estimator, chosen, names = drawn_step(cls, estimator, "explain", chosen)
        found = estimator.explain(chosen)
        parts = (np.ravel(as_cells(part)) for part in (found.contribution, chosen, found.expected))
        return cls(*parts, feature_names=names).plot(ax, **kwargs)

    @classmethod
    def from_predictions(
        cls, contribution, values, expected, *, feature_names=None, ax=None, **kwargs
    ):
        """Draw given contributions.

        Parameters
        ----------
        contribution : array-like of shape (n_features,)
            Contributions, which are at most zero.

        values : array-like of shape (n_features,)
            The sample. Missing values are encoded as NaN.

        expected : array-like of shape (n_features,)
            The expected values, in the units of `values`.

        feature_names : array-like of str of shape (n_features,), default=None
            Names of the features, as for the class.

        ax : Axes, default=None
            As for :meth:`plot`.

        **kwargs : dict
            Keyword arguments of :meth:`plot`.

        Returns
        -------
        ContributionsDisplay
            The display.

        Raises
        ------
        ValueError
            If the shapes of the three arrays differ.
        """
        need_matplotlib(f"{cls.__name__}.from_predictions")
        display = cls(contribution, values, expected, feature_names=feature_names)
        return display.plot(ax, **kwargs)


def _as_row(values, name):
    """Return values of a sample as an array of shape (1, n_features), of objects if necessary."""
    row = np.atleast_2d(plain_array(values))
    return row if has_categories(row) else as_samples(row, name)


def _text_of(value):
    """Return a value as text, numbers with four digits and dates without an empty time."""
    if is_missing(value):
        return "missing"
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    [text] = [f"{value:.4g}"] if is_number else as_texts([value])
    return text.removesuffix(" 00:00:00")


def _names_of(values):
    """Return the column names of a DataFrame, or the index of a Series if it contains strings."""
    names = names_of_columns(values)
    if names is not None:
        return names
    index = getattr(values, "index", None)
    is_named = hasattr(index, "__iter__") and all(isinstance(name, str) for name in index)
    return index if is_named else None
