"""Recurrent networks that read sequences of symbols in both directions."""

from __future__ import annotations

from torch import Tensor, nn

from ..._utils.batch import Batch, as_batch
from .._models.autoencoder import Output
from .causal import SequenceModel, SymbolNetwork, mean_state


class BidirectionalRecurrent(SymbolNetwork):
    r"""Recurrent network that corrects texts: it reads them forwards and backwards.

    One half of the state at position :math:`t` depends on the symbols up to it, the other half on
    those from it on:

    .. math:: h_t^{(k)} = h_t^{(k - 1)} + \operatorname{norm}\bigl(\bigl[
        \operatorname{cell}_k(h_t^{(k - 1)}, \overrightarrow s_{t - 1}^{(k)}),\,
        \operatorname{cell}'_k(h_t^{(k - 1)}, \overleftarrow s_{t + 1}^{(k)})\bigr]\bigr),

    where :math:`h_t^{(0)}` is a learned vector of the symbol. The decoder maps the last layer's
    state at a position, with one hidden layer, to the logits of the right symbol there. There is
    one code for each position, so that long texts are not compressed, as they are by other
    networks; what `transform` returns as the code of a text is their mean. The network is for
    :class:`~sklearn_autoencoders.DenoisingAutoencoder`.

    Parameters
    ----------
    n_layers : int, default=1
        Number of recurrent layers, each with `n_components` units, which must be even.

    cell : {"gru", "lstm"}, default="gru"
        Kind of the layers: gated recurrent units or long short-term memory.

    n_embedding : int, default=64
        Size of the vector of a symbol.

    layer_norm : bool, default=True
        Whether the output of each layer is normalized.

    dropout : float, default=0.0
        Dropout rate of the outputs of the layers, in [0, 1).

    See Also
    --------
    CausalRecurrent : A network that predicts the next symbol.

    References
    ----------
    .. [1] M. Schuster and K. K. Paliwal, "Bidirectional Recurrent Neural Networks", IEEE
       Transactions on Signal Processing 45, 1997.

    Examples
    --------
    >>> from sklearn_autoencoders import DenoisingAutoencoder
    >>> from sklearn_autoencoders.corruptions import Typo
    >>> from sklearn_autoencoders.networks import BidirectionalRecurrent
    >>> denoiser = DenoisingAutoencoder(
    ...     32,
    ...     network=BidirectionalRecurrent(n_embedding=16),
    ...     corruption=Typo(),
    ...     weight_decay=0,
    ...     learning_rate=0.02,
    ...     batch_size=16,
    ...     max_epochs=30,
    ...     random_state=0,
    ... ).fit(["to be", "or not", "to be"] * 40)
    >>> denoiser.transform(["tobe", "ro not"])
    ['to be', 'or not']
    """

    def build(self, n_features: int, n_components: int) -> tuple[nn.Module, nn.Module]:
        """Return a new encoder and decoder.

        Parameters
        ----------
        n_features : int
            Number of symbols.

        n_components : int
            Size of the states, an even number.

        Returns
        -------
        encoder, decoder : Module
            Map (batch, time, n_features) to (batch, time, n_components), and back to logits.

        Raises
        ------
        ValueError
            If a parameter is invalid.
        """
        self._validate_params()
        if n_components % 2:
            raise ValueError(
                f"n_components must be even for a bidirectional network; got {n_components}."
            )
        # a linear decoder would add what both directions know, and not compare it
        mixed = nn.Linear(n_components, n_components), nn.GELU()
        decoder = nn.Sequential(*mixed, nn.Linear(n_components, n_features))
        return self._states(n_features, n_components, is_bidirectional=True), decoder


class BidirectionalModel(SequenceModel):
    """A bidirectional encoder and a decoder, which predict each symbol from all symbols."""

    def encode(self, x: Batch | Tensor) -> Tensor:
        """Return the mean states of a batch."""
        batch = as_batch(x)
        return mean_state(self._states(batch), batch.missing)

    def forward(self, x: Batch | Tensor) -> Output:
        """Return the mean states, and the logits of the right symbol at each position."""
        batch = as_batch(x)
        states = self._states(batch)
        return Output(mean_state(states, batch.missing), self.decode(states).flatten(1))

    def _states(self, batch: Batch) -> Tensor:
        states: Tensor = self.encoder(self._by_position(batch.x))
        return states
