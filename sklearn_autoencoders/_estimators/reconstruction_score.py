"""Scores of samples by their reconstruction."""

from __future__ import annotations

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from .._data.sources.rows import RowSource
from .._data.statistics.scaling import explained_variance, explained_variance_in_chunks
from .._data.validation import check_clean, check_samples, check_weight
from .._data.value_checks import check_not_all_missing, check_output, check_unit_interval
from .._inference.run import explained_fraction, sample_losses
from .._utils.tensors import tensors_like_input
from .._utils.user_warnings import warn_user


class ReconstructionScoreMixin:
    """Scores based on the reconstruction loss."""

    @tensors_like_input
    def score_samples(self, X):
        r"""Return the negative reconstruction loss of each sample; higher is better.

        .. math:: -\frac{1}{d} \sum_j \ell(x_{ij}, \hat x_{ij})

        over the :math:`d` observed values of the sample, on the scale on which the network is
        trained.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            Negative mean loss of each sample.
        """
        X = check_samples(self, X)
        check_unit_interval(self, self._loss, X)
        return check_output(-sample_losses(self._model, X))

    def score(self, X, y=None, sample_weight=None):
        r"""Return the fraction of the variance of X that is explained by the reconstruction.

        .. math::
            R^2 = 1 - \frac{\sum_{ij} w_i (x_{ij} - \hat x_{ij})^2}
                           {\sum_{ij} w_i (x_{ij} - \bar x_j)^2}

        over the observed values, in the units of X. For PCA and its training set, this is
        `explained_variance_ratio_.sum()`. Features with a larger variance have more influence on
        the score, also with `scaling="feature"`. If all features should have the same influence,
        scale X before the autoencoder, for instance with
        :class:`sklearn.preprocessing.StandardScaler` in a pipeline.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            At most 1. A constant reconstruction by the means of the features has score 0. As in
            :func:`sklearn.metrics.r2_score`, it is 1 for an exact reconstruction and 0 otherwise if
            all samples are equal, and NaN, with an `UndefinedMetricWarning`, if there are fewer
            than two samples.
        """
        return self._score(X, sample_weight)

    def _score(self, X, sample_weight, clean=None):
        X = check_samples(self, X)
        if not isinstance(X, RowSource):
            check_not_all_missing(np.isnan(X).all(), "X")
        weight = None if sample_weight is None else check_weight(sample_weight, X)
        target = X if clean is None else check_clean(self, clean, X)
        if not self._layout.is_numeric:
            return explained_fraction(self._model, X, target, weight)
        if (len(X) if weight is None else np.count_nonzero(weight)) < 2:
            warn_user(
                "The R^2 score of fewer than two samples is not defined; NaN is returned. Score "
                "more samples at once: use larger folds than those of LeaveOneOut.",
                UndefinedMetricWarning,
            )
            return float("nan")
        if isinstance(X, RowSource) or isinstance(target, RowSource):
            return explained_variance_in_chunks(X, target, self._reconstruct, weight)
        return explained_variance(target, self._reconstruct(X), weight)
