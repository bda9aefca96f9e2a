"""Training with skorch's loop; the only file that knows skorch."""

from __future__ import annotations

import dis
import functools
import importlib
import os
import threading
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from torch import Tensor

from .._data.batches import Damage, Data, Rows
from .._data.model import Model
from .._persistence.checkpoint import TrainingFile
from .._persistence.state import weights_of
from .._utils.random import make_generator
from .._utils.torch_settings import few_threads
from ..corruptions import corrupt
from ..networks._autoencoder import Autoencoder
from ..networks._costs import multiply_adds
from ..networks._layers import drawing
from ..objectives._objective import Objective
from .optimizers import SOLVERS
from .plan import EpochTask, History, Plan
from .trainer import Noise, Trainer

if TYPE_CHECKING:
    from skorch import NeuralNet as _NeuralNet
else:
    _NeuralNet = object  # skorch is imported when it is first needed


# How many rows are corrupted for a trial, and how far, in units of scale, they may be moved.
_N_PROBED = 256
_FARTHEST = 1e6


class _Stop(Exception):
    """Ends skorch's loop, which swallows KeyboardInterrupt and knows no other way."""


class _OnDevice:
    """A batch loss that skorch may record without waiting for the device."""

    def __init__(self, loss: Tensor) -> None:
        self._loss = loss.detach()

    def item(self) -> Tensor:
        return self._loss


class _Hooks(_NeuralNet):
    """What our skorch net does differently; mixed into `NeuralNet` once skorch is needed."""

    trainer: Trainer
    file: TrainingFile | None
    generator: torch.Generator
    means: dict[str, _Mean]

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
        return cast(Tensor, self.criterion_(y_pred, X, self.module_, y_true))

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # walking the modules costs a tenth of a small step
            super()._set_training(training)

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step(batch, **fit_params)
        self.trainer.after_step(step["loss"].detach())
        if step["y_pred"].latent is not None:
            with torch.no_grad():
                kl, weight = step["y_pred"].latent.kl().sum(1), batch[1].weight
            self.means["kl"].add((kl if weight is None else kl * weight).mean(), len(kl))
        return {**step, "loss": _OnDevice(step["loss"])}

    def validation_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        with self.trainer.noise.repeated():
            return cast(dict[str, Any], super().validation_step(batch, **fit_params))

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_begin(net, **kwargs)
        self.means = {name: _Mean() for name in ("train_loss", "valid_loss", "kl")}
        self.trainer.before_epoch()

    def on_grad_computed(self, net: Any, **kwargs: Any) -> None:
        super().on_grad_computed(net, **kwargs)
        if self.trainer.objective.loss.is_heavy_tailed:
            self.trainer.clip()

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **kw: Any) -> None:
        super().on_batch_end(net, batch=batch, training=training, **kw)
        records, prefix = self.history[-1]["batches"], "train" if training else "valid"
        loss, n_rows = (records[-1][f"{prefix}_{what}"] for what in ("loss", "batch_size"))
        self.means[f"{prefix}_loss"].add(loss, n_rows)
        del records[:-1]  # many small objects between large ones tear the heap apart

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        losses = {name: float(mean) for name, mean in self.means.items() if mean}
        for name, loss in losses.items():
            self.history.record(name, loss)
        self.trainer.after_epoch(**losses)
        if self.file is not None and self.trainer.history.problem is None:
            self.file.write(self._state)

    def _state(self) -> dict[str, Any]:
        return {**self.trainer.state(), "generator": self.generator.get_state()}


def _is_raised_by_hand(error: KeyboardInterrupt) -> bool:
    """Whether a `raise` statement did it, as skorch's callbacks do to stop, and not a signal."""
    traceback = cast(TracebackType, error.__traceback__)
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    instruction = traceback.tb_frame.f_code.co_code[traceback.tb_lasti]
    return dis.opname[instruction] == "RAISE_VARARGS"


class _Mean:
    """The mean of the losses of batches, as a running sum on their device."""

    def __init__(self) -> None:
        self._total: Tensor | float = 0.0
        self._n_rows = 0

    def add(self, loss: Tensor | float, n_rows: int) -> None:
        self._total = self._total + n_rows * torch.as_tensor(loss).double()
        self._n_rows += n_rows

    def __bool__(self) -> bool:
        return self._n_rows > 0

    def __float__(self) -> float:
        return float(self._total) / self._n_rows


@functools.cache
def _net_class() -> type:
    from skorch import NeuralNet

    with _importing:
        _import_dynamo()
    return type("_Net", (_Hooks, NeuralNet), {})


_importing = threading.Lock()


def _import_dynamo() -> None:
    """Import what torch's optimisers import when first used, without its traces in the process."""
    filters, variables = warnings.filters[:], set(os.environ)
    importlib.import_module("torch._dynamo")
    # typed as a read-only sequence; replaced in place, because other modules hold the list itself
    warnings.filters[:] = filters  # type: ignore[index]
    for name in set(os.environ) - variables:
        del os.environ[name]


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
        Its weights are the starting point.

    objective : Objective
        What to minimise.

    data : Data
        Training rows.

    plan : Plan
        How to train.

    generator : Generator
        Shuffles the rows and seeds dropout and corruptions.

    task : EpochTask
        Told about every epoch.

    Returns
    -------
    History
        The curves and what went wrong. The network holds finite weights in any case.
    """
    network = model.network.train()
    file = None
    if plan.checkpoint is not None:
        file = plan.checkpoint.file_for(
            weights_of(network), vars(data), generator.get_state().numpy()
        )
    seed = int(torch.randint(2**31, (), generator=generator))
    noise = Noise(make_generator(seed, model.device), data.is_one_batch(plan.batch_size))
    rows = Rows(model, data, model.dtype, resident=True)
    judges = rows.damaged_by(_damage(plan, noise.generator, shared=False))
    with noise.repeated():
        _check_damage(judges)
    training, held_out = _split(
        rows.damaged_by(_damage(plan, noise.generator, noise.shared)), judges, data
    )
    trainer = Trainer(network, objective, plan, task, noise)
    with (
        few_threads(plan.batch_size * multiply_adds(network)),
        drawing(network, noise.generator, noise.shared),
    ):
        judge = None if plan.n_iter_no_change is None else _Repeatable(held_out, noise)
        net = _make_net(network, objective, len(training), judge, plan, generator)
        net.trainer, net.file, net.generator = trainer, file, generator
        net.initialize()
        state = None if file is None else file.read(model.device)
        trainer.start(net.optimizer_, len(training), judge, state)
        if state is not None:
            generator.set_state(state["generator"].cpu())
        _run_loop(net, training)
        trainer.settle(training)
    return trainer.history


def _damage(plan: Plan, generator: torch.Generator, shared: bool) -> Damage | None:
    """Return what happens to a batch before the network sees it, if anything."""
    if not plan.corruptions:
        return None
    return functools.partial(corrupt, plan.corruptions, generator=generator, shared=shared)


def _check_damage(rows: Rows) -> None:
    """Raise if a corruption moves values out of all proportion to the data."""
    farthest = rows.farthest_damage(_N_PROBED)
    if not farthest < _FARTHEST:
        raise ValueError(
            f"corruption moves values by {farthest:.3g} times the scale of the data. Its "
            "parameters are in the units of X: choose them for X, or rescale X."
        )


def _split(rows: Rows, judges: Rows, data: Data) -> tuple[Any, Any]:
    """Return the rows to train on and, of the judges, those held out, if any."""
    if data.held_out is None:
        return rows, None
    is_training = np.ones(len(rows), dtype=bool)
    is_training[data.held_out] = False
    training, held_out = np.flatnonzero(is_training).tolist(), data.held_out.tolist()
    return torch.utils.data.Subset(rows, training), torch.utils.data.Subset(judges, held_out)


class _Repeatable(torch.utils.data.Dataset[Any]):
    """Rows that are damaged in every pass, over the same batches, as in the first one."""

    def __init__(self, rows: Any, noise: Noise) -> None:
        self._rows, self._noise = rows, noise

    def __len__(self) -> int:
        return len(self._rows)

    def __getitems__(self, indices: Any) -> Any:
        with self._noise.repeated():
            return self._rows.__getitems__(indices)


def _run_loop(net: Any, rows: Any) -> None:
    """Run skorch's loop to its end, or until somebody stops it."""
    n_left = net.trainer.plan.max_epochs - len(net.trainer.history.loss_curve)
    try:
        net.notify("on_train_begin", X=rows, y=None)
        net.fit_loop(rows, epochs=0 if net.trainer.finished else n_left)
    except _Stop:
        pass
    except KeyboardInterrupt as interruption:  # raised again once the estimator is usable
        net.trainer.history.interruption = interruption
        return
    net.notify("on_train_end", X=rows, y=None)


def _make_net(
    network: Autoencoder,
    objective: Objective,
    n_rows: int,
    held_out: torch.utils.data.Dataset[Any] | None,
    plan: Plan,
    generator: torch.Generator,
) -> Any:
    from skorch.helper import predefined_split

    groups = [
        (pattern, {"lr": ratio * plan.learning_rate}) for pattern, ratio in plan.rate_ratios.items()
    ]
    return _net_class()(
        module=network,
        criterion=objective,
        optimizer=SOLVERS[plan.solver],
        lr=plan.learning_rate,
        optimizer__param_groups=groups,
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
