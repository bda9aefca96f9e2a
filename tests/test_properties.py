"""Any small dataset with any parameters: finite output or an error that names the problem."""

import warnings

import numpy as np
import pytest
from estimators import FIXED, OF_TABLES, PREDICTORS, settable
from helpers import readers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.exceptions import ConvergenceWarning

from sklearn_autoencoders import AutoencoderFeatureUnion, VAEGenerator
from sklearn_autoencoders.corruptions import CORRUPTIONS
from sklearn_autoencoders.networks import ACTIVATIONS
from sklearn_autoencoders.objectives import LOSSES

PARAMS = {
    "n_components": st.integers(1, 8) | st.floats(0.1, 0.9),
    "hidden_layer_sizes": st.just("auto") | st.lists(st.integers(1, 20), max_size=3).map(tuple),
    "activation": st.sampled_from(sorted(ACTIVATIONS)),
    "dropout": st.just("auto") | st.floats(0, 0.9),
    "init": st.sampled_from(["pca", "random"]),
    "scaling": st.sampled_from(["global", "feature", None]),
    "loss": st.sampled_from(sorted(LOSSES)),
    "corruption": st.none() | st.sampled_from(sorted(CORRUPTIONS)),
    "solver": st.sampled_from(["adam", "sgd"]),
    "schedule": st.sampled_from(["one_cycle", "constant"]),
    "learning_rate": st.floats(1e-6, 10.0),
    "weight_decay": st.floats(0, 1),
    "batch_size": st.just("auto") | st.integers(1, 40),
    "early_stopping": st.booleans(),
    "dtype": st.sampled_from(["auto", "float32", "float64"]),
}

MAGNITUDES = [0.0, 1.0, 1e-3, 1e3, 1e-30, 1e30, 1e-300, 1e300]


@st.composite
def tables(draw):
    """Draw samples of any size, type and magnitude, with missing, equal and extreme values."""
    shape = draw(st.tuples(st.integers(1, 30), st.integers(1, 8)))
    kind = draw(st.sampled_from([np.float64, np.float32, np.float16, np.int16, np.bool_]))
    if kind in (np.int16, np.bool_):
        return draw(npst.arrays(kind, shape))
    seed, magnitude = draw(st.integers(0, 2**20)), draw(st.sampled_from(MAGNITUDES))
    rng = np.random.RandomState(seed)
    X = magnitude * (rng.randn(*shape) + draw(st.sampled_from([0.0, 5.0, 1e6])))
    X = np.round(X, draw(st.sampled_from([0, 2, 300]))) if magnitude <= 1 else X
    X[rng.random_sample(shape) < draw(st.sampled_from([0.0, 0.0, 0.3, 0.9]))] = np.nan
    for odd in draw(st.lists(st.sampled_from([np.inf, -1e30, 1e308, np.nan]), max_size=1)):
        X[rng.randint(shape[0]), rng.randint(shape[1])] = odd
    with np.errstate(over="ignore", under="ignore"):
        return X.astype(kind)


@st.composite
def params_of(draw, cls):
    known = cls().get_params()
    names = sorted(PARAMS.keys() & known.keys() - FIXED.get(cls, {}).keys())
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=4)) if names else []
    return {name: draw(PARAMS[name]) for name in chosen}


def _labels(cls, n_rows):
    return [np.arange(n_rows) % 2] if cls in PREDICTORS else []


def _quick(cls, params):
    short = {"max_epochs": 2, "random_state": 0, "pretraining_epochs": 2}
    known = cls().get_params()
    return cls(**{name: value for name, value in short.items() if name in known} | params)


@pytest.mark.parametrize("cls", OF_TABLES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("n_tables", [20, pytest.param(200, marks=pytest.mark.long)])
def test_any_data_with_any_parameters(cls, n_tables):
    @settings(
        max_examples=n_tables,
        deadline=None,
        derandomize=True,  # the same examples in every process and in every run
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(X=tables(), params=params_of(cls))
    def check(X, params):
        estimator = _quick(cls, settable(cls, params))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            warnings.filterwarnings("ignore", ".* contain only missing values", UserWarning)
            assert_answers(estimator, X)

    check()


def assert_answers(estimator, X):
    try:
        estimator.fit(X, *_labels(type(estimator), len(X)))
    except (ValueError, TypeError) as error:
        assert_is_clear(error)
        return
    names = [n for n in [*readers(estimator), "transform"] if n != "score"]
    for name in dict.fromkeys(n for n in names if hasattr(estimator, n)):
        try:
            found = getattr(estimator, name)(X)
        except (ValueError, TypeError) as error:
            assert_is_clear(error)
        else:
            found = without_empty_features(estimator, np.asarray(found, dtype=float), X)
            is_raw = type(estimator) is AutoencoderFeatureUnion  # missing values pass through
            assert is_raw or np.isfinite(found).all(), name
    if type(estimator) is VAEGenerator:
        found = without_empty_features(estimator, estimator.sample(5, random_state=0), X)
        assert np.isfinite(found).all()


def without_empty_features(estimator, found, X):
    """Return an output without the features that come back as missing."""
    if found.shape[1:] != X.shape[1:]:
        return found
    return np.delete(found, getattr(estimator, "_empty_features", ()), axis=1)


def assert_is_clear(error):
    """Assert that an error is raised by this package, with a clear message."""
    message = str(error)
    assert len(message) > 15, message
    assert "tensor" not in message.lower(), message
    assert "torch" not in message.lower(), message
