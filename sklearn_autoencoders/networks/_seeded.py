"""Random numbers from an explicit generator, in code that does not ask for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, _get_current_function_mode

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


class _Mode(TorchFunctionMode):
    """What torch calls instead of its functions inside the block, and nowhere else.

    Torch puts a mode aside while its own functions run. Should Ctrl-C strike just then, the mode
    is missing at the end of the block, or comes back after it.
    """

    _is_over = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Call what the subclass makes of a function."""
        if self._is_over:
            return func(*args, **(kwargs or {}))
        return self._call(func, args, kwargs or {})

    def _call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        raise NotImplementedError

    def __exit__(self, *error: Any) -> None:
        """Take the mode off the stack, if it is there."""
        self._is_over = True
        if _get_current_function_mode() is self:
            super().__exit__(*error)


class drawing_from(_Mode):
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

    def _call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Hand the generator to every function that draws."""
        # torch.nn.init passes `generator=None` along; Python-level functions are seen whole here.
        if func in _DRAWS or "generator" in kwargs:
            kwargs = {**kwargs, "generator": kwargs.get("generator") or self.generator}
        return func(*args, **kwargs)


_MAKES = (torch.empty, torch.full, torch.ones, torch.rand, torch.randn, torch.zeros)


class making_at_most(_Mode):
    """Let torch make tensors of so many cells in all inside the block, in this thread only.

    A description that was made up can ask for a network that no memory holds.

    Parameters
    ----------
    n_cells : int
        How many.

    Raises
    ------
    ValueError
        Before the tensor that is too much is made.
    """

    def __init__(self, n_cells: int) -> None:
        super().__init__()
        self._left = n_cells

    def _call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Count what is made."""
        if func in _MAKES:
            shaped_like = {k: v for k, v in kwargs.items() if k not in ("device", "generator")}
            self._left -= func(*args, **shaped_like, device="meta").numel()
            if self._left < 0:
                raise ValueError("the network is larger than its weights")
        return func(*args, **kwargs)
