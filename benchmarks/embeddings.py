"""Embeddings of two components beside PCA, UMAP, openTSNE and PaCMAP.

    python benchmarks/embeddings.py [--sets digits mnist ...] [--seeds 3] [--methods ...]
    python benchmarks/embeddings.py --large 1000000

Fitted to 70 % of the samples (of MNIST to 10 000 images; "mnist60000" to all), measured on others,
at most 3 000 of them: accuracy of five nearest neighbors among the codes of the training samples,
where there are classes; trustworthiness, continuity and recall of ten neighbors; rank correlation
of distances; R² of the inverse; CPU seconds of the fit, and of the codes of all test samples. UMAP
and PaCMAP are compiled before. Defaults everywhere, features standardized for tables. `--large`:
time and memory of one fit to so many samples of 50 features, with an approximate search.
"""

import argparse
import resource
import time
import warnings

import numpy as np
import torch
from _data import FOLDER, header, mnist
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.metrics import embedding_report
from sklearn_autoencoders.objectives import Neighbors

TABLES = ("20_letter", "28_pendigits", "30_satellite", "26_optdigits")
_MAX_TEST = 3000


def samples(name, seed):
    """Return training samples, test samples and their classes, None without classes."""
    if name.startswith("mnist"):
        X, y, X_test, y_test = mnist()
        n_samples = int(name.removeprefix("mnist") or 10_000)
        return X[:n_samples], X_test, y[:n_samples], y_test
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return train_test_split(X, y, test_size=0.3, random_state=seed)
    X = StandardScaler().fit_transform(np.load(FOLDER / "adbench" / f"{name}.npz")["X"])
    return *train_test_split(X, test_size=0.3, random_state=seed), None, None


def umap(seed):
    from umap import UMAP

    return UMAP(random_state=seed)


class PaCMAP:
    """PaCMAP as a scikit-learn transformer."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X):
        import pacmap

        self.X = X
        self.model = pacmap.PaCMAP(random_state=self.seed, save_tree=True)
        self.codes = self.model.fit_transform(X.copy())
        return self

    def transform(self, X):
        return self.codes if X is self.X else self.model.transform(X.copy(), self.X)


class OpenTSNE:
    """openTSNE as a scikit-learn transformer."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, X):
        import openTSNE

        self.X, self.codes = X, openTSNE.TSNE(random_state=self.seed).fit(X)
        return self

    def transform(self, X):
        return np.asarray(self.codes if X is self.X else self.codes.transform(X))


METHODS = {
    "PCA": lambda seed: PCA(2),
    "UMAP": umap,
    "openTSNE": OpenTSNE,
    "PaCMAP": PaCMAP,
    "neighbors": lambda seed: AutoencoderTransformer(2, penalty="neighbors", random_state=seed),
    "no penalty": lambda seed: AutoencoderTransformer(2, random_state=seed),
}
COLUMNS = ("5-NN", "trust", "contin", "recall", "ranks", "R2", "fit s", "codes s")


def measures(make, name, seed):
    """Return the values of the columns."""
    X, X_test, y, y_test = samples(name, seed)
    start = time.process_time()
    model = make(seed).fit(X)
    fitted = time.process_time()
    codes = model.transform(X_test)
    seconds = fitted - start, time.process_time() - fitted
    accuracy = np.nan
    if y is not None:
        classifier = KNeighborsClassifier().fit(model.transform(X), y)
        accuracy = classifier.score(codes, y_test)
    kept, codes = X_test[:_MAX_TEST], codes[:_MAX_TEST]
    report = embedding_report(kept, codes, random_state=seed)
    return accuracy, *report.values(), inverse_score(model, kept, codes), *seconds


def inverse_score(model, X, codes):
    """Return R² of the inverse; that of UMAP, which is slow, from 200 samples."""
    if not hasattr(model, "inverse_transform"):
        return np.nan
    if "umap" in type(model).__module__:
        X, codes = X[:200], codes[:200]
    error = ((X - model.inverse_transform(codes)) ** 2).sum()
    return 1 - error / ((X - X.mean(0)) ** 2).sum()


def large(n_samples):
    """Print time and memory of one fit."""
    X = np.random.RandomState(0).randn(n_samples, 50).astype(np.float32)
    X += 3 * np.random.RandomState(1).randn(100, 50)[np.arange(n_samples) % 100].astype(np.float32)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    penalty = Neighbors(approximate=True)
    model = AutoencoderTransformer(2, penalty=penalty, random_state=0).fit(X)
    seconds = time.process_time() - start
    codes = model.transform(X[:5000])
    scores = silhouette_score(codes, np.arange(5000) % 100)
    above = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    print(
        f"{n_samples} samples of {X.nbytes / 2**30:.2f} GB: {model.n_epochs_} epochs in "
        f"{seconds:.0f} s, {above:.2f} GB above the samples; silhouette of the groups {scores:.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="+", default=["digits", "mnist", *TABLES])
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--large", type=int, help="number of samples")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Embeddings")
    if arguments.large:
        large(arguments.large)
        return
    for name in arguments.sets:
        print(f"\n{name:14}" + "".join(f"{column:>9}" for column in COLUMNS), flush=True)
        for title in arguments.methods:
            try:
                METHODS[title](0).fit(np.random.RandomState(0).rand(5000, 5))  # compiles
            except ImportError:
                print(f"{title:14}  not installed")
                continue
            found = [measures(METHODS[title], name, seed) for seed in range(arguments.seeds)]
            line = "".join(f"{value:9.3f}" for value in np.mean(found, axis=0))
            print(f"{title:14}{line}", flush=True)


if __name__ == "__main__":
    main()
