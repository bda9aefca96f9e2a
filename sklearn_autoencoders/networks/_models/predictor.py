"""An autoencoder with a head that predicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor, nn

from ..._utils.batch import Batch, as_batch
from .._layers.basic import UndecayedLinear
from .autoencoder import Autoencoder, Output


class LinearHead(UndecayedLinear):
    """A linear map of the code; it starts at zero.

    Parameters
    ----------
    n_components, n_outputs : int
        Sizes of the code and of the prediction.
    """

    def __init__(self, n_components: int, n_outputs: int) -> None:
        super().__init__(n_components, n_outputs)
        for parameter in self.parameters():
            nn.init.zeros_(parameter)

    def forward(self, code: Tensor, batch: Batch | None = None) -> Tensor:
        """Return the prediction for codes, of shape (batch, n_outputs)."""
        return super().forward(code)

    predict = forward

    @torch.no_grad()
    def start_at(self, weight: Tensor, bias: Tensor) -> None:
        """Set the weights.

        Parameters
        ----------
        weight : Tensor of shape (n_outputs, n_components)
            Weights.

        bias : Tensor of shape (n_outputs,)
            Biases.
        """
        self.weight.copy_(weight)
        self.bias.copy_(bias)


class Head(Protocol):
    """What predicts from codes and from the batch they belong to."""

    def __call__(self, code: Tensor, batch: Batch) -> Tensor:
        """Return the predictions of a batch; of an ensemble, of each member."""

    def predict(self, code: Tensor, batch: Batch) -> Tensor:
        """Return the predictions, of shape (batch, n_outputs)."""


class Predictor(Autoencoder):
    """An autoencoder with a head that predicts from its code.

    Parameters
    ----------
    autoencoder : Autoencoder
        Computes the codes.

    head : LinearHead, BranchedHead or EnsembleHead
        Computes the prediction.

    Attributes
    ----------
    reconstructs : bool
        Whether the forward pass also decodes.

    Raises
    ------
    ValueError
        If the head reads reconstructions of a decoder that reads the samples.
    """

    reconstructs = True

    def __init__(self, autoencoder: Autoencoder, head: Head) -> None:
        nn.Module.__init__(self)
        self.autoencoder = autoencoder
        self.head = head
        self._frozen: tuple[nn.Module, ...] = ()
        self._fixed = {name for name, p in autoencoder.named_parameters() if not p.requires_grad}
        if self.has_denoiser and self.reads_target:
            raise ValueError(
                "reads_reconstruction=True of Branches requires a decoder that reads nothing but "
                "the code; that of TextHybrid reads the symbols before each one. Use "
                "reads_reconstruction=False."
            )

    @property
    def has_denoiser(self) -> bool:
        """Whether the head reads reconstructions instead of samples."""
        return getattr(self.head, "reads_reconstruction", False)

    # In the base class these are submodules; here they are submodules of the inner autoencoder.
    @property
    def encoder(self) -> nn.Module:  # type: ignore[override]
        """The autoencoder's encoder."""
        return self.autoencoder.encoder

    @property
    def decoder(self) -> nn.Module:  # type: ignore[override]
        """The autoencoder's decoder."""
        return self.autoencoder.decoder

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the codes of a batch."""
        return self.autoencoder.encode(x)

    def decode(
        self, code: Tensor, condition: Tensor | None = None, target: Tensor | None = None
    ) -> Tensor:
        """Return the decoder's output, before the link function of the loss."""
        return self.autoencoder.decode(code, condition, target)

    def predict(self, x: Batch | Tensor) -> Tensor:
        """Return the output of the head."""
        batch = as_batch(x)
        code = self.encode(batch)
        if self.has_denoiser:
            batch = replace(batch, x=self.decode(code))
        return self.head.predict(code, batch)

    def forward(self, x: Batch | Tensor) -> Output:
        """Return codes, reconstructions and predictions of a batch."""
        batch = as_batch(x)
        code = self.encode(batch)
        reconstruction = code.new_empty(len(code), 0)
        if self.reconstructs or self.has_denoiser:
            reconstruction = self.decode(code, target=batch.target)
        if self.has_denoiser:
            batch = replace(batch, x=reconstruction)
        return Output(code, reconstruction, prediction=self.head(code, batch))

    def layers(self) -> list[list[nn.Module]]:
        """Return the encoder's layers from the input to the code, in the order of registration.

        Returns
        -------
        list of list of Module
            A layer begins with a module that has a matrix. Other modules, such as batch
            normalization, belong to the preceding layer.
        """
        layers: list[list[nn.Module]] = []
        for module in self.encoder.modules():
            own = list(module.parameters(recurse=False))
            if any(parameter.ndim > 1 for parameter in own) or (own and not layers):
                layers.append([])
            if own:
                layers[-1].append(module)
        return layers

    def freeze(self, n_layers: int) -> None:
        """Freeze the first layers of the encoder, and unfreeze the others.

        If all of them are frozen, so is the decoder of a denoiser.

        Parameters
        ----------
        n_layers : int
            Number of frozen layers.
        """
        layers = self.layers()
        names = {id(p): name for name, p in self.autoencoder.named_parameters()}
        for place, layer in enumerate(layers):
            for module in layer:
                for parameter in module.parameters(recurse=False):
                    is_free = names[id(parameter)] not in self._fixed
                    parameter.requires_grad_(is_free and place >= n_layers)
        self._frozen = tuple(module for layer in layers[:n_layers] for module in layer)
        if self.has_denoiser:
            is_frozen = n_layers >= len(layers)
            shared = {id(parameter) for parameter in self.encoder.parameters()}  # tied weights
            for name, parameter in self.decoder.named_parameters(prefix="decoder"):
                if id(parameter) not in shared:
                    parameter.requires_grad_(not is_frozen and name not in self._fixed)
            self._frozen += (self.decoder,) if is_frozen else ()
        self.train(self.training)

    def train(self, mode: bool = True) -> Predictor:
        """Set training mode; frozen layers stay in evaluation mode."""
        super().train(mode)
        for module in self._frozen:  # otherwise batch normalization would update its statistics
            module.eval()
        return self
