"""Reduce dimension with an autoencoder, where PCA stood."""

from __future__ import annotations

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin

from .._data.validation import check_codes, check_samples
from .base import BaseAutoencoder, ScoredByReconstruction


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

    hidden_layer_sizes : "auto", int or sequence of int, default="auto"
        Widths of the encoder's hidden layers, from the input to the code; the decoder mirrors
        them. An empty sequence gives a linear autoencoder. "auto" is two layers, the first about
        four times as wide as the input, between 128 and 512, the second half of that.

    activation : str, default="gelu"
        Non-linearity of the hidden layers: "elu", "gelu", "identity", "leaky_relu", "logistic",
        "relu", "selu", "silu", "softplus" or "tanh".

    dropout : "auto" or float, default="auto"
        Share of the hidden units, in [0, 1), that sit out a training step. "auto" falls with the
        number of rows :math:`n`: :math:`20 \sqrt{p} / (20 \sqrt{p} + n)`, and nothing below 5 %.
        Where sample weights sum to more than the number of rows, their sum is :math:`n`.

    network : Network, "dense", "linear" or None, default=None
        Another network, from :mod:`sklearn_autoencoders.networks`, such as
        `Convolutional(image_shape=(28, 28))`, or of your own. It excludes
        `hidden_layer_sizes`, `activation` and `dropout`, which describe the default one.

    init : {"pca", "random"}, default="pca"
        Whether to start at the principal components or, as is classical, at random weights without
        a linear path.

    scaling : {"global", "feature"} or None, default="global"
        The network sees centred columns divided by one common scale, by the standard deviation of
        each, or as they are. What comes out is in the units of X in any case.

    loss : str, default="squared_error"
        Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
        to one unit of scale), "cauchy" (beyond it of a falling gradient) or "binary_cross_entropy"
        (X has to lie in [0, 1]).

    corruption : str, Corruption, callable, list of these or None, default=None
        What happens to the rows before the network sees them in training, in the units of X:
        "dropout", "gaussian" (of standard deviation 0.1), "masking", "salt_and_pepper" (0 and 1),
        "swap", a part with parameters from :mod:`sklearn_autoencoders.corruptions`, such as
        `Gaussian(std=4.0)`, or a function of torch tensors that returns a damaged batch, such as
        `lambda x, generator: x + torch.randn(x.shape, generator=generator)`.

    penalty : str, Penalty, callable, list of these or None, default=None
        What is added to the loss: "contractive", "kl_sparsity", "l1", "orthogonal", a part with
        parameters from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`, or a
        function of torch tensors that returns one value per row or one for the batch, such as
        `lambda output, x, network: 0.001 * output.code.abs().sum(1)`.

    pretraining : "layerwise" or None, default=None
        Whether to train each pair of layers by itself first, from the outermost to the innermost,
        on the codes of those before. Needs `init="random"` and a network of paired layers.

    pretraining_epochs : int, default=5
        Passes over the data for each pair of layers.

    solver : {"adam", "sgd"}, default="adam"
        Optimiser; "sgd" has Nesterov momentum 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Course of the learning rate: up to `learning_rate` and down to zero over `max_epochs`, or
        always the same.

    learning_rate : float, default=5e-3
        Peak of the schedule.

    weight_decay : float, default=10.0
        Pull of the hidden weights towards zero: every step multiplies them by one minus the
        learning rate times `weight_decay` divided by the root of the number of rows :math:`n`, so
        that more data means less pull. Biases and the principal components are exempt.

    batch_size : "auto" or int, default="auto"
        Rows per step. "auto" is all of them up to 64 rows, then about a fortieth of the rows, a
        power of two between 32 and 256.

    max_epochs : "auto" or int, default="auto"
        Passes over the data. "auto" makes about 4000 steps, in 10 to 40 passes.

    early_stopping : bool, default=False
        Whether to hold out rows, to stop when their loss no longer improves, and to keep the best
        weights, those of the start included. The one-cycle schedule improves up to its end, so that
        it seldom stops early: to save time, use `schedule="constant"`.

    validation_fraction : float, default=0.1
        Share of the rows, drawn at random, that early stopping holds out.

    n_iter_no_change : int, default=10
        Epochs without improvement that early stopping waits for.

    tol : float, default=1e-6
        Improvement of the held-out loss, in its own units, that counts as one. Epochs in which the
        learning rate still rises are not counted.

    warm_start : bool, default=False
        Whether `fit` goes on from the weights and the scaling of the previous `fit`.

    device : str, default="auto"
        Where to train: "cpu", "cuda", "cuda:1", and so on. "auto" takes a GPU if there is one.

    dtype : {"auto", "float32", "float64"} or type, default="auto"
        Floating type of training. "auto" is float32, but float64 up to 64 rows. Independently of
        it, float64 rows are transformed in float64 and float32 rows in float32.

    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the order of the rows, dropout, corruptions and the held-out
        rows. No global generator is read or changed; None draws fresh entropy.

    verbose : int, default=0
        With 1, a line is printed every epoch.

    callbacks : list of skorch callbacks or None, default=None
        Called by skorch's training loop. For scikit-learn's callbacks use :meth:`set_callbacks`.

    checkpoint : str, path-like or None, default=None
        A folder where a fit keeps what it needs to go on. If it is killed, the next fit of an
        estimator with the same parameters to the same data goes on after the last epoch that was
        written and ends as if nothing had happened, to the last bit; callbacks see only the rest.
        Files are written whole or not at all, in at most about 5 % of the time, and removed when
        the fit is over; fits of a search can share a folder. Needs a `random_state` that is not
        None. Functions and classes of your own are known by their names: empty the folder when you
        change one. `partial_fit` does not use it.

    Attributes
    ----------
    n_components_ : int
        Width of the code.

    network_ : torch.nn.Module
        The trained network, on scaled rows; `network_.encoder` and `network_.decoder` are its
        halves.

    center_ : ndarray of shape (n_features,)
        What is subtracted from the rows: the column means, or zeros with `scaling=None`.

    scale_ : ndarray of shape (n_features,)
        What the rows are then divided by. With `scaling="feature"` it is one for columns that do
        not vary, with `scaling=None` for all.

    loss_curve_ : list of float
        Mean objective of every epoch on the scaled data: with dropout, corruption and penalties,
        and while the weights moved.

    validation_scores_ : list of float or None
        Minus the held-out loss after every epoch, if `early_stopping`; NaN for epochs of earlier
        fits without.

    pretraining_curves_ : list of list of float
        Loss curve of each pair of layers, or of all at once, if `pretraining`.

    n_epochs_ : int
        Number of passes made.

    n_samples_seen_ : float
        Rows, or their total weight if that is more, that `fit` or all calls of `partial_fit` have
        learnt from.

    n_features_in_ : int
        Number of columns seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

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
