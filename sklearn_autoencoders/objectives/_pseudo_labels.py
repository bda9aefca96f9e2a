"""What a classifier learns from samples without a label."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

from .._utils.part import Part
from .._utils.sklearn_compat import Constraints, Interval


class PseudoLabels(Part):
    r"""Pseudo-labels: predicted labels of unlabeled samples, on which a classifier is trained.

    Two kinds of models are fitted to the labeled samples: logistic regression on the inputs, and
    label spreading [1]_ over the graph of the nearest neighbors of all samples,

    .. math:: F = (1 - \alpha) \sum_{t=0}^{50} \alpha^t S^t Y, \quad S = D^{-1/2} W D^{-1/2}

    where :math:`W` is the symmetric adjacency matrix of the graph, :math:`D` its degrees and
    :math:`Y` the known labels. The shares of the classes are :math:`p_{ik} \propto F_{ik}`, or
    :math:`p_{ik} \propto F_{ik} q_k / \sum_j F_{jk}` with the shares :math:`q_k` of the classes
    among the labels [2]_, in each space of the samples: the first 50 principal components of the
    scaled and of the unscaled samples, and the codes of `encoder` if it is given.

    Labels are spread if this has fewer errors than logistic regression on the labeled samples, by
    more than 1.5 standard errors, each sample predicted without the labels of its fold (a fifth of
    them). Labels are thus not spread if the classes are not clusters. The pseudo-labels are the
    most likely class, if labels are spread, and the probabilities of logistic regression
    otherwise, and where no label arrives. Training on pseudo-labels has three times the
    `learning_rate` of the classifier, whose attribute `pseudo_label_source_` is the selected model.

    Label spreading compares all pairs of samples: about 5 s for each space and 20 000 samples, in
    quadratic time. With more than 200 000 samples, logistic regression alone is used.

    Parameters
    ----------
    n_neighbors : int, default=7
        Number of neighbors of each sample.

    alpha : float, default=0.99
        How far labels spread, in (0, 1): the fraction of the value of a sample that comes from its
        neighbors rather than from its own label.

    References
    ----------
    .. [1] D. Zhou, O. Bousquet, T. N. Lal, J. Weston and B. Schölkopf, "Learning with Local and
       Global Consistency", NeurIPS 2003.

    .. [2] X. Zhu, Z. Ghahramani and J. Lafferty, "Semi-Supervised Learning Using Gaussian Fields
       and Harmonic Functions", ICML 2003.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderClassifier
    >>> from sklearn_autoencoders.objectives import PseudoLabels
    >>> X, y = load_digits(return_X_y=True)
    >>> known = y.copy()
    >>> known[100:] = -1
    >>> settings = {"pretraining_epochs": 5, "max_epochs": 10, "random_state": 0}
    >>> spreading = AutoencoderClassifier(pseudo_labels=PseudoLabels(n_neighbors=5), **settings)
    >>> spreading.fit(X, known).pseudo_label_source_
    'label_spreading'
    >>> bool(spreading.score(X[100:], y[100:]) > 0.9)
    True
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "alpha": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(self, n_neighbors: int = 7, *, alpha: float = 0.99):
        self.n_neighbors = n_neighbors
        self.alpha = alpha
