"""Windows of long series."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .._utils.tensors import plain_array

Array = NDArray[Any]


def sliding_windows(series: Any, length: int, step: int = 1) -> Array:
    r"""Return the windows of a series: :math:`w_i = (x_{is}, \ldots, x_{is + l - 1})`.

    The windows can be passed to any estimator of the package, as samples of a network such as
    `Temporal(series_shape=(length, n_channels))`, or as flat samples for other networks if there is
    one channel.

    Parameters
    ----------
    series : array-like of shape (n_times,) or (n_times, n_channels)
        Values at equal intervals; NaN for missing values.

    length : int
        Number of time points :math:`l` of a window, at most `n_times`.

    step : int, default=1
        Number of time points :math:`s` from one window to the next. The last time points are in no
        window if the series does not end with one.

    Returns
    -------
    ndarray of shape (n_windows, length) or (n_windows, length, n_channels)
        A read-only view of the series, without copies of its values. There are
        `(n_times - length) // step + 1` windows.

    Raises
    ------
    ValueError
        If the series has another number of axes, or if `length` or `step` is not a positive int, or
        `length` exceeds the number of time points.

    See Also
    --------
    average_windows : From values for windows back to time points.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_autoencoders.series import sliding_windows
    >>> sliding_windows(np.arange(6), length=3, step=2)
    array([[0, 1, 2],
           [2, 3, 4]])
    """
    values = np.asarray(plain_array(series))
    if values.ndim not in (1, 2):
        raise ValueError(
            f"series must have shape (n_times,) or (n_times, n_channels); got {values.shape}."
        )
    length, step = _positive(length, "length"), _positive(step, "step")
    if length > len(values):
        raise ValueError(
            f"length={length} must be at most the number of time points of the series; got "
            f"{len(values)} time points."
        )
    windows: Array = np.moveaxis(sliding_window_view(values, length, axis=0), -1, 1)
    return windows[::step]


def average_windows(values: Any, length: int, step: int = 1, n_times: int | None = None) -> Array:
    r"""Return the mean, for each time point, over the windows that contain it.

    .. math:: y_t = \frac{1}{|W_t|} \sum_{i \in W_t} v_i \quad \text{or} \quad
        \frac{1}{|W_t|} \sum_{i \in W_t} v_{i, t - is}, \qquad
        W_t = \{i: is \le t < is + l\}

    The first formula is for one value of each window, such as an outlier score. The second is for a
    value of each time point of each window, such as a reconstruction or a contribution.

    Parameters
    ----------
    values : array-like of shape (n_windows,), (n_windows, length) or (n_windows, length, ...)
        Values for the windows of :func:`sliding_windows`. NaN is left out of the mean.

    length : int
        Number of time points :math:`l` of a window.

    step : int, default=1
        Number of time points :math:`s` from one window to the next.

    n_times : int or None, default=None
        Number of time points of the series. None is the end of the last window.

    Returns
    -------
    ndarray of shape (n_times,) or (n_times, ...)
        The means, float64 or, for such values, float32; NaN for time points without a value in any
        window.

    Raises
    ------
    ValueError
        If the second axis of `values` is not that of the time points of a window, if the windows do
        not fit in `n_times`, or if a number is not a positive int.

    See Also
    --------
    sliding_windows : Windows of a series.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_autoencoders.series import average_windows, sliding_windows
    >>> windows = sliding_windows(np.arange(6.0), length=3)
    >>> average_windows(windows, length=3)
    array([0., 1., 2., 3., 4., 5.])
    >>> average_windows(windows.max(axis=1), length=3)
    array([2. , 2.5, 3. , 4. , 4.5, 5. ])
    """
    values = np.asarray(plain_array(values))
    values = values if values.dtype.kind == "f" else values.astype(np.float64)
    length, step = _positive(length, "length"), _positive(step, "step")
    if values.ndim == 0 or not len(values) or (values.ndim > 1 and values.shape[1] != length):
        raise ValueError(
            f"values must have shape (n_windows,) or (n_windows, {length}, ...): one value "
            f"for each window, or for each of its time points; got {values.shape}."
        )
    end = (len(values) - 1) * step + length
    n_times = end if n_times is None else _positive(n_times, "n_times")
    if n_times < end:
        raise ValueError(
            f"n_times={n_times} must be at least {end}, where the last of {len(values)} windows "
            f"with length={length} and step={step} ends."
        )
    return _means(values, length, step, n_times)


def _means(values: Array, length: int, step: int, n_times: int) -> Array:
    """Return the means; the windows are added at one of their time points after another."""
    total = np.zeros((n_times, *values.shape[2:]))
    count, known = np.zeros(total.shape), ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    for place in range(length):
        times = slice(place, place + (len(values) - 1) * step + 1, step)
        total[times] += filled if values.ndim == 1 else filled[:, place]
        count[times] += known if values.ndim == 1 else known[:, place]
    means: Array = np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(values.dtype)
    return means


def _positive(value: Any, name: str) -> int:
    """Return a positive int, or raise ValueError."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name} must be a positive int; got {value!r}.")
    return int(value)
