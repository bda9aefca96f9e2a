"""Checks of what the constructors of networks were given; made when a network is built."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral, Real


def check_sizes(name: str, value: object) -> tuple[int, ...]:
    """Return a sequence of positive integers as a tuple, or raise."""
    sizes = tuple(value) if isinstance(value, Iterable) else ()
    if not isinstance(value, Iterable) or not all(map(_is_positive_integer, sizes)):
        raise ValueError(
            f"{name} must be a sequence of positive integers, such as (64, 32); got {value!r}."
        )
    return tuple(map(int, sizes))


def check_positive_integer(name: str, value: object) -> None:
    """Raise unless the value is one."""
    if not _is_positive_integer(value):
        raise ValueError(f"{name} must be a positive integer; got {value!r}.")


def check_choice(name: str, value: object, options: Iterable[object]) -> None:
    """Raise unless the value is one of the options."""
    options = tuple(options)
    if value not in options:
        *others, last = map(repr, options)
        raise ValueError(f"{name} must be {', '.join(others)} or {last}; got {value!r}.")


def check_share(name: str, value: object) -> None:
    """Raise unless the value is a number in [0, 1)."""
    if not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"{name} must be a number in [0, 1); got {value!r}.")


def _is_positive_integer(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) > 0
