"""Parameters that are given without an effect are named in a warning of `fit`."""

import warnings

import numpy as np
import pytest
from estimators import EVERY, quick
from helpers import table

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderRegressor,
    AutoencoderTransformer,
    AutoregressiveGenerator,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders._training.unused_parameters import RULES
from sklearn_autoencoders.objectives import PseudoLabels

Y = np.arange(60) % 2
ALONE = {"pretraining": None, "max_epochs": 1}
LINEAR = {**ALONE, "head": "linear"}
# Estimators, parameters, and the beginning of the warning.
UNUSED = [
    (AutoencoderClassifier, {**ALONE, "pretraining_learning_rate": 1e-3},
     "pretraining_learning_rate=0.001 has no effect, because pretraining=None. Set pretr"),
    (AutoencoderRegressor, {**ALONE, "pretraining_epochs": 3, "pretraining_corruption": "swap"},
     "pretraining_corruption='swap', pretraining_epochs=3 have no effect, because pretraining"),
    (AutoencoderRegressor, {"encoder": AutoencoderTransformer(2, max_epochs=1), "max_epochs": 1,
                            "pretraining_epochs": 3},
     "pretraining_epochs=3 has no effect, because encoder is given. Set encoder=None"),
    (DenoisingAutoencoder, {"pretraining_epochs": 2, "max_epochs": 1},
     "pretraining_epochs=2 has no effect, because pretraining=None"),
    (VAEGenerator, {"kl_cycles": 3, "max_epochs": 1},
     r"kl_cycles=3 has no effect, because kl_warmup=0\.0\. Set kl_warmup"),
    (AutoregressiveGenerator, {"chunk_size": 8, "carry_states": False, "max_epochs": 1},
     "chunk_size=8, carry_states=False have no effect, because X is a table"),
    (AutoencoderClassifier, {**LINEAR, "freeze_epochs": 2},
     "freeze_epochs=2 has no effect, because freeze='none'"),
    (AutoencoderClassifier, {**LINEAR, "freeze": "all", "freeze_epochs": 2},
     "freeze_epochs=2 has no effect, because freeze='all'. Set freeze='head' or"),
    (AutoencoderClassifier, {**ALONE, "head": "ensemble", "pseudo_labels": PseudoLabels()},
     r"pseudo_labels=PseudoLabels\(.*has no effect, because no sample got a pseudo-label"),
]  # fmt: skip
USED = [
    (AutoencoderClassifier, {"pretraining_epochs": 2, "pretraining_learning_rate": 1e-3,
                             "max_epochs": 1}),
    (DenoisingAutoencoder, {"pretraining": "layerwise", "init": "random", "pretraining_epochs": 1}),
    (VAEGenerator, {"kl_warmup": 0.5, "kl_cycles": 2, "max_epochs": 2}),
    (AutoencoderClassifier, {**LINEAR, "freeze": "head", "freeze_epochs": 2}),
    (AutoencoderClassifier, {**ALONE, "pseudo_labels": None}),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "params", "message"), UNUSED)
def test_parameters_without_an_effect_are_named(cls, params, message):
    with pytest.warns(UserWarning, match=message) as found:
        quick(cls, **params).fit(table(60, 3), Y)
    assert sum("no effect" in str(one.message) for one in found) == 1


def fitted_silently(estimator, X, y):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        estimator.fit(X, y)
    assert not [one for one in found if "no effect" in str(one.message)]
    return estimator


@pytest.mark.parametrize(("cls", "params"), USED)
def test_parameters_with_an_effect_are_not_named(cls, params):
    fitted_silently(quick(cls, **params), table(60, 3), Y)


def test_chunks_of_texts_and_pseudo_labels_of_unlabeled_samples_are_used():
    generator = AutoregressiveGenerator(4, max_epochs=1, chunk_size=16, carry_states=False)
    fitted_silently(generator, "to be or not to be " * 20, None)
    classifier = quick(AutoencoderClassifier, pseudo_labels=PseudoLabels(), head="linear", **ALONE)
    fitted_silently(classifier, table(60, 3), np.where(np.arange(60) < 20, Y, -1))


def test_every_rule_is_of_parameters_that_exist():
    names = {name for rule in RULES for name in rule.names}
    assert names <= {name for cls in EVERY for name in cls().get_params(deep=False)}
