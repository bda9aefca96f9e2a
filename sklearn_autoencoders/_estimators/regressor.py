"""Regression with an encoder that is also trained on samples without a target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._data.containers import check_is_no_date
from .._data.statistics.scaling import fit_scaling
from .._data.validation import DTYPES, check_y
from .._inference.postprocess import apply_to_arrays, in_units
from .._training.head_initialization import RIDGE, shrink_to_labels
from .._utils.labels import with_nan
from .._utils.sklearn_compat import fit_context, with_callbacks
from .._utils.tensors import plain_array, tensors_like_input
from ..networks._models.predictor import LinearHead
from ..objectives._supervised import mean_squared_error
from .fine_tuning import BasePredictor
from .labeled_scores import labeled_r2

# How targets are checked.
_TARGETS = {"ensure_2d": False, "dtype": DTYPES, "ensure_all_finite": "allow-nan"}


class AutoencoderRegressor(RegressorMixin, BasePredictor):
    r"""Regressor that starts from an autoencoder, which is pretrained on all samples.

    First, an autoencoder is trained to reconstruct corrupted samples, including samples without a
    target (NaN). What follows depends on the data (`head`). For tables, an ensemble predicts from
    the columns and from the code :math:`e(x)`. Otherwise, a linear head :math:`h` on the code is
    trained together with the encoder to minimize

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl(\frac{1}{m} \sum_{k=1}^{m}
        (y_{ik} - h_k(e(x_i)))^2 + \alpha \, \ell(x_i, d(e(x_i)))\Bigr)

    over the observed values of :math:`m` standardized targets. The ensemble minimizes the same
    without the second term.

    Parameters
    ----------
    n_components : int or float, default=64
        Latent dimension. A float in (0, 1) is the fraction of the variance that PCA would have to
        explain.

    encoder : autoencoder of this package, FrozenEstimator or None, default=None
        Autoencoder to start from, instead of pretraining. If it is fitted, a copy of its weights
        and its scaling are used; otherwise a copy of it is first fitted to all samples. `clone` and
        parameter searches discard the fit unless the autoencoder is wrapped in
        :class:`sklearn.frozen.FrozenEstimator`. It cannot be combined with parameters that describe
        a network.

    alpha : float, default=0.0
        Weight of the reconstruction loss as an auxiliary task during fine-tuning, on the samples
        of fine-tuning.

    head : {"auto", "linear", "ensemble"} or Branches, default="auto"
        What predicts.

        - "linear": a linear map of the code, which is trained together with the encoder. For
          images, series, texts, and tables of which few samples have labels.
        - "ensemble": eight members, which predict from the columns and from the code, whose encoder
          is not trained further. Each is a regression on the columns plus a network. For tables. A
          member is trained without an eighth of the samples. These decide after how many epochs
          training stops and how much of the networks is kept (`network_weight_`). Two kinds of
          indicators are added to the columns where they improve the regressions: those of missing
          values, and those of the values of numbers that may be codes, such as the members of a
          panel (3 to 256 values, in three samples or more on average). For an array or a frame of
          more than 60 numbers, the networks read the code only.
        - :class:`sklearn_autoencoders.networks.Branches`: the features and the code pass through
          hidden layers of their own, and are then joined.
        - "auto": "ensemble" for tables with columns of categories or dates, and for numbers if
          neither `encoder` nor `network` is given and no sample gets a pseudo-label: up to 60
          numbers, of a classifier also more than labeled samples, and any of a regressor if all
          samples have a target. Otherwise "linear", and always if `alpha`, `head_layer_sizes`,
          `freeze`, `freeze_epochs` or `learning_rate_ratio` is given, or if there are more than 60
          numbers, and more than 20 million in (at most 10 000) samples.

        The attribute `head_` is the one in use.

    head_layer_sizes : sequence of int, default=()
        Number of units in each hidden layer of a linear head. Their output is added to that of the
        linear map, and is zero before training.

    freeze : {"gradual", "head", "none", "all"}, default="none"
        Which layers of the encoder keep their pretrained weights during fine-tuning. With "head",
        the whole encoder is frozen for `freeze_epochs`. With "gradual", it is then unfrozen one
        layer at a time, from the code to the input, every `freeze_epochs`. With "none", all layers
        are trained from the start. With "all", only the head is trained.

    freeze_epochs : int, default=1
        Number of epochs over the labeled samples before the next layers are unfrozen.

    learning_rate_ratio : float, default=1.0
        Learning rate of the encoder during fine-tuning, divided by the learning rate of the head.

    pretraining : {"joint", "layerwise"} or None, default="joint"
        Whether to train the autoencoder on all samples first. "joint" trains all layers together;
        "layerwise" trains each pair of layers (a layer of the encoder and the layer of the decoder
        that mirrors it) separately, from the outermost to the innermost, which requires
        `init="random"` and a network of such pairs. Each level of a convolutional network is such a
        pair.

    pretraining_corruption : str, Corruption, callable, list of these or None, default=None
        Corruption of the samples during pretraining, in the units of X, as `corruption` in
        :class:`AutoencoderTransformer`. None uses the value of `corruption`. Without pretraining,
        `fit` warns that it has no effect.

    pretraining_epochs : "auto" or int, default="auto"
        Number of pretraining epochs over all samples; with layerwise pretraining, for each pair of
        layers. "auto" is as for `max_epochs`, or a fifth of that if the head is an ensemble and all
        samples have labels.

    pretraining_learning_rate : float, default=5e-3
        Maximum learning rate of the schedule during pretraining.

    corruption : str, Corruption, callable, list of these or None, default="auto"
        Corruption of the samples during fine-tuning, in the units of X, as in
        :class:`AutoencoderTransformer`: with "masking", each value is missing with probability
        0.25. "auto" is "masking", except for the networks of an ensemble that read the code only:
        codes of masked samples are smaller than those of the samples to predict.

    hidden_layer_sizes : "auto", int or sequence of int, default="auto"
        Number of units in each hidden layer of the encoder, from the input to the code. The decoder
        mirrors them. An empty sequence gives a linear autoencoder. "auto" uses two layers: the
        first has about four times as many units as there are features, or samples if these are
        fewer, between 128 and 512, and the second has half as many.

    activation : str, default="gelu"
        Activation function of the hidden layers: "elu", "gelu", "identity", "leaky_relu",
        "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    dropout : "auto" or float, default="auto"
        Dropout rate of the hidden layers, in [0, 1): the fraction of the hidden units that are
        dropped in a training step. "auto" decreases with the number of samples :math:`n`: it is
        :math:`20 \sqrt{p} / (20 \sqrt{p} + n)` for :math:`p` features, and 0 if that is less than
        5 %. If the sample weights sum to more than the number of samples, :math:`n` is their sum.

    network : Network, "dense", "linear" or None, default=None
        Another network architecture, from :mod:`sklearn_autoencoders.networks`, such as
        `Convolutional(image_shape=(28, 28))`, or a custom one. It cannot be combined with
        `hidden_layer_sizes`, `activation` and `dropout`, which describe the default network.

    init : {"pca", "random"}, default="pca"
        Initialization of the weights. With "pca", training starts from the principal components.
        With "random", all weights are random and the network has no linear path.

    categorical_features : "from_dtype", array-like or None, default="from_dtype"
        Which columns of a table contain categories. "from_dtype" recognizes columns of strings,
        booleans and categorical types in the frames of pandas, polars, PyArrow and other packages,
        and columns of strings in an array of objects, also if the strings look like numbers.
        Otherwise a mask, indices or names of columns; None for none. Strings of other columns are
        converted to numbers. An unknown category is a missing value.

    max_categories : int or None, default=256
        Maximum number of categories of a column, with the infrequent one. If there are more, the
        most frequent ones are kept, and all others share one infrequent category. None for no
        limit. The network has one input for each category.

    min_frequency : int, float or None, default=None
        Categories of fewer samples share the infrequent category: a number of samples, or a
        fraction of all samples in (0, 1). None for no limit. Sample weights are not considered. The
        infrequent category is decoded as the most frequent of its categories.

    scaling : {"auto", "global", "channel", "feature"} or None, default="auto"
        Scaling of the data that the network receives. "global" centers the features and divides all
        of them by one common scale; "channel" divides those of each channel of images or series by
        one scale; "feature" divides each by its standard deviation; None leaves X unchanged. "auto"
        is "channel" for a network of series, and otherwise "feature".

    loss : str, default="squared_error"
        Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
        to one unit of scale, linear beyond), "cauchy" (its gradient decreases beyond one unit of
        scale) or "binary_cross_entropy" (requires X in [0, 1]).

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
        decreases it to zero over `max_epochs`; "constant" keeps it fixed.

    learning_rate : float, default=3e-4
        Maximum learning rate of the schedule during fine-tuning, for the head; an ensemble, and a
        classifier that also learns predicted labels, are trained with three times this rate. With
        thousands of labeled samples, larger values can be used.

    weight_decay : float, default=10.0
        Weight decay of the hidden layers. Each step multiplies their weights by one minus the
        learning rate times `weight_decay` divided by the square root of the number of samples
        :math:`n`, so that the decay is weaker for larger datasets. The default is not as strong as
        it looks: with 1000 samples and a learning rate of 0.005, a step multiplies the weights by
        0.998. Biases and the principal components are not decayed.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
        otherwise it is about a fortieth of the number of samples, a power of two between 32 and
        256.

    max_epochs : "auto" or int, default="auto"
        Maximum number of epochs. "auto" corresponds to about 4000 steps, in 10 to 40 epochs.

    early_stopping : bool, default=False
        Whether to set aside validation samples, to stop training when their loss no longer
        improves, and to keep the best weights, including the initial ones. With the one-cycle
        schedule the loss improves until the end, so that training rarely stops early; use
        `schedule="constant"` to reduce the training time.

    validation_fraction : float, default=0.1
        Fraction of the samples, in (0, 1), that early stopping uses as validation set. They are
        drawn at random.

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
        Determines the initial weights, the order of the samples, dropout, corruptions and the
        validation samples. No global random generator is read or modified. None uses fresh entropy
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
    target_center_ : ndarray of shape (n_outputs,)
        Means of the targets.

    target_scale_ : ndarray of shape (n_outputs,)
        Standard deviations of the targets.

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
        Mean objective of every epoch of fine-tuning on the labeled samples. It includes dropout and
        corruption, and is averaged while the weights are being updated.

    validation_scores_ : list of float or None
        Negative validation loss after every epoch, if `early_stopping`; NaN for epochs of earlier
        fits without early stopping.

    pretraining_curves_ : list of list of float
        Loss curve of each pair of layers, or of all layers together, if `pretraining`.

    head_ : {"linear", "ensemble", "branches"}
        The head of the last fit.

    network_weight_ : float
        Weight of the networks of an ensemble, in [0, 1], beside its regressions. If it is 0, the
        regressions alone predict, and parameters of the networks have no influence. It is 1 for
        other heads and with `early_stopping`, and NaN if it is not known, because an ensemble is
        loaded from a file of an earlier version.

    n_epochs_ : int
        Number of completed epochs.

    n_samples_seen_ : float
        Number of samples, also unlabeled ones, or their total weight if that is larger.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all of them are strings.

    See Also
    --------
    AutoencoderFeatureUnion : Codes next to the original features, for any regressor.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders: Learning Useful Representations in a
       Deep Network with a Local Denoising Criterion", JMLR 11:3371-3408, 2010.

    .. [2] S. O. Arik and T. Pfister, "TabNet: Attentive Interpretable Tabular Learning", AAAI 2021.

    .. [3] J. Howard and S. Ruder, "Universal Language Model Fine-tuning for Text Classification",
       ACL 2018.

    .. [4] Y. Gorishniy, I. Rubachev and A. Babenko, "On Embeddings for Numerical Features in
       Tabular Deep Learning", NeurIPS 2022.

    .. [5] Y. Gorishniy, A. Kotelnikov and A. Babenko, "TabM: Advancing Tabular Deep Learning with
       Parameter-Efficient Ensembling", ICLR 2025.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_autoencoders import AutoencoderRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> known = y.copy()
    >>> known[200:] = float("nan")
    >>> regressor = AutoencoderRegressor(random_state=0).fit(X, known)
    >>> bool(regressor.score(X[200:], y[200:]) > 0.3)
    True
    """

    _regression = RIDGE
    _formula = staticmethod(mean_squared_error)
    # Type of the predictions, that of y if it is a floating-point type of numbers in training.
    _target_dtype = "float64"

    def __init__(
        self,
        n_components=64,
        *,
        encoder=None,
        alpha=0.0,
        head="auto",
        head_layer_sizes=(),
        freeze="none",
        freeze_epochs=1,
        learning_rate_ratio=1.0,
        pretraining="joint",
        pretraining_corruption=None,
        pretraining_epochs="auto",
        pretraining_learning_rate=5e-3,
        corruption="auto",
        hidden_layer_sizes="auto",
        activation="gelu",
        dropout="auto",
        network=None,
        init="pca",
        categorical_features="from_dtype",
        max_categories=256,
        min_frequency=None,
        scaling="auto",
        loss="squared_error",
        solver="adam",
        schedule="one_cycle",
        learning_rate=3e-4,
        weight_decay=10.0,
        batch_size="auto",
        max_epochs="auto",
        early_stopping=False,
        validation_fraction=0.1,
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
        self.encoder = encoder
        self.alpha = alpha
        self.head = head
        self.head_layer_sizes = head_layer_sizes
        self.freeze = freeze
        self.freeze_epochs = freeze_epochs
        self.learning_rate_ratio = learning_rate_ratio
        self.pretraining = pretraining
        self.pretraining_corruption = pretraining_corruption
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_learning_rate = pretraining_learning_rate
        self.corruption = corruption
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.network = network
        self.init = init
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
    @fit_context(prefer_skip_nested_validation=False)  # also validates the encoder
    def fit(self, X, y, sample_weight=None):
        """Pretrain on all samples, then fine-tune on the labeled samples.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Training samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets. Samples without a target (NaN) are only used for pretraining. If there are
            several targets, some of those of a sample can be missing.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights. A sample of weight 2 is equivalent to two samples.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or `sample_weight` is invalid. The result of a previous fit is kept.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss becomes infinite or NaN, or increases. The best weights are kept.
        """
        return self._fit(X, y, sample_weight)

    def __sklearn_tags__(self):
        """Declare that several targets are supported."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _post_fit_attributes(self, network, data):
        if self.corruption is not None and type(network.head) is LinearHead:
            shrink_to_labels(replace(self._model, network=network), data)
        return super()._post_fit_attributes(network, data)

    def _is_table_of_numbers(self, data):
        is_labeled = not data.has_unlabeled and self._can_regress(data)
        return super()._is_table_of_numbers(data) or is_labeled

    def _with_labels(self, data, y, reset):
        """Return the data with standardized targets; missing targets are NaN."""
        y = check_y(self, y, data)
        check_is_no_date(y)
        y = with_nan(y)
        y = check_array(y, input_name="y", **_TARGETS)
        if reset:
            self._target_dtype = y.dtype.name
        y = y.astype(np.float64, copy=False)
        columns = y.reshape(len(y), -1)
        if np.isnan(columns).all(axis=0).any():
            raise ValueError("y contains only NaN. At least one sample must have a target.")
        if reset:
            units = fit_scaling(columns, data.weight, "feature")
            self.target_center_, self.target_scale_ = units.center, units.scale
            self._is_one_target = y.ndim == 1
        elif columns.shape[1] != len(self.target_center_):
            raise ValueError(
                f"y has {columns.shape[1]} targets, but the first fit had "
                f"{len(self.target_center_)}. Use warm_start=False to fit a new model."
            )
        return replace(data, labels=(columns - self.target_center_) / self.target_scale_)

    @tensors_like_input
    def predict(self, X):
        """Predict the targets of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions, in the units and in the floating-point type of y.
        """
        output = self._output_of_head(X)  # raises NotFittedError before the attributes are read
        prediction = apply_to_arrays(in_units, output, self.target_center_, self.target_scale_)
        prediction = prediction.astype(self._target_dtype, copy=False)
        return prediction[:, 0] if self._is_one_target else prediction

    def score(self, X, y, sample_weight=None):
        r"""Return the coefficient of determination of the targets that are known.

        .. math:: R^2 = 1 - \frac{\sum_i w_i (y_i - \hat y_i)^2}{\sum_i w_i (y_i - \bar y)^2}

        over the samples whose target is not missing; the mean of it, if there are several targets.
        Metrics of scikit-learn, such as `scoring="r2"`, raise an error if a target is missing.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets; NaN where they are missing.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            At most 1; 0 for a constant prediction by the mean.

        Raises
        ------
        ValueError
            If all values of a target are missing.
        """
        check_is_fitted(self)
        values = check_array(with_nan(plain_array(y)), input_name="y", **_TARGETS)
        if not np.isnan(values).any():
            return super().score(X, y, sample_weight)
        return labeled_r2(values, self.predict(X), sample_weight)
