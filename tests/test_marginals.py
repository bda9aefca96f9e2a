"""Samples of a VAE of a table, whose numbers are distributed as in the training samples."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp, rankdata

from sklearn_autoencoders import VAEGenerator, export_onnx, load, save
from sklearn_autoencoders._data.statistics.marginals import Marginals
from sklearn_autoencoders._inference.marginals import correct

pd = pytest.importorskip("pandas")


def amounts(n_samples=600, seed=0):
    """Return a table of a long tail, of zeros and a tail, of counts and of a normal number."""
    rng = np.random.RandomState(seed)
    size = rng.randn(n_samples)
    return pd.DataFrame(
        {
            "price": np.exp(size + 0.5 * rng.randn(n_samples)),
            "gain": np.where(rng.rand(n_samples) < 0.6, 0.0, 100 + rng.gamma(2, 50, n_samples)),
            "count": rng.poisson(np.exp(0.5 * size)),
            "size": size,
        }
    )


def generator(**params):
    return VAEGenerator(2, max_epochs=5, random_state=0, **params)


@pytest.fixture(scope="module")
def fitted():
    return generator().fit(amounts())


def quantiles(drawn, seen, weight=None):
    weight = np.ones(len(seen)) if weight is None else weight
    return Marginals.learn(drawn, seen, weight, np.arange(seen.shape[1]))


def test_numbers_are_distributed_as_in_the_training_samples(fitted):
    X, drawn = amounts(), fitted.sample(3000, random_state=1)
    for name in X:
        assert ks_2samp(drawn[name], X[name]).statistic < 0.07, name
        assert drawn[name].between(X[name].min(), X[name].max()).all(), name


def test_frequent_values_are_as_frequent_and_no_value_is_beside_them(fitted):
    drawn = fitted.sample(3000, random_state=1)["gain"]
    assert (drawn == 0).mean() == pytest.approx((amounts()["gain"] == 0).mean(), abs=0.05)
    assert drawn[drawn != 0].min() >= 100


def test_numbers_that_occur_once_are_new_and_counts_are_whole(fitted):
    X, drawn = amounts(), fitted.sample(3000, random_state=1)
    assert drawn["price"].isin(X["price"]).mean() < 0.02
    assert drawn["count"].dtype == X["count"].dtype
    assert drawn["count"].isin(X["count"]).all()


def test_the_order_is_that_of_the_decoded_samples(fitted):
    decoded = np.random.RandomState(1).randn(500, 4)
    found = correct(decoded, quantiles(decoded, amounts().to_numpy(float)))
    for before, after in zip(decoded.T, found.T, strict=True):
        assert (np.diff(after[np.argsort(before)]) >= 0).all()
    assert_array_equal(rankdata(found[:, 3]), rankdata(decoded[:, 3]))


def test_samples_of_the_same_distribution_do_not_change():
    X = np.random.RandomState(0).randn(200, 2)
    assert_allclose(correct(X, quantiles(X, X)), X)


def test_clusters_of_nearly_the_right_size_are_not_moved():
    rng = np.random.RandomState(0)
    X, drawn = (
        np.where(rng.rand(1000, 1) < share, -5.0, 5.0) + rng.randn(1000, 1) for share in (0.5, 0.52)
    )
    inside = (drawn > X.min()) & (drawn < X.max())
    found = correct(drawn, quantiles(drawn, X))
    assert_allclose(found[inside], drawn[inside])
    assert X.min() <= found.min()
    assert found.max() <= X.max()


def test_values_outside_of_the_drawn_ones_are_the_smallest_and_the_largest():
    X = np.arange(50.0)[:, None]
    found = correct(np.array([[-1e300], [1e300]]), quantiles(X, 2 * X))
    assert_array_equal(found, [[0.0], [98.0]])


def test_weights_are_numbers_of_copies():
    rng = np.random.RandomState(0)
    drawn, X, weight = rng.randn(99, 1), rng.rand(300, 1), rng.randint(0, 4, 300)
    copied = np.repeat(X, weight, axis=0)
    weighted = quantiles(drawn, X, weight.astype(float))
    at = np.searchsorted(np.sort(copied[:, 0]), weighted.seen[0], side="right") / len(copied)
    assert_allclose(at, weighted.levels, atol=4 / len(copied))


def test_missing_values_are_left_out_and_empty_columns_have_no_distribution():
    X = np.random.RandomState(0).randn(100, 3)
    X[::2, 0] = X[:, 1] = np.nan
    found = quantiles(np.zeros((5, 3)), X)
    assert_array_equal(found.columns, [0, 2])
    assert not np.isnan(found.seen).any()
    assert Marginals.learn(X, X, np.ones(100), np.array([1])) is None


def test_one_sample_and_one_value_are_drawn_again():
    drawn = np.random.RandomState(0).randn(20, 1)
    found = correct(drawn, quantiles(drawn, np.full((1, 1), 7.0)))
    assert_array_equal(found, 7.0)


def test_arrays_and_means_are_not_corrected(fitted):
    X = amounts()
    of_array = generator().fit(X.to_numpy(float))
    assert of_array._marginals is None
    assert of_array.sample(500, random_state=0)[:, 0].min() < 0
    means = fitted.sample(500, random_state=0, noise=False)
    assert_allclose(means["size"], of_array.sample(500, random_state=0, noise=False)[:, 3])


def test_classes_keep_their_differences():
    X = amounts()
    y = (X["size"] > 0).to_numpy()
    model = generator(conditional=True).fit(X, y)
    low, high = (model.sample(500, y=own, random_state=0)["price"].median() for own in (0, 1))
    assert high > 1.5 * low
    both = model.sample(y=y, random_state=0)["price"]
    assert ks_2samp(both, X["price"]).statistic < 0.1


def test_the_distribution_is_that_of_all_batches():
    batches = amounts(300), amounts(100, seed=1) + 10, amounts(200, seed=2) - 10
    model = generator()
    for batch in batches:
        model.partial_fit(batch)
    X, drawn = pd.concat(batches), model.sample(3000, random_state=0)
    for name in ("price", "size"):
        assert ks_2samp(drawn[name], X[name]).statistic < 0.07, name
    assert drawn["size"].between(4, 6).mean() < 0.02


def test_a_file_keeps_the_distributions(fitted, tmp_path):
    save(fitted, tmp_path / "model.skops")
    pd.testing.assert_frame_equal(
        load(tmp_path / "model.skops").sample(20, random_state=0), fitted.sample(20, random_state=0)
    )


def test_a_graph_corrects_numbers(fitted, tmp_path):
    pytest.importorskip("onnxscript")
    onnxruntime = pytest.importorskip("onnxruntime")
    export_onnx(fitted, tmp_path / "sample.onnx", method="sample")
    session = onnxruntime.InferenceSession(tmp_path / "sample.onnx")
    (read,) = session.get_inputs()
    uniform = np.random.RandomState(0).random_sample((2000, read.shape[1])).astype(np.float32)
    (drawn,) = session.run(None, {read.name: uniform})
    for column, own in zip(drawn.T, amounts().to_numpy(float).T, strict=True):
        assert ks_2samp(column, own).statistic < 0.06
