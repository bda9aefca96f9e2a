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


# What is called in place of a function of torch, with that function, its arguments and keywords.
_Call = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


class _Mode(TorchFunctionMode):
    """What torch calls instead of its functions inside the block, in this thread, nowhere else.

    Torch puts a mode aside while its own functions run. Should Ctrl-C strike just then, the mode
    is missing at the end of the block, or comes back after it.
    """

    def __init__(self, call: _Call) -> None:
        super().__init__()
        self._call: _Call | None = call

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Make the call; after the block, that of torch."""
        kwargs = kwargs or {}
        return func(*args, **kwargs) if self._call is None else self._call(func, args, kwargs)

    def __exit__(self, *error: Any) -> None:
        """Take the mode off the stack, if it is there."""
        self._call = None
        if _get_current_function_mode() is self:
            super().__exit__(*error)


def drawing_from(generator: torch.Generator) -> TorchFunctionMode:
    """Make torch draw from `generator` inside the block, in this thread only.

    Unlike `torch.manual_seed` inside `torch.random.fork_rng` this neither reads nor writes the
    global generator, so that threads cannot disturb one another.

    Parameters
    ----------
    generator : Generator
        The source of every draw.

    Returns
    -------
    context manager
        For one block.
    """

    def call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # torch.nn.init passes `generator=None` along; Python-level functions are seen whole here.
        if func in _DRAWS or "generator" in kwargs:
            kwargs = {**kwargs, "generator": kwargs.get("generator") or generator}
        return func(*args, **kwargs)

    return _Mode(call)


_MAKES = (torch.empty, torch.full, torch.ones, torch.rand, torch.randn, torch.zeros)


def making_at_most(n_cells: int) -> TorchFunctionMode:
    """Let torch make tensors of so many cells in all inside the block, in this thread only.

    A description that was made up can ask for a network that no memory holds.

    Parameters
    ----------
    n_cells : int
        How many.

    Returns
    -------
    context manager
        For one block.

    Raises
    ------
    ValueError
        In the block, before the tensor that is too much is made.
    """
    n_left = n_cells

    def call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal n_left
        if func in _MAKES:
            shaped_like = {k: v for k, v in kwargs.items() if k not in ("device", "generator")}
            n_left -= func(*args, **shaped_like, device="meta").numel()
            if n_left < 0:
                raise ValueError("the network is larger than its weights")
        return func(*args, **kwargs)

    return _Mode(call)
