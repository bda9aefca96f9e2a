"""How often explanations of outliers find a single wrong value, on the tables of ADBench.

    python benchmarks/explanations.py [--methods NAME ...] [--seeds 1] [--n-wrong 500] [--each]

Trained on 70 % of the samples without labels, at most 3 000 before the split. In each normal test
sample, drawn again if there are too few, one value is replaced: by a value "far" away, beyond the
training values by up to half of their range; by one drawn uniformly "between" the smallest and the
largest one; or by the "plausible" value of another training sample. It differs from the true value
by at least a tenth of the range. How often the wrong feature has the worst contribution, or one of
the three worst, means over the tables; equal contributions are in random order. Tables of even
rank, by name, may choose a method; those of odd rank report.
"""

import argparse
import time
import warnings

import numpy as np
import torch
from _data import header
from outliers import sets
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from sklearn_autoencoders import AutoencoderOutlierDetector

MAX_SAMPLES = 3000
MIN_CHANGE = 0.1


def ours(A, seed):
    model = AutoencoderOutlierDetector(random_state=seed).fit(A)
    return lambda B: model.explain(B).contribution


def shap_of_forest(A, seed):
    """Return Shapley values of the path lengths in an isolation forest."""
    import shap

    explainer = shap.TreeExplainer(IsolationForest(random_state=seed).fit(A))
    return lambda B: explainer.shap_values(B, check_additivity=False)


def components(A, seed):
    model = PCA(0.9, random_state=seed).fit(A)
    return lambda B: -((B - model.inverse_transform(model.transform(B))) ** 2)


def distance_from_median(A, seed):
    median = np.median(A, axis=0)
    return lambda B: -np.abs(B - median) / A.std(0)


METHODS = {
    "AutoencoderOutlierDetector": ours,
    "IsolationForest, SHAP": shap_of_forest,
    "PCA, squared residuals": components,
    "distance from the median": distance_from_median,
}


def far(column, value, rng):
    """Return a value beyond those of a column, which are in [0, 1]."""
    beyond = rng.uniform(MIN_CHANGE, 0.5)
    return 1 + beyond if rng.uniform() < 0.5 else -beyond


def between(column, value, rng):
    return rng.uniform()


def plausible(column, value, rng):
    return rng.choice(column)


KINDS = {"far": far, "between": between, "plausible": plausible}


def with_wrong_values(A, B, draw, n_wrong, rng):
    """Return samples with one wrong value each, and its feature."""
    B = B[rng.choice(len(B), n_wrong, replace=n_wrong > len(B))].copy()
    wrong = rng.choice(np.flatnonzero(np.ptp(A, axis=0) > 0), n_wrong)
    for sample, feature in zip(B, wrong, strict=True):
        true = value = sample[feature]
        for _ in range(1000):  # few values may differ
            value = draw(A[:, feature], true, rng)
            if abs(value - true) >= MIN_CHANGE:
                break
        sample[feature] = value
    return B, wrong


def places(contribution, wrong, rng):
    """Return the place of the wrong feature by its contribution, the lowest first."""
    own = np.take_along_axis(contribution, wrong[:, None], 1)
    before, equal = (contribution < own).sum(1), (contribution == own).sum(1)
    return before + rng.randint(equal)


def split(X, y, seed):
    """Return the training samples and the normal test samples, scaled to [0, 1]."""
    if len(X) > MAX_SAMPLES:
        chosen = np.random.RandomState(seed).permutation(len(X))[:MAX_SAMPLES]
        X, y = X[chosen], y[chosen]
    A, B, _, labels = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    scaler = MinMaxScaler().fit(A)
    return scaler.transform(A), scaler.transform(B[labels == 0])


def measure(make, tables, n_wrong, seed):
    """Return how often the wrong value is first and among three, of shape (tables, kinds, 2)."""
    found = []
    for _, X, y in tables:
        A, B = split(X, y, seed)
        contributions = make(A, seed)
        for draw in KINDS.values():
            rng = np.random.RandomState(seed)
            samples, wrong = with_wrong_values(A, B, draw, n_wrong, rng)
            place = places(contributions(samples), wrong, rng)
            found.append([(place < 1).mean(), (place < 3).mean()])
    return np.reshape(found, (len(tables), len(KINDS), 2))


def show(title, found):
    cells = [f"{first:.3f} / {three:.3f}" for first, three in found]
    print(f"{title:28} " + "   ".join(cells), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--n-wrong", type=int, default=500, help="samples of each table")
    parser.add_argument("--each", action="store_true", help="print the figures of each table")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Explanations")
    tables = sorted(sets(), key=lambda table: table[0].lower())
    print(f"first / among three: {', '.join(KINDS)}")
    for name in arguments.methods:
        start = time.process_time()
        make, n_wrong = METHODS[name], arguments.n_wrong
        found = [measure(make, tables, n_wrong, seed) for seed in range(arguments.seeds)]
        found = np.mean(found, axis=0)
        seconds = time.process_time() - start
        show(f"{name}, {seconds:.0f} s", found.mean(0))
        show("  tables of odd rank", found[::2].mean(0))
        show("  tables of even rank", found[1::2].mean(0))
        for (title, X, _), row in zip(tables, found, strict=True):
            if arguments.each:
                show(f"    {title}, {X.shape[1]}", row)


if __name__ == "__main__":
    main()
