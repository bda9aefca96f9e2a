"""Data and comparisons that are used by several test files."""

import copy
import functools
import os
import pickle
import random
import signal
import warnings
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import sklearn
import torch
from estimators import quick, settable
from sklearn.base import clone

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderRegressor
from sklearn_autoencoders._estimators.reconstruction_score import ReconstructionScoreMixin
from sklearn_autoencoders._training.parameters import make_plan
from sklearn_autoencoders._utils.output import as_numbers

READERS = ("transform", "reconstruct", "score_samples", "score", "predict", "decision_function")


def table(n_rows=80, n_features=6, seed=0, dtype=np.float64):
    """Return samples in [0, 1] near a curved surface of dimension two."""
    rng = np.random.RandomState(seed)
    basis = np.random.RandomState(42).randn(2, n_features)
    rows = 1 / (1 + np.exp(-2 * rng.uniform(-1, 1, (n_rows, 2)) @ basis))
    return np.clip(rows + 0.02 * rng.randn(n_rows, n_features), 0, 1).astype(dtype)


def target_of(cls, X):
    """Return a target for X: two classes or numbers, or None if the class needs none."""
    y = X[:, 0] - X[:, 1]
    return {AutoencoderClassifier: (y > np.median(y)).astype(int), AutoencoderRegressor: y}.get(cls)


def fitted_to(cls, X, **params):
    """Return an estimator that was fitted for a few epochs."""
    return quick(cls, **params).fit(X, target_of(cls, X))


def with_missing_values(X, fraction=0.2):
    """Return a copy with some missing values, but without empty samples or features."""
    X = X.copy()
    X[np.random.RandomState(1).random_sample(X.shape) < fraction] = np.nan
    X[np.arange(len(X)), np.arange(len(X)) % X.shape[1]] = 0.5
    return X


def case(estimator, **params):
    """Return a clone with a few epochs and a fixed random state."""
    params = settable(type(estimator), params)
    return clone(estimator).set_params(**{"max_epochs": 4, "random_state": 0, **params})


@functools.cache
def _fitted_once(estimator, make, params):
    return case(estimator, **dict(params)).fit(make())


def fitted_case(estimator, make=table, **params):
    """Return a copy of a case, which can be modified; the case is fitted once per process.

    For tests of what a fitted model does, where `make` makes the rows to fit; tests of what a fit
    does, fit.
    """
    return copy.deepcopy(_fitted_once(estimator, make, tuple(params.items())))


def readers(estimator, X=None):
    """Return the names of the methods that map samples to numbers.

    An R^2 is not defined for a single sample: then `score` is left out.
    """
    is_single = getattr(X, "shape", ())[:1] == (1,)
    is_undefined = is_single and isinstance(estimator, ReconstructionScoreMixin)
    return [
        name
        for name in READERS
        if hasattr(estimator, name) and not (is_undefined and name == "score")
    ]


def outputs(estimator, X, y=None):
    """Return the output of every method for X, by name; predictors are scored with y."""
    arguments = {"score": (X, y)}
    found = {
        name: as_numbers(getattr(estimator, name)(*arguments.get(name, (X,))))
        for name in readers(estimator, X)
    }
    if hasattr(estimator, "inverse_transform"):
        found["inverse_transform"] = np.asarray(estimator.inverse_transform(found["transform"]))
    return found


def assert_same(found, expected):
    """Assert that two results of `outputs` are bitwise identical."""
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def weights(estimator):
    """Return copies of the network's parameters, by name."""
    named = estimator.network_.named_parameters()
    return {name: parameter.detach().numpy().copy() for name, parameter in named}


def short_plan(*args, **kwargs):
    """Replace `make_plan` in a fit, because a whole training would take too long."""
    plan = make_plan(*args, **kwargs)
    return replace(plan, max_epochs=min(plan.max_epochs, 2))


def snapshot():
    """Return the global state that training could change, as bytes."""
    return {
        "torch generator": torch.get_rng_state().numpy().tobytes(),
        "numpy generator": pickle.dumps(np.random.get_state()),  # noqa: NPY002  # to see it unchanged
        "random": pickle.dumps(random.getstate()),
        "torch threads": torch.get_num_threads(),
        "torch grad mode": torch.is_grad_enabled(),
        "torch inference mode": torch.is_inference_mode_enabled(),
        "torch default dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "environment": dict(os.environ),
        "warning filters": list(warnings.filters),
        "numpy errors": np.geterr(),
        "scikit-learn": sklearn.get_config(),
        "directory": os.getcwd(),
    }


@contextmanager
def time_limit(seconds):
    """Fail if the block takes longer, where the system has such an alarm."""

    def stop(*_):
        raise TimeoutError(f"not finished after {seconds} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
