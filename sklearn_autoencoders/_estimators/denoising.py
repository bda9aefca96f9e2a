"""Give back clean rows."""

from __future__ import annotations

from typing import ClassVar

from sklearn.base import ClassNamePrefixFeaturesOutMixin, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if

from .._data.validation import check_codes, check_samples, unflatten
from .._utils.sklearn_compat import StrOptions, fit_context, with_callbacks
from .._utils.user_warnings import warn_user
from .base import BaseAutoencoder, ScoredByReconstruction
from .shared_docstrings import with_shared_entries


def _gives_codes(estimator):
    if estimator.output == "code":
        return True
    raise AttributeError('inverse_transform needs output="code"; use reconstruct instead.')


@with_shared_entries
class DenoisingAutoencoder(
    ScoredByReconstruction, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseAutoencoder
):
    r"""Clean rows of noise, of gaps and of wrong cells.

    An encoder :math:`e` and a decoder :math:`d` learn to give back rows that a corruption
    :math:`c` has damaged:

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \frac{1}{p} \sum_{j=1}^{p}
        \ell\bigl(x_{ij}, d(e(c(x_i)))_j\bigr)

    is minimised over the known values of the scaled data. `fit(X)` takes clean rows and damages
    them anew in every step; `fit(X, clean=...)` takes pairs of damaged and clean rows.
    `transform` gives the cleaned rows, in the columns of X, so that it can stand before any other
    estimator.

    Parameters
    ----------
    n_components : int or float, default=0.99
        Width of the code. It may exceed the number of columns. A float in (0, 1) is the share of
        the variance that PCA would have to keep.

    corruption : str, Corruption, callable, list of these or None, default="masking"
        What happens to the rows before the network sees them in training, in the units of X:
        "dropout", "gaussian" (of standard deviation 0.1), "masking", "salt_and_pepper" (0 and 1),
        "swap", a part with parameters from :mod:`sklearn_autoencoders.corruptions`, such as
        `Gaussian(std=4.0)`, or a function of torch tensors that returns a damaged batch, such as
        `lambda x, generator: x + torch.randn(x.shape, generator=generator)`. Pairs
        are taken as they are.

    output : {"denoised", "code"}, default="denoised"
        What `transform` returns: the cleaned rows, or their codes. It may be set after `fit`.

    <hidden_layer_sizes to checkpoint>

    Attributes
    ----------
    <n_components_ to feature_names_in_>

    See Also
    --------
    AutoencoderTransformer : Codes in place of principal components.
    sklearn.impute.KNNImputer : Fill gaps from the nearest rows.

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

    _parameter_constraints: ClassVar[dict] = {
        "output": [StrOptions({"denoised", "code"})],
    }

    def __init__(
        self,
        n_components=0.99,
        *,
        corruption="masking",
        output="denoised",
        hidden_layer_sizes="auto",
        activation="gelu",
        dropout="auto",
        network=None,
        init="pca",
        scaling="global",
        loss="squared_error",
        penalty=None,
        pretraining=None,
        pretraining_epochs=5,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.network = network
        self.init = init
        self.scaling = scaling
        self.loss = loss
        self.penalty = penalty
        self.pretraining = pretraining
        self.pretraining_epochs = pretraining_epochs
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
    def fit(self, X, y=None, sample_weight=None, clean=None):
        """Fit the autoencoder to give back clean rows.

        Behind a scaler in a pipeline, `clean` has to be scaled too: with metadata routing enabled,
        `make_pipeline(scaler, denoiser.set_fit_request(clean=True), transform_input=["clean"])`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Clean rows, which are corrupted for training; or damaged ones, if `clean` is given. NaN
            marks a missing value.

        y : Ignored
            Present for API consistency: a pipeline hands class labels down as `y`.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows.

        clean : array-like of shape (n_samples, n_features), default=None
            What the rows of X should become. Missing values are left out of the loss.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, `sample_weight` or `clean` is not usable; an earlier fit is left as it was.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss stops being finite, or rises; the best weights seen are kept.
        """
        shape = getattr(y, "shape", ())
        if clean is None and len(shape) > 1 and shape == getattr(X, "shape", None):
            warn_user(
                "y has the shape of X and is ignored. If it holds the clean samples, use fit(X, "
                "clean=...).",
                UserWarning,
            )
        return self._fit(X, y, sample_weight, clean)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, clean=None):
        """Make one pass over a batch of rows, at a constant learning rate.

        The first call chooses the scaling, the number of components and the starting point, so
        that its batch should be representative.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Clean rows, which are corrupted for training; or damaged ones, if `clean` is given.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows.

        clean : array-like of shape (n_samples, n_features), default=None
            What the rows of X should become.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._partial_fit(X, y, sample_weight, clean)

    def transform(self, X):
        """Denoise samples, or return their latent codes if `output="code"`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Corrupted samples, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features) or (n_samples, n_components_)
            The denoised samples in the units of X, or the codes. As in :meth:`reconstruct`, images
            have the shape in which they were given.
        """
        samples = check_samples(self, X)
        if self.output == "code":
            return self._encode(samples)
        return unflatten(self._reconstruct(samples), X)

    @available_if(_gives_codes)
    def inverse_transform(self, X):
        """Return the rows that codes stand for, if `output="code"`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components_)
            Codes.

        Returns
        -------
        ndarray of shape (n_samples, n_features_in_)
            The decoded rows, in the units of the training data.
        """
        return self._decode(check_codes(self, X))

    def score(self, X, y=None, sample_weight=None, clean=None):
        r"""Return the share of the variance of the clean rows that the cleaned ones explain.

        .. math::
            R^2 = 1 - \frac{\sum_{ij} w_i (x_{ij} - \hat x_{ij})^2}
                           {\sum_{ij} w_i (x_{ij} - \bar x_j)^2}

        where :math:`x` is clean and :math:`\hat x` is what comes out of X. Without `clean`, X is
        itself taken to be clean, and the best model is one that copies it. To choose by
        search, fit and score on pairs (`set_fit_request(clean=True)` and
        `set_score_request(clean=True)`), or judge by what comes after in a pipeline.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Damaged rows.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        clean : array-like of shape (n_samples, n_features), default=None
            Their clean versions; X itself by default.

        Returns
        -------
        float
            At most 1; 0 is as good as the column means.
        """
        return self._score(X, sample_weight, clean)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns that `transform` returns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the columns of X, if not those seen in `fit`.

        Returns
        -------
        ndarray of str objects
            The names of the columns of X, or with `output="code"` the name of the class and a
            number.
        """
        if self.output == "code":
            return super().get_feature_names_out(input_features)
        return OneToOneFeatureMixin.get_feature_names_out(self, input_features)

    @property
    def _n_features_out(self):
        return self.n_components_
