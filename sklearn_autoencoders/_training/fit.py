"""The way from parameters and rows to a trained network."""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning

from .._data.model import Model, resolve_device
from .._data.scaling import Scaling, constants_of
from .._data.splits import hold_out
from .._data.validation import check_magnitude, check_training_data
from .._persistence.checkpoint import Checkpoint
from .._utils.memory import asking_for_less
from .._utils.random import draw_seed, make_generator, own_random_state
from .._utils.sklearn_compat import CallbackSupportMixin, Documented, EpochTasks
from .._utils.torch_settings import preserve_settings
from ..networks._layers import without_generator
from ..objectives import LOSSES
from ..objectives._objective import Objective
from .initialization import shape_of, start_at_pca, starting_point
from .parameters import corruption_parts, make_plan, penalty_parts, update_dropout
from .pretraining import PRETRAINING
from .skorch_loop import train

# What a fit leaves behind, beside attributes with an underscore at the end.
_PRIVATE_STATE = ("_recipe", "_loss", "_shaped_by", "_constants", "_split_seed", "_is_one_target")


class Fitting(Documented, CallbackSupportMixin, BaseEstimator):
    """What happens between the validation of parameters and a fitted estimator.

    Roles whose loss, bottleneck or data are special say so in the methods under "what roles may
    change".
    """

    _loss_parameter = "loss"
    _losses: ClassVar[dict] = LOSSES
    _auto_epochs: tuple[int, ...] = 4000, 40  # steps, most passes and, if not ten, least
    pretraining: str | None = None  # where they are no parameters
    pretraining_corruption = None
    pretraining_learning_rate = None

    # --------------------------------------------------------------- what roles may change

    def _network_given(self):
        """Return what says the shape of the samples."""
        return self.network

    def _scaling_kind(self):
        """Return what the columns are divided by."""
        return self.scaling

    def _starting_point(self, data, rng):
        """Return the fitted attributes of an estimator that has not been trained yet."""
        return starting_point(self, data, rng)

    def _latent_recipe(self, data):
        """Return what `build_autoencoder` has to know beside the network."""
        return {}

    def _start_at(self, model, axes, variances, center, effect):
        """Start the linear path of a model at the principal components."""
        start_at_pca(model, axes, center)

    def _row_loss(self):
        """Return what training minimises of every row, penalties aside."""
        return self._model.loss

    def _held_out(self, data, rng):
        """Return the data with rows set aside for early stopping."""
        return hold_out(data, self.validation_fraction, rng)

    def _prepared(self, data, y, reset):
        """Return the data with what the network sees beside X, and remember what it needs."""
        return data

    def _to_train_on(self, data, y):
        """Return the rows to train on after pretraining, and their y."""
        return data, y

    def _plan(self, data, n_samples, **overrides):
        """Return how to train on data that are part of a number of samples."""
        corruptions = corruption_parts(self.corruption, data, "corruption")
        return make_plan(self, data, n_samples, corruptions=corruptions, **overrides)

    def _configure(self, network, plan, data):
        """Bring what may change between fits into a network."""
        update_dropout(self, network, self.n_samples_seen_)

    def _finish(self, network, data):
        """Settle in a trained network what gradients do not, and return what it tells."""
        return {}

    def _report_health(self):
        """Warn of what a trained network is not good at."""

    # ------------------------------------------------------------------------------- train

    def _remember_constants(self, X, reset):
        """Note the values of the columns that hold one, in all fits so far."""
        constants = constants_of(X)
        if not reset:
            unknown = np.isnan(X).all(axis=0)
            constants[unknown] = self._constants[unknown]
            constants[constants != self._constants] = np.nan
        self._constants = constants

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Leave the fitted attributes as they were if the block raises an error."""
        before = {name: value for name, value in vars(self).items() if _is_fitted_state(name)}
        try:
            yield
        except GeneratorExit:  # Ctrl-C struck in the end of the block, which is collected later
            raise
        except BaseException:
            self._forget()
            self.__dict__.update(before)
            raise

    def _forget(self):
        for name in list(filter(_is_fitted_state, vars(self))):
            delattr(self, name)

    def _fit_or_go_on(self, X, y, sample_weight, clean=None):
        continuing = self.warm_start and hasattr(self, "network_")
        checkpoint = Checkpoint.of(self)
        return self._fit(X, y, sample_weight, clean, continuing=continuing, checkpoint=checkpoint)

    def _fit_part(self, X, y, sample_weight, clean=None):
        return self._fit(
            X,
            y,
            sample_weight,
            clean,
            continuing=hasattr(self, "network_"),
            n_samples_before=getattr(self, "n_samples_seen_", 0),
            max_epochs=1,
            schedule="constant",
            n_iter_no_change=None,
            may_keep_start=False,
        )

    def _fit(
        self,
        X,
        y,
        sample_weight,
        clean,
        *,
        continuing,
        n_samples_before=0,
        checkpoint=None,
        **overrides,
    ):
        advice = (
            f"lower batch_size={self.batch_size!r}, hidden_layer_sizes or the number of rows; "
            "partial_fit takes them in parts, and with device='cpu' X can be a memory map."
        )
        with preserve_settings(), self._unchanged_on_error(), asking_for_less(advice):
            if not continuing:
                self._forget()
            data, y = check_training_data(self, X, y, sample_weight, clean, reset=not continuing)
            rng = own_random_state(self.random_state)
            if self.early_stopping and "n_iter_no_change" not in overrides:
                data = self._held_out(data, rng)
            if continuing:
                self._check_unchanged()
            data = self._prepared(data, y, reset=not continuing)
            if continuing:
                check_magnitude(data, self._model.scaling, self._model.numpy_dtype)
            else:
                self.__dict__.update(self._starting_point(data, rng))
            self.n_samples_seen_ = n_samples_before + data.n_samples
            to_train_on, y = self._to_train_on(data, y)
            plan = self._plan(to_train_on, self.n_samples_seen_, **overrides)
            plan = replace(plan, checkpoint=checkpoint)
            objective = Objective(self._row_loss(), penalty_parts(self))
            interruption = None
            if self.pretraining and not continuing:
                interruption = self._pretrain(data, rng, checkpoint)
            interruption = interruption or self._train(objective, to_train_on, y, plan, rng)
        if interruption is not None:
            raise interruption
        if checkpoint is not None:
            checkpoint.clear()
        return self

    def _check_unchanged(self):
        """Raise if a parameter that shapes the model is not what it was when training began."""
        now = shape_of(self)
        for name, before in self._shaped_by.items():
            if now.get(name) != before:
                raise ValueError(
                    f"{name} was {before} when training began and is now {now.get(name)}. Set it "
                    "back, or begin anew with warm_start=False and fit."
                )

    def _pretrain(self, data, rng, checkpoint):
        plan = replace(self._plan_of_pretraining(data), checkpoint=checkpoint)
        pretrain = PRETRAINING[self.pretraining]
        generator = make_generator(draw_seed(rng))
        histories = pretrain(self._model, self._recipe["network"], data, plan, generator)
        self.network_.eval()
        self.pretraining_curves_ = [history.loss_curve for history in histories]
        for history in histories:
            self._report(history, plan.learning_rate)
        return histories[-1].interruption

    def _plan_of_pretraining(self, data):
        name = "corruption" if self.pretraining_corruption is None else "pretraining_corruption"
        return make_plan(
            self,
            data,
            self.n_samples_seen_,
            corruptions=corruption_parts(getattr(self, name), data, name),
            max_epochs=self.pretraining_epochs,
            learning_rate=self.pretraining_learning_rate or self.learning_rate,
            n_iter_no_change=None,
            callbacks=(),
            may_keep_start=False,
        )

    def _train(self, objective, data, y, plan, rng):
        network = copy.deepcopy(self.network_).to(resolve_device(self.device))
        self._configure(network, plan, data)
        metadata = {"sample_weight": data.weight, "clean": data.clean}
        tasks = EpochTasks(
            self,
            plan.max_epochs,
            lambda history: self._fitted_attributes(without_generator(network), history, data),
            X=data.X,
            y=data.X if y is None else y,
            metadata={k: v for k, v in metadata.items() if v is not None} or None,
        )
        model = replace(self._model, network=network)
        generator = make_generator(draw_seed(rng) + self.n_epochs_)
        history = train(model, objective, data, plan, generator, tasks)
        self.__dict__.update(self._fitted_attributes(network, history, data))
        tasks.finish()
        self._report(history, plan.learning_rate)
        self._report_health()
        return history.interruption

    def _fitted_attributes(self, network, history, data):
        return {
            "network_": network,
            "n_epochs_": self.n_epochs_ + len(history.loss_curve),
            "loss_curve_": self.loss_curve_ + history.loss_curve,
            "validation_scores_": self._validated(history),
            **self._finish(network, data),
        }

    def _validated(self, history):
        """Return a score for each epoch so far, NaN for those of a fit that held nothing out."""
        scores = [-loss for loss in history.validation_losses]
        if not (scores or self.validation_scores_):
            return self.validation_scores_
        before = self.validation_scores_ or [math.nan] * self.n_epochs_
        return before + (scores or [math.nan] * len(history.loss_curve))

    def _report(self, history, learning_rate):
        if history.problem is None:
            return
        advice = (
            f"learning_rate={learning_rate} may be too high, X may contain extreme values, or "
            "have few rows for its many columns, where principal components are hard to improve on."
        )
        if not history.loss_curve and not self._recipe["linear_path"]:
            raise FloatingPointError(f"Training failed: {history.problem}. {advice}")
        warnings.warn(
            f"{history.problem}; the best weights seen were kept. {advice}",
            ConvergenceWarning,
            stacklevel=7,
        )

    @property
    def _model(self):
        scaling = Scaling(self.center_, self.scale_)
        return Model(self.network_, scaling, self._losses[self._loss])


def _is_fitted_state(name):
    """Whether an attribute is set by fit; what scikit-learn's callbacks set is not ours."""
    is_ours = name in _PRIVATE_STATE
    return is_ours or (name.endswith("_") and not name.startswith("_")) or name.endswith("_in_")
