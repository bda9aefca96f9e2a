"""Indicators of the values of numbers that are codes."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RepeatedValues(nn.Module):
    """Indicators of the values of numbers: one where a number is equal to a value, otherwise zero.

    Numbers of few different values can be codes, such as those of the members of a panel. What
    depends on them is no smooth function.

    Parameters
    ----------
    n_values : tuple of int
        Number of values of each number; 0 if it has no indicators.

    Attributes
    ----------
    numbers : list of int
        The numbers that have indicators.
    """

    values: Tensor
    tolerance: Tensor

    def __init__(self, n_values: tuple[int, ...]) -> None:
        super().__init__()
        self.numbers = [number for number, n in enumerate(n_values) if n]
        self._number = [number for number, n in enumerate(n_values) for _ in range(n)]
        for name in ("values", "tolerance"):
            empty = torch.zeros(len(self._number))
            self.register_buffer(name, empty, persistent=len(empty) > 0)

    @property
    def n_outputs(self) -> int:
        """Number of indicators."""
        return len(self._number)

    def forward(self, x: Tensor, missing: Tensor | None = None) -> Tensor:
        """Return the indicators of numbers.

        Parameters
        ----------
        x : Tensor of shape (batch, n_numbers)
            Numbers.

        missing : Tensor of shape (batch, n_numbers) or None, default=None
            One where a number is missing; its indicators are zero.

        Returns
        -------
        Tensor of shape (batch, n_outputs)
            The indicators of all numbers, side by side.
        """
        found = ((x[:, self._number] - self.values).abs() < self.tolerance).to(x)
        return found if missing is None else found * (1 - missing[:, self._number])

    @torch.no_grad()
    def start_at(self, values: list[Tensor]) -> None:
        """Set the values.

        Parameters
        ----------
        values : list of Tensor
            The values of each number that has indicators, at least two, in increasing order.
        """
        own = [column.diff().min().expand(len(column)) / 4 for column in values]
        self.values.copy_(torch.cat(values))
        self.tolerance.copy_(torch.cat(own))
