"""The common implementation of `fit`: from parameters and samples to a trained network."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import ClassVar

from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from .._data.model import Model, resolve_device
from .._data.sources.sparse import as_passed
from .._data.statistics.scaling import Scaling
from .._data.validation import check_training_data
from .._data.value_checks import check_magnitude
from .._persistence.checkpoint import Checkpoint
from .._utils.layout import Layout
from .._utils.memory import explain_out_of_memory
from .._utils.random import draw_seed, make_generator
from .._utils.ranks import Ranks
from .._utils.sklearn_compat import (
    CallbackSupportMixin,
    Documented,
    EpochTasks,
    check_nested_params,
)
from .._utils.tensors import plain_array
from .._utils.torch_settings import preserve_settings
from .._utils.user_warnings import warn_user
from ..corruptions import CORRUPTIONS
from ..networks import LATENTS, NETWORKS, Network
from ..networks._layers.basic import without_generator
from ..networks._layers.subspace import fixed_tensors
from ..objectives import LOSSES, PENALTIES
from ..objectives._cells import with_categories
from ..objectives._objective import Objective
from .auto_training import AutoTraining
from .coordinates import in_coordinates
from .fit_call import FitCall
from .initialization import initialize, shaping_values
from .loop.skorch_loop import train
from .neighbor_graph import with_neighbors
from .parameters import corruption_parts, make_plan, penalty_parts, update_dropout
from .pretraining import PRETRAINING
from .unused_parameters import warn_of_unused_parameters


class TrainableEstimator(Documented, CallbackSupportMixin, BaseEstimator):
    """Base class that implements `fit`.

    A fit modifies a shallow copy of the estimator and commits its attributes at the end, so that an
    estimator is unchanged when a fit fails. Estimators override the methods of the section "hooks
    of the estimators" and set the class attributes below. A few also override `_report`, `_layout`
    or `_weight_decay`.
    """

    # Name of the parameter for the loss, and its values.
    _loss_parameter = "loss"
    _losses: ClassVar[dict] = LOSSES
    # Parameters that cannot change when training continues.
    _shaping_parameters: ClassVar[frozenset] = frozenset()
    # What max_epochs="auto" and batch_size="auto" are.
    _auto_training = AutoTraining()
    # scaling="auto": the kind for samples without categories.
    _auto_scaling = "global"
    # Whether samples can be those of a sparse matrix.
    _accepts_sparse = True
    # Indices of the features that had no value in the fit, and shape of the series; None if flat.
    _empty_features = ()
    _shape_in_fit = None
    # Columns of the table seen in the fit, if one is not a number, or of a frame of numbers.
    _columns = _number_columns = None
    # Names of the columns of whose unknown categories a warning has been issued.
    _warned_columns = ()
    # What categories are that did not occur in the fit, in warnings.
    _unknown_are = "They are read as missing values."
    # The model of the inputs that predicts missing ones (Factors, Gaussian or None), and whether it
    # is fitted even if no value is missing.
    _input_model = None
    _predicts_missing = False
    # The default network, if it is not a dense one.
    _own_network: Network | None = None
    # If the model of the inputs is a Gaussian: size of the piecewise linear vector of each number.
    _n_vector = 0
    # Upper limits of dropout="auto" and of hidden_layer_sizes="auto".
    _max_dropout, _max_units = 1.0, 512
    # Values of parameters that some estimators do not have.
    categorical_features = "from_dtype"
    hidden_layer_sizes: str | int | tuple[int, ...] = "auto"
    activation = "gelu"
    dropout: str | float = "auto"
    penalty = None
    pretraining: str | None = None
    pretraining_corruption = None
    pretraining_learning_rate = None

    @property
    def _weight_decay(self):
        """The weight decay times the square root of the number of samples."""
        return self.weight_decay

    def set_params(self, **params):
        """Set parameters of the estimator and, as `<name>__<parameter>`, of their values.

        Parameters
        ----------
        **params : dict
            Parameter values by name.

        Returns
        -------
        self : object
            The estimator.
        """
        check_nested_params(self, params, _REGISTRIES)
        return super().set_params(**params)

    # ------------------------------------------------------- hooks of the estimators

    def _as_samples(self, X, reset):
        """Return X as a table, an array or a sparse matrix; learn from it if `reset`."""
        return X

    def _prepare_data(self, data, y, rng, *, reset, partial):
        """Return the data for training, with held-out samples, conditions and labels.

        Parameters
        ----------
        data : Data
            Validated samples.

        y : array-like or None
            As the user gave it; `data.of(y)` belongs to the samples of `data`.

        rng : RandomState
            Source of random numbers.

        reset : bool
            Whether a new model is fitted, rather than training continued.

        partial : bool
            Whether this is a call of `partial_fit`, which has no validation samples.
        """
        if self.early_stopping and not partial:
            data = data.with_validation(self.validation_fraction, rng)
        return data

    def _build(self, data, rng):
        """Return the attributes of an estimator that has not been trained yet, by name."""
        return initialize(self, data, rng, scaling=self._scaling_kind)

    def _training_data(self, data, rng):
        """Return the samples of the training after pretraining: those with labels, if there are."""
        return data.labeled()

    def _prepare_network(self, network, plan, data):
        """Update the settings of a network that can change between fits, before it is trained."""
        update_dropout(self, network, self.n_samples_seen_)

    def _objective(self):
        """Return the objective that is minimized."""
        return Objective(self._model.loss, penalty_parts(self))

    def _plan(self, data, **overrides):
        """Return the plan of the training."""
        corruptions = corruption_parts(self, data, "corruption")
        return make_plan(self, data, self.n_samples_seen_, corruptions=corruptions, **overrides)

    def _post_fit_attributes(self, network, data):
        """Return additional fitted attributes; the network can be modified in place."""
        return {}

    # ------------------------------------------------------------------------------ fit

    def _fit(self, X, y, sample_weight=None, clean=None):
        """Fit, or continue training if `warm_start`."""
        resumed = self.warm_start and self.__sklearn_is_fitted__()
        return self._run_fit(X, y, sample_weight, clean, resumed=resumed)

    def _partial_fit(self, X, y, sample_weight=None, clean=None):
        """Train for one epoch on a batch, at a constant learning rate."""
        resumed = self.__sklearn_is_fitted__()
        return self._run_fit(X, y, sample_weight, clean, resumed=resumed, partial=True)

    def _run_fit(self, X, y, sample_weight, clean, *, resumed, partial=False):
        advice = (
            f"lower batch_size={self.batch_size!r}, hidden_layer_sizes or the number of samples; "
            "partial_fit takes them in parts, and with device='cpu' X can be a memory map."
        )
        checkpoint = None if partial else Checkpoint.of(self)
        copied, y = self._shallow_copy(fitted=resumed), plain_array(y)
        with preserve_settings(), explain_out_of_memory(advice):
            data = check_training_data(copied, X, y, sample_weight, clean, reset=not resumed)
            ranks = Ranks.training_on(lambda: data.some_values(y))
            rng = ranks.random_state(self.random_state)
            call = FitCall(self, y, rng, checkpoint, resumed, partial)
            data = copied._start(data, call)
            histories, tasks = copied._train_stages(data, call)
            self._commit(copied)
            if tasks is not None:
                tasks.finish()
        warn_of_unused_parameters(self)
        self._report(histories)
        if checkpoint is not None:
            checkpoint.clear()
        return self

    def _shallow_copy(self, *, fitted):
        """Return a shallow copy with the parameters and, if `fitted`, the fitted attributes."""
        copied = object.__new__(type(self))
        vars(copied).update(vars(self) if fitted else self.get_params(deep=False))
        return copied

    def _commit(self, copied):
        """Replace the fitted attributes by those of a copy, in one assignment."""
        kept = {name: value for name, value in vars(self).items() if not _is_fitted(name)}
        self.__dict__ = kept | vars(copied)

    def _start(self, data, call):
        """Prepare the data, and build the model unless training is resumed."""
        resumed, partial = call.resumed, call.partial
        if resumed:
            self._check_unchanged()
        n_samples_before = self.n_samples_seen_ if resumed and partial else 0
        data = self._prepare_data(data, call.y, call.rng, reset=not resumed, partial=partial)
        data = replace(data, partial=partial)
        if resumed:
            check_magnitude(data, self._model.scaling, self._layout, self._model.numpy_dtype)
        else:
            vars(self).update(self._build(data, call.rng))
        self.n_samples_seen_ = n_samples_before + data.n_samples
        return data

    def _check_unchanged(self):
        """Raise ValueError if a parameter that shapes the model has changed since the first fit."""
        now = shaping_values(self)
        for name, before in self._shaped_by.items():
            if now.get(name) != before:
                raise ValueError(
                    f"{name} was {before} in the first fit and is now {now.get(name)}. Set it "
                    "back, or use warm_start=False to fit a new model."
                )

    # ------------------------------------------------------------------------- training

    def _train_stages(self, data, call):
        """Pretrain and train; return pairs of a history and a learning rate, and the tasks."""
        training_data = self._training_data(data, call.rng)
        training_data = with_neighbors(self, training_data, call.y, call.rng)
        plan = self._plan(training_data, **(_PARTIAL if call.partial else {}))
        plan, objective = replace(plan, checkpoint=call.checkpoint), self._objective()
        histories = []
        if self.pretraining and not call.resumed and getattr(self, "encoder", None) is None:
            histories += self._pretrain(data, call)
            if histories[-1][0].interruption is not None:
                return histories, None
        history, tasks = self._train(objective, training_data, plan, call)
        return [*histories, (history, plan.learning_rate)], tasks

    def _pretrain(self, data, call):
        plan = replace(self._pretraining_plan(data), checkpoint=call.checkpoint)
        pretrain, generator = PRETRAINING[self.pretraining], make_generator(draw_seed(call.rng))
        histories = []
        for history in pretrain(self._model, self._recipe.base.network, data, plan, generator):
            self._check_finite(history, plan.learning_rate)
            histories += [(history, plan.learning_rate)]
            if history.interruption is not None:
                break
        self.network_.eval()
        self.pretraining_curves_ = [history.loss_curve for history, _ in histories]
        return histories

    def _pretraining_plan(self, data):
        name = "corruption" if self.pretraining_corruption is None else "pretraining_corruption"
        return make_plan(
            self,
            data,
            self.n_samples_seen_,
            corruptions=corruption_parts(self, data, name),
            max_epochs=self.pretraining_epochs,
            learning_rate=self.pretraining_learning_rate or self.learning_rate,
            n_iter_no_change=None,
            callbacks=(),
            may_keep_start=False,
            stage="pretraining",
        )

    def _train(self, objective, data, plan, call):
        """Train the network; return its history and the tasks for the callbacks."""
        shared = {id(tensor): tensor for tensor in fixed_tensors(self.network_)}
        network = copy.deepcopy(self.network_, shared).to(resolve_device(self.device))
        self._prepare_network(network, plan, data)
        metadata = {"sample_weight": data.weight, "clean": as_passed(data.clean)}
        samples = as_passed(data.X)
        tasks = EpochTasks(
            call.original,
            plan.max_epochs,
            lambda history: (
                self._changes_from(call.original)
                | self._fitted_attributes(without_generator(network), history, data, objective)
            ),
            X=samples,
            y=samples if call.y is None else data.of(call.y),
            metadata={k: v for k, v in metadata.items() if v is not None} or None,
        )
        generator = make_generator(draw_seed(call.rng) + self.n_epochs_)
        model = replace(self._model, network=network)
        trained = in_coordinates(model, objective, data, plan)
        history = train(*trained, plan, generator, tasks)
        self._check_finite(history, plan.learning_rate)
        vars(self).update(self._fitted_attributes(network, history, data, objective))
        return history, tasks

    def _check_finite(self, history, learning_rate):
        """Raise if no epoch had a finite loss and the initial weights are random."""
        if history.problem and not history.loss_curve and not self._recipe.base.linear_path:
            raise FloatingPointError(
                f"Training failed: {history.problem}. {_advice(learning_rate)}"
            )

    def _changes_from(self, original):
        """Return the attributes that differ from those of the estimator before this fit."""
        before = vars(original)
        return {k: v for k, v in vars(self).items() if k not in before or before[k] is not v}

    def _fitted_attributes(self, network, history, data, objective):
        curves = {
            f"{name}_curve_": getattr(self, f"{name}_curve_", []) + history.terms.get(name, [])
            for name in objective.loss.term_names
        }
        return {
            "network_": network,
            "n_epochs_": self.n_epochs_ + len(history.loss_curve),
            "loss_curve_": self.loss_curve_ + history.loss_curve,
            "validation_scores_": self._validation_scores(history),
            **curves,
            **self._post_fit_attributes(network, data),
        }

    def _validation_scores(self, history):
        """Return the validation score of each epoch; NaN for epochs without validation samples."""
        scores = [-loss for loss in history.validation_losses]
        if not (scores or self.validation_scores_):
            return self.validation_scores_
        before = self.validation_scores_ or [math.nan] * self.n_epochs_
        return before + (scores or [math.nan] * len(history.loss_curve))

    def _report(self, histories):
        """Issue warnings about problems, then raise an interruption again."""
        for history, learning_rate in histories:
            if history.problem is not None:
                warn_user(
                    f"{history.problem}; the best weights seen were kept. {_advice(learning_rate)}",
                    ConvergenceWarning,
                )
        if histories[-1][0].interruption is not None:
            raise histories[-1][0].interruption

    @property
    def _model(self):
        scaling, layout = Scaling(self.center_, self.scale_), self._layout
        frequencies = self.center_[layout.indicators.numpy()]
        loss = with_categories(self._losses[self._loss], layout, frequencies)
        return Model(self.network_, scaling, loss, layout, self._input_model)

    @property
    def _layout(self):
        if self._columns is None:
            return Layout.of_numbers(self.n_features_in_)
        return self._columns.layout


# The classes of objects for which the strings of a parameter stand.
_REGISTRIES = {
    "corruption": CORRUPTIONS,
    "latent": LATENTS,
    "network": NETWORKS,
    "penalty": PENALTIES,
    "pretraining_corruption": CORRUPTIONS,
}

# Settings of a call of `partial_fit`.
_PARTIAL = {
    "max_epochs": 1,
    "schedule": "constant",
    "n_iter_no_change": None,
    "may_keep_start": False,
}


def _advice(learning_rate):
    return (
        f"learning_rate={learning_rate} may be too high, or X may contain extreme values, or too "
        "few samples for its number of features to improve on the principal components."
    )


def _is_fitted(name):
    """Return whether the name is that of a public fitted attribute, as in scikit-learn."""
    return name.endswith("_") and not name.startswith("_")
