"""An encoder and a decoder of different networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from torch import nn

from .._utils.sklearn_compat import Constraints
from ._network import Network


class EncoderDecoder(Network):
    """The encoder of one network and the decoder of another one.

    The two networks can be of different kinds, for instance a dense encoder and a convolutional
    decoder. Their parameters can be set by `set_params` and searched as those of any nested object,
    as in `network__decoder__channels`.

    Parameters
    ----------
    encoder : Network
        Network whose encoder is used.

    decoder : Network
        Network whose decoder is used. If both networks are for images or series, they have the same
        shape and `layout`.

    See Also
    --------
    Dense : Its `decoder_layer_sizes` are those of a dense decoder of other sizes.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Convolutional, Dense, EncoderDecoder
    >>> X, _ = load_digits(return_X_y=True)
    >>> network = EncoderDecoder(Dense((32,)), Convolutional(image_shape=(8, 8), channels=(4, 8)))
    >>> autoencoder = AutoencoderTransformer(6, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (1797, 6)
    """

    _parameter_constraints: ClassVar[Constraints] = {"encoder": [Network], "decoder": [Network]}

    def __init__(self, encoder: Network, decoder: Network):
        self.encoder = encoder
        self.decoder = decoder

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        """Shape of a sample: that of the networks that are for images or series."""
        self._validate_params()  # this property is used before `build`
        shapes = [part.input_shape for part in self._parts if part.input_shape is not None]
        return shapes[0] if shapes else None

    @property
    def channel_axis(self) -> int | None:
        """Axis of `input_shape` with the channels; None if all values are of one channel."""
        return self._shaped.channel_axis

    @property
    def time_axis(self) -> int | None:
        """Axis of `input_shape` along which samples can be shorter; None if there is none."""
        return self._shaped.time_axis

    @property
    def takes_masks(self) -> bool:
        """Whether the encoder can receive which values are missing."""
        return self.encoder.takes_masks

    @property
    def starts_at_pca(self) -> bool:
        """Whether `init="pca"` adds a linear path: if it does so for both, and none is spatial."""
        return all(part.starts_at_pca and part._patches is None for part in self._parts)

    @property
    def n_places(self) -> int:
        """Number of places of a dense encoder."""
        return getattr(self.encoder, "n_places", 0)

    @property
    def output_activation(self) -> str | Sequence[str]:
        """Activation function of the reconstruction of a dense decoder."""
        return getattr(self.decoder, "output_activation", "identity")

    @property
    def _parts(self) -> tuple[Network, Network]:
        return self.encoder, self.decoder

    @property
    def _shaped(self) -> Network:
        """The network that tells the shape of a sample."""
        return self.encoder if self.encoder.input_shape is not None else self.decoder

    def for_texts(self, n_positions: int) -> EncoderDecoder:
        """Return the network for texts, whose positions share their symbols.

        Parameters
        ----------
        n_positions : int
            Number of positions, with the end of a text.

        Returns
        -------
        EncoderDecoder
            A network of the same two networks, which know the number of positions.
        """
        return EncoderDecoder(*(part.for_texts(n_positions) for part in self._parts))

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Module
            The encoder of the first and the decoder of the second network.

        Raises
        ------
        ValueError
            If a parameter is invalid, if the networks are for different images or series or read
            sequences, or if the decoder shares its weights with an encoder that is not used.
        """
        self._validate_params()
        self._check_same_samples()
        encoder, _ = self.encoder.build(n_features, n_components)
        other, decoder = self.decoder.build(n_features, n_components)
        if {id(p) for p in other.parameters()} & {id(p) for p in decoder.parameters()}:
            raise ValueError(
                "The decoder must not share its weights with its own encoder, which is not used; "
                f"got decoder={self.decoder!r}. Use tied_weights=False."
            )
        return encoder, decoder

    def _check_same_samples(self) -> None:
        """Raise ValueError unless both networks are for the same samples."""
        for name, part in zip(("encoder", "decoder"), self._parts, strict=True):
            if part.reads_sequences:
                raise ValueError(
                    f"{name}={part!r} reads sequences of symbols and cannot be combined with "
                    "another network. Use it as network=."
                )
        kinds = [(p.input_shape, p.channel_axis, p.time_axis) for p in self._parts]
        if all(shape is not None for shape, *_ in kinds) and kinds[0] != kinds[1]:
            raise ValueError(
                "encoder and decoder must be for the same shape and layout of a sample; got "
                f"encoder={self.encoder!r} and decoder={self.decoder!r}."
            )
