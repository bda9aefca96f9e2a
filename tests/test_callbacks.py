"""Every callback of skorch works, or a message says at once what to use instead."""

import io
from unittest import mock

import numpy as np
import pytest
from estimators import PREDICTORS, PUBLIC, quick
from helpers import table
from skorch import callbacks
from skorch.callbacks import (
    BatchScoring,
    Callback,
    Checkpoint,
    EarlyStopping,
    EpochScoring,
    EpochTimer,
    Freezer,
    GradientNormClipping,
    Initializer,
    InputShapeSetter,
    LoadInitState,
    LRScheduler,
    ParamMapper,
    PassthroughScoring,
    PrintLog,
    ProgressBar,
    TrainEndCheckpoint,
    Unfreezer,
)

from sklearn_autoencoders import AutoencoderTransformer

every_estimator = pytest.mark.parametrize("cls", [*PUBLIC, *PREDICTORS], ids=lambda c: c.__name__)
CONSTANT, STOPPING = {"schedule": "constant"}, {"early_stopping": True}

# Functions of a folder that return a callback, and the parameters that it requires.
WORKING = {
    "EarlyStopping": (lambda path: EarlyStopping(sink=str), STOPPING),
    "EarlyStopping, training": (lambda path: EarlyStopping("train_loss", sink=str), {}),
    "EarlyStopping, class": (lambda path: EarlyStopping, STOPPING),
    "LRScheduler": (lambda path: LRScheduler("StepLR", step_size=1, gamma=0.5), CONSTANT),
    "LRScheduler, plateau": (lambda path: LRScheduler("ReduceLROnPlateau"), CONSTANT),
    "LRScheduler, restarts": (lambda path: LRScheduler(max_lr=1e-3), CONSTANT),
    "Checkpoint": (lambda path: Checkpoint(dirname=path), STOPPING),
    "Checkpoint, training": (lambda path: Checkpoint("train_loss_best", dirname=path), {}),
    "Checkpoint, always": (lambda path: Checkpoint(None, dirname=path, load_best=True), {}),
    "TrainEndCheckpoint": (lambda path: TrainEndCheckpoint(dirname=path), {}),
    "LoadInitState": (lambda path: LoadInitState(Checkpoint(None, dirname=path)), {}),
    "GradientNormClipping": (lambda path: GradientNormClipping(1.0), {}),
    "ProgressBar": (lambda path: ProgressBar(), {}),
    "PrintLog": (lambda path: PrintLog(sink=str), {}),
    "EpochTimer": (lambda path: EpochTimer(), {}),
    "Freezer": (lambda path: Freezer("*decoder*"), {}),
    "Unfreezer": (lambda path: Unfreezer("*", at=2), {}),
    "ParamMapper": (lambda path: ParamMapper("*bias"), {}),
    "Initializer": (lambda path: Initializer("*nothing"), {}),
    "TensorBoard": (lambda path: callbacks.TensorBoard(mock.Mock()), {}),
    "SacredLogger": (lambda path: callbacks.SacredLogger(mock.Mock()), {}),
}

REFUSED = {
    r"EarlyStopping .* monitors 'valid_loss'.* early_stopping=True, or .*'train_loss'": (
        lambda: EarlyStopping(),
        {},
    ),
    r"EarlyStopping .* monitors 'valid_loss'.* early_stopping=True": (lambda: EarlyStopping, {}),
    r"Checkpoint .* monitors 'valid_loss_best'.*'train_loss_best'": (lambda: Checkpoint(), {}),
    r"LRScheduler .*'valid_loss'": (
        lambda: LRScheduler("ReduceLROnPlateau", monitor="valid_loss"),
        CONSTANT,
    ),
    r"EpochScoring .* Use early_stopping=True": (lambda: EpochScoring("r2"), {}),
    r"EpochScoring .* score in a callback": (lambda: EpochScoring("r2"), STOPPING),
    r"BatchScoring .* Use early_stopping=True": (lambda: BatchScoring("r2"), {}),
    r"PassthroughScoring .* recorded": (lambda: PassthroughScoring("valid_loss"), STOPPING),
    r"InputShapeSetter .* Remove": (lambda: InputShapeSetter(), {}),
    r"LRScheduler .* Use schedule='constant'": (lambda: LRScheduler(), {}),
    r"callbacks freeze all parameters": (lambda: Freezer("*"), {}),
    r"EarlyStopping in callbacks failed: .*'nothing'.* It can use .*'train_loss'": (
        lambda: EarlyStopping("nothing"),
        {},
    ),
}


def fitted(cls, **params):
    return quick(cls, **{"n_components": 2, "max_epochs": 3, **params}).fit(
        table(), np.arange(80) % 2
    )


@every_estimator
@pytest.mark.parametrize("name", WORKING)
def test_a_callback_works(cls, name, tmp_path):
    make, params = WORKING[name]
    with mock.patch("sys.stderr", io.StringIO()):
        found = fitted(cls, callbacks=[("named", make(str(tmp_path)))], **params)
    assert found.n_epochs_ >= 1
    assert np.isfinite(found.loss_curve_).all()


@every_estimator
@pytest.mark.parametrize("message", REFUSED)
def test_a_callback_that_cannot_work_is_refused_with_advice(cls, message):
    make, params = REFUSED[message]
    found = fitted(cls)
    before = found.network_
    with pytest.raises(ValueError, match=message):
        found.set_params(callbacks=[make()], **params).fit(table(), np.arange(80) % 2)
    assert found.network_ is before


def test_every_callback_of_skorch_is_tried():
    tried = {name.partition(",")[0] for name in WORKING} | {m.partition(" ")[0] for m in REFUSED}
    services = {
        "MlflowLogger",
        "NeptuneLogger",
        "WandbLogger",
    }  # which other packages have to be installed for
    assert {*callbacks.__all__} - tried - services == {"Callback", "WarmRestartLR"}


class Rates(Callback):
    def __init__(self):
        self.rates = []

    def on_epoch_begin(self, net, **kwargs):
        self.rates.append(net.optimizer_.param_groups[0]["lr"])


def test_a_scheduler_of_skorch_sets_the_learning_rate():
    rates = Rates()
    scheduler = LRScheduler("StepLR", step_size=1, gamma=0.5)
    fitted(AutoencoderTransformer, callbacks=[scheduler, rates], learning_rate=0.01, **CONSTANT)
    np.testing.assert_allclose(rates.rates, [0.01, 0.005, 0.0025])


@every_estimator
def test_parameters_are_not_frozen_after_the_fit(cls):
    usual, frozen = fitted(cls), fitted(cls, callbacks=[Freezer("*decoder*")])
    states = [[p.requires_grad for p in e.network_.parameters()] for e in (usual, frozen)]
    assert states[0] == states[1]


class Bests(Callback):
    def on_train_end(self, net, **kwargs):
        self.bests = net.history[:, ("train_loss_best", "valid_loss_best")]


def test_the_history_says_which_epochs_are_the_best_so_far():
    bests = Bests()
    found = fitted(AutoencoderTransformer, callbacks=[bests], max_epochs=8, **STOPPING)
    curves = (found.loss_curve_, -np.array(found.validation_scores_))
    for flags, curve in zip(np.transpose(bests.bests), curves, strict=True):
        lowest = np.minimum.accumulate([np.inf, *curve])
        np.testing.assert_array_equal(flags, lowest[1:] < lowest[:-1])


def test_errors_of_own_callbacks_are_theirs():
    class Failing(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        fitted(AutoencoderTransformer, callbacks=[Failing()])


class Patient(EarlyStopping):
    """A subclass of a user."""


class Broken(EarlyStopping):
    """A subclass with an error of its own."""

    def on_epoch_end(self, net, **kwargs):
        raise KeyError("mine")


def test_columns_that_a_subclass_misses_are_named():
    with pytest.raises(ValueError, match=r"Patient in callbacks failed: .*bogus.* It can use \["):
        fitted(AutoencoderTransformer, callbacks=[Patient("bogus")])
    with pytest.raises(KeyError, match="mine"):
        fitted(AutoencoderTransformer, callbacks=[Broken("train_loss")])


def test_partial_fit_has_no_validation_samples():
    estimator = AutoencoderTransformer(2, callbacks=[EarlyStopping()], **STOPPING)
    with pytest.raises(ValueError, match="Use fit with early_stopping=True"):
        estimator.partial_fit(table())
