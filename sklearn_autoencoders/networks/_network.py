"""Base class of networks, as parameter objects."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import nn

from .._utils.part import Part
from .._utils.sklearn_compat import Constraints
from ._layers.patches import Patches


class Network(Part, ABC):
    """Base class of network architectures, for the parameter `network` of the estimators.

    Subclasses store the arguments of the constructor under their own names and implement
    :meth:`build`. `get_params`, `clone` and a grid search over `network__<name>` then work as for
    any scikit-learn object.

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

    #: Whether the encoder and the decoder map sequences of shape (batch, time, ...), and the output
    #: at each time depends on the input at this time and before only.
    is_causal: ClassVar[bool] = False
    #: Whether they map sequences of shape (batch, time, ...), causal or not.
    reads_sequences: ClassVar[bool] = False
    #: Whether samples can be texts.
    reads_texts: ClassVar[bool] = True

    @abstractmethod
    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Random numbers can be drawn from torch as usual. While this method runs, they are determined
        by the estimator's `random_state` instead of torch's global generator.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder : Module
            Maps (batch, n_features) to (batch, n_components).

        decoder : Module
            Maps (batch, n_components) to (batch, n_features).
        """

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of a sample with more than one axis, such as an image; None for tabular data.

        Estimators also accept arrays of shape (n_samples, *input_shape), which they flatten.
        """
        return None

    @property
    def channel_axis(self) -> int | None:
        """Axis of `input_shape` with the channels; None if all values are of one channel."""
        return None

    @property
    def time_axis(self) -> int | None:
        """Axis of `input_shape` along which samples can be shorter; None if there is none.

        Estimators pad shorter samples with missing values, and scale each channel by default.
        """
        return None

    @property
    def takes_masks(self) -> bool:
        """Whether :meth:`build` supports twice as many features, for an encoder with masks.

        The values of a sample are then followed by a mask of each of them: one where the value is
        missing, otherwise zero. If nothing is missing, the input contains no masks.
        """
        return False

    @property
    def starts_at_pca(self) -> bool:
        """Whether `init="pca"` adds a linear path, which starts at the principal components."""
        return True

    @property
    def _patches(self) -> Patches | None:
        """Patches that the linear path maps to the code, if the code has positions."""
        return None

    def for_texts(self, n_positions: int) -> Network:
        """Return the network for texts, whose positions share their symbols.

        Implement it if the network has to know the number of positions.

        Parameters
        ----------
        n_positions : int
            Number of positions, with the end of a text. A text has as many features for each of
            them as there are symbols.

        Returns
        -------
        Network
            By default the network itself.
        """
        return self

    def stages(self, encoder: nn.Module, decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
        """Return the pairs of layers that greedy pretraining trains one after another.

        Implement it if the network consists of such pairs.

        Parameters
        ----------
        encoder, decoder : Module
            Return values of :meth:`build`.

        Returns
        -------
        list of (Module, Module)
            Pairs of an encoder stage and the corresponding decoder stage, from the outermost to the
            innermost pair. They are parts of the network, not copies.

        Raises
        ------
        ValueError
            If the network does not consist of pairs of layers.
        """
        raise ValueError(
            "pretraining='layerwise' requires a network of paired layers, such as Dense or "
            f"Convolutional; got network={self!r}."
        )
