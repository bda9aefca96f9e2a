"""Trainings of networks of one architecture at once, by batched matrix products.

Each member has its own samples, draws, curves and selection of the weights. Its results are those
of a training alone, but for rounding. The loop is skorch's; it trains a stack of the networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ..._utils.batch import Batch
from ..._utils.torch_compat import foreach_mul_
from ..._utils.torch_settings import few_threads
from ...networks._layers.basic import drawing
from ...networks._layers.costs import multiply_adds
from ...networks._models.stacked import Stack, StackedBatch, release
from ...objectives._contract import LossOutput, Output
from .callbacks import LearningRate, Recorder, TrainingCallback
from .plan import History
from .request import Request
from .skorch_loop import Loop, as_pair, train_alone
from .training import StopTraining, Training
from .weight_selection import Backtracking, LastOrInitialWeights, Weights


def answer(requests: Sequence[Request]) -> list[History | BaseException]:
    """Train the networks of all requests; those that can be trained at once are.

    Parameters
    ----------
    requests : sequence of Request
        The requests.

    Returns
    -------
    list of History or exception
        For each request, its history or the error of its training.
    """
    groups: dict[Any, list[int]] = {}
    for place, request in enumerate(requests):
        groups.setdefault(request.common() or place, []).append(place)
    found: list[Any] = [None] * len(requests)
    queue, interruption = list(groups.values()), None
    for places in queue:  # grows meanwhile
        chosen = [requests[place] for place in places]
        results = _trained(chosen) if interruption is None else [interruption] * len(places)
        for place, result in zip(places, results, strict=True):
            found[place] = result
            interruption = interruption or getattr(result, "interruption", None)
        queue += [[place] for place in places if found[place] is None]
    return found


def _trained(requests: Sequence[Request]) -> list[Any]:
    """Return the results of requests with the same `common()`; None for those to be done alone."""
    if len(requests) == 1:
        return [_result(train_alone, requests[0])]
    members = [_result(_Member, request) for request in requests]
    valid = [member for member in members if isinstance(member, _Member)]
    error = _result(_train_at_once, valid)
    return [
        member if not isinstance(member, _Member) else error or _result(member.history)
        for member in members
    ]


def _result(function: Any, *arguments: Any) -> Any:
    """Return the result of a function, or its error, which the fit that asked for it raises."""
    try:
        return function(*arguments)
    except Exception as error:
        return error


def _train_at_once(members: Sequence[_Member]) -> None:
    """Train the networks of all members."""
    with ExitStack() as stack:
        for training in (member.training for member in members):
            noise = training.noise
            stack.enter_context(drawing(training.network, noise.generator, noise.shared))
        joint = _joint(members)
        work = len(members) * joint.plan.batch_size * multiply_adds(members[0].training.network)
        stack.enter_context(few_threads(work))
        callbacks = [_Decay(members), LearningRate(), _Members(members)]
        Loop(joint, members[0].generator, callbacks, iterator_train=_Loader).run()


def _joint(members: Sequence[_Member]) -> Training:
    """Return the training of the stack of the networks."""
    first = members[0].training
    stack: Any = Stack([member.training.network for member in members])
    objective: Any = _StackedObjective(first.objective.loss)
    largest = max(member.training.plan.batch_size for member in members)  # of one batch each
    plan = replace(first.plan, batch_size=largest)
    return Training(stack, objective, plan, first.noise, _Samples(members), None)


class _Member:
    """One of several trainings.

    Parameters
    ----------
    request : Request
        What is to be trained.
    """

    def __init__(self, request: Request) -> None:
        self.generator, self._state = request.generator, request.generator.get_state()
        self.training = request.training()
        self._start, self.is_running, self._is_left = Weights(self.training.network), True, False
        self.callbacks = [Recorder(), _Undisturbed(), LastOrInitialWeights()]

    def notify(self, method: str, *arguments: Any) -> None:
        """Call a method of each callback; a member for which it stops training is finished."""
        try:
            for callback in self.callbacks:
                getattr(callback, method)(self.training, *arguments)
        except StopTraining:
            self.training.finished = True
        except _Disturbed:
            self.is_running, self._is_left = False, True
            self._start.restore()
            release(self.training.network)
        if self.is_running and self.training.finished:
            self.finish()

    def finish(self) -> None:
        """Select the weights."""
        self.is_running = False
        for callback in self.callbacks:
            callback.end(self.training)
        release(self.training.network)

    def history(self) -> History | None:
        """Return the history; None if the network, as it was at first, is to be trained alone."""
        if self._is_left:
            self.generator.set_state(self._state)
            return None
        return self.training.history


class _Disturbed(Exception):
    """The learning rate of one member is to be reduced."""


class _Undisturbed(Backtracking):
    """Ends a training at once, where one alone would continue with a lower learning rate."""

    @staticmethod
    def _reduce_learning_rate(training: Training) -> None:
        raise _Disturbed


class _Members(TrainingCallback):
    """Calls the callbacks of the members that have not ended."""

    def __init__(self, members: Sequence[_Member]) -> None:
        self._members, self._has_begun = members, False

    def begin(self, training: Training) -> None:
        """Prepare for training."""
        self._notify("begin")

    def begin_epoch(self, training: Training) -> None:
        """Begin the means of an epoch."""
        self._total, self._n_samples = torch.zeros(()), torch.zeros(())
        self._notify("begin_epoch")

    def after_step(self, training: Training, loss: Tensor) -> None:
        """Add the losses to the means."""
        losses, sizes = cast(_StackedObjective, training.objective).last
        self._total = self._total + sizes * losses.double()
        self._n_samples = self._n_samples + sizes
        if not self._has_begun:  # the other losses of batches are not used
            self._has_begun = True
            for member, own in zip(self._members, losses, strict=True):
                member.notify("after_step", own)

    def end_epoch(self, training: Training, means: dict[str, float]) -> None:
        """End the epoch of each member."""
        found = (self._total / self._n_samples).tolist()
        for member, mean in zip(self._members, found, strict=True):
            if member.is_running:
                member.notify("end_epoch", {"train_loss": mean})
        training.finished = not any(member.is_running for member in self._members)

    def end(self, training: Training) -> None:
        """Select the weights of those that have been trained to the end, or interrupted."""
        for member in self._members:
            if member.is_running:
                member.training.history.interruption = training.history.interruption
                member.finish()

    def _notify(self, method: str) -> None:
        for member in self._members:
            if member.is_running:
                member.notify(method)


class _Decay(TrainingCallback):
    """Multiplies the weights of each member by its own factor after each step."""

    def __init__(self, members: Sequence[_Member]) -> None:
        decays = [member.training.plan.weight_decay for member in members]
        self._decays = torch.tensor(decays, dtype=torch.float64)[:, None, None]

    def begin(self, training: Training) -> None:
        """List the weights."""
        self._weights: list[Any] = cast(Stack, training.network).decayed()

    @torch.no_grad()
    def after_step(self, training: Training, loss: Tensor) -> None:
        """Decay the weights."""
        rate = training.optimizer.param_groups[0]["lr"]
        factors = (1.0 - (rate * self._decays).clamp(max=1.0)).to(self._weights[0])
        foreach_mul_(self._weights, [factors] * len(self._weights))


class _StackedObjective(nn.Module):
    """The sum of the objectives of all members.

    Parameters
    ----------
    loss : Loss
        The loss that all of them minimize.

    Attributes
    ----------
    last : tuple of Tensor
        Loss of each member, and its number of samples, of the last batch.
    """

    progress = 1.0

    def __init__(self, loss: Any) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, output: Output, batch: StackedBatch, network: nn.Module) -> LossOutput:
        """Return the sum of the mean losses of the samples of each member."""
        losses = self.loss.evaluate(output, batch, network, self.progress).loss
        sizes = losses.new_tensor(batch.sizes, dtype=torch.float64)
        if batch.weight is not None:
            losses = losses * batch.weight
        means = losses.sum(-1) / sizes.to(losses)
        self.last = means.detach(), sizes
        return LossOutput(means.sum())


class _Samples(torch.utils.data.Dataset[Any]):
    """The samples of all members; its length is that of the largest."""

    def __init__(self, members: Sequence[_Member]) -> None:
        self.members = members

    def __len__(self) -> int:
        return max(len(member.training.samples) for member in self.members)


class _Loader:
    """Batches of all members, each in its own order.

    Parameters
    ----------
    samples : _Samples
        The samples.

    **others : object
        What skorch passes to the loader of a single training.
    """

    def __init__(self, samples: _Samples, **others: Any) -> None:
        self._loaders = [_loader_of(member) for member in samples.members]

    def __iter__(self) -> Iterator[tuple[Batch, Batch]]:
        for batches in zip(*self._loaders, strict=True):
            yield as_pair(_stacked(batches))


def _loader_of(member: _Member) -> torch.utils.data.DataLoader[Any]:
    plan, samples, generator = member.training.plan, member.training.samples, member.generator
    return torch.utils.data.DataLoader(
        samples,
        batch_size=plan.batch_size,
        sampler=plan.sampler(len(samples), generator),
        generator=generator,
        collate_fn=_unchanged,
    )


def _unchanged(batch: Any) -> Any:
    return batch


def _stacked(batches: Sequence[Batch]) -> StackedBatch:
    """Return the batches as one; rows of zero weight follow those of a smaller batch."""
    sizes, first = [len(batch) for batch in batches], batches[0]
    x = _joined([batch.x for batch in batches])
    is_target = first.target is first.x
    target = x if is_target else _joined([batch.target for batch in batches])
    weights = [batch.weight for batch in batches]
    if first.weight is None and len({*sizes}) > 1:
        weights = [batch.x.new_ones(len(batch)) for batch in batches]
    observed, missing = (
        _joined([getattr(batch, name) for batch in batches]) for name in ("observed", "missing")
    )
    cell_weight = observed
    if first.cell_weight is not first.observed:
        cell_weight = _joined([batch.cell_weight for batch in batches])
    others = {"missing": missing, "cell_weight": cell_weight, "sizes": sizes}
    return StackedBatch(x, target, observed, _joined(weights), **others)


def _joined(tensors: Sequence[Any]) -> Any:
    """Return tensors of the members as one, or None if they are None."""
    if tensors[0] is None:
        return None
    if len({len(tensor) for tensor in tensors}) == 1:
        return torch.stack(tuple(tensors))
    return pad_sequence(list(tensors), batch_first=True)
