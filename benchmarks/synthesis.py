"""Synthetic tables.

    python benchmarks/synthesis.py [--tables adult ...] [--generators TVAE ...] [--seeds 3]

Generators are fitted to up to 10 000 samples; as many are drawn, and judged by as many others. AUC
of gradient boosting that is trained on drawn samples and predicts the target of real ones; the same
if it is trained on 10 000 drawn samples, however few were fitted; AUC of gradient boosting that
distinguishes drawn from real samples (0.5 is best); one minus the mean Kolmogorov-Smirnov statistic
of numbers or total variation distance of categories; fraction of the drawn samples that are nearer
to a training sample than to any other (0.5 is best); exact copies; CPU seconds of the fit.

TVAE is that of the package ctgan, with 100 epochs, if it is installed. It is not free software, and
is only measured here.
"""

import argparse
import importlib.util
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import TARGETS, header
from scipy.stats import ks_2samp
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from tables import read

import sklearn_autoencoders as sa

_N_SYNTHESIS = 20_000
_TABLES = [name for name in TARGETS if name != "ames"]  # whose target is a class


class Shuffled:
    """The real samples, with each column shuffled within each class."""

    def __init__(self, target, seed):
        self.target, self.rng = target, np.random.RandomState(seed)

    def fit(self, table):
        self.table = table
        return self

    def sample(self, n_samples, **kwargs):
        drawn = self.table.copy()
        for rows in drawn.groupby(self.target).indices.values():
            for j in range(drawn.shape[1]):
                drawn.iloc[rows, j] = drawn.iloc[self.rng.permutation(rows), j].to_numpy()
        return drawn


class Real:
    """Other real samples, which are not used otherwise."""

    def __init__(self, others):
        self.others = others

    def fit(self, table):
        return self

    def sample(self, n_samples, **kwargs):
        return self.others.iloc[:n_samples]


class Conditional:
    """VAEGenerator, conditional on the target."""

    def __init__(self, target, seed):
        self.target, self.model = target, sa.VAEGenerator(conditional=True, random_state=seed)

    def fit(self, table):
        self.y = table[self.target]
        self.columns = table.columns
        self.model.fit(table.drop(columns=self.target), self.y)
        return self

    def sample(self, n_samples, random_state, **kwargs):
        y = self.y.sample(n_samples, replace=True, random_state=random_state).to_numpy()
        drawn = self.model.sample(y=y, random_state=random_state)
        return drawn.assign(**{self.target: y})[self.columns]


class TVAE:
    """TVAE of 100 epochs; missing categories are a category, missing numbers the median."""

    def __init__(self, target, seed):
        self.seed = seed

    def fit(self, table):
        from ctgan import TVAE as Peer

        torch.manual_seed(self.seed)
        self.names = list(table.select_dtypes(exclude="number"))
        numbers = table.columns.difference(self.names)
        filled = table.fillna({name: table[name].median() for name in numbers})
        filled[self.names] = filled[self.names].astype(object).fillna("missing").astype(str)
        self.model = Peer(epochs=100)
        self.model.fit(filled, self.names)
        return self

    def sample(self, n_samples, random_state, **kwargs):
        torch.manual_seed(random_state)
        drawn = self.model.sample(n_samples)
        return drawn.replace({name: {"missing": np.nan} for name in self.names})


def generators(target, others, seed):
    """Return the generators that are compared."""
    peers = {"TVAE": TVAE(target, seed)} if importlib.util.find_spec("ctgan") else {}
    return peers | {
        "other real samples": Real(others),
        "shuffled within classes": Shuffled(target, seed),
        "VAEGenerator": Conditional(target, seed),
        "AutoregressiveGenerator": sa.AutoregressiveGenerator(random_state=seed),
    }


def comparable(table, categories):
    """Return a table with floats and with categories of the given values."""
    columns = {
        name: pd.Categorical(table[name], categories[name])
        if name in categories
        else table[name].astype(float)
        for name in table.columns
    }
    return pd.DataFrame(columns)


def boosting():
    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)


def two_sample_auc(real, drawn):
    X = pd.concat([real, drawn], ignore_index=True)
    for name in real.select_dtypes("category"):
        X[name] = pd.Categorical(X[name], real[name].cat.categories)
    is_drawn = np.arange(len(X)) >= len(real)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    found = cross_val_predict(boosting(), X, is_drawn, cv=folds, method="predict_proba")
    return roc_auc_score(is_drawn, found[:, 1])


def utility(drawn, real, target):
    model = boosting().fit(drawn.drop(columns=target), drawn[target].astype(str))
    found = model.predict_proba(real.drop(columns=target))
    return roc_auc_score(real[target].astype(str), found[:, 1])


def shapes(real, drawn):
    distances = []
    for name in real.columns:
        a, b = real[name].dropna(), drawn[name].dropna()
        if isinstance(a.dtype, pd.CategoricalDtype):
            frequencies = [own.value_counts(normalize=True, sort=False) for own in (a, b)]
            distances.append(0.5 * np.abs(frequencies[0] - frequencies[1]).sum())
        else:
            distances.append(ks_2samp(a, b).statistic)
    return 1 - np.mean(distances)


def nearness(drawn, training, others, n_drawn=2000):
    """Return the fraction nearer to training samples, and the number of exact copies."""
    numbers = training.select_dtypes("number")
    center, scale = numbers.mean(), numbers.std().replace(0, 1)

    def encoded(table):
        scaled = ((table[numbers.columns] - center) / scale).fillna(0)
        indicators = pd.get_dummies(table.drop(columns=numbers.columns), dtype=float)
        return np.hstack([scaled, indicators])

    samples = encoded(drawn)[:n_drawn]
    distances = [
        NearestNeighbors(n_neighbors=1).fit(encoded(own)).kneighbors(samples)[0][:, 0]
        for own in (training, others)
    ]
    nearer = (distances[0] < distances[1]) + 0.5 * (distances[0] == distances[1])
    return nearer.mean(), int((distances[0] == 0).sum())


def judged(generator, table, target, seed):
    """Return the figures of one generator."""
    n = min(len(table) // 3, _N_SYNTHESIS // 2)
    training, judges = table[:n].reset_index(drop=True), table[n : 2 * n].reset_index(drop=True)
    start = time.process_time()
    generator.fit(training)
    seconds = time.process_time() - start
    tables = [
        generator.sample(n, random_state=seed + 1000 * k, missing=True)
        for k in range(-(-_N_SYNTHESIS // 2 // n))
    ]
    drawn = tables[0]
    values = {
        name: np.sort(table[name].dropna().unique().astype(str))
        for name in table.select_dtypes(exclude="number")
    }
    training, judges, drawn = (comparable(own, values) for own in (training, judges, drawn))
    return (
        utility(drawn, judges, target),
        utility(comparable(pd.concat(tables, ignore_index=True), values), judges, target),
        two_sample_auc(judges, drawn),
        shapes(judges, drawn),
        *nearness(drawn, training, judges),
        seconds,
    )


def compare(names, chosen, n_seeds):
    for name in names:
        target = TARGETS[name]
        print(
            f"\n{name}: AUC, that of 10 000 drawn, two-sample AUC, shapes, nearer, copies, seconds",
            flush=True,
        )
        table = read(name, 3 * _N_SYNTHESIS // 2)
        others = table[2 * (min(len(table) // 3, _N_SYNTHESIS // 2)) :]
        for title in chosen or generators(target, others, 0):
            found = [
                judged(generators(target, others, seed)[title], table, target, seed)
                for seed in range(n_seeds)
            ]
            figures = "  ".join(f"{figure:.3f}" for figure in np.mean(found, axis=0))
            print(f"{title:24} {figures}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", choices=_TABLES, default=_TABLES)
    parser.add_argument("--generators", nargs="+", help="names as printed; all by default")
    parser.add_argument("--seeds", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Synthetic tables")
    compare(arguments.tables, arguments.generators, arguments.seeds)


if __name__ == "__main__":
    main()
