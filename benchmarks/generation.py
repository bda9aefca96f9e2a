"""Fidelity and utility of generated samples, compared with density estimators of scikit-learn.

    python benchmarks/generation.py [--rows 4000]

Every method generates as many samples of each class as there are in the training data. Generators
are fitted to one half of the data, and the generated samples are compared with the other half.
"""

import argparse
import sys
import time
import warnings

import numpy as np
import pandas as pd
from _data import FOLDER, header
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders.metrics import generation_report


def adult():
    path = FOLDER / "adult.csv.gz"
    if not path.exists():
        print(f"Skipped adult: it requires adult.csv.gz in {FOLDER}, which does not exist.")
        return None
    table = pd.read_csv(path)
    X = table.drop(columns="salary").select_dtypes("number").fillna(0).to_numpy(float)
    return X, (table["salary"] != table["salary"].iloc[0]).to_numpy(int)


def by_class(make):
    """Return a function that fits one density for each class, and samples given labels."""

    def draw(X, y):
        rows = np.empty_like(X, dtype=float)
        for label in np.unique(y):
            of_class = y == label
            scaler = StandardScaler().fit(X[of_class])
            density = make(len(X[of_class])).fit(scaler.transform(X[of_class]))
            drawn = density.sample(of_class.sum())
            drawn = drawn[0] if isinstance(drawn, tuple) else drawn
            rows[of_class] = scaler.inverse_transform(drawn)
        return rows

    return draw


def bootstrap(X, y):
    """Draw every feature independently within each class."""
    rows, rng = np.empty_like(X, dtype=float), np.random.RandomState(0)
    for label in np.unique(y):
        of_class = y == label
        rows[of_class] = np.column_stack([rng.choice(c, of_class.sum()) for c in X[of_class].T])
    return rows


def ours(X, y):
    generator = VAEGenerator(conditional=True, random_state=0).fit(X, y)
    return generator.sample(y=y, random_state=0)


def ours_after_quantiles(X, y):
    settings = {"n_quantiles": min(1000, len(X)), "output_distribution": "normal"}
    ranks = QuantileTransformer(**settings, random_state=0).fit(X)
    return ranks.inverse_transform(ours(ranks.transform(X), y))


METHODS = {
    "VAEGenerator": ours,
    "the same on normal quantiles": ours_after_quantiles,
    "GaussianMixture": by_class(
        lambda n: GaussianMixture(max(min(n // 100, 8), 1), reg_covar=1e-3, random_state=0)
    ),
    "KernelDensity": by_class(lambda n: KernelDensity(bandwidth=0.3)),
    "features drawn independently": bootstrap,
}


def compare(name, X, y, n_rows):
    if len(X) > n_rows:
        X, _, y, _ = train_test_split(X, y, train_size=n_rows, stratify=y, random_state=0)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=0
    )
    print(f"\n{name}, {X_train.shape[0]} samples, {X_train.shape[1]} features")
    print(f"{'':30} sd ratio (min, mean, max)      KS   corr  AUC   utility  copies  seconds")
    for method, draw in METHODS.items():
        started = time.perf_counter()
        rows = draw(X_train, y_train)
        seconds = time.perf_counter() - started
        report = generation_report(X_test, rows, y_test, y_train, random_state=0)
        copies = generation_report(X_train, rows, random_state=0).share_of_copies
        ratio = [f(report.std_ratio) for f in (np.nanmin, np.nanmean, np.nanmax)]
        print(
            f"{method:30} {ratio[0]:9.2f} {ratio[1]:6.2f} {ratio[2]:6.2f} "
            f"{report.column_distance.mean():14.3f} {report.correlation_difference:5.3f} "
            f"{report.two_sample_auc:5.3f} {report.utility:7.3f} {copies:8.3f} {seconds:7.1f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    header("Generation")
    compare("breast_cancer", *load_breast_cancer(return_X_y=True), arguments.rows)
    compare("digits", *load_digits(return_X_y=True), arguments.rows)
    table = adult()
    if table is None:
        sys.exit(0)
    compare("adult, numeric features", *table, arguments.rows)


if __name__ == "__main__":
    main()
