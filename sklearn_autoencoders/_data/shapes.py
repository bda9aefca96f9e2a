"""Samples with a shape, such as images and series, as flat samples with missing values.

A series has as many time points as the network has, or fewer: it is padded with NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._utils.tensors import plain_array
from .containers import check_is_container

Array = NDArray[Any]


def flattened(X: Any, network: Any) -> Any:
    """Return images or series of a network as flat samples; anything else unchanged.

    Parameters
    ----------
    X : array-like
        Samples: an array with the axes of a sample, a list of series of different lengths, or
        samples that are flat already.

    network : Network, str or None
        Describes the shape of a sample.

    Returns
    -------
    array-like of shape (n_samples, n_features)
        Series are padded with NaN.

    Raises
    ------
    ValueError
        If the shape of a sample is not that of the network.

    TypeError
        If X is no container of samples.
    """
    shape, time_axis = shape_of(network), getattr(network, "time_axis", None)
    check_is_container(X)
    if shape is None:
        _check_is_flat(X)
        return X
    if time_axis is not None and is_list_of_series(X, shape):
        X = _stacked(X, shape, time_axis)
    X = with_images(X, network)
    own = tuple(getattr(X, "shape", ()))[1:]
    if len(own) <= 1:
        return X
    if own != shape:
        kind = "images" if time_axis is None else "series"
        _check_shape(own, shape, time_axis, f"X must contain flattened samples, or {kind}")
        X = _padded(np.asarray(X), shape)
    return np.reshape(X, (len(X), math.prod(shape)))


def with_images(X: Any, network: Any) -> Any:
    """Return a list of images as one array; anything else unchanged.

    Parameters
    ----------
    X : array-like
        Samples as the user gave them.

    network : Network, str or None
        Describes the shape of a sample.

    Returns
    -------
    array-like
        Samples.

    Raises
    ------
    ValueError
        If images have different shapes.
    """
    is_list = isinstance(X, list | tuple) and len(X) and len(getattr(X[0], "shape", ())) > 1
    if not is_list or shape_of(network) is None or getattr(network, "time_axis", None) is not None:
        return X
    shapes = sorted({_length(image) for image in X})
    if len(shapes) > 1:
        raise ValueError(
            f"X is a list of images of different shapes, such as {shapes[0]} and {shapes[1]}, and "
            f"the network requires the shape {shape_of(network)}. Scale or crop the images."
        )
    return np.stack([np.asarray(image) for image in X])


def _check_is_flat(X: Any) -> None:
    """Raise ValueError if samples have a shape, and the network none."""
    own = tuple(getattr(X, "shape", ()))
    if isinstance(X, list | tuple) and len({_length(sample) for sample in X}) == 1:
        own = len(X), *getattr(X[0], "shape", ())
    networks = "Temporal or Recurrent (series), or Convolutional (images)"
    if len(own) > 2:
        raise ValueError(
            f"Found array with dim {len(own)}, and the network requires dim <= 2. Use network= "
            f"with one of {networks}, which keep the shape, or X.reshape(len(X), -1)."
        )
    if isinstance(X, list | tuple) and len({_length(sample) for sample in X}) > 1:
        raise ValueError(
            "X is a list of samples of different shapes, and the network requires samples of one "
            "length. Use network= with Temporal or Recurrent for series of different lengths, or "
            "pad X; scale images to one size."
        )


def _length(sample: Any) -> tuple[int, ...]:
    """Return the length of a list, the shape of an array, and () for anything else."""
    is_list = isinstance(sample, list | tuple)
    return (len(sample),) if is_list else tuple(getattr(sample, "shape", ()))


def unflattened(samples: Array, X: Any, network: Any) -> Any:
    """Return flat samples in the shape of X.

    Parameters
    ----------
    samples : ndarray of shape (n_samples, n_features)
        One sample for each sample of X.

    X : array-like
        Samples as the user gave them.

    network : Network, str or None
        Describes the shape of a sample.

    Returns
    -------
    ndarray or list of ndarray
        A list for a list of series, whose lengths are those of the series.
    """
    shape, time_axis = shape_of(network), getattr(network, "time_axis", None)
    X = with_images(X, network)
    own = tuple(getattr(X, "shape", ()))
    if shape is not None and time_axis is not None and is_list_of_series(X, shape):
        pairs = zip(samples.reshape(-1, *shape), X, strict=True)
        return [_cropped(sample, series, time_axis) for sample, series in pairs]
    if len(own) <= 2:
        return samples
    if shape is None or own[1:] == shape:
        return samples.reshape(own)
    return samples.reshape(-1, *shape)[(slice(None), *_corner(own[1:]))]


def shape_of(network: Any) -> tuple[int, ...] | None:
    """Return the shape of the samples of a network; None if it has no particular one."""
    shape: tuple[int, ...] | None = getattr(network, "input_shape", None)
    return shape


def shape_in_fit(X: Any, network: Any) -> tuple[int, ...] | None:
    """Return the shape of samples that were not flat; None if they have none, or were flat."""
    shape = shape_of(network)
    if shape is None:
        return None
    X = with_images(X, network)
    is_list = getattr(network, "time_axis", None) is not None and is_list_of_series(X, shape)
    return shape if is_list or len(np.shape(X)) > 2 else None


def channel_of_features(network: Any, n_features: int) -> NDArray[np.intp]:
    """Return the index of the channel of each feature.

    Parameters
    ----------
    network : Network, str or None
        Describes the shape of a sample.

    n_features : int
        Number of features.

    Returns
    -------
    ndarray of int of shape (n_features,)
        All zero if there is one channel.

    Raises
    ------
    ValueError
        If the network has no channels, or another number of features.
    """
    shape, axis = shape_of(network), getattr(network, "channel_axis", None)
    if shape is None:
        raise ValueError(
            "scaling='channel' needs a network of samples with channels, such as "
            f"Temporal(series_shape=(100, 3)); got network={network!r}. Use scaling='feature'."
        )
    if math.prod(shape) != n_features:
        raise ValueError(
            f"{network!r} requires X with {math.prod(shape)} features, one for each value of a "
            f"sample; got {n_features}."
        )
    places: NDArray[np.intp] = np.indices(shape)[0 if axis is None else axis].ravel()
    return np.zeros_like(places) if axis is None else places


def is_list_of_series(X: Any, shape: tuple[int, ...]) -> bool:
    """Return whether X is a list of series, rather than one of flat samples.

    Parameters
    ----------
    X : array-like
        Samples.

    shape : tuple of int
        Shape of a series.

    Returns
    -------
    bool
        A list of vectors contains series if there is one channel and they are not all of the full
        length, and flat samples otherwise.
    """
    is_list = isinstance(X, list | tuple)
    is_list |= isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype.kind == "O"
    if not is_list or np.ndim(X[0] if len(X) else 0) == 0:
        return False
    n_values = math.prod(shape)
    return any(np.ndim(series) != 1 or len(series) != n_values for series in X)


def _stacked(X: Any, shape: tuple[int, ...], time_axis: int) -> Array:
    """Return series of different lengths in one array, padded with NaN."""
    series = [_as_series(each, shape, time_axis) for each in X]
    for index, each in enumerate(series):
        _check_shape(each.shape, shape, time_axis, f"X[{index}] must be a series")
    is_single = all(each.dtype == np.float32 for each in series)
    stacked = np.full((len(series), *shape), np.nan, np.float32 if is_single else np.float64)
    for padded, each in zip(stacked, series, strict=True):
        padded[_corner(each.shape)] = each
    return stacked


def _as_series(values: Any, shape: tuple[int, ...], time_axis: int) -> Array:
    """Return a series as an array of numbers with two axes, if it is one of one channel."""
    array = np.asarray(plain_array(values))
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    channel_axis = 1 - time_axis
    is_vector = array.ndim == 1 and shape[channel_axis] == 1
    return np.expand_dims(array, channel_axis) if is_vector else array


def _padded(X: Array, shape: tuple[int, ...]) -> Array:
    """Return an array of series, padded with NaN to a shape."""
    padded = np.full((len(X), *shape), np.nan, X.dtype if X.dtype.kind == "f" else np.float64)
    padded[(slice(None), *_corner(X.shape[1:]))] = X
    return padded


def _cropped(sample: Array, values: Any, time_axis: int) -> Array:
    """Return a sample in the shape of a series."""
    series = _as_series(values, sample.shape, time_axis)
    return sample[_corner(series.shape)].reshape(np.shape(values))


def _corner(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the slices of the first values along each axis."""
    return tuple(map(slice, shape))


def _check_shape(
    own: tuple[int, ...], shape: tuple[int, ...], time_axis: int | None, what: str
) -> None:
    """Raise ValueError unless a shape is that of the network, or a shorter one of a series."""
    if own == shape:
        return
    if time_axis is None:
        advice = f" Set image_shape={own}." if len(own) in (2, 3) else ""
        raise ValueError(f"{what} of the network's image_shape={shape}; got shape {own}.{advice}")
    advice = ""
    if len(own) == 2 and own[1 - time_axis] == shape[1 - time_axis]:
        if own[time_axis] < shape[time_axis]:
            return
        advice = (
            " It is too long: use a longer series_shape, or windows, as in "
            "sklearn_autoencoders.series.sliding_windows."
        )
    raise ValueError(f"{what} of the network's series_shape={shape}; got shape {own}.{advice}")
