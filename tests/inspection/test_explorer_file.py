"""The file of the explorer: correct content, small size, no execution of user content."""

import base64
import json
import os
import re
import sys
import zlib

import numpy as np
import pandas as pd
import pytest
from containers import every_container
from estimators import quick
from helpers import snapshot, table, with_missing_values
from scipy import sparse
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderTransformer,
    DenoisingAutoencoder,
    VAEGenerator,
)
from sklearn_autoencoders.inspection import latent_explorer
from sklearn_autoencoders.inspection._explorer_page import five_digits, pack

FRAME, SPECIES = load_iris(return_X_y=True, as_frame=True)
EVIL = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked=1'>\"&'"


@pytest.fixture(scope="module")
def pca():
    return PCA(2).fit(FRAME.to_numpy())


def unpacked(part):
    planes = zlib.decompress(base64.b64decode(part["data"]))
    dtype = np.dtype(part["type"])
    return np.frombuffer(planes, np.uint8).reshape(dtype.itemsize, -1).T.copy().view(dtype).ravel()


def content_of(path):
    text = path.read_text("utf-8")
    found = re.findall(r'<script id="content" type="application/json">(.*?)</script>', text, re.S)
    assert len(found) == 1
    return json.loads(found[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32])
def test_arrays_come_back(dtype, rng):
    values = rng.randint(0, 200, (7, 3)).astype(dtype)
    np.testing.assert_array_equal(unpacked(pack(values)), values.ravel())
    np.testing.assert_array_equal(unpacked(pack(values.T)), values.T.ravel())


def test_values_keep_five_digits(rng):
    values = rng.randn(1000) * 10.0 ** rng.randint(-30, 30, 1000)
    np.testing.assert_allclose(five_digits(values), values, rtol=4e-6)
    written = [f"{value:.5g}" for value in values]
    assert [f"{value:.5g}" for value in five_digits(np.array(written, float))] == written
    whole = np.arange(-(2.0**18), 2.0**18, 7.0)
    np.testing.assert_array_equal(five_digits(whole), whole)
    assert np.isnan(five_digits(np.array([np.nan, -np.nan]))).all()
    assert np.isfinite(five_digits(np.array([1e300, -1e300]))).all()


def test_values_of_users_cannot_end_the_script(tmp_path, pca):
    path = tmp_path / "evil.html"
    labels = pd.Series([EVIL, "b"] * 75, name=EVIL)
    latent_explorer(pca, FRAME.to_numpy(), path, labels=labels, title=EVIL)
    text = path.read_text("utf-8")
    assert text.count("</script>") == 2
    assert "<img" not in text
    assert content_of(path)["label"]["classes"] == [EVIL, "b"]


def test_samples_are_thinned_evenly(tmp_path, pca):
    latent_explorer(pca, FRAME.to_numpy(), tmp_path / "few.html", labels=SPECIES, n_rows=4)
    content = content_of(tmp_path / "few.html")
    places = unpacked(content["rows"]["places"])
    np.testing.assert_array_equal(places, [0, 50, 99, 149])
    np.testing.assert_array_equal(unpacked(content["label"]["values"]), SPECIES[places])
    assert content["rows"]["n_all"] == 150


def test_the_file_is_small(tmp_path, rng):
    """Random numbers and pixels, which cannot be compressed."""
    X = rng.randn(5000, 64)
    path = tmp_path / "large.html"
    latent_explorer(PCA(4).fit(X), X, path, images=rng.rand(5000, 8, 8), labels=rng.randn(5000))
    assert path.stat().st_size <= 2e6
    latent_explorer(PCA(4).fit(X), X, path, labels=rng.randn(5000))
    assert path.stat().st_size <= 2e6


def test_the_file_of_large_images_is_small(tmp_path):
    """The fraction of random pixels is that of handwritten digits."""
    drawn = np.kron(load_digits().data.reshape(-1, 8, 8), np.ones((4, 4)))[:, 2:-2, 2:-2]
    X = np.concatenate([drawn, drawn, drawn])[:5000].reshape(5000, -1)
    pca, path = PCA(4).fit(X), tmp_path / "large.html"
    latent_explorer(pca, X, path, image_shape=(28, 28))
    assert path.stat().st_size <= 2e6
    assert len(content_of(path)["axes"]) == 2
    latent_explorer(pca, X, path, image_shape=(28, 28), components=range(3))
    assert len(content_of(path)["axes"]) == 3


def test_matplotlib_is_not_required_and_nothing_is_changed(tmp_path, pca, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    before = snapshot()
    latent_explorer(pca, FRAME.to_numpy(), tmp_path / "a.html")
    assert snapshot() == before


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"labels": [0, 1]}, "labels has 2 entries for 150 samples"),
        ({"labels": [f"{k}" for k in range(150)]}, "labels has 150 classes"),
        ({"images": np.zeros((3, 2, 2))}, "images has 3 entries for 150 samples"),
        ({"images": np.zeros((150, 4))}, r"images must be of shape .*got \(150, 4\)"),
        ({"images": np.full((150, 2, 2), np.nan)}, "images has no value"),
        ({"images": np.full((150, 2, 2), np.inf)}, "images has infinite pixels"),
        ({"labels": np.zeros((150, 2))}, r"labels must be one-dimensional; got shape \(150, 2\)"),
        ({"image_shape": (3, 3)}, "image_shape"),
        ({"components": (0, 2)}, "components must be between 0 and 1"),
        ({"components": (0, 0)}, "components must be two or more different"),
        ({"components": [1]}, "components must be two or more different"),
        ({"n_rows": 0}, "n_rows"),
        ({"n_grid": 1}, "n_grid"),
        ({"n_columns": 0}, "n_columns"),
        ({"y": 0}, "y was given, but"),
    ],
)
def test_inconsistent_arguments_are_rejected(tmp_path, pca, params, message):
    path = tmp_path / "page.html"
    path.write_text("earlier")
    with pytest.raises(ValueError, match=message):
        latent_explorer(pca, FRAME.to_numpy(), path, **params)
    assert path.read_text() == "earlier"
    assert os.listdir(tmp_path) == ["page.html"]


def test_estimators_without_codes_are_refused(tmp_path):
    with pytest.raises(NotFittedError):
        latent_explorer(AutoencoderTransformer(), FRAME, tmp_path / "a.html")
    model = make_pipeline(PCA(2), KNeighborsClassifier()).fit(FRAME, SPECIES)
    with pytest.raises(TypeError, match=r"latent_explorer needs an estimator with transform"):
        latent_explorer(model, FRAME, tmp_path / "a.html")
    assert not os.listdir(tmp_path)


def test_arguments_of_another_type_are_rejected(tmp_path, pca):
    with pytest.raises(TypeError, match="X is sparse"):
        latent_explorer(pca, sparse.csr_array(FRAME), tmp_path / "a.html")
    with pytest.raises(TypeError, match="title must be a str or None; got 5"):
        latent_explorer(pca, FRAME.to_numpy(), tmp_path / "a.html", title=5)
    assert not os.listdir(tmp_path)


def test_the_last_step_of_a_pipeline_is_shown(tmp_path):
    model = make_pipeline(StandardScaler(), PCA(2)).fit(FRAME)
    latent_explorer(model, FRAME, tmp_path / "a.html")
    content = content_of(tmp_path / "a.html")
    assert content["estimator"] == "PCA"
    assert content["columns"]["names"] == list(FRAME)
    first = unpacked(content["columns"]["values"])[:150]
    np.testing.assert_allclose(first, model[0].transform(FRAME)[:, 0], rtol=1e-5)


def test_other_roles_are_shown(tmp_path):
    path, X = tmp_path / "a.html", with_missing_values(table())
    latent_explorer(quick(DenoisingAutoencoder, n_components=3).fit(X), X, path)
    content = content_of(path)
    assert len(content["axes"]) == 3
    assert len(content["decoder"]["planes"]) == 3
    latent_explorer(quick(AutoencoderClassifier).fit(FRAME, SPECIES), FRAME, path)
    assert "has no inverse_transform" in content_of(path)["decoder"]["hint"]


def test_a_conditional_estimator_needs_one_condition_to_decode(tmp_path):
    path = tmp_path / "a.html"
    vae = quick(VAEGenerator, n_components=2, conditional=True).fit(FRAME, SPECIES)
    latent_explorer(vae, FRAME, path)
    assert "is conditional. Pass y" in content_of(path)["decoder"]["hint"]
    assert content_of(path)["score"] is None
    latent_explorer(vae, FRAME, path, y=SPECIES)
    content = content_of(path)
    assert "has its own y" in content["decoder"]["hint"]
    scores = unpacked(content["score"]["values"])
    np.testing.assert_allclose(scores, vae.score_samples(FRAME, SPECIES), rtol=1e-5)
    latent_explorer(vae, FRAME, path, y=1)
    assert len(content_of(path)["decoder"]["planes"]) == 1


def test_images_may_have_colors_and_channels_first(tmp_path, pca, rng):
    colors = rng.rand(150, 3, 5, 4)
    colors[0, :, 0, 0] = np.nan
    latent_explorer(pca, FRAME.to_numpy(), tmp_path / "a.html", images=colors)
    content = content_of(tmp_path / "a.html")
    sizes = [content["images"][name] for name in ("height", "width", "channels")]
    assert sizes == [5, 4, 3]
    pixels = unpacked(content["images"]["values"]).reshape(150, 5, 4, 3)
    assert (pixels[0, 0, 0] == 255).all()
    np.testing.assert_allclose(pixels[1] / 254, np.moveaxis(colors[1], 0, -1), atol=0.01)
    assert content["decoder"]["kind"] == "rows"


@every_container
def test_samples_can_be_in_any_container(convert, tmp_path):
    pages = []
    for X in (FRAME, convert(FRAME)):
        fitted = quick(AutoencoderTransformer, n_components=2, max_epochs=1).fit(X)
        latent_explorer(fitted, X, tmp_path / "page.html", labels=SPECIES)
        pages.append((tmp_path / "page.html").read_text())
    same = pages[0] == pages[1]
    assert same == hasattr(convert(FRAME), "columns")  # others have no names of features
