"""Display of samples and their reconstructions."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import DIGITS, FRAME, LABELS, ROWS, in_range, tick_labels, tiles
from estimators import quick
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer, VAEGenerator
from sklearn_autoencoders.inspection import ReconstructionDisplay, TraversalDisplay


def test_originals_stand_over_reconstructions(of_images):
    display = ReconstructionDisplay.from_estimator(of_images, DIGITS, image_shape=(8, 8), n_rows=6)
    rows = np.concatenate([DIGITS[:6], of_images.reconstruct(DIGITS[:6])])
    np.testing.assert_array_equal(tiles(display, 6), in_range(rows, DIGITS[:6]))
    assert tick_labels(display.ax_.yaxis) == ["original", "reconstruction"]


def test_the_image_shape_is_that_of_the_network(convolutional):
    X = DIGITS.copy()
    X[0, :8] = np.nan
    for rows in (X, X.reshape(-1, 8, 8)):
        display = ReconstructionDisplay.from_estimator(convolutional, rows)
        images = tiles(display, 10)
        assert np.isnan(images[0, 0]).all()
        np.testing.assert_array_equal(images[1:10], X[1:10].reshape(-1, 8, 8))


@pytest.mark.parametrize("shape", [(8, 8, 3), (3, 8, 8)])
def test_colors_come_first_or_last(shape, rng):
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


def test_tabular_samples_are_bars_in_their_units(transformer):
    display = ReconstructionDisplay.from_estimator(transformer, FRAME, n_rows=2, units="original")
    assert len(display.axes_) == 2
    for number, ax in enumerate(display.axes_):
        np.testing.assert_array_equal(heights(ax, "original"), ROWS[number])
        rows = transformer.reconstruct(FRAME).to_numpy()
        np.testing.assert_allclose(heights(ax, "reconstruction"), rows[number])
    assert tick_labels(display.axes_[1].xaxis) == list(FRAME.columns)
    assert [ax.get_title() for ax in display.axes_] == ["sample 0", "sample 1"]
    named = FRAME.set_axis([f"flower {i}" for i in range(150)], axis=0).iloc[5:]
    display = ReconstructionDisplay.from_estimator(transformer, named, n_rows=2)
    assert [ax.get_title() for ax in display.axes_] == ["sample flower 5", "sample flower 6"]


def test_features_of_different_scales_are_standardized(transformer):
    display = ReconstructionDisplay.from_estimator(transformer, FRAME, units="standardized")
    expected = StandardScaler().fit_transform(ROWS)[0]
    np.testing.assert_allclose(heights(display.ax_, "original"), expected)
    assert display.ax_.get_ylabel() == "value, standardized"
    assert display.plot().ax_.get_ylabel() == "value"
    wide = ROWS * [1, 1, 1, 1000]
    assert ReconstructionDisplay(wide, wide).plot().ax_.get_ylabel() == "value, standardized"
    with pytest.raises(ValueError, match=r"units must be one of .*got 'cm'"):
        display.plot(units="cm")


def test_few_samples_are_standardized_by_the_estimator():
    X = ROWS * [1, 1, 1, 1000]
    fitted = quick(AutoencoderTransformer, scaling="feature").fit(X)
    expected = StandardScaler().fit(X).transform(X[[7]])[0]
    display = ReconstructionDisplay.from_estimator(fitted, X[[7]])
    np.testing.assert_allclose(heights(display.ax_, "original"), expected)
    alone = ReconstructionDisplay.from_predictions(X[[7]], fitted.reconstruct(X[[7]]))
    assert alone.ax_.get_ylabel() == "value"
    np.testing.assert_array_equal(heights(alone.ax_, "original"), X[7])
    with pytest.raises(ValueError, match="X must have at least two samples with different codes"):
        TraversalDisplay.from_estimator(fitted, X[[7, 7]])


def test_the_features_with_the_largest_errors_are_drawn():
    X = np.random.RandomState(0).randn(3, 50)
    wrong = X.copy()
    wrong[1, [7, 30]] += 99
    display = ReconstructionDisplay.from_predictions(X, wrong, n_columns=2)
    assert tick_labels(display.axes_[-1].xaxis) == ["x7", "x30"]
    names = [f"column {i}" for i in range(50)]
    display = ReconstructionDisplay.from_predictions(X, wrong, feature_names=names, n_columns=2)
    assert tick_labels(display.axes_[-1].xaxis) == ["column 7", "column 30"]
    with pytest.raises(ValueError, match="a name for each of the 50 features; got 1"):
        ReconstructionDisplay.from_predictions(X, wrong, feature_names=["a"])
    with pytest.raises(ValueError, match=r"reconstruction must be of the shape of X"):
        ReconstructionDisplay.from_predictions(X, wrong[:2])


def test_missing_values_and_constant_features_are_supported(detector):
    holes = FRAME.copy()
    holes.iloc[:, 1] = 3.0
    holes.iloc[0, 2] = np.nan
    display = ReconstructionDisplay.from_estimator(detector, holes, units="standardized")
    assert np.isnan(heights(display.ax_, "original")[2])
    assert np.isfinite(heights(display.ax_, "reconstruction")).all()


def test_any_invertible_transformer_can_reconstruct():
    pca = PCA(2).fit(ROWS)
    display = ReconstructionDisplay.from_estimator(pca, ROWS, n_rows=1)
    expected = pca.inverse_transform(pca.transform(ROWS[:1]))
    np.testing.assert_allclose(display.reconstruction, expected, rtol=1e-13)
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
    with pytest.raises(ValueError, match=r"y was given, but .*reconstruct takes no y"):
        ReconstructionDisplay.from_estimator(transformer, FRAME, LABELS)
