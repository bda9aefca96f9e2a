"""Classify by an encoder that has learnt from rows without labels too."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets

from .._data.validation import check_y
from .._inference.postprocess import apply_to_arrays, margins, most_likely, probabilities
from .._training.head_initialization import fit_logistic
from .._utils.sklearn_compat import Interval, StrOptions
from ..objectives._supervised import log_loss
from .fine_tuning import FineTuning
from .shared_docstrings import with_shared_entries


@with_shared_entries
class AutoencoderClassifier(ClassifierMixin, FineTuning):
    r"""Classify rows by the codes of an autoencoder, pretrained on all rows and then fine-tuned.

    An autoencoder learns to give back damaged rows, those without labels (-1) too. Then a linear
    head on its code :math:`e(x)`, and the encoder with it, minimise

    .. math:: \frac{1}{\sum_i w_i} \sum_i w_i \Bigl(-\sum_k y_{ik} \log p_k(e(x_i))
        + \alpha \, \ell(x_i, d(e(x_i)))\Bigr)

    over the rows with labels.

    Parameters
    ----------
    n_components : int or float, default=64
        Width of the code. A float in (0, 1) is the share of the variance that PCA would have to
        keep.

    <encoder to alpha>

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, as in :func:`sklearn.utils.class_weight.compute_sample_weight`.

    label_smoothing : float, default=0.0
        Share of every label, in [0, 1), that is spread over all classes.

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
    classes_ : ndarray of shape (n_classes,)
        The classes, without -1 for rows that have none.

    <n_components_ to feature_names_in_>

    See Also
    --------
    AutoencoderFeatureUnion : Codes beside the columns, for any classifier.
    sklearn.semi_supervised.LabelSpreading : Labels spread to neighbours.

    Notes
    -----
    As in :mod:`sklearn.semi_supervised`, -1 is no class. Where -1 and one more value is all that y
    holds, these two are the classes. Labels that are words need `dtype=object` to hold -1 as well.
    Scores compare with the y that they are given: leave out rows without a label there. Ensembles
    that encode y first, such as voting, make a class of -1.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders: Learning Useful Representations in a
       Deep Network with a Local Denoising Criterion", JMLR 11:3371-3408, 2010.

    .. [2] S. O. Arik and T. Pfister, "TabNet: Attentive Interpretable Tabular Learning", AAAI 2021.

    .. [3] J. Howard and S. Ruder, "Universal Language Model Fine-tuning for Text Classification",
       ACL 2018.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> known = y.copy()
    >>> known[100:] = -1
    >>> classifier = AutoencoderClassifier(max_epochs=20, random_state=0).fit(X, known)
    >>> bool(classifier.score(X[100:], y[100:]) > 0.8)
    True
    """

    _regression = staticmethod(fit_logistic)
    _formula = staticmethod(log_loss)

    _parameter_constraints: ClassVar[dict] = {
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        n_components=64,
        *,
        encoder=None,
        alpha=0.0,
        class_weight=None,
        label_smoothing=0.0,
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
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
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

    def _with_labels(self, data, y, reset):
        """Return the data with one-hot labels, NaN where there are none, and class weights."""
        if reset:
            self._has_class_minus_one = _is_minus_one_a_class(y)
        y = column_or_1d(check_y(self, y, data), warn=True)
        _check_labels(y)
        is_known = np.ones(len(y), dtype=bool)
        if not (self._has_class_minus_one if reset else -1 in self.classes_):
            is_known &= np.asarray(y != -1, dtype=bool)
        if not is_known.any():
            raise ValueError("y holds no label but -1. Give at least some samples a class.")
        check_classification_targets(y[is_known])
        self._set_classes(np.unique(y[is_known]), reset)
        labels = np.full((len(y), len(self.classes_)), np.nan)
        labels[is_known] = y[is_known, None] == self.classes_
        weight = self._class_weighted(labels, is_known, data.weight)
        labels = (1 - self.label_smoothing) * labels + self.label_smoothing / len(self.classes_)
        return replace(data, labels=labels, label_weight=weight)

    def _set_classes(self, classes, reset):
        if reset:
            self.classes_ = classes
        elif not np.isin(classes, self.classes_).all():
            raise ValueError(
                f"y holds classes {np.setdiff1d(classes, self.classes_).tolist()} that were not "
                "there when training began. Fit a new model with warm_start=False and fit."
            )

    def _class_weighted(self, labels, is_known, weight):
        """Return the sample weights times the weights of the classes, or None."""
        if self.class_weight is None:
            return None
        own = np.ones(len(labels)) if weight is None else weight.copy()
        place = labels[is_known].argmax(axis=1)
        if self.class_weight == "balanced":  # by weight: a sample of weight two counts twice
            count = np.bincount(place, own[is_known], minlength=len(self.classes_))
            present = count > 0
            factor = own[is_known].sum() / (present.sum() * np.where(present, count, np.inf))
            factor[~present] = 1.0
        else:
            factor = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)
        if not (np.isfinite(factor) & (factor > 0)).all():
            raise ValueError(
                f"class_weight must give every class a positive number; got {self.class_weight}."
            )
        own[is_known] *= factor[place]
        return own

    def decision_function(self, X):
        """Return the head's output: for two classes the difference, positive for the second.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logits.
        """
        return apply_to_arrays(margins, self._output_of_head(X))

    def predict_proba(self, X):
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Probabilities, in the order of `classes_`.
        """
        return apply_to_arrays(probabilities, self._output_of_head(X))

    def predict(self, X):
        """Return the most likely class of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            The classes.
        """
        logits = self._output_of_head(X)  # which says so if there has been no fit
        return self.classes_[apply_to_arrays(most_likely, logits)]


def _is_minus_one_a_class(y):
    """Whether -1 and one other value are the classes; otherwise -1 marks unlabelled samples."""
    values = set(np.ravel(np.asarray(y)).tolist())
    if len(values) > 2 and "-1" in values:
        raise ValueError(
            'y holds "-1" as a string among other strings. Unlabelled samples are marked by the '
            "number: give y as an array of dtype=object with -1 in it."
        )
    return len(values) == 2 and -1 in values


def _check_labels(y):
    """Raise ValueError if missing labels are not marked by -1."""
    advice = "Mark unlabelled samples by -1, in an array of dtype=object if labels are strings."
    try:
        assert_all_finite(y, input_name="y")
    except ValueError as error:
        raise ValueError(f"{error} {advice}") from error
    if y.dtype == object and any(label is None for label in y):
        raise ValueError(f"Input y contains None. {advice}")
