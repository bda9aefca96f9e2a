"""Loss curves."""

import numpy as np
import pytest
from drawn import LABELS, ROWS
from estimators import quick
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderTransformer,
    VAEGenerator,
)
from sklearn_autoencoders.inspection import LossCurveDisplay


def test_curves_are_those_of_the_fit():
    fitted = quick(AutoencoderTransformer, early_stopping=True).fit(ROWS)
    training, validation = LossCurveDisplay.from_estimator(fitted).ax_.lines
    np.testing.assert_array_equal(training.get_xdata(), np.arange(1, 6))
    np.testing.assert_array_equal(training.get_ydata(), fitted.loss_curve_)
    np.testing.assert_array_equal(validation.get_ydata(), -np.array(fitted.validation_scores_))
    assert [training.get_label(), validation.get_label()] == ["training", "validation"]


def test_validation_losses_are_drawn_at_their_epochs():
    fitted = quick(AutoencoderTransformer, early_stopping=True, warm_start=True).fit(ROWS)
    first = fitted.validation_scores_
    for early_stopping in (False, True):
        fitted.set_params(early_stopping=early_stopping).fit(ROWS)
    drawn = -LossCurveDisplay.from_estimator(fitted).ax_.lines[1].get_ydata()
    assert len(drawn) == fitted.n_epochs_ == 15
    np.testing.assert_array_equal(drawn[:5], first)
    assert np.isnan(drawn[5:10]).all()
    assert np.isfinite(drawn[10:]).all()
    late = quick(AutoencoderTransformer, warm_start=True).fit(ROWS)
    assert late.validation_scores_ is None
    late.set_params(early_stopping=True).fit(ROWS)
    assert np.isnan(late.validation_scores_[:5]).all()
    assert np.isfinite(late.validation_scores_[5:]).all()


def test_pretraining_has_separate_axes():
    network = {"hidden_layer_sizes": (8, 5), "init": "random", "pretraining": "layerwise"}
    fitted = quick(AutoencoderTransformer, **network, pretraining_epochs=2).fit(ROWS)
    display = LossCurveDisplay.from_estimator(make_pipeline(StandardScaler(), fitted).fit(ROWS))
    before, training = display.axes_
    assert display.ax_ is training
    assert [line.get_label() for line in before.lines] == ["layers 1", "layers 2", "layers 3"]
    for line, losses in zip(before.lines, fitted.pretraining_curves_, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), losses)
    np.testing.assert_array_equal(training.lines[0].get_ydata(), fitted.loss_curve_)


def test_a_divergence_has_separate_axes():
    fitted = quick(VAEGenerator, n_components=2).fit(ROWS)
    display = LossCurveDisplay.from_estimator(fitted)
    training, divergence = display.axes_
    assert display.ax_ is training
    np.testing.assert_array_equal(training.lines[0].get_ydata(), fitted.loss_curve_)
    np.testing.assert_array_equal(divergence.lines[0].get_ydata(), fitted.kl_curve_)
    assert "divergence" in divergence.get_ylabel()


def test_joint_pretraining_is_drawn_too():
    fitted = quick(AutoencoderClassifier, pretraining_epochs=2, n_components=2).fit(ROWS, LABELS)
    display = LossCurveDisplay.from_estimator(fitted, yscale="log")
    assert display.axes_[0].lines[0].get_label() == "pretraining"
    assert display.ax_.get_yscale() == "log"


def test_the_scale_of_losses():
    assert LossCurveDisplay([100, 1, 0.5]).plot().ax_.get_yscale() == "log"
    assert LossCurveDisplay([2, 1, -90]).plot().ax_.get_yscale() == "linear"
    assert LossCurveDisplay([100, 1]).plot(yscale="linear").ax_.get_yscale() == "linear"
    with pytest.raises(ValueError, match=r"yscale must be one of .*got 'symlog'"):
        LossCurveDisplay([1.0]).plot(yscale="symlog")
    with pytest.raises(ValueError, match=r"loss_curve must contain one loss per epoch"):
        LossCurveDisplay([])


def test_scores_that_are_no_losses_are_refused():
    perceptron = MLPRegressor(max_iter=200, tol=1.0).fit(ROWS[:20], ROWS[:20, 0])
    with pytest.raises(TypeError, match="network_ and loss_curve_"):
        LossCurveDisplay.from_estimator(perceptron)


def test_a_union_is_refused_and_its_encoder_drawn():
    union = AutoencoderFeatureUnion(quick(AutoencoderTransformer)).fit(ROWS)
    with pytest.raises(TypeError, match=r"union\.named_transformers\['codes'\]"):
        LossCurveDisplay.from_estimator(union)
    encoder = union.named_transformers["codes"]
    (line,) = LossCurveDisplay.from_estimator(encoder).ax_.lines
    np.testing.assert_array_equal(line.get_ydata(), encoder.loss_curve_)
