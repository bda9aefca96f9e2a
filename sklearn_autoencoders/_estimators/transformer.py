"""Dimensionality reduction with an autoencoder."""

from __future__ import annotations

from typing import ClassVar

from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metadata_routing import UNUSED

from .._data.validation import check_codes, check_samples
from .._utils.sklearn_compat import fit_context, with_callbacks
from .._utils.tensors import tensors_like_input
from .base import BaseAutoencoder
from .reconstruction_score import ReconstructionScoreMixin


class AutoencoderTransformer(
    ReconstructionScoreMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseAutoencoder
):
    r"""Dimensionality reduction with an autoencoder.

    It can be used as a drop-in replacement for :class:`sklearn.decomposition.PCA`. An encoder
    :math:`e` and a decoder :math:`d` minimize

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \frac{1}{p} \sum_{j=1}^{p}
        \ell\bigl(x_{ij}, d(e(x_i))_j\bigr)

    over the observed values of the scaled data. With `init="pca"`, both are initialized with the
    principal components, in parallel with a network whose initial output is zero. Training
    therefore starts at the reconstruction error of PCA and decreases it.

    Codes are computed from the scaled samples `(X - center_) / scale_`. With the default
    `scaling="global"`, `scale_` has the same value for all features, and
    `scale_[0] * transform(X)` can be compared with the output of PCA: both are equal at the start
    of training, which then also changes the size of the codes. With `scaling="feature"`, compare
    the codes with those of PCA on standardized features.

    Parameters
    ----------
    n_components : int or float, default=2
        Latent dimension. It can exceed the number of features. A float in (0, 1) is the fraction of
        the variance that PCA would have to explain.

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
        Scaling of the numbers that the network receives. "global" centers the features and divides
        all of them by one common scale; "channel" divides those of each channel of images or series
        by one scale; "feature" divides each by its standard deviation; None leaves them unchanged.
        "auto" is "channel" for a network of series, "global" if all columns are numbers, and
        otherwise "feature". Reconstructions are in the original units of X in all cases.

    loss : str, default="squared_error"
        Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
        to one unit of scale, linear beyond), "cauchy" (its gradient decreases beyond one unit of
        scale) or "binary_cross_entropy" (requires X in [0, 1]).

    corruption : str, Corruption, callable, list of these or None, default=None
        Corruption of the network's input during training, in the units of X: "dropout" (each value
        becomes 0 with probability 0.2 and is otherwise divided by 0.8), "gaussian" (with standard
        deviation 0.1), "masking" (each value is missing with probability 0.25), "salt_and_pepper"
        (each value becomes 0 or 1 with probability 0.25), "swap" (each value comes from another
        sample with probability 0.15), an instance of a class from
        :mod:`sklearn_autoencoders.corruptions`, such as `Gaussian(std=4.0)`, or a function of
        torch tensors that returns a corrupted batch, such as
        `lambda x, generator: x + torch.randn(x.shape, generator=generator)`.

    penalty : str, Penalty, callable, list of these or None, default=None
        Penalty added to the loss: "contractive", "kl_sparsity", "l1", "neighbors", "orthogonal", an
        instance of a class from :mod:`sklearn_autoencoders.objectives`, such as `L1(weight=0.001)`,
        or a function of torch tensors that returns one value per sample or one for the batch, such
        as `lambda output, x, network: 0.001 * output.code.abs().sum(1)`. With "neighbors", codes of
        neighbors are near to each other, as in t-SNE.

    pretraining : "layerwise" or None, default=None
        With "layerwise", each pair of layers (a layer of the encoder and the layer of the decoder
        that mirrors it) is first trained separately, from the outermost to the innermost, on the
        codes of the preceding pairs. This requires `init="random"` and a network of such pairs.
        Each level of a convolutional network is such a pair.

    pretraining_epochs : int, default=5
        Number of pretraining epochs for each pair of layers.

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

    n_features_in_ : int
        Number of features seen during fit.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all of them are strings.

    See Also
    --------
    sklearn.decomposition.PCA : The linear case, in closed form.
    sklearn_autoencoders.networks.Network : Base class of custom networks.

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

    __metadata_request__transform: ClassVar[dict] = {"out": UNUSED}  # no metadata
    __metadata_request__inverse_transform: ClassVar[dict] = {"out": UNUSED}  # no metadata

    def __init__(
        self,
        n_components=2,
        *,
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
        self.categorical_features = categorical_features
        self.max_categories = max_categories
        self.min_frequency = min_frequency
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

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the autoencoder to X.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Training samples. Missing values are encoded as NaN and excluded from the loss.

        y : array-like of shape (n_samples,), default=None
            Class labels, if the penalty is `Neighbors(supervised=True)`. Ignored otherwise.

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
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss becomes infinite or NaN, or increases, also if it only rises in between and
            the result is no better than the means of the features. The best weights are kept.
        """
        return self._fit(X, y, sample_weight)

    @tensors_like_input
    def transform(self, X, *, out=None):
        """Encode X.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        out : ndarray of shape (n_samples, n_components_) or None, default=None
            An array or a memory map into which the codes are written in chunks, if they do not fit
            in memory.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating-point type of X; `out` if it is given.
        """
        return self._encode_into(out, check_samples(self, X))

    @tensors_like_input
    def inverse_transform(self, X, *, out=None):
        """Decode codes to the original feature space.

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
        """
        codes = check_codes(self, X)
        return self._decoded_into(out, X, len(codes), lambda chunk: self._decode(codes[chunk]))
