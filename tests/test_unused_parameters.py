"""A parameter that has no effect, because of the value of another one, is not ignored silently."""

import inspect
import re
import warnings

import numpy as np
import pytest
from estimators import EVERY
from sklearn.frozen import FrozenEstimator

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderRecommender,
    AutoencoderRegressor,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._training.unused_parameters import NEEDS
from sklearn_autoencoders.objectives import PseudoLabels

X = np.random.RandomState(0).randn(20, 3)
Y = np.arange(20) % 2
ENCODER = FrozenEstimator(AutoencoderTransformer(2, max_epochs=1, random_state=0).fit(X))
CHANGED = {
    "pretraining": "layerwise",
    "pretraining_corruption": "masking",
    "pretraining_epochs": 1,
    "pretraining_learning_rate": 0.1,
    "freeze_epochs": 2,
    "learning_rate_ratio": 0.5,
    "loss": "huber",
    "kl_cycles": 2,
    "pseudo_labels": PseudoLabels(),
    "rating_range": (0, 5),
    "user_shrinkage": 1.0,
    "item_shrinkage": 1.0,
    "chunk_size": 4,
    "carry_states": False,
}
OF_RATINGS = "rating_range", "user_shrinkage", "item_shrinkage"
# Parameters that make those of the names ineffective, and what the message says.
WITHOUT = {
    "pretraining": ({"encoder": ENCODER}, "encoder is given"),
    "freeze_epochs": ({}, "freeze is neither"),
    "learning_rate_ratio": ({"freeze": "all"}, "freeze='all'"),
    "loss": ({"pretraining": None}, "pretraining=None and alpha=0"),
    "kl_cycles": ({}, "kl_warmup=0"),
    "pseudo_labels": ({}, "no sample got a pseudo-label"),
    "chunk_size": ({}, "the samples are not texts"),
    "carry_states": ({}, "the samples are not texts"),
    **{name: ({"feedback": "implicit"}, "feedback='implicit'") for name in OF_RATINGS},
}
PRETRAINED = ("pretraining_corruption", "pretraining_epochs", "pretraining_learning_rate")
PREDICTORS = AutoencoderClassifier, AutoencoderRegressor


def of_parameter(name):
    """Yield the classes in which a parameter depends on another one."""
    for cls in EVERY:
        of_all = name not in ("loss", "pretraining") or cls in PREDICTORS
        if name in inspect.signature(cls).parameters and of_all:
            yield cls


def fitted(cls, **params):
    """Return an estimator after two passes over few samples."""
    model = cls(max_epochs=2, random_state=0, **params)
    return model.fit(X, Y) if cls in PREDICTORS else model.fit(np.abs(X))


CASES = [(cls, name, *WITHOUT[name]) for name in WITHOUT for cls in of_parameter(name)]
CASES += [
    (cls, name, {"pretraining": None}, "pretraining=None")
    for name in PRETRAINED
    for cls in of_parameter(name)
    if cls not in PREDICTORS or name == "pretraining_corruption"
]
CASES += [
    (cls, "pretraining_corruption", {"encoder": ENCODER}, "encoder is given") for cls in PREDICTORS
]


def test_every_parameter_with_a_need_is_tested():
    assert set(CHANGED) == set(NEEDS) == {case[1] for case in CASES}


@pytest.mark.parametrize(("cls", "name", "params", "reason"), CASES)
def test_a_parameter_without_effect_warns(cls, name, params, reason):
    given = re.escape(f"{name}={CHANGED[name]!r}")
    message = rf"{given} has no effect, because {reason}.*\. .*, or set {name}="
    with pytest.warns(UserWarning, match=message):
        fitted(cls, **{name: CHANGED[name]}, **params)


@pytest.mark.parametrize(
    ("cls", "params"),
    [
        (AutoencoderClassifier, {"pretraining": None, "alpha": 0.1, "loss": "huber"}),
        (AutoencoderClassifier, {"encoder": ENCODER, "pretraining": None}),
        (AutoencoderClassifier, {"pretraining": None, "pretraining_epochs": 3}),
        (AutoencoderClassifier, {"encoder": ENCODER, "pretraining_epochs": 3}),
        (AutoencoderRegressor, {"freeze": "head", "freeze_epochs": 2, "learning_rate_ratio": 0.1}),
        (DenoisingAutoencoder, {"pretraining": "layerwise", "init": "random"}),
        (VAEGenerator, {"kl_warmup": 0.5, "kl_cycles": 2}),
        (AutoencoderRecommender, {"rating_range": (0, 5), "item_shrinkage": 1.0}),
    ],
)
def test_parameters_with_an_effect_do_not_warn(cls, params):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", ".*components of the code are in use.*")
        fitted(cls, **params)


def test_sizes_of_parts_of_texts_do_not_warn():
    model = AutoregressiveGenerator(4, chunk_size=4, carry_states=False, max_epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(random_state=0).fit(np.array(["a text of letters", "another text"]))
