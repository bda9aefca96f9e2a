"""Data with more features than samples, and warnings of default fits on random tables.

python benchmarks/wide.py [--part cost gains warnings] [--tables 100]
"""

import argparse
import time
import warnings

import numpy as np
import torch
from _data import FOLDER, header
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

import sklearn_autoencoders
from sklearn_autoencoders import AutoencoderTransformer

NAMES = (
    "AutoencoderTransformer",
    "DenoisingAutoencoder",
    "AutoencoderClassifier",
    "AutoencoderRegressor",
    "AutoencoderOutlierDetector",
    "VAEGenerator",
)


def factors(n_samples, n_features, rng, noise=1.0):
    """Return samples with 20 common factors."""
    loadings = rng.randn(20, n_features)
    return rng.randn(n_samples, 20) @ loadings + noise * rng.randn(n_samples, n_features)


def curved(n_samples, n_features, rng):
    """Return samples near a curved surface of dimension three."""
    bent = np.tanh(rng.randn(n_samples, 3) @ rng.randn(3, 40))
    return bent @ rng.randn(40, n_features) / 3 + 0.5 * rng.randn(n_samples, n_features)


def explained(X, decoded, mean):
    """Return the R² of reconstructions of new samples."""
    return 1 - ((X - decoded) ** 2).sum() / ((X - mean) ** 2).sum()


SIZES = ((60, 500), (60, 2_000), (60, 5_000), (60, 20_000), (500, 6_000))


def measure_cost():
    """Print CPU seconds of default fits, and the R² of new samples beside that of PCA."""
    for name in NAMES:
        for n_samples, n_features in SIZES:
            X = factors(n_samples + 300, n_features, np.random.RandomState(0))
            X, new = X[:n_samples], X[n_samples:]
            y = (X[:, 0] > 0).astype(int)
            start = time.process_time()
            fitted = getattr(sklearn_autoencoders, name)(random_state=0).fit(X, y)
            seconds = time.process_time() - start
            comparison = _compared(fitted, X, new)
            print(
                f"{name:27} {n_samples:4} {n_features:6} {seconds:6.1f} s", *comparison, flush=True
            )


def _compared(fitted, X, new):
    if not hasattr(fitted, "inverse_transform"):
        return ()
    n_components = min(fitted.n_components_, len(X) - 1)
    pca, mean = PCA(n_components).fit(X), X.mean(axis=0)
    found = explained(new, fitted.reconstruct(new), mean)
    linear = explained(new, pca.inverse_transform(pca.transform(new)), mean)
    return (f" R² {found:.4f}, PCA({n_components}) {linear:.4f}",)


def tables():
    """Yield names and samples of wide data."""
    rng = np.random.RandomState(0)
    yield "digits", load_digits().data
    if FOLDER.exists():
        yield "MNIST", np.load(FOLDER / "mnist.npz")["X_train"][:2000].reshape(2000, -1) / 255
        yield "musk", np.load(FOLDER / "adbench" / "25_musk.npz")["X"]
    yield "factors", factors(900, 2_000, rng, noise=3.0)
    yield "curved", curved(900, 2_000, rng)


def measure_gains(seeds=3):
    """Print the gain in held-out R² over PCA."""
    for name, X in tables():
        for n_samples in (30, 60, 120, 300):
            for n_components in (2, 8):
                gains = [_gain(X, n_samples, n_components, seed) for seed in range(seeds)]
                print(
                    f"{name:8} n = {n_samples:3}, p = {X.shape[1]:4}, k = {n_components} "
                    f"{np.mean(gains):+.4f} (smallest {min(gains):+.4f})",
                    flush=True,
                )


def _gain(X, n_samples, n_components, seed):
    order = np.random.RandomState(seed).permutation(len(X))
    X, new = X[order[:n_samples]], X[order[n_samples : n_samples + 500]]
    fitted = AutoencoderTransformer(n_components, random_state=seed).fit(X)
    pca, mean = PCA(n_components).fit(X), X.mean(axis=0)
    linear = explained(new, pca.inverse_transform(pca.transform(new)), mean)
    return explained(new, fitted.reconstruct(new), mean) - linear


KINDS = {
    "normal": lambda X, rng: X,
    "factors": lambda X, rng: factors(*X.shape, rng, 0.3),
    "heavy": lambda X, rng: rng.standard_t(2, X.shape),
    "lognormal": lambda X, rng: np.exp(2 * X),
    "constants": lambda X, rng: np.where(np.arange(X.shape[1]) % 2, X, 3.7),
    "duplicates": lambda X, rng: X[rng.randint(0, max(2, len(X) // 10), len(X))],
    "tiny": lambda X, rng: factors(*X.shape, rng) * 1e-12,
    "huge": lambda X, rng: factors(*X.shape, rng) * 1e12,
    "units": lambda X, rng: factors(*X.shape, rng) * np.exp(rng.uniform(-10, 10, X.shape[1])),
    "counts": lambda X, rng: rng.poisson(np.exp(X)).astype(float),
    "curved": lambda X, rng: curved(*X.shape, rng),
    "cauchy": lambda X, rng: rng.standard_cauchy(X.shape),
}


def random_table(seed, max_values=400_000):
    """Return a kind and samples of random size: 5 to 5000 samples, 1 to 2000 features."""
    rng = np.random.RandomState(seed)
    shape = 5000, 2000
    while np.prod(shape) > max_values:
        shape = [int(np.exp(rng.uniform(np.log(low), np.log(high)))) for low, high in _SIZES]
    kind = list(KINDS)[seed % len(KINDS)]
    return kind, KINDS[kind](rng.randn(*shape), rng)


_SIZES = (5, 5001), (1, 2001)


def count_warnings(n_tables):
    """Print each ConvergenceWarning of a default fit, and their number."""
    for name in NAMES:
        n_found = 0
        for seed in range(n_tables):
            kind, X = random_table(seed)
            y = (X[:, 0] > np.median(X[:, 0])).astype(int)
            if name == "AutoencoderClassifier" and len(np.unique(y)) < 2:
                continue
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                getattr(sklearn_autoencoders, name)(random_state=0).fit(X, y)
            found = [w for w in caught if issubclass(w.category, ConvergenceWarning)]
            n_found += len(found)
            for warning in found:
                print(f"  {name}, table {seed}, {kind}, {X.shape}: {warning.message}", flush=True)
        print(f"{name:27} {n_found} convergence warnings, {n_tables} tables", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {"cost", "gains", "warnings"}
    parser.add_argument("--part", nargs="+", choices=sorted(parts), default=sorted(parts))
    parser.add_argument("--tables", type=int, default=100)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header("Wide data")
    if "cost" in arguments.part:
        measure_cost()
    if "gains" in arguments.part:
        measure_gains()
    if "warnings" in arguments.part:
        count_warnings(arguments.tables)


if __name__ == "__main__":
    main()
