"""Codes of series, and outlier scores of their time points.

**Codes.** Data sets of the UCR and UEA archives, in their own splits. 1-NN and ridge classifiers on
eight components: of PCA, of the default (dense) network, of `Temporal` with both bottlenecks and
both initializations, and of `Recurrent`; also MiniRocket with a ridge classifier if aeon is
installed. The defaults of `Temporal` were chosen by `--part choice` on every second set in
alphabetical order (ArrowHead, GunPoint, JapaneseVowels), before the others were looked at: the
setting with the best mean of both accuracies. `--methods` and `--sets` choose some of them.

**Time points.** Series of the Numenta Anomaly Benchmark: windows of 48 values (`--lengths`), scored
by detectors that are fitted to the same windows; the score of a time point is the mean over its
windows. Area under the ROC curve against the labeled intervals.

    python benchmarks/series.py [--part codes|choice|points|all] [--seeds 3]
        [--methods PCA ...] [--sets Trace ...] [--lengths 48 ...]
"""

import argparse
import json
import time
import warnings
from importlib.util import find_spec
from itertools import product
from statistics import mean

import numpy as np
from _data import FOLDER, header
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeClassifierCV
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderOutlierDetector, AutoencoderTransformer
from sklearn_autoencoders.networks import Recurrent, Temporal
from sklearn_autoencoders.series import average_windows, sliding_windows

SETS = [
    "ArrowHead",
    "BasicMotions",
    "GunPoint",
    "ItalyPowerDemand",
    "JapaneseVowels",
    "Trace",
]
POINTS = [
    "artificialWithAnomaly/art_daily_jumpsup",
    "realKnownCause/ec2_request_latency_system_failure",
    "realKnownCause/machine_temperature_system_failure",
    "realKnownCause/nyc_taxi",
]
N_COMPONENTS, STEP = 8, 2


def data_of(name):
    """Return X_train, y_train, X_test, y_test of a set, or None if it is absent."""
    path = FOLDER / "series" / f"{name}.npz"
    if not path.exists():
        print(f"Skipped: {path} does not exist.")
        return None
    file = np.load(path)
    n_times = max(file["X_train"].shape[1], file["X_test"].shape[1])
    return tuple(
        _padded(file[key], n_times) if key[0] == "X" else file[key]
        for key in ("X_train", "y_train", "X_test", "y_test")
    )


def _padded(X, n_times):
    padded = np.full((len(X), n_times, X.shape[2]), np.nan, np.float32)
    padded[:, : X.shape[1]] = X
    return padded


def flat(X):
    return X.reshape(len(X), -1)


def pca(X, seed):
    imputer = SimpleImputer(keep_empty_features=True)
    return make_pipeline(imputer, PCA(N_COMPONENTS, random_state=seed)).fit(flat(X)), flat


def network(make, **params):
    """Return a function that fits a transformer with a network for the shape of the series."""

    def fit(X, seed):
        own = None if make is None else make(X.shape[1:])
        model = AutoencoderTransformer(N_COMPONENTS, network=own, random_state=seed, **params)
        as_input = flat if own is None else lambda X: X
        return model.fit(as_input(X)), as_input

    return fit


def rocket(X, seed):
    from aeon.transformations.collection.convolution_based import MiniRocket

    def as_input(X):  # channels first; the tails of shorter series are zero
        return np.nan_to_num(X.swapaxes(1, 2))

    return MiniRocket(random_state=seed).fit(as_input(X)), as_input


METHODS = {
    "PCA": pca,
    "dense": network(None),
    "Temporal, dense": network(lambda shape: Temporal(shape, bottleneck="dense")),
    "Temporal, global": network(lambda shape: Temporal(shape, bottleneck="global")),
    "Temporal, dense, random": network(
        lambda shape: Temporal(shape, bottleneck="dense"), init="random"
    ),
    "Temporal, global, random": network(
        lambda shape: Temporal(shape, bottleneck="global"), init="random"
    ),
    "Temporal, global, random, 400 epochs": network(
        lambda shape: Temporal(shape, bottleneck="global"), init="random", max_epochs=400
    ),
    "Recurrent": network(Recurrent),
    "Recurrent, random": network(Recurrent, init="random"),
}


def accuracies(fit, data, seed):
    """Return the accuracies of 1-NN and ridge on the codes, and the seconds of the fit."""
    X, y, X_test, y_test = data
    start = time.perf_counter()
    model, as_input = fit(X, seed)
    seconds = time.perf_counter() - start
    codes = [np.asarray(model.transform(as_input(part))) for part in (X, X_test)]
    classifiers = KNeighborsClassifier(1), RidgeClassifierCV(np.logspace(-3, 3, 7))
    found = []
    for classifier in classifiers:
        pipeline = make_pipeline(StandardScaler(), classifier).fit(codes[0], y)
        found.append(pipeline.score(codes[1], y_test))
    return *found, seconds


def codes(seeds, sets, names, lengths):
    """Print the accuracies of every method on every set."""
    for name in sets:
        data = data_of(name)
        if data is None:
            continue
        print(f"\n{name}: {len(data[0])} + {len(data[2])} series of shape {data[0].shape[1:]}")
        for label, fit in methods(names).items():
            runs = [accuracies(fit, data, seed) for seed in range(seeds)]
            near, ridge, seconds = map(mean, zip(*runs, strict=True))
            print(f"  {label:38s} {near:.3f}  {ridge:.3f}  {seconds:6.1f} s", flush=True)


def methods(names):
    """Return methods by name; all of them include MiniRocket if it is installed."""
    every = {**METHODS, "MiniRocket": rocket}
    if names is None:
        names = every if find_spec("aeon") else METHODS
    return {name: every[name] for name in names}


def choice(seeds, sets, names, lengths):
    """Print the mean accuracy of settings of Temporal on the sets for the choice."""
    chosen = [data for name in SETS[::2] if (data := data_of(name)) is not None]
    widths, kernels = ((16, 32), (16, 32, 64), (32, 64)), (5, 9)
    for channels, kernel, bottleneck in product(widths, kernels, ("dense", "global")):
        settings = {"channels": channels, "kernel_size": kernel, "bottleneck": bottleneck}
        fit = network(lambda shape, settings=settings: Temporal(shape, **settings))
        found = [
            mean(mean(accuracies(fit, data, seed)[:2]) for seed in range(seeds)) for data in chosen
        ]
        each = "  ".join(f"{value:.3f}" for value in found)
        print(
            f"{channels!s:14s} {kernel}  {bottleneck:7s} {np.mean(found):.4f}   {each}", flush=True
        )


def points(seeds, sets, names, lengths):
    """Print the areas under the ROC curve of time points, and their means over the series."""
    folder = FOLDER / "series" / "nab"
    if not folder.exists():
        print(f"Skipped: {folder} does not exist.")
        return
    intervals = json.loads((folder / "combined_windows.json").read_text())
    series = [_labeled(folder, name, intervals) for name in POINTS]
    for length in lengths:
        print(f"\nwindows of {length}: {', '.join(POINTS)}, their mean, seconds")
        for label in SCORES if names is None else names:
            start = time.perf_counter()
            found = [_mean_area(SCORES[label], *one, length, seeds) for one in series]
            seconds = (time.perf_counter() - start) / seeds
            cells = "  ".join(f"{area:.3f}" for area in [*found, mean(found)])
            print(f"  {label:24s} {cells}  {seconds:6.1f} s", flush=True)


def _mean_area(score, values, labels, length, seeds):
    """Return the mean area over seeds of the scores of the time points of a series."""
    windows, found = np.array(sliding_windows(values, length, STEP)), []
    for seed in range(seeds):
        of_times = average_windows(score(windows, seed), length, STEP, len(values))
        known = ~np.isnan(of_times)
        found.append(roc_auc_score(labels[known], of_times[known]))
    return mean(found)


def _labeled(folder, name, intervals):
    """Return standardized values, and whether each is in a labeled interval."""
    file = folder / f"{name.rpartition('/')[2]}.csv"
    times, values = np.loadtxt(file, delimiter=",", skiprows=1, dtype=str).T
    values, times = values.astype(np.float32), times.astype("datetime64[s]")
    labels = np.zeros(len(values), dtype=bool)
    for start, end in intervals[f"{name}.csv"]:
        labels |= (times >= np.datetime64(start)) & (times <= np.datetime64(end))
    return (values - values.mean()) / values.std(), labels


def residual_of_pca(windows, seed):
    model = PCA(N_COMPONENTS, random_state=seed).fit(windows)
    return ((windows - model.inverse_transform(model.transform(windows))) ** 2).mean(1)


def distance_to_neighbors(windows, seed):
    return NearestNeighbors(n_neighbors=5).fit(windows).kneighbors()[0].mean(1)


def detector(network=None):
    """Return the anomaly score of a detector, for windows."""

    def score(windows, seed):
        own = None if network is None else network(windows.shape[1:])
        model = AutoencoderOutlierDetector(random_state=seed, network=own)
        return -model.fit(windows).score_samples(windows)

    return score


SCORES = {
    "PCA's residual": residual_of_pca,
    "kNN": distance_to_neighbors,
    "detector": detector(),
    "detector, Temporal": detector(lambda shape: Temporal(shape, channels=(8, 16))),
}


PARTS = {"codes": codes, "choice": choice, "points": points}


def main():
    """Run the parts that are chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=[*PARTS, "all"], default="all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=[*METHODS, "MiniRocket", *SCORES])
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    parser.add_argument("--lengths", nargs="+", type=int, default=[48], help="of windows")
    arguments = parser.parse_args()
    header("Series")
    warnings.filterwarnings("ignore", "36 feature.* contain only missing values")  # of flat series
    for name, part in PARTS.items():
        if arguments.part in (name, "all"):
            print(f"\n{name}")
            part(arguments.seeds, arguments.sets, arguments.methods, arguments.lengths)


if __name__ == "__main__":
    main()
