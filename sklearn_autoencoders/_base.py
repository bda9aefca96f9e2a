"""What every autoencoder of the package does: validate → train → run."""

from __future__ import annotations

from . import _inference
from ._compat import fit_context, with_callbacks
from ._scaling import explained_variance
from ._shell import Shell
from ._validation import (
    check_clean,
    check_output,
    check_rows,
    check_unit_interval,
    check_weight,
    unflatten,
)


class BaseAutoencoder(Shell):
    """Base of the estimators whose task is to reconstruct: they learn without labels."""

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the autoencoder to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows. NaN marks a missing value: it is left out of the loss.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. A row of weight 2 counts like two rows.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or `sample_weight` is not usable; an earlier fit is left as it was.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss stops being finite, or rises; the best weights seen are kept.
        """
        return self._fit_or_go_on(X, y, sample_weight)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Make one pass over a batch of rows, at a constant learning rate.

        The first call chooses the scaling, the number of components and the starting point, so
        that its batch should be representative. The optimiser's memory is not kept.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A batch of training rows.

        y : array-like of shape (n_samples,), default=None
            What the estimator is `conditional` on, if it is on anything; otherwise ignored.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._fit_part(X, y, sample_weight)

    def reconstruct(self, X):
        """Encode and decode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The reconstruction, in the units of X, of the missing values too. Images come back in
            the shape they had.
        """
        return unflatten(self._reconstruct(check_rows(self, X)), X)


class ScoredByReconstruction:
    """Scores of rows by how well they are reconstructed."""

    def score_samples(self, X):
        r"""Return how well each row is reconstructed; higher is better.

        .. math:: -\frac{1}{d} \sum_j \ell(x_{ij}, \hat x_{ij})

        over the :math:`d` known values of the row, on the scale on which the network is trained.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean loss of each row.
        """
        X = check_rows(self, X)
        check_unit_interval(self, self._loss, X)
        return check_output(-_inference.sample_losses(self._model, X))

    def score(self, X, y=None, sample_weight=None):
        r"""Return the share of the variance of X that the reconstruction explains.

        .. math::
            R^2 = 1 - \frac{\sum_{ij} w_i (x_{ij} - \hat x_{ij})^2}
                           {\sum_{ij} w_i (x_{ij} - \bar x_j)^2}

        over the known values. For PCA, on its training set, this is
        `explained_variance_ratio_.sum()`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            At most 1; 0 is as good as the column means. For rows that do not vary: 1 if they are
            reproduced, else 0, as in :func:`sklearn.metrics.r2_score`.
        """
        return self._score(X, sample_weight)

    def _score(self, X, sample_weight, clean=None):
        X = check_rows(self, X)
        weight = None if sample_weight is None else check_weight(sample_weight, X)
        target = X if clean is None else check_clean(self, clean, X)
        return explained_variance(target, self._reconstruct(X), weight)
