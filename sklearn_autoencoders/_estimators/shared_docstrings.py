"""What the docstrings of several estimators have in common, written once."""

from __future__ import annotations

import re
from typing import TypeVar

T = TypeVar("T", bound=type)

PARAMETERS = r"""
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
"""

FINE_TUNING = r"""
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
"""

ATTRIBUTES = r"""
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
"""


def with_shared_entries(cls: T) -> T:
    """Replace `<first to last>` in a class's docstring by the entries from one to the other.

    Parameters
    ----------
    cls : type
        Its docstring has lines such as `<solver to batch_size>` or `<verbose>` among its own
        entries.

    Returns
    -------
    type
        The same class.
    """
    if cls.__doc__ is not None:  # as it is under `python -OO`
        cls.__doc__ = re.sub(r"^ *<(\w+)(?: to (\w+))?>$", _entries, cls.__doc__, flags=re.M)
    return cls


def _entries(span: re.Match[str]) -> str:
    for block in (PARAMETERS, FINE_TUNING, ATTRIBUTES):
        entries = re.split(r"\n\n(?=    \w)", block.strip("\n"))
        names = [entry.split()[0] for entry in entries]
        if span[1] in names:
            first, last = names.index(span[1]), names.index(span[2] or span[1])
            return "\n\n".join(entries[first : last + 1])
    raise ValueError(f"No shared entry is called {span[1]!r}.")
