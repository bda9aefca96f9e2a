"""Display of decoded paths in the latent space."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn import DIGITS, FRAME, ROWS, in_range, tick_labels, tiles
from estimators import quick
from sklearn.decomposition import PCA

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import TraversalDisplay


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


def test_a_sample_can_be_the_start(of_images):
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


def test_the_path_between_two_samples(transformer, of_images):
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
        assert display.ax_.get_ylabel() == "value, standardized"


def test_features_are_standardized_separately_despite_a_global_scale():
    X = ROWS * [1, 1, 1, 1000]
    fitted = quick(AutoencoderTransformer).fit(X)
    display = TraversalDisplay.from_interpolation(fitted, X[:2], X[-2:], units="standardized")
    assert all(np.ptp(line.get_ydata()) > 0.5 for line in display.ax_.lines)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"components": 3}, "components must be between 0 and 2"),
        ({"components": []}, "components must be integers"),
        ({"quantiles": (0.9, 0.1)}, "quantiles must be two increasing numbers"),
        ({"quantiles": 0.5}, "quantiles must be two increasing numbers"),
        ({"n_steps": 1}, "n_steps == 1, must be >= 2"),
        ({"start": 150}, "start == 150, must be <= 149"),
        ({"image_shape": (2, 3)}, "requires X with 6 features"),
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
