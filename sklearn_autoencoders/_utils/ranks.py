"""Processes that train one network together: the default group of `torch.distributed`.

All of them call `fit` with the same samples, so that each knows all statistics. Each computes the
gradient of a part of every batch, and the mean of the gradients is the same in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import joblib
import numpy as np
import torch
from torch import Tensor, distributed

from .random import draw_seed, own_random_state
from .user_warnings import warn_user

_STOPPED = (
    "Training was stopped, because another process of the group stopped or failed; its own error "
    "tells why."
)


class OtherRankFailed(RuntimeError):
    """Another process failed, and this one cannot continue without it."""


@dataclass(frozen=True)
class Ranks:
    """The processes of a group, as seen from one of them.

    Parameters
    ----------
    rank : int, default=0
        Number of this process.

    size : int, default=1
        Number of processes.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def current(cls) -> Ranks:
        """Return the default group of `torch.distributed`; without one, a single process."""
        if not (distributed.is_available() and distributed.is_initialized()):
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size())

    @classmethod
    def training_on(cls, sample: Callable[[], list[Any]]) -> Ranks:
        """Return the processes that train together, or raise ValueError if their samples differ.

        Parameters
        ----------
        sample : callable
            Returns what is compared: arrays and numbers.
        """
        ranks = cls.current()
        if ranks.size > 1:
            ranks._check_same(joblib.hash(sample()))
        elif distributed.is_available() and distributed.is_torchelastic_launched():
            warn_user(
                "torchrun has started this script, but its processes do not train together: each "
                "trains a model of its own. Call torch.distributed.init_process_group() before fit."
            )
        return ranks

    @property
    def is_first(self) -> bool:
        """Whether this process prints and writes files."""
        return self.rank == 0

    def batch_size(self, batch_size: int) -> int:
        """Return the number of samples in a batch of all processes.

        It is rounded up, so that all parts are of the same size and a sample and its neighbor, in
        the second half of a batch, are in the same part.
        """
        unit = 1 if self.size == 1 else 2 * self.size
        return -(-batch_size // unit) * unit

    def random_state(self, random_state: Any) -> np.random.RandomState:
        """Return a random generator that is the same in all processes."""
        rng = own_random_state(random_state)
        if self.size == 1 or isinstance(random_state, Integral):
            return rng
        return np.random.RandomState(self._of_first(draw_seed(rng)))

    def _check_same(self, values: str) -> None:
        if self._any(self._of_first(values) != values)[0]:
            raise ValueError(
                f"X, y or another argument is not the same in all {self.size} processes of "
                "torch.distributed. Pass all samples to fit in every process: batches are divided "
                "among them. To fit independent models, call "
                "torch.distributed.destroy_process_group() first."
            )

    @torch.no_grad()
    def share_first(self, tensors: Iterable[Tensor]) -> None:
        """Set tensors to those of the first process, in place."""
        if self.size > 1:
            with _explained():
                for tensor in tensors:
                    distributed.broadcast(tensor, 0)

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor], weight: float) -> None:
        """Set tensors to their weighted mean over all processes, in place.

        Parameters
        ----------
        tensors : sequence of Tensor
            Of the same shapes in all processes.

        weight : float
            Weight of those of this process. The weights of all processes sum to one.
        """
        found = [tensor.detach() for tensor in tensors if tensor.is_floating_point()]
        for dtype in sorted({part.dtype for part in found}, key=str):  # one message for each type
            parts = [part for part in found if part.dtype == dtype]
            buffer = torch.cat([part.reshape(-1) for part in parts]).mul_(weight)
            with _explained():
                distributed.all_reduce(buffer)
            for part, mean in zip(parts, buffer.split([p.numel() for p in parts]), strict=True):
                part.copy_(mean.view_as(part))

    def agree(self, finished: bool) -> bool:
        """Return whether any process wants to finish; raise OtherRankFailed if one has failed."""
        if self.size == 1:
            return finished
        finished, has_failed = self._any(finished, False)
        if has_failed:
            raise OtherRankFailed(_STOPPED)
        return finished

    def fail(self) -> None:
        """Tell the other processes, which wait in `agree`, that this one has failed."""
        if self.size > 1:
            self._any(True, True)

    def _any(self, *values: bool) -> tuple[bool, ...]:
        flags = torch.tensor(values, dtype=torch.int32, device=_device())
        with _explained():
            distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return tuple(bool(flag) for flag in flags.tolist())

    def _of_first(self, value: Any) -> Any:
        values = [value]
        with _explained():
            distributed.broadcast_object_list(values, 0, device=_device())
        return values[0]


def _device() -> torch.device:
    """Return the device of small tensors that the backend can send."""
    return torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OtherRankFailed:
        raise
    except RuntimeError as error:  # a connection was closed, or no answer came in time
        raise OtherRankFailed(f"{_STOPPED} ({str(error).splitlines()[0]})") from error
