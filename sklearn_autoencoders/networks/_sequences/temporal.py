"""Convolutional encoders and decoders for series."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import ClassVar

from ..._utils.sklearn_compat import Constraints, Interval, StrOptions
from .._convolutions import SERIES_LAYERS, GridNetwork
from .series import SeriesNetwork


class Temporal(SeriesNetwork, GridNetwork):
    """Convolutional network for series; the decoder mirrors the encoder.

    Each entry of `channels` defines a level of `blocks` convolutions over time, each followed by
    the activation, and a pooling layer that halves the number of time points (rounded up). A linear
    layer, or a convolution if the code is spatial, computes the code. The decoder reverses these
    steps and ends with a convolution without activation.

    Estimators accept series as an array of shape (n_samples, time, channels), in the order of
    `layout`, as flattened samples, or as a list of arrays of different lengths, which are padded
    with missing values. If values are missing in training, the encoder receives for each channel
    another one that says where. With the default scaling, each channel is divided by one number.

    Parameters
    ----------
    series_shape : sequence of 1 or 2 int, default=(100, 1)
        Shape (time, channels) of a series, or its sizes in the order of `layout`. With a single
        int, there is one channel. The time is the length of the longest series.

    layout : {"TC", "CT"}, default="TC"
        Order of the axes of a series: channels last or, as in sktime and aeon, channels first.

    channels : sequence of int, default=(32, 64)
        Number of filters of each level, from the input to the code.

    kernel_size : int, default=9
        Number of time points of a filter, an odd number. Series are padded with zeros.

    dilation : int, default=1
        Factor by which the distance between the time points of a filter grows from level to level:
        `dilation=2` with `pooling=False` gives a temporal convolutional network [1]_.

    blocks : int, default=1
        Number of convolutions per level.

    pooling : bool, default=True
        Whether each level ends with max pooling of `pool_size` time points, as long as there are as
        many.

    upsample : {"nearest", "linear", "transposed"}, default="nearest"
        Upsampling of the decoder where the encoder applies pooling: by repeating time points, by
        linear interpolation, or by a transposed convolution.

    bottleneck : {"dense", "global", "global_max", "spatial"}, default="dense"
        Whether the linear layer before the code receives all time points of the last level, the
        mean of each channel, or its maximum. Mean and maximum ignore where in the series a pattern
        is, which helps if that varies, and hurts if it is informative. With "spatial", a
        convolution computes the code, which has the same number of components at each time point
        of the last level: `n_components` is a multiple of their number, and
        `code.reshape(-1, n_channels, n_times)` are the codes as series. With `init="pca"`,
        the linear path then maps adjoining patches, one for each of these time points, to their
        principal components, by the same matrix at every time point.

    activation : str, default="gelu"
        Activation function of the hidden layers: "elu", "gelu", "identity", "leaky_relu",
        "logistic", "relu", "selu", "silu", "softplus" or "tanh".

    batch_norm : bool, default=False
        Whether the channels of every hidden layer are standardized over the batch. During training,
        the output for a sample then depends on the other samples of its batch.

    dropout : float, default=0.0
        Dropout rate of the hidden layers, in [0, 1).

    pool_size : int, default=2
        Factor, at least 2, by which a pooling layer divides the number of time points.

    hidden_layer_sizes : sequence of int, default=()
        Number of units of dense hidden layers between the last level and the code, from the input
        to the code. The decoder mirrors them.

    See Also
    --------
    Recurrent : A recurrent network for series.
    Convolutional : The same for images.
    sklearn_autoencoders.series.sliding_windows : Windows of a long series.

    References
    ----------
    .. [1] S. Bai, J. Z. Kolter and V. Koltun, "An Empirical Evaluation of Generic Convolutional and
       Recurrent Networks for Sequence Modeling", arXiv:1803.01271, 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.networks import Temporal
    >>> rng = np.random.RandomState(0)
    >>> lengths = rng.randint(10, 21, 50)
    >>> X = [np.sin(0.5 * np.arange(length) + rng.rand()) for length in lengths]
    >>> network = Temporal(series_shape=(20, 1), channels=(4,))
    >>> autoencoder = AutoencoderTransformer(2, network=network, max_epochs=1, random_state=0)
    >>> autoencoder.fit_transform(X).shape
    (50, 2)
    >>> bool(len(autoencoder.reconstruct(X)[0]) == lengths[0])
    True
    """

    _layers = SERIES_LAYERS
    _shape_parameter = "series_shape"
    _kind = "a series"
    _parameter_constraints: ClassVar[Constraints] = {
        **SeriesNetwork._parameter_constraints,
        **GridNetwork._parameter_constraints,
        "upsample": [StrOptions({"nearest", "transposed", SERIES_LAYERS.linear})],
        "dilation": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        series_shape: Sequence[int] = (100, 1),
        layout: str = "TC",
        channels: Sequence[int] = (32, 64),
        kernel_size: int = 9,
        dilation: int = 1,
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
        self.series_shape = series_shape
        self.layout = layout
        self.channels = channels
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.blocks = blocks
        self.pooling = pooling
        self.upsample = upsample
        self.bottleneck = bottleneck
        self.activation = activation
        self.batch_norm = batch_norm
        self.dropout = dropout
        self.pool_size = pool_size
        self.hidden_layer_sizes = hidden_layer_sizes
