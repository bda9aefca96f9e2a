"""An autoencoder whose code is random."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn

from ..._utils.batch import Batch, as_batch
from ..._utils.torch_compat import with_child
from .._latent.bottlenecks import Bottleneck, Latent
from .autoencoder import Autoencoder, Output, with_condition


class FeatureNoise(nn.Module):
    """Learned noise parameters of each feature.

    Parameters
    ----------
    n_noise, n_features : int
        Number of parameters of each feature, and number of features.
    """

    decays = False

    def __init__(self, n_noise: int, n_features: int) -> None:
        super().__init__()
        self.values = nn.Parameter(torch.zeros(n_noise, n_features)) if n_noise else None


class VariationalAutoencoder(Autoencoder):
    """An encoder, a random bottleneck, a decoder and the noise of its output.

    The code is random if the bottleneck has a generator or noise; otherwise it is deterministic.

    Parameters
    ----------
    encoder : Module
        Maps (batch, n_features) to the input of the bottleneck.

    bottleneck : Bottleneck
        Maps the encoder's output to codes.

    decoder : Module
        Maps (batch, n_components + n_conditions) to (batch, n_features).

    n_noise, n_features : int
        Number of learned noise parameters of each feature, and number of features.

    n_encoded, n_conditions : int
        Sizes of the encoder's output and of the condition. The condition is passed to the decoder
        together with the code, and it shifts the posterior. Without a condition, the posterior is
        that of the mean condition, which is zero.
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
        self.cell_noise = FeatureNoise(n_noise, n_features)  # model files store this name

    @property
    def noise(self) -> Tensor:
        """The learned noise parameters, of shape (n_noise, n_features)."""
        values = self.cell_noise.values
        empty = next(self.encoder.parameters()).new_empty(0, self.n_features)
        return empty if values is None else values

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the deterministic codes of a batch."""
        return self.bottleneck.code(self.encoded(x))

    def latent(self, x: Batch | Tensor) -> Latent:
        """Return draws of the codes of a batch."""
        batch = as_batch(x)
        latent: Latent = self.bottleneck(self.encoded(batch), self.encoder, batch.condition)
        return latent

    def decode(
        self, code: Tensor, condition: Tensor | None = None, target: Tensor | None = None
    ) -> Tensor:
        """Return the decoder's output for codes of shape (batch, m) or (n_draws, batch, m)."""
        if code.ndim == 2:
            return super().decode(code, condition, target)
        return _of_draws(super().decode, code, condition, target if self.reads_target else None)

    def draw(self, code: Tensor, condition: Tensor | None, noise: Callable[..., Any]) -> Tensor:
        """Return the output of a decoder that reads the symbols which it has drawn.

        The noise of the logits of a symbol makes the most probable one a draw.
        """
        output: Tensor = self.decoder(with_condition(code, condition), noise=noise)
        return output

    def auxiliary(self, output: Output, condition: Tensor | None) -> Tensor:
        """Return the reconstructions of the auxiliary loss, of shape (n, batch, n_features).

        They are decoded from the codes, or from their draws if the decoder reads the symbols before
        each one, without these symbols.
        """
        if not self.reads_target:
            return self.decode(output.code, condition)[None]
        return _of_draws(self._decode_alone, output.latent.draws, condition)

    def _decode_alone(self, code: Tensor, condition: Tensor | None) -> Tensor:
        decoder: Any = self.decoder
        alone: Tensor = decoder.alone(with_condition(code, condition))
        return alone

    def forward(self, x: Batch | Tensor) -> Output:
        """Return codes and reconstructions; with random codes, one reconstruction per draw."""
        batch = as_batch(x)
        encoded = self.encoded(batch)
        code = self.bottleneck.code(encoded)
        if not self.bottleneck.is_drawing:
            return Output(code, self.decode(code, batch.condition, batch.target))
        latent = self.bottleneck(encoded, self.encoder, batch.condition)
        return Output(code, self.decode(latent.draws, batch.condition, batch.target), latent)

    def encoded(self, x: Batch | Tensor) -> Tensor:
        """Return the encoder's output, which the bottleneck maps to codes."""
        batch = as_batch(x)
        encoded: Tensor = self.encoder(self.inputs(batch))
        if self.shift is None or batch.condition is None:
            return encoded
        return encoded + cast(Tensor, self.shift(batch.condition))

    def with_draws(
        self, generator: torch.Generator, n_draws: int, per_batch: bool
    ) -> VariationalAutoencoder:
        """Return a copy of the network that shares its weights and draws random codes.

        Parameters
        ----------
        generator : Generator
            Source of random numbers.

        n_draws : int
            Number of draws per sample.

        per_batch : bool
            Whether one draw is used for all samples.

        Returns
        -------
        VariationalAutoencoder
            A shallow copy.
        """
        return self._with(generator=generator, n_draws=n_draws, per_batch=per_batch)

    def with_noise(self, noise: Tensor) -> VariationalAutoencoder:
        """Return a copy of the network that shares its weights and draws codes with given noise.

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
        bottleneck = copy.copy(self.bottleneck)
        for name, value in settings.items():
            setattr(bottleneck, name, value)
        return with_child(self, "bottleneck", bottleneck)


def _of_draws(function: Callable[..., Tensor], draws: Tensor, *others: Tensor | None) -> Tensor:
    """Apply a function of codes to draws of shape (n_draws, batch, m), and to values of samples."""
    repeated = (None if other is None else other.repeat(len(draws), 1) for other in others)
    flat = function(draws.flatten(0, 1), *repeated)
    output: Tensor = flat.unflatten(0, draws.shape[:2])
    return output
