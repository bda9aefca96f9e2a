"""Wrong values in tables of numbers and categories.

    python benchmarks/wrong_values.py [--tables adult ...] [--seeds 3] [--methods forest ...]
        [--part methods bounds]

In 5 % of the samples, at most 500, one value is replaced by a different one. "plausible": drawn
from the values of its column. "any": a category with equal probabilities, a number uniformly
between the smallest and the largest one. Fitted to the table that contains them: area under the ROC
curve of the samples with a wrong value, how often the wrong value contributes most, and CPU seconds
of fit and scores.

"forest" predicts each column from the others, numbers in twelve intervals, and scores by the
negative log-probability of the value out of bag, divided by its mean.

bounds: how much can be found. "boosting" predicts each column from the others by gradient boosting,
fitted to the other samples of the table, which are all correct, numbers in up to 32 intervals,
and scores by the likelihood ratio of one wrong value. "drawn" puts the wrong values into a table
that an `AutoregressiveGenerator`, fitted to the same samples, has drawn, and scores by this
generator: the distribution of the correct values is known, up to the order in which it draws.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import header
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import roc_auc_score
from tables import mixed, read

import sklearn_autoencoders as sa


def plausible(column, value, rng):
    """Return a different value of a column."""
    pool = column.dropna().to_numpy()
    return rng.choice(pool[pool != value])


def any_value(column, value, rng):
    """Return a different category, or a number within the range of a column."""
    if not pd.api.types.is_numeric_dtype(column):
        return plausible(column.drop_duplicates(), value, rng)
    drawn = rng.uniform(column.min(), column.max())
    is_whole = (column.dropna() % 1 == 0).all()
    return round(drawn) if is_whole else drawn


KINDS = {"plausible": plausible, "any": any_value}


def with_wrong_values(table, draw, n_wrong, rng):
    """Return the table with a different value in some samples, and where they are."""
    changed = table.copy()
    rows = rng.permutation(len(table))[:n_wrong]
    columns = rng.randint(table.shape[1], size=n_wrong)
    for row, column in zip(rows, columns, strict=True):
        changed.iat[row, column] = draw(table.iloc[:, column], table.iat[row, column], rng)
    return changed, rows, columns


def forest_contributions(table):
    """Return the negative surprise of each value given the others, by a forest for each column."""
    is_number = [pd.api.types.is_numeric_dtype(column) for _, column in table.items()]
    cells = np.column_stack(
        [
            column if own else pd.factorize(column, sort=True)[0]
            for (_, column), own in zip(table.items(), is_number, strict=True)
        ]
    ).astype(float)
    surprise = np.empty(table.shape)
    for place, own in enumerate(is_number):
        values = cells[:, place]
        if own:
            bounds = np.unique(np.nanquantile(values, np.linspace(0, 1, 13)[1:-1]))
            values = np.searchsorted(bounds, values)
        index = np.unique(values, return_inverse=True)[1]
        frequencies = np.bincount(index) / len(index)
        forest = RandomForestClassifier(
            60, min_samples_leaf=3, max_features=0.5, oob_score=True, random_state=0
        ).fit(np.delete(cells, place, axis=1), index)
        chance = 0.98 * np.nan_to_num(forest.oob_decision_function_) + 0.02 * frequencies
        surprise[:, place] = -np.log(chance[np.arange(len(index)), index])
    return -surprise / np.maximum(surprise.mean(0), 0.05)


def contributions_of(estimator):
    """Return the function from a table to the contributions of an estimator fitted to it."""
    return lambda table: np.asarray(estimator.fit(table).explain(table).contribution)


METHODS = {
    "forest": forest_contributions,
    "AutoencoderOutlierDetector": contributions_of(sa.AutoencoderOutlierDetector(random_state=0)),
    "AutoregressiveGenerator": contributions_of(sa.AutoregressiveGenerator(random_state=0)),
}


def boosting_contributions(correct, table):
    """Return minus the likelihood ratio of each value, by boosting fitted to correct samples."""
    both, n_correct = pd.concat([correct, table], ignore_index=True), len(correct)
    is_number = [pd.api.types.is_numeric_dtype(column) for _, column in both.items()]
    cells = both.copy()
    for name, own in zip(both, is_number, strict=True):
        cells[name] = both[name] if own else both[name].astype("category")
    ratio = np.empty(table.shape)
    for place, (name, own) in enumerate(zip(both, is_number, strict=True)):
        levels = levels_of(both[name], n_correct) if own else cells[name].cat.codes.to_numpy()
        n_levels, first = levels.max() + 1, np.flatnonzero(levels[:n_correct] >= 0)
        frequencies = np.bincount(levels[first], minlength=n_levels) / len(first)
        others = cells.drop(columns=name)
        model = HistGradientBoostingClassifier(
            categorical_features="from_dtype", max_iter=60, max_leaf_nodes=15, early_stopping=False
        ).fit(others.iloc[first], levels[first])
        chance = np.zeros((len(table), n_levels))
        chance[:, model.classes_] = model.predict_proba(others[n_correct:])
        chance = 0.99 * chance + 0.01 * (frequencies + 1e-4)
        rows, found = np.arange(len(table)), levels[n_correct:]
        wrong = 0.5 * frequencies + 0.5 / n_levels
        ratio[:, place] = np.where(found < 0, 0.0, wrong[found] / chance[rows, found])
    return -ratio / table.shape[1]


def levels_of(column, n_correct):
    """Return the interval of each number: its values, or up to 32 between quantiles."""
    values = np.unique(column[:n_correct])
    if len(values) > 32:
        values = np.unique(np.quantile(column[:n_correct], np.linspace(0, 1, 33)))
    return np.searchsorted(values[1:-1], column, side="right")


def bounds(name, seed):
    """Yield names, AUC and how often the wrong value is first, of both bounds and kinds."""
    table = mixed(name).sample(frac=1, random_state=0).reset_index(drop=True)
    tested, correct = table[:10_000], table[10_000:].reset_index(drop=True)
    generator = sa.AutoregressiveGenerator(random_state=seed).fit(correct)
    drawn = generator.sample(len(tested), random_state=seed)
    scores = {
        "boosting": (tested, lambda changed: boosting_contributions(correct, changed)),
        "generator": (tested, lambda changed: np.asarray(generator.explain(changed).contribution)),
        "drawn": (drawn, lambda changed: np.asarray(generator.explain(changed).contribution)),
    }
    for title, (own, method) in scores.items():
        for kind, draw in KINDS.items():
            yield title, kind, *result(own, draw, method, seed)


def result(table, draw, method, seed):
    """Return the area under the ROC curve, how often the wrong value is first, and seconds."""
    n_wrong = min(500, len(table) // 20)
    changed, rows, columns = with_wrong_values(table, draw, n_wrong, np.random.RandomState(seed))
    start = time.process_time()
    contributions = method(changed)
    seconds = time.process_time() - start
    auc = roc_auc_score(np.isin(np.arange(len(table)), rows), -contributions.sum(1))
    return auc, (contributions[rows].argmin(1) == columns).mean(), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", nargs="+", default=["adult"])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--part", choices=["methods", "bounds"], default="methods")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Wrong values")
    for name in arguments.tables if arguments.part == "bounds" else ():
        for seed in range(arguments.seeds):
            for title, kind, auc, first, seconds in bounds(name, seed):
                line = f"AUC {auc:.3f}, first {first:.3f}  {seconds:6.1f} s"
                print(f"{name}, seed {seed}, {title:10} {kind:10} {line}", flush=True)
    for name in arguments.tables if arguments.part == "methods" else ():
        table = read(name, 10_000)
        for kind, draw in KINDS.items():
            print(f"\n{name}, {len(table)} samples, {kind}", flush=True)
            for title in arguments.methods:
                method = METHODS[title]
                found = [result(table, draw, method, seed) for seed in range(arguments.seeds)]
                line = "AUC {:.3f}, first {:.3f}  {:6.1f} s".format(*np.mean(found, axis=0))
                print(f"{title:26} {line}", flush=True)


if __name__ == "__main__":
    main()
