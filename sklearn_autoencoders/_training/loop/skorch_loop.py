"""Training with skorch's loop; the only module that imports skorch."""

from __future__ import annotations

import functools
import math
import traceback
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from ..._data.data import Data
from ..._data.model import Model
from ..._persistence.checkpoint import TrainingFile
from ..._utils.batch import Batch
from ..._utils.ranks import OtherRankFailed
from ..._utils.rendezvous import ask
from ..._utils.torch_compat import import_dynamo
from ..._utils.torch_settings import few_threads
from ...networks._layers.basic import drawing
from ...networks._layers.costs import multiply_adds
from ...objectives._objective import Objective
from .callback_checks import raise_missing_column
from .callbacks import (
    Averaging,
    Checkpointing,
    Freezing,
    GradientClipping,
    LearningRate,
    Notification,
    Recorder,
    TrainingCallback,
    WeightDecay,
    tensors_of,
)
from .fold_selection import selection_of_weights
from .means import Mean, OnDevice
from .optimizers import SOLVERS
from .plan import EpochTask, History, Plan
from .request import Request
from .sampler import RankSampler
from .training import StopTraining, Training
from .weight_selection import Backtracking

if TYPE_CHECKING:
    from skorch import NeuralNet as _NeuralNet
else:
    _NeuralNet = object  # skorch is imported when it is first needed


def train(
    model: Model,
    objective: Objective,
    data: Data,
    plan: Plan,
    generator: torch.Generator,
    task: EpochTask,
) -> History:
    """Train the network of a model in place.

    Parameters
    ----------
    model : Model
        The model. Its weights are the initial weights.

    objective : Objective
        What is minimized.

    data : Data
        Training samples.

    plan : Plan
        The plan of the training.

    generator : Generator
        Shuffles the samples, and seeds dropout and corruptions.

    task : EpochTask
        Task that is notified of the epochs.

    Returns
    -------
    History
        The curves and any problems. The weights of the network are always finite.
    """
    return cast(History, ask(Request(model, objective, data, plan, generator, task), train_alone))


def train_alone(request: Request) -> History:
    """Train a single network, whether or not there are others that could be trained with it."""
    file, training = request.file(), request.training()
    network, noise = training.network, training.noise
    work = request.plan.batch_size * multiply_adds(network)
    with few_threads(work), drawing(network, noise.generator, noise.shared):
        loop = Loop(training, request.generator, own_callbacks(training, request.task), file)
        loop.run()
    return training.history


def own_callbacks(training: Training, task: EpochTask) -> list[TrainingCallback]:
    """Return the callbacks of a training, in the order in which they are called."""
    plan, loss = training.plan, training.objective.loss
    callbacks: list[TrainingCallback] = [Averaging()] if plan.ranks.size > 1 else []
    callbacks += [WeightDecay()] if plan.weight_decay else []
    callbacks += [LearningRate()]
    callbacks += [GradientClipping()] if loss.is_heavy_tailed else []
    callbacks += [Freezing()] if plan.n_frozen else []
    callbacks += [Recorder(), Backtracking()]
    return [*callbacks, selection_of_weights(plan), Notification(task)]


class Loop:
    """skorch's training loop with the callbacks of this package.

    Parameters
    ----------
    training : Training
        The training.

    generator : Generator
        Shuffles the samples.

    callbacks : list of TrainingCallback
        Called in this order.

    file : TrainingFile or None, default=None
        File of the state of training.

    **settings : dict
        Further parameters of skorch's net.
    """

    def __init__(
        self,
        training: Training,
        generator: torch.Generator,
        callbacks: list[TrainingCallback],
        file: TrainingFile | None = None,
        **settings: Any,
    ) -> None:
        self._training, self._generator, self._file = training, generator, file
        self.callbacks = [*callbacks]
        self.callbacks += [] if file is None else [Checkpointing(file, self._state)]
        self._net = _make_net(training, generator, self.callbacks, settings)

    def run(self) -> None:
        """Train until the end, or until a callback or an interruption stops training."""
        training, net = self._training, self._net
        trained = _trained(training.network)
        net.initialize()
        training.optimizer = net.optimizer_
        for callback in self.callbacks:
            callback.begin(training)
        if self._file is not None:
            self._resume(self._file.read(next(training.network.parameters()).device))
        self._fit()
        for callback in self.callbacks:
            callback.end(training)
        for parameter in trained:  # a callback can have frozen some of them
            parameter.requires_grad_(True)

    def _fit(self) -> None:
        training, net = self._training, self._net
        n_left = 0 if training.finished else training.plan.max_epochs - training.n_epochs
        try:
            net.notify("on_train_begin", X=training.samples, y=None)
            net.fit_loop(training.samples, epochs=n_left)
        except StopTraining:
            pass
        except KeyboardInterrupt as interruption:  # raised again when the estimator is usable
            training.plan.ranks.fail()
            training.history.interruption = interruption
            return
        except OtherRankFailed:
            raise
        except Exception:
            training.plan.ranks.fail()
            raise
        net.notify("on_train_end", X=training.samples, y=None)

    def _state(self) -> dict[str, Any]:
        """Return the state between two epochs, which determines the rest of training."""
        training = self._training
        return {
            "tensors": tensors_of(training.network),
            "optimizer": training.optimizer.state_dict(),
            "noise": training.noise.generator.get_state(),
            "generator": self._generator.get_state(),
            "finished": training.finished,
            "n_reductions": training.n_reductions,
            "n_corrected": training.n_corrected,
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            **training.history.curves(),
        }

    @torch.no_grad()
    def _resume(self, state: dict[str, Any] | None) -> None:
        """Resume from the state that a terminated fit has written, if it exists."""
        if state is None:
            return
        training = self._training
        for tensor, saved in zip(tensors_of(training.network), state["tensors"], strict=True):
            tensor.copy_(saved)
        training.optimizer.load_state_dict(state["optimizer"])
        training.noise.generator.set_state(state["noise"].cpu())
        self._generator.set_state(state["generator"].cpu())
        for name in ("finished", "n_reductions", "n_corrected"):
            setattr(training, name, state[name])
        for callback, own in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(own)
        for name in training.history.curves():
            setattr(training.history, name, state[name])


class _Hooks(_NeuralNet):
    """Mixin with the changes to skorch's `NeuralNet`, which is imported on first use."""

    training: Training
    own_callbacks: list[TrainingCallback]
    means: dict[str, Mean]
    terms: dict[str, Tensor]
    lowest: dict[str, float]

    @property
    def _default_callbacks(self) -> list[Any]:
        return []

    def notify(self, method_name: str, **kwargs: Any) -> None:
        getattr(self, method_name)(self, **kwargs)
        for _, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **kwargs)
            except KeyboardInterrupt as error:
                if not _is_raised_by_statement(error):
                    raise
                self.training.finished = True
            except Exception as error:
                raise_missing_column(error, callback, self.history)
                raise
        if method_name == "on_epoch_begin" and not _trained(self.module_):
            raise ValueError(
                "callbacks freeze all parameters of the network, so that nothing is trained. Leave "
                "some of them unfrozen."
            )
        if method_name == "on_epoch_end" and self.training.plan.ranks.agree(self.training.finished):
            raise StopTraining

    def infer(self, x: Batch, **fit_params: Any) -> Any:
        return self.module_(x)

    def get_loss(self, y_pred: Any, y_true: Any, X: Any = None, training: bool = False) -> Tensor:
        loss, self.terms = self.criterion_(y_pred, X, self.module_)
        self.training.batch_losses = [loss.detach(), *self.terms.values()]  # without their graph
        self.training.batch_samples = len(X)
        return cast(Tensor, loss)

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # setting it takes a tenth of a small step
            super()._set_training(training)

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step(batch, **fit_params)
        loss = step["loss"].detach()
        for callback in self.own_callbacks:
            callback.after_step(self.training, loss)
        for name, value in self.terms.items():
            self.means[name].add(value, self.training.batch_samples)
        return {**step, "loss": OnDevice(loss)}

    def validation_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        with self.training.noise.repeated():
            return cast(dict[str, Any], super().validation_step(batch, **fit_params))

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_begin(net, **kwargs)
        names = ("train_loss", "valid_loss", *self.training.objective.loss.term_names)
        self.means = {name: Mean() for name in names}
        for callback in self.own_callbacks:
            callback.begin_epoch(self.training)

    def on_grad_computed(self, net: Any, **kwargs: Any) -> None:
        super().on_grad_computed(net, **kwargs)
        for callback in self.own_callbacks:
            callback.after_gradients(self.training)

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **kw: Any) -> None:
        super().on_batch_end(net, batch=batch, training=training, **kw)
        records, prefix = self.history[-1]["batches"], "train" if training else "valid"
        self.means[f"{prefix}_loss"].add(records[-1][f"{prefix}_loss"], self.training.batch_samples)
        del records[:-1]  # many small objects between large ones fragment the heap

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        means = {name: float(mean) for name, mean in self.means.items() if mean}
        for name, mean in means.items():
            self.history.record(name, mean)
            self.history.record(f"{name}_best", mean < self.lowest.get(name, math.inf))
            self.lowest[name] = min(mean, self.lowest.get(name, math.inf))
        for callback in self.own_callbacks:
            callback.end_epoch(self.training, means)


def _trained(network: torch.nn.Module) -> list[torch.nn.Parameter]:
    """Return the parameters that are not frozen."""
    return [parameter for parameter in network.parameters() if parameter.requires_grad]


def _is_raised_by_statement(error: KeyboardInterrupt) -> bool:
    """Return whether a callback raised it to stop training, as in skorch, instead of Ctrl-C."""
    line = traceback.extract_tb(error.__traceback__)[-1].line
    return line is not None and line.startswith("raise")


@functools.cache
def _net_class() -> type:
    from skorch import NeuralNet

    import_dynamo()
    return type("_Net", (_Hooks, NeuralNet), {})


def _make_net(
    training: Training,
    generator: torch.Generator,
    callbacks: list[TrainingCallback],
    settings: dict[str, Any],
) -> Any:
    from skorch.helper import predefined_split

    plan, validation = training.plan, training.validation
    groups = [
        (pattern, {"lr": ratio * plan.learning_rate}) for pattern, ratio in plan.rate_ratios.items()
    ]
    defaults = {
        "module": training.network,
        "criterion": training.objective,
        "optimizer": functools.partial(SOLVERS[plan.solver], memory=plan.memory),
        "lr": plan.learning_rate,
        "optimizer__param_groups": groups,
        "batch_size": -(-plan.batch_size // plan.ranks.size),
        "train_split": None if validation is None else predefined_split(validation),
        "iterator_train__sampler": _sampler(training, generator),
        "iterator_train__generator": generator,
        "iterator_train__collate_fn": as_pair,
        "iterator_valid__generator": generator,
        "iterator_valid__collate_fn": as_pair,
        "callbacks": list(plan.callbacks),
        "device": str(next(training.network.parameters()).device),
        "verbose": 0,
    }
    net = _net_class()(**defaults | settings)
    net.training, net.own_callbacks, net.lowest = training, callbacks, {}
    return net


def _sampler(training: Training, generator: torch.Generator) -> torch.utils.data.Sampler[int]:
    """Return the sampler of this process."""
    plan = training.plan
    sampler = plan.sampler(len(training.samples), generator)
    if plan.ranks.size == 1:
        return sampler
    return RankSampler(sampler, plan.ranks, plan.batch_size)


def as_pair(batch: Batch) -> tuple[Batch, Batch]:
    """Return a batch as both input and target, because skorch expects a pair."""
    return batch, batch
