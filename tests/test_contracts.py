"""Properties of every estimator and of every entry of the registries."""

import copy
import functools
import io
import pickle

import cloudpickle
import joblib
import numpy as np
import pytest
import torch
from estimators import (
    CASES,
    LEARN_FROM_ALL,
    PUBLIC,
    UNIT_LOSS,
    companions,
    having,
    quick,
    settable,
)
from helpers import assert_same, case, fitted_case, outputs, table, weights, with_missing_values
from sklearn.base import clone, is_outlier_detector
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_autoencoders import VAEGenerator, __version__
from sklearn_autoencoders._training.loop.optimizers import SCHEDULES, SOLVERS
from sklearn_autoencoders.corruptions import CORRUPTIONS
from sklearn_autoencoders.networks import ACTIVATIONS, LATENTS, NETWORKS, Dense
from sklearn_autoencoders.objectives import LIKELIHOODS, LOSSES, PENALTIES

REGISTRIES = {
    "activation": ACTIVATIONS,
    "corruption": (*CORRUPTIONS, None),
    "dtype": ("auto", "float32", "float64", np.float32, np.float64),
    "init": ("pca", "random"),
    "latent": LATENTS,
    "likelihood": LIKELIHOODS,
    "loss": LOSSES,
    "network": NETWORKS,
    "penalty": (*PENALTIES, None),
    "pretraining": ("layerwise", None),
    "scaling": ("global", "feature", None),
    "schedule": SCHEDULES,
    "solver": SOLVERS,
}


def _id(value):
    return getattr(value, "__name__", str(value))


VALUES = [
    (cls, name, value)
    for name, values in REGISTRIES.items()
    for value in values
    for cls in having(name)
    if (cls, name, value) != (VAEGenerator, "scaling", None)  # noise has a floor in units of scale
]

every_case = pytest.mark.parametrize("estimator", CASES, ids=repr)
every_class = pytest.mark.parametrize("cls", PUBLIC, ids=lambda cls: cls.__name__)
every_value = pytest.mark.parametrize(
    ("cls", "name", "value"), VALUES, ids=["-".join(map(_id, value)) for value in VALUES]
)


# ------------------------------------------------------------------------------- training


@every_case
def test_fit_changes_every_parameter(estimator):
    X = table(120)
    estimator = case(estimator, weight_decay=0)  # weight decay changes weights without a gradient
    start = weights(clone(estimator).set_params(learning_rate=1e-30, max_epochs=1).fit(X))
    trained = weights(estimator.set_params(max_epochs=50).fit(X))
    assert not [name for name in start if (trained[name] == start[name]).all()]


@every_case
@pytest.mark.parametrize("n_rows", [40, 120], ids="{} rows".format)
def test_the_loss_falls(estimator, n_rows):
    # not from PCA, where the noise of dropout is as large as the possible improvement
    curve = case(estimator, init="random", max_epochs=50).fit(table(n_rows)).loss_curve_
    # means, because a corruption of a full batch is one draw per epoch
    assert np.mean(curve[-10:]) < np.mean(curve[:10])


@every_value
def test_every_value_learns(cls, name, value):
    X = table(120)
    n_epochs = 20 if cls is VAEGenerator or value == "sgd" else 10
    params = {"init": "random", "max_epochs": n_epochs}  # after PCA, little improvement is possible
    params |= {name: value, **companions(cls, value)}
    curve = quick(cls, **params).fit(X).loss_curve_
    assert curve[-1] < curve[0]


@every_case
def test_same_seed_gives_the_same_model(estimator):
    X = table()
    first, second = (case(estimator).fit(X) for _ in range(2))
    assert_same(outputs(first, X), outputs(second, X))
    assert first.loss_curve_ == second.loss_curve_


@every_case
def test_another_seed_gives_another_model(estimator):
    X = table()
    first, second = (case(estimator, random_state=seed).fit(X) for seed in (0, 1))
    assert any((weights(first)[name] != weights(second)[name]).any() for name in weights(first))


@every_case
def test_refit_does_not_depend_on_the_first_fit(estimator):
    X = table()
    refitted = case(estimator).fit(table(50, 3, seed=5)).fit(X)
    assert_same(outputs(refitted, X), outputs(case(estimator).fit(X), X))


@every_case
def test_fit_leaves_parameters_alone(estimator):
    fitted = case(estimator)
    before = {name: copy.deepcopy(value) for name, value in fitted.get_params(deep=True).items()}
    identities = {name: id(value) for name, value in fitted.get_params(deep=False).items()}
    fitted.fit(table())
    after = fitted.get_params(deep=True)
    assert {name: repr(value) for name, value in after.items()} == {
        name: repr(value) for name, value in before.items()
    }
    assert identities == {n: id(value) for n, value in fitted.get_params(deep=False).items()}


@every_case
def test_fit_leaves_the_data_alone(estimator):
    X = with_missing_values(table())
    before, weight = X.copy(), np.linspace(0, 2, len(X))
    outputs(case(estimator).fit(X, sample_weight=weight), X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(weight, np.linspace(0, 2, len(X)))


@every_case
def test_clone_is_unfitted_and_fits_the_same(estimator):
    X = table()
    fitted = case(estimator).fit(X)
    copied = clone(fitted)
    assert not hasattr(copied, "network_")
    assert_same(outputs(copied.fit(X), X), outputs(fitted, X))


# ------------------------------------------------------------------------- shapes and types


def assert_sound(fitted, X):
    found = outputs(fitted, X)
    assert all(np.isfinite(output).all() for output in found.values())
    for name in {"reconstruct", "inverse_transform"} & found.keys():
        assert found[name].shape == X.shape
    if "transform" in found:
        gives_codes = getattr(fitted, "output", "code") == "code"
        width = fitted.n_components_ if gives_codes else X.shape[1]
        assert found["transform"].shape == (len(X), width)
    assert found["score_samples"].shape == (len(X),)
    assert "score" not in found or found["score"].shape == ()
    return found


@every_value
def test_every_value_works_with_every_method(cls, name, value):
    X = with_missing_values(table())  # the test above fits complete float64 data
    # the default rate of two epochs can raise the loss, with a warning
    params = {"max_epochs": 2, "learning_rate": 1e-3, name: value, **companions(cls, value)}
    fitted = quick(cls, **params).fit(X.astype(np.float32))
    for data in (X.astype(np.float32), X, table()):
        assert_sound(fitted, data)


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("trained_on", [np.float32, np.float64])
def test_output_has_the_type_of_the_input(estimator, dtype, trained_on):
    X = table(dtype=dtype)
    found = assert_sound(case(estimator).fit(X.astype(trained_on)), X)
    names = {"transform", "inverse_transform", "reconstruct", "score_samples"} & found.keys()
    if is_outlier_detector(estimator):
        names -= {"score_samples"}  # always float64
    for name in names:
        assert found[name].dtype == dtype, name


@every_case
def test_fitted_attributes_describe_the_fit(estimator):
    fitted = case(estimator).fit(table())
    assert fitted.n_epochs_ == len(fitted.loss_curve_) == 4
    assert fitted.n_features_in_ == 6
    assert fitted.n_samples_seen_ == 80 or type(estimator) not in LEARN_FROM_ALL
    assert not fitted.network_.training


# ------------------------------------------------------------------------------ round trips


def _through_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


ROUND_TRIPS = {
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),
    "oldest pickle": lambda e: pickle.loads(pickle.dumps(e, protocol=2)),
    "cloudpickle": lambda e: cloudpickle.loads(cloudpickle.dumps(e)),
    "joblib": _through_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "twice": lambda e: copy.deepcopy(copy.deepcopy(e)),
}
every_trip = pytest.mark.parametrize("trip", ROUND_TRIPS.values(), ids=ROUND_TRIPS)


def incomplete():
    return with_missing_values(table())


@every_case
@every_trip
def test_round_trip_is_exact(estimator, trip):
    X, fitted = incomplete(), fitted_case(estimator, incomplete)
    back = trip(fitted)
    assert_same(outputs(back, X), outputs(fitted, X))
    assert back.network_ is not fitted.network_
    assert vars(back).keys() == vars(fitted).keys()


@every_case
@every_trip
def test_unfitted_estimators_make_the_round_trip_too(estimator, trip):
    assert repr(trip(case(estimator))) == repr(case(estimator))


@functools.cache
def continued(estimator):
    """Return the outputs after training continued, once per process."""
    X = table()
    return outputs(fitted_case(estimator).partial_fit(X), X)


@every_case
@every_trip
def test_training_continues_after_a_round_trip(estimator, trip):
    X, fitted = table(), fitted_case(estimator)
    back = trip(fitted).partial_fit(X)
    assert_same(outputs(back, X), continued(estimator))


@every_case
def test_a_copy_shares_no_weights(estimator):
    X, fitted = table(), fitted_case(estimator)
    before = outputs(fitted, X)
    copy.copy(fitted).set_params(warm_start=True).fit(X)
    assert_same(outputs(fitted, X), before)


@every_case
def test_pickle_is_small(estimator):
    fitted = case(estimator, max_epochs=1).fit(table(2000, 12))
    n_bytes = sum(tensor.nbytes for tensor in fitted.network_.state_dict().values())
    assert len(pickle.dumps(fitted)) <= 1.2 * n_bytes + 50_000


def walk(value):
    """Yield a value and everything that it contains."""
    yield value
    if isinstance(value, dict):
        children = [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        children = list(value)
    elif hasattr(value, "__getstate__") and hasattr(value, "__dict__"):
        children = [value.__getstate__()]
    else:
        children = []
    for child in children:
        yield from walk(child)


@every_case
def test_state_is_plain(estimator):
    fitted = case(estimator, early_stopping=True).fit(table())
    found = list(walk(fitted.__getstate__()))
    assert len(found) > 20
    assert not [value for value in found if type(value).__module__.split(".")[0] == "torch"]
    assert not [value for value in found if isinstance(value, torch.nn.Module | torch.Tensor)]


@every_case
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_state_contains_no_training_sample(estimator, dtype):
    X = table(dtype=dtype)
    fitted = case(estimator, early_stopping=True).fit(X).partial_fit(X)
    stored = pickle.dumps(fitted)
    for kind in (np.float32, np.float64):
        assert not any(row.tobytes() in stored for row in X.astype(kind))


@functools.cache
def _quickly_fitted(cls):
    return quick(cls).fit(table())


@every_class
@pytest.mark.parametrize(
    "params",
    [
        {"hidden_layer_sizes": (3,)},
        {"activation": "relu"},
        {"network": Dense((5,))},
        {"n_components": 1},
        {"init": "random"},
        UNIT_LOSS,
        {"scaling": "feature"},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_parameters_set_after_fit_do_not_touch_the_fitted_model(cls, params):
    X, params = table(), params.get(cls, params)
    fitted = copy.deepcopy(_quickly_fitted(cls))
    before = outputs(fitted, X)
    fitted.set_params(**settable(cls, params))
    assert_same(outputs(fitted, X), before)
    assert_same(outputs(pickle.loads(pickle.dumps(fitted)), X), before)


@every_class
def test_network_parameters_set_after_fit_do_not_touch_the_fitted_model(cls):
    X = table()
    fitted = quick(cls, network=Dense((8,))).fit(X)
    before = outputs(fitted, X)
    fitted.set_params(network__hidden_layer_sizes=(3, 3))
    assert_same(outputs(pickle.loads(pickle.dumps(fitted)), X), before)


def _state_of_a_fit(cls, **saved_by):
    state = copy.deepcopy(_quickly_fitted(cls)).__getstate__()
    state["_saved_by"] = {**state["_saved_by"], **saved_by}
    return state


@every_class
def test_a_later_format_is_refused(cls):
    state = _state_of_a_fit(cls, format=10**6, version="99.0")
    with pytest.raises(ValueError, match=r"saved in format 1000000 .* 99\.0.*Upgrade"):
        cls.__new__(cls).__setstate__(state)


@every_class
def test_another_version_warns(cls):
    state = _state_of_a_fit(cls, version="0.0.1")
    back = cls.__new__(cls)
    with pytest.warns(InconsistentVersionWarning, match=r"0\.0\.1") as caught:
        back.__setstate__(state)
    assert caught[0].message.current_sklearn_version == __version__
    assert np.isfinite(back.score_samples(table())).all()
