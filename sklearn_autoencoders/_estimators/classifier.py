"""Classification with an encoder that is also trained on unlabeled samples."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._data.validation import check_y
from .._inference.postprocess import (
    apply_to_arrays,
    log_probabilities,
    margins,
    most_likely,
    probabilities,
)
from .._training.head_initialization import LOGISTIC
from .._training.pseudo_labels import with_pseudo_labels
from .._utils.labels import Labels
from .._utils.sklearn_compat import (
    Interval,
    MissingValues,
    StrOptions,
    fit_context,
    with_callbacks,
)
from .._utils.tensors import tensors_like_input
from ..objectives import PseudoLabels
from ..objectives._supervised import log_loss
from .class_weights import class_weighted
from .fine_tuning import BasePredictor
from .labeled_scores import labeled_accuracy
from .missing_labels import known_labels


class AutoencoderClassifier(ClassifierMixin, BasePredictor):
    r"""Classifier that starts from an autoencoder, which is pretrained on all samples.

    First, an autoencoder is trained to reconstruct corrupted samples, including unlabeled ones
    (label -1). What follows depends on the data (`head`). For tables, an ensemble predicts from the
    columns and from the code :math:`e(x)`. Otherwise, a linear head on the code is trained together
    with the encoder to minimize

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl(-\sum_k y_{ik} \log p_k(e(x_i))
        + \alpha \, \ell(x_i, d(e(x_i)))\Bigr)

    over the labeled samples, and over the unlabeled ones with probabilities :math:`y_{ik}` that are
    predicted from the labeled ones (`pseudo_labels`). The ensemble minimizes the same without the
    second term.

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

    pseudo_labels : "auto", PseudoLabels or None, default="auto"
        What fine-tuning learns from unlabeled samples. With
        :class:`sklearn_autoencoders.objectives.PseudoLabels`, they are trained on the probabilities
        of logistic regression or of label spreading, whichever predicts held-out labels better.
        "auto" is `PseudoLabels()` unless the head is an ensemble, which learns from labeled samples
        only. If there are unlabeled samples, a `PseudoLabels` object makes the head a linear one;
        it cannot be given together with `head="ensemble"`. With None, unlabeled samples are only
        used for pretraining.

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

    class_weight : dict, "balanced" or None, default=None
        Class weights, as in :func:`sklearn.utils.class_weight.compute_sample_weight`. From few
        labels, rare classes are rarely predicted: "balanced" predicts them more often, which
        raises the balanced accuracy and usually lowers the accuracy.

    label_smoothing : float, default=0.0
        Fraction of the probability of every label, in [0, 1), that is distributed over all classes.

    missing_label : "auto", int, float, str or None, default="auto"
        Value of y that marks unlabeled samples. None, NaN and pandas.NA are equivalent: missing
        values mark unlabeled samples, and -1 is a class. "auto" is -1, unless y contains only -1
        and one other number, which are then the classes. With "auto", a warning is issued if both
        meanings are plausible: if -1 and a number other than 1 are the only values, or if the
        labels are three or more consecutive integers and -1 is at most 1.5 times as frequent as
        another of them.

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
    classes_ : ndarray of shape (n_classes,)
        The class labels, without that of unlabeled samples.

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

    pseudo_label_source_ : {"logistic_regression", "label_spreading"} or None
        The model whose predictions the last training used as labels of unlabeled samples; None if
        it did not use any.

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
    AutoencoderFeatureUnion : Codes next to the original features, for any classifier.
    sklearn.semi_supervised.LabelSpreading : Propagation of labels to neighboring samples.

    Notes
    -----
    As in :mod:`sklearn.semi_supervised`, -1 marks an unlabeled sample by default. Strings and bool
    require `dtype=object` to be combined with -1. `score` leaves unlabeled samples out; metrics of
    scikit-learn count them as errors.
    Ensembles that encode y before fitting, such as voting classifiers, turn -1 into a class.

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
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> known = y.copy()
    >>> known[100:] = -1
    >>> classifier = AutoencoderClassifier(max_epochs=20, random_state=0).fit(X, known)
    >>> bool(classifier.score(X[100:], y[100:]) > 0.8)
    True
    """

    _regression = LOGISTIC
    _formula = staticmethod(log_loss)

    _parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "missing_label": [MissingValues()],
        "pseudo_labels": [StrOptions({"auto"}), PseudoLabels, None],
    }

    def __init__(
        self,
        n_components=64,
        *,
        encoder=None,
        alpha=0.0,
        pseudo_labels="auto",
        head="auto",
        head_layer_sizes=(),
        class_weight=None,
        label_smoothing=0.0,
        missing_label="auto",
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
        self.pseudo_labels = pseudo_labels
        self.head = head
        self.head_layer_sizes = head_layer_sizes
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.missing_label = missing_label
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

        y : array-like of shape (n_samples,)
            Class labels. Samples without a label, which `missing_label` marks (by default -1), are
            used for pretraining and, with `pseudo_labels`, for fine-tuning.

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

        UserWarning
            If -1 may be a class, or may mark unlabeled samples, with `missing_label="auto"`.
        """
        return self._fit(X, y, sample_weight)

    def _training_data(self, data, rng):
        """Return the labeled samples, or all samples if the others get probabilities."""
        part = PseudoLabels() if self.pseudo_labels == "auto" else self.pseudo_labels
        if part is not None and not self._has_ensemble:
            uses_codes = self.encoder is not None
            data = with_pseudo_labels(part, self._model, data, rng, uses_codes)
        return super()._training_data(data, rng)

    def _is_table_of_numbers(self, data):
        has_pseudo_labels = self.pseudo_labels is not None and data.has_unlabeled
        if has_pseudo_labels:  # they train the code
            return False
        is_wide = data.X.shape[1] > len(data.labeled_positions) and self._can_regress(data)
        return super()._is_table_of_numbers(data) or is_wide

    def _of_fine_tuning(self, data):
        names = super()._of_fine_tuning(data)
        is_given = isinstance(self.pseudo_labels, PseudoLabels) and data.has_unlabeled
        return [*names, "pseudo_labels"] if is_given else names

    def _post_fit_attributes(self, network, data):
        found = super()._post_fit_attributes(network, data)
        return {**found, "pseudo_label_source_": data.pseudo_label_source}

    def _with_labels(self, data, y, reset):
        """Return the data with one-hot labels, NaN where there are none, and class weights."""
        check_y(self, y, data)
        known, is_known = self._known_labels(y, data, reset)
        self._set_classes(np.unique(known), reset)
        labels = np.full((len(is_known), len(self.classes_)), np.nan)
        labels[is_known] = known[:, None] == self.classes_
        weight = class_weighted(self.class_weight, self.classes_, labels, data.weight)
        labels = (1 - self.label_smoothing) * labels + self.label_smoothing / len(self.classes_)
        return replace(data, labels=labels, label_weight=weight)

    def _known_labels(self, y, data, reset):
        """Return the labels of the samples of `data`, and a mask of those that have one."""
        everything = Labels.of(y)
        own = everything if data.index is None else Labels.of(data.of(y))
        classes = None if reset else self.classes_
        labels, marker = known_labels(self.missing_label, everything, own, classes)
        if not len(labels.known):
            name = "missing values" if marker is None else repr(marker)
            raise ValueError(
                f"y contains only {name}. At least one sample must have a class label."
            )
        known = labels.of_one_type()
        check_classification_targets(np.repeat(np.unique(known), 2))  # no warning about rare ones
        return known, labels.is_known

    def _set_classes(self, classes, reset):
        if reset:
            self.classes_ = classes
        elif not np.isin(classes, self.classes_).all():
            raise ValueError(
                f"y contains classes {np.setdiff1d(classes, self.classes_).tolist()} that were not "
                "seen in the first fit. Use warm_start=False to fit a new model."
            )

    @tensors_like_input
    def decision_function(self, X):
        """Return the logits; for two classes their difference, positive for the second class.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logits.
        """
        return apply_to_arrays(margins, self._output_of_head(X))

    @tensors_like_input
    def predict_proba(self, X):
        """Return the probability of each class for every sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return apply_to_arrays(probabilities, self._output_of_head(X))

    @tensors_like_input
    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for every sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Log-probabilities, in the order of `classes_`. They are finite even if probabilities
            round to zero.
        """
        return apply_to_arrays(log_probabilities, self._output_of_head(X))

    @tensors_like_input
    def predict(self, X):
        """Return the most likely class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples,)
            The predicted class labels.
        """
        logits = self._output_of_head(X)  # raises NotFittedError before `classes_` is read
        return self.classes_[apply_to_arrays(most_likely, logits)]

    def score(self, X, y, sample_weight=None):
        """Return the accuracy of the samples that have a label.

        Samples without a label, which `missing_label` marks as in `fit`, are left out: no
        prediction could be right. Metrics of scikit-learn, such as `scoring="accuracy"`, count them
        as errors.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples,)
            Class labels, some of which can be missing.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        float
            Fraction of the labeled samples whose prediction is right.

        Raises
        ------
        ValueError
            If no sample has a label.
        """
        check_is_fitted(self)
        labels, _ = known_labels(self.missing_label, Labels.of(y), classes=self.classes_)
        if labels.is_known.all():
            return super().score(X, y, sample_weight)
        return labeled_accuracy(labels, self.predict(X), sample_weight)
