"""Early stopping: validation samples, improvements and restored weights."""

import math

import pytest
import torch
from estimators import LEARN_FROM_ALL, PUBLIC, having, quick
from helpers import table

from sklearn_autoencoders._training.loop import datasets as _training
from sklearn_autoencoders._training.loop.plan import Plan
from sklearn_autoencoders._training.loop.training import Noise, Training
from sklearn_autoencoders._training.loop.weight_selection import EarlyStopping
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.networks import Dense
from sklearn_autoencoders.networks._models.autoencoder import Autoencoder
from sklearn_autoencoders.objectives import LOSSES
from sklearn_autoencoders.objectives._objective import Objective

learning_from_all = pytest.mark.parametrize("cls", LEARN_FROM_ALL, ids=lambda cls: cls.__name__)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)


@pytest.fixture
def split(monkeypatch):
    """Record what `_split` returns."""
    found = []
    original = _training._split
    monkeypatch.setattr(
        _training, "_split", lambda *args: found.append(original(*args)) or found[-1]
    )
    return found


@pytest.fixture
def judges(monkeypatch):
    """Record the validation samples with their noise; those held out come first in every fit."""
    found = []

    class Recorded(_training._Repeatable):
        def __init__(self, *args):
            super().__init__(*args)
            found.append(self)

    monkeypatch.setattr(_training, "_Repeatable", Recorded)
    return found


def _held_out_loss(fitted, held_out):
    batch = held_out.__getitems__(range(len(held_out)))
    objective, network = Objective(LOSSES[fitted.loss]), fitted.network_
    with torch.no_grad():
        return objective(network(batch), batch, network).loss.item()


@pytest.mark.parametrize("cls", having("loss", "init"), ids=lambda cls: cls.__name__)
def test_early_stopping_restores_the_best_weights(cls, judges):
    params = {"init": "random", "dropout": 0, "weight_decay": 0, "schedule": "constant"}
    stopping = {"early_stopping": True, "max_epochs": 99, "tol": 0, "n_iter_no_change": 3}
    start, fitted = (
        quick(cls, learning_rate=rate, **params, **stopping).fit(table(100))
        for rate in (1e-30, 0.05)
    )
    held_out = judges[-2]
    assert len(held_out) == 10
    scores = [-_held_out_loss(start, held_out), *fitted.validation_scores_]
    assert _held_out_loss(fitted, held_out) == pytest.approx(-max(scores), rel=1e-5)
    assert len(fitted.validation_scores_) == fitted.n_epochs_ < 99
    assert scores[::-1].index(max(scores)) == 3


@learning_from_all
@pytest.mark.parametrize("fraction", [0.1, 0.3])
def test_the_held_out_samples_are_a_random_fraction(cls, split, fraction):
    quick(cls, early_stopping=True, validation_fraction=fraction).fit(table(100))
    training, held_out = (list(subset.indices) for subset in split[0])
    assert len(held_out) == round(100 * fraction)
    assert sorted(training + held_out) == list(range(100))
    assert held_out != sorted(held_out)
    assert min(held_out) < 50 < max(held_out)


@learning_from_all
@pytest.mark.parametrize("n_rows", [2, 3])
@pytest.mark.filterwarnings("ignore:The loss rose:sklearn.exceptions.ConvergenceWarning")
def test_early_stopping_holds_out_at_least_one_sample(cls, split, n_rows):
    quick(cls, early_stopping=True).fit(table(n_rows))
    assert [len(subset) for subset in split[0]] == [n_rows - 1, 1]


@learning_from_all
def test_without_early_stopping_there_are_no_validation_scores(cls, split):
    assert quick(cls).fit(table()).validation_scores_ is None
    assert split[0][1] is None


class _Validation:
    """A single sample whose initial loss is infinite."""

    def __len__(self):
        return 1

    def __getitems__(self, indices):
        return Batch(torch.zeros(1, 3), torch.full((1, 3), math.inf))


def _stopping(**plan):
    """Return an early stopping callback after `begin`, and its training."""
    network = Autoencoder(*Dense((2,)).build(3, 1))
    defaults = {"solver": "adam", "schedule": "constant", "learning_rate": 1, "weight_decay": 0}
    plan = Plan(**defaults, batch_size=1, max_epochs=99, **plan)
    noise = Noise(torch.Generator(), shared=False)
    objective = Objective(LOSSES["squared_error"])
    training = Training(network, objective, plan, noise, _Validation(), _Validation())
    stopping = EarlyStopping()
    stopping.begin(training)
    return stopping, training


def _judge(stopping, training, losses):
    """Set the weights to each loss and report it; return the loss after which training stops."""
    for i, loss in enumerate(losses):
        with torch.no_grad():
            training.network.decoder[-1].bias.fill_(loss)
        training.history.loss_curve.append(loss)
        stopping.end_epoch(training, {"valid_loss": loss})
        if training.finished:
            return i
    return None


@pytest.mark.parametrize(
    ("losses", "stops_at", "best"),
    [
        ([5, 4, 3, 2, 1], None, 1),
        ([5, 6, 7, 1], 2, 5),
        ([-1, -2, -3, -4], None, -4),
        ([-3, -2, -1, -9], 2, -3),  # negative losses are compared correctly
        ([-1.0, -1.05, -1.3, -1.2, -1.1], 4, -1.3),
        ([1.0, 0.95, 0.91, 0.5], 2, 0.91),  # improvements below tol are kept, but not counted
        ([0.0, 0.05, -0.2, -0.5, -0.9], None, -0.9),
        ([math.inf, math.inf, 1.0], 1, None),
    ],
)
def test_improvement_is_absolute(losses, stops_at, best):
    stopping, training = _stopping(n_iter_no_change=2, tol=0.1)
    assert _judge(stopping, training, losses) == stops_at
    stopping._best.restore()
    if best is not None:
        assert training.network.decoder[-1].bias[0].item() == pytest.approx(best)
