"""Displays draw what the estimators say, where they are told to, and change nothing else."""

import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from estimators import quick
from helpers import snapshot, table
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import OneClassSVM

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderOutlierDetector,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
    inspection,
)
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
from sklearn_autoencoders.networks import Convolutional, Dense

DISPLAYS = [getattr(inspection, name) for name in inspection.__all__ if name.endswith("Display")]
FRAME, LABELS = load_iris(return_X_y=True, as_frame=True)
ROWS = FRAME.to_numpy()
DIGITS = load_digits().data[:120]

every_display = pytest.mark.parametrize("cls", DISPLAYS, ids=lambda cls: cls.__name__)


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def transformer():
    return quick(AutoencoderTransformer, n_components=3).fit(FRAME)


@pytest.fixture(scope="module")
def detector():
    return quick(AutoencoderOutlierDetector, max_epochs=20).fit(FRAME)


@pytest.fixture(scope="module")
def of_images():
    return quick(AutoencoderTransformer, n_components=4).fit(DIGITS)


@pytest.fixture(scope="module")
def convolutional():
    network = Convolutional((8, 8), channels=(4,))
    return quick(AutoencoderTransformer, network=network, max_epochs=1).fit(DIGITS)


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


def tick_labels(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def tiles(display, n_columns, size=8, gap=1):
    """Return the images of a grid, row by row."""
    grid = np.asarray(display.ax_.images[0].get_array())
    step = size + gap
    n_rows = (grid.shape[0] + gap) // step
    return np.array(
        [
            grid[r * step : r * step + size, c * step : c * step + size]
            for r in range(n_rows)
            for c in range(n_columns)
        ]
    )


def in_range(images, like):
    return np.clip(images, np.nanmin(like), np.nanmax(like)).reshape(-1, 8, 8)


# ------------------------------------------------------------------------------ all displays


@every_display
def test_a_display_draws_on_a_figure_of_its_own(cls, drawings):
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


@every_display
def test_without_matplotlib_the_error_says_what_to_install(cls, drawings, monkeypatch):
    display = drawings[cls]()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    message = rf"{cls.__name__}.* needs matplotlib.*pip install 'sklearn_autoencoders\[plot\]'"
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
def test_wrong_rows_are_refused_before_anything_is_drawn(cls, transformer):
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
    with pytest.raises(ValueError, match="no subplot, cannot be divided"):
        display.plot(ax=figure.add_axes((0, 0, 1, 1)))


# ------------------------------------------------------------------------------------ losses


def test_curves_are_those_of_the_fit():
    fitted = quick(AutoencoderTransformer, early_stopping=True).fit(ROWS)
    training, validation = LossCurveDisplay.from_estimator(fitted).ax_.lines
    np.testing.assert_array_equal(training.get_xdata(), np.arange(1, 6))
    np.testing.assert_array_equal(training.get_ydata(), fitted.loss_curve_)
    np.testing.assert_array_equal(validation.get_ydata(), -np.array(fitted.validation_scores_))
    assert [training.get_label(), validation.get_label()] == ["training", "validation"]


def test_each_validation_stands_at_its_epoch():
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


def test_pretraining_has_axes_of_its_own():
    network = {"hidden_layer_sizes": (8, 5), "init": "random", "pretraining": "layerwise"}
    fitted = quick(AutoencoderTransformer, **network, pretraining_epochs=2).fit(ROWS)
    display = LossCurveDisplay.from_estimator(make_pipeline(StandardScaler(), fitted).fit(ROWS))
    before, training = display.axes_
    assert display.ax_ is training
    assert [line.get_label() for line in before.lines] == ["layers 1", "layers 2", "layers 3"]
    for line, losses in zip(before.lines, fitted.pretraining_curves_, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), losses)
    np.testing.assert_array_equal(training.lines[0].get_ydata(), fitted.loss_curve_)


def test_a_divergence_has_axes_of_its_own():
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
    with pytest.raises(ValueError, match=r"loss_curve must hold a loss for each epoch"):
        LossCurveDisplay([])


def test_scores_that_are_no_losses_are_refused():
    perceptron = MLPRegressor(max_iter=200, tol=1.0).fit(ROWS[:20], ROWS[:20, 0])
    with pytest.raises(TypeError, match="network_ and loss_curve_"):
        LossCurveDisplay.from_estimator(perceptron)


# ------------------------------------------------------------------------------------- codes


def test_points_are_codes(transformer):
    display = LatentDisplay.from_estimator(transformer, FRAME, components=(2, 0), s=3)
    (cloud,) = display.ax_.collections
    np.testing.assert_array_equal(cloud.get_offsets(), transformer.transform(FRAME)[:, [2, 0]])
    assert cloud.get_sizes() == [3]
    assert display.ax_.get_xlabel() == "component 2"


def test_classes_have_colours_and_a_legend(transformer):
    display = LatentDisplay.from_estimator(transformer, FRAME, LABELS)
    codes = transformer.transform(FRAME)
    assert len(display.ax_.collections) == 3
    for label, cloud in enumerate(display.ax_.collections):
        np.testing.assert_array_equal(cloud.get_offsets(), codes[label == LABELS, :2])
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "2"]
    assert legend.get_title().get_text() == "target"
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in display.ax_.collections}) == 3


def test_numbers_have_a_colour_bar(transformer):
    lengths = FRAME["petal length (cm)"].copy()
    lengths[3] = np.nan
    display = LatentDisplay.from_estimator(transformer, FRAME, lengths)
    (cloud,) = display.ax_.collections
    assert len(cloud.get_offsets()) == 150  # the row without a number too
    np.testing.assert_array_equal(np.ma.filled(cloud.get_array(), np.nan), lengths)
    assert display.figure_.axes[1].get_ylabel() == "petal length (cm)"
    assert display.ax_.get_legend() is None


@pytest.mark.parametrize(
    ("y", "names"),
    [
        (["b", "a", "a"], ["a", "b"]),
        ([1.0, np.nan, 2.0], ["1", "2", "unknown"]),
        (np.array(["a", -1, "b"], dtype=object), ["-1", "a", "b"]),
        (np.array([10, 9, -1], dtype=object), ["-1", "9", "10"]),
        ([True, False, True], ["False", "True"]),
        (np.array(["01", "1", "1.0"], dtype=object), ["01", "1", "1.0"]),
        (np.array(["z", None, "a"], dtype=object), ["a", "z", "unknown"]),
        (pd.Series(["z", pd.NA, "a"], dtype="string"), ["a", "z", "unknown"]),
        (pd.Categorical(["z", np.nan, "a"]), ["a", "z", "unknown"]),
        (np.array([True, False, None], dtype=object), ["False", "True", "unknown"]),
    ],
)
def test_what_classes_may_be(y, names):
    legend = LatentDisplay.from_predictions(ROWS[:3], y).ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == names
    greys = [line.get_facecolor()[0, :3] for line in legend.legend_handles[-1:]]
    assert (np.ptp(greys) == 0) == ("unknown" in names)


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="y has 31 classes, of which at most 30"):
        LatentDisplay.from_predictions(ROWS[:31], [f"class {i}" for i in range(31)])
    words = [f"class {i}" for i in range(30)]
    clouds = LatentDisplay.from_predictions(ROWS[:30], words).ax_.collections
    looks = {(str(c.get_facecolor()), str(c.get_paths()[0].vertices)) for c in clouds}
    assert len(looks) == 30


def test_pca_draws_from_no_global_stream(rng):
    noise, before = rng.randn(600, 80), snapshot()
    for rows in (noise, noise[:70]):
        exact = PCA(2, svd_solver="full").fit(rows)
        beside = LatentDisplay.from_estimator(exact, rows, compare_pca=True).axes_[1]
        found = beside.collections[0].get_offsets()
        np.testing.assert_allclose(found, exact.transform(rows), atol=1e-8)
    assert snapshot() == before


@pytest.mark.parametrize("components", [(0, 3), (-1, 0), (0,), (0, 1, 2), (0.0, 1.0), "01"])
def test_components_have_to_be_there(transformer, components):
    with pytest.raises(ValueError, match="draws two components, and the codes have one"):
        LatentDisplay(ROWS[:, :1])
    with pytest.raises(ValueError, match="components must be"):
        LatentDisplay.from_estimator(transformer, FRAME, components=components)


def test_pca_is_drawn_beside():
    fitted = quick(AutoencoderTransformer, scaling="feature").fit(ROWS)
    display = LatentDisplay.from_estimator(fitted, ROWS, compare_pca=True)
    expected = PCA(2).fit_transform(StandardScaler().fit_transform(ROWS))
    np.testing.assert_allclose(display.axes_[1].collections[0].get_offsets(), expected)
    holes = ROWS.copy()
    holes[::7, 1] = np.nan
    beside = LatentDisplay.from_estimator(fitted, holes, compare_pca=True).axes_[1]
    assert np.isfinite(beside.collections[0].get_offsets()).all()
    with pytest.raises(ValueError, match="compare_pca=True needs at least 2 rows and columns"):
        LatentDisplay.from_estimator(fitted, ROWS[:1], compare_pca=True)
    display = LatentDisplay(ROWS, pca_codes=ROWS[:, :2]).plot()
    np.testing.assert_array_equal(display.axes_[1].collections[0].get_offsets(), ROWS[:, :2])
    with pytest.raises(ValueError, match="pca_codes must have 2 columns; got 4"):
        LatentDisplay(ROWS, pca_codes=ROWS)


def test_a_pipeline_is_drawn_by_its_last_step():
    model = make_pipeline(StandardScaler(), quick(AutoencoderTransformer)).fit(FRAME)
    display = LatentDisplay.from_estimator(model, FRAME, compare_pca=True)
    np.testing.assert_array_equal(
        display.ax_.collections[0].get_offsets(), model.transform(FRAME)[:, :2]
    )
    display = ReconstructionDisplay.from_estimator(model, FRAME, n_rows=1)
    assert tick_labels(display.ax_.xaxis) == list(FRAME.columns)
    np.testing.assert_array_equal(display.X, model[:-1].transform(FRAME)[:1])


def test_steps_that_name_no_columns_are_no_obstacle():
    double = FunctionTransformer(lambda X: 2 * X)
    model = make_pipeline(double, quick(AutoencoderTransformer)).fit(ROWS)
    display = TraversalDisplay.from_interpolation(model, ROWS[:1], ROWS[1:2])
    assert [line.get_label() for line in display.ax_.lines] == ["x0", "x1", "x2", "x3"]
    codes = model.transform(ROWS[:2])
    ends = [[line.get_ydata()[place] for line in display.ax_.lines] for place in (0, -1)]
    np.testing.assert_allclose(ends, model[-1].inverse_transform(codes))


@pytest.mark.parametrize(
    ("cls", "params"),
    [(AutoencoderClassifier, {}), (VAEGenerator, {"conditional": True}), (PCA, None)],
)
def test_whatever_transforms_has_codes(cls, params):
    fitted = (PCA(2) if params is None else quick(cls, n_components=2, **params)).fit(ROWS, LABELS)
    for display in (LatentDisplay, CodesDisplay):
        drawn = display.from_estimator(fitted, ROWS, LABELS, n_rows=200)
        np.testing.assert_array_equal(drawn.codes, fitted.transform(ROWS))


def test_a_denoiser_shows_its_codes():
    fitted = quick(DenoisingAutoencoder, n_components=2).fit(ROWS)
    display = LatentDisplay.from_estimator(fitted, ROWS)
    assert fitted.output == "denoised"  # as it was
    codes = fitted.set_params(output="code").transform(ROWS)
    np.testing.assert_array_equal(display.codes, codes)
    fitted.set_params(output="denoised")
    assert TraversalDisplay.from_estimator(fitted, ROWS).rows.shape == (1, 8, 4)


def test_many_rows_are_thinned_evenly(transformer):
    display = LatentDisplay.from_estimator(transformer, FRAME, LABELS, n_rows=4)
    codes = transformer.transform(FRAME.iloc[[0, 50, 99, 149]])
    np.testing.assert_array_equal(display.codes, codes)
    np.testing.assert_array_equal(display.y, [0, 1, 1, 2])


def test_output_containers_do_not_matter(transformer):
    model = quick(AutoencoderTransformer, n_components=3).fit(FRAME).set_output(transform="pandas")
    display = CodesDisplay.from_estimator(model, FRAME)
    np.testing.assert_array_equal(
        display.codes, CodesDisplay.from_estimator(transformer, FRAME).codes
    )


def test_a_heat_map_holds_codes_sorted_by_class(transformer):
    codes, y = transformer.transform(FRAME), np.arange(150) % 3
    display = CodesDisplay.from_estimator(transformer, FRAME, y, n_rows=150)
    image = display.ax_.images[0]
    np.testing.assert_array_equal(image.get_array(), codes[np.argsort(y, kind="stable")])
    assert image.norm.vmin == -image.norm.vmax == -np.abs(codes).max()
    assert tick_labels(display.ax_.yaxis) == ["0", "1", "2"]
    np.testing.assert_array_equal(display.ax_.get_yticks(), [24.5, 74.5, 124.5])
    positive = CodesDisplay.from_predictions(pd.DataFrame(np.abs(codes), columns=list("abc")))
    assert positive.ax_.images[0].norm.vmin == 0
    assert tick_labels(positive.ax_.xaxis) == ["a", "b", "c"]
    by_number = CodesDisplay.from_estimator(transformer, FRAME, ROWS[:, 2], n_rows=150)
    assert by_number.ax_.get_ylabel() == "150 rows, sorted by y"
    assert tick_labels(by_number.ax_.yaxis) == []


def test_codes_as_images(of_images):
    display = CodesDisplay.from_estimator(of_images, DIGITS[:10], code_shape=(2, 2))
    codes = of_images.transform(DIGITS[:10])
    np.testing.assert_array_equal(tiles(display, 10, size=2), codes.reshape(-1, 2, 2))
    y = np.arange(20) // 7
    display = CodesDisplay.from_predictions(np.ones((20, 4)), y, code_shape=(2, 2))
    assert tick_labels(display.ax_.yaxis) == ["0 to 1", "1 to 2"]
    with pytest.raises(ValueError, match=r"image_shape=\(3, 2\) needs X with 6 columns"):
        CodesDisplay.from_predictions(codes, code_shape=(3, 2))


# --------------------------------------------------------------------------- reconstructions


def test_originals_stand_over_reconstructions(of_images):
    display = ReconstructionDisplay.from_estimator(of_images, DIGITS, image_shape=(8, 8), n_rows=6)
    rows = np.concatenate([DIGITS[:6], of_images.reconstruct(DIGITS[:6])])
    np.testing.assert_array_equal(tiles(display, 6), in_range(rows, DIGITS[:6]))
    assert tick_labels(display.ax_.yaxis) == ["original", "reconstruction"]


def test_a_network_knows_the_shape_of_images(convolutional):
    X = DIGITS.copy()
    X[0, :8] = np.nan
    for rows in (X, X.reshape(-1, 8, 8)):
        display = ReconstructionDisplay.from_estimator(convolutional, rows)
        images = tiles(display, 10)
        assert np.isnan(images[0, 0]).all()
        np.testing.assert_array_equal(images[1:10], X[1:10].reshape(-1, 8, 8))


@pytest.mark.parametrize("shape", [(8, 8, 3), (3, 8, 8)])
def test_colours_come_first_or_last(shape, rng):
    images = rng.uniform(size=(2, *shape))
    images[0].flat[:] = np.linspace(0, 1, 192)
    display = ReconstructionDisplay.from_predictions(images, images)
    shown = tiles(display, 2)
    expected = images if shape[-1] == 3 else np.moveaxis(images, 1, -1)
    np.testing.assert_allclose(shown[:2], (expected - images.min()) / np.ptp(images))


@pytest.mark.parametrize("shape", [(8,), (8, 4, 2), (8, 7), (0, 64), (8.0, 8.0), 64, "88"])
def test_a_shape_that_is_none_is_refused(of_images, shape):
    with pytest.raises(ValueError, match="image_shape"):
        ReconstructionDisplay.from_estimator(of_images, DIGITS, image_shape=shape)
    assert not plt.get_fignums()


def heights(ax, name):
    (bars,) = [bars for bars in ax.containers if bars.get_label() == name]
    return np.array([bar.get_height() for bar in bars])


def test_rows_of_a_table_are_bars_in_their_units(transformer):
    display = ReconstructionDisplay.from_estimator(transformer, FRAME, n_rows=2, units="original")
    assert len(display.axes_) == 2
    for number, ax in enumerate(display.axes_):
        np.testing.assert_array_equal(heights(ax, "original"), ROWS[number])
        rows = transformer.reconstruct(FRAME)
        np.testing.assert_allclose(heights(ax, "reconstruction"), rows[number])
    assert tick_labels(display.axes_[1].xaxis) == list(FRAME.columns)
    assert [ax.get_title() for ax in display.axes_] == ["row 0", "row 1"]
    named = FRAME.set_axis([f"flower {i}" for i in range(150)], axis=0).iloc[5:]
    display = ReconstructionDisplay.from_estimator(transformer, named, n_rows=2)
    assert [ax.get_title() for ax in display.axes_] == ["row flower 5", "row flower 6"]


def test_columns_that_differ_widely_are_standardised(transformer):
    display = ReconstructionDisplay.from_estimator(transformer, FRAME, units="standardized")
    expected = StandardScaler().fit_transform(ROWS)[0]
    np.testing.assert_allclose(heights(display.ax_, "original"), expected)
    assert display.ax_.get_ylabel() == "value, standardised"
    assert display.plot().ax_.get_ylabel() == "value"
    wide = ROWS * [1, 1, 1, 1000]
    assert ReconstructionDisplay(wide, wide).plot().ax_.get_ylabel() == "value, standardised"
    with pytest.raises(ValueError, match=r"units must be one of .*got 'cm'"):
        display.plot(units="cm")


def test_few_rows_are_standardised_as_the_estimator_does():
    X = ROWS * [1, 1, 1, 1000]
    fitted = quick(AutoencoderTransformer, scaling="feature").fit(X)
    expected = StandardScaler().fit(X).transform(X[[7]])[0]
    display = ReconstructionDisplay.from_estimator(fitted, X[[7]])
    np.testing.assert_allclose(heights(display.ax_, "original"), expected)
    alone = ReconstructionDisplay.from_predictions(X[[7]], fitted.reconstruct(X[[7]]))
    assert alone.ax_.get_ylabel() == "value"
    np.testing.assert_array_equal(heights(alone.ax_, "original"), X[7])
    with pytest.raises(ValueError, match="X must have at least two rows with different codes"):
        TraversalDisplay.from_estimator(fitted, X[[7, 7]])


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
        display.figure_.canvas.draw()  # fails over what is no formula
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


def test_the_worst_columns_are_drawn():
    X = np.random.RandomState(0).randn(3, 50)
    wrong = X.copy()
    wrong[1, [7, 30]] += 99
    display = ReconstructionDisplay.from_predictions(X, wrong, n_columns=2)
    assert tick_labels(display.axes_[-1].xaxis) == ["x7", "x30"]
    names = [f"column {i}" for i in range(50)]
    display = ReconstructionDisplay.from_predictions(X, wrong, feature_names=names, n_columns=2)
    assert tick_labels(display.axes_[-1].xaxis) == ["column 7", "column 30"]
    with pytest.raises(ValueError, match="a name for each of the 50 columns; got 1"):
        ReconstructionDisplay.from_predictions(X, wrong, feature_names=["a"])
    with pytest.raises(ValueError, match=r"reconstruction must be of the shape of X"):
        ReconstructionDisplay.from_predictions(X, wrong[:2])


def test_missing_values_and_constant_columns_are_no_obstacle(detector):
    holes = FRAME.copy()
    holes.iloc[:, 1] = 3.0
    holes.iloc[0, 2] = np.nan
    display = ReconstructionDisplay.from_estimator(detector, holes, units="standardized")
    assert np.isnan(heights(display.ax_, "original")[2])
    assert np.isfinite(heights(display.ax_, "reconstruction")).all()


def test_what_encodes_and_decodes_can_reconstruct():
    pca = PCA(2).fit(ROWS)
    display = ReconstructionDisplay.from_estimator(pca, ROWS, n_rows=1)
    expected = pca.inverse_transform(pca.transform(ROWS[:1]))
    np.testing.assert_array_equal(display.reconstruction, expected)
    union = AutoencoderFeatureUnion(quick(AutoencoderTransformer)).fit(ROWS)
    display = ReconstructionDisplay.from_estimator(union, ROWS, n_rows=1)
    np.testing.assert_allclose(display.reconstruction, ROWS[:1])


def test_conditions_are_handed_on(transformer):
    vae = quick(VAEGenerator, n_components=2, conditional=True).fit(ROWS, LABELS)
    display = ReconstructionDisplay.from_estimator(vae, ROWS, LABELS, n_rows=2)
    expected = vae.reconstruct(ROWS[:2], LABELS[:2])
    np.testing.assert_array_equal(display.reconstruction, expected)
    rows = TraversalDisplay.from_interpolation(vae, ROWS[:1], ROWS[-1:], 1, n_steps=5).rows
    np.testing.assert_allclose(rows, vae.interpolate(ROWS[:1], ROWS[-1:], 5, y=1))
    with pytest.raises(ValueError, match=r"y was given, but .*reconstruct takes none"):
        ReconstructionDisplay.from_estimator(transformer, FRAME, LABELS)


# -------------------------------------------------------------------------------- traversals


def test_one_component_varies_over_its_quantiles(transformer):
    display = TraversalDisplay.from_estimator(
        transformer, FRAME, components=1, n_steps=5, quantiles=(0, 1)
    )
    codes = transformer.transform(FRAME)
    way = np.tile(np.median(codes, axis=0), (5, 1))
    way[:, 1] = np.quantile(codes[:, 1], np.linspace(0, 1, 5))
    expected = transformer.inverse_transform(way)
    for line, values in zip(display.ax_.lines, expected.T, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), way[:, 1])
        np.testing.assert_allclose(line.get_ydata(), values)
    assert [line.get_label() for line in display.ax_.lines] == list(FRAME.columns)
    assert display.ax_.get_xlabel() == "component 1"


def test_a_row_may_be_the_start(of_images):
    display = TraversalDisplay.from_estimator(
        of_images, DIGITS, components=None, start=7, image_shape=(8, 8), n_steps=3
    )
    codes = of_images.transform(DIGITS)
    code = codes[7].copy()
    code[2] = np.quantile(codes[:, 2], 0.95)
    images = tiles(display, 3)
    assert len(images) == 12
    expected = in_range(of_images.inverse_transform(code[None]), DIGITS)
    np.testing.assert_allclose(images[8], expected[0])
    assert tick_labels(display.ax_.yaxis) == [f"component {k}" for k in range(4)]
    assert tick_labels(display.ax_.xaxis) == ["5%", "50%", "95%"]


def test_the_way_from_one_row_to_another(transformer, of_images):
    A, B = FRAME.iloc[[0, 1]], FRAME.iloc[[149, 148]]
    display = TraversalDisplay.from_interpolation(transformer, A, B, n_steps=3, units="original")
    assert len(display.axes_) == 2
    start, end = (transformer.transform(rows) for rows in (A, B))
    expected = transformer.inverse_transform((start + end) / 2)
    middle = [[line.get_ydata()[1] for line in ax.lines] for ax in display.axes_]
    np.testing.assert_allclose(middle, expected)
    display = TraversalDisplay.from_interpolation(
        of_images, DIGITS[:1], DIGITS[1:2], image_shape=(8, 8)
    )
    ends = of_images.reconstruct(DIGITS[:2])
    np.testing.assert_allclose(tiles(display, 8)[[0, 7]], in_range(ends, DIGITS[:2]), atol=1e-6)


def test_interpolation_is_in_the_estimators_scale():
    X = ROWS * [1, 1, 1, 1000]
    for fitted in (quick(AutoencoderTransformer, scaling="feature").fit(X), PCA(2).fit(X)):
        display = TraversalDisplay.from_interpolation(fitted, X[:1], X[-1:])
        assert display.ax_.get_ylabel() == "value, standardised"


def test_a_scale_for_all_columns_is_none_for_each():
    X = ROWS * [1, 1, 1, 1000]
    fitted = quick(AutoencoderTransformer).fit(X)
    display = TraversalDisplay.from_interpolation(fitted, X[:2], X[-2:], units="standardized")
    assert all(np.ptp(line.get_ydata()) > 0.5 for line in display.ax_.lines)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"components": 3}, "components must be between 0 and 2"),
        ({"components": []}, "components must be whole numbers"),
        ({"quantiles": (0.9, 0.1)}, "quantiles must be two rising numbers"),
        ({"quantiles": 0.5}, "quantiles must be two rising numbers"),
        ({"n_steps": 1}, "n_steps == 1, must be >= 2"),
        ({"start": 150}, "start == 150, must be <= 149"),
        ({"image_shape": (2, 3)}, "needs X with 6 columns"),
    ],
)
def test_a_way_that_is_none_is_refused(transformer, params, message):
    with pytest.raises(ValueError, match=message):
        TraversalDisplay.from_estimator(transformer, FRAME, **params)
    assert not plt.get_fignums()


def test_pairs_have_to_be_pairs(transformer):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        TraversalDisplay.from_interpolation(transformer, FRAME.iloc[:2], FRAME.iloc[:1])
    with pytest.raises(ValueError, match=r"rows must be of shape \(n_paths, n_steps, n_features\)"):
        TraversalDisplay(ROWS, ROWS, ["a"])


# ----------------------------------------------------------------------------------- weights


def test_weights_of_the_linear_path_and_of_the_network_beside_it(of_images):
    encoder = of_images.network_.encoder
    linear = encoder.linear.weight.detach().numpy()
    display = WeightsDisplay.from_estimator(of_images, path="linear", image_shape=(8, 8))
    np.testing.assert_array_equal(tiles(display, 2), linear.reshape(-1, 8, 8))
    hidden = encoder.correction[0][0].weight.detach().numpy()
    shown = WeightsDisplay.from_estimator(of_images, n_units=5).weights
    largest = np.argsort(-np.linalg.norm(hidden, axis=1))[:5]
    np.testing.assert_array_equal(shown, hidden[largest])


@pytest.mark.parametrize("network", [Dense((5,), tied_weights=True), Dense((), batch_norm=True)])
def test_weights_without_a_linear_path(network):
    fitted = quick(AutoencoderTransformer, network=network, init="random").fit(FRAME)
    display = WeightsDisplay.from_estimator(fitted)
    weights = next(p for p in fitted.network_.encoder.parameters() if p.ndim > 1)
    found, expected = display.ax_.images[0].get_array(), weights.detach().numpy()
    np.testing.assert_array_equal(np.sort(found, axis=None), np.sort(expected, axis=None))
    assert tick_labels(display.ax_.xaxis) == list(FRAME.columns)
    with pytest.raises(ValueError, match=r"path='linear' needs a linear path.*init='pca'"):
        WeightsDisplay.from_estimator(fitted, path="linear")


def test_weights_of_other_estimators(detector):
    for fitted in (
        quick(VAEGenerator, n_components=2).fit(ROWS),
        quick(AutoencoderClassifier, n_components=2).fit(ROWS, LABELS),
        detector,
    ):
        assert WeightsDisplay.from_estimator(fitted, n_units=4).weights.shape == (4, 4)


def test_a_network_without_such_a_layer_is_refused(convolutional):
    with pytest.raises(ValueError, match="begins with a fully connected layer on the 64 columns"):
        WeightsDisplay.from_estimator(convolutional)
    assert WeightsDisplay.from_estimator(convolutional, path="linear").image_shape == (8, 8)
    with pytest.raises(ValueError, match=r"path must be one of .*got 'first'"):
        WeightsDisplay.from_estimator(convolutional, path="first")


# ---------------------------------------------------------------------------------- outliers


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


def test_rows_far_away_do_not_press_the_others_together():
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
    message = "xscale='log' needs scores that differ and are negative, as the threshold; got"
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
        ((-1, 1), ["normal rows", "outliers"]),
        ((1, 0), ["0", "1"]),
        ((1.0, 0.0), ["0", "1"]),
        ((np.nan, 1.0), ["1", "unknown"]),
        ((False, True), ["True", "False"]),
        (("b", "a"), ["a", "b"]),
    ],
)
def test_kinds_of_rows_have_colours(detector, values, names):
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
    with pytest.raises(ValueError, match="y_true has 31 kinds of rows"):
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
    assert display.ax_.yaxis_inverted()  # the first on top


def test_the_other_columns_are_one_bar(detector):
    display = ContributionsDisplay.from_estimator(detector, FRAME, n_columns=1)
    widths = [bar.get_width() for bar in display.ax_.patches]
    assert len(widths) == 2
    assert sum(widths) == pytest.approx(detector.score_samples(FRAME)[0])
    assert tick_labels(display.ax_.yaxis)[1] == "3 other columns"


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
    with pytest.raises(ValueError, match="must be of one row"):
        ContributionsDisplay.from_predictions([-1, -2], [3, 4], [5])
    with pytest.raises(ValueError, match="row == 60, must be <= 59"):
        ContributionsDisplay.from_estimator(fitted, images, row=60)
