"""How the columns of a table are encoded as inputs and outputs of a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import groupby

import torch
from torch import Tensor


@dataclass(frozen=True)
class Layout:
    """The inputs of a network for each column: a number as itself, a category as indicators.

    A *cell* is the value of one column in one sample: a number, or the index of a category. An
    *encoded* sample has one value for each input: the number, or one indicator for each category
    of the column. The outputs of the network are arranged like its inputs.

    Parameters
    ----------
    n_categories : tuple of int
        Number of categories of each column, 0 for a number.

    is_shared : bool, default=False
        Whether all columns have the same categories, as the positions of a text have.
    """

    n_categories: tuple[int, ...]
    is_shared: bool = False

    @classmethod
    @cache
    def of_numbers(cls, n_columns: int) -> Layout:
        """Return the layout of columns of numbers, which are their own encoding."""
        return cls((0,) * n_columns)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.n_categories)

    @cached_property
    def is_numeric(self) -> bool:
        """Whether all columns are numbers."""
        return not any(self.n_categories)

    @property
    def n_inputs(self) -> int:
        """Number of inputs of the network."""
        return sum(max(n, 1) for n in self.n_categories)

    def prepared(self) -> Layout:
        """Return the layout itself, with indices that are constants of an exported graph."""
        for name, attribute in vars(Layout).items():
            if isinstance(attribute, cached_property) and not self.is_numeric:
                getattr(self, name)
        return self

    @cached_property
    def column(self) -> Tensor:
        """The column of each input."""
        sizes = [max(n, 1) for n in self.n_categories]
        return torch.tensor([c for c, size in enumerate(sizes) for _ in range(size)])

    @cached_property
    def numbers(self) -> Tensor:
        """The columns of numbers."""
        return torch.tensor([c for c, n in enumerate(self.n_categories) if not n]).long()

    @cached_property
    def categories(self) -> Tensor:
        """The columns of categories."""
        return torch.tensor([c for c, n in enumerate(self.n_categories) if n]).long()

    @cached_property
    def number_inputs(self) -> Tensor:
        """The inputs that are numbers."""
        return torch.isin(self.column, self.numbers).nonzero()[:, 0]

    @cached_property
    def indicators(self) -> Tensor:
        """The inputs that are indicators."""
        return torch.isin(self.column, self.categories).nonzero()[:, 0]

    def indicators_of(self, values: Tensor) -> Tensor:
        """Return the values of the indicators; values have shape (..., n_inputs)."""
        return values[..., self.indicators] if len(self.numbers) else values

    @cached_property
    def first_inputs(self) -> Tensor:
        """The first input of each column."""
        return self._sizes.cumsum(0) - self._sizes

    @cached_property
    def _sizes(self) -> Tensor:
        return torch.tensor(self.n_categories).clamp(min=1)

    def encode(self, cells: Tensor) -> Tensor:
        """Return encoded samples.

        Parameters
        ----------
        cells : Tensor of shape (n_samples, n_columns)
            Numbers and indices of categories; NaN where a value is missing.

        Returns
        -------
        Tensor of shape (n_samples, n_inputs)
            Of the same type. All indicators of a missing category are NaN.
        """
        if self.is_numeric:
            return cells
        missing = self.of_inputs(cells.isnan())
        encoded = cells.new_zeros(cells.shape[0], self.n_inputs)
        encoded[:, self.number_inputs] = cells[:, self.numbers]
        index = cells[:, self.categories].nan_to_num().long()
        place = self.first_inputs[self.categories].to(cells.device) + index
        encoded.scatter_(1, place, 1.0)
        return encoded.masked_fill_(missing, torch.nan)

    def of_inputs(self, values: Tensor) -> Tensor:
        """Return the value of the column of each input; values have shape (..., n_columns)."""
        return values if self.is_numeric else values[..., self.column.to(values.device)]

    def decode(self, encoded: Tensor) -> Tensor:
        """Return the cells of encoded samples: numbers, and the category of the largest indicator.

        Parameters
        ----------
        encoded : Tensor of shape (n_samples, n_inputs)
            Numbers, and indicators or their probabilities.

        Returns
        -------
        Tensor of shape (n_samples, n_columns)
            The first of several equally large indicators counts.
        """
        if self.is_numeric:
            return encoded
        largest = [part.argmax(-1) for part in self.by_column(encoded[:, self.indicators])]
        return self.joined(encoded[:, self.number_inputs], torch.cat(largest, -1).to(encoded))

    def joined(self, numbers: Tensor, others: Tensor) -> Tensor:
        """Return the values of all columns in order, or those of all inputs.

        Parameters
        ----------
        numbers : Tensor of shape (..., n_numbers)
            Values of the columns of numbers.

        others : Tensor of shape (..., n_category_columns) or (..., n_indicators)
            Values of the columns of categories, or of their indicators.

        Returns
        -------
        Tensor of shape (..., n_columns) or (..., n_inputs)
            The values.
        """
        if self.is_numeric:
            return numbers
        is_encoded = numbers.shape[-1] + others.shape[-1] == self.n_inputs
        order = self._input_order if is_encoded else self._column_order
        return torch.cat([numbers, others], -1)[..., order.to(others.device)]

    @cached_property
    def _column_order(self) -> Tensor:
        return torch.cat([self.numbers, self.categories]).argsort()

    @cached_property
    def _input_order(self) -> Tensor:
        return torch.cat([self.number_inputs, self.indicators]).argsort()

    def by_column(self, values: Tensor) -> list[Tensor]:
        """Split values of shape (..., n_indicators) into those of columns of categories.

        The parts have shape (..., n, n_categories), one for each run of n columns with as many
        categories.
        """
        sizes, totals = self._runs
        parts = zip(values.split(totals, -1), sizes, strict=True)
        return [part.unflatten(-1, (-1, size)) for part, size in parts]

    @cached_property
    def _runs(self) -> tuple[list[int], list[int]]:
        """Sizes of columns of categories and numbers of inputs, of columns of the same size."""
        runs = [(size, len(list(run))) for size, run in groupby(n for n in self.n_categories if n)]
        return [size for size, _ in runs], [size * n for size, n in runs]

    def log_softmax(self, logits: Tensor) -> Tensor:
        """Return the logarithm of the probability of each category within its column.

        Parameters
        ----------
        logits : Tensor of shape (..., n_indicators)
            Logits of all categories of all columns.

        Returns
        -------
        Tensor of shape (..., n_indicators)
            Log-probabilities.
        """
        return torch.cat([p.log_softmax(-1).flatten(-2) for p in self.by_column(logits)], -1)

    def totals(self, values: Tensor) -> Tensor:
        """Return sums over the indicators of each column of categories.

        Parameters
        ----------
        values : Tensor of shape (..., n_indicators)
            One value for each indicator.

        Returns
        -------
        Tensor of shape (..., n_category_columns)
            The sums.
        """
        return torch.cat([part.sum(-1) for part in self.by_column(values)], -1)
