"""Callbacks of the training loop; each has one purpose."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..._persistence.checkpoint import TrainingFile
from ..._utils.torch_compat import foreach_mul_, foreach_norm
from ...networks._layers.basic import decayed_parameters
from ...networks._layers.subspace import fixed_tensors
from ...networks._models.predictor import Predictor
from .optimizers import SCHEDULES
from .plan import EpochTask
from .training import StopTraining, Training

# Gradients that are longer than this multiple of the usual length are clipped.
_MAX_RELATIVE_LENGTH = 3.0


class TrainingCallback:
    """Base class of callbacks, which are called in the order of the list."""

    def begin(self, training: Training) -> None:
        """Prepare for training, when the optimizer has been created."""

    def begin_epoch(self, training: Training) -> None:
        """Run before each epoch."""

    def after_gradients(self, training: Training) -> None:
        """Run after the gradients are computed and before the step."""

    def after_step(self, training: Training, loss: Tensor) -> None:
        """Run after each step."""

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Run after each epoch with the means of its losses and terms."""

    def end(self, training: Training) -> None:
        """Run at the end of training, also after an interruption."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state that a checkpoint stores."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that :meth:`state_dict` returned."""


class WeightDecay(TrainingCallback):
    """Multiplies weights by a factor below one after each step, as AdamW does."""

    def begin(self, training: Training) -> None:
        """Select the parameters that are decayed."""
        decayed = {id(parameter) for parameter in decayed_parameters(training.network)}
        self._decayed = [
            [parameter for parameter in group["params"] if id(parameter) in decayed]
            for group in training.optimizer.param_groups
        ]

    @torch.no_grad()
    def after_step(self, training: Training, loss: Tensor) -> None:
        """Decay the parameters that have been trained in this step."""
        groups = training.optimizer.param_groups  # other dicts once a checkpoint has been read
        for group, parameters in zip(groups, self._decayed, strict=True):
            trained = [p for p in parameters if p.grad is not None]
            if trained:
                rate = group["lr"] * training.plan.weight_decay
                foreach_mul_(trained, 1.0 - min(rate, 1.0))


class LearningRate(TrainingCallback):
    """Applies the learning rate schedule and updates the progress of training."""

    def begin(self, training: Training) -> None:
        """Create the schedule."""
        plan, self._objective = training.plan, training.objective
        self._n_steps = training.n_steps
        make = SCHEDULES[plan.schedule].make
        self._scheduler = make(training.optimizer, self._n_steps, plan.warm_up)
        self._objective.progress = 0.0

    def after_step(self, training: Training, loss: Tensor) -> None:
        """Set the learning rate of the next step."""
        self._scheduler.step()
        self._objective.progress += 1 / self._n_steps

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the schedule and the progress."""
        return {"scheduler": self._scheduler.state_dict(), "progress": self._objective.progress}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the schedule and the progress."""
        self._scheduler.load_state_dict(state["scheduler"])
        self._objective.progress = state["progress"]


class GradientClipping(TrainingCallback):
    """Clips gradients that are much longer than usual, such as those of a single outlier."""

    _usual_length: Tensor | None = None

    def begin(self, training: Training) -> None:
        """List the parameters: to list them in every step takes a tenth of a small one."""
        self._parameters = list(training.network.parameters())

    @torch.no_grad()
    def after_gradients(self, training: Training) -> None:
        """Clip the gradients, and update their usual length."""
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        length = torch.stack(foreach_norm(gradients)).norm()
        usual = length if self._usual_length is None else self._usual_length
        limit = torch.where(usual > 0, _MAX_RELATIVE_LENGTH * usual, length)
        is_on_cpu = length.device.type == "cpu"  # comparisons on a GPU would wait for it
        if not is_on_cpu or length > limit:
            foreach_mul_(gradients, torch.where(length > limit, limit / length, 1.0))
        self._usual_length = usual.lerp(torch.minimum(length, limit), 0.05)

    def state_dict(self) -> dict[str, Any]:
        """Return the usual length."""
        return {"usual_length": self._usual_length}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the usual length."""
        self._usual_length = state["usual_length"]


class Averaging(TrainingCallback):
    """Averages gradients, losses and buffers over the processes that train together."""

    def begin(self, training: Training) -> None:
        """Start with the weights of the first process."""
        tensors = tensors_of(training.network)
        training.plan.ranks.share_first(tensors)
        self._parameters = [t for t in tensors if isinstance(t, nn.Parameter)]
        self._buffers = [t for t in tensors if not isinstance(t, nn.Parameter)]
        self._seed = training.noise.generator.initial_seed()

    def begin_epoch(self, training: Training) -> None:
        """Seed the noise for the samples of this process, unless all samples share one draw.

        A fit can then be resumed from the state of the first process.
        """
        ranks, self._n_left = training.plan.ranks, len(training.samples)
        if not training.noise.shared:
            place = 1 + training.n_epochs * ranks.size + ranks.rank
            training.noise.generator.manual_seed(self._seed + place)

    def after_gradients(self, training: Training) -> None:
        """Average them over the samples of a batch."""
        ranks = training.plan.ranks
        ranks.agree(finished=False)
        training.batch_samples = n_samples = min(training.plan.batch_size, self._n_left)
        self._n_left -= n_samples
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        weight = len(range(ranks.rank, n_samples, ranks.size)) / n_samples
        ranks.average([*gradients, *self._buffers, *training.batch_losses], weight)


class Freezing(TrainingCallback):
    """Keeps the first layers of an encoder frozen in the first epochs."""

    def begin_epoch(self, training: Training) -> None:
        """Freeze the number of layers that the plan specifies."""
        n_frozen = cast(Callable[[int], int], training.plan.n_frozen)
        cast(Predictor, training.network).freeze(n_frozen(training.n_epochs))

    def end(self, training: Training) -> None:
        """Unfreeze all layers."""
        cast(Predictor, training.network).freeze(0)


class Recorder(TrainingCallback):
    """Records the curves; stops training if the loss or a weight is not finite."""

    def begin(self, training: Training) -> None:
        """Keep the tensors that must be finite."""
        self._tensors = tensors_of(training.network)

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Append the means of an epoch to the curves, and print them if `verbose`."""
        history, n_epochs = training.history, training.n_epochs + 1
        loss, validation_loss = means["train_loss"], means.get("valid_loss")
        if not (math.isfinite(loss) and are_finite(self._tensors)):
            history.problem = f"The loss became {loss} in epoch {n_epochs}"
            raise StopTraining
        history.loss_curve.append(loss)
        history.validation_losses += [] if validation_loss is None else [validation_loss]
        for name in training.objective.loss.term_names:
            history.terms.setdefault(name, []).append(means[name])
        if training.plan.verbose:
            validation = "" if validation_loss is None else f"  validation {validation_loss:.6g}"
            stage = f"{training.plan.stage}, " if training.plan.stage else ""
            n_all = training.plan.max_epochs
            print(f"{stage}epoch {n_epochs}/{n_all}  loss {loss:.6g}{validation}")


class Notification(TrainingCallback):
    """Notifies a task of the epochs; the task can stop training.

    Parameters
    ----------
    task : EpochTask
        The task that is notified.
    """

    def __init__(self, task: EpochTask) -> None:
        self._task = task

    def begin_epoch(self, training: Training) -> None:
        """Notify the task of the beginning of an epoch."""
        self._task.begin()

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Notify the task of the end of an epoch."""
        training.finished = self._task.end(training.history) or training.finished


class Checkpointing(TrainingCallback):
    """Writes the state of training to a file after an epoch.

    Parameters
    ----------
    file : TrainingFile
        The file.

    state : callable
        Returns the state.
    """

    def __init__(self, file: TrainingFile, state: Callable[[], dict[str, Any]]) -> None:
        self._file, self._state = file, state

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """Write the file, in the first of several processes."""
        if training.plan.ranks.is_first:
            self._file.write(self._state)


def tensors_of(network: nn.Module) -> list[Tensor]:
    """Return the parameters and buffers of a network that can change."""
    fixed = {id(tensor) for tensor in fixed_tensors(network)}
    buffers = [buffer for buffer in network.buffers() if id(buffer) not in fixed]
    return [*network.parameters(), *buffers]


@torch.no_grad()
def are_finite(tensors: list[Tensor]) -> bool:
    """Return whether all values of all tensors are finite."""
    return all(bool(tensor.isfinite().all()) for tensor in tensors)
