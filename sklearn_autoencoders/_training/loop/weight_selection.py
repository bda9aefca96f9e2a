"""Selection of the weights at the end of training."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from torch import Tensor, nn

from ...objectives._losses import Loss
from .callbacks import TrainingCallback, are_finite, tensors_of
from .optimizers import SCHEDULES
from .training import Training

# A rise of the loss by this fraction of the baseline is examined.
_MAX_RISE = 0.5

# Factor by which the learning rate is then reduced, and the values of a group of parameters from
# which schedules compute it.
_REDUCTION, _RATES = 0.25, ("lr", "initial_lr", "max_lr", "min_lr")

# After this number of reductions of the learning rate, training diverges.
MAX_REDUCTIONS = 4

# If the loss of an epoch exceeded this multiple of that of the feature means, the result has to be
# better than this fraction of it.
_RISEN, _NO_BETTER = 2.0, 0.999

# Baseline loss below which the variance of the data is only rounding error.
_NEGLIGIBLE_LOSS = 1e-12


class Weights:
    """A copy of a network's parameters and buffers.

    Parameters
    ----------
    network : Module
        The network.
    """

    def __init__(self, network: nn.Module) -> None:
        self.live = tensors_of(network)
        self.copy = [tensor.detach().clone() for tensor in self.live]

    @torch.no_grad()
    def store(self) -> None:
        """Copy the current weights of the network."""
        for stored, tensor in zip(self.copy, self.live, strict=True):
            stored.copy_(tensor)

    @torch.no_grad()
    def restore(self) -> None:
        """Set the network's weights to the copy."""
        for stored, tensor in zip(self.copy, self.live, strict=True):
            tensor.copy_(stored)

    @torch.no_grad()
    def load(self, copies: list[Tensor]) -> None:
        """Set the copy."""
        for stored, tensor in zip(self.copy, copies, strict=True):
            stored.copy_(tensor)


class Backtracking(TrainingCallback):
    """Returns to the best weights and lowers the learning rate when the loss has risen far.

    While the formula of the loss changes, the best weights are those of the previous epoch.
    """

    _lowest = math.inf
    _limit: float | None = None

    def begin(self, training: Training) -> None:
        """Copy the initial weights."""
        self._best = Weights(training.network)

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Copy the weights if their loss is the lowest, or return to the copy."""
        loss = means["train_loss"]
        is_lowest = loss < self._lowest
        can_return = training.n_reductions < MAX_REDUCTIONS
        if not is_lowest and can_return and self._may_diverge(training, loss):
            if self._is_worse(training):
                self._best.restore()
                self._reduce_learning_rate(training)
                return
            self._limit = 2 * cast(float, self._limit)  # so that there are few false alarms
            is_lowest = True  # the loss of the copy was low by chance or by another formula
        if is_lowest or _has_changed(training):
            self._lowest = loss
            self._best.store()

    def _may_diverge(self, training: Training, loss: float) -> bool:
        rise = loss - self._lowest
        if self._limit is None and rise > _MAX_RISE * abs(self._lowest):
            baseline = training.mean_baseline(training.samples)
            self._limit = _MAX_RISE * max(baseline, abs(self._lowest), _NEGLIGIBLE_LOSS)
        return self._limit is not None and rise > self._limit

    def _is_worse(self, training: Training) -> bool:
        """Return whether the weights are worse than the copy on the same random draws."""
        current = Weights(training.network)
        training.evaluate()
        loss = training.mean_loss(training.samples)
        self._best.restore()
        rise = loss - training.mean_loss(training.samples)
        current.restore()
        return rise > 0.1 * cast(float, self._limit)

    @staticmethod
    def _reduce_learning_rate(training: Training) -> None:
        """Reduce the learning rate of all later steps, and forget the previous gradients."""
        training.optimizer.state.clear()
        training.n_reductions += 1
        training.n_corrected = training.n_epochs
        for group in training.optimizer.param_groups:
            group.update({name: _REDUCTION * group[name] for name in _RATES if name in group})

    def state_dict(self) -> dict[str, Any]:
        """Return the best weights, their loss and the limit."""
        return {"best": self._best.copy, "lowest": self._lowest, "limit": self._limit}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the best weights, their loss and the limit."""
        self._best.load(state["best"])
        self._lowest, self._limit = state["lowest"], state["limit"]


def _has_changed(training: Training) -> bool:
    """Return whether the formula of the loss has changed since the previous epoch began."""
    before = (training.n_epochs - 2) / training.plan.max_epochs
    return before < training.objective.loss.settled_after


class LastOrInitialWeights(TrainingCallback):
    """Keeps the last finite weights or, if the loss has not decreased, the initial ones."""

    _first_loss: Tensor | None = None

    def begin(self, training: Training) -> None:
        """Copy the initial weights."""
        self._initial, self._kept = Weights(training.network), Weights(training.network)

    def after_step(self, training: Training, loss: Tensor) -> None:
        """Store the loss of the first batch, computed with the initial weights."""
        if self._first_loss is None:
            self._first_loss = loss

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Copy the weights, which were checked to be finite."""
        self._kept.store()

    def end(self, training: Training) -> None:
        """Set the selected weights."""
        training.evaluate()
        if not are_finite(self._kept.live):
            self._kept.restore()
        elif self._first_loss is not None:
            if not self._has_decreased(training):
                self._select(training)
            note_no_improvement(training, float(self._first_loss))

    def state_dict(self) -> dict[str, Any]:
        """Return the kept weights and the first loss."""
        return {"kept": self._kept.copy, "first_loss": self._first_loss}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the kept weights and the first loss."""
        self._kept.load(state["kept"])
        self._first_loss = state["first_loss"]

    def _has_decreased(self, training: Training) -> bool:
        """Return whether the loss is well below, or at least not far above, its first value."""
        may_keep_start, curve = training.plan.may_keep_start, training.history.loss_curve
        if training.is_noisy and may_keep_start:  # losses of single batches are not comparable
            return False
        first = float(cast(Tensor, self._first_loss))
        limit = (0.9 if may_keep_start else 2.0) * first
        return bool(curve) and curve[-1] < limit and max(curve) < 10 * first

    def _select(self, training: Training) -> None:
        """Choose between the initial and the last weights by their loss on all samples."""
        samples = training.samples
        last = training.mean_loss(samples)
        self._kept.store()
        self._initial.restore()
        initial = training.mean_loss(samples)
        if last < initial or not training.plan.may_keep_start:
            self._kept.restore()
        note_divergence(training, initial, last, training.history.loss_curve)


class EarlyStopping(TrainingCallback):
    """Keeps the weights of the lowest validation loss, and stops when it no longer decreases."""

    _n_without_improvement = 0

    def begin(self, training: Training) -> None:
        """Measure the validation loss of the initial weights."""
        self._best = Weights(training.network)
        training.evaluate()
        self._best_loss = self._initial_loss = training.mean_loss(training.validation)
        plan = training.plan
        own = plan.warm_up if SCHEDULES[plan.schedule].warms_up else 0.0
        warm_up = max(own, training.objective.loss.settled_after)
        self._n_warm_up_epochs = warm_up * plan.max_epochs

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Compare the validation loss with the lowest so far."""
        loss, plan = means["valid_loss"], training.plan
        has_improved = loss < self._best_loss - plan.tol
        is_warming_up = training.n_epochs <= self._n_warm_up_epochs
        self._n_without_improvement += 1
        if has_improved or is_warming_up:
            self._n_without_improvement = 0
        if loss < self._best_loss:
            self._best_loss = loss
            self._best.store()
        if self._n_without_improvement >= cast(int, plan.n_iter_no_change):
            training.finished = True

    def end(self, training: Training) -> None:
        """Set the best weights."""
        training.evaluate()
        was_finite = are_finite(self._best.live)
        self._best.restore()
        if was_finite:
            losses = training.history.validation_losses
            note_divergence(training, self._initial_loss, self._initial_loss, losses)
            note_no_improvement(training, self._initial_loss)

    def state_dict(self) -> dict[str, Any]:
        """Return the best weights and the state of the comparison."""
        return {
            "best": self._best.copy,
            "best_loss": self._best_loss,
            "n_without_improvement": self._n_without_improvement,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the best weights and the state of the comparison."""
        self._best.load(state["best"])
        self._best_loss = state["best_loss"]
        self._n_without_improvement = state["n_without_improvement"]


def note_divergence(training: Training, initial: float, last: float, curve: list[float]) -> None:
    """Record a problem if the loss has increased by more than rounding errors or noise.

    Parameters
    ----------
    training : Training
        Its history records the problem.

    initial, last : float
        Losses of the initial and of the last weights.

    curve : list of float
        Losses between them.
    """
    # rises have been corrected, except for those after the last reduction that is possible
    is_exhausted = training.n_reductions == MAX_REDUCTIONS
    first = training.n_corrected if is_exhausted else max(training.n_corrected, len(curve) - 1)
    highest, is_random = max([last, *curve[first:]]), training.objective.loss.is_random
    if last < initial and (is_random or highest < 10 * initial):
        return  # whatever the baseline, which takes a pass over all samples
    baseline = training.mean_baseline(training.samples)
    if is_random:  # the initial weights can be close to an optimum
        limit = (1 if training.plan.may_keep_start else 10) * max(baseline, abs(initial))
        has_increased = not (last - initial < limit or last < baseline)
    else:
        is_near = last - initial < 0.1 * baseline
        has_increased = not (is_near and highest < 10 * max(initial, baseline))
    if has_increased and baseline > _NEGLIGIBLE_LOSS:
        training.history.problem = f"The loss rose from {initial:.3g} to {highest:.3g}"


def note_no_improvement(training: Training, initial: float) -> None:
    """Record a problem if the loss rose, and the result is no better than the feature means.

    Only reconstruction losses are compared, without penalties or corruption, whose losses rise by
    chance, and only of a whole fit: a short one from random weights, whose loss has not risen, may
    end near the feature means.

    Parameters
    ----------
    training : Training
        At the end, with the selected weights. Its history records the problem.

    initial : float
        Loss of the initial weights.
    """
    history, objective = training.history, training.objective
    is_exact = isinstance(objective.loss, Loss) and not training.is_noisy
    is_comparable = is_exact and not objective.penalties
    highest = max(history.loss_curve, default=0.0)
    if not (is_comparable and training.plan.may_keep_start and highest > _RISEN * initial):
        return
    baseline = training.mean_baseline(training.samples)
    has_risen = highest > _RISEN * baseline > _RISEN * _NEGLIGIBLE_LOSS
    if history.problem is not None or not has_risen:
        return
    if training.mean_loss(training.samples) >= _NO_BETTER * baseline:
        history.problem = (
            f"The loss rose from {initial:.3g} to {highest:.3g}, and the result is no better than "
            "a reconstruction by the feature means"
        )
