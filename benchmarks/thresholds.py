"""False alarms and outliers found by the automatic threshold of the outlier detector.

    python benchmarks/thresholds.py [--part clean report chose few few_chose] [--seeds 1] [--each]

clean: five data sets without outliers. Trained on half of the samples; which fraction of the others
is labeled as outliers, as they are and after a drift: all values of each feature are shifted by 0.1
or 0.25 standard deviations, up or down.

report, chose: 20 tables of ADBench and 23 of KEEL; those of even rank (by name) chose the rule,
those of odd rank report. One class: false alarms among normal test samples, with the same drift.
Contaminated, where at least 2 % of the samples are outliers: share of the outliers that is found
(recall), share of the found that are outliers (precision), their harmonic mean F1, and the recall
that the scores allow if as many samples are labeled as there are outliers.

few, few_chose: after fits to 8, 20, 50, 150 and 500 normal samples of the same tables, the false
alarms among others for each, and then the recalls.
"""

import argparse
import warnings

import numpy as np
import torch
from _data import header
from _keel import keel_sets
from outliers import one_class, sets, unsupervised
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import MinMaxScaler

from sklearn_autoencoders import AutoencoderOutlierDetector

MAX_SAMPLES = 3000
DRIFTS = (0.0, 0.1, 0.25)
MIN_OUTLIERS = 0.02
# Numbers of new samples after fits to few.
MIN_NEW, MAX_NEW = 50, 1000
SIZES = (8, 20, 50, 150, 500)
PARTS = ("clean", "report", "chose", "few", "few_chose")

METHODS = {
    "AutoencoderOutlierDetector": lambda seed: AutoencoderOutlierDetector(random_state=seed),
    "IsolationForest": lambda seed: IsolationForest(random_state=seed),
}


def clean_sets():
    """Yield names and samples without outliers."""
    yield "iris", load_iris().data
    yield "wine", load_wine().data
    X, y = load_breast_cancer(return_X_y=True)
    yield "breast cancer, benign", X[y == 1]
    yield "digits", load_digits().data
    rng = np.random.RandomState(0)
    yield "normal distribution", rng.randn(3000, 5) @ rng.randn(5, 20) + 0.3 * rng.randn(3000, 20)


def drifted(A, B, drift):
    """Return samples of which each feature is shifted by a multiple of its deviation in A."""
    sign = np.random.RandomState(1).choice([-1, 1], A.shape[1])
    return B + drift * sign * A.std(0)


def false_alarms(make, A, B, seed):
    """Return the fraction of normal samples that is labeled, for each drift."""
    model = make(seed).fit(A)
    return [(model.predict(drifted(A, B, drift)) == -1).mean() for drift in DRIFTS]


def found_outliers(make, A, B, y, seed):
    """Return recall, precision, F1 and the recall of the most anomalous samples."""
    model = make(seed).fit(A)
    scores, labeled = model.score_samples(B), model.predict(B) == -1
    n_found, n_outliers = (labeled & (y == 1)).sum(), y.sum()
    most = np.argsort(scores, kind="stable")[:n_outliers]
    precision = n_found / max(labeled.sum(), 1)
    f1 = 2 * n_found / (labeled.sum() + n_outliers)
    return [n_found / n_outliers, precision, f1, y[most].mean()]


def clean(make, seed, each):
    rows = []
    for name, X in clean_sets():
        X = X[np.random.RandomState(seed).permutation(len(X))]
        A, B = X[: len(X) // 2], X[len(X) // 2 :]
        rows.append(false_alarms(make, A, B, seed))
        if each:
            print(f"    {name:24}", *(f"{rate:.4f}" for rate in rows[-1]), flush=True)
    return np.mean(rows, axis=0)


def limited(X, y, seed):
    kept = np.random.RandomState(seed).permutation(len(X))[:MAX_SAMPLES]
    return (X, y) if len(X) <= MAX_SAMPLES else (X[kept], y[kept])


def scaled(A, B):
    scaler = MinMaxScaler().fit(A)
    return scaler.transform(A), scaler.transform(B)


def of_tables(make, seed, tables):
    """Return mean false alarms by drift, and means of what is found."""
    alarms, found = [], []
    for _, X, y in tables:
        X, y = limited(X, y, seed)
        A, B, labels = one_class(X, y, seed)
        A, B = scaled(A, B)
        alarms.append(false_alarms(make, A, B[labels == 0], seed))
        if y.mean() >= MIN_OUTLIERS:
            A, B, labels = unsupervised(X, y, seed)
            found.append(found_outliers(make, *scaled(A, B), labels, seed))
    return np.concatenate([np.mean(alarms, axis=0), np.mean(found, axis=0)])


def few(make, seed, tables):
    """Return mean false alarms after fits to few samples of each size, and then mean recalls."""
    found = [[of_few(make, seed, X, y, n) for _, X, y in tables] for n in SIZES]
    return np.concatenate([np.nanmean(rows, axis=0) for rows in found]).reshape(-1, 2).T.ravel()


def of_few(make, seed, X, y, n_samples):
    """Return false alarms and recall; NaN if there are too few samples to measure them."""
    rng = np.random.RandomState(1000 * seed + n_samples)
    normal = rng.permutation(np.flatnonzero(y == 0))
    if len(normal) < n_samples + MIN_NEW:
        return np.nan, np.nan
    parts = X[normal[:n_samples]], X[normal[n_samples:][:MAX_NEW]], X[y == 1][:MAX_NEW]
    scaler = MinMaxScaler().fit(parts[0])
    A, B, outliers = (scaler.transform(part) for part in parts)
    model = make(seed).fit(A)
    return (model.predict(B) == -1).mean(), (model.predict(outliers) == -1).mean()


def part_of(title, each):
    """Return the function from a method and a seed to the figures of a part."""
    if title == "clean":
        return lambda make, seed: clean(make, seed, each)
    collections = [sorted(sets(), key=lambda table: table[0].lower()), list(keel_sets())]
    first, measure = int(title.endswith("chose")), few if "few" in title else of_tables
    some = [table for tables in collections for table in tables[first::2]]
    return lambda make, seed: measure(make, seed, some)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--each", action="store_true", help="print the figures of each clean set")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Thresholds")
    print("false alarms without drift, 0.1, 0.25; recall, precision, F1, possible recall")
    for title in arguments.part:
        part = part_of(title, arguments.each)
        for name in arguments.methods:
            rows = [part(METHODS[name], seed) for seed in range(arguments.seeds)]
            figures = " ".join(f"{value:.3f}" for value in np.mean(rows, axis=0))
            print(f"{title:8} {name:28} {figures}", flush=True)


if __name__ == "__main__":
    main()
