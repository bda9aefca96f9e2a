"""Penalties that are added to the reconstruction loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from .._utils.batch import Batch
from .._utils.part import Part
from .._utils.sklearn_compat import Constraints, Interval, StrOptions
from .._utils.torch_compat import BatchNormBase
from ._contract import Output, batch_mean

# Elementwise layers, which may follow a linear layer.
_ELEMENTWISE = (
    nn.ELU,
    nn.GELU,
    nn.Identity,
    nn.LeakyReLU,
    nn.ReLU,
    nn.SELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Softplus,
    nn.Tanh,
)


class Penalty(Part, ABC):
    """Base class of penalties, which are added to the reconstruction loss.

    The loss is a mean over features of scaled data of variance one, which is the scale of `weight`.
    With `scaling=None` the variance is that of X, and the same effect requires `weight` times it.
    A function of (output, x, network) is a penalty of weight one.

    Examples
    --------
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> from sklearn_autoencoders.objectives import L1
    >>> autoencoder = AutoencoderTransformer(8, penalty=L1(weight=0.01))
    >>> autoencoder.get_params()["penalty__weight"]
    0.01
    """

    weight: float = 1.0

    _parameter_constraints: ClassVar[Constraints] = {
        "weight": [Interval(Real, 0, None, closed="left")]
    }

    @abstractmethod
    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the penalty before its weight.

        Parameters
        ----------
        output : Output
            Output of the network: `output.code` and `output.reconstruction`.

        x : Tensor of shape (batch, n_features)
            Input of the network: scaled and possibly corrupted samples.

        network : Module
            The network; `network.encoder` and `network.decoder` are its two parts.

        batch : Batch or None, default=None
            The batch, with the attributes `weight` (sample weights with mean one over the training
            set), `mask` (the values changed by the corruption), `observed`, `index`, `condition`
            and `labels`. If a penalty returns one value per sample, the caller applies the sample
            weights; if it returns one value for the batch, it has to apply them.

        Returns
        -------
        Tensor of shape (batch,) or ()
            One value per sample, or one for the batch.
        """


class L1(Penalty):
    r"""Sparse codes: :math:`\sum_j |z_j|`.

    Parameters
    ----------
    weight : float, default=0.01
        Factor of the penalty, not negative.

    References
    ----------
    .. [1] A. Makhzani and B. Frey, "k-Sparse Autoencoders", ICLR 2014, section 2.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.networks import Output
    >>> from sklearn_autoencoders.objectives import L1
    >>> code = torch.tensor([[1.0, -2.0], [0.0, 3.0]])
    >>> L1()(Output(code, code), x=code, network=torch.nn.Identity())
    tensor([3., 3.])
    """

    def __init__(self, weight: float = 0.01):
        self.weight = weight

    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the sum of the absolute values of each code."""
        return output.code.abs().sum(1)


class KLSparsity(Penalty):
    r"""Code units whose mean activity is :math:`\rho`.

    .. math:: \sum_j \rho \log\frac{\rho}{\hat\rho_j}
        + (1 - \rho) \log\frac{1 - \rho}{1 - \hat\rho_j}

    where :math:`\hat\rho_j` is the mean of code unit :math:`j` over a batch. The codes
    have to lie in [0, 1], as with `Dense(code_activation="logistic")` and `init="random"`.

    Parameters
    ----------
    weight : float, default=0.01
        Factor of the penalty, not negative.

    rho : float, default=0.02
        The target mean activity, in (0, 1).

    References
    ----------
    .. [1] A. Ng, "Sparse Autoencoder", CS294A lecture notes, 2011.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.networks import Output
    >>> from sklearn_autoencoders.objectives import KLSparsity
    >>> code = torch.tensor([[0.1, 0.5], [0.3, 0.5]])
    >>> KLSparsity(rho=0.2)(Output(code, code), x=code, network=torch.nn.Identity())
    tensor(0.1927)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **Penalty._parameter_constraints,
        "rho": [Interval(Real, 0, 1, closed="neither")],
    }

    def __init__(self, weight: float = 0.01, rho: float = 0.02):
        self.weight = weight
        self.rho = rho

    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the divergence of the units' mean activity from `rho`."""
        code = output.code.detach()
        if ((code < 0.0) | (code > 1.0)).any():  # NaN is reported by training
            low, high = code.aminmax()
            raise ValueError(
                f"KLSparsity needs codes in [0, 1]; got codes from {low:.3g} to {high:.3g}. Use "
                "network=Dense(code_activation='logistic') and init='random', or the penalty L1."
            )
        eps = torch.finfo(x.dtype).eps
        # not clamped, so that the gradient of units that are always 0 or 1 does not vanish
        activity = eps + (1 - 2 * eps) * batch_mean(
            output.code, None if batch is None else batch.weight
        )
        on = self.rho * (self.rho / activity).log()
        off = (1 - self.rho) * ((1 - self.rho) / (1 - activity)).log()
        return (on + off).sum()


class Contractive(Penalty):
    r"""Codes that change little with the input: :math:`\|\partial z / \partial x\|_F^2`.

    The encoder must treat every sample independently, so that batch normalization is excluded. The
    norm is exact with at least as many projections as code units; otherwise it is Hutchinson's
    unbiased estimate :math:`E_v \|v^\top \partial z / \partial x\|^2`, with new random signs
    :math:`v` in every step. For an encoder of one layer, whose Jacobian is the derivative of the
    activation times the weights, the norm is always exact.

    Parameters
    ----------
    weight : float, default=0.01
        Factor of the penalty, not negative.

    n_projections : int, default=1
        Number of projections, at least one; each costs a backward pass through the encoder.

    References
    ----------
    .. [1] S. Rifai et al., "Contractive Auto-Encoders: Explicit Invariance During Feature
       Extraction", ICML 2011.

    .. [2] M. F. Hutchinson, "A Stochastic Estimator of the Trace of the Influence Matrix for
       Laplacian Smoothing Splines", Communications in Statistics 19:433-450, 1990.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.networks import Autoencoder
    >>> from sklearn_autoencoders.objectives import Contractive
    >>> network = Autoencoder(torch.nn.Linear(3, 2, bias=False), torch.nn.Linear(2, 3))
    >>> _ = torch.nn.init.ones_(network.encoder.weight)
    >>> x = torch.zeros(1, 3)
    >>> Contractive()(network(x), x, network).detach()
    tensor([6.])
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **Penalty._parameter_constraints,
        "n_projections": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, weight: float = 0.01, n_projections: int = 1):
        self.weight = weight
        self.n_projections = n_projections

    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the squared norm of the encoder's Jacobian at each sample, or an estimate."""
        encoder = cast(nn.Module, network.encoder)
        if any(isinstance(m, BatchNormBase) for m in encoder.modules()):
            raise ValueError(
                "Contractive needs an encoder that treats every sample independently, which batch "
                "normalization does not. Use a network without it, or another penalty."
            )
        with torch.enable_grad():
            if (layers := _one_layer(encoder)) is not None:
                return _one_layer_norm(layers, x)
            inputs = x.detach().requires_grad_()
            code: Tensor = encoder(inputs)
            directions = self._directions(code, network)
            norms = [_pull_back(code, inputs, v).square().flatten(1).sum(1) for v in directions]
        return torch.stack(norms).sum(0)

    def _directions(self, code: Tensor, network: nn.Module) -> list[Tensor]:
        n_samples, n_units = code.shape
        if self.n_projections >= n_units:
            return [unit.expand_as(code) for unit in torch.eye(n_units).to(code)]
        n_draws = 1 if getattr(network, "per_batch", False) else n_samples
        generator = cast(torch.Generator | None, getattr(network, "generator", None))
        empty = [code.new_empty(n_draws, n_units) for _ in range(self.n_projections)]
        signs = [part.bernoulli_(0.5, generator=generator).mul_(2).sub_(1) for part in empty]
        return [(sign * self.n_projections**-0.5).expand_as(code) for sign in signs]


def _pull_back(code: Tensor, inputs: Tensor, direction: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(code, inputs, direction, create_graph=True)
    return gradient


def _one_layer(encoder: nn.Module) -> list[nn.Module] | None:
    """Return the layers if the first is linear and the others elementwise, otherwise None."""
    leaves = [module for module in encoder.modules() if not list(module.children())]
    is_chain = all(isinstance(m, nn.Sequential) for m in encoder.modules() if m not in leaves)
    is_one = isinstance(leaves[0], nn.Linear) and all(
        isinstance(m, _ELEMENTWISE) for m in leaves[1:]
    )
    return leaves if is_chain and is_one else None


def _one_layer_norm(layers: list[nn.Module], x: Tensor) -> Tensor:
    sums = layers[0](x)
    code = sums.clone()  # subsequent layers can modify their input in place
    for layer in layers[1:]:
        code = layer(code)
    (slopes,) = torch.autograd.grad(code.sum(), sums, create_graph=True)
    norms = cast(Tensor, layers[0].weight).square().sum(1)
    return cast(Tensor, slopes).square().matmul(norms)


class Orthogonal(Penalty):
    r"""Orthonormal weights: :math:`\sum_W \|W W^\top - I\|_F^2` over the encoder's matrices.

    A matrix with more rows than columns is transposed first. With `init="pca"` only the matrix of
    the linear path is penalized, since the others are initialized far from orthonormal.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of the penalty, not negative.

    References
    ----------
    .. [1] N. Bansal, X. Chen and Z. Wang, "Can We Gain More from Orthogonality Regularizations in
       Training Deep CNNs?", NeurIPS 2018.

    Examples
    --------
    >>> import torch
    >>> from sklearn_autoencoders.networks import Autoencoder
    >>> from sklearn_autoencoders.objectives import Orthogonal
    >>> network = Autoencoder(torch.nn.Linear(3, 2), torch.nn.Linear(2, 3))
    >>> _ = torch.nn.init.eye_(network.encoder.weight)
    >>> x = torch.zeros(1, 3)
    >>> Orthogonal()(network(x), x, network)
    tensor(0., grad_fn=<SumBackward0>)
    """

    def __init__(self, weight: float = 1.0):
        self.weight = weight

    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the deviation of the encoder's matrices from orthonormal ones, a scalar."""
        encoder = cast(nn.Module, network.encoder)
        encoder = getattr(encoder, "linear", encoder)
        matrices = [p if len(p) <= p.shape[1] else p.T for p in encoder.parameters() if p.ndim == 2]
        terms = [(m @ m.T - torch.eye(len(m)).to(m)).square().sum() for m in matrices]
        return torch.stack(terms).sum() if terms else x.new_zeros(())


class Neighbors(Penalty):
    r"""Codes that preserve the nearest neighbors of samples, as t-SNE and UMAP do.

    .. math:: \ell_i = -\frac{1}{|N_i|} \sum_{j \in N_i} \log
        \frac{q(z_i, z_j)}{\sum_{k \ne i} q(z_i, z_k)},
        \qquad q(z, z') = \frac{1}{1 + \|z - z'\|^2}

    where :math:`k` are the samples of a batch, and :math:`N_i` those that are neighbors of sample
    :math:`i`. It is the InfoNCE loss with the kernel of t-SNE [1]_, [2]_. Half of the samples of
    each batch are drawn at random, and the other half are neighbors of these. Sample weights
    multiply the terms of both sums (not shown). The penalty is zero for samples without neighbors
    in the batch, and for validation samples.

    Neighbors are searched once, in `fit`, and are not stored. Duplicates count as one sample. The
    search compares all pairs of samples, in quadratic time: about 20 s for 60 000 samples.

    Parameters
    ----------
    weight : float, default=1.0
        Factor of the penalty, not negative.

    n_neighbors : int, default=10
        Number of neighbors of each training sample.

    metric : {"euclidean", "cosine"}, default="euclidean"
        Distance of neighbors. "euclidean" is the distance of the first 50 principal components of
        the scaled samples, with means in place of missing values. "cosine" is the angle between the
        unscaled samples, with zeros in place of missing values.

    supervised : bool, default=False
        Whether samples with different labels in y are never neighbors. Samples without a label (-1,
        None or NaN) can be neighbors of all.

    approximate : bool, default=False
        Whether neighbors are searched by an inverted file, which finds 98 % of them in a fraction
        of the time if there are 100 000 samples or more. It requires faiss
        (`pip install 'sklearn_autoencoders[neighbors]'`).

    References
    ----------
    .. [1] L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", JMLR 9:2579-2605, 2008.

    .. [2] S. Damrich, J. N. Böhm, F. A. Hamprecht and D. Kobak, "From t-SNE to UMAP with
       Contrastive Learning", ICLR 2023.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_autoencoders import AutoencoderTransformer
    >>> X, _ = load_iris(return_X_y=True)
    >>> embedding = AutoencoderTransformer(2, penalty="neighbors", random_state=0)
    >>> embedding.fit_transform(X).shape
    (150, 2)
    """

    _parameter_constraints: ClassVar[Constraints] = {
        **Penalty._parameter_constraints,
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "supervised": ["boolean"],
        "approximate": ["boolean"],
    }

    def __init__(
        self,
        weight: float = 1.0,
        n_neighbors: int = 10,
        *,
        metric: str = "euclidean",
        supervised: bool = False,
        approximate: bool = False,
    ):
        self.weight = weight
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.supervised = supervised
        self.approximate = approximate

    def __call__(
        self,
        output: Output,
        x: Tensor,
        network: nn.Module,
        *,
        batch: Batch | None = None,
    ) -> Tensor:
        """Return the cross-entropy of the neighbors of each sample."""
        if batch is None or batch.neighbors is None:
            return x.new_zeros(len(x))
        pairs, tiny = batch.neighbors, torch.finfo(x.dtype).tiny
        weight = x.new_ones(len(x)) if batch.weight is None else batch.weight
        distances = _squared_distances(output.code) + 1
        row, column = (pairs == 1).nonzero(as_tuple=True)
        zero = x.new_zeros(len(x))
        near = zero.index_add(0, row, weight[column])
        logs = weight[column] * distances[row, column].log()
        attraction = zero.index_add(0, row, logs) / near.clamp(tiny)
        others = weight.expand_as(pairs).masked_fill(pairs.isnan(), 0.0)
        repulsion = (others / distances).sum(1).clamp(tiny).log()
        return attraction + repulsion * (near > 0)


def _squared_distances(code: Tensor) -> Tensor:
    squares = code.square().sum(1)
    products = torch.addmm(squares[:, None] + squares, code, code.T, alpha=-2)
    return products.clamp(min=0)  # rounding errors


PENALTIES: dict[str, type[Penalty]] = {
    "contractive": Contractive,
    "kl_sparsity": KLSparsity,
    "l1": L1,
    "neighbors": Neighbors,
    "orthogonal": Orthogonal,
}
