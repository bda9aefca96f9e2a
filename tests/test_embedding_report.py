"""embedding_report: one for copies, the value of scikit-learn, errors that name the parameter."""

import numpy as np
import pytest
from helpers import table
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from sklearn_autoencoders.metrics import embedding_report


def test_a_rotation_keeps_everything(rng):
    X = rng.standard_normal((60, 3))
    rotation = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    report = embedding_report(X, 2 * X @ rotation + 1)
    np.testing.assert_allclose(list(report.values()), 1.0)


def test_values_are_their_definitions():
    X = table(80)
    codes = PCA(2).fit_transform(X)
    report = embedding_report(X, codes, n_neighbors=5)
    assert report.trustworthiness == pytest.approx(trustworthiness(X, codes, n_neighbors=5))
    assert report.continuity == pytest.approx(trustworthiness(codes, X, n_neighbors=5))
    near, found = (
        NearestNeighbors(n_neighbors=5).fit(values).kneighbors(return_distance=False)
        for values in (X, codes)
    )
    kept = [len(set(a) & set(b)) / 5 for a, b in zip(near, found, strict=True)]
    assert report.neighbor_recall == pytest.approx(np.mean(kept))


def test_unrelated_codes_keep_nothing(rng):
    report = embedding_report(rng.standard_normal((400, 5)), rng.standard_normal((400, 2)))
    assert report.trustworthiness == pytest.approx(0.5, abs=0.1)
    assert abs(report.distance_correlation) < 0.1
    assert report.neighbor_recall < 0.1


def test_equal_codes_have_no_correlation(rng):
    report = embedding_report(rng.standard_normal((30, 2)), np.zeros((30, 2)))
    assert np.isnan(report.distance_correlation)


def test_many_samples_are_drawn(rng):
    X = rng.standard_normal((200, 3))
    reports = [
        embedding_report(X, X[:, :2], max_samples=50, random_state=seed) for seed in (0, 0, 1)
    ]
    assert reports[0] == reports[1] != reports[2]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_neighbors": 15}, "n_neighbors must be less than half.* 30;"),
        ({"n_neighbors": 0}, "n_neighbors == 0"),
        ({"max_samples": 1}, "max_samples == 1"),
    ],
    ids=str,
)
def test_parameters_are_checked(params, message, rng):
    X = rng.standard_normal((30, 2))
    with pytest.raises(ValueError, match=message):
        embedding_report(X, X, **params)


def test_input_is_checked(rng):
    X = rng.standard_normal((30, 2))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        embedding_report(X, X[:20])
    with pytest.raises(ValueError, match="Input codes contains NaN"):
        embedding_report(X, X * np.nan)
