"""Predict numbers by an encoder that has learnt from rows without a target too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import check_array

from .._data.scaling import fit_scaling
from .._data.validation import check_y
from .._inference.postprocess import apply_to_arrays, in_units
from .._training.head_initialization import fit_ridge
from ..objectives._supervised import mean_squared_error
from .fine_tuning import FineTuning


class AutoencoderRegressor(RegressorMixin, FineTuning):
    r"""Predict numbers by the codes of an autoencoder, pretrained on all rows and then fine-tuned.

    An autoencoder learns to give back damaged rows, those without a target (NaN) too. Then a linear
    head :math:`h` on its code :math:`e(x)`, and the encoder with it, minimise

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl(\frac{1}{m} \sum_{k=1}^{m}
        (y_{ik} - h_k(e(x_i)))^2 + \alpha \, \ell(x_i, d(e(x_i)))\Bigr)

    over the known ones of :math:`m` standardised targets.

    Parameters
    ----------
    n_components : int or float, default=64
        Width of the code. A float in (0, 1) is the share of the variance that PCA would have to
        keep.

    encoder : autoencoder of this package, FrozenEstimator or None, default=None
        An autoencoder to start from, instead of pretraining. A fitted one lends a copy of its
        weights and its scaling; another is fitted to all rows first. `clone` and searches undo a
        fit, unless it is wrapped in :class:`sklearn.frozen.FrozenEstimator`. It excludes parameters
        that describe a network.

    alpha : float, default=0.0
        Weight of the reconstruction as a side task of fine-tuning, on the rows with labels.

    freeze : {"gradual", "head", "none", "all"}, default="none"
        What stays as it was pretrained while the head begins: with "head" the whole encoder, for
        `freeze_epochs`; with "gradual" it is then thawed one layer after another, from the code to
        the input, every `freeze_epochs`; with "none" all layers learn from the start, with "all"
        only the head ever does.

    freeze_epochs : int, default=1
        Passes over the rows with labels between one thaw and the next.

    learning_rate_ratio : float, default=1.0
        Learning rate of the encoder in fine-tuning, divided by that of the head.

    pretraining : {"joint", "layerwise"} or None, default="joint"
        Whether the autoencoder is trained on all rows first: all layers together, or each pair of
        them by itself from the outermost to the innermost, which needs `init="random"` and a
        network of paired layers.

    pretraining_corruption : str, Corruption, callable, list of these or None, default=None
        What happens to the rows in pretraining, in the units of X, as `corruption` in
        :class:`AutoencoderTransformer`; None does what `corruption` says.

    pretraining_epochs : "auto" or int, default="auto"
        Passes over all rows, for each pair of layers if these are trained one after another. "auto"
        is as for `max_epochs`.

    pretraining_learning_rate : float, default=5e-3
        Peak of the schedule of pretraining.

    corruption : str, Corruption, callable, list of these or None, default="masking"
        What happens to the rows before the network sees them in fine-tuning, in the units of X, as
        in :class:`AutoencoderTransformer`.

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

    scaling : {"global", "feature"} or None, default="feature"
        The network sees centred columns divided by one common scale, by the standard deviation of
        each, or as they are.

    loss : str, default="squared_error"
        Reconstruction loss :math:`\ell`: "squared_error", "absolute_error", "huber" (quadratic up
        to one unit of scale), "cauchy" (beyond it of a falling gradient) or "binary_cross_entropy"
        (X has to lie in [0, 1]).

    solver : {"adam", "sgd"}, default="adam"
        Optimiser; "sgd" has Nesterov momentum 0.9.

    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Course of the learning rate: up to `learning_rate` and down to zero over `max_epochs`, or
        always the same.

    learning_rate : float, default=3e-4
        Peak of the schedule of fine-tuning, for the head. Thousands of labels bear more.

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
    target_center_ : ndarray of shape (n_outputs,)
        Means of the targets.

    target_scale_ : ndarray of shape (n_outputs,)
        Their standard deviations.

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
    AutoencoderFeatureUnion : Codes beside the columns, for any regressor.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders: Learning Useful Representations in a
       Deep Network with a Local Denoising Criterion", JMLR 11:3371-3408, 2010.

    .. [2] S. O. Arik and T. Pfister, "TabNet: Attentive Interpretable Tabular Learning", AAAI 2021.

    .. [3] J. Howard and S. Ruder, "Universal Language Model Fine-tuning for Text Classification",
       ACL 2018.

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

    _regression = staticmethod(fit_ridge)
    _formula = staticmethod(mean_squared_error)

    def __init__(
        self,
        n_components=64,
        *,
        encoder=None,
        alpha=0.0,
        freeze="none",
        freeze_epochs=1,
        learning_rate_ratio=1.0,
        pretraining="joint",
        pretraining_corruption=None,
        pretraining_epochs="auto",
        pretraining_learning_rate=5e-3,
        corruption="masking",
        hidden_layer_sizes="auto",
        activation="gelu",
        dropout="auto",
        network=None,
        init="pca",
        scaling="feature",
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

    def __sklearn_tags__(self):
        """Declare that there may be several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _with_labels(self, data, y, reset):
        """Return the data with standardized targets, NaN where they are unknown."""
        y = check_y(self, y, data)
        settings = {"ensure_2d": False, "dtype": np.float64, "ensure_all_finite": "allow-nan"}
        y = check_array(y, input_name="y", **settings)
        columns = y.reshape(len(y), -1)
        if np.isnan(columns).all(axis=0).any():
            raise ValueError("y holds no target but NaN. Give at least some samples a target.")
        if reset:
            units = fit_scaling(columns, data.weight, "feature")
            self.target_center_, self.target_scale_ = units.center, units.scale
            self._is_one_target = y.ndim == 1
        elif columns.shape[1] != len(self.target_center_):
            raise ValueError(
                f"y has {columns.shape[1]} targets; there were {len(self.target_center_)} when "
                "training began. Fit a new model with warm_start=False and fit."
            )
        return replace(data, labels=(columns - self.target_center_) / self.target_scale_)

    def predict(self, X):
        """Return the expected targets of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            In the units of y.
        """
        prediction = self._output_of_head(X)  # which says so if there has been no fit
        found = apply_to_arrays(in_units, prediction, self.target_center_, self.target_scale_)
        return found[:, 0] if self._is_one_target else found
