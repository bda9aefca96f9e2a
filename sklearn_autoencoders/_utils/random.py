"""Random states, seeds and generators."""

from __future__ import annotations

from collections.abc import Iterable
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


def set_seeds(estimators: Iterable[Any], random_state: Any) -> None:
    """Set every `random_state` that is None, also of nested estimators, to a number, in place.

    Parameters
    ----------
    estimators : iterable of estimator
        What has no parameters is skipped.

    random_state : int, RandomState instance or None
        Source of the numbers.
    """
    rng = own_random_state(random_state)
    for estimator in estimators:
        params = estimator.get_params() if hasattr(estimator, "get_params") else {}
        for name in sorted(params):
            if name.rpartition("__")[2] == "random_state" and params[name] is None:
                estimator.set_params(**{name: draw_seed(rng)})
