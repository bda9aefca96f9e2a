"""Losses and likelihoods of tables in which columns are numbers or categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .._utils.draws import Draws, gumbel
from .._utils.layout import Layout
from ._likelihoods import Likelihood
from ._losses import Loss

# Minimum entropy, in nats, by which the loss of a category is divided.
_MIN_ENTROPY = 0.05


@dataclass(frozen=True)
class CellLoss(Loss):
    r"""Reconstruction loss of columns that are numbers or categories.

    The loss of a category :math:`k` is its cross-entropy, divided by the entropy of the column:

    .. math:: -\log p_k \Big/ -\sum_c \pi_c \log \pi_c

    where :math:`\pi` are the frequencies in the training data. A prediction by the frequencies
    therefore has a mean loss of one, as one by the mean has for a number that is scaled to variance
    one under the squared error.

    Parameters
    ----------
    formula, unit_interval
        Those of the loss of numbers.

    layout : Layout
        Columns of the outputs.

    frequencies : sequence of float
        Frequency of each category in the training data.
    """

    layout: Layout = field(kw_only=True)
    frequencies: tuple[float, ...] = field(kw_only=True)

    def link(self, output: Tensor) -> Tensor:
        """Return numbers and the probabilities of categories, given the network's output."""
        layout = self.layout
        numbers = super().link(output[..., layout.number_inputs])
        return layout.joined(numbers, layout.log_softmax(output[..., layout.indicators]).exp())

    def per_cell(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each cell, of shape (..., n_columns)."""
        layout, target = self.layout, target.expand_as(output)
        numbers = layout.number_inputs
        losses = self.formula(output[..., numbers], target[..., numbers])
        return layout.joined(losses, self.surprise(output, target) / self.entropies.to(output))

    def log_probabilities(self, output: Tensor) -> Tensor:
        """Return the logarithm of the probability of each category within its column."""
        return self.layout.log_softmax(self.layout.indicators_of(output))

    def surprise(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the negative log-probability of each category, in nats."""
        log_probabilities = self.log_probabilities(output)
        return -self.layout.totals(log_probabilities * self.layout.indicators_of(target))

    def errors(self, output: Tensor, target: Tensor) -> Tensor:
        """Return absolute errors of numbers and negative log-probabilities of categories."""
        numbers = self.layout.number_inputs
        errors = (super().link(output[..., numbers]) - target[..., numbers]).abs()
        return self.layout.joined(errors, self.surprise(output, target))

    def average_output(self, target: Tensor) -> Tensor:
        """Return the output that predicts the means of numbers and the frequencies."""
        return _average_output(self.layout, self.frequencies, target)

    @cached_property
    def entropies(self) -> Tensor:
        """Entropy of each column of categories in the training data, in nats."""
        frequencies = torch.tensor(self.frequencies, dtype=torch.float64)
        return self.layout.totals(-torch.xlogy(frequencies, frequencies)).clamp(min=_MIN_ENTROPY)


class Cells(NamedTuple):
    """Distributions of numbers and of categories."""

    layout: Layout
    numbers: Any
    log_probabilities: Tensor

    @property
    def mean(self) -> Tensor:
        """Means of numbers, and probabilities of categories."""
        return self.layout.joined(self.numbers.mean, self.log_probabilities.exp())

    def log_prob(self, target: Tensor) -> Tensor:
        """Return the log density of each cell, of shape (..., n_columns)."""
        layout = self.layout
        of_numbers = self.numbers.log_prob(target[..., layout.number_inputs])
        chosen = layout.totals(self.log_probabilities * target[..., layout.indicators])
        return layout.joined(of_numbers, chosen)


@dataclass(frozen=True)
class CellLikelihood(Likelihood):
    """Distribution of columns that are numbers or categories, given the decoder's output.

    Parameters
    ----------
    family, sample, shape, n_noise, unit_interval
        Those of the likelihood of numbers.

    layout : Layout
        Columns of the outputs.

    frequencies : sequence of float
        Frequency of each category in the training data.
    """

    layout: Layout = field(kw_only=True)
    frequencies: tuple[float, ...] = field(kw_only=True)

    def distribution(self, output: Tensor, noise: Tensor) -> Cells:
        """Return the distributions of the cells."""
        layout, numbers = self.layout, self.layout.number_inputs
        of_numbers = super().distribution(output[..., numbers], noise[:, numbers])
        return Cells(layout, of_numbers, layout.log_softmax(output[..., layout.indicators]))

    def draw(self, distribution: Cells, draws: Draws) -> Tensor:
        """Return a draw from each distribution; the largest indicator is that of the category.

        Categories are drawn by adding Gumbel noise to their log-probabilities.
        """
        numbers = super().draw(distribution.numbers, draws)
        log_probabilities = distribution.log_probabilities
        return self.layout.joined(numbers, log_probabilities + gumbel(draws, log_probabilities))

    def settled(self, noise: Tensor) -> Likelihood:
        """Return the likelihood with fixed noise, whose parameters are computed once."""
        return super().settled(noise[:, self.layout.number_inputs])

    def unit_noise(self, output: Tensor) -> Tensor:
        """Return noise of scale one."""
        return output.new_zeros(self.n_noise, output.shape[-1])

    def average_output(self, target: Tensor) -> Tensor:
        """Return the output whose distributions have the means and the frequencies."""
        return _average_output(self.layout, self.frequencies, target)


def with_categories(
    loss: Loss | Likelihood, layout: Layout, frequencies: Sequence[float]
) -> Loss | Likelihood:
    """Return a loss or a likelihood of numbers, extended to the columns of a layout."""
    if layout.is_numeric:
        return loss
    values = {part.name: getattr(loss, part.name) for part in fields(loss)}
    kind: Any = CellLoss if isinstance(loss, Loss) else CellLikelihood
    extended: Loss | Likelihood = kind(**values, layout=layout, frequencies=tuple(frequencies))
    return extended


def _average_output(layout: Layout, frequencies: Sequence[float], target: Tensor) -> Tensor:
    log_frequencies = target.new_tensor(frequencies).log()
    numbers, others = target[..., layout.number_inputs], target[..., layout.indicators]
    return layout.joined(torch.zeros_like(numbers), log_frequencies.expand_as(others))
