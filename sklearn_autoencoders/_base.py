"""What every estimator of the package does: validate → train → run."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from numbers import Integral, Real
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from . import _bridge, _settings, _state, _training
from ._compat import (
    CallbackSupportMixin,
    EpochTasks,
    Interval,
    RealNotInt,
    StrOptions,
    fit_context,
    with_callbacks,
)
from ._pretraining import pretrain_layerwise
from ._scaling import Scaling, explained_variance
from ._solvers import SCHEDULES, SOLVERS
from ._starting import draw_seed, shape_of, starting_point
from ._validation import (
    check_clean,
    check_magnitude,
    check_output,
    check_rows,
    check_training_data,
    check_unit_interval,
    check_weight,
    hold_out,
    unflatten,
)
from .corruptions import CORRUPTIONS
from .networks import ACTIVATIONS, NETWORKS, Network
from .objectives import LOSSES, PENALTIES, Objective


class BaseAutoencoder(CallbackSupportMixin, BaseEstimator):
    """Base of all autoencoders of the package.

    A public method validates its input once and hands arrays to a private twin, which trusts them.
    """

    _parameter_constraints: ClassVar[dict] = {
        "n_components": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
        ],
        "hidden_layer_sizes": [
            StrOptions({"auto"}),
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "dropout": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="left")],
        "network": [Network, StrOptions(set(NETWORKS)), None],
        "init": [StrOptions({"pca", "random"})],
        "scaling": [StrOptions({"global", "feature"}), None],
        "loss": [StrOptions(set(LOSSES))],
        "corruption": [StrOptions(set(CORRUPTIONS)), callable, list, tuple, None],
        "penalty": [StrOptions(set(PENALTIES)), callable, list, tuple, None],
        "pretraining": [StrOptions({"layerwise"}), None],
        "pretraining_epochs": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
        "schedule": [StrOptions(set(SCHEDULES))],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(RealNotInt, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "device": [str],
        "dtype": [StrOptions({"auto", "float32", "float64"}), type],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "callbacks": [list, tuple, None],
    }

    # ------------------------------------------------------------------------------ public

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the autoencoder to X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows. NaN marks a missing value: it is left out of the loss.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows. A row of weight 2 counts like two rows.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or `sample_weight` is not usable; an earlier fit is left as it was.

        FloatingPointError
            If the loss is not finite from the first epoch on and `init="random"`.

        Warns
        -----
        ConvergenceWarning
            If the loss stops being finite, or rises; the best weights seen are kept.
        """
        return self._fit_or_go_on(X, y, sample_weight)

    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Make one pass over a batch of rows, at a constant learning rate.

        The first call chooses the scaling, the number of components and the starting point, so
        that its batch should be representative. The optimiser's memory is not kept.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            A batch of training rows.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights of the rows.

        Returns
        -------
        self : object
            The estimator.
        """
        return self._fit_part(X, y, sample_weight)

    def reconstruct(self, X):
        """Encode and decode rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            The reconstruction, in the units of X, of the missing values too. Images come back in
            the shape they had.
        """
        return unflatten(self._reconstruct(check_rows(self, X)), X)

    def score_samples(self, X):
        r"""Return how well each row is reconstructed; higher is better.

        .. math:: -\frac{1}{d} \sum_j \ell(x_{ij}, \hat x_{ij})

        over the :math:`d` known values of the row, on the scale on which the network is trained.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        Returns
        -------
        ndarray of shape (n_samples,)
            Minus the mean loss of each row.
        """
        X = check_rows(self, X)
        check_unit_interval(X, self._loss)
        return check_output(-_bridge.sample_losses(self._model, X))

    def score(self, X, y=None, sample_weight=None):
        r"""Return the share of the variance of X that the reconstruction explains.

        .. math::
            R^2 = 1 - \frac{\sum_{ij} w_i (x_{ij} - \hat x_{ij})^2}
                           {\sum_{ij} w_i (x_{ij} - \bar x_j)^2}

        over the known values. For PCA, on its training set, this is
        `explained_variance_ratio_.sum()`.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows, NaN where a value is missing.

        y : Ignored
            Present for API consistency.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            At most 1; 0 is as good as the column means. For rows that do not vary: 1 if they are
            reproduced, else 0, as in :func:`sklearn.metrics.r2_score`.
        """
        return self._score(X, sample_weight)

    def __sklearn_tags__(self):
        """Declare that NaN is allowed and that float32 is preserved."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        if tags.transformer_tags is not None:
            tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self):
        """Return whether there is a network."""
        return hasattr(self, "network_")

    def __getstate__(self):
        """Return plain values: no torch object, no training row."""
        return _state.to_plain(super().__getstate__())

    def __setstate__(self, state):
        """Rebuild the network from plain values."""
        super().__setstate__(_state.from_plain(state, type(self).__name__))

    # ------------------------------------------------------------------------------- train

    @contextmanager
    def _unchanged_on_error(self) -> Iterator[None]:
        """Leave the fitted attributes as they were if the block raises an error."""
        before = {name: value for name, value in vars(self).items() if _is_fitted_state(name)}
        try:
            yield
        except BaseException:
            for name in list(filter(_is_fitted_state, vars(self))):
                delattr(self, name)
            self.__dict__.update(before)
            raise

    def _fit_or_go_on(self, X, y, sample_weight, clean=None):
        continuing = self.warm_start and hasattr(self, "network_")
        return self._fit(X, y, sample_weight, clean, continuing=continuing)

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

    def _fit(self, X, y, sample_weight, clean, *, continuing, n_samples_before=0, **overrides):
        with self._unchanged_on_error():
            data, y = check_training_data(self, X, y, sample_weight, clean, reset=not continuing)
            rng = _own_random_state(self.random_state)
            if self.early_stopping and "n_iter_no_change" not in overrides:
                data = hold_out(data, self.validation_fraction, rng)
            if continuing:
                self._check_unchanged()
                check_magnitude(data, self._model.scaling, self._model.numpy_dtype)
            else:
                self.__dict__.update(starting_point(self, data, rng))
            self.n_samples_seen_ = n_samples_before + data.n_samples
            plan = _settings.make_plan(self, data, self.n_samples_seen_, **overrides)
            objective = Objective(self._model.loss, _settings.penalty_parts(self))
            interruption = None
            if self.pretraining is not None and not continuing:
                interruption = self._pretrain(data, plan, rng)
            interruption = interruption or self._train(objective, data, y, plan, rng)
        if interruption is not None:
            raise interruption
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

    def _pretrain(self, data, plan, rng):
        settings = {"n_iter_no_change": None, "callbacks": (), "may_keep_start": False}
        plan = replace(plan, max_epochs=self.pretraining_epochs, **settings)
        generator = _bridge.make_generator(draw_seed(rng))
        histories = pretrain_layerwise(self._model, self._network_part, data, plan, generator)
        self.network_.eval()
        self.pretraining_curves_ = [history.loss_curve for history in histories]
        for history in histories:
            self._report(history)
        return histories[-1].interruption

    def _train(self, objective, data, y, plan, rng):
        network = copy.deepcopy(self.network_).to(_bridge.resolve_device(self.device))
        _settings.update_dropout(self, network)
        metadata = {"sample_weight": data.weight, "clean": data.clean}
        tasks = EpochTasks(
            self,
            plan.max_epochs,
            lambda history: self._fitted_attributes(copy.deepcopy(network).eval(), history),
            X=data.X,
            y=data.X if y is None else y,
            metadata={k: v for k, v in metadata.items() if v is not None} or None,
        )
        model = replace(self._model, network=network)
        generator = _bridge.make_generator(draw_seed(rng) + self.n_epochs_)
        history = _training.train(model, objective, data, plan, generator, tasks)
        self.__dict__.update(self._fitted_attributes(network, history))
        tasks.finish()
        self._report(history)
        return history.interruption

    def _fitted_attributes(self, network, history):
        attributes = {
            "network_": network,
            "n_epochs_": self.n_epochs_ + len(history.loss_curve),
            "loss_curve_": self.loss_curve_ + history.loss_curve,
        }
        if self.validation_scores_ is not None:
            scores = [-loss for loss in history.validation_losses]
            attributes["validation_scores_"] = self.validation_scores_ + scores
        return attributes

    def _report(self, history):
        if history.problem is None:
            return
        advice = (
            f"learning_rate={self.learning_rate} may be too high, X may contain extreme values, or "
            "have few rows for its many columns, where principal components are hard to improve on."
        )
        if not history.loss_curve and not self._linear_path:
            raise FloatingPointError(f"Training failed: {history.problem}. {advice}")
        warnings.warn(
            f"{history.problem}; the best weights seen were kept. {advice}",
            ConvergenceWarning,
            stacklevel=7,
        )

    # --------------------------------------------------------------------------------- run

    @property
    def _model(self):
        scaling = Scaling(self.center_, self.scale_)
        return _bridge.Model(self.network_, scaling, LOSSES[self._loss])

    def _encode(self, X):
        return check_output(_bridge.encode(self._model, X))

    def _decode(self, codes):
        return check_output(_bridge.decode(self._model, codes))

    def _reconstruct(self, X):
        return check_output(_bridge.reconstruct(self._model, X))

    def _score(self, X, sample_weight, clean=None):
        X = check_rows(self, X)
        weight = None if sample_weight is None else check_weight(sample_weight, X)
        target = X if clean is None else check_clean(self, clean, X)
        return explained_variance(target, self._reconstruct(X), weight)


def _is_fitted_state(name):
    """Whether an attribute is set by fit; what scikit-learn's callbacks set is not ours."""
    is_ours = name in ("_network_part", "_linear_path", "_loss", "_shaped_by")
    return is_ours or (name.endswith("_") and not name.startswith("_")) or name.endswith("_in_")


def _own_random_state(random_state):
    """Return a generator to draw from; None never means NumPy's global one."""
    return np.random.RandomState() if random_state is None else check_random_state(random_state)
