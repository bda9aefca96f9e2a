"""The contract of a corruption, and what the parameters and the draws of all have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from .._utils.sklearn_compat import Constraints, Interval, Pair

Range = float | tuple[float, float]


def number_or_pair(type: type, low: float, high: float | None, closed: str) -> list[Any]:
    """Return the constraints of a number in an interval, or of a range (low, high) in it."""
    return [kind(type, low, high, closed=closed) for kind in (Interval, Pair)]


def uniform(x: Tensor, generator: torch.Generator, shared: bool, n_columns: int) -> Tensor:
    """Return draws from [0, 1): a row of them for every row of x, or one row for all."""
    n_rows = 1 if shared else len(x)
    return torch.rand(n_rows, n_columns, dtype=x.dtype, device=x.device, generator=generator)


def per_row(value: Range, x: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
    """Return the strength of every row, of shape (batch, 1), or one for all, of shape (1, 1)."""
    low, high = value if isinstance(value, tuple | list) else (value, value)
    return low + (high - low) * uniform(x, generator, shared, 1)


class Corruption(BaseEstimator, ABC):
    """A way to damage inputs; the base of the parts that `corruption=` takes.

    Subclass it, store the constructor's arguments under their own names, and implement
    `__call__(x, generator, *, shared=False)`. It returns a new tensor like `x`, in the units of X,
    draws from `generator` alone, and leaves missing cells NaN. With `shared` one draw serves all
    rows: training asks for it when a step sees a whole table, where a row of weight two has to
    remain the same as two rows.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Corruption
    >>> class Flip(Corruption):
    ...     def __init__(self, rate=0.1):
    ...         self.rate = rate
    ...     def __call__(self, x, generator, *, shared=False):
    ...         n_rows = 1 if shared else len(x)
    ...         draws = torch.rand(n_rows, x.shape[1], device=x.device, generator=generator)
    ...         return torch.where(draws < self.rate, -x, x)
    >>> Flip(rate=1.0)(torch.ones(1, 3), torch.Generator())
    tensor([[-1., -1., -1.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {}

    @abstractmethod
    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        """Return a damaged copy of x.

        Parameters
        ----------
        x : Tensor of shape (batch, n_features)
            Rows in the units of X, NaN where a value is missing. They are not changed.

        generator : Generator
            Where all draws come from, on the device of x.

        shared : bool, default=False
            Whether one draw serves all rows.

        Returns
        -------
        Tensor of shape (batch, n_features)
            A new tensor of the type and on the device of x.
        """

    def check(self, n_features: int) -> None:
        """Raise ValueError if rows of this width cannot be damaged; called before training.

        Parameters
        ----------
        n_features : int
            Number of columns of the input.
        """


def corrupt(
    corruptions: Iterable[Callable[..., Tensor]],
    x: Tensor,
    generator: torch.Generator,
    *,
    shared: bool,
) -> Tensor:
    """Apply corruptions, one after another.

    Parameters
    ----------
    corruptions : iterable of callable
        A :class:`Corruption` is called as `corruption(x, generator, shared=shared)`, any other
        function as `corruption(x, generator)`, with a copy that it may change.

    x : Tensor of shape (batch, n_features)
        Rows in the units of X, NaN where a value is missing. They are not changed.

    generator : Generator
        Where all draws come from, on the device of x.

    shared : bool
        Whether one draw serves all rows.

    Returns
    -------
    Tensor of shape (batch, n_features)
        The damaged rows; `x` itself if there is no corruption.

    Raises
    ------
    TypeError
        If a corruption returns something else than a tensor.

    ValueError
        If it returns a tensor of another shape or type, or on another device, than its input.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Dropout, corrupt
    >>> parts = [Dropout(rate=0.0), lambda x, generator: x + 1]
    >>> corrupt(parts, torch.ones(1, 3), torch.Generator(), shared=False)
    tensor([[2., 2., 2.]])
    """
    for corruption in corruptions:
        if isinstance(corruption, Corruption):
            corrupted = corruption(x, generator, shared=shared)
        else:
            corrupted = corruption(x.clone(), generator)
        _check_like(x, corrupted, corruption)
        x = corrupted
    return x


def _check_like(x: Tensor, corrupted: Any, corruption: Callable[..., Tensor]) -> None:
    if not isinstance(corrupted, Tensor):
        raise TypeError(
            f"corruption must return a tensor; {corruption!r} returned {type(corrupted).__name__}."
        )
    expected, got = _described(x), _described(corrupted)
    if got != expected:
        raise ValueError(
            "corruption must return a tensor of its input's shape, type and device, "
            f"{expected}; {corruption!r} returned {got}."
        )


def _described(x: Tensor) -> str:
    return f"{tuple(x.shape)} {x.dtype} on {x.device}"
