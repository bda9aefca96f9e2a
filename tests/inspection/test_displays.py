"""Common properties of the displays: axes, errors and unchanged state."""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import sklearn
from containers import every_container
from drawn import FRAME, LABELS, ROWS
from estimators import quick
from helpers import snapshot
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoencoderTransformer, inspection
from sklearn_autoencoders.inspection import (
    CodesDisplay,
    ContributionsDisplay,
    LatentDisplay,
    LossCurveDisplay,
    OutlierScoresDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
    WeightsDisplay,
)

DISPLAYS = [getattr(inspection, name) for name in inspection.__all__ if name.endswith("Display")]
OF_DETECTORS = {ContributionsDisplay, OutlierScoresDisplay}
every_display = pytest.mark.parametrize("cls", DISPLAYS, ids=lambda cls: cls.__name__)


@pytest.fixture
def drawings(transformer, detector):
    """Return, by display, how to draw one of iris."""
    return {
        CodesDisplay: lambda **ax: CodesDisplay.from_estimator(transformer, FRAME, **ax),
        ContributionsDisplay: lambda **ax: ContributionsDisplay.from_estimator(
            detector, FRAME, **ax
        ),
        LatentDisplay: lambda **ax: LatentDisplay.from_estimator(transformer, FRAME, LABELS, **ax),
        LossCurveDisplay: lambda **ax: LossCurveDisplay.from_estimator(transformer, **ax),
        OutlierScoresDisplay: lambda **ax: OutlierScoresDisplay.from_estimator(
            detector, FRAME, **ax
        ),
        ReconstructionDisplay: lambda **ax: ReconstructionDisplay.from_estimator(
            transformer, FRAME, n_rows=1, **ax
        ),
        TraversalDisplay: lambda **ax: TraversalDisplay.from_estimator(transformer, FRAME, **ax),
        WeightsDisplay: lambda **ax: WeightsDisplay.from_estimator(transformer, **ax),
    }


@every_display
def test_a_display_draws_on_a_new_figure(cls, drawings):
    display = drawings[cls]()
    assert isinstance(display, cls)
    assert display.axes_[0] is display.ax_
    assert display.figure_ is display.ax_.figure
    assert plt.get_fignums() == [display.figure_.number]


@every_display
def test_a_display_draws_on_given_axes(cls, drawings):
    figure, (left, right) = plt.subplots(1, 2)
    display = drawings[cls](ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert not left.has_data()
    assert right.has_data()
    assert plt.get_fignums() == [figure.number]
    assert drawings[cls](ax=[left]).ax_ is left


@every_display
def test_a_display_draws_again(cls, drawings):
    display = drawings[cls]()
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first


@every_display
def test_nothing_is_cut_off(cls, drawings):
    display = drawings[cls]()
    display.figure_.canvas.draw()
    box = display.figure_.get_tightbbox()
    width, height = display.figure_.get_size_inches()
    assert box.x0 >= -0.02
    assert box.y0 >= -0.02
    assert box.x1 <= width + 0.02
    assert box.y1 <= height + 0.02


@every_display
def test_no_setting_is_changed(cls, drawings):
    settings, before = dict(mpl.rcParams), snapshot()
    drawings[cls]()
    assert dict(mpl.rcParams) == settings
    assert snapshot() == before


def drawn_values(display):
    """Return all numbers that a display has drawn."""
    return [
        np.asarray(values, dtype=float)
        for ax in display.axes_
        for values in (
            *(image.get_array() for image in ax.images),
            *(points.get_offsets() for points in ax.collections),
            *(line.get_xydata() for line in ax.lines),
            *([bar.get_width(), bar.get_height()] for bar in ax.patches),
        )
    ]


@every_container
@pytest.mark.parametrize(
    "cls",
    [
        CodesDisplay,
        ContributionsDisplay,
        LatentDisplay,
        OutlierScoresDisplay,
        ReconstructionDisplay,
        TraversalDisplay,
    ],
)
def test_samples_can_be_in_any_container(cls, convert):
    kind = AutoencoderOutlierDetector if cls in OF_DETECTORS else AutoencoderTransformer
    frame = FRAME.iloc[:30]
    X = convert(frame)
    displays = [
        cls.from_estimator(quick(kind, n_components=2, max_epochs=1).fit(samples), samples)
        for samples in (frame, X)
    ]
    for found, expected in zip(*map(drawn_values, displays), strict=True):
        np.testing.assert_array_equal(found, expected)
    if hasattr(X, "columns") and hasattr(displays[1], "feature_names"):
        assert list(displays[1].feature_names) == list(FRAME.columns)


@every_container
def test_given_samples_can_be_in_any_container(convert):
    X = convert(FRAME.iloc[:5])
    has_names = hasattr(X, "columns")
    codes, pairs = CodesDisplay.from_predictions(X), ReconstructionDisplay.from_predictions(X, X)
    sample = convert(FRAME.iloc[:1])
    parts = ContributionsDisplay.from_predictions(-ROWS[0], sample, ROWS[0])
    np.testing.assert_array_equal(LatentDisplay.from_predictions(X).codes, ROWS[:5])
    np.testing.assert_array_equal(codes.codes, ROWS[:5])
    for names in (codes.component_names, pairs.feature_names, parts.feature_names):
        assert (list(names) == list(FRAME.columns)) == has_names


@pytest.mark.parametrize("output", ["pandas", "polars"])
@every_display
def test_the_configured_output_does_not_matter(cls, drawings, output):
    expected = drawn_values(drawings[cls]())
    with sklearn.config_context(transform_output=output):
        found = drawn_values(drawings[cls]())
    assert found
    for values, others in zip(found, expected, strict=True):
        np.testing.assert_array_equal(values, others)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("estimator_output", ["default", "pandas", "polars"])
def test_codes_next_to_principal_components_in_any_container(output, estimator_output):
    fitted = quick(AutoencoderTransformer, n_components=2).fit(FRAME)
    expected = drawn_values(LatentDisplay.from_estimator(fitted, FRAME, LABELS, compare_pca=True))
    fitted.set_output(transform=estimator_output)
    with sklearn.config_context(transform_output=output):
        display = LatentDisplay.from_estimator(fitted, FRAME, LABELS, compare_pca=True)
    for values, others in zip(drawn_values(display), expected, strict=True):
        np.testing.assert_array_equal(values, others)


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("step_output", ["default", "pandas", "polars"])
@pytest.mark.parametrize("cls", [CodesDisplay, LatentDisplay, ReconstructionDisplay])
def test_displays_of_pipelines_in_any_container(cls, output, step_output):
    scaler = StandardScaler().set_output(transform=step_output)
    pipeline = make_pipeline(scaler, quick(AutoencoderTransformer, n_components=2)).fit(FRAME)
    expected = drawn_values(cls.from_estimator(pipeline, FRAME))
    with sklearn.config_context(transform_output=output):
        found = drawn_values(cls.from_estimator(pipeline, FRAME))
    for values, others in zip(found, expected, strict=True):
        np.testing.assert_array_equal(values, others)


@every_display
def test_without_matplotlib_the_error_names_the_package(cls, drawings, monkeypatch):
    display = drawings[cls]()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = rf"{cls.__name__}.* requires matplotlib.*pip install 'sklearn_autoencoders\[plot\]'"
    with pytest.raises(ImportError, match=message):
        drawings[cls]()
    with pytest.raises(ImportError, match=message):
        display.plot()


def drawn_from(cls, estimator, X=ROWS, **params):
    rows = () if cls in (LossCurveDisplay, WeightsDisplay) else (X,)
    return cls.from_estimator(estimator, *rows, **params)


@every_display
def test_an_unfitted_estimator_is_refused(cls):
    with pytest.raises(NotFittedError):
        drawn_from(cls, AutoencoderOutlierDetector())
    with pytest.raises(NotFittedError):
        drawn_from(cls, make_pipeline(StandardScaler(), AutoencoderTransformer()))
    assert not plt.get_fignums()


@every_display
def test_an_estimator_without_the_method_is_refused(cls):
    model = make_pipeline(PCA(2), KNeighborsClassifier()).fit(ROWS, LABELS)
    with pytest.raises(TypeError, match=r"needs an estimator with .*got KNeighbors.*pipeline\[:-1"):
        drawn_from(cls, model)
    assert not plt.get_fignums()


@pytest.mark.parametrize("cls", [LatentDisplay, CodesDisplay, ReconstructionDisplay])
def test_invalid_samples_are_rejected_before_drawing(cls, transformer):
    with pytest.raises(ValueError, match="feature names should match"):
        cls.from_estimator(transformer, FRAME.iloc[:, :2])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        cls.from_estimator(transformer, FRAME, LABELS[:-1])
    with pytest.raises(ValueError, match="n_rows == 0, must be >= 1"):
        cls.from_estimator(transformer, FRAME, n_rows=0)
    assert not plt.get_fignums()


def test_several_axes_have_to_fit(transformer):
    figure, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match=r"one matplotlib Axes, or 2 of them"):
        LatentDisplay.from_estimator(transformer, FRAME, compare_pca=True, ax=axes)
    display = LatentDisplay.from_estimator(transformer, FRAME, compare_pca=True, ax=axes[:2])
    assert list(display.axes_) == list(axes[:2])
    display.plot(ax=axes[2])  # divided
    assert len(display.axes_) == 2
    assert axes[2] not in display.axes_
    assert all(ax.figure is figure for ax in display.axes_)
    with pytest.raises(ValueError, match="cannot be divided because it is not a subplot"):
        display.plot(ax=figure.add_axes((0, 0, 1, 1)))


def test_names_are_drawn_as_they_are_written(detector):
    odd = FRAME.set_axis(["cost_$_to_$", "a$_$b", "$price$", "_hidden"], axis=1)
    kinds = np.where(LABELS == 0, "_private", "<$_50k$")
    transformer = quick(AutoencoderTransformer, n_components=2).fit(odd)
    detector = quick(AutoencoderOutlierDetector).fit(odd)
    displays = [
        ReconstructionDisplay.from_estimator(transformer, odd),
        TraversalDisplay.from_estimator(transformer, odd),
        ContributionsDisplay.from_estimator(detector, odd),
        WeightsDisplay.from_estimator(transformer),
        CodesDisplay.from_predictions(odd, kinds),
        OutlierScoresDisplay.from_estimator(detector, odd, kinds),
        LatentDisplay.from_estimator(transformer, odd, pd.Series(kinds, name="$y_$")),
    ]
    for display in displays:
        display.figure_.canvas.draw()  # fails for invalid formulas
    for display in displays[-2:]:
        legend = [text.get_text().strip() for text in display.ax_.get_legend().get_texts()]
        assert {r"<\$_50k\$", "_private"} <= set(legend)


def test_a_legend_stays_in_axes_without_room(transformer):
    _, (left, right) = plt.subplots(1, 2)
    LatentDisplay.from_estimator(transformer, FRAME, LABELS, ax=left)
    left.figure.canvas.draw()
    assert left.get_legend().get_window_extent().x1 < right.get_window_extent().x0


def test_long_names_leave_room(transformer, detector):
    long = FRAME.set_axis([f"column {'very ' * 12}long {i}" for i in range(4)], axis=1)
    drawn = quick(AutoencoderTransformer).fit(long), quick(AutoencoderOutlierDetector).fit(long)
    for display in (
        TraversalDisplay.from_estimator(drawn[0], long),
        ContributionsDisplay.from_estimator(drawn[1], long),
    ):
        display.figure_.canvas.draw()
        box, (width, _) = display.figure_.get_tightbbox(), display.figure_.get_size_inches()
        assert box.x0 >= -0.02
        assert box.x1 <= width + 0.02
        assert display.ax_.get_window_extent().width / display.figure_.dpi > 2
