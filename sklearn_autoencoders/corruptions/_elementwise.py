"""Corruptions of individual values, for any kind of data."""

from __future__ import annotations

import math
from numbers import Real
from typing import ClassVar

import torch
from torch import Tensor

from .._utils.sklearn_compat import Constraints, Interval, Pair
from ._base import Corruption, Range, number_or_pair, per_sample, uniform

FINITE = Interval(Real, None, None, closed="neither")


def _replace(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """Return a copy whose masked entries are replaced by a value, except missing ones."""
    return x.masked_fill(mask & ~x.isnan(), value)


class Gaussian(Corruption):
    r"""Additive normal noise: :math:`\tilde x = x + \sigma \epsilon`, :math:`\epsilon \sim N(0,1)`.

    Parameters
    ----------
    std : float or pair of float, default=0.1
        Standard deviation :math:`\sigma`, at least 0, in the units of X: for images of bytes, 25
        corresponds to 0.1 for values in [0, 1]. A pair (low, high) is a
        range from which a value is drawn for every sample.

    clip : pair of float or None, default=None
        Limits (low, high) to which the result is clamped.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders", JMLR 11:3371-3408, 2010.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Gaussian
    >>> x = torch.zeros(1000, 10)
    >>> noisy = Gaussian(std=0.5, clip=(0, 1))(x, torch.Generator().manual_seed(0))
    >>> bool(noisy.min() == 0), bool(noisy.max() == 1)
    (True, True)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "std": number_or_pair(Real, 0, None, "left"),
        "clip": [Pair(Real, None, None, closed="neither", strict=True), None],
    }

    def __init__(self, std: Range = 0.1, clip: tuple[float, float] | None = None):
        self.std = std
        self.clip = clip

    def largest_change(self) -> float:
        """Return five standard deviations, the largest one if they are drawn."""
        return 5 * (max(self.std) if isinstance(self.std, tuple | list) else self.std)

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        std = per_sample(self.std, x, generator, shared)
        noise = x.new_empty(1 if shared else len(x), x.shape[1]).normal_(generator=generator)
        noisy = x + std * noise
        return noisy if self.clip is None else noisy.clamp(*self.clip)


class Masking(Corruption):
    r"""Masking noise: :math:`\tilde x = v` with probability `rate`, otherwise :math:`x`.

    Parameters
    ----------
    rate : float or pair of float, default=0.25
        Probability in [0, 1]. A pair (low, high) is a range from which a value is drawn for every
        sample.

    value : float, default=nan
        Value that replaces the masked entries, in the units of X. NaN marks them as missing: the
        network receives the center of the feature instead and learns to impute missing values. 0.0
        is the classical masking noise [1]_.

    known_weight : float or None, default=None
        Weight, in [0, 1], of the loss of values that are not masked, in relation to those that are.
        0 is the loss of the masked values alone, as in the pretraining of TabNet [2]_. It requires
        `value=nan`. None is 1, except for a :class:`~sklearn_autoencoders.DenoisingAutoencoder` of
        samples with missing values or categories, where it is 0.1.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders", JMLR 11:3371-3408, 2010.

    .. [2] S. O. Arik and T. Pfister, "TabNet: Attentive Interpretable Tabular Learning", AAAI 2021.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Masking
    >>> Masking(rate=1.0)(torch.ones(1, 3), torch.Generator())
    tensor([[nan, nan, nan]])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "rate": number_or_pair(Real, 0, 1, "both"),
        "value": [FINITE, "nan"],
        "known_weight": [Interval(Real, 0, 1, closed="both"), None],
    }
    on_categories = "missing"

    def __init__(
        self, rate: Range = 0.25, value: float = math.nan, known_weight: float | None = None
    ):
        self.rate = rate
        self.value = value
        self.known_weight = known_weight

    def check(self, n_features: int) -> None:
        """Raise ValueError if the weight of the loss refers to values that are not missing."""
        if self.known_weight is not None and not math.isnan(self.value):
            raise ValueError(
                "known_weight weighs the losses of values that Masking does not hide, which "
                f"requires value=nan; got value={self.value} and known_weight={self.known_weight}. "
                "Use value=nan or known_weight=None."
            )

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        rate = per_sample(self.rate, x, generator, shared)
        return _replace(x, uniform(x, generator, shared, x.shape[1]) < rate, self.value)


class SaltAndPepper(Corruption):
    r"""Salt-and-pepper noise: `low` or `high`, equally likely, with total probability `rate`.

    Parameters
    ----------
    rate : float or pair of float, default=0.25
        Probability in [0, 1]. A pair (low, high) is a range from which a value is drawn for every
        sample.

    low, high : float, default=0.0 and 1.0
        The two extreme values, in the units of X: 0 and 255 for images of bytes.

    References
    ----------
    .. [1] P. Vincent et al., "Stacked Denoising Autoencoders", JMLR 11:3371-3408, 2010.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import SaltAndPepper
    >>> x = torch.full((100, 3), 0.5)
    >>> SaltAndPepper(rate=0.5)(x, torch.Generator().manual_seed(0)).unique()
    tensor([0.0000, 0.5000, 1.0000])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "rate": number_or_pair(Real, 0, 1, "both"),
        "low": [FINITE],
        "high": [FINITE],
    }

    def __init__(self, rate: Range = 0.25, low: float = 0.0, high: float = 1.0):
        self.rate = rate
        self.low = low
        self.high = high

    def largest_change(self) -> float:
        """Return the difference of the two values."""
        return abs(self.high - self.low)

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        rate = per_sample(self.rate, x, generator, shared)
        draws = uniform(x, generator, shared, x.shape[1])
        return _replace(_replace(x, draws < rate, self.high), draws < rate / 2, self.low)


class Dropout(Corruption):
    r"""Dropout of inputs: :math:`\tilde x = 0` with probability `rate`, else :math:`x / (1-rate)`.

    The expectation of :math:`\tilde x` is :math:`x`, in the units of X. For dropout of hidden
    units, use the parameter `dropout` of the network.

    Parameters
    ----------
    rate : float or pair of float, default=0.2
        Probability in [0, 1). A pair (low, high) is a range from which a value is drawn for every
        sample.

    References
    ----------
    .. [1] N. Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from
       Overfitting", JMLR 15:1929-1958, 2014.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Dropout
    >>> Dropout(rate=0.5)(torch.ones(100, 3), torch.Generator().manual_seed(0)).unique()
    tensor([0., 2.])
    """

    _parameter_constraints: ClassVar[Constraints] = {"rate": number_or_pair(Real, 0, 1, "left")}

    def __init__(self, rate: Range = 0.2):
        self.rate = rate

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        rate = per_sample(self.rate, x, generator, shared)
        dropped = uniform(x, generator, shared, x.shape[1]) < rate
        return _replace(x / (1 - rate), dropped, 0.0)


class Swap(Corruption):
    r"""Swap noise: :math:`\tilde x_{ij} = x_{kj}` of another sample, with probability `rate`.

    The sample :math:`k \ne i` is drawn from the batch for every value. Each feature therefore keeps
    its distribution, regardless of its units, which makes this noise suitable for tabular data. A
    value is left unchanged if either of the two values is missing. A batch of one sample is left
    unchanged.

    Parameters
    ----------
    rate : float or pair of float, default=0.15
        Probability in [0, 1]. A pair (low, high) is a range from which a value is drawn for every
        sample.

    Notes
    -----
    With `shared`, entire features are swapped: each is rolled by a random number of samples. Sample
    weights are ignored when samples are drawn. With this corruption, a sample of weight two is
    therefore not equivalent to two samples.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.corruptions import Swap
    >>> x = torch.tensor([[1.0, 10.0], [2.0, 20.0]])
    >>> Swap(rate=1.0)(x, torch.Generator())
    tensor([[ 2., 20.],
            [ 1., 10.]])
    """

    _parameter_constraints: ClassVar[Constraints] = {"rate": number_or_pair(Real, 0, 1, "both")}
    on_categories = "corrupted"

    def __init__(self, rate: Range = 0.15):
        self.rate = rate

    def __call__(self, x: Tensor, generator: torch.Generator, *, shared: bool = False) -> Tensor:
        if len(x) < 2:
            return x.clone()
        rate = per_sample(self.rate, x, generator, shared)
        swapped = uniform(x, generator, shared, x.shape[1]) < rate
        steps = torch.randint(1, len(x), swapped.shape, device=x.device, generator=generator)
        index = torch.arange(len(x), device=x.device).unsqueeze(1)
        others = x.gather(0, (index + steps) % len(x))
        return torch.where(swapped & ~x.isnan() & ~others.isnan(), others, x)


CORRUPTIONS: dict[str, type[Corruption]] = {
    "gaussian": Gaussian,
    "masking": Masking,
    "salt_and_pepper": SaltAndPepper,
    "dropout": Dropout,
    "swap": Swap,
}
