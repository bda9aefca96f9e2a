"""Reduce dimension with an autoencoder, where PCA stood."""

from __future__ import annotations

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from .._data.validation import check_codes, check_samples
from .base import BaseAutoencoder, ScoredByReconstruction
from .shared_docstrings import with_shared_entries


@with_shared_entries
class AutoencoderTransformer(
    ScoredByReconstruction, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseAutoencoder
):
    r"""Reduce dimension with an autoencoder, where PCA stood.

    An encoder :math:`e` and a decoder :math:`d` minimise

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \frac{1}{p} \sum_{j=1}^{p}
        \ell\bigl(x_{ij}, d(e(x_i))_j\bigr)

    over the known values of the scaled data. With `init="pca"` both start as the principal
    components, beside a network that starts at zero, so that training starts at the error of PCA
    and goes down. The code is in the units of the network: its principal axes are those of the
    scaled data.

    Parameters
    ----------
    n_components : int or float, default=2
        Width of the code. It may exceed the number of columns. A float in (0, 1) is the share of
        the variance that PCA would have to keep.

    <hidden_layer_sizes to loss>

    corruption : str, Corruption, callable, list of these or None, default=None
        What happens to the rows before the network sees them in training, in the units of X:
        "dropout", "gaussian" (of standard deviation 0.1), "masking", "salt_and_pepper" (0 and 1),
        "swap", a part with parameters from :mod:`sklearn_autoencoders.corruptions`, such as
        `Gaussian(std=4.0)`, or a function of torch tensors that returns a damaged batch, such as
        `lambda x, generator: x + torch.randn(x.shape, generator=generator)`.

    <penalty to checkpoint>

    Attributes
    ----------
    <n_components_ to feature_names_in_>

    See Also
    --------
    sklearn.decomposition.PCA : The linear case, in closed form.
    sklearn_autoencoders.networks.Network : The base of networks of your own.

    References
    ----------
    .. [1] G. E. Hinton and R. R. Salakhutdinov, "Reducing the Dimensionality of Data with Neural
       Networks", Science 313:504-507, 2006.

    .. [2] P. Baldi and K. Hornik, "Neural Networks and Principal Component Analysis: Learning from
       Examples Without Local Minima", Neural Networks 2:53-58, 1989.

    .. [3] L. N. Smith and N. Topin, "Super-Convergence: Very Fast Training of Neural Networks Using
       Large Learning Rates", 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> X, _ = load_digits(return_X_y=True)
    >>> autoencoder = AutoencoderTransformer(2, max_epochs=5, random_state=0)
    >>> codes = autoencoder.fit_transform(X)
    >>> codes.shape
    (1797, 2)
    >>> pca = PCA(2).fit(X)
    >>> bool(autoencoder.score(X) > pca.explained_variance_ratio_.sum() + 0.1)
    True
    """

    def __init__(
        self,
        n_components=2,
        *,
        hidden_layer_sizes="auto",
        activation="gelu",
        dropout="auto",
        network=None,
        init="pca",
        scaling="global",
        loss="squared_error",
        corruption=None,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.network = network
        self.init = init
        self.scaling = scaling
        self.loss = loss
        self.corruption = corruption
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

    @property
    def _n_features_out(self):
        return self.n_components_

    def transform(self, X):
        """Return the codes of rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating type of X.
        """
        return self._encode(check_samples(self, X))

    def inverse_transform(self, X):
        """Return the rows that codes stand for.

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
