"""Networks for the ratings or clicks of users."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from .._utils.sklearn_compat import Constraints, Interval, Sizes, StrOptions
from ._layers.basic import ACTIVATIONS, Dropout
from ._network import Network

# Added to the number of interactions, so that the codes of users with few of them are small.
_N_MORE = 10.0
# Standard deviation of the initial weights of the last layer, so that its outputs are small.
_LAST = 0.01
# Fraction of stored values below which only their outputs are computed.
_MAX_DENSITY = 1 / 64


class _Interactions(nn.Module):
    """Hide some interactions, and divide a sample by the root of their number."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.hidden = Dropout(rate)

    def forward(self, x: Tensor) -> Tensor:
        """Return samples of a norm that hardly depends on the number of interactions."""
        if x.is_sparse:
            return self._of_stored(x)
        count = (x != 0).sum(1, keepdim=True).to(x.dtype)
        scaled: Tensor = self.hidden(x) * input_scale(count)
        return scaled

    def _of_stored(self, x: Tensor) -> Tensor:
        """Return the same for a sparse tensor, with draws for the stored values alone."""
        (rows, items), values = x.indices(), x.values()
        count = _totals(rows, (values != 0).to(values.dtype), len(x))
        if self.hidden.per_batch:
            kept = self.hidden(values.new_ones(1, x.shape[1]))[0, items]
        else:
            kept = self.hidden(torch.ones_like(values))
        scaled = values * kept * input_scale(count)[rows]
        return torch.sparse_coo_tensor(
            x.indices(), scaled, x.shape, is_coalesced=True, check_invariants=False
        )


class _FirstLinear(nn.Linear):
    """A linear layer whose input can be sparse: no weight is multiplied by a zero.

    A bag of embeddings reads rows. To copy the transposed weights takes less time than to read
    columns, and the layout of the weights in files stays that of a linear layer.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the output, of shape (batch, n_outputs)."""
        if not x.is_sparse:
            return super().forward(x)
        rows, items = x.indices()
        offsets = torch.bincount(rows, minlength=len(x)).cumsum(0)
        offsets = functional.pad(offsets, (1, 0))
        sums = sums_of_rows(self.weight.t().contiguous(), items, x.values(), offsets)
        return sums + self.bias


class _Decoder(nn.Sequential):
    """Layers of which the last one can be computed for the items of a sparse target alone.

    Attributes
    ----------
    predicts_stored_only : bool
        Whether it is called with the target, for the output at its stored values.
    """

    predicts_stored_only = False

    def forward(self, code: Tensor, target: Tensor | None = None) -> Tensor:
        """Return the output, of shape (batch, n_items) or, for a sparse target, (n_stored,)."""
        if target is None or not _is_sparse_enough(target):
            return cast(Tensor, super().forward(code))
        hidden, last = self[:-1](code), cast(nn.Linear, self[-1])
        rows, items = target.indices()
        products = functional.embedding(rows, hidden) * functional.embedding(items, last.weight)
        return products.sum(1) + last.bias.index_select(0, items)


def _is_sparse_enough(target: Tensor) -> bool:
    """Return whether single outputs take less time and memory than all of them."""
    return target.is_sparse and target.values().numel() < _MAX_DENSITY * target.numel()


def _totals(rows: Tensor, values: Tensor, n_rows: int) -> Tensor:
    return values.new_zeros(n_rows).index_add(0, rows, values)


def sums_of_rows(weight: Tensor, items: Tensor, values: Tensor, offsets: Tensor) -> Tensor:
    """Return the product of sparse samples and a matrix.

    Parameters
    ----------
    weight : Tensor of shape (n_items, n_outputs)
        The matrix, of which only the rows of stored items are read.

    items, values : Tensor of shape (n_stored,)
        Items and values of one sample after another.

    offsets : Tensor of int of shape (batch + 1,)
        Where each sample begins, and where the last one ends.

    Returns
    -------
    Tensor of shape (batch, n_outputs)
        The product.
    """
    sums: Tensor = functional.embedding_bag(
        items, weight, offsets, mode="sum", per_sample_weights=values, include_last_offset=True
    )
    return sums


def input_scale(count: Tensor) -> Tensor:
    """Return the factor of a sample, given the number of its interactions."""
    return (count + _N_MORE).rsqrt()


class Interactions(Network):
    r"""Dense layers for samples of which most values are zero: ratings or clicks of users.

    The first step of the encoder hides a random part of the values during training, so that the
    network learns to predict them from the others, and scales a sample of :math:`m` values that are
    not zero by :math:`1 / \sqrt{m + 10}`. The code has an activation function, and the last layer
    of the decoder is linear: its weights are the embeddings of the items.

    Parameters
    ----------
    hidden_layer_sizes : sequence of int, default=()
        Number of units in each hidden layer of the encoder, which the decoder mirrors.

    activation : str, default="tanh"
        Activation function of the hidden layers and of the code, as in :class:`Dense`.

    masking_rate : float, default=0.5
        Fraction of the values that are hidden from the network in a training step, in [0, 1).

    See Also
    --------
    Dense : Fully connected layers of decreasing size.

    References
    ----------
    .. [1] D. Liang, R. G. Krishnan, M. D. Hoffman and T. Jebara, "Variational Autoencoders for
       Collaborative Filtering", WWW 2018.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import Interactions
    >>> encoder, decoder = Interactions().build(n_features=100, n_components=8)
    >>> decoder[-1]
    Linear(in_features=8, out_features=100, bias=True)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "hidden_layer_sizes": [Sizes()],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "masking_rate": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (),
        activation: str = "tanh",
        masking_rate: float = 0.5,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.masking_rate = masking_rate

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of items.

        n_components : int
            Size of the code.

        Returns
        -------
        encoder, decoder : Sequential
            The scaling of interactions and dense layers; dense layers.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        sizes = [n_features, *self.hidden_layer_sizes, n_components]
        encoder, decoder = self._layers(sizes, _FirstLinear), self._layers(sizes[::-1])[:-1]
        with torch.no_grad():
            for name, parameter in decoder[-1].named_parameters():
                parameter.normal_(std=_LAST if name == "weight" else 0.0)
        return nn.Sequential(_Interactions(self.masking_rate), *encoder), _Decoder(*decoder)

    def _layers(self, sizes: Sequence[int], first: type[nn.Linear] = nn.Linear) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in pairwise(sizes):
            kind = nn.Linear if layers else first
            layers += [kind(n_inputs, n_outputs), ACTIVATIONS[self.activation]()]
        return layers
