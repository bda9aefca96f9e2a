"""Dates with a time zone: cells are wall times, and decoding gives the instants back."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from sklearn_autoencoders import AutoregressiveGenerator, DenoisingAutoencoder
from sklearn_autoencoders._data.tables.columns import Columns
from sklearn_autoencoders._data.tables.learned_columns import learn_columns

ZONE = "America/New_York"
# The clock skips the hour after 2:00 on one day, and shows that after 1:00 twice on the other.
SPRING, AUTUMN = "2024-03-10", "2024-11-03"


def as_arrow(frame):
    return pa.Table.from_pandas(frame, preserve_index=False)


def with_arrow_dates(frame):
    return frame.assign(when=frame["when"].astype(f"timestamp[us, tz={ZONE}][pyarrow]"))


PACKAGES = {
    "pandas": lambda frame: frame,
    "pandas of Arrow": with_arrow_dates,
    "polars": pl.from_pandas,
    "pyarrow": as_arrow,
}


def days(n_days=366, zone=ZONE):
    """Return a table with all days of a year at midnight."""
    when = pd.date_range("2024-01-01", periods=n_days, tz=zone, unit="us")
    return pd.DataFrame({"when": when, "kind": ["a", "b"] * (n_days // 2)})


def dates_of(table):
    """Return the column of dates as one of pandas, in New York."""
    values = table["when"].to_pylist() if isinstance(table, pa.Table) else list(table["when"])
    return pd.to_datetime(pd.Series(values), utc=True).dt.tz_convert(ZONE)


def seconds(text):
    return np.datetime64(text, "us").astype(np.int64) / 1e6


@pytest.fixture(params=PACKAGES)
def package(request):
    return PACKAGES[request.param]


def test_days_begin_at_midnight_of_the_wall_time(package):
    X = package(days())
    columns, cells = learn_columns(X, "from_dtype")
    assert columns.kinds[0].step == 86_400
    assert cells[100, 0] == seconds("2024-04-10")
    np.testing.assert_array_equal(columns.encode(X), cells)
    columns = Columns.from_dict(columns.to_dict())
    found = columns.decode(columns.valid(cells + np.array([1000.0, 0.0])))
    pd.testing.assert_series_equal(dates_of(found), dates_of(X), check_names=False)
    assert type(found) is type(X)


def test_drawn_days_begin_at_midnight():
    generator = AutoregressiveGenerator(max_epochs=1, random_state=0).fit(days())
    drawn = dates_of(generator.sample(200, random_state=0))
    assert (drawn.dt.normalize() == drawn).all()


@pytest.mark.parametrize(
    ("wall", "instant"),
    [
        (f"{SPRING}T01:30", "2024-03-10T06:30"),
        (f"{SPRING}T02:30", "2024-03-10T07:30"),  # skipped: 3:30
        (f"{SPRING}T03:30", "2024-03-10T07:30"),
        (f"{AUTUMN}T01:30", "2024-11-03T05:30"),  # twice: the first
        (f"{AUTUMN}T02:30", "2024-11-03T07:30"),
    ],
)
def test_every_wall_time_has_an_instant(package, wall, instant):
    columns, _ = learn_columns(package(days()), "from_dtype")
    found = dates_of(columns.decode(np.array([[seconds(wall), 0], [np.nan, 1]])))
    assert found[0] == pd.Timestamp(instant, tz="UTC")
    assert pd.isna(found[1])


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+5", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_zones_of_any_name(zone):
    X = days(zone=zone)
    columns, cells = learn_columns(X, "from_dtype")
    assert columns.kinds[0].step == 86_400
    pd.testing.assert_frame_equal(columns.decode(cells), X)


def test_fixed_offsets():
    when = pd.to_datetime(pd.Series(["2024-03-10T00:00-05:30", "2024-03-11T00:00-05:30"]))
    X = pd.DataFrame({"when": when})
    columns, cells = learn_columns(X, "from_dtype")
    assert cells[0, 0] == seconds("2024-03-10")
    pd.testing.assert_frame_equal(columns.decode(cells), X)


def test_known_dates_remain_where_the_clock_shows_a_time_twice(package):
    X = days()
    X.loc[0, "when"] = pd.Timestamp("2024-11-03T06:30", tz="UTC").tz_convert(ZONE)  # the second
    X.loc[1, "kind"] = None
    model = DenoisingAutoencoder(output="imputed", max_epochs=1, random_state=0).fit(package(X))
    found = dates_of(model.transform(package(X)))
    pd.testing.assert_series_equal(found, dates_of(X), check_names=False)


def test_dates_of_another_zone_are_converted_and_those_of_none_are_wall_times(package):
    X = days()
    columns, cells = learn_columns(package(X), "from_dtype")
    other = pl.from_pandas(X.assign(when=X["when"].dt.tz_convert("Asia/Tokyo")))
    np.testing.assert_array_equal(columns.encode(other), cells)
    naive = package(X) if isinstance(package(X), pd.DataFrame) else X
    naive = naive.assign(when=X["when"].dt.tz_localize(None))
    np.testing.assert_array_equal(columns.encode(naive), cells)
