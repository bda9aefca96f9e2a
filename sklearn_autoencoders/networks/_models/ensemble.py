"""An ensemble of autoencoders in one module; each predicts values that are masked from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..._utils.batch import Batch, as_batch
from ..._utils.layout import Layout
from .._layers.basic import ACTIVATIONS
from .._layers.prototypes import Prototypes
from .._layers.subspace import FixedLinear
from .autoencoder import Autoencoder, Output

_ELEMENTWISE = tuple(ACTIVATIONS.values())
# Least error of an autoencoder that is told from smaller ones, as a fraction of the largest.
_MIN_RATIO = 0.02


class Ensemble(Autoencoder):
    """Autoencoders of one architecture, each with its own weights, trained simultaneously.

    In training, each autoencoder receives samples with values masked at random. In evaluation, each
    feature is always masked from the same autoencoders, and the output is the mean of the outputs
    of those from which it is masked.

    Parameters
    ----------
    autoencoders : sequence of (Module, Module)
        Encoders and decoders.

    n_features : int
        Number of features.

    mask_rate : float
        Fraction of the values that are masked in training, in [0, 1). Masked values are zero.

    n_masked : int
        From how many autoencoders each feature is masked in evaluation. With 0, nothing is masked.

    clip : float
        Inputs are clipped to [-clip, clip].

    subspace : pair of FixedLinear or None, default=None
        Maps from features to the inputs of the encoders, and from the outputs of the decoders to
        features. With None, they are the features.

    layout : Layout or None, default=None
        Columns of a table; the features of a column are masked together. By default, each feature
        is a column.

    prototypes : tuple of int or None, default=None
        Numbers of groups, of prototypes of each group and of directions of each prototype.

    is_weighted : bool, default=False
        Whether the mean output has weights, which are equal until :meth:`weigh` is called.
    """

    hidden: Tensor
    share: Tensor | None

    def __init__(
        self,
        autoencoders: Sequence[tuple[nn.Module, nn.Module]],
        n_features: int,
        mask_rate: float,
        n_masked: int,
        clip: float,
        subspace: tuple[FixedLinear, FixedLinear] | None = None,
        layout: Layout | None = None,
        prototypes: tuple[int, int, int] | None = None,
        is_weighted: bool = False,
    ) -> None:
        encoders, decoders = zip(*autoencoders, strict=True)
        super().__init__(nn.ModuleList(encoders), nn.ModuleList(decoders))
        identity: tuple[nn.Module, nn.Module] = nn.Identity(), nn.Identity()
        self.inwards, self.outwards = subspace or identity
        self.n_estimators, self.mask_rate, self.clip = len(autoencoders), mask_rate, clip
        self.layout = Layout.of_numbers(n_features) if layout is None else layout
        order = torch.rand(len(autoencoders), self.layout.n_columns).argsort(0)
        self.register_buffer("hidden", self.layout.of_inputs(order < n_masked))
        self.prototypes: Prototypes | None = None
        if prototypes is not None:
            self.prototypes = Prototypes(*prototypes, self.layout.n_inputs)
        self.register_buffer("share", self._equal_shares() if is_weighted else None)

    @property
    def subspace(self) -> tuple[FixedLinear, FixedLinear] | None:
        """Maps from features to coordinates in a subspace and back, if the network has them."""
        if isinstance(self.inwards, FixedLinear) and isinstance(self.outwards, FixedLinear):
            return self.inwards, self.outwards
        return None

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the codes of all autoencoders, of shape (n_estimators, batch, n_components)."""
        code: Tensor = self(x).code
        return code

    def forward(self, x: Batch | Tensor) -> Output:
        """Return codes and outputs of all autoencoders; in evaluation, their mean output."""
        x = as_batch(x).x.clamp(-self.clip, self.clip)
        if self.generator is None:
            return self._mean_output(x)
        n_draws = 1 if self.per_batch else len(x)
        draws = x.new_empty(len(self.hidden), n_draws, self.layout.n_columns)
        mask = draws.uniform_(generator=self.generator) < self.mask_rate
        return self._passed(x, self.layout.of_inputs(mask))

    def deviation(self, batch: Batch) -> Tensor:
        """Return the differences of inputs from their reconstructions near prototypes."""
        assert self.prototypes is not None
        observed = batch.observed
        observed = None if observed is None else self.layout.of_inputs(observed)
        clipped = batch.x.clamp(-self.clip, self.clip)
        found: Tensor = self.prototypes(clipped, observed) + (batch.x - clipped)
        return found

    def _mean_output(self, x: Tensor) -> Output:
        """Return the codes, and the mean output of those from which a feature is masked."""
        fraction = (self._equal_shares() if self.share is None else self.share).to(x)
        encoders, decoders = _layers_of(self.encoder), _layers_of(self.decoder)
        if self.subspace or not (_are_batched(encoders) and _are_batched(decoders)):
            passed = self._passed(x, self.hidden[:, None])
            return Output(passed.code, torch.einsum("ebd,ed->bd", passed.reconstruction, fraction))
        # the first and the last layer are a single matrix product for all autoencoders, in which
        # masks are zero weights
        weight, bias = _stacked(encoders[0])
        weight = weight.masked_fill(self.hidden[:, None], 0.0)
        units = functional.linear(x, weight.flatten(0, 1), bias.flatten())
        code = _through(encoders[1:], units.unflatten(1, (len(bias), -1)).transpose(0, 1))
        units = _through(decoders[:-1], code).transpose(0, 1).flatten(1)
        weight, bias = _stacked(decoders[-1])
        weight = (weight * fraction[..., None]).transpose(0, 1).flatten(1)
        return Output(code, functional.linear(units, weight, (bias * fraction).sum(0)))

    def outputs(self, x: Tensor) -> Tensor:
        """Return the outputs of all autoencoders, each without what is masked in evaluation."""
        return self._passed(x.clamp(-self.clip, self.clip), self.hidden[:, None]).reconstruction

    def weigh(self, errors: Tensor, rate: float) -> None:
        r"""Set the weights of the autoencoders in the mean output.

        An autoencoder from which the column that determines another one is masked predicts the
        latter badly. So its weight is :math:`1 / e^2`, for its typical error :math:`e`.

        Parameters
        ----------
        errors : Tensor of shape (n_estimators, n_columns)
            Typical errors of the autoencoders.

        rate : float
            In (0, 1]: how far the weights move from the previous to the new ones.
        """
        assert self.share is not None
        least = (_MIN_RATIO * errors.amax(0)).clamp(min=torch.finfo(errors.dtype).tiny)
        weight = self.layout.of_inputs((least / errors.maximum(least)) ** 2) * self._used()
        self.share.lerp_((weight / weight.sum(0)).to(self.share), rate)

    def _used(self) -> Tensor:
        return self.hidden | ~self.hidden.any()  # all of them, if nothing is masked

    def _equal_shares(self) -> Tensor:
        """Return equal weights of the autoencoders whose output is used, for each input."""
        used = self._used().to(torch.get_default_dtype())
        return used / used.sum(0)

    def _passed(self, x: Tensor, mask: Tensor) -> Output:
        """Return the codes and the outputs of each autoencoder for samples with masked values."""
        masked = x.expand(len(self.hidden), -1, -1).masked_fill(mask, 0.0)
        code = _apply_each(self.encoder, self.inwards(masked))
        return Output(code, self.outwards(_apply_each(self.decoder, code)))


Layers = list[tuple[Any, ...]]


def _layers_of(modules: Any) -> Layers:
    """Return the layers of modules of one architecture, grouped by their position."""
    return list(zip(*map(_layers, modules), strict=True))


def _layers(module: nn.Module) -> list[nn.Module]:
    """Return the layers of a module in order, if it is a sequence."""
    if not isinstance(module, nn.Sequential):
        return [module]
    return [layer for part in module for layer in _layers(part)]


def _are_batched(layers: Layers) -> bool:
    """Return whether all layers are linear or elementwise, and the first and last are linear."""
    kinds = [type(alike[0]) for alike in layers]
    known = all(issubclass(kind, (nn.Linear, *_ELEMENTWISE)) for kind in kinds)
    return known and issubclass(kinds[0], nn.Linear) and issubclass(kinds[-1], nn.Linear)


def _apply_each(modules: Any, x: Tensor) -> Tensor:
    """Return the output of each module for its samples, with batched operations if possible."""
    layers = _layers_of(modules)
    if _are_batched(layers):
        return _through(layers, x)
    return torch.stack([module(samples) for module, samples in zip(modules, x, strict=True)])


def _through(layers: Layers, x: Tensor) -> Tensor:
    """Apply groups of layers, one layer per autoencoder, to a stack of batches."""
    for alike in layers:
        if isinstance(alike[0], nn.Linear):
            weight, bias = _stacked(alike)
            x = torch.baddbmm(bias[:, None], x, weight.mT)
        else:
            x = alike[0](x)
    return x


def _stacked(alike: tuple[Any, ...]) -> tuple[Tensor, Tensor]:
    """Return the weights and the biases of linear layers."""
    weight = torch.stack([layer.weight for layer in alike])
    return weight, torch.stack([layer.bias for layer in alike])
