"""Training: divergence, interruption, stopping, warm starts and printed output."""

import re
import warnings

import numpy as np
import pytest
import torch
from estimators import CASES, LEARN_FROM_ALL, PUBLIC, having, quick
from helpers import assert_same, case, outputs, table, weights, with_missing_values
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders._training.auto_training import AutoTraining
from sklearn_autoencoders._training.loop.optimizers import SCHEDULES, SOLVERS
from sklearn_autoencoders._training.loop.weight_selection import Backtracking
from sklearn_autoencoders.networks import Dense, Linear
from sklearn_autoencoders.networks._layers.basic import decayed_parameters
from sklearn_autoencoders.objectives import L1

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)
learning_from_all = pytest.mark.parametrize("cls", LEARN_FROM_ALL, ids=lambda cls: cls.__name__)
starting_at_pca = pytest.mark.parametrize("cls", having("init"), ids=lambda cls: cls.__name__)


class Batches(Callback):
    """Counts the samples of every batch, for training and validation."""

    def __init__(self):
        self.training, self.held_out = [], []

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        (self.training if training else self.held_out).append(len(batch[0]))


class Ruin(Callback):
    """Sets every weight to NaN at the end of an epoch, counted from one."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == self.epoch:
            with torch.no_grad():
                for parameter in net.module_.parameters():
                    parameter.fill_(float("nan"))


# ---------------------------------------------------------------------------- divergence


@starting_at_pca
@pytest.mark.parametrize("learning_rate", [1e6, 1e30])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("init", ["pca", "random"])
@pytest.mark.parametrize("early_stopping", [True, False])
def test_divergence_causes_a_warning(cls, learning_rate, schedule, solver, init, early_stopping):
    X, advice = table(), r"learning_rate=(1000000\.0|1e\+30) may be too high"
    estimator = quick(
        cls,
        learning_rate=learning_rate,
        schedule=schedule,
        solver=solver,
        init=init,
        early_stopping=early_stopping,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)  # others are errors
        failure = None
        try:
            estimator.fit(X)
        except FloatingPointError as error:
            failure = error
    if failure is not None:
        assert re.search(advice, str(failure))
        assert not hasattr(estimator, "network_")
        return
    assert any(re.search(advice, str(warning.message)) for warning in caught)
    assert all(np.isfinite(output).all() for output in outputs(estimator, X).values())


class Disturbed(Callback):
    """Record the learning rates, and multiply the weights by a factor before some epochs."""

    def __init__(self, *epochs):
        self.epochs, self.rates = epochs, []

    @torch.no_grad()
    def on_epoch_begin(self, net, **kwargs):
        self.rates.append(net.optimizer_.param_groups[0]["lr"])
        if len(self.rates) in self.epochs:
            for parameter in net.module_.parameters():
                parameter.mul_(100)


@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("learning_rate", [100.0, 1e3])
def test_a_fit_that_ends_at_the_feature_means_warns(learning_rate, early_stopping):
    X = table(300)
    estimator = AutoencoderTransformer(
        init="random",
        learning_rate=learning_rate,
        max_epochs=20,
        early_stopping=early_stopping,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="The loss rose .* may be too high"):
        estimator.fit(X)
    assert estimator.score(X) < 0.01


@pytest.mark.parametrize("params", [{}, {"init": "random"}, {"penalty": L1(100.0)}], ids=str)
@pytest.mark.parametrize("shape", [(20, 5), (60, 30), (100, 10), (40, 100)], ids=str)
def test_noise_does_not_warn(shape, params):
    AutoencoderTransformer(random_state=0, **params).fit(np.random.RandomState(0).randn(*shape))


@pytest.mark.parametrize("warm_up", [0.1, 0.3])
@pytest.mark.parametrize("n_steps", range(1, 21))
def test_the_learning_rate_rises_and_falls_once_however_few_steps_there_are(n_steps, warm_up):
    optimizer = SOLVERS["sgd"]([{"params": [torch.zeros(1)]}], lr=1.0, memory=0.9)
    scheduler, rates = SCHEDULES["one_cycle"].make(optimizer, n_steps, warm_up), []
    for _ in range(n_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    peak = int(np.argmax(rates))
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) < 0).all()
    assert n_steps < 4 or peak <= max(0.3 * n_steps, 1)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_rise_of_the_loss_reduces_the_learning_rate_once_for_all_later_steps(schedule):
    usual, disturbed = Disturbed(), Disturbed(4)
    for callback in (usual, disturbed):
        quick(AutoencoderTransformer, callbacks=[callback], schedule=schedule, max_epochs=10).fit(
            table()
        )
    ratios = np.divide(disturbed.rates, usual.rates)
    np.testing.assert_allclose(ratios, [1] * 4 + [0.25] * 6)


def test_rises_of_the_loss_that_were_all_corrected_cause_no_warning():
    for epochs in ((4,), (3, 5, 7, 9), (20,)):
        disturbed = Disturbed(*epochs)
        fitted = quick(AutoencoderTransformer, callbacks=[disturbed], max_epochs=20).fit(table())
        assert max(fitted.loss_curve_) > 100 * fitted.loss_curve_[0]


def test_a_rise_of_the_loss_that_cannot_be_corrected_any_more_causes_a_warning():
    disturbed = Disturbed(3, 5, 7, 9, 11)
    with pytest.warns(ConvergenceWarning, match="The loss rose"):
        quick(AutoencoderTransformer, callbacks=[disturbed], max_epochs=20).fit(table())


class Reference(Backtracking):
    """Keeps the loss of the best weights after every epoch."""

    last: Backtracking

    def begin(self, training):
        super().begin(training)
        self.losses = []
        Reference.last = self

    def end_epoch(self, training, means):
        super().end_epoch(training, means)
        self.losses.append(self._lowest)


@pytest.mark.parametrize("kl_cycles", [1, 3])
def test_losses_of_different_formulas_are_not_compared(kl_cycles, monkeypatch):
    """While the weight of the divergence rises, the loss does, without getting worse."""
    monkeypatch.setattr("sklearn_autoencoders._training.loop.skorch_loop.Backtracking", Reference)
    settings = {"beta": 4.0, "kl_warmup": 0.75, "kl_cycles": kl_cycles, "max_epochs": 60}
    fitted = quick(VAEGenerator, n_components=2, **settings).fit(table())
    losses, n_changing = Reference.last.losses, 45 if kl_cycles == 1 else 55
    assert losses[: n_changing + 1] == fitted.loss_curve_[: n_changing + 1]
    assert losses[-1] == min(fitted.loss_curve_[n_changing:])


def test_after_a_false_alarm_the_current_weights_are_the_reference(monkeypatch):
    monkeypatch.setattr("sklearn_autoencoders._training.loop.skorch_loop.Backtracking", Reference)
    monkeypatch.setattr(Reference, "_is_worse", lambda self, training: False)
    disturbed = Disturbed(4)
    with pytest.warns(ConvergenceWarning):
        quick(AutoencoderTransformer, callbacks=[disturbed], max_epochs=4).fit(table())
    losses = Reference.last.losses
    assert losses[3] > 100 * losses[2]


@starting_at_pca
@pytest.mark.parametrize("solver", SOLVERS)
def test_divergence_keeps_the_principal_components(cls, solver):
    X = table()
    start = quick(cls, learning_rate=1e-30).fit(X)
    with pytest.warns(ConvergenceWarning):
        diverged = quick(cls, solver=solver, learning_rate=1e6).fit(X)
    assert diverged.score(X) >= start.score(X) - 1e-6


@every_case
def test_a_loss_that_stops_being_finite_ends_training_with_finite_weights(estimator):
    X = table()
    with pytest.warns(ConvergenceWarning, match="became nan in epoch 3; the best weights"):
        ruined = case(estimator, max_epochs=9, callbacks=[Ruin(3)]).fit(X)
    assert ruined.n_epochs_ == len(ruined.loss_curve_) == 2
    assert all(np.isfinite(output).all() for output in outputs(ruined, X).values())


@every_class
def test_a_loss_that_is_never_finite_is_an_error_and_keeps_the_earlier_fit(cls):
    X = table()
    fitted = quick(cls, init="random").fit(X)
    before = outputs(fitted, X)
    fitted.set_params(callbacks=[Ruin(1)])
    with pytest.raises(FloatingPointError, match="Training failed: The loss became nan in epoch 1"):
        fitted.fit(X)
    assert_same(outputs(fitted, X), before)


# ------------------------------------------------------------------------------- batches


@learning_from_all
@pytest.mark.parametrize(
    ("n_rows", "batch_size", "expected"),
    [
        (7, 32, [7]),
        (33, 32, [1, 32]),
        (64, "auto", [64]),
        (65, "auto", [1, 32, 32]),
        (9, 1, [1] * 9),
        (1, "auto", [1]),
    ],
)
@pytest.mark.filterwarnings("ignore:The loss rose:sklearn.exceptions.ConvergenceWarning")
def test_every_sample_is_used_in_every_epoch(cls, n_rows, batch_size, expected):
    batches = Batches()
    X = table(n_rows)
    if cls is VAEGenerator and (n_rows, batch_size) == (65, "auto"):
        expected = [1, 64]  # its smallest batches are twice as large
    fitted = quick(cls, max_epochs=3, batch_size=batch_size, callbacks=[batches]).fit(X)
    n_batches = len(expected)
    epochs = [batches.training[i : i + n_batches] for i in range(0, 3 * n_batches, n_batches)]
    assert [sorted(epoch) for epoch in epochs] == [expected] * 3
    assert len(batches.training) == 3 * n_batches
    assert np.isfinite(fitted.score_samples(X)).all()


@learning_from_all
@pytest.mark.parametrize("n_rows", [7, 33])
def test_small_datasets_and_last_batches_of_one_sample_are_used(cls, n_rows):
    X = table(n_rows)
    params = {"init": "random", "batch_size": 32, "weight_decay": 0, "dropout": 0}
    start = quick(cls, learning_rate=1e-30, **params).fit(X)
    fitted = quick(cls, max_epochs=20, **params).fit(X)
    assert not any((weights(fitted)[k] == weights(start)[k]).all() for k in weights(start))


@every_class
def test_the_order_of_samples_changes_between_epochs(cls):
    orders = []

    class Order(Callback):
        def on_batch_end(self, net, batch=None, **kwargs):
            orders.append(batch[0].x[:, 0].tolist())

    quick(cls, max_epochs=3, corruption=None, callbacks=[Order()]).fit(table(20))
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(orders[2])
    assert orders[0] != orders[1] != orders[2]


@learning_from_all
@pytest.mark.parametrize(
    "n_rows", [1, 65, *(pytest.param(n_rows, marks=pytest.mark.long) for n_rows in (30, 64, 200))]
)
@pytest.mark.filterwarnings("ignore:The loss rose:sklearn.exceptions.ConvergenceWarning")
def test_auto_max_epochs_is_resolved(cls, n_rows):
    fitted = quick(cls, max_epochs="auto").fit(table(n_rows))
    auto = fitted._auto_training
    assert fitted.n_epochs_ == auto.n_epochs(n_rows, auto.batch_size(table(n_rows).shape))


@pytest.mark.parametrize("n_rows", [1, 64, 65, 1000, 10**5, 10**8])
def test_auto_values_stay_within_their_limits(n_rows):
    auto = AutoTraining()
    batch_size = auto.batch_size((n_rows, 1))
    assert batch_size == n_rows if n_rows <= 64 else 32 <= batch_size <= 256
    assert 10 <= auto.n_epochs(n_rows, batch_size) <= 40


# --------------------------------------------------------------- continuing, missing, printing


@every_case
def test_warm_start_continues(estimator):
    X, n = table(120), 2 if type(estimator) in having("loss", "init") else 6  # with noisier steps
    params = {"schedule": "constant", "weight_decay": 0, "max_epochs": n}
    fitted = case(estimator, init="random", warm_start=True, **params).fit(X)
    first, score = list(fitted.loss_curve_), fitted.score_samples(X).mean()
    fitted.fit(X)
    assert fitted.n_epochs_ == len(fitted.loss_curve_) == 2 * n
    assert fitted.loss_curve_[:n] == first
    assert fitted.loss_curve_[n] < first[0]
    if type(estimator) in LEARN_FROM_ALL:  # the scores of the others are relative to typical errors
        assert fitted.score_samples(X).mean() > score
    assert fitted.n_samples_seen_ == 120 or type(fitted) not in LEARN_FROM_ALL


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_components": 3}, "n_components was 2 .* and is now 3"),
        ({"network__hidden_layer_sizes": (4,)}, r"network__hidden_layer_sizes was \(8,\) .*\(4,\)"),
        ({"network": Linear()}, "network was Dense in the first fit and is now Linear"),
    ],
)
@every_class
def test_warm_start_rejects_another_architecture(cls, params, message):
    X, network = table(), Dense((8,))
    fitted = quick(cls, n_components=2, network=network, init="random", warm_start=True).fit(X)
    with config_context(print_changed_only=False):  # changes messages, but not comparisons
        fitted.fit(X)
    with pytest.raises(ValueError, match=message):
        fitted.set_params(**params).fit(X)


@every_case
def test_without_warm_start_a_fit_restarts_from_scratch(estimator):
    X = table()
    fitted = case(estimator).fit(X)
    curve = list(fitted.loss_curve_)
    assert fitted.fit(X).loss_curve_ == curve


@every_class
def test_warm_start_continues_validation_scores(cls):
    fitted = quick(cls, warm_start=True, early_stopping=True).fit(table())
    n_epochs = fitted.n_epochs_
    fitted.fit(table())
    assert len(fitted.validation_scores_) == fitted.n_epochs_ > n_epochs


@every_case
def test_partial_fit_learns_pass_by_pass(estimator):
    X = table(120)
    learner = case(estimator, init="random")
    for _ in range(20):
        before = weights(learner) if learner.__sklearn_is_fitted__() else None
        learner.partial_fit(X)
    assert learner.n_epochs_ == len(learner.loss_curve_) == 20
    assert learner.loss_curve_[-1] < learner.loss_curve_[0]
    assert any((weights(learner)[name] != before[name]).any() for name in before)
    assert learner.n_samples_seen_ == 20 * 120 or type(learner) not in LEARN_FROM_ALL


@learning_from_all
def test_partial_fit_accepts_few_samples(cls):
    X = table()
    learner = quick(cls).partial_fit(X)
    for n_rows in (1, 2, 3):
        learner.partial_fit(X[:n_rows])
    assert learner.n_samples_seen_ == 80 + 1 + 2 + 3
    assert np.isfinite(learner.score_samples(X)).all()


@learning_from_all
def test_partial_fit_counts_weights_as_samples(cls):
    X = table(10)
    learner = quick(cls).partial_fit(X, sample_weight=np.full(10, 3.0)).partial_fit(X)
    assert learner.n_samples_seen_ == 40


@every_class
def test_partial_fit_ignores_early_stopping(cls):
    learner = quick(cls, early_stopping=True).partial_fit(table()[:1])
    assert learner.n_epochs_ == 1


@every_case
@pytest.mark.parametrize("early_stopping", [True, False])
def test_missing_values_are_trained_around(estimator, early_stopping):
    X = with_missing_values(table(120))
    fitted = case(estimator, init="random", max_epochs=20, early_stopping=early_stopping).fit(X)
    assert fitted.loss_curve_[-1] < fitted.loss_curve_[0]
    assert all(np.isfinite(output).all() for output in outputs(fitted, X).values())


@every_class
@pytest.mark.parametrize("early_stopping", [True, False])
def test_verbose_prints_a_line_an_epoch(cls, capsys, early_stopping):
    fitted = quick(cls, verbose=1, early_stopping=early_stopping).fit(table())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == fitted.n_epochs_
    for epoch, (line, loss) in enumerate(zip(lines, fitted.loss_curve_, strict=True), start=1):
        assert line.startswith(f"epoch {epoch}/5  loss {loss:.6g}")
        assert ("validation" in line) == early_stopping


def test_lines_say_which_are_of_the_pretraining(capsys):
    X, y = table(), np.arange(len(table())) % 2
    quick(AutoencoderClassifier, verbose=1, pretraining_epochs=1, max_epochs=2).fit(X, y)
    lines = [line.partition("  loss")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["pretraining, epoch 1/1", "epoch 1/2", "epoch 2/2"]
    pairs = {"pretraining": "layerwise", "init": "random", "hidden_layer_sizes": (4, 3)}
    quick(AutoencoderTransformer, verbose=1, pretraining_epochs=1, max_epochs=1, **pairs).fit(X)
    lines = [line.partition("  loss")[0] for line in capsys.readouterr().out.splitlines()]
    parts = [f"pretraining of pair {k} of 3, epoch 1/1" for k in (1, 2, 3)]
    assert lines == [*parts, "epoch 1/1"]


@every_case
def test_silence_is_the_default(estimator, capfd):
    case(estimator, early_stopping=True).fit(table()).score_samples(table())
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


@every_class
def test_weight_decay_shrinks_weights(cls):
    X, params = table(), {"init": "random", "max_epochs": 30}
    decayed, free = (weights(quick(cls, weight_decay=w, **params).fit(X)) for w in (3e3, 0))
    for name in free:
        if name.endswith("weight"):
            assert np.linalg.norm(decayed[name]) < 0.9 * np.linalg.norm(free[name]), name


@starting_at_pca
def test_principal_components_and_biases_do_not_decay(cls):
    network = quick(cls, network=Dense((8,))).fit(table()).network_
    ids = {id(parameter) for parameter in decayed_parameters(network)}
    names = {name for name, parameter in network.named_parameters() if id(parameter) in ids}
    hidden = ("correction.0.0.weight", "correction.1.weight")
    assert names == {f"{half}.{name}" for half in ("encoder", "decoder") for name in hidden}
