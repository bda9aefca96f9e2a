"""Causal networks as torch modules, from which ONNX graphs are exported: one step, or all."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ..networks._sequences.causal import SequenceModel, State, centered_indicators

# The methods of which a graph computes one step of a text, and those of whole arrays of numbers.
STEPS, WHOLE = ["predict_proba"], ["score_samples"]


class _Step(nn.Module):
    """Maps a symbol and the states before it to the next probabilities and states.

    Parameters
    ----------
    network : SequenceModel
        The network.

    center : Tensor of shape (n_symbols,)
        Frequencies of the symbols.

    n_pairs : int
        Number of layers whose state is a pair of tensors; the first ones.
    """

    center: Tensor

    def __init__(self, network: SequenceModel, center: Tensor, n_pairs: int) -> None:
        super().__init__()
        self.network, self._n_pairs = network, n_pairs
        self.register_buffer("center", center)

    def forward(self, symbol: Tensor, states: list[Tensor]) -> tuple[Tensor, ...]:
        """Return the probabilities of the next symbol and the states after the given one."""
        x = centered_indicators(symbol.clamp(min=0), symbol >= 0, self.center)
        encoder: Any = self.network.encoder
        hidden, after = encoder.advance(x[:, None], self._nested(states))
        return self.network.decode(hidden[:, 0]).softmax(-1), *flat(after)

    def _nested(self, states: list[Tensor]) -> State:
        """Return states of shape (n_samples, n_components) as those of the layers."""
        layers = [state[None] for state in states]
        n_paired = 2 * self._n_pairs
        pairs = zip(layers[:n_paired:2], layers[1:n_paired:2], strict=True)
        return [*pairs, *layers[n_paired:]]


class _Likelihood(nn.Module):
    """Maps samples to their log-likelihoods.

    Parameters
    ----------
    network : SequenceModel
        The network.

    center, values : Tensor of shape (n_levels,)
        Frequencies and values of the levels.

    is_empty : Tensor of bool of shape (n_features,)
        Features without a value in the fit, which are not read.
    """

    center: Tensor
    values: Tensor
    is_empty: Tensor

    def __init__(
        self, network: SequenceModel, center: Tensor, values: Tensor, is_empty: Tensor
    ) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("center", center)
        self.register_buffer("values", values)
        self.register_buffer("is_empty", is_empty)

    def forward(self, samples: Tensor) -> Tensor:
        """Return the log-likelihood of each sample."""
        known = ~(samples.isnan() | self.is_empty)
        levels = (samples.nan_to_num()[..., None] - self.values).abs().argmin(-1)
        x = centered_indicators(levels, known, self.center)
        states = self.network.encoder(torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1))
        log_p = self.network.decode(states).log_softmax(-1)
        chosen = log_p.gather(-1, levels[..., None])[..., 0]
        return (chosen * known).double().sum(1)


def likelihood_of(estimator: Any) -> tuple[nn.Module, tuple[Any, ...], list[str], list[str]]:
    """Return the log-likelihood of arrays as a torch module; the other values as `step_of`.

    Parameters
    ----------
    estimator : AutoregressiveGenerator
        Fitted to numbers, each of which is a level, with a causal network.
    """
    network, center = _single_precision(estimator)
    n_features = estimator.n_features_in_
    is_empty = torch.zeros(n_features, dtype=torch.bool)
    is_empty[list(estimator._empty_features)] = True
    values = torch.tensor(estimator._levels.numbers[0].values, dtype=torch.float32)
    graph = _Likelihood(network, center, values, is_empty).eval()
    return graph, (torch.zeros(2, n_features),), ["X"], ["score_samples"]


def _single_precision(estimator: Any) -> tuple[SequenceModel, Tensor]:
    """Return a copy of the network on the CPU, and the frequencies of its symbols."""
    network = copy.deepcopy(estimator.network_).cpu().float().eval().requires_grad_(False)
    return network, torch.tensor(estimator.center_[: network.n_symbols], dtype=torch.float32)


def flat(states: State) -> list[Tensor]:
    """Return the states of all layers as tensors of shape (n_samples, n_components)."""
    pairs = ((state,) if isinstance(state, Tensor) else state for state in states)
    return [part[0] for pair in pairs for part in pair]


def step_of(estimator: Any) -> tuple[nn.Module, tuple[Any, ...], list[str], list[str]]:
    """Return a step as a torch module, examples of its arguments, and names of all tensors.

    Parameters
    ----------
    estimator : AutoregressiveGenerator
        Fitted, with a causal network.
    """
    network, center = _single_precision(estimator)
    encoder: Any = network.encoder
    _, states = encoder.advance(torch.zeros(2, 1, network.n_symbols))
    examples = torch.tensor([0, 1]), flat(states)
    names = [f"state_{place}" for place in range(len(examples[1]))]
    outputs = ["predict_proba", *(f"next_{name}" for name in names)]
    step = _Step(network, center, n_pairs=sum(isinstance(state, tuple) for state in states)).eval()
    return step, examples, ["symbol", *names], outputs
