"""Prediction on tables of numbers and categories, beside other methods.

    python benchmarks/prediction.py [--tables adult german ...] [--labels 200 all] [--seeds 3]

Accuracy, or R² for ames, on held-out samples, and CPU seconds of the fit. Three quarters of a table
are training samples (of adult, 10 000, and 10 000 others to test). With 200 labels, the other
training samples have none: "labeled only" is fitted without them, as are all other methods.
Regressions are on standardized numbers and indicators; "chosen" means the strength of the penalty,
by five folds.

Defaults were chosen on other tables (docs/decisions/0011-prediction-on-tables.md).
"""

import argparse
import time
import warnings

import numpy as np
import torch
from _data import TARGETS, header
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, Ridge, RidgeCV
from sklearn.metrics import accuracy_score, r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tables import mixed

from sklearn_autoencoders import AutoencoderClassifier, AutoencoderRegressor

_N_ADULT, _STRENGTHS = 10_000, np.logspace(-2, 4, 13)
_CHOSEN = {
    "Cs": 1 / _STRENGTHS[2:],
    "max_iter": 2000,
    "scoring": "neg_log_loss",
    "l1_ratios": (0,),
    "use_legacy_attributes": False,
}


def read(name):
    """Return the table, with categories as such, and the target."""
    table = mixed(name)
    y = table.pop(TARGETS[name])
    strings = table.select_dtypes(exclude="number").columns
    table = table.astype(dict.fromkeys(strings, "category"))
    return table, y.to_numpy(float) if name == "ames" else y.factorize(sort=True)[0]


def split(name, seed):
    """Return training and test samples."""
    table, y = read(name)
    order = np.random.RandomState(seed).permutation(len(y))
    n_train = _N_ADULT if name == "adult" else 3 * len(y) // 4
    train, test = order[:n_train], order[n_train : n_train + _N_ADULT]
    return table.iloc[train], y[train], table.iloc[test], y[test]


def encoder(with_gaps=False):
    """Return a transformer to numbers and indicators."""
    fill = [] if with_gaps else [SimpleImputer(), StandardScaler()]
    return make_column_transformer(
        (
            make_pipeline(*fill) if fill else "passthrough",
            make_column_selector(dtype_include="number"),
        ),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )


def makers(is_number):
    """Return models by name: each a function of the seed, and whether it uses unlabeled samples."""
    ours = AutoencoderRegressor if is_number else AutoencoderClassifier
    boosting = HistGradientBoostingRegressor if is_number else HistGradientBoostingClassifier
    default = Ridge() if is_number else LogisticRegression(max_iter=2000)
    chosen = RidgeCV(_STRENGTHS) if is_number else LogisticRegressionCV(**_CHOSEN)
    return {
        "Autoencoder*": (lambda seed: ours(random_state=seed), True),
        "labeled only": (lambda seed: ours(random_state=seed), False),
        "one-hot by hand": (
            lambda seed: make_pipeline(encoder(with_gaps=True), ours(random_state=seed)),
            True,
        ),
        "regression": (lambda seed: make_pipeline(encoder(), default), False),
        "regression, chosen": (lambda seed: make_pipeline(encoder(), chosen), False),
        "HistGradientBoosting": (
            lambda seed: boosting(categorical_features="from_dtype", random_state=seed),
            False,
        ),
    }


def measure(make, uses_all, name, n_labels, seed):
    """Return the score on test samples, and the seconds of the fit."""
    X, y, X_test, y_test = split(name, seed)
    n_labels = min(n_labels or len(y), len(y))
    if uses_all:
        unlabeled = np.nan if name == "ames" else -1
        y = np.where(np.arange(len(y)) < n_labels, y, unlabeled)
    else:
        X, y = X[:n_labels], y[:n_labels]
    start = time.process_time()
    model = make(seed).fit(X, y)
    seconds = time.process_time() - start
    measure_of = r2_score if name == "ames" else accuracy_score
    return measure_of(y_test, model.predict(X_test)), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--labels", nargs="+", default=["200", "all"])
    parser.add_argument("--models", nargs="+", help="beginnings of the names of models")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Prediction on tables: score on held-out samples (each seed), CPU seconds")
    for labels in arguments.labels:
        n_labels, means = None if labels == "all" else int(labels), {}
        for name in arguments.tables:
            print(f"\n{name}, {labels} labels", flush=True)
            for title, (make, uses_all) in makers(name == "ames").items():
                is_chosen = any(map(title.startswith, arguments.models or [title]))
                if not is_chosen or (n_labels is None and title == "labeled only"):
                    continue
                seeds = range(arguments.seeds)
                found = [measure(make, uses_all, name, n_labels, seed) for seed in seeds]
                scores, seconds = np.array(found).T
                means.setdefault(title, []).append(scores.mean())
                each = " ".join(f"{score:.3f}" for score in scores)
                print(f"{title:24}{scores.mean():.4f} ({each}) {seconds.mean():6.1f}", flush=True)
        print(f"\nmean of the tables, {labels} labels")
        for title, scores in means.items():
            print(f"{title:24}{np.mean(scores):.4f}")


if __name__ == "__main__":
    main()
