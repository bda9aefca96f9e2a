"""An autoencoder whose code is random."""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import Tensor, nn

from ._autoencoder import Autoencoder, Output
from ._bottlenecks import Bottleneck, Latent


class CellNoise(nn.Module):
    """What is learnt of the noise of every column, beside the decoder's output.

    Parameters
    ----------
    n_noise, n_features : int
        Numbers for each column, columns.
    """

    decays = False

    def __init__(self, n_noise: int, n_features: int) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(n_noise, n_features)) if n_noise else None


class VariationalAutoencoder(Autoencoder):
    """An encoder, a bottleneck that draws, a decoder and its noise.

    It draws where it has something to draw from; elsewhere the code is not random.

    Parameters
    ----------
    encoder : Module
        Maps (batch, n_features) to what the bottleneck needs.

    bottleneck : Bottleneck
        Makes codes of that.

    decoder : Module
        Maps (batch, n_components + n_conditions) to (batch, n_features).

    n_noise, n_features : int
        Numbers that are learnt of every column's noise, columns.

    n_encoded, n_conditions : int
        Width of the encoder's output, and of the condition: what the input has beyond the columns.
        The decoder sees it beside the code; it shifts the posterior. Without it the posterior is
        that of an average condition, zero.
    """

    def __init__(
        self,
        encoder: nn.Module,
        bottleneck: Bottleneck,
        decoder: nn.Module,
        n_noise: int,
        n_features: int,
        n_encoded: int,
        n_conditions: int = 0,
    ) -> None:
        super().__init__(encoder, decoder)
        self.bottleneck, self.n_features = bottleneck, n_features
        self.shift = nn.Linear(n_conditions, n_encoded, bias=False) if n_conditions else None
        self.cell_noise = CellNoise(n_noise, n_features)

    @property
    def noise(self) -> Tensor:
        """What is learnt of the noise, of shape (n_noise, n_features)."""
        values = self.cell_noise.values
        empty = next(self.encoder.parameters()).new_empty(0, self.n_features)
        return empty if values is None else values

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes of a batch, without drawing."""
        return self.bottleneck.code(self.encoded(x))

    def latent(self, x: Tensor) -> Latent:
        """Return draws of the codes of a batch."""
        latent: Latent = self.bottleneck(self.encoded(x), self.encoder, self.condition(x))
        return latent

    def decode_beside(self, code: Tensor, x: Tensor) -> Tensor:
        """Return what codes stand for under the conditions of a batch."""
        condition = self.condition(x)
        if condition is not None:
            code = torch.cat([code, condition.expand(*code.shape[:-1], -1)], -1)
        if code.ndim == 2:
            return self.decode(code)
        output: Tensor = self.decode(code.flatten(0, 1)).unflatten(0, code.shape[:2])
        return output

    def forward(self, x: Tensor) -> Output:
        """Return codes and reconstructions; of draws, on a first axis, where it draws."""
        encoded = self.encoded(x)
        code = self.bottleneck.code(encoded)
        if not self.bottleneck.is_drawing:
            return Output(code, self.decode_beside(code, x))
        latent = self.bottleneck(encoded, self.encoder, self.condition(x))
        return Output(code, self.decode_beside(latent.draws, x), latent)

    def encoded(self, x: Tensor) -> Tensor:
        """Return what the bottleneck makes codes of."""
        encoded: Tensor = self.encoder(x[:, : self.n_features])
        condition = self.condition(x)
        if self.shift is None or condition is None:
            return encoded
        return encoded + cast(Tensor, self.shift(condition))

    def condition(self, x: Tensor) -> Tensor | None:
        """Return what a batch holds beyond the columns."""
        return x[:, self.n_features :] if x.shape[1] > self.n_features else None

    def with_draws(
        self, generator: torch.Generator, n_draws: int, per_batch: bool
    ) -> VariationalAutoencoder:
        """Return a network of the same weights that draws; this one, perhaps in use, does not.

        Parameters
        ----------
        generator : Generator
            Where it draws from.

        n_draws : int
            Draws for every row.

        per_batch : bool
            Whether one draw serves all rows.

        Returns
        -------
        VariationalAutoencoder
            A shallow copy.
        """
        return self._with(generator=generator, n_draws=n_draws, per_batch=per_batch)

    def with_noise(self, noise: Tensor) -> VariationalAutoencoder:
        """Return a network of the same weights whose draws are made of given numbers.

        Parameters
        ----------
        noise : Tensor of shape (n_draws, 1 or batch, n_components)
            Standard normal numbers.

        Returns
        -------
        VariationalAutoencoder
            A shallow copy.
        """
        return self._with(noise=noise)

    def _with(self, **settings: Any) -> VariationalAutoencoder:
        """Return a shallow copy with other settings of the bottleneck."""
        network, bottleneck = copy.copy(self), copy.copy(self.bottleneck)
        for name, value in settings.items():
            setattr(bottleneck, name, value)
        network._modules = {**self._modules, "bottleneck": bottleneck}
        return network
