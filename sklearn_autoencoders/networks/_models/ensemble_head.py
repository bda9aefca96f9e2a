"""A head of several networks that are trained at once, each on a part of the samples."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.batch import Batch
from ..._utils.layout import Layout
from .._layers.basic import Dropout
from .._layers.embedding import PiecewiseLinear
from .._layers.repeated_values import RepeatedValues

# Sizes of the vector of each number and of the hidden layers, number of intervals of each number,
# and dropout rate where the estimator does not set it.
_N_EMBEDDING, _N_UNITS, N_BINS, _DROPOUT = 8, 128, 16, 0.1

# Codes are limited to this many standard deviations, as lines are wrong far away. So are numbers,
# if a regression is no better with the second limit.
LIMIT, FAR_LIMIT = 4.0, 8.0

ALL = slice(None)


class _Layers(nn.Module):
    """A linear layer for each member.

    Parameters
    ----------
    n_members, n_inputs, n_outputs : int
        Number of layers, and their sizes.
    """

    def __init__(self, n_members: int, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_inputs)
        weight = torch.empty(n_members, n_inputs, n_outputs).uniform_(-bound, bound)
        self.weight = nn.Parameter(weight)
        self.bias = nn.Parameter(torch.empty(n_members * n_outputs).uniform_(-bound, bound))

    def forward(self, x: Tensor, members: slice = ALL) -> Tensor:
        """Return outputs of shape (n_members, batch, n_outputs)."""
        bias = self.bias.view(len(self.weight), 1, -1)
        return torch.baddbmm(bias[members], x, self.weight[members])


class EnsembleHead(nn.Module):
    r"""Members that predict from the columns of a table and from the code.

    Each is a regression on the inputs, which is not trained, plus a network, which starts at zero:

    .. math:: \hat y_m(x) = A_m x + b_m + f_m\bigl(p(x), e(x)\bigr)

    with the code :math:`e(x)` and vectors :math:`p(x)` of the columns: piecewise linear functions
    of numbers, indicators of categories, and of values that are missing in the samples themselves,
    not because of a corruption. The prediction is the mean over the members.

    Parameters
    ----------
    n_components, n_outputs : int
        Sizes of the code and of the prediction.

    n_members : int
        Number of members.

    n_categories : tuple of int
        Number of categories of each column, 0 for a number.

    with_gaps : tuple of int, default=()
        The columns that have indicators of missing values.

    n_values : tuple of int or None, default=None
        Number of values of each number of which the regressions have indicators. None for heads of
        earlier versions, which do not have them, and limit numbers to four standard deviations.

    has_vectors : bool, default=True
        Whether the networks read a vector of each number, besides the code and indicators.
    """

    # The factor by which the networks were multiplied at the end of training.
    factor: float = 1.0

    slopes: Tensor
    offsets: Tensor
    code_range: Tensor
    limit: Tensor

    def __init__(
        self,
        n_components: int,
        n_outputs: int,
        n_members: int,
        n_categories: tuple[int, ...],
        with_gaps: tuple[int, ...] = (),
        n_values: tuple[int, ...] | None = None,
        has_vectors: bool = True,
    ) -> None:
        super().__init__()
        self.n_members, self._layout = n_members, Layout(n_categories)
        self._with_gaps = list(with_gaps)
        n_numbers, n_indicators = n_categories.count(0), sum(n_categories)
        n_vectors = n_numbers if has_vectors else 0
        self.numbers = PiecewiseLinear(n_vectors, N_BINS, _N_EMBEDDING)
        n_first = n_vectors * _N_EMBEDDING + n_indicators + n_components + len(with_gaps)
        sizes = (n_first, _N_UNITS), (_N_UNITS, _N_UNITS)
        self.hidden = nn.ModuleList([_Layers(n_members, *size) for size in sizes])
        self.last = _Layers(n_members, _N_UNITS, n_outputs)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)
        self.dropout = Dropout(_DROPOUT)
        self.repeated = RepeatedValues(n_values or ())
        limit = torch.tensor(LIMIT)
        self.register_buffer("limit", limit, persistent=n_values is not None)
        n_inputs = n_numbers + n_indicators + len(with_gaps) + self.repeated.n_outputs
        self.register_buffer("slopes", torch.zeros(n_members, n_inputs, n_outputs))
        self.register_buffer("offsets", torch.zeros(n_members, 1, n_outputs))
        self.register_buffer("code_range", torch.zeros(2, n_components))

    def forward(self, code: Tensor, batch: Batch) -> Tensor:
        """Return the predictions of all members, of shape (n_members, batch, n_outputs)."""
        return self.regression(batch) + self.correction(code, batch)

    def predict(self, code: Tensor, batch: Batch) -> Tensor:
        """Return the mean prediction, of shape (batch, n_outputs)."""
        return self.forward(code, batch).mean(0)

    def regression(self, batch: Batch, members: slice = ALL) -> Tensor:
        """Return the regressions of members, of shape (n_members, batch, n_outputs)."""
        slopes = self.slopes[members]
        x = self.inputs(batch).expand(len(slopes), -1, -1)
        return torch.baddbmm(self.offsets[members], x, slopes)

    def inputs(self, batch: Batch) -> Tensor:
        """Return the inputs of the regressions: limited numbers, and all indicators.

        Those of repeated values are the last ones.
        """
        layout, x = self._layout, batch.x
        numbers, missing = self._numbers(batch)
        parts = [
            layout.joined(
                numbers.clamp(-self.limit, self.limit), x[:, layout.indicators.to(x.device)]
            ),
            *([self._gaps(batch)] if self._with_gaps else ()),
            *([self.repeated(numbers, missing)] if self.repeated.n_outputs else ()),
        ]
        return torch.cat(parts, 1)

    def _numbers(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Return the numbers, and one where a number is missing."""
        layout, x, missing = self._layout, batch.x, batch.missing
        if missing is not None:
            missing = missing[:, layout.numbers.to(x.device)]
        return x[:, layout.number_inputs.to(x.device)], missing

    @property
    def has_vectors(self) -> bool:
        """Whether the networks read a vector of each number."""
        return len(self.numbers.weight) > 0

    def _gaps(self, batch: Batch) -> Tensor:
        """Return one where a value is missing, but not because the corruption has hidden it."""
        if batch.missing is None:
            return batch.x.new_zeros(len(batch), len(self._with_gaps))
        hidden = batch.mask
        missing = batch.missing if hidden is None else batch.missing.masked_fill(hidden, 0.0)
        return missing[:, self._with_gaps]

    def correction(self, code: Tensor, batch: Batch, members: slice = ALL) -> Tensor:
        """Return what the networks of members add, of shape (n_members, batch, n_outputs).

        The code is not trained: it would learn from samples that are held out from a member.
        """
        layout, x = self._layout, batch.x
        code = code.detach().clamp(*self.code_range)
        parts = [x[:, layout.indicators.to(x.device)], code]
        if self.has_vectors:
            parts = [self.numbers(*self._numbers(batch)), *parts]
        if self._with_gaps:
            parts.append(self._gaps(batch))
        units = torch.cat(parts, 1)
        units = units.expand(len(self.slopes[members]), -1, -1)
        for layer in self.hidden:
            units = functional.relu(layer(units, members)).transpose(0, 1)
            units = self.dropout(units).transpose(0, 1)  # the first axis is that of the batch
        output: Tensor = self.last(units, members)
        return output

    @torch.no_grad()
    def start_at(self, slopes: Tensor, offsets: Tensor, edges: Tensor, code_range: Tensor) -> None:
        """Set the regressions, the intervals of the numbers and the range of the codes.

        Parameters
        ----------
        slopes : Tensor of shape (n_members, n_outputs, n_inputs)
            Weights.

        offsets : Tensor of shape (n_members, n_outputs)
            Biases.

        edges : Tensor of shape (n_numbers, n_bins + 1)
            Limits of the intervals; without rows if the networks do not read the numbers.

        code_range : Tensor of shape (2, n_components)
            Smallest and largest code that is used.
        """
        self.code_range.copy_(code_range)
        self.slopes.copy_(slopes.mT)
        self.offsets.copy_(offsets[:, None])
        self.numbers.edges.copy_(edges)

    @torch.no_grad()
    def shrink(self, factor: float) -> None:
        """Multiply what the networks add by a factor."""
        self.factor = factor
        for parameter in self.last.parameters():
            parameter.mul_(factor)
