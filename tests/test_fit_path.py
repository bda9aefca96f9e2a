"""Fits: passes over the data, unchanged estimators, warnings at the user's line."""

import warnings

import numpy as np
import pytest
from estimators import EVERY, PREDICTORS, PUBLIC, quick
from helpers import table, with_missing_values
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from sklearn_autoencoders import AutoencoderTransformer, DenoisingAutoencoder
from sklearn_autoencoders._data.sources.arrays import ArraySource
from sklearn_autoencoders._utils.batch import Batch
from sklearn_autoencoders.exceptions import PosteriorCollapseWarning
from sklearn_autoencoders.networks import Convolutional
from sklearn_autoencoders.objectives import Penalty

FITTING = [*PUBLIC, *PREDICTORS]
every_class = pytest.mark.parametrize("cls", FITTING, ids=lambda cls: cls.__name__)


def _targets(X):
    return np.arange(len(X)) % 2


@pytest.fixture
def taken(monkeypatch):
    """Count the samples that are read, in total and before the first step."""
    counts = {"rows": 0, "before": None}
    original = ArraySource.take

    def take(self, indices):
        rows = original(self, indices)
        if rows.shape[1] == 6:
            counts["rows"] += len(rows)
        return rows

    class Begin(Callback):
        def on_train_begin(self, net, **kwargs):
            counts["before"] = counts["rows"]

    monkeypatch.setattr(ArraySource, "take", take)
    return counts, Begin()


@every_class
@pytest.mark.parametrize("missing", [False, True])
def test_data_are_read_at_most_three_times_before_the_first_step(cls, missing, taken):
    counts, callback = taken
    X = with_missing_values(table(600)) if missing else table(600)
    estimator = quick(cls, callbacks=[callback], max_epochs=1)
    if "pretraining" in estimator.get_params():
        estimator.set_params(pretraining=None)
    if "head" in estimator.get_params():
        estimator.set_params(head="linear")
    estimator.fit(X, _targets(X))
    # and the initialization of a prior or a head, on encoded samples
    further = {"VAEGenerator": 1, "AutoencoderClassifier": 1, "AutoencoderRegressor": 1}
    n_others = 256  # of the check of corruptions
    if missing or cls is DenoisingAutoencoder:  # of the prediction of missing inputs
        n_others += 600  # never more than 2048
    if missing and cls is DenoisingAutoencoder:  # of the intervals of numbers
        n_others += 600  # never more than 10 000
    n_passes = (counts["before"] - n_others) / 600
    assert 1 <= n_passes <= 3 + further.get(cls.__name__, 0)


@every_class
def test_a_fit_that_fails_late_changes_nothing(cls):
    class Failing(Callback):
        def on_epoch_end(self, net, **kwargs):
            raise RuntimeError("from a callback")

    X = table()
    estimator = quick(cls).fit(X, _targets(X))
    before = vars(estimator).copy()
    estimator.set_params(callbacks=[Failing()])
    with pytest.raises(RuntimeError, match="from a callback"):
        estimator.fit(table(90, 5), _targets(table(90)))
    assert vars(estimator).keys() == before.keys()
    changed = {k for k, v in before.items() if vars(estimator)[k] is not v}
    assert changed == {"callbacks"}


def test_minus_one_is_no_class_after_a_fit_that_failed():
    X, y = table(), np.where(np.arange(80) < 40, 0, 1)
    known = np.where(np.arange(80) % 2, y, -1)
    (cls,) = [cls for cls in PREDICTORS if hasattr(cls, "predict_proba")]
    fitted = quick(cls, warm_start=True).fit(X, known)
    with pytest.raises(ValueError, match="infinity"):
        fitted.fit(np.full_like(X, np.inf), np.where(y, 1, -1))
    assert list(fitted.fit(X, known).classes_) == [0, 1]


@pytest.mark.parametrize("steps", [[], [StandardScaler()]])
def test_warnings_point_at_the_line_of_the_user(steps):
    X = table(80)
    diverging = quick(AutoencoderTransformer, learning_rate=1e3, solver="sgd", schedule="constant")
    model = make_pipeline(*steps, diverging) if steps else diverging
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X)
    (warning,) = [w for w in caught if w.category is ConvergenceWarning]
    assert warning.filename == __file__


def test_a_column_of_labels_is_reported_at_the_line_of_the_user():
    (cls,) = [cls for cls in EVERY if cls.__name__ == "AutoencoderClassifier"]
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed") as caught:
        quick(cls, pretraining=None).fit(table(20), np.resize([0, 1], (20, 1)))
    assert [warning.filename for warning in caught] == [__file__]


def test_a_collapse_is_reported_at_the_line_of_the_user():
    (cls,) = [cls for cls in EVERY if cls.__name__ == "VAEGenerator"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quick(cls, beta=1e6, init="random", latent="normal").fit(table(100))
    (warning,) = [w for w in caught if w.category is PosteriorCollapseWarning]
    assert warning.filename == __file__


def test_a_penalty_receives_the_batch():
    found = []

    class Watching(Penalty):
        def __call__(self, output, x, network, *, batch=None):
            found.append(batch)
            return output.code.sum(1) * 0

    X = table(80)
    quick(DenoisingAutoencoder, penalty=Watching(), max_epochs=2).fit(X)
    batch = found[0]
    assert isinstance(batch, Batch)
    assert batch.mask.shape == batch.x.shape
    assert 0 < batch.mask.double().mean() < 1
    target = np.asarray(X)[np.asarray(batch.index)]
    scaled = (target - target.mean(0))[~batch.mask.numpy()]
    assert np.corrcoef(scaled, batch.x.numpy()[~batch.mask.numpy()])[0, 1] > 0.99
    positions = np.concatenate([np.asarray(b.index) for b in found[:3]])
    assert set(positions.tolist()) == set(range(80))


def test_images_are_returned_as_images_by_both_methods():
    images = table(60, 16).reshape(60, 4, 4)
    denoiser = quick(DenoisingAutoencoder, network=Convolutional((4, 4), channels=(2,)))
    denoiser.fit(images)
    np.testing.assert_array_equal(denoiser.transform(images), denoiser.reconstruct(images))
    assert denoiser.transform(images).shape == (60, 4, 4)
    flat = images.reshape(60, 16)
    np.testing.assert_array_equal(denoiser.transform(flat), denoiser.reconstruct(flat))


@pytest.mark.parametrize("pretraining", [None, "layerwise"])
def test_a_loss_that_is_never_finite_is_an_error(pretraining):
    settings = {"init": "random", "learning_rate": 1e30, "solver": "sgd", "schedule": "constant"}
    estimator = quick(AutoencoderTransformer, pretraining=pretraining, **settings)
    with pytest.raises(FloatingPointError, match="Training failed"):
        estimator.fit(table())
    assert not hasattr(estimator, "network_")
