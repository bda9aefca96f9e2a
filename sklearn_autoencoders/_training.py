"""Training with skorch's loop; the only file that knows skorch."""

from __future__ import annotations

import dis
import functools
import math
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ._bridge import Model, Rows, make_generator
from ._solvers import SCHEDULES, SOLVERS
from ._threads import few_threads
from .networks import Autoencoder, Dropout, Output, decayed_parameters
from .objectives import Objective

if TYPE_CHECKING:
    from skorch import NeuralNet as _NeuralNet
else:
    _NeuralNet = object  # skorch is imported when it is first needed

# A loss of the column means under which there is no variance, only rounding errors.
_NOTHING_TO_LEARN = 1e-12


class EpochTask(Protocol):
    """Whoever wants to know about epochs."""

    def begin(self) -> None:
        """Hear that an epoch begins."""

    def end(self, history: History) -> bool:
        """Hear that an epoch has ended; return whether to stop."""


@dataclass(frozen=True)
class Plan:
    """How to train: the estimator's parameters, resolved."""

    solver: str
    schedule: str
    learning_rate: float
    weight_decay: float
    batch_size: int
    max_epochs: int
    tol: float = 0.0
    n_iter_no_change: int | None = None
    validation_fraction: float = 0.1
    verbose: int = 0
    callbacks: Sequence[Any] = ()
    may_keep_start: bool = True


@dataclass
class History:
    """What training leaves behind, beside the weights.

    Attributes
    ----------
    loss_curve : list of float
        Mean training objective of every epoch.

    validation_losses : list of float
        Loss on the held-out rows after every epoch.

    problem : str or None
        Why the last weights are not the ones kept.

    interruption : KeyboardInterrupt or None
        To be raised again once the estimator is usable.
    """

    loss_curve: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    problem: str | None = None
    interruption: KeyboardInterrupt | None = None


class _Stop(Exception):
    """Ends skorch's loop, which swallows KeyboardInterrupt and knows no other way."""


class _Weights:
    """A copy of a network's parameters and buffers, taken and put back in place."""

    def __init__(self, network: nn.Module) -> None:
        self._live = [*network.parameters(), *network.buffers()]
        self._copy = [tensor.detach().clone() for tensor in self._live]

    @torch.no_grad()
    def take(self) -> None:
        for kept, tensor in zip(self._copy, self._live, strict=True):
            kept.copy_(tensor)

    @torch.no_grad()
    def put_back(self) -> None:
        for kept, tensor in zip(self._copy, self._live, strict=True):
            tensor.copy_(kept)

    @torch.no_grad()
    def live_are_finite(self) -> bool:
        return all(bool(tensor.isfinite().all()) for tensor in self._live)


class _OnDevice:
    """A batch loss that skorch may record without waiting for the device."""

    def __init__(self, loss: Tensor) -> None:
        self._loss = loss.detach()

    def item(self) -> Tensor:
        return self._loss


class _Hooks(_NeuralNet):
    """What our skorch net does differently; mixed into `NeuralNet` once skorch is needed."""

    trainer: _Trainer

    @property
    def _default_callbacks(self) -> list[Any]:
        return []

    def notify(self, method_name: str, **kwargs: Any) -> None:
        getattr(self, method_name)(self, **kwargs)
        for _, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **kwargs)
            except KeyboardInterrupt as error:
                if not _is_raised_by_hand(error):
                    raise
                self.trainer.finished = True
        if method_name == "on_epoch_end" and self.trainer.finished:
            raise _Stop

    def infer(self, x: Tensor, **fit_params: Any) -> Any:
        return self.module_(x)

    def get_loss(self, y_pred: Any, y_true: Any, X: Any = None, training: bool = False) -> Tensor:
        return cast(Tensor, self.criterion_(y_pred, *y_true))

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # walking the modules costs a tenth of a small step
            super()._set_training(training)

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step(batch, **fit_params)
        self.trainer.after_step(step["loss"].detach())
        return {**step, "loss": _OnDevice(step["loss"])}

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_begin(net, **kwargs)
        self.trainer.task.begin()

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        losses = _mean_batch_losses(self.history[-1])
        for name, loss in losses.items():
            self.history.record(name, loss)
        self.trainer.after_epoch(**losses)


def _is_raised_by_hand(error: KeyboardInterrupt) -> bool:
    """Whether a `raise` statement did it, as skorch's callbacks do to stop, and not a signal."""
    traceback = cast(TracebackType, error.__traceback__)
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    instruction = traceback.tb_frame.f_code.co_code[traceback.tb_lasti]
    return dis.opname[instruction] == "RAISE_VARARGS"


def _mean_batch_losses(epoch: Any) -> dict[str, float]:
    """Replace skorch's record of every batch by the epoch's means."""
    batches = epoch["batches"]
    means = {}
    for prefix in ("train", "valid"):
        of_prefix = [batch for batch in batches if f"{prefix}_loss" in batch]
        if of_prefix:
            losses = torch.stack([torch.as_tensor(b[f"{prefix}_loss"]) for b in of_prefix])
            sizes = [batch[f"{prefix}_batch_size"] for batch in of_prefix]
            means[f"{prefix}_loss"] = float(np.average(losses.double().cpu(), weights=sizes))
    batches.clear()
    return means


@functools.cache
def _net_class() -> type:
    from skorch import NeuralNet

    _import_dynamo()
    return type("_Net", (_Hooks, NeuralNet), {})


def _import_dynamo() -> None:
    """Import what torch's optimisers import when first used, without its traces in the process."""
    filters, variables = warnings.filters[:], set(os.environ)
    import torch._dynamo

    warnings.filters[:] = filters  # type: ignore[index]
    for name in set(os.environ) - variables:
        del os.environ[name]


class _Trainer:
    """What happens around skorch's loop: schedule, curves, the weights worth keeping, the end."""

    def __init__(self, network: Autoencoder, objective: Objective, plan: Plan, task: EpochTask):
        self.network, self.objective, self.plan, self.task = network, objective, plan, task
        self.history = History()
        self._initial, self._kept = _Weights(network), _Weights(network)
        self._decayed: list[Tensor] = [*decayed_parameters(network)] if plan.weight_decay else []
        self._initial_loss: Tensor | None = None
        self._best, self._misses = math.inf, 0
        self.finished = False

    def run(self, net: Any, rows: Any, held_out: Any) -> None:
        """Run skorch's loop to its end, or until somebody stops it."""
        if held_out is not None:
            self._best = self._mean_objective(self.network.eval(), held_out)
            self._held_out_start = self._best
        n_steps = self.plan.max_epochs * math.ceil(len(rows) / self.plan.batch_size)
        self._optimizer = net.optimizer_
        self._scheduler = SCHEDULES[self.plan.schedule](self._optimizer, n_steps)
        try:
            net.notify("on_train_begin", X=rows, y=None)
            net.fit_loop(rows, epochs=self.plan.max_epochs)
        except _Stop:
            pass
        except KeyboardInterrupt as interruption:  # raised again once the estimator is usable
            self.history.interruption = interruption
            return
        net.notify("on_train_end", X=rows, y=None)

    @torch.no_grad()
    def after_step(self, loss: Tensor) -> None:
        """Decay the weights and move the learning rate."""
        if self._initial_loss is None:
            self._initial_loss = loss
        if self._decayed:  # decoupled from the gradient, as in AdamW
            rate = self._optimizer.param_groups[0]["lr"] * self.plan.weight_decay
            torch._foreach_mul_(self._decayed, 1.0 - min(rate, 1.0))
        self._scheduler.step()

    def after_epoch(self, train_loss: float, valid_loss: float | None = None) -> None:
        """Record the epoch, and decide whether it was the last."""
        n_epochs = len(self.history.loss_curve) + 1
        if not (math.isfinite(train_loss) and self._kept.live_are_finite()):
            self.history.problem = f"The loss became {train_loss} in epoch {n_epochs}"
            self.finished = True
            return
        self.history.loss_curve.append(train_loss)
        if self.plan.verbose:
            validation = "" if valid_loss is None else f"  validation {valid_loss:.6g}"
            print(f"epoch {n_epochs}/{self.plan.max_epochs}  loss {train_loss:.6g}{validation}")
        exhausted = self._judge(valid_loss)
        self.finished = self.task.end(self.history) or exhausted

    def _judge(self, valid_loss: float | None) -> bool:
        """Keep the weights if they are the best so far; return whether patience has run out."""
        if valid_loss is None:
            self._kept.take()
            return False
        self.history.validation_losses.append(valid_loss)
        self._misses = 0 if valid_loss < self._best - self.plan.tol else self._misses + 1
        if valid_loss < self._best:
            self._best = valid_loss
            self._kept.take()
        return self._misses >= cast(int, self.plan.n_iter_no_change)

    def settle(self, rows: Any) -> None:
        """Leave the best weights in the network, which are finite in any case."""
        self.network.eval()
        if not self._kept.live_are_finite():
            self._kept.put_back()
        elif self.plan.n_iter_no_change is not None:
            self._kept.put_back()
            start = self._held_out_start
            self._note_divergence(start, start, self.history.validation_losses, rows)
        elif self.plan.may_keep_start and self._initial_loss is not None and not self._has_fallen():
            self._choose_between_start_and_end(rows)

    def _has_fallen(self) -> bool:
        """Whether the loss went down from that of the first batch, which no step has changed."""
        curve, initial = self.history.loss_curve, float(cast(Tensor, self._initial_loss))
        return bool(curve) and curve[-1] < 0.9 * initial and max(curve) < 10 * initial

    def _choose_between_start_and_end(self, rows: Any) -> None:
        end = self._mean_objective(self.network, rows)
        self._kept.take()
        self._initial.put_back()
        start = self._mean_objective(self.network, rows)
        if end < start:
            self._kept.put_back()
        self._note_divergence(start, end, self.history.loss_curve, rows)

    def _note_divergence(self, start: float, end: float, curve: list[float], rows: Any) -> None:
        """Tell a divergence from rounding errors, by what the column means would cost."""
        centre = self._mean_objective(lambda x: Output(x, torch.zeros_like(x)), rows)
        peak = max([end, *curve])
        has_risen = not (end - start < 0.1 * centre and peak < 10 * max(start, centre))
        if has_risen and centre > _NOTHING_TO_LEARN:
            self.history.problem = f"The loss rose from {start:.3g} to {peak:.3g}"

    @torch.no_grad()
    def _mean_objective(self, network: Callable[[Tensor], Output], rows: Any) -> float:
        total = 0.0
        for chunk in torch.arange(len(rows)).split(4 * self.plan.batch_size):
            x, compared = rows.__getitems__(chunk.tolist())
            total += float(self.objective(network(x), *compared)) * len(chunk)
        return total / len(rows)


def train(
    model: Model,
    objective: Objective,
    X: NDArray[Any],
    weight: NDArray[np.float64] | None,
    plan: Plan,
    generator: torch.Generator,
    task: EpochTask,
) -> History:
    """Train the network of a model in place.

    Parameters
    ----------
    model : Model
        Its weights are the starting point.

    objective : Objective
        What to minimise.

    X : ndarray of shape (n_samples, n_features)
        Training rows.

    weight : ndarray of shape (n_samples,) or None
        Sample weights.

    plan : Plan
        How to train.

    generator : Generator
        Splits off the held-out rows and shuffles the others.

    task : EpochTask
        Told about every epoch.

    Returns
    -------
    History
        The curves and what went wrong. The network holds finite weights in any case.
    """
    dtype = next(model.network.parameters()).dtype
    rows: Any = Rows(model, X, weight, dtype)
    held_out = None
    if plan.n_iter_no_change is not None:
        rows, held_out = _split(rows, plan.validation_fraction, generator)
    noise = make_generator(int(torch.randint(2**31, (), generator=generator)), model.device)
    for module in model.network.modules():
        if isinstance(module, Dropout):
            module.generator, module.per_batch = noise, plan.batch_size >= len(rows)
    trainer = _Trainer(model.network, objective, plan, task)
    with few_threads(model.network, plan.batch_size):
        net = _make_net(model.network, objective, len(rows), held_out, plan, generator)
        net.trainer = trainer
        net.initialize()
        trainer.run(net, rows, held_out)
        trainer.settle(rows)
    return trainer.history


def _split(rows: Rows, fraction: float, generator: torch.Generator) -> list[Any]:
    n_held_out = max(round(fraction * len(rows)), 1)
    if n_held_out >= len(rows):
        raise ValueError(
            f"early_stopping=True needs at least 2 rows to hold some out; got "
            f"n_samples={len(rows)} and validation_fraction={fraction}."
        )
    sizes = [len(rows) - n_held_out, n_held_out]
    return torch.utils.data.random_split(rows, sizes, generator=generator)


def _make_net(
    network: Autoencoder,
    objective: Objective,
    n_rows: int,
    held_out: torch.utils.data.Dataset[Any] | None,
    plan: Plan,
    generator: torch.Generator,
) -> Any:
    from skorch.helper import predefined_split

    return _net_class()(
        module=network,
        criterion=objective,
        optimizer=SOLVERS[plan.solver],
        lr=plan.learning_rate,
        batch_size=plan.batch_size,
        train_split=None if held_out is None else predefined_split(held_out),
        iterator_train__sampler=_Shuffled(n_rows, generator),
        iterator_train__generator=generator,
        iterator_train__collate_fn=_identity,
        iterator_valid__generator=generator,
        iterator_valid__collate_fn=_identity,
        callbacks=list(plan.callbacks),
        device=str(next(network.parameters()).device),
        verbose=0,
    )


class _Shuffled(torch.utils.data.Sampler[int]):
    """The rows in random order, without a Python list of all of them as in RandomSampler."""

    def __init__(self, n_rows: int, generator: torch.Generator) -> None:
        self._n_rows, self._generator = n_rows, generator

    def __len__(self) -> int:
        return self._n_rows

    def __iter__(self) -> Iterator[int]:
        for part in torch.randperm(self._n_rows, generator=self._generator).split(4096):
            yield from part.tolist()


def _identity(batch: Any) -> Any:
    return batch
