"""Pretraining on all samples, then training of a head and the encoder on the labeled samples."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin, clone
from sklearn.frozen import FrozenEstimator

from .._data.model import place, resolve_device
from .._data.sources.splits import draw_held_out
from .._data.validation import check_samples
from .._data.value_checks import check_magnitude, check_output, check_unit_interval
from .._inference.run import predict
from .._training.ensemble_initialization import (
    N_MEMBERS,
    columns_with_gaps,
    draw_folds,
    start_at_regressions,
)
from .._training.head_initialization import MAX_SAMPLES, start_at_regression
from .._training.initialization import initial_attributes, initialize
from .._training.parameters import (
    changed_parameters,
    corruption_parts,
    make_plan,
    training_dtype,
    update_dropout,
)
from .._training.pretraining import PRETRAINING
from .._training.repeated_values import repeated_values
from .._utils.random import draw_seed, make_generator
from .._utils.sklearn_compat import InstanceOf, Interval, Sizes, StrOptions
from .._utils.tensors import tensors_like_input
from ..corruptions import CORRUPTIONS
from ..networks import Branches
from ..networks._layers.torch_modes import drawing_from
from ..networks._models.predictor import Predictor
from ..networks._recipes import PredictorRecipe
from ..objectives import LIKELIHOODS, LOSSES
from ..objectives._losses import Loss
from ..objectives._objective import Objective
from ..objectives._supervised import Supervised
from .base import BaseNetworkEstimator
from .given_encoder import copied_parts, fitted_encoder, without_ignored

# By name, the number of frozen layers of the encoder in an epoch, given the number of its layers
# and `freeze_epochs`.
FREEZES = {
    "none": None,
    "head": lambda n_layers, n_epochs, epoch: n_layers if epoch < n_epochs else 0,
    "gradual": lambda n_layers, n_epochs, epoch: max(n_layers - epoch // n_epochs, 0),
    "all": lambda n_layers, n_epochs, epoch: n_layers,
}


# Parameters of the training of the encoder on labels.
_OF_FINE_TUNING = ("alpha", "freeze", "freeze_epochs", "head_layer_sizes", "learning_rate_ratio")

# By what the epochs of pretraining are divided for an ensemble if all samples have labels: it then
# learns little from the code.
_SHORTENING = 5

# Number of columns of numbers up to which they are a table, rather than an image or a series, and
# number of values of the samples of a regression up to which all columns are used.
_MAX_COLUMNS, _MAX_VALUES = 60, 20_000_000

# Factor of the learning rate of an ensemble, whose members start at zero, and of training on labels
# that were predicted, which are many.
_ENSEMBLE_RATE, _PSEUDO_RATE = 3.0, 3.0


class BasePredictor(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseNetworkEstimator):
    """Base class of the supervised estimators, independent of the type of target."""

    penalty = None
    _auto_scaling = "feature"
    _shaping_parameters = BaseNetworkEstimator._shaping_parameters | {
        "encoder",
        "head",
        "head_layer_sizes",
    }
    _losses: ClassVar[dict] = {**LOSSES, **LIKELIHOODS}
    # Whether the head of the fit is an ensemble, which does not train the encoder.
    _has_ensemble = False

    _parameter_constraints: ClassVar[dict] = {
        "encoder": [
            InstanceOf(
                (FrozenEstimator, BaseNetworkEstimator),
                "an autoencoder of this package, such as AutoencoderTransformer(), possibly inside "
                "sklearn.frozen.FrozenEstimator",
            ),
            None,
        ],
        "corruption": [
            StrOptions({"auto", *CORRUPTIONS}),
            *BaseNetworkEstimator._parameter_constraints["corruption"][1:],
        ],
        "head": [StrOptions({"auto", "linear", "ensemble"}), Branches],
        "head_layer_sizes": [Sizes()],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "freeze": [StrOptions(set(FREEZES))],
        "freeze_epochs": [Interval(Integral, 1, None, closed="left")],
        "learning_rate_ratio": [Interval(Real, 0, None, closed="neither")],
        "pretraining": [StrOptions(set(PRETRAINING)), None],
        "pretraining_corruption": [StrOptions(set(CORRUPTIONS)), callable, list, tuple, None],
        "pretraining_learning_rate": [Interval(Real, 0, None, closed="neither")],
        "pretraining_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    }

    @tensors_like_input
    def transform(self, X):
        """Encode X with the encoder, which is fine-tuned unless the head is an ensemble.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataset of pyarrow} of shape (n_samples, n_features)
            Samples. Missing values are encoded as NaN.

        Returns
        -------
        ndarray of shape (n_samples, n_components_)
            The codes, in the floating-point type of X.
        """
        return self._encode(check_samples(self, X))

    def _output_of_head(self, X):
        X = check_samples(self, X)  # raises NotFittedError before the model is used
        return check_output(predict(self._model, X))

    # ------------------------------------------------------------------------------ fit

    def _prepare_data(self, data, y, rng, *, reset, partial):
        self._check_one_head()
        data = self._with_labels(without_ignored(self, data) if reset else data, y, reset)
        if reset:
            self._has_ensemble = self._uses_ensemble(data)
        if self._has_ensemble:
            self._check_no_fine_tuning(data)
            ranges = data.labeled().feature_ranges  # unlabeled samples do not change the folds
            data = replace(data, fold=draw_folds(data.X, data.weight, ranges))
        if not self.early_stopping:
            return data
        known = data.labeled_positions
        held_out = draw_held_out(len(known), self.validation_fraction, rng)
        return replace(data, held_out=known[held_out])

    def _build(self, data, rng):
        if self.encoder is None:
            return initialize(
                self,
                data,
                rng,
                scaling=self._scaling_kind,
                compose=lambda base: self._with_head(base, data),
            )
        encoder = fitted_encoder(self, data, rng)
        check_unit_interval(self, encoder._loss, data.X, ranges=data.ranges)
        autoencoder, recipe, scaling = copied_parts(encoder)
        dtype = training_dtype(self, data.X.shape)
        check_magnitude(data, scaling, self._layout, dtype)
        self._check_can_denoise(recipe)
        recipe = self._with_head(recipe, data)
        is_linear = not self._has_ensemble and self._branches is None
        seed = 0 if is_linear else draw_seed(rng)  # a linear head starts at zero
        with drawing_from(make_generator(seed)):
            network = Predictor(autoencoder, recipe.head())
        network = place(network, resolve_device(self.device), dtype)
        return initial_attributes(self, network, scaling, encoder._loss, recipe)

    def _with_head(self, recipe, data):
        """Return the recipe of an autoencoder with a head."""
        n_outputs = data.labels.shape[1]
        if not self._has_ensemble:
            return PredictorRecipe(recipe, n_outputs, branches=self._branches)
        repeated = repeated_values(data, self._layout)
        return PredictorRecipe(
            recipe,
            n_outputs,
            N_MEMBERS,
            self._layout.n_categories,
            with_gaps=columns_with_gaps(data),
            n_values=tuple(map(len, repeated)),
            has_vectors=self._columns is not None or data.X.shape[1] <= _MAX_COLUMNS,
        )

    @property
    def _branches(self):
        """The hidden layers of the head, or None."""
        if isinstance(self.head, Branches):
            return clone(self.head)
        sizes = tuple(map(int, self.head_layer_sizes))
        return Branches(None, (), sizes, activation=self.activation) if sizes else None

    def _uses_ensemble(self, data):
        """Return whether the head is to be an ensemble."""
        if self.head != "auto":
            return self.head == "ensemble"
        if self._of_fine_tuning(data):
            return False
        return self._columns is not None or self._is_table_of_numbers(data)

    def _of_fine_tuning(self, data):
        """Return the names of the given parameters that need a head which trains the encoder."""
        return changed_parameters(self, _OF_FINE_TUNING)

    def _is_table_of_numbers(self, data):
        """Return whether the head of samples of numbers is an ensemble."""
        return self._is_flat and data.X.shape[1] <= _MAX_COLUMNS

    @property
    def _is_flat(self):
        """Whether the network does not depend on the order of the features, and is not given."""
        return self.network in (None, "dense") and self.encoder is None

    def _can_regress(self, data):
        """Return whether regressions on all features of the samples fit in memory."""
        n_samples, n_features = data.X.shape
        return self._is_flat and min(n_samples, MAX_SAMPLES) * n_features <= _MAX_VALUES

    def _check_one_head(self):
        """Raise ValueError if the hidden layers of the head are given twice."""
        if isinstance(self.head, Branches) and changed_parameters(self, ("head_layer_sizes",)):
            raise ValueError(
                f"head_layer_sizes={self.head_layer_sizes!r} cannot be given together with "
                f"head={self.head!r}. Use joint_layer_sizes of Branches."
            )

    def _check_can_denoise(self, recipe):
        if getattr(recipe, "n_conditions", 0) and getattr(self.head, "reads_reconstruction", False):
            raise ValueError(
                "reads_reconstruction=True of Branches requires an encoder whose decoder needs "
                f"nothing but the code; encoder={self.encoder!r} is conditional. Use "
                "conditional=False."
            )

    def _check_no_fine_tuning(self, data):
        for name in self._of_fine_tuning(data):
            raise ValueError(
                f"{name}={getattr(self, name)!r} cannot be given together with head='ensemble', "
                "which does not train the encoder. Use head='linear'."
            )

    def _objective(self):
        loss = self._model.loss
        if self.alpha and not isinstance(loss, Loss):
            raise ValueError(
                f"alpha={self.alpha} requires an encoder with a reconstruction loss; "
                f"encoder={self.encoder!r} has a likelihood. Use alpha=0."
            )
        return Objective(Supervised(self._formula, loss, self.alpha))

    def _pretraining_plan(self, data):
        plan = super()._pretraining_plan(data)
        is_auto = isinstance(self.pretraining_epochs, str)
        if is_auto and self._has_ensemble and not data.has_unlabeled:
            plan = replace(plan, max_epochs=-(-plan.max_epochs // _SHORTENING))
        return plan

    def _plan(self, data, **overrides):
        reads_codes = self._has_ensemble and not self._recipe.has_vectors
        # the codes of masked samples are smaller than those of the samples to predict
        auto = None if reads_codes else "masking"
        corruptions = corruption_parts(self, data, "corruption", auto)
        if data.pseudo_label_source is not None:
            overrides["learning_rate"] = _PSEUDO_RATE * self.learning_rate
        plan = make_plan(self, data, data.n_samples, corruptions=corruptions, **overrides)
        if self._has_ensemble:  # the code would learn from samples that are held out from a member
            n_frozen, ratios = self._n_frozen("all"), {"head.*": _ENSEMBLE_RATE}
            return replace(plan, n_frozen=n_frozen, rate_ratios=ratios, selects_by_folds=True)
        is_new, ratio = self.n_epochs_ == 0 or self.freeze == "all", self.learning_rate_ratio
        ratios = {} if ratio == 1 else {"autoencoder.*": ratio}
        n_frozen = self._n_frozen(self.freeze) if is_new else None
        return replace(plan, n_frozen=n_frozen, rate_ratios=ratios)

    def _n_frozen(self, freeze):
        """Return the function from epochs to numbers of frozen layers; None if none is frozen."""
        function = FREEZES[freeze]
        n_layers = len(self.network_.layers())
        return None if function is None else partial(function, n_layers, self.freeze_epochs)

    def _prepare_network(self, network, plan, data):
        if self.encoder is None:
            update_dropout(self, network, data.n_samples)  # the number of labeled samples
        network.reconstructs = self.alpha > 0
        is_pretrained = self.encoder is not None or self.pretraining or self.init == "pca"
        model = replace(self._model, network=network)
        if self.n_epochs_ == 0 and self._has_ensemble:
            start_at_regressions(model, data, self._regression)
        elif self.n_epochs_ == 0 and is_pretrained:
            start_at_regression(model, data, self._regression)

    def _post_fit_attributes(self, network, data):
        is_weighted = self._has_ensemble and not self.early_stopping
        weight = network.head.factor if is_weighted else 1.0
        return {"head_": self._name_of_head(), "network_weight_": weight}

    def _name_of_head(self):
        if self._has_ensemble:
            return "ensemble"
        return "linear" if self._branches is None else "branches"

    def __setstate__(self, state):
        """Restore the state, also of files of earlier versions, which lack some attributes."""
        super().__setstate__(state)
        if hasattr(self, "network_") and not hasattr(self, "head_"):
            self.head_ = self._name_of_head()
            self.network_weight_ = np.nan if self._has_ensemble else 1.0
