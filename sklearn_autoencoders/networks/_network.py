"""The base class of network recipes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from sklearn.base import BaseEstimator
from torch import nn

from .._utils.sklearn_compat import Constraints


class Network(BaseEstimator, ABC):
    """A recipe for an encoder and a decoder; the base of every `network=`.

    Subclass it, store the constructor's arguments under their own names, and implement
    :meth:`build`. `get_params`, `clone` and a grid search over `network__<name>` then work
    as for any scikit-learn object.

    Examples
    --------
    >>> from torch import nn
    >>> from sklearn_autoencoders.networks import Network
    >>> class OneLayer(Network):
    ...     def __init__(self, width=16):
    ...         self.width = width
    ...     def build(self, n_features, n_components):
    ...         encoder = nn.Sequential(
    ...             nn.Linear(n_features, self.width),
    ...             nn.ReLU(),
    ...             nn.Linear(self.width, n_components),
    ...         )
    ...         return encoder, nn.Linear(n_components, n_features)
    >>> OneLayer(width=8).get_params()
    {'width': 8}
    """

    _parameter_constraints: ClassVar[Constraints] = {}

    @abstractmethod
    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Random numbers may be drawn from torch in the ordinary way: while this method runs, they
        come from the estimator's `random_state` and not from torch's global generator.

        Parameters
        ----------
        n_features : int
            Number of columns of the input.

        n_components : int
            Width of the code.

        Returns
        -------
        encoder : Module
            Maps (batch, n_features) to (batch, n_components).

        decoder : Module
            Maps (batch, n_components) to (batch, n_features).
        """

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of a sample where it is more than a row; None for a table.

        Estimators also take arrays of shape (n_samples, *input_shape), which they flatten.
        """
        return None

    def stages(self, encoder: nn.Module, decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
        """Return the pairs of layers that greedy pretraining trains one after another.

        Implement it if the network consists of such pairs.

        Parameters
        ----------
        encoder, decoder : Module
            What :meth:`build` returned.

        Returns
        -------
        list of (Module, Module)
            An encoder stage and the decoder stage that undoes it, from the outermost pair to the
            innermost. They are parts of the network, not copies.

        Raises
        ------
        ValueError
            If there are none.
        """
        raise ValueError(
            "pretraining='layerwise' needs a network of paired layers, such as Dense; got "
            f"network={self!r}."
        )
