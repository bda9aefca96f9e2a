"""Where a head starts: at the regression on the codes that predicts rows left out best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge
from torch import Tensor

from .._data.batches import Data
from .._data.model import Model
from .._data.splits import draw_by_content
from .._inference.run import encode
from ..networks._predictor import Predictor

Array = NDArray[np.float64]
Fit = Callable[[Array, Array, Array, float], tuple[Array, Array]]
Formula = Callable[[Tensor, Tensor], Tensor]

# Strengths of the penalty that are tried, for codes whose mean square is at most one.
_STRENGTHS = np.logspace(3, 0, 4)
# Rows above which one strength is as good as another, and which need not all be looked at.
_MANY, _MOST = 2_000, 10_000
_N_FOLDS = 5
# Weights up to which Newton's method is fast; it settles to the last digits.
_FEW_WEIGHTS = 200


def fit_logistic(
    codes: Array, labels: Array, weight: Array, strength: float
) -> tuple[Array, Array]:
    """Return the logits' weights and biases, zero for classes that are not there."""
    chosen = labels.argmax(axis=1)
    present = np.unique(chosen)
    n_outputs = labels.shape[1]
    slopes, biases = np.zeros((n_outputs, codes.shape[1])), np.full(n_outputs, -10.0)
    biases[present] = 0.0
    if len(present) > 1:
        is_small = codes.shape[1] * n_outputs <= _FEW_WEIGHTS
        solver = {"solver": "newton-cholesky", "tol": 1e-7} if is_small else {"tol": 1e-3}
        model = LogisticRegression(C=1 / strength, **solver).fit(codes, chosen, weight)
        # scikit-learn has one logit for two classes
        share = np.array([[-0.5], [0.5]]) if len(present) == 2 else np.eye(len(present))
        slopes[present] = share @ model.coef_
        biases[present] = share @ model.intercept_
    return slopes, biases


def fit_ridge(codes: Array, labels: Array, weight: Array, strength: float) -> tuple[Array, Array]:
    """Return the weights and biases of each output, from the rows in which it is known."""
    slopes, biases = np.zeros((labels.shape[1], codes.shape[1])), np.zeros(labels.shape[1])
    for output, column in enumerate(labels.T):
        known = ~np.isnan(column)
        if known.any():
            model = Ridge(strength).fit(codes[known], column[known], weight[known])
            slopes[output], biases[output] = model.coef_, model.intercept_
    return slopes, biases


def start_at_regression(model: Model, data: Data, fit: Fit, formula: Formula) -> None:
    """Start a head at the regression on the codes of rows, held-out ones aside.

    Parameters
    ----------
    model : Model
        The head of its network is changed in place.

    data : Data
        Rows with labels.

    fit : callable
        Maps codes, labels, weights and the strength of a penalty to slopes and biases.

    formula : callable
        The loss of each row that the head is to minimise, of predictions and labels.
    """
    rows = np.arange(len(data.X)) if data.held_out is None else _others(data)
    draw = draw_by_content(data.X[rows], 0)  # copies are left out together
    if len(rows) > _MOST:
        some = np.argsort(draw, kind="stable")[:_MOST]
        rows, draw = rows[some], draw[some]
    network = cast(Predictor, model.network.eval())
    codes = encode(model, data.X[rows]).astype(np.float64)
    weight = np.ones(len(rows)) if data.weight is None else data.weight[rows]
    weight = weight / min(weight.mean(), 1.0)  # as many rows as there are, or more
    slopes, biases = _regression(fit, formula, codes, cast(Array, data.labels)[rows], weight, draw)
    network.start_at(torch.tensor(slopes), torch.tensor(biases))


def _others(data: Data) -> NDArray[np.intp]:
    return np.delete(np.arange(len(data.X)), cast(NDArray[np.intp], data.held_out))


def _regression(
    fit: Fit, formula: Formula, codes: Array, labels: Array, weight: Array, draw: Array
) -> tuple[Array, Array]:
    """Return weights and biases for codes as they are, of the penalty that predicts best."""
    mean = np.average(codes, axis=0, weights=weight)
    # at least one: the large weights that small codes need would make of every step a leap
    scale = max(np.sqrt(np.average(((codes - mean) ** 2).mean(axis=1), weights=weight)), 1.0)
    codes = (codes - mean) / scale
    strength = 1.0
    if len(codes) <= _MANY:
        parts = list(_left_out((_N_FOLDS * draw).astype(int)))
        risks = [_risk(fit, formula, codes, labels, weight, value, parts) for value in _STRENGTHS]
        strength = _STRENGTHS[int(np.argmin(risks))]
    slopes, biases = fit(codes, labels, weight, strength)
    return slopes / scale, biases - slopes @ mean / scale


def _left_out(fold: NDArray[np.int_]) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows are left out, about a fifth of them each time."""
    for number in range(_N_FOLDS):
        if 0 < (fold == number).sum() < len(fold):
            yield fold == number


def _risk(
    fit: Fit,
    formula: Formula,
    codes: Array,
    labels: Array,
    weight: Array,
    strength: float,
    parts: list[NDArray[np.bool_]],
) -> float:
    """Return the loss of rows that are left out in turn."""
    total = 0.0
    for is_out in parts:
        kept = ~is_out
        slopes, biases = fit(codes[kept], labels[kept], weight[kept], strength)
        prediction = torch.tensor(codes[is_out] @ slopes.T + biases)
        loss = formula(prediction, torch.tensor(labels[is_out]))
        total += float(weight[is_out] @ loss.numpy())
    return total
