"""Random numbers from an explicit generator, in code that does not ask for one."""

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
    """Make torch draw from `generator` inside the block, in this thread only.

    Unlike `torch.manual_seed` inside `torch.random.fork_rng` this neither reads nor writes the
    global generator, so that threads cannot disturb one another.

    Parameters
    ----------
    generator : Generator
        The source of every draw.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Hand the generator to every function that draws."""
        kwargs = kwargs or {}
        # torch.nn.init passes `generator=None` along; Python-level functions are seen whole here.
        if func in _DRAWS or "generator" in kwargs:
            kwargs = {**kwargs, "generator": kwargs.get("generator") or self.generator}
        return func(*args, **kwargs)
