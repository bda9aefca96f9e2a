"""What happens around the training loop: curves, schedule, the weights worth keeping, the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..networks._autoencoder import Autoencoder
from ..networks._linear_path import decayed_parameters
from ..networks._predictor import Predictor
from ..objectives._objective import Objective
from ..objectives._output import Compared
from .optimizers import SCHEDULES
from .plan import EpochTask, History, Plan

# A loss of the column means under which there is no variance, only rounding errors.
_NOTHING_TO_LEARN = 1e-12

# How many times longer than usual a gradient may be.
_LONGEST = 3.0

# Of a trainer, what changes from epoch to epoch, beside the larger things.
_CURVES = ("loss_curve", "validation_losses", "kl_curve")
_PROGRESS = ("_best", "_misses", "_initial_loss", "_usual_length", "finished")

# Passes over a small table, of which one draw of a corruption, lucky or not, damages all rows.
_N_DRAWS = 16


class Noise:
    """A source of draws that can be wound back, so that passes compare like with like.

    Parameters
    ----------
    generator : Generator
        The source; its present state is the one to repeat.

    shared : bool
        Whether one draw serves all training rows of a batch, as when a batch is all of them.
    """

    def __init__(self, generator: torch.Generator, shared: bool) -> None:
        self.generator, self.shared = generator, shared
        self._start = generator.get_state()

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Draw inside the block what was drawn first, and go on afterwards as if it were not."""
        state = self.generator.get_state()
        self.generator.set_state(self._start)
        try:
            yield
        finally:
            self.generator.set_state(state)


class _Weights:
    """A copy of a network's parameters and buffers, taken and put back in place."""

    def __init__(self, network: nn.Module) -> None:
        self.live = [*network.parameters(), *network.buffers()]
        self.copy = [tensor.detach().clone() for tensor in self.live]

    @torch.no_grad()
    def take(self) -> None:
        for kept, tensor in zip(self.copy, self.live, strict=True):
            kept.copy_(tensor)

    @torch.no_grad()
    def put_back(self) -> None:
        for kept, tensor in zip(self.copy, self.live, strict=True):
            tensor.copy_(kept)

    @torch.no_grad()
    def live_are_finite(self) -> bool:
        return all(bool(tensor.isfinite().all()) for tensor in self.live)


class Trainer:
    """What happens around skorch's loop: schedule, curves, the weights worth keeping, the end."""

    def __init__(
        self,
        network: Autoencoder,
        objective: Objective,
        plan: Plan,
        task: EpochTask,
        noise: Noise,
    ) -> None:
        self.network, self.objective, self.plan, self.task = network, objective, plan, task
        self.noise = noise
        self.history = History()
        self._initial, self._kept = _Weights(network), _Weights(network)
        self._decayed: list[tuple[dict[str, Any], list[nn.Parameter]]] = []
        self._initial_loss: Tensor | None = None
        self._usual_length: Tensor | None = None
        self._best, self._misses = math.inf, 0
        self.finished = False

    def start(
        self,
        optimizer: torch.optim.Optimizer,
        n_rows: int,
        held_out: Any,
        state: dict[str, Any] | None = None,
    ) -> None:
        """Prepare the schedule, and measure what early stopping has to improve on.

        Parameters
        ----------
        optimizer : Optimizer
            Of the network.

        n_rows : int
            Number of rows to train on.

        held_out : Dataset or None
            Rows for early stopping.

        state : dict or None
            What :meth:`state` returned where an earlier training was killed.
        """
        if held_out is not None:
            self._judge_from_here_on()
            self._best = self._mean(self._cost, held_out)
            self._held_out_start = self._best
        n_steps = self.plan.max_epochs * math.ceil(n_rows / self.plan.batch_size)
        self._optimizer = optimizer
        schedule = SCHEDULES[self.plan.schedule]
        self._scheduler = schedule.make(self._optimizer, n_steps)
        warm_up = max(schedule.warm_up, self.objective.loss.settled_after)
        self._n_warm_up_epochs = warm_up * self.plan.max_epochs
        self._n_steps, self.objective.progress = n_steps, 0.0
        if state is not None:
            self._go_on_from(state)
        if self.plan.weight_decay:
            decayed = {id(parameter) for parameter in decayed_parameters(self.network)}
            self._decayed = [
                (group, [parameter for parameter in group["params"] if id(parameter) in decayed])
                for group in optimizer.param_groups
            ]

    def state(self) -> dict[str, Any]:
        """Return all that the rest of training depends on, between two epochs."""
        return {
            "live": self._kept.live,
            "kept": self._kept.copy,
            "optimizer": self._optimizer.state_dict(),
            "scheduler": self._scheduler.state_dict(),
            "noise": self.noise.generator.get_state(),
            "progress": self.objective.progress,
            **{name: getattr(self.history, name) for name in _CURVES},
            **{name: getattr(self, name) for name in _PROGRESS},
        }

    @torch.no_grad()
    def _go_on_from(self, state: dict[str, Any]) -> None:
        for copies, own in ("live", self._kept.live), ("kept", self._kept.copy):
            for tensor, saved in zip(own, state[copies], strict=True):
                tensor.copy_(saved)
        self._optimizer.load_state_dict(state["optimizer"])
        self._scheduler.load_state_dict(state["scheduler"])
        self.noise.generator.set_state(state["noise"].cpu())
        self.objective.progress = state["progress"]
        for name in _CURVES:
            setattr(self.history, name, state[name])
        for name in _PROGRESS:
            setattr(self, name, state[name])

    def _judge_from_here_on(self) -> None:
        """Switch to evaluation, until skorch switches back."""
        self.network.eval()
        self.objective.eval()

    def before_epoch(self) -> None:
        """Announce the epoch, and let those layers learn whose turn it is."""
        if self.plan.n_frozen:
            n_epochs = len(self.history.loss_curve)
            is_thawed = n_epochs >= len(self.plan.n_frozen)
            n_frozen = 0 if is_thawed else self.plan.n_frozen[n_epochs]
            cast(Predictor, self.network).freeze(n_frozen)
        self.task.begin()

    @torch.no_grad()
    def clip(self) -> None:
        """Shorten a gradient that is much longer than usual, of a row that next to none is like."""
        gradients = [tensor.grad for tensor in self._kept.live if tensor.grad is not None]
        length = torch.stack(torch._foreach_norm(gradients)).norm()
        usual = length if self._usual_length is None else self._usual_length
        limit = torch.where(usual > 0, _LONGEST * usual, length)
        is_on_cpu = length.device.type == "cpu"  # where looking is free, and no wait for the device
        if not is_on_cpu or length > limit:
            torch._foreach_mul_(gradients, torch.where(length > limit, limit / length, 1.0))
        self._usual_length = usual.lerp(torch.minimum(length, limit), 0.05)

    @torch.no_grad()
    def after_step(self, loss: Tensor) -> None:
        """Decay the weights and move the learning rate."""
        if self._initial_loss is None:
            self._initial_loss = loss
        for group, parameters in self._decayed:  # decoupled from the gradient, as in AdamW
            learning: list[Tensor] = [p for p in parameters if p.grad is not None]
            if learning:
                rate = group["lr"] * self.plan.weight_decay
                torch._foreach_mul_(learning, 1.0 - min(rate, 1.0))
        self._scheduler.step()
        self.objective.progress += 1 / self._n_steps

    def after_epoch(
        self, train_loss: float, valid_loss: float | None = None, kl: float | None = None
    ) -> None:
        """Record the epoch, and decide whether it was the last."""
        n_epochs = len(self.history.loss_curve) + 1
        if not (math.isfinite(train_loss) and self._kept.live_are_finite()):
            self.history.problem = f"The loss became {train_loss} in epoch {n_epochs}"
            self.finished = True
            return
        self.history.loss_curve.append(train_loss)
        self.history.kl_curve += [] if kl is None else [kl]
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
        has_improved = valid_loss < self._best - self.plan.tol
        is_warming_up = len(self.history.loss_curve) <= self._n_warm_up_epochs
        self._misses = 0 if has_improved or is_warming_up else self._misses + 1
        if valid_loss < self._best:
            self._best = valid_loss
            self._kept.take()
        return self._misses >= cast(int, self.plan.n_iter_no_change)

    def settle(self, rows: Any) -> None:
        """Leave the best weights in the network, which are finite in any case."""
        if self.plan.n_frozen:
            cast(Predictor, self.network).freeze(0)
        self._judge_from_here_on()
        if not self._kept.live_are_finite():
            self._kept.put_back()
        elif self.plan.n_iter_no_change is not None:
            self._kept.put_back()
            start = self._held_out_start
            self._note_divergence(start, start, self.history.validation_losses, rows)
        elif self._initial_loss is not None and not self._has_fallen():
            self._choose_between_start_and_end(rows)

    def _has_fallen(self) -> bool:
        """Whether the loss went down, or not far up, from that of the first batch.

        No step has changed that one. With corruptions the losses of single batches are noise.
        """
        if self._is_noisy and self.plan.may_keep_start:
            return False
        curve, initial = self.history.loss_curve, float(cast(Tensor, self._initial_loss))
        limit = (0.9 if self.plan.may_keep_start else 2.0) * initial
        return bool(curve) and curve[-1] < limit and max(curve) < 10 * initial

    def _choose_between_start_and_end(self, rows: Any) -> None:
        end = self._mean(self._cost, rows)
        self._kept.take()
        self._initial.put_back()
        start = self._mean(self._cost, rows)
        if end < start or not self.plan.may_keep_start:
            self._kept.put_back()
        self._note_divergence(start, end, self.history.loss_curve, rows)

    def _note_divergence(self, start: float, end: float, curve: list[float], rows: Any) -> None:
        """Tell a divergence from rounding errors, by what the column means would cost."""
        centre = self._mean(self._cost_of_the_centre, rows)
        peak = max([end, *curve])
        if self.objective.loss.is_random:  # a start that is hard to improve on is no divergence
            limit = (1 if self.plan.may_keep_start else 10) * max(centre, abs(start))
            has_risen = not (end - start < limit or end < centre)
        else:
            has_risen = not (end - start < 0.1 * centre and peak < 10 * max(start, centre))
        if has_risen and centre > _NOTHING_TO_LEARN:
            self.history.problem = f"The loss rose from {start:.3g} to {peak:.3g}"

    def _cost(self, x: Tensor, compared: Compared) -> Tensor:
        return cast(Tensor, self.objective(self.network(x), x, self.network, compared))

    def _cost_of_the_centre(self, x: Tensor, compared: Compared) -> Tensor:
        return self.objective.of_centre(compared)

    @property
    def _is_noisy(self) -> bool:
        return bool(self.plan.corruptions) or self.objective.loss.is_random

    @torch.no_grad()
    def _mean(self, cost: Callable[[Tensor, Compared], Tensor], rows: Any) -> float:
        n_passes = _N_DRAWS if self._is_noisy and self.noise.shared else 1
        total = 0.0
        with self.noise.repeated():
            for chunk in n_passes * torch.arange(len(rows)).split(self.plan.batch_size):
                total += float(cost(*rows.__getitems__(chunk.tolist()))) * len(chunk)
        return total / (n_passes * len(rows))
