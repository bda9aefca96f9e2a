"""Convolutional encoders and decoders for images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import nn

from .._utils.grids import IMAGE_LAYOUTS
from .._utils.sklearn_compat import Constraints, Sizes, StrOptions
from ._convolutions import IMAGE_LAYERS, GridNetwork


class Convolutional(GridNetwork):
    """Convolutional network for images; the decoder mirrors the encoder.

    Each entry of `channels` defines a level of `blocks` convolutions, each followed by the
    activation, and a pooling layer that halves height and width (rounded up). A linear layer, or a
    convolution if the code is spatial, computes the code. The decoder reverses these steps and ends
    with a convolution without activation. Images of odd sizes, or with different height and width,
    are reconstructed in their original size.

    Parameters
    ----------
    image_shape : sequence of 2 or 3 int, default=(28, 28)
        Shape (height, width), or all three sizes in the order of `layout`. Each sample is a
        flattened image of this shape.

    layout : {"HWC", "CHW"}, default="HWC"
        Order of the axes of an image: channels last or channels first.

    channels : sequence of int, default=(16, 32)
        Number of filters of each level, from the input to the code.

    kernel_size : int, default=3
        Height and width of the filters, an odd number. Images are padded with zeros.

    blocks : int, default=1
        Number of convolutions per level.

    pooling : bool, default=True
        Whether each level ends with max pooling of `pool_size` x `pool_size` pixels, as long as
        height and width are at least `pool_size`. Without pooling, details are preserved, which can
        be useful for denoising, but training takes longer.

    upsample : {"nearest", "bilinear", "transposed"}, default="nearest"
        Upsampling of the decoder where the encoder applies pooling: by repeating pixels, by
        bilinear interpolation, or by a transposed convolution, which can cause checkerboard
        artifacts [1]_.

    bottleneck : {"dense", "global", "global_max", "spatial"}, default="dense"
        Whether the linear layer before the code receives all pixels of the last level, the mean of
        each channel, or its maximum. With "spatial", a convolution computes the code, which has the
        same number of components at each pixel of the last level: `n_components` is a multiple of
        the number of these pixels, and `code.reshape(-1, n_channels, height, width)` are the codes
        as images. With `init="pca"`, the linear path then maps adjoining patches, one for each of
        these pixels, to their principal components, by the same matrix at every pixel; with
        only two components at each pixel, `init="random"` was better.

    activation : str, default="gelu"
        Activation function of the hidden layers: "elu", "gelu", "identity", "leaky_relu",
        "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    batch_norm : bool, default=False
        Whether the channels of every hidden layer are standardized over the batch. During training,
        the output for a sample then depends on the other samples of its batch.

    dropout : float, default=0.0
        Dropout rate of the hidden layers, in [0, 1).

    pool_size : int, default=2
        Factor, at least 2, by which a pooling layer divides height and width.

    hidden_layer_sizes : sequence of int, default=()
        Number of units of dense hidden layers between the last level and the code, from the input
        to the code. The decoder mirrors them.

    See Also
    --------
    Dense : Network for tabular data.
    EncoderDecoder : An encoder and a decoder of different networks.

    References
    ----------
    .. [1] A. Odena, V. Dumoulin and C. Olah, "Deconvolution and Checkerboard Artifacts", Distill,
       2016.

    .. [2] J. Masci et al., "Stacked Convolutional Auto-Encoders for Hierarchical Feature
       Extraction", ICANN 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Convolutional
    >>> X, _ = load_digits(return_X_y=True)
    >>> network = Convolutional(image_shape=(8, 8), channels=(8, 16))
    >>> autoencoder = AutoencoderTransformer(4, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (1797, 4)

    Codes of three channels at each of the 2 x 2 pixels after two pooling layers:

    >>> network = Convolutional(image_shape=(8, 8), channels=(8, 16), bottleneck="spatial")
    >>> autoencoder = AutoencoderTransformer(12, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit_transform(X).reshape(-1, 3, 2, 2).shape
    (1797, 3, 2, 2)
    """

    _layers = IMAGE_LAYERS
    _shape_parameter = "image_shape"
    _kind = "an image"
    _parameter_constraints: ClassVar[Constraints] = {
        **GridNetwork._parameter_constraints,
        "upsample": [StrOptions({"nearest", "transposed", IMAGE_LAYERS.linear})],
        "image_shape": [Sizes(2, 3)],
        "layout": [StrOptions(IMAGE_LAYOUTS)],
    }

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28),
        layout: str = "HWC",
        channels: Sequence[int] = (16, 32),
        kernel_size: int = 3,
        blocks: int = 1,
        pooling: bool = True,
        upsample: str = "nearest",
        bottleneck: str = "dense",
        activation: str = "gelu",
        batch_norm: bool = False,
        dropout: float = 0.0,
        *,
        pool_size: int = 2,
        hidden_layer_sizes: Sequence[int] = (),
    ):
        self.image_shape = image_shape
        self.layout = layout
        self.channels = channels
        self.kernel_size = kernel_size
        self.blocks = blocks
        self.pooling = pooling
        self.upsample = upsample
        self.bottleneck = bottleneck
        self.activation = activation
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.pool_size = pool_size
        self.hidden_layer_sizes = hidden_layer_sizes

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of an image."""
        self._validate_params()  # this property is used before `build`
        return tuple(map(int, self.image_shape))

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of pixels of an image times the number of channels.

        n_components : int
            Latent dimension.

        Returns
        -------
        encoder, decoder : Sequential
            Modules that map flattened images to codes and codes to flattened images.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if `n_features` is not the size of an image.
        """
        encoder, decoder = super().build(n_features, n_components)
        for part in (encoder, decoder):  # reduces the time of a training step on a CPU by a third
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in stubs
        return encoder, decoder
