"""One step of a causal network as a torch module, from which an ONNX graph is exported."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from ..networks._causal import SequenceModel, State, centered_indicators

# The methods of which a graph computes one step.
STEPS = ["predict_proba"]


class _Step(nn.Module):
    """Maps a symbol and the states before it to the next probabilities and states.

    Parameters
    ----------
    network : SequenceModel
        The network.

    center : Tensor of shape (n_symbols,)
        Frequencies of the symbols.

    has_pairs : bool
        Whether the state of a layer is a pair of tensors.
    """

    center: Tensor

    def __init__(self, network: SequenceModel, center: Tensor, has_pairs: bool) -> None:
        super().__init__()
        self.network, self._has_pairs = network, has_pairs
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
        if self._has_pairs:
            return list(zip(layers[::2], layers[1::2], strict=True))
        return list(layers)


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
    network = copy.deepcopy(estimator.network_).cpu().float().eval().requires_grad_(False)
    n_symbols = network.n_symbols
    center = torch.tensor(estimator.center_[:n_symbols], dtype=torch.float32)
    _, states = network.encoder.advance(torch.zeros(2, 1, n_symbols))
    examples = torch.tensor([0, 1]), flat(states)
    names = [f"state_{place}" for place in range(len(examples[1]))]
    outputs = ["predict_proba", *(f"next_{name}" for name in names)]
    step = _Step(network, center, has_pairs=not isinstance(states[0], torch.Tensor)).eval()
    return step, examples, ["symbol", *names], outputs
