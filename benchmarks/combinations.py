"""Outliers in made-up tables of few different rows, in which columns determine others exactly.

    python benchmarks/combinations.py [--part report chose] [--seeds 2] [--tables NAME ...]

Ten families of tables chose how samples are held out and how their threshold is computed; the
others report. For each: ROC-AUC of samples that contradict the relation, share of new normal
samples that is labeled and share of the contradicting ones, share of the normal samples with a
p-value of at most 0.05, the number of held-out samples, and CPU seconds of a fit.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import header
from sklearn.metrics import roc_auc_score

from sklearn_autoencoders import AutoencoderOutlierDetector

NAMES = np.array([f"n{number:03}" for number in range(200)])


def letters(values):
    return np.array(list("abcdefghijklmnopqrstuvwxyz"))[values]


def related(n_values, n_others=(), of=lambda value: value, p=None, as_names=False):
    """Return a table of which column b is determined by a, and others are independent."""

    def make(rng, n):
        first = rng.choice(n_values, n, p=p)
        convert = letters if as_names is False else NAMES.__getitem__
        columns = {"a": convert(first), "b": letters(of(first))}
        for name, n_own in zip("cdef", n_others, strict=False):
            columns[name] = letters(rng.integers(n_own, size=n))
        return columns, "b"

    return make


def booleans(rng, n):
    a, c, d = rng.integers(2, size=(3, n))
    return {"a": a, "b": 1 - a, "c": c, "d": d}, "b"


def whole_numbers(rng, n):
    a, c = rng.integers(5, size=n), rng.integers(3, size=n)
    return {"a": a, "b": 2 * a, "c": c}, "b"


def exclusive_or(rng, n):
    a, b = rng.integers(2, size=(2, n))
    return {"a": letters(a), "b": letters(b), "c": letters(a ^ b)}, "c"


def sums(rng, n):
    a, b = rng.integers(4, size=(2, n))
    return {"a": a, "b": b, "c": a + b}, "c"


def products(rng, n):
    a, b = rng.integers(1, 4, size=n), rng.integers(1, 5, size=n)
    return {"a": a, "b": b, "c": a * b}, "c"


def both(rng, n):
    a, b, c, d = rng.integers(2, size=(4, n)).astype(bool)
    return {"a": a, "b": b, "c": c, "d": d, "e": a & b}, "e"


def mixed(rng, n):
    a, c = rng.integers(6, size=n), rng.integers(3, size=n)
    return {"a": letters(a), "b": 10 * (a // 2), "c": c}, "b"


def triple(rng, n):
    a, d = rng.integers(3, size=n), rng.integers(4, size=n)
    return {"a": letters(a), "b": letters(5 + a), "c": letters(10 + a), "d": letters(d)}, "b"


def zipf(n):
    return 1 / np.arange(1, n + 1) / (1 / np.arange(1, n + 1)).sum()


MANY = related(60, (3,), lambda value: value % 10, zipf(60), as_names=True)
WEEK = related(7, (3,), lambda value: (value > 4) + 0)
TOWNS = related(24, (), lambda value: value, zipf(24), as_names=True)
# Tables, numbers of training samples, and how many of these are contradicting.
TABLES = {
    "chose": {
        "two pairs": (related(2, (2,)), 600, 0),
        "two pairs, few": (related(2, (2,)), 60, 0),
        "city": (related(4, (3,)), 800, 0),
        "city, 5 % wrong": (related(4, (3,)), 800, 40),
        "booleans": (booleans, 500, 0),
        "booleans, 3 % wrong": (booleans, 500, 15),
        "whole numbers": (whole_numbers, 600, 0),
        "pairs only": (related(12), 600, 0),
        "exclusive or": (exclusive_or, 400, 0),
        "noise": (related(2, (2, 5, 5)), 600, 0),
        "many": (MANY, 1000, 0),
        "rare": (related(4, (3,), p=[0.6, 0.3, 0.08, 0.02]), 800, 10),
    },
    "report": {
        "week": (WEEK, 700, 0),
        "week, 3 % wrong": (WEEK, 700, 20),
        "sums": (sums, 600, 0),
        "sums, 3 % wrong": (sums, 600, 20),
        "products": (products, 600, 0),
        "products, 3 % wrong": (products, 600, 20),
        "both": (both, 500, 0),
        "mixed": (mixed, 600, 0),
        "towns": (TOWNS, 600, 0),
        "triple": (triple, 500, 0),
        "triple, 5 % wrong": (triple, 500, 25),
        "triple, few": (triple, 80, 0),
    },
}


def contradicting(columns, name, rng):
    """Return rows with another value of a column, so that it contradicts the others."""
    values, own = np.unique(columns[name]), columns[name]
    place = np.searchsorted(values, own) + rng.integers(1, len(values), size=len(own))
    return pd.DataFrame({**columns, name: values[place % len(values)]})


def samples(make, n_rows, n_wrong, seed):
    """Return training samples, new normal samples and contradicting ones."""
    rng = np.random.default_rng(1000 + seed)
    columns, name = make(rng, n_rows)
    wrong = contradicting({key: own[:n_wrong] for key, own in columns.items()}, name, rng)
    train = pd.concat([wrong, pd.DataFrame(columns)[n_wrong:]], ignore_index=True)
    normal, (other, _) = pd.DataFrame(make(rng, 400)[0]), make(rng, 200)
    return train, normal, contradicting(other, name, rng)


def measure(table, seed):
    train, normal, wrong = samples(*table, seed)
    begun = time.process_time()
    model = AutoencoderOutlierDetector(random_state=seed).fit(train)
    seconds = time.process_time() - begun
    scores = np.concatenate([model.score_samples(rows) for rows in (normal, wrong)])
    labeled = [(model.predict(rows) == -1).mean() for rows in (normal, wrong)]
    small = (model.p_values(normal) <= 0.05).mean()
    return roc_auc_score(np.arange(600) < 400, scores), *labeled, small, model.n_held_out_, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--tables", nargs="+", help="only those with these names")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Combinations of few values")
    for part in arguments.part:
        print(f"{part:22} ROC-AUC, lowest, false alarms, most, found, p <= 0.05, held out, seconds")
        found = []
        for name, table in TABLES[part].items():
            if arguments.tables and name not in arguments.tables:
                continue
            rows = np.array([measure(table, seed) for seed in range(arguments.seeds)])
            auc, alarms, *others = rows.mean(axis=0)
            figures = auc, rows[:, 0].min(), alarms, rows[:, 1].max(), *others
            found.append(figures)
            print(f"{name:22}", *(f"{value:.3f}" for value in figures), flush=True)
        print(f"{'mean':22}", *(f"{value:.3f}" for value in np.mean(found, axis=0)), flush=True)


if __name__ == "__main__":
    main()
