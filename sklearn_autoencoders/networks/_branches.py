"""A head with hidden layers: of the code, and of the inputs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from .._utils.batch import Batch
from .._utils.part import Part
from .._utils.sklearn_compat import Constraints, Sizes, StrOptions
from ._layers.basic import ACTIVATIONS, block
from ._models.predictor import LinearHead


class Branches(Part):
    r"""Head that reads the features and the code, each through layers of its own.

    For inputs :math:`x`, i.e. scaled features, and a code :math:`e(x)`, the prediction is

    .. math:: A \, e(x) + b + V h\bigl(f(x), g(e(x))\bigr)

    with the hidden layers :math:`f` of the features, :math:`g` of the code, and :math:`h` of both
    outputs next to each other. :math:`A` and :math:`b` start at a regression on the codes and
    :math:`V` at zero, so that training starts at the prediction of a linear head. All parts are
    trained together; with `freeze="all"`, the encoder keeps its weights. It is given as `head` to
    :class:`~sklearn_autoencoders.AutoencoderClassifier` and
    :class:`~sklearn_autoencoders.AutoencoderRegressor`.

    Parameters
    ----------
    feature_layer_sizes : sequence of int or None, default=(256, 128)
        Number of units in each layer of the features. With an empty sequence, the features
        themselves are joined with the output of the other branch; with None, they are not used.

    code_layer_sizes : sequence of int, default=(32, 32)
        Number of units in each layer of the code. An empty sequence joins the code itself.

    joint_layer_sizes : sequence of int, default=(256, 64)
        Number of units in each layer after the branches are joined.

    activation : str, default="relu"
        Activation function of all these layers, as in :class:`Dense`.

    reads_reconstruction : bool, default=False
        Whether the layers of the features receive reconstructions :math:`d(e(x))` instead of
        :math:`x`: a denoiser in front of a model, which is trained together with it. The decoder
        then learns from the labels, too, unless all layers of the encoder are frozen. Categories,
        and losses such as "binary_cross_entropy", are decoded as logits. The decoder must read
        nothing but the code: those of a conditional `VAEGenerator` and of `TextHybrid` are refused.

    See Also
    --------
    sklearn_autoencoders.AutoencoderFeatureUnion : Features and codes for any other model.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_autoencoders import AutoencoderRegressor
    >>> from sklearn_autoencoders.networks import Branches
    >>> X, y = load_diabetes(return_X_y=True)
    >>> head = Branches(feature_layer_sizes=(32, 16), joint_layer_sizes=(16,))
    >>> settings = {"pretraining_epochs": 5, "max_epochs": 10, "random_state": 0}
    >>> regressor = AutoencoderRegressor(8, head=head, **settings).fit(X[:350], y[:350])
    >>> bool(regressor.score(X[350:], y[350:]) > 0.3)
    True
    """

    _parameter_constraints: ClassVar[Constraints] = {
        "feature_layer_sizes": [Sizes(), None],
        "code_layer_sizes": [Sizes()],
        "joint_layer_sizes": [Sizes()],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "reads_reconstruction": ["boolean"],
    }

    def __init__(
        self,
        feature_layer_sizes: Sequence[int] | None = (256, 128),
        code_layer_sizes: Sequence[int] = (32, 32),
        joint_layer_sizes: Sequence[int] = (256, 64),
        *,
        activation: str = "relu",
        reads_reconstruction: bool = False,
    ):
        self.feature_layer_sizes = feature_layer_sizes
        self.code_layer_sizes = code_layer_sizes
        self.joint_layer_sizes = joint_layer_sizes
        self.activation = activation
        self.reads_reconstruction = reads_reconstruction

    def build(self, n_inputs: int, n_components: int, n_outputs: int) -> BranchedHead:
        """Return a new head.

        Parameters
        ----------
        n_inputs, n_components, n_outputs : int
            Numbers of inputs of the network, of components of the code, and of outputs.

        Returns
        -------
        Module
            Maps codes and a batch to predictions.

        Raises
        ------
        ValueError
            If a parameter is invalid, or if no features are read of a reconstruction.
        """
        self._validate_params()
        if self.reads_reconstruction and self.feature_layer_sizes is None:
            raise ValueError(
                "reads_reconstruction=True needs layers of the features, which receive the "
                "reconstruction; got feature_layer_sizes=None. Use a sequence of sizes."
            )
        code, n_joint = self._layers(n_components, self.code_layer_sizes)
        features = None
        if self.feature_layer_sizes is not None:
            features, n_units = self._layers(n_inputs, self.feature_layer_sizes)
            n_joint += n_units
        joint, n_last = self._layers(n_joint, self.joint_layer_sizes)
        start, last = (LinearHead(size, n_outputs) for size in (n_components, n_last))
        head = BranchedHead(start, features, code, nn.Sequential(joint, last))
        head.reads_reconstruction = self.reads_reconstruction
        return head

    def _layers(self, n_inputs: int, sizes: Sequence[int]) -> tuple[nn.Sequential, int]:
        """Return hidden layers, and the number of their outputs."""
        layers: list[nn.Module] = []
        for size in map(int, sizes):
            layer = nn.Linear(n_inputs, size)
            layers.append(block(layer, size, self.activation, False, _DROPOUT))
            n_inputs = size
        return nn.Sequential(*layers), n_inputs


# Dropout rate where the estimator does not set it.
_DROPOUT = 0.1


class BranchedHead(nn.Module):
    """A linear map of the code, plus layers of the inputs and of the code.

    Parameters
    ----------
    start : LinearHead
        The linear map.

    features : Module or None
        Layers of the inputs; None if they are not used.

    code, joint : Module
        Layers of the code, and of both branches.

    Attributes
    ----------
    reads_reconstruction : bool
        Whether the inputs are reconstructions.
    """

    reads_reconstruction = False

    def __init__(
        self, start: LinearHead, features: nn.Module | None, code: nn.Module, joint: nn.Module
    ) -> None:
        super().__init__()
        self.start, self.features, self.code, self.joint = start, features, code, joint

    def forward(self, code: Tensor, batch: Batch) -> Tensor:
        """Return the predictions, of shape (batch, n_outputs)."""
        branches = [] if self.features is None else [self.features(batch.x)]
        joined = torch.cat([*branches, self.code(code)], 1)
        prediction: Tensor = self.start(code) + self.joint(joined)
        return prediction

    predict = forward

    def start_at(self, weight: Tensor, bias: Tensor) -> None:
        """Set the weights of the linear map, as of :class:`LinearHead`."""
        self.start.start_at(weight, bias)
