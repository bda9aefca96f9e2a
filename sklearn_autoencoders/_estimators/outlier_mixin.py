"""Methods of a fitted outlier detector: scores, labels, p-values and explanations."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted

from .._data.sources.sparse import as_dense
from .._data.statistics.scaling import put_constants
from .._data.validation import check_samples_with_unknown
from .._data.value_checks import check_output, check_unit_interval
from .._inference.outlier_errors import (
    UnknownCategories,
    typical_errors,
    unknown_costs,
    value_errors,
)
from .._inference.postprocess import (
    SAME,
    apply_to_arrays,
    outlier_labels,
    p_values,
)
from .._utils.tensors import tensors_like_input
from .outlier_gaps import quantiles_of_errors
from .outlier_units import ErrorUnits, averaged


class OutlierDetectorMixin:
    """Methods of a fitted detector with `tolerance_`, `offset_` and `held_out_scores_`."""

    @tensors_like_input
    def score_samples(self, X):
        r"""Return the consistency of the values of each sample; higher is more normal.

        Missing values do not count: scores of samples with different numbers of them are
        comparable, if values are missing at random, and a sample without any value has the median
        score. If it tells something which values are missing, add columns that indicate it, such as
        those of :class:`~sklearn.impute.MissingIndicator`.

        A category that did not occur in the fit to :math:`n` samples counts as one that is in one
        of :math:`n + 1` samples, with an error of :math:`\log(n + 1)`, or as the infrequent
        categories of its column together; but at least as a typical held-out value of the column.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            Negative mean error in units of the tolerance, in float64. Typical values are about -1.
        """
        X, unknown = self._checked(X)
        found = self._units.scores(self._model, X)
        if unknown is not None:
            rows = unknown.any(axis=1)
            some, unknown = X[rows], unknown[rows]
            parts = self._contributions(some, unknown, self._reconstruct(some))
            found[rows] = check_output(parts.sum(axis=1))
        return found

    @tensors_like_input
    def decision_function(self, X):
        """Return `score_samples` minus `offset_`, which is negative for outliers.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            The differences, float64.
        """
        return self.score_samples(X) - self.offset_

    @tensors_like_input
    def predict(self, X):
        """Predict whether each sample is an outlier.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            -1 for outliers, 1 for inliers.
        """
        return apply_to_arrays(outlier_labels, self.decision_function(X))

    @tensors_like_input
    def p_values(self, X):
        r"""Return the fraction of held-out samples that are at least as anomalous as each sample.

        .. math:: p_i = \frac{1 + \#\{k: s_k \le s_i\}}{1 + n}

        where :math:`s_k` are the scores of the :math:`n` held-out samples, to which the sample
        itself is added. For samples from the distribution of the training samples, the p-value is
        at most :math:`\alpha` with a probability of at most :math:`\alpha` [1]_. This holds only
        approximately if there are duplicate samples, and after `partial_fit`, because earlier
        scores are computed by earlier networks: with few samples a call, these are hardly trained,
        and p-values are far too large. It also holds for samples with more missing values
        than the training samples, approximately, if these are missing at random.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            The p-values, in (0, 1].

        References
        ----------
        .. [1] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005.
        """
        scores = self.score_samples(X)  # raises NotFittedError before `held_out_scores_` is read
        return apply_to_arrays(p_values, scores, self.held_out_scores_)

    def set_threshold(self, *, outlier_fraction=None, false_alarm_rate=None):
        """Set `offset_` from the scores of held-out samples, without training.

        The held-out samples are the part of the samples of `fit` that it does not train on.
        Give one of the two parameters. The threshold is computed in the same way from both, but its
        meaning depends on what the held-out samples are: use `outlier_fraction` if they contain as
        many outliers as new samples do, and `false_alarm_rate` if they are known to be normal. The
        next `fit` or `partial_fit` sets the threshold again, from `contamination`.

        Parameters
        ----------
        outlier_fraction : float, default=None
            Fraction of all samples that is labeled outliers, in (0, 0.5]: 0.001 labels the most
            anomalous 0.1 %.

        false_alarm_rate : float, default=None
            Fraction of the normal samples that is labeled outliers, in (0, 0.5]. The fraction of
            the outliers that is found is not known.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If not exactly one of them is given, or if there are too few held-out samples for it.
        """
        check_is_fitted(self)
        if (outlier_fraction is None) == (false_alarm_rate is None):
            found = "none" if outlier_fraction is None else "both"
            raise ValueError(f"Give either outlier_fraction or false_alarm_rate; got {found}.")
        name = "outlier_fraction" if false_alarm_rate is None else "false_alarm_rate"
        rate = outlier_fraction if false_alarm_rate is None else false_alarm_rate
        check_scalar(rate, name, Real)
        if not 0 < rate <= 0.5:
            raise ValueError(f"{name} must be in (0, 0.5]; got {rate}.")
        scores = self.held_out_scores_
        place = max(math.ceil((1 - rate) * (len(scores) + 1) - 1e-9), 1)
        if place > len(scores):
            raise ValueError(
                f"{name}={rate} requires the scores of at least {math.ceil(1 / rate) - 1} held-out "
                f"samples, but there are {len(scores)}. Use a value of at least "
                f"1/{len(scores) + 1}, fit on more samples, or set offset_."
            )
        kept, beyond = scores[place - 1], scores[place:]
        limit = (kept + beyond[0]) / 2 if len(beyond) else kept * (1 + SAME)
        self.offset_ = -float(limit)
        return self

    def explain(self, X):
        """Return the contribution of each value to the score of its sample, and its prediction.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        Bunch
            `contribution` and `expected`, with the shape of X. `expected` are the predicted values,
            in the units of X. The contributions of a sample sum to its `score_samples`; the lowest
            contributions explain why it is anomalous. Missing values have none, except in samples
            without any value. Both are frames if X is a frame of pandas,
            polars, PyArrow or dask, with its columns and index.
        """
        samples, unknown = self._checked(X, restores=True)
        expected = self._reconstruct(samples)
        contribution = self._contributions(samples, unknown, expected)
        return self._explanation(contribution, expected, X)

    def _contributions(self, samples, unknown, expected):
        """Return the contributions of all values to the scores; zero for missing ones.

        Only in samples without any value, these have the same share of the score.
        """
        errors = np.nan_to_num(self._value_errors(samples, unknown, expected))
        is_known = ~np.isnan(as_dense(samples))
        is_known = is_known if unknown is None else is_known | unknown
        n_known = is_known.sum(1)
        parts = errors / n_known.clip(1)[:, None]
        if self._error_quantiles is not None:
            total = parts.sum(1)
            adjusted = self._units.comparable(total, n_known)
            is_scaled = (total > 0) & (total < np.inf)
            parts *= np.divide(adjusted, total, np.ones_like(total), where=is_scaled)[:, None]
            parts[n_known == 0] = adjusted[n_known == 0, None] / parts.shape[1]
        return -parts

    def _value_errors(self, X, unknown, expected):
        """Return the errors of all values, in units of tolerances."""
        units, values = self._units, as_dense(X)
        if unknown is not None:
            values = np.where(unknown, self._layout.n_categories, values)
            unknown = UnknownCategories(unknown, *self._unknown_costs(self._model))
        errors = value_errors(self._model, X, expected, *units.of_varying, unknown)
        # which no prototype predicts better
        errors[:, units.is_constant] = units.errors_of_constants(values)
        return errors

    @property
    def _units(self):
        """The units of the errors of the fit."""
        n_samples = float(self.n_samples_seen_)
        units = self.tolerance_, self.distance_unit_, self._constants, n_samples
        return ErrorUnits(*units, self._error_quantiles)

    def _typical_held_out_errors(self, model, data, fraction):
        """Return typical errors of held-out values, for unknown categories, after a fit to data."""
        before, layout = self._held_out_errors, self._layout
        if layout.is_numeric or layout.is_shared or (fraction < 1 and data.held_out is None):
            return before if fraction < 1 else None
        return averaged(before, typical_errors(model, *data.validation), fraction)

    def _quantiles_of_gaps(self, model, data, units, fraction, seed):
        """Return what makes scores of samples with missing values comparable, over all batches."""
        before = self._error_quantiles
        if fraction < 1 and (data.held_out is None or before is None):
            return before
        new = quantiles_of_errors(lambda X: units.scores(model, X), data, seed)
        return averaged(before, new, fraction)

    def _unknown_costs(self, model):
        """Return the errors and the deviations of unknown categories in each column."""
        infrequent, n_samples = self._columns.with_infrequent, float(self.n_samples_seen_)
        return unknown_costs(model, infrequent, n_samples, self._held_out_errors)

    def _reconstruct(self, X, condition=None):
        return put_constants(super()._reconstruct(X, condition), self._constants)

    def _checked(self, X, restores=False):
        """Return samples, and where missing values are unknown categories; None if nowhere."""
        X, unknown = check_samples_with_unknown(self, X, restores=restores)
        check_unit_interval(self, self._loss, X)
        return X, unknown
