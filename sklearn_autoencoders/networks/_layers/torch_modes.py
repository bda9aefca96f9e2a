"""Random numbers of torch code that does not use an explicit generator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_DRAWS = {
    torch.bernoulli,
    torch.multinomial,
    torch.normal,
    torch.rand,
    torch.randint,
    torch.randn,
    torch.randperm,
    torch.Tensor.bernoulli_,
    torch.Tensor.exponential_,
    torch.Tensor.normal_,
    torch.Tensor.random_,
    torch.Tensor.uniform_,
}


class drawing_from(TorchFunctionMode):
    """Make torch draw random numbers from `generator` inside the block, in this thread only.

    Unlike `torch.manual_seed` inside `torch.random.fork_rng`, it neither reads nor modifies the
    global generator, so that threads do not affect one another.

    Parameters
    ----------
    generator : Generator
        Source of all random numbers.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, with the generator if it draws random numbers."""
        kwargs = kwargs or {}
        # torch.nn.init passes `generator=None`
        if func in _DRAWS or "generator" in kwargs:
            kwargs = {**kwargs, "generator": kwargs.get("generator") or self._generator}
        return func(*args, **kwargs)
