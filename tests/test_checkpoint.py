"""A fit that was interrupted resumes from its checkpoint with an identical result."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from estimators import CASES, FIRST_CASES, PREDICTORS
from helpers import case, table, weights, with_missing_values
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderTransformer,
    AutoregressiveGenerator,
)
from sklearn_autoencoders._persistence import checkpoint as _checkpoint
from sklearn_autoencoders.networks import Dense, Recurrent

LABELS = (table()[:, 0] > 0.5).astype(int)
HARD = [  # what has more to remember than weights
    AutoencoderTransformer(early_stopping=True, tol=1e-3, schedule="constant"),
    AutoencoderTransformer(solver="sgd", corruption="masking", batch_size=16),
    AutoencoderTransformer(network=Dense((8,), batch_norm=True, dropout=0.5), init="random"),
    AutoencoderTransformer(network=Recurrent((3, 2), hidden_size=4, dropout=0.5), batch_size=16),
    AutoencoderTransformer(pretraining="layerwise", init="random", pretraining_epochs=3),
    AutoencoderClassifier(3, freeze="gradual", freeze_epochs=1, pretraining_epochs=3),
    AutoencoderClassifier(3, learning_rate_ratio=0.3, alpha=0.5, pretraining_epochs=3),
    AutoencoderClassifier(3, head="ensemble", pretraining_epochs=3),
]
ESTIMATORS = [*CASES, *HARD, *(cls(3, pretraining_epochs=3) for cls in PREDICTORS)]


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the package expects it."""


class Kill(Callback):
    """Ends everything after a number of epochs, pretraining aside."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def on_epoch_end(self, net, **kwargs):
        self.n_epochs -= 1
        if self.n_epochs == 0:
            raise Killed


class Count(Callback):
    """Counts the epochs of a fit, pretraining aside."""

    n_epochs = 0

    def on_epoch_end(self, net, **kwargs):
        self.n_epochs += 1


@pytest.fixture(autouse=True)
def _written_after_every_epoch(monkeypatch):
    monkeypatch.setattr(_checkpoint, "_MAX_TIME_FRACTION", 1e9)


def fit(estimator):
    return estimator.fit(
        with_missing_values(table()), *([LABELS] if type(estimator) in PREDICTORS else [])
    )


def assert_same_fit(found, expected):
    for name, array in weights(expected).items():
        np.testing.assert_array_equal(weights(found)[name], array, err_msg=name)
    for name, value in vars(expected).items():
        if name.endswith("_") and name != "network_":
            np.testing.assert_equal(getattr(found, name), value, err_msg=name)


@pytest.mark.parametrize(
    "estimator",
    [
        pytest.param(e, marks=pytest.mark.long if e in CASES and e not in FIRST_CASES else [])
        for e in ESTIMATORS
    ],
    ids=repr,
)
def test_a_killed_fit_goes_on_to_the_last_bit(estimator, tmp_path):
    expected = fit(case(estimator))
    for n_epochs in (1, 3, 4):
        again = case(estimator, checkpoint=tmp_path, callbacks=[Kill(n_epochs)])
        with pytest.raises(Killed):
            fit(again)
        assert os.listdir(tmp_path)
        found = fit(case(estimator, checkpoint=tmp_path, callbacks=[Count()]))
        assert_same_fit(found, expected)
        assert found.callbacks[0].n_epochs == expected.n_epochs_ - n_epochs
        assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("estimator", FIRST_CASES, ids=repr)
def test_a_killed_fit_of_wide_data_goes_on(estimator, tmp_path):
    X = table(20, 90)
    expected = case(estimator).fit(X)
    assert expected.network_.subspace is not None
    with pytest.raises(Killed):
        case(estimator, checkpoint=tmp_path, callbacks=[Kill(2)]).fit(X)
    found = case(estimator, checkpoint=tmp_path, callbacks=[Count()]).fit(X)
    assert_same_fit(found, expected)
    assert found.callbacks[0].n_epochs == expected.n_epochs_ - 2
    np.testing.assert_array_equal(found.reconstruct(X), expected.reconstruct(X))


@pytest.mark.parametrize("n_epochs", [4, 5, 7])
def test_a_killed_fit_to_a_long_text_goes_on(n_epochs, tmp_path):
    settings = {"chunk_size": 4, "batch_size": 3, "max_epochs": 9, "random_state": 0}
    text = "to be or not to b"
    expected = AutoregressiveGenerator(8, **settings).fit(text)
    settings["checkpoint"] = tmp_path
    with pytest.raises(Killed):
        AutoregressiveGenerator(8, callbacks=[Kill(n_epochs)], **settings).fit(text)
    found = AutoregressiveGenerator(8, callbacks=[Count()], **settings).fit(text)
    assert_same_fit(found, expected)
    assert found.callbacks[0].n_epochs == 9 - n_epochs


def test_a_warm_start_goes_on_too(tmp_path):
    X, estimator = table(), AutoencoderTransformer(2, warm_start=True)
    expected = case(estimator).fit(X).fit(X)
    started = case(estimator, checkpoint=tmp_path).fit(X)
    with pytest.raises(Killed):
        started.set_params(callbacks=[Kill(2)]).fit(X)
    assert_same_fit(started.set_params(callbacks=None).fit(X), expected)


@pytest.mark.parametrize(
    ("params", "X"),
    [
        ({"learning_rate": 1e-4}, table()),
        ({"random_state": 1}, table()),
        ({"n_components": 3}, table()),
        ({}, table(seed=1)),
        ({}, table(n_rows=79)),
    ],
)
def test_another_fit_begins_anew(params, X, tmp_path):
    with pytest.raises(Killed):
        case(AutoencoderTransformer(2), checkpoint=tmp_path, callbacks=[Kill(2)]).fit(table())
    [left] = os.listdir(tmp_path)
    found = case(AutoencoderTransformer(2), **params, checkpoint=tmp_path).fit(X)
    assert_same_fit(found, case(AutoencoderTransformer(2), **params).fit(X))
    assert os.listdir(tmp_path) == [left]


def test_a_search_shares_a_folder(tmp_path):
    X, estimator = table(), case(AutoencoderTransformer(2), checkpoint=tmp_path / "new" / "folder")
    found = GridSearchCV(estimator, {"n_components": [1, 2]}, cv=2, n_jobs=2).fit(X)
    expected = GridSearchCV(case(AutoencoderTransformer(2)), found.param_grid, cv=2).fit(X)
    np.testing.assert_array_equal(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    assert os.listdir(tmp_path / "new" / "folder") == []


def test_writing_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    monkeypatch.setattr(_checkpoint, "_MAX_TIME_FRACTION", 0.05)
    now, written = [0.0], []
    monkeypatch.setattr(_checkpoint.time, "monotonic", lambda: now[0])

    def write(path, data):
        now[0] += 1.0
        written.append(now[0])

    monkeypatch.setattr(_checkpoint, "write_atomically", write)
    file = _checkpoint.TrainingFile(tmp_path / "file")
    for _ in range(100):
        now[0] += 1.0
        file.write(dict)
    assert 5 <= len(written) <= 6


def test_a_disk_that_fills_up_does_not_end_the_fit(tmp_path, monkeypatch):
    def fail(path, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_checkpoint, "write_atomically", fail)
    with pytest.warns(UserWarning, match="No further checkpoints are written") as caught:
        found = case(AutoencoderTransformer(2), checkpoint=tmp_path).fit(table())
    assert [warning.filename for warning in caught] == [__file__]
    assert_same_fit(found, case(AutoencoderTransformer(2)).fit(table()))


def test_the_same_fit_may_run_twice_at_once(tmp_path):
    class Overtaken(Callback):
        def on_train_begin(self, net, **kwargs):
            case(AutoencoderTransformer(2), checkpoint=tmp_path).fit(table())

    callbacks = [Overtaken()]
    found = case(AutoencoderTransformer(2), checkpoint=tmp_path, callbacks=callbacks).fit(table())
    assert_same_fit(found, case(AutoencoderTransformer(2)).fit(table()))
    assert os.listdir(tmp_path) == []


def test_partial_fit_and_interrupted_fits(tmp_path):
    class Interrupt(Callback):
        def on_epoch_end(self, net, **kwargs):
            signal.raise_signal(signal.SIGINT)

    X, estimator = table(), case(AutoencoderTransformer(2), checkpoint=tmp_path)
    estimator.partial_fit(X)
    assert os.listdir(tmp_path) == []
    with pytest.raises(KeyboardInterrupt):
        estimator.set_params(callbacks=[Interrupt()]).fit(X)
    assert len(os.listdir(tmp_path)) == 1
    found = estimator.set_params(callbacks=None).fit(X)
    assert_same_fit(found, case(AutoencoderTransformer(2)).fit(X))


# --------------------------------------------------------------------------------- what goes wrong


def test_a_fit_that_cannot_be_recognised_is_refused(tmp_path):
    estimator = case(AutoencoderTransformer(2)).fit(table())
    with pytest.raises(ValueError, match="random_state"):
        estimator.set_params(checkpoint=tmp_path, random_state=None).fit(table())
    estimator.set_params(random_state=0, corruption=lambda x, generator, shared=False: x)
    with pytest.raises(ValueError, match="can be pickled"):
        estimator.fit(table())
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="must be a folder"):
        estimator.set_params(checkpoint=tmp_path / "file", corruption=None).fit(table())
    (tmp_path / "file").unlink()
    assert estimator.n_epochs_ == 4
    assert os.listdir(tmp_path) == []


def test_a_damaged_checkpoint_is_named(tmp_path):
    estimator = case(AutoencoderTransformer(2), checkpoint=tmp_path, callbacks=[Kill(2)])
    with pytest.raises(Killed):
        estimator.fit(table())
    [name] = os.listdir(tmp_path)
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.warns(UserWarning, match=rf"{name}' is damaged.*restarts from scratch") as caught:
        found = estimator.set_params(callbacks=None).fit(table())
    assert caught[0].filename == __file__
    assert_same_fit(found, case(AutoencoderTransformer(2)).fit(table()))
    assert os.listdir(tmp_path) == []


FIT = """
import sys
from helpers import case, table
from skorch.callbacks import Callback
from sklearn_autoencoders import AutoencoderTransformer

class Say(Callback):
    def on_epoch_end(self, net, **kwargs):
        print("epoch", flush=True)

estimator = AutoencoderTransformer(2, batch_size=8)
case(estimator, max_epochs=60, callbacks=[Say()], checkpoint=sys.argv[1]).fit(table(400))
"""


@pytest.mark.long
def test_sigkill_at_any_moment_leaves_whole_files(tmp_path):
    expected = case(AutoencoderTransformer(2, batch_size=8), max_epochs=60).fit(table(400))
    for n_epochs in (5, 20):
        process = subprocess.Popen(
            [sys.executable, "-c", FIT, tmp_path],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.path.dirname(__file__)},
        )
        for _ in range(n_epochs):
            assert process.stdout.readline()
        time.sleep(0.01)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    again = AutoencoderTransformer(2, batch_size=8, callbacks=[Count()], checkpoint=tmp_path)
    again = case(again, max_epochs=60)
    [name] = [name for name in os.listdir(tmp_path) if name.endswith(".checkpoint")]
    (tmp_path / f"{name}.0123.tmp").write_bytes(b"what a kill may leave")
    assert_same_fit(again.fit(table(400)), expected)
    assert 0 < again.callbacks[0].n_epochs < 60
    assert os.listdir(tmp_path) == []
