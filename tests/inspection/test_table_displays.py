"""Displays of tables with categories, dates and missing values."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars
import pyarrow
import pytest
from drawn import tick_labels
from estimators import quick
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoencoderTransformer
from sklearn_autoencoders.inspection import (
    CodesDisplay,
    ContributionsDisplay,
    LatentDisplay,
    OutlierScoresDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
    WeightsDisplay,
    latent_explorer,
)
from sklearn_autoencoders.inspection._indicators import Indicators

CONTAINERS = {
    "pandas": lambda frame: frame,
    "polars": polars.from_pandas,
    "Arrow": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
}
NAMES = ["size", "city: Bern", "city: Oslo", "city: Rome", "open: True", "since"]


def mixed(n_samples=40):
    rng = np.random.RandomState(0)
    x, group = rng.randn(n_samples), np.arange(n_samples) % 3
    frame = pd.DataFrame(
        {
            "size": 10 * x + group,
            "city": np.array(["Bern", "Oslo", "Rome"], dtype=object)[group],
            "open": x > 0,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.round(50 * x), unit="D"),
        }
    )
    frame.loc[0, "city"] = None
    return frame


@pytest.fixture(scope="module", params=CONTAINERS.values(), ids=CONTAINERS)
def frame(request):
    return request.param(mixed())


@pytest.fixture(scope="module")
def transformer(frame):
    return quick(AutoencoderTransformer, n_components=2, max_epochs=10).fit(frame)


@pytest.fixture(scope="module")
def detector(frame):
    return quick(AutoencoderOutlierDetector, max_epochs=5).fit(frame)


def test_tables_are_converted_to_numbers_and_indicators(frame):
    convert = Indicators([frame], list(mixed().columns))
    values, expected = convert(frame), mixed()
    assert convert.names == NAMES
    assert_array_equal(convert.is_indicator, [0, 1, 1, 1, 1, 0])
    assert np.isnan(values[0, 1:4]).all()
    for place, city in enumerate(("Bern", "Oslo", "Rome"), 1):
        assert_array_equal(values[1:, place], expected["city"][1:] == city)
    assert_array_equal(values[:, 4], expected["open"])
    seconds = (expected["since"] - pd.Timestamp("1970-01-01")).dt.total_seconds()
    assert_array_equal(values[:, 5], seconds)


def test_latent_display_with_components_of_mixed_data(transformer, frame):
    display = LatentDisplay.from_estimator(transformer, frame, compare_pca=True)
    assert display.codes.shape == display.pca_codes.shape == (40, 2)
    assert_allclose(display.pca_codes.mean(axis=0), 0, atol=0.2)
    assert CodesDisplay.from_estimator(transformer, frame).codes.shape == (40, 2)


def test_reconstructions_are_bars_of_categories(transformer, frame):
    display = ReconstructionDisplay.from_estimator(transformer, frame)
    assert_array_equal(display.feature_names, NAMES)
    originals, reconstructions = display.ax_.containers
    names = tick_labels(display.axes_[-1].xaxis)
    assert set(names) <= set(NAMES)
    assert np.isnan([b.get_height() for b in originals if b][names.index("city: Oslo")])
    heights = [bar.get_height() for bar in reconstructions]
    cities = [h for h, name in zip(heights, names, strict=True) if name.startswith("city")]
    assert sorted(cities)[-1] == 1
    reference = mixed()["size"]
    first = (reference[0] - reference.mean()) / reference.std(ddof=0)
    assert originals[0].get_height() == pytest.approx(first)


def test_given_reconstructions_of_a_table():
    frame = mixed()
    found = frame[::-1]
    display = ReconstructionDisplay.from_predictions(frame[:3], found[:3], n_columns=2)
    assert len(display.ax_.containers[0]) == 2
    with pytest.raises(ValueError, match=r"reconstruction must be of the shape of X, \(3, 4\)"):
        ReconstructionDisplay.from_predictions(frame[:3], found[:2])


def test_lines_of_categories_are_zero_or_one(transformer, frame):
    display = TraversalDisplay.from_estimator(transformer, frame, components=[0, 1])
    lines = {line.get_label(): line.get_ydata() for line in display.axes_[0].lines}
    assert set(lines) == set(NAMES)
    cities = np.array([lines[f"city: {city}"] for city in ("Bern", "Oslo", "Rome")])
    assert_array_equal(cities.sum(axis=0), 1)
    ends = frame[1:3], frame[3:5]
    display = TraversalDisplay.from_interpolation(transformer, *ends)
    assert len(display.axes_) == 2


def test_contributions_name_the_expected_category(detector, frame):
    display = ContributionsDisplay.from_estimator(detector, frame, row=0)
    labels = {text.partition(":")[0]: text for text in tick_labels(display.ax_.yaxis)}
    expected = detector.explain(frame).expected
    city = expected["city"][0]
    assert labels["city"] == f"city: missing (expected {city})"
    assert labels["open"].startswith(f"open: {mixed()['open'][0]} (expected ")
    assert labels["since"].startswith(f"since: {mixed()['since'][0].date()} (expected 20")
    assert len(OutlierScoresDisplay.from_estimator(detector, frame).scores) == 40


@pytest.mark.parametrize("path", ["hidden", "linear"])
def test_weights_are_named_by_category(transformer, path):
    display = WeightsDisplay.from_estimator(transformer, path=path)
    expected = [*NAMES[:4], "open: False", *NAMES[4:]]
    assert_array_equal(display.feature_names, expected)
    assert display.weights.shape[1] == 7


def test_the_explorer_shows_indicators(transformer, frame, tmp_path):
    latent_explorer(transformer, frame, tmp_path / "page.html", n_grid=4)
    page = (tmp_path / "page.html").read_text()
    assert all(name in page for name in NAMES)
    plt.close("all")
