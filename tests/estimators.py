"""Every public estimator with settings that train in a fraction of a second."""

import inspect

import pytest

import sklearn_autoencoders
from sklearn_autoencoders import (
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderRecommender,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._estimators.base import BaseAutoencoder
from sklearn_autoencoders._estimators.fine_tuning import BasePredictor
from sklearn_autoencoders.corruptions import Gaussian, Masking
from sklearn_autoencoders.networks import Dense

EVERY = [
    cls
    for name in sklearn_autoencoders.__all__
    if inspect.isclass(cls := getattr(sklearn_autoencoders, name))
]

# Estimators of samples of any features, rather than of ratings.
OF_TABLES = [cls for cls in EVERY if cls is not AutoencoderRecommender]

# Unsupervised estimators, and predictors.
PUBLIC = [cls for cls in EVERY if issubclass(cls, BaseAutoencoder)]
PREDICTORS = [cls for cls in EVERY if issubclass(cls, BasePredictor)]

# Estimators with default parameters, and with parameters far from the defaults.
SETTINGS = {
    AutoencoderTransformer: [
        {},
        {
            "n_components": 3,
            "init": "random",
            "loss": "absolute_error",
            "scaling": "feature",
            "schedule": "constant",
            "activation": "tanh",
        },
        {
            "n_components": 0.9,
            "network": Dense((16,), activation="relu", dropout=0.2),
            "loss": "huber",
            "solver": "sgd",
            "dtype": "float64",
        },
    ],
    VAEGenerator: [
        {"n_components": 2},
        {
            "n_components": 3,
            "likelihood": "student_t",
            "latent": "normal",
            "init": "random",
            "scaling": "global",
            "activation": "tanh",
        },
        {
            "n_components": 2,
            "network": Dense((16,), dropout=0.2),
            "latent": "vamp",
            "kl_warmup": 0.5,
            "n_importance_samples": 3,
            "corruption": "masking",
        },
    ],
    AutoencoderOutlierDetector: [
        {"max_epochs": 20},
        {
            "n_components": 3,
            "method": "reconstruction",
            "contamination": 0.1,
            "loss": "huber",
            "scaling": "global",
            "trim": 0.0,
        },
        {
            "n_estimators": 3,
            "network": Dense((16,), dropout=0.2),
            "early_stopping": True,
        },
    ],
    DenoisingAutoencoder: [
        {},
        {"n_components": 3, "corruption": Gaussian(0.1), "output": "code", "penalty": "l1"},
        {
            "corruption": [Masking((0.0, 0.5), value=0.5), "masking"],
            "network": Dense((16,), "relu"),
            "scaling": "feature",
            "pretraining": "layerwise",
            "init": "random",
        },
    ],
}

# Additional parameters that some values require.
COMPANIONS = {
    "kl_sparsity": {"network": Dense((), code_activation="logistic"), "init": "random"},
    "layerwise": {"init": "random"},
    (VAEGenerator, "sgd"): {"learning_rate": 1e-3, "max_epochs": 100},  # of sums, in nats
}

CASES = [cls(**params) for cls in PUBLIC for params in SETTINGS[cls]]
FIRST_CASES = CASES[::3]  # one of every class

# In slow tests, all cases except the first one of each class belong to the long suite.
every_case_in_time = pytest.mark.parametrize(
    "estimator",
    [
        pytest.param(estimator, marks=[] if estimator in FIRST_CASES else pytest.mark.long)
        for estimator in CASES
    ],
    ids=repr,
)


# Parameters for a loss of values in [0, 1].
UNIT_LOSS = {cls: {"loss": "binary_cross_entropy"} for cls in PUBLIC} | {
    VAEGenerator: {"likelihood": "bernoulli"}
}


# Fixed properties of classes that have no parameter for them.
FIXED = {AutoencoderOutlierDetector: {"init": "random", "corruption": None, "penalty": None}}

# Estimators that are trained on all samples; the others always hold out some of them.
LEARN_FROM_ALL = [cls for cls in PUBLIC if cls is not AutoencoderOutlierDetector]

TRANSFORMERS = [cls for cls in PUBLIC if hasattr(cls, "transform")]


def settable(cls, params):
    """Return parameters without those that are fixed for a class."""
    fixed = FIXED.get(cls, {})
    return {
        name: value
        for name, value in params.items()
        if not (name in fixed and value == fixed[name])
    }


def having(*names):
    """Return the public estimators that have parameters with these names."""
    return [cls for cls in PUBLIC if {*names} <= {*inspect.signature(cls).parameters}]


def companions(cls, value):
    """Return the additional parameters that a value of a registry requires."""
    return COMPANIONS.get((cls, value), COMPANIONS.get(value, {}))


def quick(cls, **params):
    """Return an estimator with a few epochs and a fixed random state."""
    return cls(**{"max_epochs": 5, "random_state": 0, **settable(cls, params)})


def quick_any(cls, **params):
    """Return an estimator of any public class, including the union, that trains quickly."""
    if cls is AutoencoderFeatureUnion:
        return cls(quick(AutoencoderTransformer, **params), random_state=0)
    return quick(cls, **params)
