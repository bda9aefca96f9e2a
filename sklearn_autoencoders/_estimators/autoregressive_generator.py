"""Autoregressive model of tables and sequences."""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral
from typing import ClassVar

from sklearn.base import ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin

from .._data.sources.ranges import find_ranges
from .._data.value_checks import check_output
from .._training.parameters import make_plan
from .._utils.layout import Layout
from .._utils.sklearn_compat import Interval, fit_context, with_callbacks
from .._utils.tensors import tensors_like_input
from ..networks import CausalRecurrent, Residual
from ..objectives._objective import Objective
from .autoregressive_mixin import AutoregressiveMixin
from .base import BaseNetworkEstimator
from .cell_orders import ORDERS


class AutoregressiveGenerator(
    AutoregressiveMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    DensityMixin,
    BaseNetworkEstimator,
):
    r"""Autoregressive model of tables, texts and other sequences.

    It draws samples, computes likelihoods, and imputes tables or continues texts.

    **Tables.** A network predicts the distribution of each hidden value of a sample, given those
    that are not hidden. In training the hidden columns :math:`H` are drawn at random, so that one
    network serves for every order of the columns [1]_. It minimizes

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \; E_H\, \frac{d}{|H|} \sum_{j \in H}
        -\log p(x_{ij} \mid x_{i \bar H}),

    for :math:`d` columns. Samples are drawn value by value, each given those before it, and their
    likelihood is the product of these probabilities.

    Each column has a finite number of levels: its categories, or the values of a number if there
    are at most `max_levels`, half of which occur twice, or at most ten. Otherwise these are
    frequent values, such as zeros, and intervals with equally many of the other values, at least
    five, between whose quantiles drawn values are interpolated. Copies of a sample, as in bootstrap
    samples, do not make its values frequent. Values that are missing in the training samples are
    one more level.

    Training starts at the frequencies :math:`\pi_k` of the levels. The levels of a number share
    what is learned: the logit of level :math:`k`, and likewise its embedding, is

    .. math:: \log \pi_k + \sum_{r=1}^{4} f_r(k)\, s_r + g_k\, o_k

    where :math:`s_r` and :math:`o_k` are outputs of the network, :math:`f_r` polynomials of the
    normal score of the level, and :math:`g_k` is small for levels of few samples. Small data sets
    are therefore described by smooth functions of the numbers, large ones in all details.

    With less than 10 000 samples, probabilities are averaged with those of linear discriminant
    analysis: the levels of a column are the classes, and the normal scores and indicators of the
    other known columns have a normal distribution given the level. The weights of each column are
    computed by the EM algorithm, after a correction for the fit of the network to its training
    samples. Columns of few levels are drawn first, so that numbers are drawn given the class. A
    model that starts with `partial_fit` consists of the network alone, and draws the columns in
    their order; after `fit`, `partial_fit` trains the network and keeps the discriminants.

    It draws better tables than :class:`VAEGenerator`, which in turn has a latent space. Drawing
    takes as many passes through the network as there are columns.

    **Sequences.** X can be a list of texts, or a single long text. A causal network, such as
    :class:`~sklearn_autoencoders.networks.CausalRecurrent`, reads a sequence from left to right and
    minimizes

    .. math:: \frac{1}{\sum_i w_i} \sum_i \frac{w_i}{d} \sum_{t=1}^{d}
        -\log p(x_{it} \mid x_{i1}, \ldots, x_{i, t - 1})

    where :math:`x_{it}` are characters and, in a list of texts, the end of a text, and :math:`d` is
    the number of positions. A character that did not occur in the fit is a missing value. Arrays of
    numbers are sequences if `network` is a causal network: all features then have the same levels.
    Drawing keeps the state of the network, so that each value takes one step. Images are sequences
    of pixels for :class:`~sklearn_autoencoders.networks.CausalConvolutional`.

    Parameters
    ----------
    n_components : int, default=256
        Size of the code, and with the default network of its hidden layers.

    max_levels : int, default=128
        Maximum number of different values of a number that are levels of their own. A column with
        more values has up to half as many intervals, and at most as many frequent values.

    chunk_size : int, default=32
        Number of characters of the parts into which longer texts are cut for training. Each part
        is a training sample.

    carry_states : bool, default=True
        Whether the parts of a longer text are read in order in training, each with the states after
        the part before it (truncated backpropagation through time), without gradients through them.
        Otherwise parts are shuffled, and each starts with states of zero.

    network : Network, "dense", "linear" or None, default=None
        Network architecture, from :mod:`sklearn_autoencoders.networks`, or a custom one. None is
        `CausalRecurrent()` for texts. For tables it is `Residual()` with a dropout rate that
        decreases with the number of samples, from 0.5 to 0; the input of the encoder is a learned
        vector of eight numbers for each column. `CausalConvolutional(image_shape)` is for images of
        few levels.

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

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` and then
        decreases it to zero over `max_epochs`; "constant" keeps it fixed.

    learning_rate : float, default=3e-3
        Maximum learning rate of the schedule.

    weight_decay : float, default=1.0
        Weight decay of the hidden layers. Each step multiplies their weights by one minus the
        learning rate times `weight_decay` divided by the square root of the number of samples.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
        otherwise it is about a twentieth of the number of samples, a power of two between 64 and
        256, and 16 for sequences.

    max_epochs : "auto" or int, default="auto"
        Maximum number of epochs. "auto" corresponds to about 3000 steps, in 10 to 100
        epochs; for sequences in 1 to 12.

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

    center_ : ndarray of shape (n_levels,)
        Frequencies of all levels of all columns.

    scale_ : ndarray of shape (n_levels,)
        Values by which the centered indicators of the levels are divided.

    loss_curve_ : list of float
        Mean objective of every epoch on the scaled training data. It includes dropout, corruption
        and penalties, and is averaged while the weights are being updated.

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
    VAEGenerator : Generative model with a latent space.

    References
    ----------
    .. [1] B. Uria, I. Murray and H. Larochelle, "A Deep and Tractable Density Estimator", ICML
       2014.

    .. [2] E. Hoogeboom et al., "Autoregressive Diffusion Models", ICLR 2022.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoregressiveGenerator
    >>> iris = load_iris(as_frame=True)
    >>> frame = iris.data.assign(species=iris.target_names[iris.target])
    >>> generator = AutoregressiveGenerator(max_epochs=20, random_state=0).fit(frame)
    >>> generator.sample(100, random_state=0)["species"].nunique()
    3
    >>> generator.score_samples(frame).shape
    (150,)

    The next character of a text, and its continuation:

    >>> texts = ["to be or not to be"] * 20
    >>> generator = AutoregressiveGenerator(32, max_epochs=40, random_state=0).fit(texts)
    >>> str(generator.symbols_[generator.predict_proba(["to be or no"]).argmax()])
    't'
    >>> generator.sample(prompt="to be", top_k=1, random_state=0)
    ['to be or not to be']
    """

    # Values of parameters of other estimators.
    init, loss = "random", "squared_error"
    # the levels of all cells are in memory
    _accepts_sparse = False
    _max_dropout = 0.5
    _levels = None
    # A second model of the levels of small tables.
    _discriminants = None
    # Whether the network of the fit is causal; None before.
    _is_causal = None
    _shaping_parameters = BaseNetworkEstimator._shaping_parameters | {"max_levels"}

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "max_levels": [Interval(Integral, 2, None, closed="left")],
        "chunk_size": [Interval(Integral, 2, None, closed="left")],
        "carry_states": ["boolean"],
    }

    def __init__(
        self,
        n_components=256,
        *,
        max_levels=128,
        chunk_size=32,
        carry_states=True,
        network=None,
        categorical_features="from_dtype",
        max_categories=256,
        min_frequency=None,
        solver="adam",
        schedule="one_cycle",
        learning_rate=3e-3,
        weight_decay=1.0,
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
        self.max_levels = max_levels
        self.chunk_size = chunk_size
        self.carry_states = carry_states
        self.network = network
        self.categorical_features = categorical_features
        self.max_categories = max_categories
        self.min_frequency = min_frequency
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
        """Fit the model to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), list of str or str
            Training samples. Missing values are encoded as NaN.

        y : Ignored
            Present for API consistency. To draw samples of a class, make it a column of X.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights. A sample of weight 2 counts as two samples. Only copies
            make the numbers of a sample frequent values, if they are eight or more, and 2 % of all.

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

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on a batch of samples, with a constant learning rate.

        The first call determines the levels, and the n-grams of sequences (`max_ngram` of
        `CausalRecurrent`). Its batch should therefore be representative of the data. No checkpoint
        is written.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A batch of training samples.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    @tensors_like_input
    def transform(self, X):
        """Return the codes of samples, of which all values are known to the network.

        The code of a sequence is the mean of the states after its values.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), list of str or str
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating-point type of X.
        """
        return check_output(self._order.encode(self._model, self._levels_of(X, missing=True)[1]))

    def _prepare_data(self, data, y, rng, *, reset, partial):
        if reset:
            self._is_causal = self._describes_causal
            self._order.check_columns(self._columns, self.network)
        if getattr(self._columns, "is_sequence", False):
            n_positions = None if reset else len(self._levels.sizes)
            data = self._order.cut(data, self.chunk_size, n_positions, self.carry_states)
        if reset:
            self._sample_dtype = data.X.dtype.name
            n_categories = super()._layout.n_categories
            self._levels = self._order.learn_levels(data.X, n_categories, self.max_levels)
        levels = self._encoded(data.X, missing=True)
        has_classes = reset or self._levels.first is not None  # files of before have none
        if has_classes and getattr(self.network, "class_first", False):
            self._levels = self._levels.with_first(levels[:, 0])
        data = replace(data, X=levels, ranges=find_ranges(levels))
        return super()._prepare_data(data, y, rng, reset=reset, partial=partial)

    def _build(self, data, rng):
        return self._order.build(self, data, rng)

    def _objective(self):
        return Objective(self._order.loss(self._model.loss))

    def _plan(self, data, **overrides):
        seen, corruptions = self.n_samples_seen_, self._order.corruptions
        return make_plan(self, data, seen, corruptions=corruptions, **overrides)

    @property
    def _own_network(self):
        is_sequence = getattr(self._columns, "is_sequence", False)
        return CausalRecurrent() if is_sequence else Residual()

    @property
    def _model(self):
        return replace(super()._model, discriminants=self._discriminants)

    def _post_fit_attributes(self, network, data):
        if self._discriminants is None or data.partial:
            return {}
        model = replace(self._model, network=network)
        return {"_discriminants": self._order.with_shares(model, data)}

    @property
    def _order(self):
        """The order in which the network of the fit predicts the cells of a sample."""
        return ORDERS[self._describes_causal if self._is_causal is None else self._is_causal]

    @property
    def _describes_causal(self):
        """Whether `network` is causal."""
        network = self._own_network if self.network is None else self.network
        return getattr(network, "is_causal", False)

    @property
    def _auto_training(self):
        return self._order.training

    @property
    def _layout(self):
        return Layout(self._levels.sizes)

    @property
    def _n_features_out(self):
        return self.n_components_
