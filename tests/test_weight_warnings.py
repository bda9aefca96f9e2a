"""Weights of samples that are no numbers of copies."""

import warnings

import numpy as np
import pytest

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoencoderTransformer

X = np.random.default_rng(0).normal(size=(60, 3))


@pytest.mark.parametrize(
    "estimator", [AutoencoderTransformer(1, max_epochs=1), AutoencoderOutlierDetector(max_epochs=1)]
)
def test_large_weights_are_named(estimator):
    with pytest.warns(UserWarning, match=r"sample_weight has a mean of 500.* 3e\+04 samples.*mean"):
        estimator.fit(X, sample_weight=np.full(60, 500.0))


def test_weights_of_a_few_copies_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weight = np.r_[np.full(30, 1.0), np.full(30, 3.0)]
        AutoencoderTransformer(1, max_epochs=1).fit(X, sample_weight=weight)
