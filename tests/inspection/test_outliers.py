"""Displays of anomaly scores and contributions."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from drawn import FRAME, ROWS, tick_labels
from estimators import quick
from helpers import table
from sklearn.ensemble import IsolationForest
from sklearn.svm import OneClassSVM

from sklearn_autoencoders import AutoencoderOutlierDetector
from sklearn_autoencoders.inspection import ContributionsDisplay, OutlierScoresDisplay
from sklearn_autoencoders.networks import Convolutional


def counts(bars):
    return np.array([bar.get_height() for bar in bars])


def test_the_histogram_holds_the_scores_and_the_threshold(detector):
    display = OutlierScoresDisplay.from_estimator(detector, FRAME, bins=7)
    expected, edges = np.histogram(detector.score_samples(FRAME), 7)
    (bars,) = display.ax_.containers
    np.testing.assert_array_equal(counts(bars), expected)
    np.testing.assert_allclose([bar.get_x() for bar in bars], edges[:-1])
    (line,) = display.ax_.lines
    np.testing.assert_array_equal(line.get_xdata(), [detector.offset_, detector.offset_])


@pytest.mark.parametrize("offset", [-2.5, -1.0, 0.0, 2.0])
def test_the_threshold_does_not_cross_the_legend(offset):
    scores = np.random.RandomState(0).randn(500)
    display = OutlierScoresDisplay.from_predictions(scores, offset)
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    line = display.ax_.lines[0].get_window_extent()
    assert not legend.x0 <= line.x0 <= legend.x1


def test_the_legend_on_given_axes_has_a_background():
    _, ax = plt.subplots()
    OutlierScoresDisplay.from_predictions([-3.0, -1.0], -2.0, ax=ax)
    assert ax.get_legend().get_frame_on()


def test_distant_samples_do_not_compress_the_range():
    scores = -np.geomspace(0.5, 2, 101)
    assert OutlierScoresDisplay.from_predictions(scores, -3).ax_.get_xscale() == "linear"
    display = OutlierScoresDisplay.from_predictions(np.append(scores, -900), -3.0, bins=20)
    assert display.ax_.get_xscale() == "symlog"
    (bars,) = display.ax_.containers
    assert counts(bars).sum() == 102
    assert np.count_nonzero(counts(bars)) > 3
    low, high = display.ax_.get_xlim()
    assert low < -900
    assert -0.5 < high < 0
    message = "xscale='log' requires negative scores that differ, and a negative threshold; got"
    with pytest.raises(ValueError, match=message):
        OutlierScoresDisplay.from_predictions([1.0, 2.0], xscale="log")


@pytest.mark.parametrize("offset", [-2000.0, -3.0, -0.1, 0.0, 0.7])
@pytest.mark.parametrize("shift", [0.0, -3.0])
def test_the_threshold_is_in_the_picture(offset, shift):
    scores = shift - np.append(np.geomspace(0.5, 2, 101), 900)
    low, high = OutlierScoresDisplay.from_predictions(scores, offset).ax_.get_xlim()
    assert low < min(offset, scores.min()) < max(offset, scores.max()) < high


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ((-1, 1), ["inliers", "outliers"]),
        ((1, 0), ["0", "1"]),
        ((1.0, 0.0), ["0", "1"]),
        ((np.nan, 1.0), ["1", "unknown"]),
        ((False, True), ["True", "False"]),
        (("b", "a"), ["a", "b"]),
    ],
)
def test_groups_of_samples_have_colors(detector, values, names):
    is_outlier = np.arange(150) % 5 == 0
    y_true = np.where(is_outlier, *values)
    display = OutlierScoresDisplay.from_estimator(detector, FRAME, y_true)
    legend = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert legend == ["threshold", *names] or legend == [*names, "threshold"]
    assert [counts(bars).sum() for bars in display.ax_.containers] == [120, 30]


def test_other_detectors_and_scores_alone():
    forest = IsolationForest(n_estimators=5, random_state=0).fit(ROWS)
    assert OutlierScoresDisplay.from_estimator(forest, ROWS).offset == forest.offset_
    machine = OneClassSVM().fit(ROWS)
    assert OutlierScoresDisplay.from_estimator(machine, ROWS).offset == machine.offset_[0]
    display = OutlierScoresDisplay.from_predictions([1.0, 2.0, 3.0])
    assert not display.ax_.lines
    assert display.ax_.get_legend() is None
    with pytest.raises(ValueError, match="scores contains NaN"):
        OutlierScoresDisplay.from_predictions([1.0, np.nan])
    with pytest.raises(ValueError, match="y_true has 31 distinct labels"):
        OutlierScoresDisplay.from_predictions(np.ones(31), y_true=np.arange(31))
    with pytest.raises(ValueError, match="bins == 0"):
        display.plot(bins=0)


def test_bars_are_contributions(detector):
    X = FRAME.copy()
    X.iloc[3, 2] = np.nan
    display = ContributionsDisplay.from_estimator(detector, X, row=3)
    found = detector.explain(X.iloc[[3]])
    lowest = found.contribution.iloc[0].sort_values(kind="stable")
    np.testing.assert_array_equal([bar.get_width() for bar in display.ax_.patches], lowest)
    labels = tick_labels(display.ax_.yaxis)
    assert [label.split(":")[0] for label in labels] == list(lowest.index)
    assert labels[-1].startswith("petal length (cm): missing (expected")
    first = lowest.index[0]
    known, expected = X.loc[3, first], found.expected[first].iloc[0]
    assert labels[0] == f"{first}: {known:.4g} (expected {expected:.4g})"
    assert display.ax_.yaxis_inverted()  # the first one is at the top


def test_the_other_features_are_one_bar(detector):
    display = ContributionsDisplay.from_estimator(detector, FRAME, n_columns=1)
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert len(widths) == 2
    assert sum(widths) == pytest.approx(detector.score_samples(FRAME)[0])
    assert tick_labels(display.ax_.yaxis)[1] == "3 other features"


def test_contributions_of_images_and_of_plain_arrays():
    images = table(60, 64).reshape(-1, 8, 8)
    network = Convolutional((8, 8), channels=(2,))
    fitted = quick(AutoencoderOutlierDetector, network=network, max_epochs=1, n_estimators=2)
    fitted.fit(images)
    display = ContributionsDisplay.from_estimator(fitted, images, row=1)
    np.testing.assert_array_equal(display.values, images[1].ravel())
    display = ContributionsDisplay.from_predictions(
        [-1, -2], [3, 4], [5, 6], feature_names=["a", "b"]
    )
    assert tick_labels(display.ax_.yaxis) == ["b: 4 (expected 6)", "a: 3 (expected 5)"]
    series = pd.Series([3, 4], ["c", "d"])
    for values in (series, series.to_frame().T):
        display = ContributionsDisplay.from_predictions([-1, -2], values, [5, 6])
        assert tick_labels(display.ax_.yaxis) == ["d: 4 (expected 6)", "c: 3 (expected 5)"]
    with pytest.raises(ValueError, match="must be one sample"):
        ContributionsDisplay.from_predictions([-1, -2], [3, 4], [5])
    with pytest.raises(ValueError, match="row == 60, must be <= 59"):
        ContributionsDisplay.from_estimator(fitted, images, row=60)
