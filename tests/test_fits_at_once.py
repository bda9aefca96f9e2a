"""Fits at once: the same results as one after another, errors, interruption, searches."""

import pickle
import signal
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

import joblib
import numpy as np
import pytest
from helpers import table, with_missing_values
from sklearn import get_config
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.parallel import Parallel, delayed
from skorch.callbacks import Callback

from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._training.loop import skorch_loop, together
from sklearn_autoencoders._training.loop.at_once import NAME
from sklearn_autoencoders._utils import rendezvous
from sklearn_autoencoders.networks import Dense
from sklearn_autoencoders.objectives import Contractive

SETTINGS = {"max_epochs": 4, "batch_size": 16, "random_state": 0, "dtype": "float64"}


# Adam from random weights at such a learning rate: the loss rises if there is an outlier.
RISING = {"learning_rate": 1.0, "init": "random", "max_epochs": 8}


def transformer(**params):
    return AutoencoderTransformer(**SETTINGS | params)


def fit(estimator, X, **params):
    return clone(estimator).fit(X, **params)


def at_once(jobs, n_jobs=8):
    return Parallel(n_jobs=n_jobs, backend=NAME)(
        delayed(fit)(*job[:2], **_rest(job)) for job in jobs
    )


def _rest(job):
    return dict(*job[2:])


def folds(X, n_splits=3):
    return [X[train] for train, _ in KFold(n_splits).split(X)]


@pytest.fixture
def alone(monkeypatch):
    """Record the networks that are trained alone."""
    trained, original = [], skorch_loop.train_alone

    def record(request):
        trained.append(request)
        return original(request)

    monkeypatch.setattr(together, "train_alone", record)
    return trained


def assert_equal(found, expected, X, tolerance=1e-8):
    for ours, one in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.transform(X), one.transform(X), atol=tolerance)
        np.testing.assert_allclose(ours.loss_curve_, one.loss_curve_, atol=tolerance)
        assert ours.n_epochs_ == one.n_epochs_


@pytest.mark.parametrize(
    "params",
    [
        {"dropout": 0.0},
        {},  # dropout, drawn as for a single fit
        {"dropout": 0.0, "batch_size": 200},  # full batches, of different sizes
        {"batch_size": 200, "corruption": "gaussian"},
        {"corruption": "masking", "loss": "huber"},
        {"init": "random", "scaling": "feature", "solver": "sgd", "schedule": "constant"},
        {"network": Dense((16, 8), activation="relu", dropout=0.2)},
        {"n_components": 0.9, "activation": "tanh"},
    ],
    ids=repr,
)
def test_fits_at_once_are_those_one_after_another(params, alone):
    X = table(101)  # folds of 67 and 68 samples: batches of 3 and of 4 at the end of an epoch
    jobs = [(transformer(**params), fold) for fold in folds(X)]
    found = at_once(jobs)
    assert not alone, "all are trained at once"
    assert_equal(found, [fit(*job) for job in jobs], X)


def test_denoising_autoencoders(alone):
    X = table(101)
    jobs = [(DenoisingAutoencoder(**SETTINGS), fold) for fold in folds(X)]
    found = at_once(jobs)
    assert not alone
    assert_equal(found, [fit(*job) for job in jobs], X)


def test_sample_weights_and_missing_values(alone):
    X, weight = with_missing_values(table(101)), np.arange(101) % 3 + 1.0
    jobs = [
        (transformer(corruption="masking"), fold, {"sample_weight": weight[: len(fold)]})
        for fold in folds(X)
    ]
    found = at_once(jobs)
    assert not alone
    expected = [fit(*job[:2], **job[2]) for job in jobs]
    assert_equal(found, expected, X)


def test_each_fit_has_its_weight_decay_and_single_precision_agrees(alone):
    X, decays = table(300).astype(np.float32), (0.1, 1.0, 100.0)
    jobs = [(transformer(dtype="float32", weight_decay=decay), X) for decay in decays]
    found = at_once(jobs)
    assert not alone
    assert_equal(found, [fit(*job) for job in jobs], X, tolerance=1e-3)
    layers = (one.network_.decoder.correction[0][0] for one in found)
    sizes = [float(layer.weight.detach().square().sum()) for layer in layers]
    assert sizes[2] < sizes[0]


@pytest.mark.parametrize(
    "other",
    [
        {"hidden_layer_sizes": (8,)},
        {"learning_rate": 1e-3},
        {"max_epochs": 2},
        {"batch_size": 8},
        {"loss": "absolute_error"},
        {"early_stopping": True},
        {"penalty": Contractive()},
        {"callbacks": [Callback()]},
        {"verbose": 1},
    ],
    ids=lambda params: next(iter(params)),
)
def test_what_cannot_be_trained_at_once_is_trained_alone(other, alone):
    X = table(60)
    jobs = [(transformer(), X), (transformer(**other), X), (transformer(weight_decay=1.0), X)]
    found = at_once(jobs)
    assert len(alone) == 1
    assert_equal(found, [fit(*job) for job in jobs], X)


def test_other_estimators_and_other_calls_are_made_as_they_are(alone):
    X = table(60)
    jobs = [(VAEGenerator(2, max_epochs=2, random_state=0), X), (PCA(2), X), (transformer(), X)]
    vae, pca, _ = at_once(jobs)
    assert len(alone) == 2
    np.testing.assert_array_equal(vae.transform(X), fit(*jobs[0]).transform(X))
    np.testing.assert_array_equal(pca.transform(X), fit(*jobs[1]).transform(X))


def test_a_fit_whose_loss_rises_is_trained_alone_and_the_others_are_not_disturbed(alone):
    X = table(64)
    rising = X.copy()
    rising[0] *= 1e3
    jobs = [(transformer(**RISING), rows) for rows in (X, rising, X[::-1].copy())]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = at_once(jobs)
        assert len(alone) == 1
        expected = [fit(*job) for job in jobs]
    assert_equal(found, expected, X)


def test_an_error_is_that_of_its_fit_alone():
    X = table(60)
    grid = {"weight_decay": [1.0, 2.0], "n_components": [2, -1]}
    search = GridSearchCV(transformer(), grid, cv=2, error_score=np.nan, refit=False)
    with joblib.parallel_config(NAME), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(X)
    scores = search.cv_results_["mean_test_score"]
    np.testing.assert_array_equal(np.isnan(scores), [False, False, True, True])
    with pytest.raises(ValueError, match="n_components"):
        at_once([(transformer(), X), (transformer(n_components=-1), X)])


def test_a_search_has_the_results_of_one_after_another(alone):
    X = table(90)
    model = make_pipeline(StandardScaler(), transformer())
    grid = {"autoencodertransformer__weight_decay": [0.1, 1.0, 100.0]}
    single, joint = (GridSearchCV(model, grid, cv=3) for _ in range(2))
    single.fit(X)
    with joblib.parallel_config(NAME, n_jobs=4):
        joint.fit(X)
    assert len(alone) == 1, "of 4, 4 and 1 fits at once, the last"
    assert joint.best_params_ == single.best_params_
    for key, values in single.cv_results_.items():
        if key.endswith("test_score"):
            np.testing.assert_allclose(joint.cv_results_[key], values, atol=1e-8)
    np.testing.assert_array_equal(joint.transform(X), single.transform(X))


def test_cross_fitting_is_at_once(alone, monkeypatch):
    X = table(90)
    union = AutoencoderFeatureUnion(transformer(), cross_fit=5, random_state=0)
    found = union.fit_transform(X)
    assert not alone
    monkeypatch.setattr(together.Request, "common", lambda request: None)
    np.testing.assert_allclose(clone(union).fit_transform(X), found, atol=1e-8)
    assert len(alone) == 5
    np.testing.assert_allclose(found[:, :6], X)


def test_fitted_networks_share_no_memory():
    one, _ = at_once([(transformer(), table(60)), (transformer(), table(60, seed=1))])
    parts = list(one.network_.parameters())
    assert all(p.untyped_storage().nbytes() == p.numel() * p.element_size() for p in parts)
    assert len(pickle.dumps(one)) < 1.2 * len(pickle.dumps(fit(transformer(), table(60))))


def test_an_interruption_ends_all_fits_and_keeps_the_settings(monkeypatch):
    def interrupted(self, training, loss):
        raise KeyboardInterrupt

    X, before = table(60), get_config()
    monkeypatch.setattr(together._Members, "after_step", interrupted)
    filters = warnings.filters
    with pytest.raises(KeyboardInterrupt):
        at_once([(transformer(), X), (transformer(weight_decay=1.0), X)])
    assert warnings.filters is filters
    assert get_config() == before
    monkeypatch.undo()
    at_once([(transformer(), X), (transformer(weight_decay=1.0), X)])


@pytest.mark.parametrize("at_once_or_alone", ["_trained", "train_alone"])
def test_an_interruption_also_ends_fits_that_are_trained_later(monkeypatch, at_once_or_alone):
    """Those of other architectures, and one that is to be trained alone."""
    X, started, original = table(60), [], getattr(together, at_once_or_alone)

    def interrupted(self, *others):
        raise KeyboardInterrupt

    def record(requests):
        started.append(requests)
        monkeypatch.setattr(skorch_loop.LearningRate, "after_step", interrupted)
        return original(requests)

    monkeypatch.setattr(together, at_once_or_alone, record)
    models = [transformer(n_components=k) for k in (2, 2, 3, 4)]
    with pytest.raises(KeyboardInterrupt):
        at_once([(model, X) for model in models])
    assert len(started) == 1


def test_an_interruption_between_trainings_ends_all_calls():
    ended = []

    def wait(number):
        try:
            rendezvous.ask(number, alone=None)
        finally:
            ended.append(number)

    def answer(requests):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rendezvous.run_together([partial(wait, number) for number in range(3)], answer)
    assert sorted(ended) == [0, 1, 2]
    with pytest.raises(KeyboardInterrupt):
        rendezvous.run_together(
            [partial(wait, 0), partial(signal.raise_signal, signal.SIGINT)], answer
        )
    assert len(ended) == 4


def test_a_thread_with_a_copy_of_the_context_has_answers_of_its_own():
    """As with `asyncio.to_thread`, and any thread where threads inherit the context."""

    def ask_in_threads(number):
        with ThreadPoolExecutor(2) as pool:
            copies = [copy_context() for _ in range(2)]
            asked = [
                pool.submit(copy.run, rendezvous.ask, (number, k), lambda request: request)
                for k, copy in enumerate(copies)
            ]
            return [one.result(timeout=10) for one in asked]

    functions = [partial(ask_in_threads, number) for number in range(2)]
    outcomes = rendezvous.run_together(functions, lambda requests: ["together"] * len(requests))
    assert outcomes == [[[(0, 0), (0, 1)], None], [[(1, 0), (1, 1)], None]]


def test_a_warning_refers_to_the_line_of_the_user():
    X = table(64)
    X[0] *= 1e3
    union = AutoencoderFeatureUnion(transformer(**RISING), cross_fit=KFold(2))
    with pytest.warns(ConvergenceWarning) as caught:
        union.fit_transform(X)
    assert {warning.filename for warning in caught} == {__file__}


def test_no_jobs_are_an_error():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        at_once([(transformer(), table(60))], n_jobs=0)
