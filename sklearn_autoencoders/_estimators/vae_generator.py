"""A distribution to sample from."""

from __future__ import annotations

import math
from dataclasses import replace
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, DensityMixin, TransformerMixin

from .._data.conditions import condition_of, effect_of, fit_condition
from .._data.validation import check_samples
from .._inference.sampling import fit_prior, latent_health
from .._training.fit import merge_constants
from .._training.initialization import initialize, start_at_probabilistic_pca
from .._training.parameters import latent_part, penalty_parts
from .._utils.sklearn_compat import Interval, StrOptions, fit_context, with_callbacks
from .._utils.user_warnings import warn_user
from ..exceptions import PosteriorCollapseWarning
from ..networks import LATENTS, LatentPart, VectorQuantizer
from ..networks._recipes import VariationalRecipe
from ..objectives import LIKELIHOODS
from ..objectives._elbo import Elbo
from ..objectives._objective import Objective
from .base import BaseAutoencoder
from .generative_mixin import Generation
from .shared_docstrings import with_shared_entries

# A component is active if the variance of its code exceeds this (Burda et al., 2016).
_ACTIVE_VARIANCE = 0.01
_MIN_ACTIVE = 0.05
# Rows that tell of the codes of all.
_N_SAMPLES = 10_000
# Draws where one serves all rows of a small table.
_N_SHARED = 16


@with_shared_entries
class VAEGenerator(
    ClassNamePrefixFeaturesOutMixin, Generation, TransformerMixin, DensityMixin, BaseAutoencoder
):
    r"""A variational autoencoder: a distribution that can be sampled, scored and walked through.

    Codes :math:`z` come from a prior :math:`p(z)`, rows from a likelihood :math:`p(x|z)` that a
    decoder describes; an encoder describes the posterior :math:`q(z|x)`. Training maximises the
    evidence lower bound of the log-likelihood,

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl( E_{q(z|x_i)} \log p(x_i|z)
        - \beta\, \mathrm{KL}\bigl(q(z|x_i) \,\|\, p(z)\bigr) \Bigr),

    a sum over columns and over components, in nats, over the known values. It starts at
    probabilistic PCA, whose likelihood it thus improves on.

    Parameters
    ----------
    n_components : int or float, default=10
        Width of the code. Components that the data do not need stay at the prior. A float in
        (0, 1) is the share of the variance that PCA would have to keep.

    likelihood : str, default="gaussian"
        Distribution of a cell around the decoder's output: "gaussian", "laplace" or "student_t",
        with noise learnt for every column; "bernoulli" or "continuous_bernoulli", for X in [0, 1].

    latent : str or LatentPart, default="mixture"
        Prior of the codes: "normal", as is classical, "mixture" (of ten Gaussians, learnt, whose
        draws are nearer to the data), "vamp" (of posteriors of learnt inputs), "vector_quantized"
        (a codebook), or a part with parameters from :mod:`sklearn_autoencoders.networks`, such as
        `MixturePrior(n_gaussians=20)`.

    conditional : bool or {"labels", "target"}, default=False
        Whether y, class labels or a continuous target, is given to the decoder beside the code, and
        taken account of in the posterior and in the prior. True tells labels from a target as
        scikit-learn does, where whole numbers are labels; more than 50 of them have to be called
        by their name. It serves to generate: codes for other models are better without.

    beta : float, default=1.0
        Weight of the divergence. More gives codes that are simpler, and reconstruct less.

    kl_warmup : float, default=0.0
        Share of training, in [0, 1], in which the weight of the divergence rises from zero to
        `beta`. Early stopping waits for it.

    kl_cycles : int, default=1
        How often it rises, in cycles of equal length.

    free_bits : float, default=0.0
        Divergence in nats that every component may have for nothing. Needs
        `n_importance_samples=1`.

    n_importance_samples : int, default=1
        Draws for every row in training; with more than one, the importance-weighted bound [3]_ is
        maximised.

    auxiliary : float, default=0.0
        Weight of the likelihood at the mean of the posterior, added to the objective.

    corruption : str, Corruption, callable, list of these or None, default=None
        What happens to the rows before the encoder sees them in training, in the units of X; the
        likelihood is that of the rows as they were.

    <hidden_layer_sizes to init>

    scaling : {"auto", "global", "feature"}, default="auto"
        The network sees centred columns divided by one common scale, or by the standard deviation
        of each. "auto" is "global" for likelihoods of X in [0, 1], whose columns have
        one unit, and "feature" for the others. What comes out is in the units of X in any case.

    <penalty>

    <solver to batch_size>

    max_epochs : "auto" or int, default="auto"
        Passes over the data. "auto" makes about 10 000 steps, in 10 to 200 passes.

    <early_stopping to checkpoint>

    Attributes
    ----------
    kl_curve_ : list of float
        Mean divergence from the prior in every epoch, in nats; with `VectorQuantizer` the
        commitment, which takes its place.

    kl_per_component_ : ndarray of shape (n_components_,)
        Mean divergence of each component from the prior, in nats, on the training rows.

    active_units_ : int
        Components whose code varies from row to row, with a variance above 0.01 [3]_.

    classes_ : ndarray of shape (n_classes,)
        Class labels, if `conditional` on such.

    class_prior_ : ndarray of shape (n_classes,)
        Their shares of the training rows.

    target_center_ : float
        Mean of y, if `conditional` on a continuous target.

    target_scale_ : float
        Standard deviation of y, likewise.

    <n_components_ to validation_scores_>

    <n_epochs_ to feature_names_in_>

    See Also
    --------
    sklearn.mixture.GaussianMixture : A density of fewer parameters, for few columns.
    sklearn.neighbors.KernelDensity : A density that keeps the training rows.

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

    _loss_parameter = "likelihood"
    _losses: ClassVar[dict] = LIKELIHOODS
    _shaping_parameters = BaseAutoencoder._shaping_parameters | {
        "conditional",
        "latent",
        "likelihood",
    }
    _auto_epochs = 10_000, 200

    _parameter_constraints: ClassVar[dict] = {
        "likelihood": [StrOptions(set(LIKELIHOODS))],
        "scaling": [StrOptions({"auto", "global", "feature"})],
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
        scaling="auto",
        penalty=None,
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
        before = None if reset else self._constants
        self._constants = merge_constants(data.ranges, before)
        if not self.conditional:
            return data
        y, weight = data.of(y), data.training_weight
        if reset:
            vars(self).update(fit_condition(y, data.X, weight, self.conditional))
        condition = condition_of(self, y, len(data.X))
        effect = effect_of(condition, data.X, weight) if reset else None
        return replace(data, condition=condition, effect=effect)

    def _build(self, data, rng):
        likelihood, scaling = LIKELIHOODS[self.likelihood], self.scaling
        if scaling == "auto":
            scaling = "global" if likelihood.unit_interval else "feature"
        n_conditions = 0 if data.condition is None else data.condition.shape[1]
        return initialize(
            self,
            data,
            rng,
            scaling=scaling,
            compose=lambda base: VariationalRecipe(
                base, self._latent_part(), likelihood.n_noise, n_conditions
            ),
            start=start_at_probabilistic_pca,
        )

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
        n_groups = _N_SHARED if data.is_one_batch(plan.batch_size) else 1
        network.bottleneck.n_draws = self.n_importance_samples * n_groups

    def _post_fit_attributes(self, network, data):
        model, some = replace(self._model, network=network), data.thinned(_N_SAMPLES)
        fit_prior(model, some, data.n_samples / self.n_samples_seen_)
        kl, variance = latent_health(model, some)
        return {
            "kl_per_component_": kl,
            "active_units_": int((variance > _ACTIVE_VARIANCE).sum()),
        }

    def _report(self, histories):
        minimum = max(math.ceil(_MIN_ACTIVE * self.n_components_), 1)
        if self.active_units_ < minimum and np.isnan(self._constants).any():
            warn_user(
                f"{self.active_units_} of {self.n_components_} components of the code are in use. "
                f"Lower beta={self.beta}, increase it slowly by kl_warmup, or give free_bits.",
                PosteriorCollapseWarning,
            )
        super()._report(histories)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the distribution to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows. NaN marks a missing value: it is left out of the likelihood.

        y : array-like of shape (n_samples,), default=None
            Class labels or a continuous target, if `conditional`; otherwise ignored.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. A row of weight 2 counts like two rows.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or `sample_weight` is not usable; an earlier fit is left as it was.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss stops being finite, or rises; the best weights seen are kept.

        PosteriorCollapseWarning
            If hardly a component of the code is in use.
        """
        return self._fit(X, y, sample_weight)

    @property
    def _n_features_out(self):
        return self.n_components_

    def transform(self, X, y=None):
        """Return the codes of rows: the means of their posteriors, never a draw.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        y : array-like of shape (n_samples,) or scalar, default=None
            Label or target of every row, if `conditional`. Without it the codes are those under an
            average condition.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating type of X.
        """
        rows = check_samples(self, X)
        given = y is not None and self._is_conditional
        return self._encode(rows, self._condition(y, len(rows)) if given else None)
