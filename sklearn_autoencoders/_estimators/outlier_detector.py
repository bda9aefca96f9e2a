"""Rows that the others do not explain."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import OutlierMixin

from .._data.batches import Data
from .._data.columns import find_ranges
from .._data.model import Model
from .._data.scaling import fit_scaling, weighted_quantile
from .._data.splits import check_enough_samples, draw_by_content, hold_out_by_content
from .._inference.run import reconstruct
from .._training.fit import merge_constants
from .._training.initialization import initialize
from .._utils.random import draw_seed
from .._utils.sklearn_compat import Interval, StrOptions
from ..networks._recipes import EnsembleRecipe
from ..objectives._objective import Objective
from ..objectives._trimmed import Trimmed
from .base import BaseAutoencoder
from .outlier_mixin import Judging, scores
from .outlier_thresholds import (
    midpoint_threshold,
    repeat_by_weight,
    sample_stream,
    tukey_upper_fence,
)
from .shared_docstrings import with_shared_entries

# Training samples from whose errors tolerances are estimated.
_N_SAMPLES = 10_000
# Minimum tolerance, in standard deviations, since features may repeat one value.
_MIN_TOLERANCE = 0.1
# The same for constant features, as a fraction of the constant.
_MIN_CHANGE = 1e-3
# Inputs are clipped to so many units of scale, so that one value cannot dominate the others.
_CLIP = 10.0


@with_shared_entries
class AutoencoderOutlierDetector(Judging, OutlierMixin, BaseAutoencoder):
    r"""Outliers as rows whose cells the others of the row do not explain.

    A few small autoencoders are trained at once, each on rows with cells hidden at random, and each
    without the rows that it finds hardest. Every cell :math:`x_{ij}` of a new row is then compared
    with what those members expect, :math:`\hat x_{ij}`, from which its column is hidden:

    .. math:: s_i = -\frac{1}{d} \sum_j \frac{|x_{ij} - \hat x_{ij}|}{t_j}

    over the :math:`d` known values of the row, where the tolerance :math:`t_j` is the upper
    quartile of the column's errors on training rows, or their mean over the columns if these
    share one scale. Some rows are held out of training: their scores say
    what is usual.

    Parameters
    ----------
    n_components : int, default=16
        Width of each member's code.

    contamination : "auto" or float, default="auto"
        What :meth:`predict` calls an outlier: the share of the training rows, in (0, 0.5]; or, with
        "auto", what lies beyond Tukey's upper fence of the logarithms of the held-out rows' scores,
        and at least the strangest of these rows. That keeps false alarms rare, but for a few dozen
        rows; where several per cent are outliers, it finds only the worst: say how many.

    n_estimators : int, default=8
        Number of members.

    method : {"masked", "reconstruction"}, default="masked"
        Whether cells are compared with what is expected from other columns, or with their
        reconstruction from the whole row. The former finds cells that do not fit the others, in
        rows that each column might hold by itself too; the latter rows between clusters of a few
        columns, where the others say little. A single column is reconstructed in any case.

    mask_rate : float, default=0.5
        Share of the cells that is hidden from a member, in [0, 1). With 0, or with one member only,
        cells are compared with their reconstruction.

    trim : float, default=0.1
        Share of the rows of a batch that a member does not learn from, those of the highest loss;
        in [0, 1). Outliers among the training rows should be well fewer, above all if they are
        alike: what is not left out is learnt.

    max_samples : int, default=16384
        Training rows that are used, drawn at random if there are more.

    hidden_layer_sizes : "auto", int or sequence of int, default=(32,)
        Widths of each member's layers on the way to the code.

    activation : str, default="relu"
        Activation of the hidden layers, as in :class:`AutoencoderTransformer`.

    dropout : "auto" or float, default=0.0
        Dropout rate of the hidden layers, as in :class:`AutoencoderTransformer`.

    <network>

    scaling : {"global", "feature"} or None, default="feature"
        The network sees centred columns divided by one common scale, by the standard deviation of
        each, or as they are. In that of each, values beyond 30 quartile ranges from the quartiles
        count as if they were there, and members see no value beyond 10 of it. Unless by
        each, the tolerance is one for all columns, as it should be for the pixels of images.

    loss : str, default="cauchy"
        What training minimises: "cauchy", which outliers move little, or as in
        :class:`AutoencoderTransformer`.

    <solver>

    <schedule>

    learning_rate : float, default=3e-3
        Peak of the schedule.

    weight_decay : float, default=0.0
        As in :class:`AutoencoderTransformer`.

    batch_size : "auto" or int, default=64
        Rows per step.

    max_epochs : "auto" or int, default="auto"
        Passes over the data. "auto" makes about 300 steps.

    <early_stopping>

    validation_fraction : float, default=0.2
        Share of the rows that is held out, to judge by. Which ones depends on their values and on
        `random_state`, so that copies of a row are on the same side; rows of many copies are
        learnt from.

    <n_iter_no_change to checkpoint>

    Attributes
    ----------
    offset_ : float
        Scores below it are those of outliers. It may be set; see :meth:`set_threshold`.

    tolerance_ : ndarray of shape (n_features_in_,)
        Upper quartile of each column's absolute errors on training rows, in the units of X; at
        least a tenth of the column's `scale_`. Without `scaling="feature"` the mean of these. For a
        column of one value, which is what is then expected there, a thousandth of it.

    held_out_scores_ : ndarray of shape (n,)
        Minus the scores of the held-out rows, in ascending order, of at most 4096 after
        `partial_fit`; of training rows, if all are alike. With `early_stopping` they have chosen
        the epoch too.

    n_held_out_ : int
        How many these were drawn from.

    <n_components_ to validation_scores_>

    <n_epochs_ to feature_names_in_>

    See Also
    --------
    sklearn.ensemble.IsolationForest : Faster, and without reasons.
    sklearn.neighbors.LocalOutlierFactor : Distances to neighbours, for rows known to be normal.

    Notes
    -----
    Rows that are known to be normal need no other setting, but gain from larger members that learn
    from all of them: `trim=0, hidden_layer_sizes=(128,), learning_rate=1e-2`. Pixels, and other
    columns of one unit, gain from `scaling="global"`.

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
    >>> detector.predict([[5.0, 3.4, 1.5, 0.2], [5.0, 3.4, 9.0, 0.2]])
    array([ 1, -1])
    """

    _shaping_parameters = BaseAutoencoder._shaping_parameters | {
        "mask_rate",
        "method",
        "n_estimators",
    }
    _auto_epochs = 300, 300, 1
    init = "random"
    penalty = None
    corruption = None

    _parameter_constraints: ClassVar[dict] = {
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
        checkpoint=None,
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
        self.checkpoint = checkpoint

    def _prepare_data(self, data, y, rng, *, reset, partial):
        """Return the samples that are used, some of them held out."""
        if self.early_stopping and not partial:  # some are held out in any case
            n_usable = int(np.ptp(draw_by_content(data.X, 0)) > 0)
            check_enough_samples(n_usable, len(data.X), self.validation_fraction)
        if reset:
            self._split_seed = draw_seed(rng)
        self._constants = merge_constants(data.ranges, None if reset else self._constants)
        X, weight, fraction = data.X, data.weight, self.validation_fraction
        index, ranges = data.index, data.ranges
        n_used = math.ceil(self.max_samples / (1 - fraction))
        if len(X) > n_used:
            used = np.random.RandomState(self._split_seed).permutation(len(X))[:n_used]
            X, weight = X[used], None if weight is None else weight[used]
            index, ranges = used if index is None else index[used], find_ranges(X)
        held_out = np.flatnonzero(hold_out_by_content(X, weight, fraction, self._split_seed))
        if not 0 < len(held_out) < len(X):
            held_out = None
        return Data(X, weight, held_out=held_out, index=index, ranges=ranges)

    def _build(self, data, rng):
        n_masked = max(round(self.mask_rate * self.n_estimators), 1)
        is_masked = self.method == "masked" and self.mask_rate > 0 and data.X.shape[1] > 1
        return initialize(
            self,
            data,
            rng,
            scaling="robust" if self.scaling == "feature" else self.scaling,
            compose=lambda base: EnsembleRecipe(
                base,
                self.n_estimators,
                self.mask_rate,
                min(n_masked, self.n_estimators - 1) if is_masked else 0,
                _CLIP if self.scaling == "feature" else math.inf,
            ),
        )

    def _objective(self):
        return Objective(Trimmed(self._model.loss, self.trim))

    def _post_fit_attributes(self, network, data):
        model = Model(network, self._model.scaling, self._model.loss)
        fraction = data.n_samples / self.n_samples_seen_
        # a feature may be constant in one batch, or in the samples that are not held out
        spread = fit_scaling(data.X, data.weight, "robust").scale if fraction == 1 else self.scale_
        tolerance = self._tolerance(model, data.thinned(_N_SAMPLES), spread, fraction)
        found = scores(model, data.X, tolerance, self._constants)
        held_out, n_held_out = self._held_out_scores(found, data, fraction)
        return {
            "tolerance_": tolerance,
            "held_out_scores_": held_out,
            "n_held_out_": n_held_out,
            "offset_": self._offset(found, held_out, data.weight, fraction),
        }

    def _offset(self, found, held_out, weight, fraction):
        """Return the threshold of the scores that `contamination` asks for."""
        if self.contamination == "auto":
            at = -min(tukey_upper_fence(held_out), held_out[-1])
            rare = max(0.01, 1 / len(held_out))
            return float(midpoint_threshold(-held_out, at, rare, None))
        at = weighted_quantile(found, self.contamination, weight)
        offset = midpoint_threshold(found, at, self.contamination, weight)
        before = offset if fraction == 1 else self.offset_
        return float(before + fraction * (offset - before))

    def _held_out_scores(self, found, data, fraction):
        """Return the negative scores of held-out samples, and from how many they are drawn."""
        validation = slice(None) if data.held_out is None else data.held_out
        weight = None if data.weight is None else data.weight[validation]
        new = repeat_by_weight(-found[validation], weight)
        if fraction == 1:
            return new, len(new)
        if data.held_out is None:  # training samples of a stream are no validation samples
            return self.held_out_scores_, self.n_held_out_
        rng = np.random.RandomState((self._split_seed + self.n_held_out_) % 2**32)
        kept = sample_stream(self.held_out_scores_, self.n_held_out_, new, rng)
        return kept, self.n_held_out_ + len(new)

    def _tolerance(self, model, data, spread, fraction):
        """Return the upper quartile of each feature's errors, averaged with earlier batches."""
        errors = np.abs(data.X - reconstruct(model, data.X), dtype=np.float64)
        before = spread if fraction == 1 else self.tolerance_
        tolerance = np.array(
            [
                old if np.isnan(column).all() else weighted_quantile(column, 0.75, data.weight)
                for column, old in zip(errors.T, before, strict=True)
            ]
        )
        tolerance = np.maximum(tolerance, _MIN_TOLERANCE * spread)
        varies = np.isnan(self._constants)
        if self.scaling != "feature" and varies.any():
            largest = tolerance[varies].max()
            tolerance[:] = (tolerance[varies] / largest).mean() * largest  # no sum that overflows
        size = np.where(self._constants == 0, 1.0, np.abs(self._constants))
        tolerance[~varies] = np.maximum(_MIN_CHANGE * size[~varies], np.finfo(np.float64).tiny)
        return tolerance if fraction == 1 else before + fraction * (tolerance - before)
