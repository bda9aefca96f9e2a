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
from .shared_docstrings import with_shared_entries


@with_shared_entries
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

    <encoder to alpha>

    <freeze to pretraining_learning_rate>

    corruption : str, Corruption, callable, list of these or None, default="masking"
        What happens to the rows before the network sees them in fine-tuning, in the units of X, as
        in :class:`AutoencoderTransformer`.

    <hidden_layer_sizes to init>

    scaling : {"global", "feature"} or None, default="feature"
        The network sees centred columns divided by one common scale, by the standard deviation of
        each, or as they are.

    <loss>

    <solver to schedule>

    learning_rate : float, default=3e-4
        Peak of the schedule of fine-tuning, for the head. Thousands of labels bear more.

    <weight_decay to checkpoint>

    Attributes
    ----------
    target_center_ : ndarray of shape (n_outputs,)
        Means of the targets.

    target_scale_ : ndarray of shape (n_outputs,)
        Their standard deviations.

    <n_components_ to feature_names_in_>

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
