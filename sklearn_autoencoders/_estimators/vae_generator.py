"""Variational autoencoder."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin
from sklearn.utils.metadata_routing import UNUSED

from .._data.conditions import condition_of, effect_of, fit_condition
from .._data.sources.arrays import encoded
from .._data.validation import check_samples
from .._inference.marginals import correct, learn_marginals
from .._inference.sampling import fit_prior, latent_health
from .._training.auto_training import AutoTraining, auto_batch_size
from .._training.initialization import initialize, start_at_probabilistic_pca
from .._training.parameters import latent_part, penalty_parts
from .._utils.sklearn_compat import Interval, StrOptions, fit_context, with_callbacks
from .._utils.tensors import tensors_like_input
from .._utils.user_warnings import warn_user
from ..exceptions import PosteriorCollapseWarning
from ..networks import LATENTS, LatentPart, VectorQuantizer
from ..networks._recipes import VariationalRecipe
from ..objectives import LIKELIHOODS
from ..objectives._elbo import Elbo
from ..objectives._objective import Objective
from .base import BaseAutoencoder
from .generative_mixin import GenerativeMixin

# A component is active if the variance of its code exceeds this (Burda et al., 2016).
_ACTIVE_VARIANCE = 0.01
# Minimum fraction of active components, below which a warning is issued.
_MIN_ACTIVE = 0.05
# Maximum number of samples from which statistics of the codes are estimated.
_N_SAMPLES = 10_000
# Number of draws that are used for all samples if they are in a single batch, and number of values
# of a sample in all of these draws: with many features, fewer draws are as precise.
_N_SHARED, _N_SHARED_VALUES = 16, 16_384

# Gradients of the bound are rarely long, and a short memory forgets them. A decoder that reads the
# symbols before each one overfits a few texts.
_AUTO_TRAINING = AutoTraining(
    5000,
    200,
    batch_size=partial(auto_batch_size, n_batches=20, smallest=64, largest=512),
    warm_up=0.1,
    memory=0.9999,
)
_AUTO_WITH_TARGET = AutoTraining(10_000, 12, warm_up=0.1, memory=0.9999)


class VAEGenerator(
    ClassNamePrefixFeaturesOutMixin,
    GenerativeMixin,
    TransformerMixin,
    DensityMixin,
    BaseAutoencoder,
):
    r"""Variational autoencoder for sampling, density estimation, interpolation and imputation.

    Codes :math:`z` have a prior :math:`p(z)`, samples a likelihood :math:`p(x|z)` that is
    parametrized by a decoder. An encoder parametrizes the posterior :math:`q(z|x)`. Training
    maximizes the evidence lower bound of the log-likelihood,

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl( E_{q(z|x_i)} \log p(x_i|z)
        - \beta\, \mathrm{KL}\bigl(q(z|x_i) \,\|\, p(z)\bigr) \Bigr),

    which is summed over the observed features and over the components, in nats (natural
    logarithms). Training starts from probabilistic PCA and improves on its likelihood.

    Parameters
    ----------
    n_components : int or float, default=10
        Latent dimension. Components that the data do not require remain at the prior. A float in
        (0, 1) is the fraction of the variance that PCA would have to explain.

    likelihood : str, default="gaussian"
        Distribution of a value given the output of the decoder: "gaussian", "laplace" or
        "student_t", with a noise scale that is learned for every feature; "bernoulli" or
        "continuous_bernoulli", for X in [0, 1].

    latent : str or LatentPart, default="mixture"
        Prior of the codes: "normal" (the classical choice), "mixture" (a learned mixture of ten
        Gaussians, whose samples are closer to the data), "vamp" (a mixture of the posteriors of
        learned inputs), "vector_quantized" (every code is replaced by the nearest vectors of a
        learned list, the codebook), or an object that describes a prior: an instance of a subclass
        of :class:`~sklearn_autoencoders.networks.LatentPart`, such as
        `MixturePrior(n_gaussians=20)`.

    conditional : bool or {"labels", "target"}, default=False
        Whether to condition the model on y, which is class labels, a continuous target, or a table
        of several attributes, each of which is one or the other. It is passed to the decoder
        together with the code, and the posterior and the prior depend on it. True distinguishes
        labels and targets as scikit-learn does: integers are labels. More than 50 distinct integers
        require an explicit "labels" or "target". Conditioning is meant for generation; as features
        for other models, the codes of an unconditional model are better.

    beta : float, default=1.0
        Weight of the Kullback-Leibler divergence. Larger values result in simpler codes and in less
        accurate reconstructions.

    kl_warmup : float, default=0.0
        Fraction of training, in [0, 1], in which the weight of the divergence increases from zero
        to `beta`. Early stopping starts after it.

    kl_cycles : int, default=1
        Number of times that the weight increases from zero, in cycles of equal length.

    free_bits : float, default=0.0
        Kullback-Leibler divergence of each component that is not penalized, in nats, so that the
        components keep at least this much information on the samples. Requires
        `n_importance_samples=1`.

    n_importance_samples : int, default=1
        Number of draws of the code of every sample during training. With more than one, the
        importance-weighted bound [3]_ is maximized.

    auxiliary : float, default=0.0
        Weight of the likelihood at the mean of the posterior, added to the objective. For
        :class:`~sklearn_autoencoders.networks.TextHybrid`, it is that of the symbols given draws of
        the code alone, without the symbols before them.

    corruption : str, Corruption, callable, list of these or None, default=None
        Corruption of the encoder's input during training, in the units of X. The likelihood is that
        of the original samples.

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

    scaling : {"auto", "global", "channel", "feature"}, default="auto"
        Scaling of the data that the network receives. "global" centers the features and divides all
        of them by one common scale; "channel" divides those of each channel of images or series by
        one scale; "feature" divides each by its standard deviation. "auto" is "channel" for a
        network of series, "global" for likelihoods of X in [0, 1], whose features are in the same
        unit, and "feature" for the others. Reconstructions and samples are in the original units of
        X in all cases.

    penalty : str, Penalty, callable, list of these or None, default=None
        Penalty added to the loss: "contractive", "kl_sparsity", "l1", "neighbors", "orthogonal", an
        instance of a class from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`,
        or a function of torch tensors that returns one value per sample or one for the batch, such
        as `lambda output, x, network: 0.001 * output.code.abs().sum(1)`. With "neighbors", codes of
        neighbors are near to each other, as in t-SNE.

    solver : {"adam", "sgd"}, default="adam"
        Optimizer. "adam" averages squared gradients with a decay of 0.9999, which rare long
        gradients require; "sgd" uses Nesterov momentum of 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate schedule. "one_cycle" increases the learning rate to `learning_rate` in the
        first tenth of the steps and then decreases it to zero over `max_epochs`; "constant" keeps
        it fixed.

    learning_rate : float, default=7e-3
        Maximum learning rate of the schedule.

    weight_decay : float, default=10.0
        Weight decay of the hidden layers. Each step multiplies their weights by one minus the
        learning rate times `weight_decay` divided by the square root of the number of samples
        :math:`n`, so that the decay is weaker for larger datasets. The default is not as strong as
        it looks: with 1000 samples and a learning rate of 0.007, a step multiplies the weights by
        0.998. Biases and the principal components are not decayed.

    batch_size : "auto" or int, default="auto"
        Number of samples per batch. "auto" uses all samples in one batch if there are at most 64;
        otherwise it is about a twentieth of the number of samples, a power of two between 64 and
        512, or about half of that with a decoder that reads the symbols before each one.

    max_epochs : "auto" or int, default="auto"
        Maximum number of epochs. "auto" corresponds to about 5000 steps, in 10 to 200 epochs, or
        10 to 12 with a decoder that reads the symbols before each one (`TextHybrid`).

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
    kl_curve_ : list of float
        Mean divergence from the prior in every epoch, in nats. With `VectorQuantizer`, the
        commitment loss, which replaces the divergence.

    kl_per_component_ : ndarray of shape (n_components_,)
        Mean divergence of each component from the prior on the training samples, in nats.

    active_units_ : int
        Number of components whose code has a variance above 0.01 across samples [3]_.

    classes_ : ndarray of shape (n_classes,)
        Class labels, if `conditional` on class labels.

    class_prior_ : ndarray of shape (n_classes,)
        Fraction of each class in the training samples, if `conditional` on class labels.

    target_center_ : float
        Mean of y, if `conditional` on a continuous target.

    target_scale_ : float
        Standard deviation of y, if `conditional` on a continuous target.

    conditions_ : dict
        The attributes above for each column of y, by its name, if `conditional` on a table.

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
    sklearn.mixture.GaussianMixture : A density with fewer parameters, for few features.
    sklearn.neighbors.KernelDensity : A density that stores the training samples.

    References
    ----------
    .. [1] D. P. Kingma and M. Welling, "Auto-Encoding Variational Bayes", ICLR 2014.

    .. [2] I. Higgins et al., "beta-VAE: Learning Basic Visual Concepts with a Constrained
       Variational Framework", ICLR 2017.

    .. [3] Y. Burda, R. Grosse and R. Salakhutdinov, "Importance Weighted Autoencoders", ICLR 2016.

    .. [4] J. Lucas, G. Tucker, R. Grosse and M. Norouzi, "Don't Blame the ELBO! A Linear VAE
       Perspective on Posterior Collapse", NeurIPS 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import VAEGenerator
    >>> X, y = load_iris(return_X_y=True)
    >>> generator = VAEGenerator(2, conditional=True, random_state=0).fit(X, y)
    >>> generator.sample(3, y=[0, 1, 2], random_state=0).shape
    (3, 4)
    >>> generator.score_samples(X, y).shape
    (150,)
    """

    __metadata_request__transform: ClassVar[dict] = {"out": UNUSED}  # no metadata

    _loss_parameter = "likelihood"
    _losses: ClassVar[dict] = LIKELIHOODS
    _shaping_parameters = BaseAutoencoder._shaping_parameters | {
        "conditional",
        "latent",
        "likelihood",
    }
    # Type of the training samples, in which samples are drawn, and the distributions of their
    # numbers if they are a table.
    _sample_dtype, _marginals = "float64", None

    _parameter_constraints: ClassVar[dict] = {
        "likelihood": [StrOptions(set(LIKELIHOODS))],
        "scaling": [StrOptions({"auto", "global", "channel", "feature"})],
        "latent": [LatentPart, StrOptions(set(LATENTS))],
        "conditional": ["boolean", StrOptions({"labels", "target"})],
        "beta": [Interval(Real, 0, None, closed="left")],
        "kl_warmup": [Interval(Real, 0, 1, closed="both")],
        "kl_cycles": [Interval(Integral, 1, None, closed="left")],
        "free_bits": [Interval(Real, 0, None, closed="left")],
        "n_importance_samples": [Interval(Integral, 1, None, closed="left")],
        "auxiliary": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        n_components=10,
        *,
        likelihood="gaussian",
        latent="mixture",
        conditional=False,
        beta=1.0,
        kl_warmup=0.0,
        kl_cycles=1,
        free_bits=0.0,
        n_importance_samples=1,
        auxiliary=0.0,
        corruption=None,
        hidden_layer_sizes="auto",
        activation="gelu",
        dropout="auto",
        network=None,
        init="pca",
        categorical_features="from_dtype",
        max_categories=256,
        min_frequency=None,
        scaling="auto",
        penalty=None,
        solver="adam",
        schedule="one_cycle",
        learning_rate=7e-3,
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
        self.likelihood = likelihood
        self.latent = latent
        self.conditional = conditional
        self.beta = beta
        self.kl_warmup = kl_warmup
        self.kl_cycles = kl_cycles
        self.free_bits = free_bits
        self.n_importance_samples = n_importance_samples
        self.auxiliary = auxiliary
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
        self.penalty = penalty
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
        data = super()._prepare_data(data, y, rng, reset=reset, partial=partial)
        ranges = data.ranges
        if reset:
            self._sample_dtype = data.X.dtype.name
        self._constants = ranges.constants if reset else ranges.constants_since(self._constants)
        if not self.conditional:
            return data
        if isinstance(y, dict):
            raise TypeError(
                "y is a dict, but fit takes a table with a row for each sample, such as a "
                "DataFrame. A dict of the values of each attribute is for `sample`."
            )
        y, weight = data.of(y), data.training_weight
        if reset:
            vars(self).update(fit_condition(y, data.X, weight, self.conditional))
        condition = condition_of(self, y, len(data.X))
        effect = effect_of(condition, encoded(data.X, self._layout), weight) if reset else None
        return replace(data, condition=condition, effect=effect)

    def _build(self, data, rng):
        likelihood = LIKELIHOODS[self.likelihood]
        n_conditions = 0 if data.condition is None else data.condition.shape[1]
        return initialize(
            self,
            data,
            rng,
            scaling=self._scaling_kind,
            compose=lambda base: VariationalRecipe(
                base, self._latent_part(), likelihood.n_noise, n_conditions
            ),
            start=start_at_probabilistic_pca,
        )

    def _scaling_of_tables(self):
        return "global" if LIKELIHOODS[self.likelihood].unit_interval else "feature"

    def _latent_part(self):
        latent = latent_part(self)
        if isinstance(latent, VectorQuantizer) and self.n_importance_samples > 1:
            raise ValueError(
                f"n_importance_samples={self.n_importance_samples} needs a random code; with "
                f"latent={self.latent!r} it must be 1."
            )
        return latent

    def _objective(self):
        loss = Elbo(
            self._model.loss,
            self.beta,
            self.kl_warmup,
            self.kl_cycles,
            self.free_bits,
            self.n_importance_samples,
            self.auxiliary,
        )
        return Objective(loss, penalty_parts(self))

    def _prepare_network(self, network, plan, data):
        super()._prepare_network(network, plan, data)
        if self.n_epochs_ == 0:
            fit_prior(replace(self._model, network=network), data.thinned(_N_SAMPLES))
        n_groups = 1
        if data.is_one_batch(plan.batch_size):
            n_groups = min(max(_N_SHARED_VALUES // self.n_features_in_, 1), _N_SHARED)
        network.bottleneck.n_draws = self.n_importance_samples * n_groups

    def _post_fit_attributes(self, network, data):
        model, some = replace(self._model, network=network), data.thinned(_N_SAMPLES)
        fraction = data.n_samples / self.n_samples_seen_
        fit_prior(model, some, fraction)
        kl, variance = latent_health(model, some)
        return {
            "kl_per_component_": kl,
            "active_units_": int((variance > _ACTIVE_VARIANCE).sum()),
            "_marginals": learn_marginals(model, some, self._marginals, fraction)
            if self._columns or self._number_columns
            else None,
        }

    def _corrected(self, samples):
        """Return drawn samples; numbers of a table are distributed as in the training samples."""
        return samples if self._marginals is None else correct(samples, self._marginals)

    def _report(self, histories):
        minimum = max(math.ceil(_MIN_ACTIVE * self.n_components_), 1)
        varies = np.delete(np.isnan(self._constants), self._empty_features)
        if self.active_units_ < minimum and varies.any():
            warn_user(
                f"{self.active_units_} of {self.n_components_} components of the code are in use. "
                f"{self._remedy_of_collapse}",
                PosteriorCollapseWarning,
            )
        super()._report(histories)

    @property
    def _remedy_of_collapse(self):
        """What keeps the code in use, for the warning."""
        if self.network_.reads_target and not self.auxiliary:
            return (
                "The decoder reads the symbols before each one, and hardly needs the code: set "
                'auxiliary=1.0, and latent="normal".'
            )
        return f"Lower beta={self.beta}, increase it gradually with kl_warmup, or set free_bits."

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the generative model to X.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Training samples. Missing values are encoded as NaN and excluded from the likelihood.

        y : array-like of shape (n_samples,) or (n_samples, n_attributes), default=None
            Class labels or a continuous target, if `conditional`, or a table with a column for each
            of several. Otherwise ignored.

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

        PosteriorCollapseWarning
            If hardly any component of the code is active.
        """
        return self._fit(X, y, sample_weight)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one epoch on a batch of samples, with a constant learning rate.

        The first call determines the categories, the scaling, the latent dimension and the initial
        weights. Its batch should therefore be representative of the data. The state of the
        optimizer is not kept between calls.
        No checkpoint is written.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            A batch of training samples.

        y : array-like of shape (n_samples,) or (n_samples, n_attributes), default=None
            Class labels or a continuous target, if `conditional`, or a table with a column for each
            of several. Otherwise ignored.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative sample weights.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight)

    @property
    def _auto_training(self):
        return _AUTO_WITH_TARGET if self.network_.reads_target else _AUTO_TRAINING

    @property
    def _n_features_out(self):
        return self.n_components_

    @tensors_like_input
    def transform(self, X, y=None, *, out=None):
        """Encode X to the means of the posteriors; no random draws are made.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        y : array-like of shape (n_samples, ...), scalar or dict, default=None
            Label or target of every sample, if `conditional`; after a fit to a table, all its
            columns, or a dict of a value for each of them. If None, codes are computed for an
            average condition.

        out : ndarray of shape (n_samples, n_components_) or None, default=None
            An array or a memory map into which the codes are written in chunks, if they do not fit
            in memory.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating-point type of X; `out` if it is given.
        """
        samples = check_samples(self, X)
        is_conditioned = y is not None and self._is_conditional
        condition = self._condition(y, len(samples)) if is_conditioned else None
        return self._encode_into(out, samples, condition)
