"""Outlier detection."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import OutlierMixin

from .._data.sources.ranges import find_ranges
from .._data.sources.splits import (
    are_combinations,
    check_enough_samples,
    draw_by_content,
    hold_out_by_content,
)
from .._data.statistics.scaling import weighted_quantile
from .._inference.outlier_errors import sample_errors
from .._training.auto_training import AutoTraining, auto_ensemble_batch_size
from .._training.ensemble_weights import weigh_autoencoders
from .._training.initialization import initialize
from .._training.prototypes import prototype_sizes, set_prototypes_of_all, set_unit
from .._utils.random import draw_seed
from .._utils.sklearn_compat import Interval, StrOptions, fit_context, with_callbacks
from ..networks._recipes import EnsembleRecipe
from ..objectives._objective import Objective
from ..objectives._trimmed import Trimmed
from .base import BaseAutoencoder
from .outlier_mixin import OutlierDetectorMixin
from .outlier_thresholds import (
    automatic_threshold,
    midpoint_threshold,
    repeat_by_weight,
    sample_stream,
    upper_fence,
)
from .outlier_units import (
    ErrorUnits,
    averaged,
    fit_distance_unit,
    fit_tolerance,
    infinite_if_constant,
    robust_spread,
    units_are_ranges,
)

# Number of steps of a fit with max_epochs="auto".
_N_STEPS, _N_STEPS_WITH_CATEGORIES = 300, 900
# Maximum number of training samples from whose errors tolerances are estimated.
_N_SAMPLES = 10_000
# Maximum fraction of the training samples that are too badly predicted to be near prototypes, if
# no larger fraction of outliers is known.
_MAX_ATYPICAL = 0.05
# trim="auto": the fraction, more if the fraction of outliers is known, and the maximum.
_TRIM, _TRIM_PER_OUTLIER, _MAX_TRIM = 0.1, 2.0, 0.5
# Inputs are clipped to this multiple of the scale, so that one value cannot dominate the others.
_CLIP = 10.0
# Fraction of the held-out samples from which on, if they are combinations of a few values, equal
# scores are those of different samples.
_MIN_COMBINATIONS = 0.5
_AUTO = StrOptions({"auto"})


class AutoencoderOutlierDetector(OutlierDetectorMixin, OutlierMixin, BaseAutoencoder):
    r"""Outlier detection by predictions of values and by distances from typical samples.

    The score combines two errors of a sample: those of the predictions of its values, which are
    large for values that contradict each other, and its distance from the training samples.

    **Predictions.** An ensemble of small autoencoders is trained simultaneously on samples with
    randomly masked values. Each excludes the samples with the highest loss from training. Each
    value :math:`x_{ij}` of a new sample is compared with the prediction :math:`\hat x_{ij}` of
    those autoencoders from which feature :math:`j` is masked. If samples are combinations of a few
    values, this is a mean with weights of one divided by the square of their median errors of this
    feature: autoencoders from which other features are masked that determine it predict it badly.
    Then

    .. math:: a_i = \frac{1}{d} \sum_j \frac{|x_{ij} - \hat x_{ij}|}{t_j}

    over the :math:`d` observed values of the sample. The tolerance :math:`t_j` is the upper
    quartile of the absolute errors of feature :math:`j` on the training samples, or the mean of
    these quartiles over the features if the features share one scale. With 48 or more features, as
    in images and windows of series, it is also proportional to the range of the feature, such that
    the mean of :math:`a_i` is one.

    **Distances.** Prototypes are means of a few neighboring training samples, without those whose
    :math:`a_i` is far above that of the others, at most 5 %, or the `contamination`. Through each
    prototype there is a plane, in the directions in which the training samples near it vary the
    most: one direction for every eight features, at most ten [4]_. The prototypes are in
    :math:`G=4` groups, or one with 48 or more features, so that an outlier among the training
    samples is in few of the groups. With :math:`p^g_i` the point nearest to sample :math:`i` in the
    plane of the nearest prototype of group :math:`g`, the distance is

    .. math:: b_i = \sqrt{\frac{1}{d G} \sum_{gj} \left(\frac{x_{ij} - p^g_{ij}}{u_j}\right)^2}.

    The unit :math:`u_j` is proportional to the range of the feature, such that the mean distance of
    the training samples is one.

    **Score.** The score is minus the weighted mean of both errors,

    .. math:: s_i = -\frac{w a_i + b_i}{w + 1}, \quad w = \min(1, 48 / n_{features}).

    For a category, the error is the negative log-probability of its value, the tolerance is the
    mean error, and the distance is that of its indicators.

    **Missing values** say nothing about a sample: the errors are those of its :math:`d` observed
    values. As the mean of few values has another distribution than that of many, the score of a
    sample with fewer values than the median training sample is converted to the score of the same
    rank: by quantiles of the scores of held-out samples of which values were removed at random. So
    p-values and false alarms do not depend on the number of values, up to this median, if values
    are missing at random. A sample without any value has the median score. The scores of samples
    with more values than this median stay as they are. So if the training samples lack half of
    their values, complete samples are false alarms more often.

    **Held-out samples.** Some samples are held out of training: their scores are the reference for
    the threshold and for p-values. With fewer than 48 features, prototypes are also means of
    held-out samples; the scores of each half of these are computed with prototypes of all other
    samples [5]_, as those of new samples are.

    Copies of a sample are held out together, unless samples are combinations of a few values, which
    new samples are copies of too: if all columns are categories, or those with at least ten copies
    if most samples have values that occur in other such combinations. Then prototypes are means of
    training samples only.

    Parameters
    ----------
    n_components : int, default=16
        Latent dimension of each autoencoder of the ensemble.

    contamination : "auto" or float, default="auto"
        Determines the threshold of :meth:`predict`. A float in (0, 0.5] is the fraction of outliers
        in the training samples; a large one increases `trim`. With "auto", the threshold is a
        multiple of the spread of the held-out scores (see the notes). On tables without outliers, 4
        to 5 % of new samples were false alarms after fits to 8 to 150 samples (up to 29 % for
        single tables), and 2 % after fits to 500. If the scores of outliers and of other samples
        overlap, "auto" detects only the most anomalous ones: specify the fraction of outliers
        instead.

    n_estimators : int, default=8
        Number of autoencoders in the ensemble.

    n_prototypes : int, default=512
        Number of prototypes. Each is the mean of a random training sample and its four nearest
        neighbors, so that no training sample is stored, unless there are fewer than five. If few
        training samples are outliers, more prototypes detect outliers closer to normal samples.
        With 0, only predictions are scored, which is faster, but worse if the training samples are
        normal. The prototypes are limited to about 16 MB. With fewer than 48 features, their number
        is rounded down to a multiple of four.

    method : {"masked", "reconstruction"}, default="masked"
        Whether values are compared with their prediction from other features ("masked") or with
        their reconstruction from the whole sample ("reconstruction"). "masked" detects values that
        are inconsistent with the other features, even if each value on its own is plausible.
        "reconstruction" detects samples between clusters in data with few features, where the
        other features carry little information. A single feature is always reconstructed.

    mask_rate : float, default=0.5
        Fraction of the values that is masked from each autoencoder, in [0, 1). With 0, or with a
        single autoencoder, values are compared with their reconstruction.

    trim : "auto" or float, default="auto"
        Fraction of the samples of a batch, in [0, 1), that each autoencoder excludes from training:
        those with the highest loss. The fraction of outliers in the training samples should be
        clearly smaller, in particular if the outliers are similar to each other, because the
        autoencoders learn to reconstruct the outliers that are not excluded. "auto" is 0.1, or
        twice the `contamination` if that is a larger number, at most 0.5.

    max_samples : int, default=16384
        Maximum number of training samples. If there are more, a random subset is used.

    hidden_layer_sizes : "auto", int or sequence of int, default=(32,)
        Number of units in each hidden layer of the encoder of each autoencoder.

    activation : str, default="relu"
        Activation function of the hidden layers, as in :class:`AutoencoderTransformer`.

    dropout : "auto" or float, default=0.0
        Dropout rate of the hidden layers, as in :class:`AutoencoderTransformer`.

    network : Network, "dense", "linear" or None, default=None
        Another network architecture, from :mod:`sklearn_autoencoders.networks`, such as
        `Convolutional(image_shape=(28, 28))`, or a custom one. It cannot be combined with
        `hidden_layer_sizes`, `activation` and `dropout`, which describe the default network.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which columns of a table contain categories. "from_dtype" recognizes columns of strings,
        booleans and categorical types in the frames of pandas, polars, PyArrow and other packages,
        and columns of strings in an array of objects, also if the strings look like numbers.
        Otherwise a mask, indices or names of columns; None for none. Strings of other columns are
        converted to numbers. An unknown category is a missing value for the network, and counts in
        the scores as a category that occurs in one of :math:`n + 1` samples.

    max_categories : int or None, default=256
        Maximum number of categories of a column, with the infrequent one. If there are more, the
        most frequent ones are kept, and all others share one infrequent category. None for no
        limit. The network has one input for each category.

    min_frequency : int, float, "auto" or None, default="auto"
        Categories of fewer samples share the infrequent category: a number of samples, or a
        fraction of all samples in (0, 1). "auto" is 10 for columns of identifiers, in which more
        than half of the samples have one of at least 20 categories of fewer than 10 samples: these
        make other values harder to judge and fits slower. It is None for other columns. None for no
        limit. Sample weights are not considered. The infrequent category is decoded as the most
        frequent of its categories.

    scaling : {"auto", "global", "channel", "feature"} or None, default="auto"
        Scaling of the data that the network receives. "global" centers the features and divides all
        of them by one common scale; "channel" divides those of each channel of images or series by
        one scale; "feature" divides each by its standard deviation; None leaves X unchanged. "auto"
        is "channel" for a network of series, and otherwise "feature". With "feature", values
        farther than 30 interquartile ranges from the quartiles are clipped to that distance when
        the mean and the standard deviation are computed, and the input of the autoencoders is
        clipped to 10 standard deviations. Otherwise, features of one scale have one tolerance,
        which is appropriate for the pixels of images.

    loss : str, default="cauchy"
        Reconstruction loss: "cauchy", which is robust to outliers, or another loss of
        :class:`AutoencoderTransformer`.

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
        decreases it to zero over `max_epochs`; "constant" keeps it fixed.

    learning_rate : float, default=3e-3
        Maximum learning rate of the schedule.

    weight_decay : float, default=0.0
        Weight decay, as in :class:`AutoencoderTransformer`.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" is 64, or fewer, but at least 8, if the samples have
        more than 2048 features.

    max_epochs : "auto" or int, default="auto"
        Maximum number of epochs. "auto" corresponds to about 300 steps, or 900 if there are
        categories.

    early_stopping : bool, default=False
        Whether to set aside validation samples, to stop training when their loss no longer
        improves, and to keep the best weights, including the initial ones. With the one-cycle
        schedule the loss improves until the end, so that training rarely stops early; use
        `schedule="constant"` to reduce the training time.

    validation_fraction : float, default=0.2
        Fraction of the samples that is held out for validation. The held-out samples are determined
        by their values and by `random_state`, so that duplicates of a sample are either all held
        out or all used for training. Samples with many duplicates are used for training.

    n_iter_no_change : int, default=10
        Number of epochs without improvement after which early stopping ends training.

    tol : float, default=1e-6
        Minimum decrease of the validation loss, in the units of the loss, that counts as an
        improvement. Epochs in which the learning rate still increases are not counted.

    warm_start : bool, default=False
        Whether `fit` continues training with the weights and the scaling of the previous `fit`.

    device : str, default="auto"
        Device used for training: "cpu", "cuda", "cuda:1", and so on. "auto" uses a GPU if one is
        available.

    dtype : {"auto", "float32", "float64"}, type or numpy.dtype, default="auto"
        Floating-point type used for training. "auto" is float64 for up to 64 samples with up to
        1024 features, and float32 for more. Independently of this parameter, float64 samples are
        transformed in float64 and float32 samples in float32.

    random_state : int, RandomState instance or None, default=None
        Determines the initial weights, the order of the samples, dropout, the masks and the
        held-out samples. No global random generator is read or modified. None uses fresh entropy
        for each fit.

    verbose : int, default=0
        If 1, a line is printed after every epoch.

    callbacks : list of skorch callbacks or None, default=None
        Callbacks of skorch's training loop. For scikit-learn's callbacks, use
        :meth:`set_callbacks`.

    checkpoint : str, path-like or None, default=None
        Folder in which a fit saves the state that is needed to resume it. If the process is
        interrupted, the next fit of an estimator with the same parameters to the same data resumes
        after the last saved epoch. Its result is bitwise identical to that of an uninterrupted fit;
        callbacks are only called for the remaining epochs. Files are written atomically, in at most
        about 5 % of the training time, and are removed at the end of the fit. The fits of a
        parameter search can share a folder. Requires `random_state` to be set. User-defined
        functions and classes are identified by name only: empty the folder after changing one.

    Attributes
    ----------
    offset_ : float
        Threshold: samples with a score below it are outliers. It can be set; see
        :meth:`set_threshold`.

    tolerance_ : ndarray of shape (n_features_in_,)
        Unit of the errors of the predictions of each feature, in the units of X; for a category, in
        nats. It is a typical error of the training samples:

        * of a number, the upper quartile of the absolute errors, and at least a tenth of its
          `scale_`;
        * of a category, the mean of the negative log-probabilities, and at least a tenth of the
          entropy of the column;
        * of features of one scale (without `scaling="feature"`), the mean of the values above over
          these features;
        * with prototypes and 48 or more features of numbers, a common fraction of the range of each
          feature;
        * of a constant feature, a thousandth of its value.

    distance_unit_ : ndarray of shape (n_features_in_,) or None
        Unit of the differences of each feature from the plane of the nearest prototype, in the
        units of X: proportional to the range of the feature in `fit` (of values within 10 standard
        deviations), or to `scale_` if there are categories or without `scaling="feature"`. None
        without prototypes.

    held_out_scores_ : ndarray of shape (n,)
        Anomaly scores (negative scores) of the held-out samples, in ascending order; at most 4096
        after `partial_fit`. If all training samples are equal, these are the scores of the training
        samples. With `early_stopping`, the same held-out samples determine the best epoch.

    n_held_out_ : int
        Number of held-out samples from which `held_out_scores_` is drawn.

    n_components_ : int
        Latent dimension.

    network_ : torch.nn.Module
        The trained network. It operates on scaled samples; `network_.encoder` and
        `network_.decoder` are its two parts.

    center_ : ndarray of shape (n_inputs,)
        Values subtracted from the inputs of the network: the means of the features, or zeros with
        `scaling=None`. A column of categories has one input for each category, from which its
        frequency is subtracted; otherwise the inputs are the features.

    scale_ : ndarray of shape (n_inputs,)
        Values by which the centered inputs are divided: with `scaling="feature"`, one for constant
        features; with `scaling=None`, one for all features.

    loss_curve_ : list of float
        Mean objective of every epoch on the scaled training data, without the samples that are
        excluded. It is averaged while the weights are being updated.

    validation_scores_ : list of float or None
        Negative validation loss after every epoch, if `early_stopping`; NaN for epochs of earlier
        fits without early stopping.

    n_epochs_ : int
        Number of completed epochs.

    n_samples_seen_ : float
        Number of samples, or their total weight if that is larger, used by `fit` or by all calls of
        `partial_fit`.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all of them are strings.

    See Also
    --------
    AutoregressiveGenerator : Its method `explain` finds single wrong values of tables with
        categories more often, and takes several times longer to fit.
    sklearn.ensemble.IsolationForest : Faster, without contributions of the features.
    sklearn.neighbors.LocalOutlierFactor : Distances to neighbors, for novelty detection.

    Notes
    -----
    If the training samples are known to be normal, no other setting is required.

    The prediction for a constant feature is its value. An error :math:`e` of more than :math:`n`
    tolerances, for :math:`n` training samples, counts as :math:`n (1 + \log(e / n))`: of few
    samples, a constant says little about new ones.

    With `contamination="auto"`, the threshold of the logarithmic anomaly score is :math:`m + 4.5 w`
    for the median :math:`m` of the :math:`n` held-out samples and the width :math:`w = \max(m -
    q_1, (q_3 - m) / 4)`, where :math:`q_1` and :math:`q_3` are quartiles. For small :math:`n` the
    width is averaged with 0.25, a typical width, with weights of :math:`n` and 10, and multiplied
    by :math:`\sqrt{1 + \pi / 2n}`. Copies of a sample count as one. With at least 25 held-out
    samples, the threshold is at most the score of the most anomalous of them.

    References
    ----------
    .. [1] J. An and S. Cho, "Variational Autoencoder based Anomaly Detection using Reconstruction
       Probability", 2015.

    .. [2] J. Chen, S. Sathe, C. Aggarwal and D. Turaga, "Outlier Detection with Autoencoder
       Ensembles", SDM 2017.

    .. [3] V. Vovk, A. Gammerman and G. Shafer, "Algorithmic Learning in a Random World", 2005.

    .. [4] M. Tipping and C. Bishop, "Mixtures of Probabilistic Principal Component Analyzers",
       Neural Computation 11, 1999.

    .. [5] V. Vovk, "Cross-conformal predictors", Annals of Mathematics and Artificial Intelligence
       74, 2015.

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
        "n_prototypes",
    }
    _auto_scaling = "feature"
    _unknown_are = "The network reads them as missing values, and scores count them as errors."
    distance_unit_ = None  # of models without prototypes
    _held_out_errors = None  # of models of numbers, and of files of earlier versions
    _error_quantiles = None  # of files of earlier versions
    init = "random"
    penalty = None
    corruption = None

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "contamination": [_AUTO, Interval(Real, 0, 0.5, closed="right")],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "method": [StrOptions({"masked", "reconstruction"})],
        "n_prototypes": [Interval(Integral, 0, None, closed="left")],
        "mask_rate": [Interval(Real, 0, 1, closed="left")],
        "trim": [_AUTO, Interval(Real, 0, 1, closed="left")],
        "max_samples": [Interval(Integral, 1, None, closed="left")],
        "min_frequency": [*BaseAutoencoder._parameter_constraints["min_frequency"], _AUTO],
    }

    def __init__(
        self,
        n_components=16,
        *,
        contamination="auto",
        n_estimators=8,
        n_prototypes=512,
        method="masked",
        mask_rate=0.5,
        trim="auto",
        max_samples=16384,
        hidden_layer_sizes=(32,),
        activation="relu",
        dropout=0.0,
        network=None,
        categorical_features="from_dtype",
        max_categories=256,
        min_frequency="auto",
        scaling="auto",
        loss="cauchy",
        solver="adam",
        schedule="one_cycle",
        learning_rate=3e-3,
        weight_decay=0.0,
        batch_size="auto",
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
        self.n_prototypes = n_prototypes
        self.method = method
        self.mask_rate = mask_rate
        self.trim = trim
        self.max_samples = max_samples
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.network = network
        self.categorical_features = categorical_features
        self.max_categories = max_categories
        self.min_frequency = min_frequency
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

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the ensemble to X, and set the threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Training samples, which may contain outliers. Missing values are encoded as NaN and
            excluded from the loss.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights. A sample of weight 2 is equivalent to two samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or `sample_weight` is invalid. The result of a previous fit is kept.

        FloatingPointError
            If the loss is not finite from the first epoch on.

        Warns
        -----
        ConvergenceWarning
            If the loss becomes infinite or NaN, or increases. The best weights are kept.
        """
        return self._fit(X, y, sample_weight)

    @property
    def _auto_training(self):
        n_steps = _N_STEPS_WITH_CATEGORIES if self._has_categories else _N_STEPS
        return AutoTraining(n_steps, 300, 1, batch_size=auto_ensemble_batch_size)

    def _prepare_data(self, data, y, rng, *, reset, partial):
        """Return at most `max_samples` training samples, and the held-out samples."""
        if self.early_stopping and not partial:  # equal samples cannot be split
            n_usable = int(np.ptp(draw_by_content(data.X, 0)) > 0)
            check_enough_samples(n_usable, len(data.X), self.validation_fraction)
        if reset:
            self._split_seed = draw_seed(rng)
        ranges, fraction, seed = data.ranges, self.validation_fraction, self._split_seed
        self._constants = ranges.constants if reset else ranges.constants_since(self._constants)
        n_used = math.ceil(self.max_samples / (1 - fraction))
        if len(data.X) > n_used:
            data = data.take(np.random.RandomState(seed).permutation(len(data.X))[:n_used])
            data = replace(data, ranges=find_ranges(data.X))
        n_before = 0 if reset else int(self.n_samples_seen_)
        given = data.X, data.weight, fraction, seed, self._is_category, n_before
        held_out = np.flatnonzero(hold_out_by_content(*given))
        return replace(data, held_out=held_out if 0 < len(held_out) < len(data.X) else None)

    @property
    def _is_category(self):
        """Mask of the columns of categories."""
        return np.asarray(self._layout.n_categories) > 0

    def _has_combinations(self, data):
        """Return whether the held-out samples are combinations of values that are trained on."""
        is_known = are_combinations(data.X, self._is_category)[data.reference_rows]
        return is_known.mean() > _MIN_COMBINATIONS

    def _build(self, data, rng):
        kind = "robust" if self._scaling_kind == "feature" else self._scaling_kind
        return initialize(
            self,
            data,
            rng,
            scaling=kind,
            compose=partial(self._ensemble_of, self._has_combinations(data)),
        )

    def _ensemble_of(self, is_weighted, base):
        """Return the recipe of an ensemble of autoencoders."""
        layout, n_masked = self._layout, max(round(self.mask_rate * self.n_estimators), 1)
        is_masked = self.method == "masked" and self.mask_rate > 0 and layout.n_columns > 1
        return EnsembleRecipe(
            base,
            n_estimators=self.n_estimators,
            mask_rate=self.mask_rate,
            n_masked=min(n_masked, self.n_estimators - 1) if is_masked else 0,
            clip=_CLIP if self._scaling_kind == "feature" else math.inf,
            n_categories=() if self._columns is None else self._columns.n_categories,
            prototypes=prototype_sizes(self.n_prototypes, layout.n_columns, layout.n_inputs),
            is_weighted=is_masked and is_weighted,
        )

    def _objective(self):
        return Objective(Trimmed(self._model.loss, self._trim))

    @property
    def _trim(self):
        """The fraction of the samples that each autoencoder excludes from training."""
        if self.trim != "auto":
            return self.trim
        return float(np.clip(_TRIM_PER_OUTLIER * self._known_fraction, _TRIM, _MAX_TRIM))

    @property
    def _known_fraction(self):
        """The fraction of outliers in the training samples; zero if it is not known."""
        return 0.0 if self.contamination == "auto" else self.contamination

    def _post_fit_attributes(self, network, data):
        model = replace(self._model, network=network)
        fraction = data.n_samples / self.n_samples_seen_  # one, except in later partial_fit calls
        seed = (self._split_seed + int(self.n_samples_seen_)) % 2**32
        weigh_autoencoders(model, data, fraction)
        if fraction == 1 and units_are_ranges(self):
            set_unit(model, data, seed)
        some = data.thinned(_N_SAMPLES)
        tolerance = self._tolerance(model, data, some, fraction)
        typical = self._typical(model, data, tolerance)
        has_combinations = self._has_combinations(data)  # held-out samples are copies of others
        with_held_out = not has_combinations
        parts = set_prototypes_of_all(model, data, typical, fraction, seed, with_held_out)
        unit = fit_distance_unit(model, some, self._constants)
        unit = None if unit is None else averaged(self.distance_unit_, unit, fraction)
        units = ErrorUnits(tolerance, unit, self._constants, float(self.n_samples_seen_))
        quantiles = self._quantiles_of_gaps(*parts[0], units, fraction, seed)
        units = replace(units, quantiles=quantiles)
        held_out, n_held_out = self._held_out_scores(parts, units, fraction)
        return {
            "tolerance_": tolerance,
            "distance_unit_": unit,
            "held_out_scores_": held_out,
            "n_held_out_": n_held_out,
            "_error_quantiles": quantiles,
            "_held_out_errors": self._typical_held_out_errors(*parts[0], fraction),
            "offset_": self._offset(model, data, units, held_out, fraction, has_combinations),
        }

    def _tolerance(self, model, data, some, fraction):
        """Return the typical error of each feature in some samples, averaged over all batches."""
        if fraction == 1:
            spread = robust_spread(model, data)
            return fit_tolerance(self, model, some, spread, spread)
        # a feature can be constant in one batch, or among the samples that are not held out
        spread, before = self.scale_[self._layout.first_inputs], self.tolerance_
        return averaged(before, fit_tolerance(self, model, some, spread, before), fraction)

    def _typical(self, model, data, tolerance):
        """Return which samples the autoencoders, which exclude the worst ones, predict well."""
        if model.network.prototypes is None:
            return np.ones(len(data.X), dtype=bool)
        found = sample_errors(model, data.X, infinite_if_constant(tolerance, self._constants))
        found = found.astype(np.float64)  # of single precision, errors can be infinite
        rows = data.training_rows
        weight = None if data.weight is None else data.weight[rows]
        values = repeat_by_weight(found[rows], weight)
        excluded = max(_MAX_ATYPICAL, self._known_fraction)
        most = values[math.floor((1 - excluded) * (len(values) - 1))]
        return ~(found > max(upper_fence(values), most))

    def _offset(self, model, data, units, held_out, fraction, has_combinations):
        """Return the threshold of the scores that `contamination` specifies."""
        if self.contamination == "auto":
            limit = automatic_threshold(held_out, has_combinations)
            at = -min(limit, np.finfo(np.float64).max)
            rare = max(0.01, 1 / len(held_out))
            return float(midpoint_threshold(-held_out, at, rare, None))
        all_scores, weight = units.scores(model, data.X), data.weight
        at = weighted_quantile(all_scores, self.contamination, weight)
        offset = midpoint_threshold(all_scores, at, self.contamination, weight)
        return float(averaged(None if fraction == 1 else self.offset_, offset, fraction))

    def _held_out_scores(self, parts, units, fraction):
        """Return negative scores of held-out samples, and the number from which they are drawn."""
        if fraction < 1 and parts[0][1].held_out is None:  # training samples are not added to them
            return self.held_out_scores_, self.n_held_out_
        samples = [data.validation for _, data in parts]
        new = [-units.scores(own, X) for (own, _), (X, _) in zip(parts, samples, strict=True)]
        weight = None if samples[0][1] is None else np.concatenate([own for _, own in samples])
        new = repeat_by_weight(np.concatenate(new), weight)
        if fraction == 1:
            return new, len(new)
        rng = np.random.RandomState((self._split_seed + self.n_held_out_) % 2**32)
        kept = sample_stream(self.held_out_scores_, self.n_held_out_, new, rng)
        return kept, self.n_held_out_ + len(new)
