"""Held-out R² of AutoencoderTransformer and of PCA, with default parameters.

Five folds, StandardScaler before both. `--more` adds the tables in the folder next to the checkout.

    python benchmarks/pca.py [--more] [--set name=value ...]
"""

import argparse
import ast
import time
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderTransformer

BUNDLED = ("iris", "wine", "breast_cancer", "diabetes", "digits")
FOLDER = Path(__file__).parents[2] / "shared" / "data" / "adbench"
MAX_ROWS = 4000


def bundled():
    for name in BUNDLED:
        yield name, getattr(datasets, f"load_{name}")(return_X_y=True)[0]


def tables():
    for path in sorted(FOLDER.glob("*.npz")):
        X = np.load(path)["X"]
        yield path.stem, X[np.random.RandomState(0).permutation(len(X))[:MAX_ROWS]]


def explained_variance(estimator, X, n_splits):
    """Return the mean held-out R² in scaled units, and the seconds per fit."""
    scores, started = [], time.perf_counter()
    for train, test in KFold(n_splits, shuffle=True, random_state=0).split(X):
        scaler = StandardScaler().fit(X[train])
        rows = scaler.transform(X[test])
        estimator.fit(scaler.transform(X[train]))
        residual = rows - estimator.inverse_transform(estimator.transform(rows))
        scores.append(1 - (residual**2).sum() / ((rows - rows.mean(0)) ** 2).sum())
    return np.mean(scores), (time.perf_counter() - started) / n_splits


def compare(sets, n_splits, params):
    gains = []
    print(f"{'data set':16} {'shape':>12} {'k':>2} {'PCA':>7} {'AE':>7} {'gain':>8} {'seconds':>8}")
    for name, X in sets:
        for k in (2, 4, 8):
            ours = AutoencoderTransformer(k, random_state=0, **params)
            pca, _ = explained_variance(PCA(min(k, X.shape[1])), X, n_splits)
            score, seconds = explained_variance(ours, X, n_splits)
            gains.append(score - pca)
            print(
                f"{name:16} {X.shape!s:>12} {k:2} {pca:7.4f} {score:7.4f} {gains[-1]:+8.4f} "
                f"{seconds:8.2f}",
                flush=True,
            )
    print(f"smallest gain {min(gains):+.4f}, mean gain {np.mean(gains):+.4f}, pairs {len(gains)}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--more", action="store_true", help="add the outlier-detection tables")
    parser.add_argument("--set", nargs="*", default=[], help="parameters, such as max_epochs=50")
    arguments = parser.parse_args()
    params = {k: ast.literal_eval(v) for k, v in (item.split("=") for item in arguments.set)}
    compare(bundled(), 5, params)
    if arguments.more:
        compare(tables(), 3, params)


if __name__ == "__main__":
    main()
