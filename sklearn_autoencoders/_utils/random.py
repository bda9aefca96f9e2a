"""Random states, seeds and generators."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state


def make_generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return a torch generator that is independent of the global one."""
    return torch.Generator(device).manual_seed(seed)


def own_random_state(random_state: Any) -> np.random.RandomState:
    """Return a random generator; for None a new one instead of NumPy's global generator."""
    return np.random.RandomState() if random_state is None else check_random_state(random_state)


def draw_seed(rng: np.random.RandomState) -> int:
    """Return a seed for a torch generator."""
    return int(rng.randint(np.iinfo(np.int32).max))
