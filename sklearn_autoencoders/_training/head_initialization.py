"""Initialization of a head by a regression on the codes, chosen by cross-validation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from .._data.data import Data
from .._data.model import Model
from .._data.sources.splits import draw_by_content, has_many_copies
from .._inference.run import encode, predict
from ..networks._models.predictor import LinearHead, Predictor
from ..objectives._supervised import errors_and_log_loss, mean_squared_error

Array = NDArray[np.float64]
Fit = Callable[[Array, Array, Array, float], tuple[Array, Array]]
Formula = Callable[[Tensor, Tensor], Tensor]

# Maximum number of samples for which the strength is chosen by cross-validation; it makes little
# difference for more.
_MAX_CROSS_VALIDATED = 2_000
# Maximum number of samples to which the regression is fitted.
MAX_SAMPLES = 10_000
_N_FOLDS = 5
# Maximum number of weights for Newton's method, which is precise but slow for many weights.
_MAX_NEWTON_WEIGHTS = 200


@dataclass(frozen=True)
class Regression:
    """A regression that a head starts at.

    Parameters
    ----------
    fit : callable
        Maps codes, labels, sample weights and the strength of a penalty to slopes and biases.

    loss : callable
        Maps predictions and labels to the loss of each sample, by which the strength is chosen.

    strengths, of_inputs : tuple of float
        Candidates for the strength of the penalty, for codes, and for inputs of a network, whose
        mean square is at most one.
    """

    fit: Fit
    loss: Formula
    strengths: tuple[float, ...]
    of_inputs: tuple[float, ...]

    def best(
        self,
        codes: Array,
        labels: Array,
        weight: Array,
        draw: Array,
        strengths: tuple[float, ...],
    ) -> tuple[float, float]:
        """Return the lowest loss of several strengths of the penalty, by cross-validation.

        Parameters
        ----------
        codes, labels, weight, draw : ndarray
            At most 2000 of the samples are used.

        strengths : tuple of float
            The candidates.

        Returns
        -------
        loss, strength : float
            The lowest loss, and its strength.
        """
        some = np.argsort(draw, kind="stable")[:_MAX_CROSS_VALIDATED]
        if len(codes) > len(some):
            codes, labels, weight, draw = (array[some] for array in (codes, labels, weight, draw))
            draw = draw / draw.max()  # the smallest numbers were selected
            draw = np.minimum(draw, np.nextafter(1.0, 0.0))
        folds = list(_folds((_N_FOLDS * draw).astype(int), has_many_copies(draw, weight)))
        losses = [self._held_out_loss(codes, labels, weight, each, folds) for each in strengths]
        best = int(np.argmin(losses))
        return losses[best], strengths[best]

    def held_out(
        self,
        codes: Array,
        labels: Array,
        weight: Array,
        strength: float,
        folds: Iterable[tuple[NDArray[np.bool_], NDArray[np.bool_]]],
    ) -> Iterator[tuple[NDArray[np.bool_], Array]]:
        """Yield a mask of the samples of each fold, and their predictions from other samples.

        Parameters
        ----------
        codes, labels, weight : ndarray
            The samples.

        strength : float
            Strength of the penalty.

        folds : iterable of pairs of ndarray of shape (n_samples,)
            Masks of the samples to fit and of those to predict.
        """
        for train, test in folds:
            slopes, biases = self.fit(codes[train], labels[train], weight[train], strength)
            yield test, codes[test] @ slopes.T + biases

    def _held_out_loss(self, codes: Array, labels: Array, weight: Array, *others: Any) -> float:
        """Return the total loss of all folds, each predicted from the other samples."""
        total = 0.0
        for test, prediction in self.held_out(codes, labels, weight, *others):
            loss = self.loss(torch.tensor(prediction), torch.tensor(labels[test]))
            total += float(weight[test] @ loss.numpy())
        return total


def fit_logistic(
    codes: Array, labels: Array, weight: Array, strength: float
) -> tuple[Array, Array]:
    """Return the weights and biases of the logits; classes without samples have a bias of -10."""
    chosen = labels.argmax(axis=1)
    present = np.unique(chosen)
    n_outputs = labels.shape[1]
    slopes, biases = np.zeros((n_outputs, codes.shape[1])), np.full(n_outputs, -10.0)
    biases[present] = 0.0
    if len(present) > 1:
        is_small = codes.shape[1] * n_outputs <= _MAX_NEWTON_WEIGHTS
        solver = {"solver": "newton-cholesky", "tol": 1e-7} if is_small else {"tol": 1e-3}
        if 2 * len(present) > len(codes):  # scikit-learn warns about so few samples per class
            codes, chosen, weight = (np.repeat(a, 2, axis=0) for a in (codes, chosen, weight / 2))
        model = LogisticRegression(C=1 / strength, **solver)
        with warnings.catch_warnings():  # where Newton's method does not descend, L-BFGS takes over
            warnings.filterwarnings("ignore", "Line search of Newton", ConvergenceWarning)
            model.fit(codes, chosen, weight)
        # for two classes, scikit-learn fits a single logit
        to_logits = np.array([[-0.5], [0.5]]) if len(present) == 2 else np.eye(len(present))
        slopes[present] = to_logits @ model.coef_
        biases[present] = to_logits @ model.intercept_
    return slopes, biases


def fit_ridge(codes: Array, labels: Array, weight: Array, strength: float) -> tuple[Array, Array]:
    """Return the weights and biases of each output, fitted to the samples with this target."""
    slopes, biases = np.zeros((labels.shape[1], codes.shape[1])), np.zeros(labels.shape[1])
    for output, target in enumerate(labels.T):
        known = ~np.isnan(target)
        if known.any():
            model = Ridge(strength).fit(codes[known], target[known], weight[known])
            slopes[output], biases[output] = model.coef_, model.intercept_
    return slopes, biases


# Of few samples, stronger penalties of logistic regression give the same class for all samples.
_FOR_ERRORS = (10.0, 3.0, 1.0, 0.3, 0.1)
LOGISTIC = Regression(fit_logistic, errors_and_log_loss, _FOR_ERRORS, _FOR_ERRORS)
RIDGE = Regression(
    fit_ridge, mean_squared_error, (1e3, 1e2, 10.0, 1.0), (1e4, 1e3, 1e2, 10.0, 1.0, 0.1)
)


def start_at_regression(model: Model, data: Data, regression: Regression) -> None:
    """Initialize a head by a regression on the codes of the training samples.

    Parameters
    ----------
    model : Model
        The model. The head of its network is modified in place.

    data : Data
        Labeled samples. Held-out samples are not used.

    regression : Regression
        The regression.
    """
    used, weight, draw = regression_samples(data)
    head = cast(LinearHead, cast(Predictor, model.network.eval()).head)
    codes = encode(model, data.X[used]).astype(np.float64)
    slopes, biases = _fitted(regression, codes, cast(Array, data.labels)[used], weight, draw)
    head.start_at(torch.tensor(slopes), torch.tensor(biases))


def shrink_to_labels(model: Model, data: Data) -> None:
    """Replace predictions of a linear head by their regression on the labels, if these are smaller.

    Codes of corrupted samples can be smaller than those of the samples to predict: a head that is
    trained on the former exaggerates.

    Parameters
    ----------
    model : Model
        The model. The head of its network is modified in place.

    data : Data
        Labeled samples. Held-out samples are not used.
    """
    used, weight, _ = regression_samples(data)
    head = cast(LinearHead, cast(Predictor, model.network.eval()).head)
    found, labels = predict(model, data.X[used]).astype(np.float64), cast(Array, data.labels)[used]
    lines = [_line(*pair, weight) for pair in zip(found.T, labels.T, strict=True)]
    slopes, offsets = (torch.tensor(part).to(head.bias) for part in zip(*lines, strict=True))
    head.start_at(slopes[:, None] * head.weight, slopes * head.bias + offsets)


def _line(predictions: Array, labels: Array, weight: Array) -> tuple[float, float]:
    """Return slope and offset of the known labels as a function of predictions, at most one."""
    known = ~np.isnan(labels) & (weight > 0)
    predictions, labels, weight = predictions[known], labels[known], weight[known]
    if not len(labels):
        return 1.0, 0.0
    mean, center = np.average([predictions, labels], axis=1, weights=weight)
    square = float(weight @ (predictions - mean) ** 2)
    product = float(weight @ ((predictions - mean) * (labels - center)))
    slope = product / square if square > 0 else 1.0
    return (slope, center - slope * mean) if 0 < slope < 1 else (1.0, 0.0)


def regression_samples(data: Data) -> tuple[NDArray[np.intp], Array, Array]:
    """Return positions of the samples of a regression, their weights and numbers for folds.

    Parameters
    ----------
    data : Data
        Labeled samples. Held-out samples are not used, and at most 10 000 others.

    Returns
    -------
    used, weight, draw : ndarray of shape (n_used,)
        The numbers are in [0, 1) and the same for copies of a sample.
    """
    used = data.training_rows
    # copies of a sample are in the same fold
    draw = draw_by_content(data.X[used], 0, data.feature_ranges)
    if len(used) > MAX_SAMPLES:
        some = np.argsort(draw, kind="stable")[:MAX_SAMPLES]
        used, draw = used[some], draw[some]
    return used, data.weight_as_counts(used), draw


def _fitted(
    regression: Regression, codes: Array, labels: Array, weight: Array, draw: Array
) -> tuple[Array, Array]:
    """Return weights and biases for the unscaled codes, with the best strength of the penalty."""
    codes, mean, scale = scaled_to_unit(codes, weight)
    strength = 1.0
    if len(codes) <= _MAX_CROSS_VALIDATED:
        _, strength = regression.best(codes, labels, weight, draw, regression.strengths)
    slopes, biases = regression.fit(codes, labels, weight, strength)
    return slopes / scale, biases - slopes @ mean / scale


def scaled_to_unit(codes: Array, weight: Array) -> tuple[Array, Array, float]:
    """Return centered codes of mean square at most one, their mean and their scale."""
    mean = np.average(codes, axis=0, weights=weight)
    # at least one: small codes would require large weights, whose steps would be too long
    scale = max(np.sqrt(np.average(((codes - mean) ** 2).mean(axis=1), weights=weight)), 1.0)
    return (codes - mean) / scale, mean, scale


def _folds(
    fold: NDArray[np.int_], is_always_used: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield masks of the samples to fit and of about a fifth of them, whose loss is measured."""
    for number in range(_N_FOLDS):
        test = fold == number
        train = ~test | is_always_used
        if test.any() and train.any():
            yield train, test
