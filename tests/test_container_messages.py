"""Containers that are no samples: what to pass instead; lists of images; clicks as pairs."""

import numpy as np
import pandas as pd
import pytest

from sklearn_autoencoders import (
    AutoencoderRecommender,
    AutoencoderRegressor,
    AutoencoderTransformer,
    DenoisingAutoencoder,
)
from sklearn_autoencoders.networks import Convolutional

IMAGES = list(np.random.default_rng(0).random((20, 8, 8)))
CLICKS = pd.DataFrame({"user": list("aabbcc"), "item": list("xyxzyz")})


def transformer(**settings):
    """Return a transformer that is trained for one epoch."""
    return AutoencoderTransformer(2, max_epochs=1, random_state=0, **settings)


@pytest.mark.parametrize("kind", ["string", "list", "path"])
def test_a_path_is_no_sample(tmp_path, kind):
    path = tmp_path / "part.parquet"
    path.touch()
    X = {"string": str(path), "list": [str(path)], "path": path}[kind]
    with pytest.raises(TypeError, match=r"pyarrow\.dataset\.dataset\(path\)"):
        transformer().fit(X)


@pytest.mark.parametrize(
    ("X", "remedy"),
    [
        ({"a": [1.0]}, r"pandas\.DataFrame\(X\)"),
        ({1.0, 2.0}, r"list\(X\)"),
        (iter([[1.0]]), r"list\(X\)"),
        (object(), "an array or a frame"),
    ],
)
def test_objects_are_converted(X, remedy):
    with pytest.raises(TypeError, match=f"Convert .*{remedy}"):
        transformer().fit(X)


@pytest.mark.parametrize("cls", [AutoencoderTransformer, DenoisingAutoencoder])
def test_a_list_of_images_is_an_array(cls):
    fitted = [
        cls(2, network=Convolutional((8, 8)), max_epochs=1, random_state=0).fit(X)
        for X in (IMAGES, np.stack(IMAGES))
    ]
    found = [own.transform(X) for own in fitted for X in (IMAGES, np.stack(IMAGES))]
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])
    if cls is DenoisingAutoencoder:
        assert found[0].shape == (20, 8, 8)


def test_images_of_different_shapes():
    images = [*IMAGES, np.zeros((8, 9))]
    with pytest.raises(ValueError, match=r"such as \(8, 8\) and \(8, 9\).*Scale or crop"):
        transformer(network=Convolutional((8, 8))).fit(images)
    with pytest.raises(ValueError, match="Found array with dim 3"):
        transformer().fit(IMAGES)


def test_a_series_of_arrays():
    with pytest.raises(ValueError, match=r"Series of ndarray objects\. Pass .*X\.tolist\(\)"):
        transformer().fit(pd.Series(IMAGES))


def test_images_of_bytes_are_divided():
    X = np.arange(200, dtype=np.uint8).reshape(10, 20)
    with pytest.raises(ValueError, match="X / 255"):
        transformer(loss="binary_cross_entropy").fit(X)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_an_array_after_a_fit_to_dates():
    frame = pd.DataFrame({"day": pd.date_range("2020", periods=60), "x": np.arange(60.0)})
    model = AutoencoderRegressor(max_epochs=1, random_state=0).fit(frame, np.arange(60.0))
    with pytest.raises(ValueError, match="pass the frame that it was made of"):
        model.predict(frame.to_numpy())


def test_clicks_are_pairs():
    settings = {"feedback": "implicit", "max_epochs": 2, "random_state": 0}
    pairs = AutoencoderRecommender(2, **settings).fit(CLICKS)
    triples = AutoencoderRecommender(2, **settings).fit(CLICKS.assign(rating=1.0))
    for own, other in zip(pairs.recommend(["a"]), triples.recommend(["a"]), strict=True):
        np.testing.assert_array_equal(own, other)
    with pytest.raises(ValueError, match='leave the rating out with feedback="implicit"'):
        AutoencoderRecommender(2, max_epochs=1).fit(CLICKS)


def test_duplicate_clicks():
    X = pd.DataFrame({"user": [1, 1, 2, 2], "item": [3, 3, 3, 4]})
    with pytest.raises(ValueError, match=r"1 duplicate pair.*two columns is read as pairs"):
        AutoencoderRecommender(2, feedback="implicit").fit(X)


def test_users_of_a_recommendation():
    model = AutoencoderRecommender(2, max_epochs=1, random_state=0).fit(CLICKS.assign(rating=1.0))
    with pytest.raises(ValueError, match=r"users that were not in the fit.*Pass their ratings"):
        model.recommend(["d"])
    for ratings in ({"x": 5}, [{"x": 5}]):
        with pytest.raises(ValueError, match="Pass ratings as a frame"):
            model.recommend(ratings)
