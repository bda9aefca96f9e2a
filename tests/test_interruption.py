"""Interruption of a fit by callbacks and Ctrl-C, and the estimator afterwards."""

import gc
import inspect
import os
import signal
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from estimators import EVERY, PREDICTORS, PUBLIC, having, quick
from helpers import assert_same, outputs, snapshot, table
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback, EarlyStopping
from versions import needs_callbacks

import sklearn_autoencoders
from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer
from sklearn_autoencoders.networks import Dense

every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)

ENDLESS = 3000  # number of epochs, about ten seconds if an interruption is lost
PACKAGE = str(Path(sklearn_autoencoders.__file__).parent)


@pytest.fixture(scope="module", autouse=True)
def _late_imports():
    """Import lazy modules first, because interrupted imports are not tested here."""
    quick(PUBLIC[0]).fit(table())


def mean_score(estimator, X, y=None):
    """Return a score for searches, because detectors have no `score`."""
    return estimator.score_samples(X).mean()


@contextmanager
def repeated_if_lost():
    """Repeat Ctrl-C, because Python drops it during garbage collection."""
    before = sys.unraisablehook

    def hook(unraisable):
        if unraisable.exc_type is not KeyboardInterrupt:
            return before(unraisable)
        threading.Timer(0.01, os.kill, (os.getpid(), signal.SIGINT)).start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def test_a_lost_interruption_is_repeated():
    class Collected:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    def call():
        del [Collected()][0]
        time.sleep(1)

    with pytest.raises(KeyboardInterrupt), repeated_if_lost():
        call()


def settings():
    """Return the process-wide settings that a fit changes and Ctrl-C must restore."""
    found = snapshot()
    return {name: found[f"torch {name}"] for name in ("threads", "grad mode", "default dtype")}


def assert_interrupted(call, delay):
    """Assert that Ctrl-C after `delay` seconds ends the call within two and restores settings."""
    before = settings()
    timer = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))

    def start_and_call():
        timer.start()  # on a busy machine it can fire before this returns
        call()

    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt), repeated_if_lost():
            start_and_call()
        assert time.monotonic() - started < delay + 2
    finally:
        timer.cancel()  # after an early failure, it must not interrupt the test run
    timer.join()
    assert settings() == before


# -------------------------------------------------------------------------------- Ctrl-C


@pytest.mark.parametrize("cls", having("pretraining"), ids=lambda cls: cls.__name__)
def test_an_interrupted_pretraining_keeps_its_weights(cls):
    X, settings = table(), {"network": Dense((8,)), "init": "random", "corruption": None}
    estimator = quick(cls, pretraining="layerwise", pretraining_epochs=ENDLESS, **settings)
    assert_interrupted(lambda: estimator.fit(X), 0.3)
    assert len(estimator.pretraining_curves_) == 1
    assert estimator.n_epochs_ == 0
    assert all(np.isfinite(output).all() for output in outputs(estimator, X).values())


def endless(cls):
    """Return an estimator of any class with a long fit, and its training data."""
    if cls is AutoencoderFeatureUnion:
        return cls(quick(AutoencoderTransformer, max_epochs=ENDLESS)), [table()]
    y = [(table()[:, 0] > 0.5).astype(int)] if cls in PREDICTORS else []
    return quick(cls, max_epochs=ENDLESS), [table(), *y]


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_ctrl_c_ends_the_fit_of_every_estimator_which_can_be_fitted_again(cls):
    estimator, rows = endless(cls)
    assert_interrupted(lambda: estimator.fit(*rows), 0.2)
    again = {"encoders__max_epochs": 2} if cls is AutoencoderFeatureUnion else {"max_epochs": 2}
    found = estimator.set_params(**again).fit(*rows)
    use = found.predict if cls in PREDICTORS else getattr(found, "transform", found.fit)
    assert use(table()) is not None


class Strike:
    """Ctrl-C where a function of the package begins, given one and which of its calls.

    Those that enter and leave blocks with settings do not count: nobody can promise anything for
    an interruption between a setting and what puts it back.
    """

    ELSEWHERE = ("torch_settings.py", "_torch_modes.py")

    def __init__(self, function=None, n=None):
        self.calls = defaultdict(int)
        self._chosen = function, n

    def __call__(self, frame, event, arg):
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(PACKAGE):
            return
        if code.co_filename.endswith(self.ELSEWHERE) or code.co_flags & inspect.CO_GENERATOR:
            return
        self.calls[code] += 1
        if (code, self.calls[code]) == self._chosen:
            raise KeyboardInterrupt

    def watch(self, call):
        before = sys.getprofile()
        sys.setprofile(self)
        try:
            call()
        finally:
            sys.setprofile(before)


def positions(call, n_positions):
    """Return places of a call for Ctrl-C: functions, and the number of the call."""
    watching = Strike()
    watching.watch(call)
    found = [(code, n) for code, calls in watching.calls.items() for n in sorted({1, calls})]
    assert len(found) >= n_positions
    return [found[i] for i in np.linspace(0, len(found) - 1, n_positions).astype(int)]


@every_class
def test_ctrl_c_anywhere_in_a_fit_leaves_settings_and_a_usable_estimator(cls):
    X, before, kept = table(), settings(), []
    expected = outputs(quick(cls, max_epochs=2).fit(X), X)
    for code, n in positions(partial(quick(cls, max_epochs=2).fit, X), 30):
        estimator, at = quick(cls, max_epochs=2), f"call {n} of {code.co_qualname}"
        with pytest.raises(KeyboardInterrupt) as caught:
            Strike(code, n).watch(partial(estimator.fit, X))
        assert settings() == before, at
        if hasattr(estimator, "network_"):
            assert all(np.isfinite(found).all() for found in outputs(estimator, X).values()), at
        else:
            assert not [name for name in vars(estimator) if name.endswith("_")], at
        assert_same(outputs(estimator.fit(X), X), expected)
        kept.append((caught, estimator, estimator.network_))  # with tracebacks, as in notebooks
    survivors = [(estimator, network) for _, estimator, network in kept]
    kept.clear()
    gc.collect()
    assert all(estimator.network_ is network for estimator, network in survivors)
    assert settings() == before


@every_class
def test_ctrl_c_anywhere_in_the_use_of_a_model_leaves_it_as_it_was(cls):
    X, fitted, before = table(), quick(cls).fit(table()), settings()
    expected = outputs(fitted, X)
    use = partial(outputs, fitted, X)
    for code, n in positions(use, 20):
        with pytest.raises(KeyboardInterrupt):
            Strike(code, n).watch(use)
        assert settings() == before, code.co_qualname
        assert_same(outputs(fitted, X), expected)


@every_class
@pytest.mark.parametrize("delay", [0.003, 0.006, 0.01, 0.03, 0.1, 0.23])
def test_an_interrupted_first_fit_is_usable_or_unfitted(cls, delay):
    X, estimator = table(), quick(cls, max_epochs=ENDLESS)
    assert_interrupted(lambda: estimator.fit(X), delay)
    if hasattr(estimator, "network_"):
        assert all(np.isfinite(output).all() for output in outputs(estimator, X).values())
        assert estimator.n_epochs_ == len(estimator.loss_curve_)
    else:
        assert not [name for name in vars(estimator) if name.endswith("_")]
    estimator.set_params(max_epochs=2).fit(X)
    assert estimator.n_epochs_ == 2


@every_class
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("delay", [0.003, 0.01, 0.1])
def test_an_interrupted_refit_leaves_a_usable_model(cls, delay, early_stopping):
    X = table()
    fitted = quick(cls).fit(X)
    fitted.set_params(max_epochs=ENDLESS, early_stopping=early_stopping, n_iter_no_change=ENDLESS)
    assert_interrupted(lambda: fitted.fit(table(90, 4)), delay)
    rows = X if fitted.n_features_in_ == 6 else table(90, 4)
    assert all(np.isfinite(output).all() for output in outputs(fitted, rows).values())


@every_class
def test_an_interruption_ends_a_grid_search(cls):
    grid = {"n_components": [1, 2, 3]}
    search = GridSearchCV(quick(cls, max_epochs=ENDLESS), grid, cv=3, scoring=mean_score)
    assert_interrupted(lambda: search.fit(table()), 0.15)
    assert not hasattr(search, "best_params_")


@every_class
def test_an_interruption_ends_a_pipeline(cls):
    pipeline = make_pipeline(StandardScaler(), quick(cls, max_epochs=ENDLESS))
    assert_interrupted(lambda: pipeline.fit(table()), 0.1)


class Slow(Callback):
    def on_epoch_end(self, net, **kwargs):
        time.sleep(0.3)


@every_class
def test_an_interruption_inside_a_callback_of_skorch_is_not_a_wish_to_stop(cls):
    estimator = quick(cls, max_epochs=20, callbacks=[Slow()])
    assert_interrupted(lambda: estimator.fit(table()), 0.4)


@needs_callbacks
@every_class
def test_the_curves_of_an_interrupted_fit_are_kept(cls):
    class Interrupting:
        setup = teardown = on_fit_task_begin = lambda self, estimator, context: None

        def on_fit_task_end(self, estimator, context):
            if context.task_name == "epoch" and context.task_id == 2:
                raise KeyboardInterrupt

    estimator = quick(cls).set_callbacks(Interrupting())
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(table())
    assert estimator.n_epochs_ == len(estimator.loss_curve_) == 3
    assert np.isfinite(estimator.score_samples(table())).all()


# ---------------------------------------------------------------------- callbacks of skorch


class Counter(Callback):
    """Counts the calls of every hook."""

    def __init__(self):
        self.calls = {}

    def _count(self, name):
        self.calls[name] = self.calls.get(name, 0) + 1

    def on_train_begin(self, net, **kwargs):
        self._count("train begin")

    def on_train_end(self, net, **kwargs):
        self._count("train end")

    def on_epoch_begin(self, net, **kwargs):
        self._count("epoch begin")

    def on_epoch_end(self, net, **kwargs):
        self._count("epoch end")
        assert np.isfinite(net.history[-1, "train_loss"])

    def on_batch_end(self, net, **kwargs):
        self._count("batch end")

    def on_grad_computed(self, net, **kwargs):
        self._count("gradient")


def _expected_calls(n_epochs, n_batches):
    per_epoch = {"epoch begin": n_epochs, "epoch end": n_epochs}
    per_batch = {"batch end": n_epochs * n_batches, "gradient": n_epochs * n_batches}
    return {"train begin": 1, "train end": 1, **per_epoch, **per_batch}


@every_class
def test_hooks_of_skorch_are_called(cls):
    counter = Counter()
    fitted = quick(cls, callbacks=[counter]).fit(table(40))
    assert counter.calls == _expected_calls(fitted.n_epochs_, n_batches=1)


@every_class
def test_named_callbacks_of_skorch_are_called(cls):
    counter = Counter()
    fitted = quick(cls, callbacks=[("counter", counter)]).fit(table(40))
    assert counter.calls["epoch end"] == fitted.n_epochs_


@every_class
def test_hooks_of_skorch_see_the_last_epoch_of_early_stopping(cls):
    counter = Counter()
    fitted = quick(
        cls, callbacks=[counter], early_stopping=True, max_epochs=60, n_iter_no_change=1, tol=1e9
    ).fit(table(40))
    assert fitted.n_epochs_ < 60
    assert counter.calls["epoch end"] == counter.calls["epoch begin"] == fitted.n_epochs_
    assert counter.calls["train end"] == 1


@every_class
def test_early_stopping_of_skorch_stops_quietly(cls):
    stopper = EarlyStopping(monitor="train_loss", patience=1, threshold=1e9, sink=lambda _: None)
    fitted = quick(cls, max_epochs=50, callbacks=[stopper]).fit(table())
    assert fitted.n_epochs_ == len(fitted.loss_curve_) < 5
    assert np.isfinite(fitted.score_samples(table())).all()


@every_class
def test_an_error_in_a_callback_of_skorch_leaves_the_earlier_fit(cls):
    class Broken(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("broken")

    X = table()
    fitted = quick(cls).fit(X)
    before = outputs(fitted, X)
    with pytest.raises(RuntimeError, match="broken"):
        fitted.set_params(callbacks=[Broken()]).fit(table(90, 4))
    assert_same(outputs(fitted, X), before)
    assert fitted.n_features_in_ == 6


# ---------------------------------------------------------------- callbacks of scikit-learn


class Recorder:
    """Records notifications; stops or raises after an epoch, counted from zero."""

    def __init__(self, stop_after=None, raise_after=None):
        self.stop_after, self.raise_after = stop_after, raise_after
        self.events, self.scores = [], []

    def setup(self, estimator, context):
        self.events.append("setup")

    def teardown(self, estimator, context):
        self.events.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.events.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, X, fitted_estimator=None):
        self.events.append(("end", context.task_name, context.task_id))
        if context.task_name != "epoch":
            return False
        self.scores.append(fitted_estimator.score_samples(X).mean())
        if context.task_id == self.raise_after:
            raise RuntimeError("broken")
        return context.task_id == self.stop_after


@needs_callbacks
@every_class
def test_scikit_learn_tasks_are_reported_in_order(cls):
    recorder = Recorder()
    quick(cls, max_epochs=2).set_callbacks(recorder).fit(table())
    assert recorder.events == [
        "setup",
        ("begin", "fit", 0),
        ("begin", "epoch", 0),
        ("end", "epoch", 0),
        ("begin", "epoch", 1),
        ("end", "epoch", 1),
        ("end", "fit", 0),
        "teardown",
    ]


@needs_callbacks
@every_class
def test_the_estimator_after_an_epoch_is_that_of_a_shorter_fit(cls):
    X, recorder, n_epochs = table(), Recorder(), (6, 8, 12)
    params = {"schedule": "constant", "init": "random"}
    quick(cls, max_epochs=12, **params).set_callbacks(recorder).fit(X)
    shorter = [quick(cls, max_epochs=n, **params).fit(X).score_samples(X).mean() for n in n_epochs]
    shown = [recorder.scores[n - 1] for n in n_epochs]
    assert shown == pytest.approx(shorter, rel=1e-6)


@needs_callbacks
@every_class
def test_a_callback_of_scikit_learn_stops_the_fit(cls):
    fitted = quick(cls, max_epochs=50).set_callbacks(Recorder(stop_after=2)).fit(table())
    assert fitted.n_epochs_ == len(fitted.loss_curve_) == 3


@needs_callbacks
@every_class
def test_an_error_in_a_callback_of_scikit_learn_leaves_the_earlier_fit(cls):
    X = table()
    fitted = quick(cls).fit(X)
    before, recorder = outputs(fitted, X), Recorder(raise_after=1)
    with pytest.raises(RuntimeError, match="broken"):
        fitted.set_callbacks(recorder).fit(table(90, 4))
    assert recorder.events[-1] == "teardown"
    assert_same(outputs(fitted, X), before)


@needs_callbacks
@every_class
def test_a_progress_bar_is_shown(cls, capsys):
    from sklearn.callback import ProgressBar

    quick(cls).set_callbacks(ProgressBar()).fit(table())
    assert f"{cls.__name__} - fit" in capsys.readouterr().out


def own_score(estimator, X, y, sample_weight=None):
    """Return the mean score of samples, in a dict as scikit-learn 1.9.1 expects."""
    return {"score": np.average(estimator.score_samples(X), weights=sample_weight)}


@needs_callbacks
@every_class
@pytest.mark.parametrize("sample_weight", [None, np.linspace(0.1, 1, 80)], ids=["", "weights"])
def test_a_scoring_monitor_has_an_entry_an_epoch(cls, sample_weight):
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring=own_score)
    fitted = quick(cls, n_components=1).set_callbacks(monitor)
    fitted.fit(table(), sample_weight=sample_weight)
    whole, *entries = monitor.get_logs().data
    assert whole["task_name"] == "fit"
    assert whole == {**whole, **own_score(fitted, table(), None, sample_weight)}
    assert [entry["task_id"] for entry in entries] == list(range(fitted.n_epochs_))
    assert {entry["task_name"] for entry in entries} == {"epoch"}
    assert all(np.isfinite(entry["score"]) for entry in entries)


@needs_callbacks
@every_class
@pytest.mark.parametrize("nested", ["pipeline", "search"])
def test_callbacks_reach_into_meta_estimators(cls, nested, capsys):
    from sklearn.callback import ProgressBar, ScoringMonitor

    monitor = ScoringMonitor(scoring=own_score)
    estimator = quick(cls, max_epochs=2).set_callbacks(monitor)
    meta = make_pipeline(StandardScaler(), estimator)
    n_fits = 1
    if nested == "search":
        meta, n_fits = (
            GridSearchCV(
                meta, {f"{cls.__name__.lower()}__n_components": [1, 2]}, cv=2, scoring=mean_score
            ),
            5,
        )
    meta.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(table())
    n_entries = sum(len(log.data) for log in monitor.get_logs(select="all"))
    assert n_entries == (2 + 1) * n_fits  # one per epoch, and one for the fit
    assert cls.__name__ in capsys.readouterr().out
