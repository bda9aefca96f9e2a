"""Figures that are stated in the README and the guide.

    python benchmarks/claims.py [--part checks seeds gaps labels times]

checks: the failed estimator checks of scikit-learn for this package, skorch and PyOD. seeds: the
table of `make demo` over six seeds. gaps: imputation of a quarter of the values of the digits; R²
on the missing values. labels: 50 labels of the digits. times: CPU time of a fit of every estimator.
"""

import argparse
import time
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import torch
from _data import header
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.utils.estimator_checks import check_estimator

import sklearn_autoencoders as sa

ESTIMATORS = [getattr(sa, name) for name in sa.__all__ if isinstance(getattr(sa, name), type)]


class Line(torch.nn.Module):
    """A linear network for any number of features and any data type."""

    def __init__(self):
        super().__init__()
        self.line = torch.nn.LazyLinear(1)

    def forward(self, X):
        return self.line(X.float())[:, 0]


def checks():
    from pyod.models.auto_encoder import AutoEncoder
    from skorch import NeuralNetRegressor

    peers = [NeuralNetRegressor(Line, verbose=0), AutoEncoder(verbose=0)]
    print("\nfailed estimator checks of scikit-learn, of all checks")
    for estimator in [*(cls() for cls in ESTIMATORS), *peers]:
        found = check_estimator(estimator, on_fail=None, on_skip=None)
        counts = Counter(check["status"] for check in found)
        name = type(estimator).__name__
        print(f"{name:28} {counts['failed']:3} of {len(found)}", flush=True)


def seeds():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    print("\ndigits: held-out R² and 5-NN accuracy on the codes, over six seeds")
    for k in (2, 8):
        found = []
        for seed in range(6):
            fitted = sa.AutoencoderTransformer(k, random_state=seed).fit(X)
            neighbors = KNeighborsClassifier(5).fit(fitted.transform(X), y)
            accuracy = neighbors.score(fitted.transform(X_test), y_test)
            found.append((fitted.score(X_test), accuracy))
        low, high = np.min(found, axis=0), np.max(found, axis=0)
        print(
            f"{k} components: {low[0]:.3f} to {high[0]:.3f}, {low[1]:.3f} to {high[1]:.3f}",
            flush=True,
        )


def gaps():
    rng = np.random.default_rng(0)
    X, X_test = train_test_split(load_digits().data, random_state=0)
    X_missing, missing_test = (
        np.where(rng.random(part.shape) < 0.25, np.nan, part) for part in (X, X_test)
    )
    is_missing = np.isnan(missing_test)
    mean = SimpleImputer(keep_empty_features=True).fit(X_missing).transform(missing_test)
    error = ((X_test - mean)[is_missing] ** 2).sum()
    print("\ndigits, a quarter of the values missing: R² on the missing values of held-out samples")
    for imputer in (
        KNNImputer(keep_empty_features=True),
        sa.DenoisingAutoencoder(random_state=0),
        sa.VAEGenerator(random_state=0),
    ):
        fill = getattr(imputer.fit(X_missing), "impute", None) or imputer.transform
        left = ((X_test - fill(missing_test))[is_missing] ** 2).sum()
        print(f"{type(imputer).__name__:28} {1 - left / error:.3f}", flush=True)


def labels():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    known = np.where(np.arange(len(y)) < 50, y, -1)
    logistic = LogisticRegression(max_iter=5000).fit(X[:50], y[:50])
    print("\ndigits, 50 labels: accuracy on held-out samples")
    print(f"{type(logistic).__name__:28} {logistic.score(X_test, y_test):.3f}", flush=True)
    for seed in range(6):
        fitted = sa.AutoencoderClassifier(random_state=seed).fit(X, known)
        print(
            f"{f'AutoencoderClassifier, {seed}':28} {fitted.score(X_test, y_test):.3f}", flush=True
        )


def mixed_table(n_samples):
    """Return made-up samples of eight numbers and four columns of categories, and classes."""
    rng = np.random.RandomState(0)
    factors = rng.normal(size=(n_samples, 3))
    table = pd.DataFrame(factors @ rng.normal(size=(3, 8)) + rng.normal(size=(n_samples, 8)))
    for n_categories in (2, 5, 10, 20):
        value = factors @ rng.normal(size=3) + rng.normal(size=n_samples)
        table[n_categories] = pd.qcut(value, n_categories).astype(str)
    return table.rename(columns=str), (factors[:, 0] > 0).astype(int)


def times():
    sa.AutoencoderTransformer(max_epochs=1).fit(load_breast_cancer().data)  # loads optimizers
    print("\nseconds of CPU time to fit, default parameters, one thread")
    arrays = [load(return_X_y=True) for load in (load_breast_cancer, load_digits)]
    for X, y in (*arrays, mixed_table(1000), mixed_table(20_000)):
        print(f"{X.shape[0]} samples with {X.shape[1]} features")
        for cls in ESTIMATORS:
            if isinstance(X, pd.DataFrame) and cls is sa.AutoencoderRecommender:
                continue
            start = time.process_time()
            cls(random_state=0).fit(X, y.astype(float) if cls is sa.AutoencoderRegressor else y)
            print(f"{cls.__name__:28} {time.process_time() - start:.1f}", flush=True)


PARTS = {"checks": checks, "seeds": seeds, "gaps": gaps, "labels": labels, "times": times}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("Claims")
    for name in arguments.part:
        PARTS[name]()


if __name__ == "__main__":
    main()
