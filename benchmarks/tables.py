"""Tables of numbers and categories.

    python benchmarks/tables.py [--part imputation digits size] [--tables german adult ...]
        [--seeds 3] [--fractions 0.1 0.2] [--kinds random] [--imputers MissForest ...]

imputation: a fraction of the values of the training and of the test samples is hidden, at random or
depending on another column; fitted to the training samples, test samples imputed. Root mean squared
error of numbers in standard deviations, accuracy of categories, means over the columns, and CPU
seconds of the fit. Defaults were chosen on the tables of `CHOSEN`; the others report on them.

digits: a quarter of the pixels is hidden in the same way, of images of which 75 % are training
samples: R² of the hidden pixels, all pixels together.

size: seconds, and gigabytes of memory above that of the frame, to learn the columns, to encode and
to fit for one epoch: `--samples` samples of 20 columns of 2 to 10 000 categories and 20 numbers, as
objects, strings and categories of pandas, and in polars; and one column of 100 000 categories. The
fit to the columns of many categories is to a tenth of the samples, as it takes minutes.
"""

import argparse
import importlib
import threading
import time
import warnings

import numpy as np
import pandas as pd
import psutil
import torch
from _data import FOLDER, header
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer
from sklearn.linear_model import BayesianRidge

import sklearn_autoencoders as sa
from sklearn_autoencoders._data.tables.learned_columns import learn_columns

# Tables on which defaults were chosen (decision 0010): masking, epochs and the network on the first
# five; the normal distribution, the weights and the batches of the denoiser on the others and on
# 40_vowels.
CHOSEN = (
    *("adult", "attrition", "28_pendigits", "30_satellite", "40_vowels"),
    *("german", "credit_data", "ames", "29_Pima"),
)
REPORTED = ("38_thyroid", "43_WDBC", "6_cardio", "37_Stamps")
# The tables that the aims name: five of numbers and categories, and five of numbers.
TABLES = ("german", "credit_data", "attrition", *REPORTED, "29_Pima", "adult", "ames")
_MAX_SAMPLES = 3000
_KINDS = ["random", "dependent"]


def mixed(name):
    """Return a table of numbers and categories, whole."""
    folder = FOLDER if name == "adult" else FOLDER / "tables"
    return pd.read_csv(folder / f"{name}.csv.gz", keep_default_na=name != "ames")


def read(name, n_samples=_MAX_SAMPLES):
    """Return a table with at most `n_samples` samples."""
    if name[0].isdigit():
        X = np.load(FOLDER / "adbench" / f"{name}.npz")["X"]
        table = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    else:
        table = mixed(name)
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
        self.scale[self.scale == 0] = 1.0
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


ONE_HOT = "the same, one-hot"
IMPUTERS = {
    "mean, mode": Simple,
    "KNNImputer": lambda: Encoded(KNNImputer(n_neighbors=5)),
    "IterativeImputer": lambda: Encoded(
        IterativeImputer(BayesianRidge(), random_state=0), drop_first=True
    ),
    "MissForest": MissForest,
    "DenoisingAutoencoder": lambda: sa.DenoisingAutoencoder(output="imputed", random_state=0),
    ONE_HOT: lambda: Encoded(sa.DenoisingAutoencoder(output="imputed", random_state=0)),
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


def imputation(names, n_seeds, settings, imputers):
    for name in names:
        for fraction, kind in settings:
            print(f"\n{name}, {fraction:.0%} hidden, {kind}", flush=True)
            for title, make in imputers.items():
                if name[0].isdigit() and title == ONE_HOT:
                    continue
                found = [errors_of(make(), name, fraction, kind, seed) for seed in range(n_seeds)]
                error, accuracy, seconds = np.mean(found, axis=0)
                print(f"{title:24} {error:.3f} / {accuracy:.3f}  {seconds:6.1f} s", flush=True)


def digits(n_seeds, imputers):
    images = load_digits().data
    print("\ndigits, R² of a quarter of the pixels", flush=True)
    for title, make in imputers.items():
        found = [error_of_pixels(make(), images, seed) for seed in range(n_seeds)]
        print("{:24} {:.3f}  {:6.1f} s".format(title, *np.mean(found, axis=0)), flush=True)


def error_of_pixels(imputer, images, seed):
    """Return R² of hidden pixels, and the seconds of the fit."""
    rng = np.random.RandomState(seed)
    hidden = rng.random_sample(images.shape) < 0.25
    is_test = rng.random_sample(len(images)) < 0.25
    holes = pd.DataFrame(np.where(hidden, np.nan, images)).rename(columns=str)
    start = time.process_time()
    imputer.fit(holes[~is_test].reset_index(drop=True))
    seconds = time.process_time() - start
    filled = np.asarray(imputer.transform(holes[is_test].reset_index(drop=True)))
    hidden, truth = hidden[is_test], images[is_test]
    mean = images[~is_test].mean(axis=0)
    share = ((filled - truth)[hidden] ** 2).sum() / ((mean - truth)[hidden] ** 2).sum()
    return 1 - share, seconds


def many_categories(n_samples, kind):
    """Return a table with 20 columns of 2 to 10 000 categories, of which 2 % are missing."""
    rng, columns = np.random.RandomState(0), {}
    for j, n_categories in enumerate(np.geomspace(2, 10_000, 20).astype(int)):
        words = np.array([f"value{k}" for k in range(n_categories)], dtype=object)
        drawn = rng.geometric(min(5 / n_categories, 0.5), n_samples) - 1
        values = words[np.minimum(drawn, n_categories - 1)]
        values[::50] = None
        columns[f"c{j}"] = pd.Series(values, dtype=KINDS_OF_STRINGS[kind])
    columns |= {f"x{j}": rng.standard_normal(n_samples) for j in range(20)}
    if kind == "polars":
        columns = {name: list(values) for name, values in columns.items()}
        return importlib.import_module("polars").DataFrame(columns)
    return pd.DataFrame(columns)


KINDS_OF_STRINGS = {"object": object, "str": "str", "category": "category", "polars": object}


def measured(function):
    """Return the result of a function, its seconds, and the gigabytes it needs at most."""
    process, is_running, found = psutil.Process(), threading.Event(), []
    is_running.set()

    def watch():
        while is_running.is_set():
            found.append(process.memory_info().rss)
            time.sleep(0.01)

    before, thread, start = process.memory_info().rss, threading.Thread(target=watch), time.time()
    thread.start()
    try:
        result = function()
    finally:
        is_running.clear()
        thread.join()
    return result, time.time() - start, (max(found) - before) / 1e9


def size(n_samples):
    autoencoder = sa.AutoencoderTransformer(8, max_epochs=1, random_state=0)
    autoencoder.fit(many_categories(100, "object"))  # imports skorch
    for kind in KINDS_OF_STRINGS:
        table = many_categories(n_samples, kind)
        (columns, _), *learned = measured(lambda table=table: learn_columns(table, "from_dtype"))
        _, *encoded = measured(lambda table=table, columns=columns: columns.encode(table))
        line = "learn {:.1f} s, {:.2f} GB   encode {:.1f} s, {:.2f} GB".format(*learned, *encoded)
        print(f"{kind:10} {n_samples} samples: {line}", flush=True)
    few = table[: n_samples // 10]
    _, *fitted = measured(lambda: autoencoder.fit(few))
    print("fit to {} samples: {:.1f} s, {:.2f} GB".format(len(few), *fitted), flush=True)
    rng = np.random.RandomState(0)
    values = np.array([f"value{k}" for k in range(100_000)])[np.arange(n_samples) % 100_000]
    table = pd.DataFrame({"c": values, "x": rng.randn(n_samples), "y": rng.randn(n_samples)})
    _, *fitted = measured(lambda: autoencoder.set_params(n_components=2).fit(table))
    _, *encoded = measured(lambda: autoencoder.transform(table))
    line = "fit {:.1f} s, {:.2f} GB   transform {:.1f} s, {:.2f} GB".format(*fitted, *encoded)
    print(f"100 000 categories, {n_samples} samples: {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ["imputation", "digits", "size"]
    parser.add_argument("--part", nargs="+", choices=parts, default=parts[:2])
    parser.add_argument("--tables", nargs="+", default=list(TABLES))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--fractions", nargs="+", type=float, default=[0.1, 0.2, 0.4])
    parser.add_argument("--kinds", nargs="+", choices=_KINDS, default=_KINDS)
    parser.add_argument("--samples", type=int, default=1_000_000, help="of the part size")
    parser.add_argument("--imputers", nargs="+", choices=IMPUTERS, default=list(IMPUTERS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Tables")
    settings = [(f, kind) for f in arguments.fractions for kind in arguments.kinds]
    imputers = {title: IMPUTERS[title] for title in arguments.imputers}
    if "imputation" in arguments.part:
        imputation(arguments.tables, arguments.seeds, settings, imputers)
    if "digits" in arguments.part:
        digits(arguments.seeds, imputers)
    if "size" in arguments.part:
        size(arguments.samples)


if __name__ == "__main__":
    main()
