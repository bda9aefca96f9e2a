"""Rows that the others do not explain."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils import Bunch, check_scalar
from sklearn.utils.validation import check_is_fitted

from . import _bridge
from ._base import BaseAutoencoder
from ._bridge import Data
from ._calibration import draw_by_content, fence, keep_some, weighted_quantile
from ._compat import Interval, StrOptions
from ._docstrings import with_shared_entries
from ._fitting import own_random_state
from ._starting import draw_seed
from ._validation import check_output, check_rows, check_some_left, check_unit_interval
from .objectives import Trimmed

_EXCLUDED = ("init", "penalty", "corruption", "pretraining", "pretraining_epochs")
# Rows whose errors say what is usual.
_N_ROWS = 10_000
# Least tolerance, in units of scale: columns may repeat one value.
_LEAST_TOLERANCE = 1e-3


@with_shared_entries
class AutoencoderOutlierDetector(OutlierMixin, BaseAutoencoder):
    r"""Outliers as rows whose cells the others of the row do not explain.

    A few small autoencoders are trained at once, each on rows with cells hidden at random, and each
    without the rows that it finds hardest. Every cell :math:`x_{ij}` of a new row is then compared
    with what those members expect, :math:`\hat x_{ij}`, from which its column is hidden:

    .. math:: s_i = -\frac{1}{d} \sum_j \frac{|x_{ij} - \hat x_{ij}|}{t_j}

    over the :math:`d` known values of the row, where the tolerance :math:`t_j` is the upper
    quartile of the errors of training rows. Some rows are held out of training: their scores say
    what is usual.

    Parameters
    ----------
    n_components : int, default=16
        Width of each member's code.

    contamination : "auto" or float, default="auto"
        What :meth:`predict` calls an outlier: the share of the training rows, in (0, 0.5]; or, with
        "auto", what lies beyond Tukey's upper fence of the held-out rows' scores, and at least the
        strangest of these rows.

    n_estimators : int, default=8
        Number of members.

    method : {"masked", "reconstruction"}, default="masked"
        Whether cells are compared with what is expected from other columns, or with their
        reconstruction from the whole row.

    mask_rate : float, default=0.5
        Share of the cells that is hidden from a member, in [0, 1).

    trim : float, default=0.1
        Share of the rows of a batch that a member does not learn from, those of the highest loss;
        in [0, 1). Outliers among the training rows should be fewer.

    max_samples : int, default=16384
        Training rows that are used, drawn at random if there are more.

    hidden_layer_sizes : "auto", int or sequence of int, default=(32,)
        Widths of each member's layers on the way to the code.

    <activation>

    <dropout>

    <network>

    scaling : {"global", "feature"} or None, default="feature"
        The network sees centred columns divided by one common scale, by the standard deviation of
        each, or as they are.

    loss : str, default="cauchy"
        What training minimises: "cauchy", which outliers move little, or as in
        :class:`AutoencoderTransformer`.

    <solver to weight_decay>

    batch_size : "auto" or int, default=64
        Rows per step.

    max_epochs : "auto" or int, default="auto"
        Passes over the data. "auto" makes about 300 steps.

    <early_stopping>

    validation_fraction : float, default=0.2
        Share of the rows that is held out, to judge by. Which ones depends on their values and on
        `random_state`, so that copies of a row are on the same side.

    <n_iter_no_change to callbacks>

    Attributes
    ----------
    offset_ : float
        Scores below it are those of outliers. It may be set; see :meth:`set_threshold`.

    tolerance_ : ndarray of shape (n_features_in_,)
        Upper quartile of each column's absolute errors on training rows, in the units of X.

    held_out_scores_ : ndarray of shape (n,)
        Minus the scores of at most 4096 held-out rows, in ascending order; of training rows, if
        there are too few to hold any out.

    n_held_out_ : int
        How many these were drawn from.

    split_seed_ : int
        What decides, with their values, which rows are held out.

    <n_components_ to validation_scores_>

    <n_epochs_ to feature_names_in_>

    See Also
    --------
    sklearn.ensemble.IsolationForest : Faster, and without reasons.
    sklearn.neighbors.LocalOutlierFactor : Distances to neighbours, for rows known to be normal.

    Notes
    -----
    Rows that are known to be normal need no other setting; `trim=0` then uses all of them.

    References
    ----------
    .. [1] J. An and S. Cho, "Variational Autoencoder based Anomaly Detection using Reconstruction
       Probability", 2015.

    .. [2] J. Chen, S. Sathe, C. Aggarwal and D. Turaga, "Outlier Detection with Autoencoder
       Ensembles", SDM 2017.

    .. [3] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderOutlierDetector
    >>> X, _ = load_iris(return_X_y=True)
    >>> detector = AutoencoderOutlierDetector(random_state=0).fit(X)
    >>> detector.predict([[5.0, 3.4, 1.5, 0.2], [5.0, 3.4, 6.0, 0.2]])
    array([ 1, -1])
    """

    _auto_epochs = 300, 300, 1
    init = "random"
    penalty = None
    corruption = None

    _parameter_constraints: ClassVar[dict] = {
        **{k: v for k, v in BaseAutoencoder._parameter_constraints.items() if k not in _EXCLUDED},
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "method": [StrOptions({"masked", "reconstruction"})],
        "mask_rate": [Interval(Real, 0, 1, closed="left")],
        "trim": [Interval(Real, 0, 1, closed="left")],
        "max_samples": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        n_components=16,
        *,
        contamination="auto",
        n_estimators=8,
        method="masked",
        mask_rate=0.5,
        trim=0.1,
        max_samples=16384,
        hidden_layer_sizes=(32,),
        activation="relu",
        dropout=0.0,
        network=None,
        scaling="feature",
        loss="cauchy",
        solver="adam",
        schedule="one_cycle",
        learning_rate=3e-3,
        weight_decay=0.0,
        batch_size=64,
        max_epochs="auto",
        early_stopping=False,
        validation_fraction=0.2,
        n_iter_no_change=10,
        tol=1e-6,
        warm_start=False,
        device="auto",
        dtype="auto",
        random_state=None,
        verbose=0,
        callbacks=None,
    ):
        self.n_components = n_components
        self.contamination = contamination
        self.n_estimators = n_estimators
        self.method = method
        self.mask_rate = mask_rate
        self.trim = trim
        self.max_samples = max_samples
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.network = network
        self.scaling = scaling
        self.loss = loss
        self.solver = solver
        self.schedule = schedule
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.device = device
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.callbacks = callbacks

    # ------------------------------------------------------------------------------ judging

    def score_samples(self, X):
        """Return how well the cells of each row fit together; higher is more normal.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean error, in units of the tolerance; float64. About -1 is usual.
        """
        X = self._checked(X)
        return self._scores(self._model, X, self.tolerance_)

    def decision_function(self, X):
        """Return `score_samples` less `offset_`: below zero for outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            float64.
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """Return which rows are outliers.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            -1 for outliers, 1 for the others.
        """
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X):
        r"""Return each row's share of held-out rows that are as strange, itself among them.

        .. math:: p_i = \frac{1 + \#\{k: s_k \le s_i\}}{1 + n}

        For rows like those of training it is below :math:`\alpha` with a chance of at most
        :math:`\alpha` [3]_.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            In (0, 1].
        """
        less = np.searchsorted(self.held_out_scores_, -self.score_samples(X), side="left")
        n = len(self.held_out_scores_)
        return (1 + n - less) / (1 + n)

    def set_threshold(self, *, quantile=None, false_alarm_rate=None):
        """Set `offset_` by the held-out rows' scores; nothing is trained.

        Parameters
        ----------
        quantile : float, default=None
            Share of the held-out rows that is called normal, in (0, 1).

        false_alarm_rate : float, default=None
            Instead of it, the chance in (0, 1) of a normal row to be called an outlier.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If not exactly one is given, or if there are too few held-out rows for so rare an alarm.
        """
        check_is_fitted(self)
        if (quantile is None) == (false_alarm_rate is None):
            raise ValueError("Give either quantile or false_alarm_rate.")
        name = "quantile" if false_alarm_rate is None else "false_alarm_rate"
        value = quantile if false_alarm_rate is None else false_alarm_rate
        check_scalar(value, name, Real, min_val=0, max_val=1, include_boundaries="neither")
        rate = 1 - value if false_alarm_rate is None else value
        n = len(self.held_out_scores_)
        place = math.ceil((1 - rate) * (n + 1) - 1e-9)
        if place > n:
            raise ValueError(
                f"{name}={value} cannot be told from {n} held-out scores, but from "
                f"{math.ceil(1 / rate) - 1}. Give another, fit on more rows, or set offset_."
            )
        self.offset_ = -float(self.held_out_scores_[place - 1])
        return self

    def explain(self, X):
        """Return what each cell contributes to its row's score, and what was expected there.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        Bunch
            `contribution` and `expected`, of the shape of X, the latter in its units. Contributions
            add up to `score_samples`; the lowest are the reasons. Both are DataFrames if X is one.
        """
        rows = self._checked(X)
        expected = check_output(_bridge.reconstruct(self._model, rows))
        strangeness = np.abs(rows - expected, dtype=np.float64) / self.tolerance_
        contribution = -np.nan_to_num(strangeness) / (~np.isnan(rows)).sum(1, keepdims=True)
        if hasattr(X, "iloc"):
            contribution, expected = (
                type(X)(values, index=X.index, columns=X.columns)
                for values in (contribution, expected)
            )
        return Bunch(contribution=contribution, expected=expected)

    def _checked(self, X):
        X = check_rows(self, X)
        check_unit_interval(self, self._loss, X)
        return X

    @staticmethod
    def _scores(model, X, tolerance):
        errors = np.abs(X - check_output(_bridge.reconstruct(model, X)), dtype=np.float64)
        return -np.nanmean(errors / tolerance, axis=1)

    # ------------------------------------------------------------------------------ fitting

    def _latent_recipe(self, data):
        n_hidden = min(round(self.mask_rate * self.n_estimators), self.n_estimators - 1)
        return {
            "members": {
                "n_members": self.n_estimators,
                "mask_rate": self.mask_rate,
                "n_hidden": n_hidden if self.method == "masked" else 0,
            }
        }

    def _row_loss(self):
        return Trimmed(self._model.loss, self.trim)

    def _held_out(self, data, rng):
        return data  # as it is in any case, in what follows

    def _prepared(self, data, y, reset):
        """Return the rows that are used, some of them held out."""
        if reset:
            self.split_seed_ = draw_seed(own_random_state(self.random_state))
        draw = draw_by_content(data.X, self.split_seed_)
        limit = min(self.max_samples / ((1 - self.validation_fraction) * len(draw)), 1.0)
        used = np.flatnonzero(draw < limit) if limit < 1 else slice(None)
        weight = None if data.weight is None else data.weight[used]
        is_held_out = draw[used] < self.validation_fraction * limit
        if is_held_out.all() or not is_held_out.any():
            is_held_out = draw[used] == draw[used].min()  # one row at least, if there are two
        if is_held_out.all():  # all rows are one
            check_some_left(0 if self.early_stopping else 1, len(draw), self.validation_fraction)
            return Data(data.X[used], weight)
        return Data(data.X[used], weight, held_out=np.flatnonzero(is_held_out))

    def _finish(self, network, data):
        model = _bridge.Model(network, self._model.scaling, self._model.loss)
        share = data.n_samples / self.n_samples_seen_
        tolerance = self._tolerance_on(model, data.thinned(_N_ROWS), share)
        scores = self._scores(model, data.X, tolerance)
        judges = -scores if data.held_out is None else -scores[data.held_out]
        before = (np.empty(0), 0) if share == 1 else (self.held_out_scores_, self.n_held_out_)
        held_out = keep_some(*before, judges, np.random.RandomState(self.split_seed_))
        if self.contamination == "auto":
            offset = -min(fence(held_out), held_out[-1])
        else:
            offset = weighted_quantile(scores, self.contamination, data.weight)
        return {
            "tolerance_": tolerance,
            "held_out_scores_": held_out,
            "n_held_out_": before[1] + len(judges),
            "offset_": float(np.nextafter(offset, np.inf)),  # the row on the border is an outlier
        }

    def _tolerance_on(self, model, data, share):
        """Return the upper quartile of each column's errors, moved by a share from what it was."""
        errors = np.abs(data.X - _bridge.reconstruct(model, data.X), dtype=np.float64)
        before = model.scaling.scale if share == 1 else self.tolerance_
        tolerance = np.array(
            [
                old if np.isnan(column).all() else weighted_quantile(column, 0.75, data.weight)
                for column, old in zip(errors.T, before, strict=True)
            ]
        )
        tolerance = np.maximum(tolerance, _LEAST_TOLERANCE * model.scaling.scale)
        return before + share * (tolerance - before)
