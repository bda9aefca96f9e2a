"""Priors of latent codes, as parameter objects from which bottlenecks are built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import ClassVar

from ..._utils.part import Part
from ..._utils.sklearn_compat import Constraints, Interval
from .bottlenecks import (
    Bottleneck,
    GaussianBottleneck,
    MixturePriorModule,
    NormalPriorModule,
    VampPriorModule,
)
from .vector_quantizer import QuantizedBottleneck


class LatentPart(Part, ABC):
    """Base class of priors of the latent codes, for the parameter `latent` of `VAEGenerator`."""

    _parameter_constraints: ClassVar[Constraints] = {}

    @abstractmethod
    def build(self, n_features: int, n_components: int, n_conditions: int = 0) -> Bottleneck:
        """Return a new bottleneck."""

    def n_encoded(self, n_components: int) -> int:
        """Return the number of outputs of the encoder."""
        return 2 * n_components


class NormalPrior(LatentPart):
    r"""Standard normal prior, :math:`N(0, I)`.

    Examples
    --------
    >>> from sklearn_autoencoders.networks import NormalPrior
    >>> NormalPrior().n_encoded(n_components=3)
    6
    """

    def build(self, n_features: int, n_components: int, n_conditions: int = 0) -> Bottleneck:
        """Return a new bottleneck.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        n_conditions : int, default=0
            Dimension of the condition on which the mixture weights can depend.

        Returns
        -------
        Bottleneck
            A bottleneck with Gaussian posteriors and a prior without parameters.
        """
        return GaussianBottleneck(NormalPriorModule(n_components))


class MixturePrior(LatentPart):
    r"""Mixture of Gaussians as prior, :math:`\sum_c \pi_c N(m_c, \mathrm{diag}(s_c^2))`.

    Mixture weights, means and variances are learned together with the network. Before and after
    training they are fitted to its codes by expectation maximization. In a conditional model, the
    mixture weights depend on the condition.

    Parameters
    ----------
    n_gaussians : int, default=10
        Number of Gaussians.

    Examples
    --------
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.networks import MixturePrior
    >>> VAEGenerator(latent=MixturePrior(n_gaussians=3)).get_params()["latent__n_gaussians"]
    3
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_gaussians": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, n_gaussians: int = 10):
        self.n_gaussians = n_gaussians

    def build(self, n_features: int, n_components: int, n_conditions: int = 0) -> Bottleneck:
        """Return a new bottleneck.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        n_conditions : int, default=0
            Dimension of the condition on which the mixture weights can depend.

        Returns
        -------
        Bottleneck
            A bottleneck with Gaussian posteriors and a mixture as prior.
        """
        return GaussianBottleneck(MixturePriorModule(self.n_gaussians, n_components, n_conditions))


class VampPrior(LatentPart):
    r"""VampPrior: mixture of posteriors, :math:`\sum_c \pi_c\, q(z \mid u_c)` [1]_.

    The inputs :math:`u_c` are learned together with the network.

    Parameters
    ----------
    n_gaussians : int, default=50
        Number of learned inputs.

    References
    ----------
    .. [1] J. Tomczak and M. Welling, "VAE with a VampPrior", AISTATS 2018.

    Examples
    --------
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.networks import VampPrior
    >>> VAEGenerator(latent=VampPrior(n_gaussians=20)).get_params()["latent__n_gaussians"]
    20
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_gaussians": [Interval(Integral, 1, None, closed="left")]
    }

    def __init__(self, n_gaussians: int = 50):
        self.n_gaussians = n_gaussians

    def build(self, n_features: int, n_components: int, n_conditions: int = 0) -> Bottleneck:
        """Return a new bottleneck.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        n_conditions : int, default=0
            Dimension of the condition on which the mixture weights can depend.

        Returns
        -------
        Bottleneck
            A bottleneck with Gaussian posteriors and a mixture of posteriors as prior.
        """
        return GaussianBottleneck(VampPriorModule(self.n_gaussians, n_features))


class VectorQuantizer(LatentPart):
    r"""Vector quantization [1]_: each group of components is one of the `n_codes` codebook entries.

    The codebook is a list of vectors. In each group, the output :math:`e(x)` of the encoder is
    replaced by the nearest entry :math:`z`. The entries are running means of the outputs nearest to
    them. The commitment loss :math:`\beta_c \|e(x) - \mathrm{sg}[z]\|^2`, in which sg means that
    :math:`z` has no gradient, keeps the outputs close to their entries. After training, the prior
    is the probability of each entry given the entry of the preceding group.

    Parameters
    ----------
    n_codes : int, default=64
        Number of entries in the codebook of each group.

    group_size : int, default=2
        Number of components in a group. It must divide `n_components`.

    commitment : float, default=0.25
        The factor :math:`\beta_c`.

    decay : float, default=0.99
        Decay rate of the running means, in [0, 1).

    Notes
    -----
    Sample weights are used for the networks and the prior, but not for the codebook.

    References
    ----------
    .. [1] A. van den Oord, O. Vinyals and K. Kavukcuoglu, "Neural Discrete Representation
       Learning", NeurIPS 2017.

    Examples
    --------
    >>> from sklearn_autoencoders import VAEGenerator
    >>> from sklearn_autoencoders.networks import VectorQuantizer
    >>> generator = VAEGenerator(n_components=4, latent=VectorQuantizer(n_codes=8))
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "n_codes": [Interval(Integral, 2, None, closed="left")],
        "group_size": [Interval(Integral, 1, None, closed="left")],
        "commitment": [Interval(Real, 0, None, closed="left")],
        "decay": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        n_codes: int = 64,
        group_size: int = 2,
        commitment: float = 0.25,
        decay: float = 0.99,
    ):
        self.n_codes = n_codes
        self.group_size = group_size
        self.commitment = commitment
        self.decay = decay

    def n_encoded(self, n_components: int) -> int:
        """Return the number of outputs of the encoder.

        Parameters
        ----------
        n_components : int
            Latent dimension.

        Returns
        -------
        int
            The latent dimension.
        """
        return n_components

    def build(self, n_features: int, n_components: int, n_conditions: int = 0) -> Bottleneck:
        """Return a new bottleneck.

        Parameters
        ----------
        n_features : int
            Number of input features.

        n_components : int
            Latent dimension.

        n_conditions : int, default=0
            Dimension of the condition on which the mixture weights can depend.

        Returns
        -------
        Bottleneck
            A bottleneck with codebooks and a uniform prior.

        Raises
        ------
        ValueError
            If `group_size` does not divide `n_components`.
        """
        if n_components % self.group_size:
            raise ValueError(
                f"n_components={n_components} cannot be divided into groups of "
                f"group_size={self.group_size}. Change one of them."
            )
        n_groups = n_components // self.group_size
        return QuantizedBottleneck(
            n_groups, self.n_codes, self.group_size, self.commitment, self.decay
        )


LATENTS: dict[str, type[LatentPart]] = {
    "mixture": MixturePrior,
    "normal": NormalPrior,
    "vamp": VampPrior,
    "vector_quantized": VectorQuantizer,
}
