"""Denoising of samples."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import isnan
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._data.tables.frames import is_frame
from .._data.validation import check_codes, check_samples_as_given
from .._training.auto_training import AutoTraining, auto_batch_size
from .._training.pretraining import PRETRAINING
from .._training.sequence_initialization import initialize_sequences
from .._utils.sklearn_compat import (
    Interval,
    StrOptions,
    fit_context,
    output_container,
    with_callbacks,
)
from .._utils.tensors import tensors_like_input
from .._utils.user_warnings import warn_user
from ..corruptions import CORRUPTIONS, Masking
from ..texts._spelling import Spelling
from .base import BaseAutoencoder
from .missing_categories import MissingCategoriesMixin
from .reconstruction_score import ReconstructionScoreMixin
from .spelling_mixin import SpellingMixin

# Weight of the loss of values that masking does not hide, in relation to those that it hides.
_KNOWN_WEIGHT = 0.1
# Number of samples from which on losses are weighted: fewer have so few hidden values that the
# loss of a short training can rise.
_MIN_WEIGHTED = 256


def _gives_codes(estimator):
    if estimator.output == "code":
        return True
    raise AttributeError('inverse_transform needs output="code"; use reconstruct instead.')


class DenoisingAutoencoder(
    MissingCategoriesMixin,
    SpellingMixin,
    ReconstructionScoreMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseAutoencoder,
):
    r"""Denoising autoencoder: removes noise and imputes missing or corrupted values.

    An encoder :math:`e` and a decoder :math:`d` learn to reconstruct samples from a corruption
    :math:`c` of them:

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \frac{1}{p} \sum_{j=1}^{p}
        \ell\bigl(x_{ij}, d(e(c(x_i)))_j\bigr)

    is minimized over the observed values of the scaled data. `fit(X)` takes clean samples and draws
    a new corruption of them in every step; `fit(X, clean=...)` takes pairs of corrupted and clean
    samples. `transform` returns the denoised samples, with the features of X, so that it can
    precede any other estimator in a pipeline.

    **Imputation.** The following applies if X in `fit` has missing values or categories, at most
    512 inputs of the network, and more samples than inputs. Missing inputs are replaced by their
    conditional means given the other values, under a normal distribution that is fitted to the
    training samples. The default network also receives piecewise linear functions of each number.
    From 256 samples on, the loss of values that masking does not hide has a weight of 0.1. A
    missing category :math:`k` is predicted with the probability

    .. math:: a \, p_k + b \, q_k + c \, \pi_k, \qquad a + b + c = 1

    where :math:`p_k` is the prediction of the network, :math:`q_k` the conditional mean of its
    indicator, limited to [0, 1], and :math:`\pi_k` its frequency. The weights of each column are
    those that predict hidden values of training samples best (a mixture, by the EM algorithm).

    Parameters
    ----------
    n_components : "auto", int or float, default="auto"
        Latent dimension. It can exceed the number of features. A float in (0, 1) is the fraction of
        the variance that PCA would have to explain. "auto" is 0.99 or, for more features than
        samples, the number of components, at most that of 0.99, with which PCA predicts a held-out
        tenth of the values best: more components overfit noise. At most 256 samples and 2048
        features are used for this. Sparse matrices that are large, and tables with categories, have
        0.99.

    corruption : str, Corruption, callable, list of these or None, default="masking"
        Corruption of the network's input during training, in the units of X: "dropout" (each value
        becomes 0 with probability 0.2 and is otherwise divided by 0.8), "gaussian" (with standard
        deviation 0.1), "masking" (each value is missing with probability 0.25), "salt_and_pepper"
        (each value becomes 0 or 1 with probability 0.25), "swap" (each value comes from another
        sample with probability 0.15), an instance of a class from
        :mod:`sklearn_autoencoders.corruptions`, such as `Gaussian(std=4.0)`, or a function of
        torch tensors that returns a corrupted batch, such as
        `lambda x, generator: x + torch.randn(x.shape, generator=generator)`. The network removes
        what the corruption adds: "masking" imputes, and hardly removes noise from numbers. For
        noise with standard deviation s use `Gaussian(s)`, or `Gaussian(2 * s)` if the samples of
        `fit` have this noise themselves. It is not applied if `clean` is given to `fit`.

    output : {"denoised", "imputed", "code"}, default="denoised"
        What `transform` returns: the denoised samples, in which whole numbers are whole; X with
        only its missing values replaced by expected values, as an imputer does; or the codes. It
        can be changed after `fit`.

    spelling : Spelling or None, default=None
        How `transform` corrects texts. By default each character becomes the most likely one. With
        :class:`sklearn_autoencoders.texts.Spelling`, each word becomes the best of the similar
        words of a dictionary, and everything else remains. It can be changed after `fit`.

    hidden_layer_sizes : "auto", int or sequence of int, default="auto"
        Number of units in each hidden layer of the encoder, from the input to the code. The decoder
        mirrors them. An empty sequence gives a linear autoencoder. "auto" uses two layers: the
        first has 128 units if there are categories, and otherwise about four times as many as there
        are features, or samples if these are fewer, between 128 and 512; the second has half as
        many.

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
        Scaling of the numbers that the network receives. "global" centers the features and divides
        all of them by one common scale; "channel" divides those of each channel of images or series
        by one scale; "feature" divides each by its standard deviation; None leaves them unchanged.
        "auto" is "channel" for a network of series, "feature" if the features have different units,
        so that the largest standard deviation exceeds ten times the median one, or if there are
        categories, and otherwise "global". Results are in the original units of X in all cases.

    loss : str, default="squared_error"
        Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
        to one unit of scale, linear beyond), "cauchy" (its gradient decreases beyond one unit of
        scale) or "binary_cross_entropy" (requires X in [0, 1]).

    penalty : str, Penalty, callable, list of these or None, default=None
        Penalty added to the loss: "contractive", "kl_sparsity", "l1", "neighbors", "orthogonal", an
        instance of a class from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`,
        or a function of torch tensors that returns one value per sample or one for the batch, such
        as `lambda output, x, network: 0.001 * output.code.abs().sum(1)`. With "neighbors", codes of
        neighbors are near to each other, as in t-SNE.

    pretraining : {"joint", "layerwise"} or None, default=None
        With "joint", the network is first trained with `pretraining_corruption`, for instance on
        clean samples, and then with `corruption`. With "layerwise", each pair of layers (a layer of
        the encoder and the layer of the decoder that mirrors it) is first trained separately, from
        the outermost to the innermost, on the codes of the preceding pairs. This requires
        `init="random"` and a network of such pairs. Each level of a convolutional network is such a
        pair.

    pretraining_corruption : str, Corruption, callable, list of these or None, default=None
        Corruption of the samples during pretraining, as `corruption`. None uses the value of
        `corruption`, and an empty list leaves the samples as they are. Without pretraining, `fit`
        warns that it has no effect.

    pretraining_epochs : int, default=5
        Number of pretraining epochs; with layerwise pretraining, for each pair of layers.

    pretraining_learning_rate : float or None, default=None
        Maximum learning rate of the schedule during pretraining. None uses `learning_rate`.

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
        decreases it to zero over `max_epochs`; "constant" keeps it fixed.

    learning_rate : float, default=5e-3
        Maximum learning rate of the schedule.

    weight_decay : float, default=10.0
        Weight decay of the hidden layers. Each step multiplies their weights by one minus the
        learning rate times `weight_decay` divided by the square root of the number of samples
        :math:`n`, so that the decay is weaker for larger datasets. The default is not as strong as
        it looks: with 1000 samples and a learning rate of 0.005, a step multiplies the weights by
        0.998. Biases and the principal components are not decayed.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
        otherwise it is about a fortieth of the number of samples, or a half if there are missing
        values or categories, a power of two between 32 and 256.

    max_epochs : "auto" or int, default="auto"
        Maximum number of epochs. "auto" corresponds to about 4000 steps, in 10 to 100 epochs,
        or 10 to 60 if there are categories.

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
        Mean objective of every epoch on the scaled training data. It includes dropout, corruption
        and penalties, and is averaged while the weights are being updated.

    validation_scores_ : list of float or None
        Negative validation loss after every epoch, if `early_stopping`; NaN for epochs of earlier
        fits without early stopping.

    pretraining_curves_ : list of list of float
        Loss curve of each pair of layers, or of all layers together, if `pretraining`.

    n_epochs_ : int
        Number of completed epochs.

    n_samples_seen_ : float
        Number of samples, or their total weight if that is larger, used by `fit` or by all calls of
        `partial_fit`.

    words_ : dict of str to int or None
        The words of the clean texts and how often they occur, the most frequent first, without
        words of which a character is infrequent (`min_frequency`, `max_categories`); None unless
        `spelling` was given in `fit`. Sample weights are not considered. Later calls of
        `partial_fit` add their words.

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all of them are strings.

    See Also
    --------
    AutoencoderTransformer : Codes instead of principal components.
    sklearn.impute.KNNImputer : Imputation from the nearest samples.

    References
    ----------
    .. [1] P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, "Stacked Denoising
       Autoencoders: Learning Useful Representations in a Deep Network with a Local Denoising
       Criterion", JMLR 11:3371-3408, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import DenoisingAutoencoder
    >>> from sklearn_autoencoders.corruptions import Gaussian
    >>> clean = load_digits().data
    >>> noisy = clean + np.random.default_rng(0).normal(0, 4, clean.shape)
    >>> denoiser = DenoisingAutoencoder(corruption=Gaussian(4), max_epochs=10, random_state=0)
    >>> cleaned = denoiser.fit(clean[:1500]).transform(noisy[1500:])
    >>> rest = clean[1500:]
    >>> bool(((cleaned - rest) ** 2).mean() < 0.5 * ((noisy[1500:] - rest) ** 2).mean())
    True
    """

    _auto_scaling = "by_units"
    _predicts_missing = True
    _n_vector = 16

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            StrOptions({"auto"}),
            *BaseAutoencoder._parameter_constraints["n_components"],
        ],
        "output": [StrOptions({"denoised", "imputed", "code"})],
        "spelling": [Spelling, None],
        "pretraining": [StrOptions(set(PRETRAINING)), None],
        "pretraining_corruption": [StrOptions(set(CORRUPTIONS)), callable, list, tuple, None],
        "pretraining_learning_rate": [Interval(Real, 0, None, closed="neither"), None],
    }

    __metadata_request__inverse_transform: ClassVar[dict] = {"out": UNUSED}  # no metadata

    def __init__(
        self,
        n_components="auto",
        *,
        corruption="masking",
        output="denoised",
        spelling=None,
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
        penalty=None,
        pretraining=None,
        pretraining_corruption=None,
        pretraining_epochs=5,
        pretraining_learning_rate=None,
        solver="adam",
        schedule="one_cycle",
        learning_rate=5e-3,
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
        self.corruption = corruption
        self.output = output
        self.spelling = spelling
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
        self.penalty = penalty
        self.pretraining = pretraining
        self.pretraining_corruption = pretraining_corruption
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_learning_rate = pretraining_learning_rate
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

    @property
    def _auto_training(self):
        max_epochs = 60 if self._has_categories else 100
        size = partial(auto_batch_size, n_batches=2 if self._imputes else 40)
        return AutoTraining(max_epochs=max_epochs, batch_size=size)

    @property
    def _max_units(self):
        return 128 if self._has_categories else 512

    def _build(self, data, rng):
        self._check_spells_texts()
        if not getattr(self.network, "reads_sequences", False):
            return super()._build(data, rng)
        self._check_corrects_texts()
        return initialize_sequences(self, data, rng, self._layout) | {"_input_model": None}

    def _plan(self, data, **overrides):
        plan = super()._plan(data, **overrides)
        masks = [part for part in plan.corruptions if isinstance(part, Masking)]
        is_auto = {part.known_weight for part in masks if isnan(part.value)} == {None}
        is_weighted = is_auto and self._imputes and len(data.X) >= _MIN_WEIGHTED
        return replace(plan, known_weight=_KNOWN_WEIGHT) if is_weighted else plan

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, clean=None):
        """Fit the autoencoder to reconstruct clean samples.

        If the estimator follows a scaler in a pipeline, `clean` must be scaled as well: with
        metadata routing enabled, use
        `make_pipeline(scaler, denoiser.set_fit_request(clean=True), transform_input=["clean"])`.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Clean samples, which are corrupted during training, or corrupted samples if `clean` is
            given. Missing values are encoded as NaN.

        y : Ignored
            Present for API consistency: a pipeline passes class labels as `y`.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        clean : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            The clean samples that correspond to X. Missing values are excluded from the loss.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, `sample_weight` or `clean` is invalid. The result of a previous fit is kept.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss becomes infinite or NaN, or increases, also if it only rises in between and
            the result is no better than the means of the features. The best weights are kept.
        """
        shape = getattr(y, "shape", ())
        if clean is None and len(shape) > 1 and shape == getattr(X, "shape", None):
            warn_user(
                "y has the shape of X and is ignored. If y contains the clean samples, use fit(X, "
                "clean=...).",
                UserWarning,
            )
        return self._fit(X, y, sample_weight, clean)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, clean=None):
        """Train for one epoch on a batch of samples, with a constant learning rate.

        The first call determines the categories, the scaling, the latent dimension and the initial
        weights. Its batch should be representative of the data. No checkpoint is written.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Clean samples, which are corrupted during training, or corrupted samples if `clean` is
            given.

        y : array-like of shape (n_samples,), default=None
            Class labels, if the penalty is `Neighbors(supervised=True)`. Ignored otherwise.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        clean : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            The clean samples that correspond to X.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight, clean)

    @tensors_like_input
    def transform(self, X):
        """Denoise samples, impute missing values, or return latent codes, as `output` says.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Corrupted samples, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features) or (n_samples, n_components_)
            The denoised samples in the units of X; with `output="imputed"`, X with its missing
            values replaced; with `output="code"`, the codes. As in :meth:`reconstruct`, images have
            the shape in which they were given, and tables with categories or dates are frames;
            `set_output` gives frames of other tables, and frames with one column for each value of
            an image or a series, also after the end of a shorter series, or one of texts. Columns
            of a table in which all numbers of `fit` were whole have whole numbers, except for
            `output="imputed"` and floating-point types. Characters that did not occur in `fit`
            remain, as do texts of these alone; `output="imputed"` replaces them, and only them.
        """
        check_is_fitted(self)
        if self.output == "denoised" and self.spelling is not None:
            return self._in_column(self._speller.corrected(self._checked_texts(X)))
        given, samples = check_samples_as_given(self, X, restores=self.output != "code")
        if self.output == "code":
            return self._encode(samples)
        imputes, denoised = self.output == "imputed", self._reconstruct(samples)
        if self._is_of_texts and not imputes:
            return self._in_column(self._columns.mended(denoised, X))
        if self._columns is None and is_frame(X) == (output_container(self) == "default"):
            X = samples  # arrays by default, and frames with the values of images side by side
        return self._in_column(self._as_given(denoised, X, given if imputes else None, imputes))

    @available_if(_gives_codes)
    @tensors_like_input
    def inverse_transform(self, X, *, out=None):
        """Decode codes to the original feature space, if `output="code"`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Codes.

        out : ndarray of shape (n_samples, n_features_in_) or None, default=None
            An array or a memory map into which the samples are written in chunks, if they do not
            fit in memory. Not for tables with categories.

        Returns
        -------
        ndarray or frame of shape (n_samples, n_features_in_)
            The decoded samples, in the units of the training data; `out` if it is given. Images
            and series have the shape in which they were fitted. After a fit to a frame, they are
            a frame if the codes are one, or if the frame has columns that are not numbers.

        Raises
        ------
        ValueError
            If X is invalid, or if codes are means over the positions of a text.
        """
        codes = check_codes(self, X)
        if getattr(self.network, "reads_sequences", False):
            raise ValueError(
                f"The codes of network={self.network!r} are means over the characters of a text, "
                "and cannot be decoded. Use output='denoised' for corrected texts."
            )
        return self._decoded_into(out, X, len(codes), lambda chunk: self._decode(codes[chunk]))

    def score(self, X, y=None, sample_weight=None, clean=None):
        r"""Return the fraction of the variance of the clean samples explained by the denoised ones.

        .. math::
            R^2 = 1 - \frac{\sum_{ij} w_i (x_{ij} - \hat x_{ij})^2}
                           {\sum_{ij} w_i (x_{ij} - \bar x_j)^2}

        where :math:`x` is clean and :math:`\hat x` is the reconstruction of X. Without `clean`, X
        itself is assumed to be clean, and the best model is one that copies it. For model
        selection, fit and score on pairs (`set_fit_request(clean=True)` and
        `set_score_request(clean=True)`), or use the score of the estimator that follows in a
        pipeline.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Corrupted samples.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        clean : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            The clean samples that correspond to X. By default X itself.

        Returns
        -------
        float
            At most 1. A constant reconstruction by the means of the features has score 0. NaN, with
            an `UndefinedMetricWarning`, for fewer than two samples.
        """
        return self._score(X, sample_weight, clean)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the features that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the features of X. By default those seen in `fit`.

        Returns
        -------
        ndarray of str objects
            The names of the features of X; for texts "text"; with `output="code"`, the lowercase
            class name followed by a number.
        """
        if self.output == "code":
            return super().get_feature_names_out(input_features)
        if self._is_of_texts:
            return np.array(["text"], dtype=object)
        return OneToOneFeatureMixin.get_feature_names_out(self, input_features)
