"""Tables of numbers and categories.

    python benchmarks/tables.py [--part synthesis] [--tables german adult ...] [--seeds 3]

imputation: a fraction of the values of the training and of the test samples is hidden, at random or
depending on another column; fitted to the training samples, test samples imputed. Root mean squared
error of numbers in standard deviations, accuracy of categories, means over the columns, and seconds
of the fit. Defaults were chosen on the tables of `CHOSEN`; the others report on them.

synthesis: fitted to up to 10 000 samples; as many are drawn, and judged by as many others. AUC of
gradient boosting that is trained on drawn samples and predicts the target of real ones; AUC of
gradient boosting that distinguishes drawn from real samples (0.5 is best); one minus the mean
Kolmogorov-Smirnov statistic of numbers or total variation distance of categories; fraction of the
drawn samples that are nearer to a training sample than to any other (0.5 is best); exact copies.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import FOLDER, header
from scipy.stats import ks_2samp
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import BayesianRidge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors

import sklearn_autoencoders as sa

# Every second table in alphabetical order, of the mixed and of the numeric ones.
CHOSEN = ("adult", "attrition", "28_pendigits", "30_satellite", "40_vowels")
REPORTED = ("ames", "credit_data", "german", "38_thyroid", "43_WDBC", "6_cardio", "29_Pima")
_MAX_SAMPLES = 3000


def read(name, n_samples=_MAX_SAMPLES):
    """Return a table with at most `n_samples` samples."""
    if name[0].isdigit():
        X = np.load(FOLDER / "adbench" / f"{name}.npz")["X"]
        table = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    else:
        folder = FOLDER if name == "adult" else FOLDER / "tables"
        table = pd.read_csv(folder / f"{name}.csv.gz", keep_default_na=name != "ames")
    return table.sample(min(n_samples, len(table)), random_state=0).reset_index(drop=True)


def hidden_values(table, fraction, kind, rng):
    """Return a mask of known values that are hidden, at random or by rank of another column."""
    known = table.notna().to_numpy()
    if kind == "random":
        return known & (rng.random_sample(known.shape) < fraction)
    ranks = table.apply(lambda column: column.rank(pct=True).fillna(0.5)).to_numpy()
    other = np.roll(ranks, 1, axis=1)  # the larger a neighboring column, the more is hidden
    return known & (rng.random_sample(known.shape) < 2 * fraction * other)


class Encoded:
    """An imputer of numbers, applied to numbers in standard deviations and indicators."""

    def __init__(self, imputer, drop_first=False):
        self.imputer, self.drop_first = imputer, drop_first

    def fit(self, table):
        self.numbers = table.select_dtypes("number").columns
        self.others = table.columns.difference(self.numbers, sort=False)
        self.center, self.scale = table[self.numbers].mean(), table[self.numbers].std()
        self.levels = {name: sorted(table[name].dropna().unique()) for name in self.others}
        self.imputer.fit(self._encode(table))
        return self

    def transform(self, table):
        values = self.imputer.transform(self._encode(table))
        out, start = {}, len(self.numbers)
        for j, name in enumerate(self.numbers):
            out[name] = values[:, j] * self.scale[name] + self.center[name]
        for name, levels in self.levels.items():
            n = len(levels) - self.drop_first
            block = values[:, start : start + n]
            if self.drop_first:
                block = np.column_stack([1 - block.sum(1), block])
            out[name] = np.array(levels, dtype=object)[block.argmax(1)]
            start += n
        return pd.DataFrame(out)[table.columns]

    def _encode(self, table):
        parts = [((table[self.numbers] - self.center) / self.scale).to_numpy(float)]
        for name, levels in self.levels.items():
            flags = (table[name].to_numpy()[:, None] == np.array(levels, dtype=object)).astype(
                float
            )
            flags[table[name].isna()] = np.nan
            parts.append(flags[:, int(self.drop_first) :])
        return np.hstack(parts)


class MissForest:
    """Forests of 30 trees, four rounds over the columns."""

    def fit(self, table):
        self.levels = {
            name: sorted(table[name].dropna().unique())
            for name in table.columns
            if not pd.api.types.is_numeric_dtype(table[name])
        }
        cells = self._cells(table)
        self.start = np.nanmean(cells, axis=0)
        for j, name in enumerate(table.columns):
            if name in self.levels:
                codes = cells[~np.isnan(cells[:, j]), j].astype(int)
                self.start[j] = np.bincount(codes).argmax()
        self.rounds = []
        self._pass(cells, table.columns, learn=True)
        return self

    def transform(self, table):
        filled = self._pass(self._cells(table), table.columns, learn=False)
        out = pd.DataFrame(filled, columns=table.columns)
        for name, levels in self.levels.items():
            out[name] = np.array(levels, dtype=object)[out[name].astype(int)]
        return out

    def _cells(self, table):
        columns = []
        for name in table.columns:
            if name in self.levels:
                place = {level: k for k, level in enumerate(self.levels[name])}
                columns.append(table[name].map(place).to_numpy(float))
            else:
                columns.append(table[name].to_numpy(float))
        return np.column_stack(columns)

    def _pass(self, cells, names, learn):
        missing = np.isnan(cells)
        filled = np.where(missing, self.start, cells)
        for number in range(4):
            if learn:
                self.rounds.append({})
            for j in np.argsort(missing.mean(0)):
                others = np.delete(filled, j, axis=1)
                if learn:
                    kind = (
                        RandomForestClassifier if names[j] in self.levels else RandomForestRegressor
                    )
                    known = ~missing[:, j]
                    forest = kind(30, random_state=0).fit(others[known], cells[known, j])
                    self.rounds[number][j] = forest
                if missing[:, j].any():
                    forest = self.rounds[number][j]
                    filled[missing[:, j], j] = forest.predict(others[missing[:, j]])
        return filled


class Simple:
    """Means and modes."""

    def fit(self, table):
        self.numbers = table.select_dtypes("number").columns
        self.mean, self.mode = table[self.numbers].mean(), table.mode().iloc[0]
        return self

    def transform(self, table):
        filled = table.copy()
        for name in table.columns:
            is_number = name in self.numbers
            value = self.mean[name] if is_number else self.mode[name]
            filled[name] = (filled[name].astype(float) if is_number else filled[name]).fillna(value)
        return filled


IMPUTERS = {
    "mean, mode": Simple,
    "KNNImputer": lambda: Encoded(KNNImputer(n_neighbors=5)),
    "IterativeImputer": lambda: Encoded(
        IterativeImputer(BayesianRidge(), random_state=0), drop_first=True
    ),
    "MissForest": MissForest,
    "DenoisingAutoencoder": lambda: sa.DenoisingAutoencoder(random_state=0),
}


def errors_of(imputer, name, fraction, kind, seed):
    """Return the error of numbers, the accuracy of categories, and the seconds of the fit."""
    table = read(name)
    rng = np.random.RandomState(seed)
    hidden = hidden_values(table, fraction, kind, rng)
    hidden[hidden.sum(1) == table.notna().sum(1)] = False  # of each sample some values are known
    holes = table.mask(hidden)
    is_test = rng.random_sample(len(table)) < 0.25
    start = time.process_time()
    imputer.fit(holes[~is_test].reset_index(drop=True))
    seconds = time.process_time() - start
    filled = imputer.transform(holes[is_test].reset_index(drop=True))
    filled = pd.DataFrame(filled, columns=table.columns)  # tables of numbers become arrays
    truth, hidden = table[is_test].reset_index(drop=True), hidden[is_test]
    squares, hits = [], []
    for j, column in enumerate(table.columns):
        own = hidden[:, j]
        if not own.any():
            continue
        if pd.api.types.is_numeric_dtype(table[column]):
            scale = table[column].std()
            if scale > 0:
                error = filled[column][own].to_numpy(float) - truth[column][own].to_numpy(float)
                squares.append(np.sqrt(np.mean((error / scale) ** 2)))
        else:
            hits.append((filled[column][own].astype(str) == truth[column][own].astype(str)).mean())
    return np.mean(squares) if squares else np.nan, np.mean(hits) if hits else np.nan, seconds


def imputation(names, n_seeds, settings):
    for name in names:
        for fraction, kind in settings:
            print(f"\n{name}, {fraction:.0%} hidden, {kind}", flush=True)
            for title, make in IMPUTERS.items():
                found = [errors_of(make(), name, fraction, kind, seed) for seed in range(n_seeds)]
                error, accuracy, seconds = np.mean(found, axis=0)
                print(f"{title:24} {error:.3f} / {accuracy:.3f}  {seconds:6.1f} s", flush=True)


TARGETS = {"adult": "salary", "credit_data": "Status", "attrition": "Attrition", "german": "class"}
_N_SYNTHESIS = 20_000


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


def generators(target, others, seed):
    """Return the generators that are compared."""
    return {
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
    drawn = generator.sample(n, random_state=seed, missing=True)
    values = {
        name: np.sort(table[name].dropna().unique().astype(str))
        for name in table.select_dtypes(exclude="number")
    }
    training, judges, drawn = (comparable(own, values) for own in (training, judges, drawn))
    return (
        utility(drawn, judges, target),
        two_sample_auc(judges, drawn),
        shapes(judges, drawn),
        *nearness(drawn, training, judges),
        seconds,
    )


def synthesis(names, n_seeds):
    for name in names:
        target = TARGETS[name]
        print(f"\n{name}: AUC, two-sample AUC, shapes, nearer, copies, seconds", flush=True)
        table = read(name, 3 * _N_SYNTHESIS // 2)
        others = table[2 * (min(len(table) // 3, _N_SYNTHESIS // 2)) :]
        for title in generators(target, others, 0):
            found = [
                judged(generators(target, others, seed)[title], table, target, seed)
                for seed in range(n_seeds)
            ]
            figures = "  ".join(f"{figure:.3f}" for figure in np.mean(found, axis=0))
            print(f"{title:24} {figures}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=["imputation", "synthesis"])
    parser.add_argument("--tables", nargs="+")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="20 % hidden at random only")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Tables")
    settings = [(f, kind) for f in (0.1, 0.2, 0.4) for kind in ("random", "dependent")]
    parts = arguments.part or ["imputation", "synthesis"]
    if "imputation" in parts:
        names = arguments.tables or REPORTED
        quick = [(0.2, "random")]
        imputation(names, arguments.seeds, quick if arguments.quick else settings)
    if "synthesis" in parts:
        synthesis(arguments.tables or TARGETS, arguments.seeds)


if __name__ == "__main__":
    main()
