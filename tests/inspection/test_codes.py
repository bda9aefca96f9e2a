"""Displays of codes: scatter plots and heat maps."""

import numpy as np
import pandas as pd
import pytest
from drawn import DIGITS, FRAME, LABELS, ROWS, tick_labels, tiles
from estimators import quick
from helpers import snapshot
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders.inspection import (
    CodesDisplay,
    LatentDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
)


def test_points_are_codes(transformer):
    display = LatentDisplay.from_estimator(transformer, FRAME, components=(2, 0), s=3)
    (cloud,) = display.ax_.collections
    np.testing.assert_array_equal(cloud.get_offsets(), transformer.transform(FRAME)[:, [2, 0]])
    assert cloud.get_sizes() == [3]
    assert display.ax_.get_xlabel() == "component 2"


def test_classes_have_colors_and_a_legend(transformer):
    display = LatentDisplay.from_estimator(transformer, FRAME, LABELS)
    codes = transformer.transform(FRAME)
    assert len(display.ax_.collections) == 3
    for label, cloud in enumerate(display.ax_.collections):
        np.testing.assert_array_equal(cloud.get_offsets(), codes[label == LABELS, :2])
    legend = display.ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "2"]
    assert legend.get_title().get_text() == "target"
    assert len({tuple(cloud.get_facecolor()[0]) for cloud in display.ax_.collections}) == 3


def test_numbers_have_a_color_bar(transformer):
    lengths = FRAME["petal length (cm)"].copy()
    lengths[3] = np.nan
    display = LatentDisplay.from_estimator(transformer, FRAME, lengths)
    (cloud,) = display.ax_.collections
    assert len(cloud.get_offsets()) == 150  # including the sample without a number
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
def test_kinds_of_class_labels(y, names):
    legend = LatentDisplay.from_predictions(ROWS[:3], y).ax_.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == names
    greys = [line.get_facecolor()[0, :3] for line in legend.legend_handles[-1:]]
    assert (np.ptp(greys) == 0) == ("unknown" in names)


def test_too_many_classes_are_refused():
    with pytest.raises(ValueError, match="y has 31 classes; at most 30"):
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
    with pytest.raises(ValueError, match="draws two components, but the codes have one"):
        LatentDisplay(ROWS[:, :1])
    with pytest.raises(ValueError, match="components must be"):
        LatentDisplay.from_estimator(transformer, FRAME, components=components)


def test_pca_is_drawn_for_comparison():
    fitted = quick(AutoencoderTransformer, scaling="feature").fit(ROWS)
    display = LatentDisplay.from_estimator(fitted, ROWS, compare_pca=True)
    expected = PCA(2).fit_transform(StandardScaler().fit_transform(ROWS))
    np.testing.assert_allclose(display.axes_[1].collections[0].get_offsets(), expected)
    holes = ROWS.copy()
    holes[::7, 1] = np.nan
    beside = LatentDisplay.from_estimator(fitted, holes, compare_pca=True).axes_[1]
    assert np.isfinite(beside.collections[0].get_offsets()).all()
    with pytest.raises(
        ValueError, match="compare_pca=True requires at least 2 samples and features"
    ):
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


def test_steps_without_feature_names_are_supported():
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
def test_any_transformer_has_codes(cls, params):
    fitted = (PCA(2) if params is None else quick(cls, n_components=2, **params)).fit(ROWS, LABELS)
    for display in (LatentDisplay, CodesDisplay):
        drawn = display.from_estimator(fitted, ROWS, LABELS, n_rows=200)
        np.testing.assert_array_equal(drawn.codes, fitted.transform(ROWS))


def test_a_denoiser_shows_its_codes():
    fitted = quick(DenoisingAutoencoder, n_components=2).fit(ROWS)
    display = LatentDisplay.from_estimator(fitted, ROWS)
    assert fitted.output == "denoised"  # unchanged
    codes = fitted.set_params(output="code").transform(ROWS)
    np.testing.assert_array_equal(display.codes, codes)
    fitted.set_params(output="denoised")
    assert TraversalDisplay.from_estimator(fitted, ROWS).rows.shape == (1, 8, 4)


def test_many_samples_are_thinned_evenly(transformer):
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
    assert by_number.ax_.get_ylabel() == "150 samples, sorted by y"
    assert tick_labels(by_number.ax_.yaxis) == []


def test_codes_as_images(of_images):
    display = CodesDisplay.from_estimator(of_images, DIGITS[:10], code_shape=(2, 2))
    codes = of_images.transform(DIGITS[:10])
    np.testing.assert_array_equal(tiles(display, 10, size=2), codes.reshape(-1, 2, 2))
    y = np.arange(20) // 7
    display = CodesDisplay.from_predictions(np.ones((20, 4)), y, code_shape=(2, 2))
    assert tick_labels(display.ax_.yaxis) == ["0 to 1", "1 to 2"]
    with pytest.raises(ValueError, match=r"image_shape=\(3, 2\) requires X with 6 features"):
        CodesDisplay.from_predictions(codes, code_shape=(3, 2))


@pytest.mark.parametrize("display", [CodesDisplay, LatentDisplay])
def test_codes_of_a_denoiser_whatever_it_returns(display):
    found = [
        display.from_estimator(quick(DenoisingAutoencoder, output=output).fit(FRAME), FRAME).codes
        for output in ("denoised", "imputed", "code")
    ]
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_array_equal(found[1], found[2])
