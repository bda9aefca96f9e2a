"""Base class of corruptions, and helpers for their parameters and random draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from .._utils.part import Part
from .._utils.sklearn_compat import Constraints, Interval, Pair

Range = float | tuple[float, float]


def number_or_pair(type: type, low: float, high: float | None, closed: str) -> list[Any]:
    """Return the constraints of a number in an interval, or of a range (low, high) in it."""
    return [kind(type, low, high, closed=closed) for kind in (Interval, Pair)]


def uniform(x: Tensor, generator: torch.Generator, shared: bool, n_columns: int) -> Tensor:
    """Return uniform draws from [0, 1): separate ones for every sample, or one set for all."""
    n_draws = 1 if shared else len(x)
    return torch.rand(n_draws, n_columns, dtype=x.dtype, device=x.device, generator=generator)


def per_sample(value: Range, x: Tensor, generator: torch.Generator, shared: bool) -> Tensor:
    """Return the strength of every sample, shape (batch, 1), or a shared one, shape (1, 1)."""
    low, high = value if isinstance(value, tuple | list) else (value, value)
    return low + (high - low) * uniform(x, generator, shared, 1)


class Corruption(Part, ABC):
    """Base class of corruptions, for the parameter `corruption` of the estimators.

    Subclasses store the arguments of the constructor under their own names and implement
    `__call__(x, generator, *, shared=False)`. This method returns a new tensor like `x`, in the
    units of X, uses only `generator` for random draws, and leaves missing values as NaN. With
    `shared`, one draw is used for all samples. Training requires this when a batch contains all
    samples, so that a sample of weight two remains equivalent to two samples.

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
    #: What happens to columns of categories: they are left "unchanged", those that the corruption
    #: changes become "missing", or they are "corrupted" like numbers.
    on_categories: ClassVar[str] = "unchanged"

    #: Weight of the loss of values that are not hidden; None leaves it to the estimator.
    known_weight: float | None = None

    @abstractmethod
    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        """Return a corrupted copy of x.

        Parameters
        ----------
        x : Tensor of shape (batch, n_features)
            Samples in the units of X, with missing values as NaN. They are not modified.

        generator : Generator
            Source of all random draws, on the device of x.

        shared : bool, default=False
            Whether one draw is used for all samples.

        Returns
        -------
        Tensor of shape (batch, n_features)
            A new tensor of the type and on the device of x.
        """

    def bound_to(self, symbols: Sequence[str] | None) -> Corruption:
        """Return the corruption of samples of these symbols; the same one if it needs none.

        This method is called before training.

        Parameters
        ----------
        symbols : sequence of str or None
            The characters to which the indices in the samples refer, if these are texts; the next
            index is the end of a text. None if samples are not texts.

        Returns
        -------
        Corruption
            The corruption that is applied.
        """
        return self

    def largest_change(self) -> float | None:
        """Return how far apart a number and its corrupted value can be, in the units of X.

        If it is far below the range of the features, a fit warns.

        Returns
        -------
        float or None
            None if it depends on X.
        """
        return None

    def check(self, n_features: int) -> None:
        """Raise ValueError if samples with `n_features` features cannot be corrupted.

        This method is called before training.

        Parameters
        ----------
        n_features : int
            Number of input features.
        """


def corrupt(
    corruptions: Iterable[Callable[..., Tensor]],
    x: Tensor,
    generator: torch.Generator,
    *,
    shared: bool,
    categories: Tensor | None = None,
) -> Tensor:
    """Apply corruptions sequentially.

    Parameters
    ----------
    corruptions : iterable of callable
        A :class:`Corruption` is called as `corruption(x, generator, shared=shared)`; any other
        function is called as `corruption(x, generator)` with a copy that it may modify.

    x : Tensor of shape (batch, n_features)
        Samples in the units of X, with missing values as NaN. They are not modified.

    generator : Generator
        Source of all random draws, on the device of x.

    shared : bool
        Whether one draw is used for all samples.

    categories : Tensor of int or None, default=None
        Columns of x that contain indices of categories. Noise for numbers does not change them, and
        values that are masked are missing.

    Returns
    -------
    Tensor of shape (batch, n_features)
        The corrupted samples, or `x` itself if there are no corruptions.

    Raises
    ------
    TypeError
        If a corruption does not return a tensor.

    ValueError
        If a corruption returns a tensor whose shape, type or device differs from its input.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Dropout, corrupt
    >>> parts = [Dropout(rate=0.0), lambda x, generator: x + 1]
    >>> corrupt(parts, torch.ones(1, 3), torch.Generator(), shared=False)
    tensor([[2., 2., 2.]])
    """
    for corruption in corruptions:
        corrupted = _corrupt_once(corruption, x, generator, shared)
        if categories is not None and len(categories):
            corrupted[:, categories] = _categories(corruption, x, corrupted)[:, categories]
        x = corrupted
    return x


def _corrupt_once(
    corruption: Callable[..., Tensor], x: Tensor, generator: torch.Generator, shared: bool
) -> Tensor:
    if isinstance(corruption, Corruption):
        corrupted = corruption(x, generator, shared=shared)
    else:
        corrupted = corruption(x.clone(), generator)
    _check_like(x, corrupted, corruption)
    return corrupted


def _categories(corruption: Callable[..., Tensor], x: Tensor, corrupted: Tensor) -> Tensor:
    """Return what becomes of indices of categories, which are valid or missing."""
    policy = getattr(corruption, "on_categories", "unchanged")
    if policy == "corrupted":
        return corrupted
    return x if policy == "unchanged" else x.where(x == corrupted, torch.nan)


def _check_like(x: Tensor, corrupted: Any, corruption: Callable[..., Tensor]) -> None:
    if not isinstance(corrupted, Tensor):
        raise TypeError(
            f"corruption must return a tensor; {corruption!r} returned {type(corrupted).__name__}."
        )
    if (x.shape, x.dtype, x.device) != (corrupted.shape, corrupted.dtype, corrupted.device):
        raise ValueError(
            "corruption must return a tensor of its input's shape, type and device, "
            f"{_described(x)}; {corruption!r} returned {_described(corrupted)}."
        )


def _described(x: Tensor) -> str:
    return f"{tuple(x.shape)} {x.dtype} on {x.device}"
