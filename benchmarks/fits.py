"""CPU seconds of several fits at once, as multiples of one of them.

    OMP_NUM_THREADS=1 python benchmarks/fits.py [--rounds 3]

Rounds alternate between one fit and all of them; medians of the ratios. Defaults, two components.
"""

import argparse
import time
from statistics import median

import numpy as np
from _data import header
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import KFold
from sklearn.utils.parallel import Parallel, delayed

from sklearn_autoencoders import AutoencoderFeatureUnion, AutoencoderTransformer

DECAYS = np.logspace(-1, 2, 8)


def made_up():
    rng = np.random.default_rng(0)
    return rng.normal(size=(3000, 14)) @ rng.normal(size=(14, 14))


SETS = {
    "digits, 1257 x 64": lambda: load_digits().data[:1257],
    "breast_cancer, 569 x 30": lambda: load_breast_cancer().data,
    "normal, 3000 x 14": made_up,
}


def folds(X, n_splits):
    splitter = KFold(n_splits, shuffle=True, random_state=0)
    return [X[rows] for rows, _ in splitter.split(X)]


def seconds(function, *arguments):
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


def fit(pairs):
    calls = (delayed(clone(estimator).fit)(X) for estimator, X in pairs)
    Parallel(n_jobs=len(pairs), backend="sklearn_autoencoders")(calls)


def cross_fit(X):
    AutoencoderFeatureUnion(random_state=0, cross_fit=5).fit_transform(X)


def compare(title, n_fits, one, several, rounds):
    """Print the median ratio of the time of several fits to that of one."""
    times = [(seconds(*one), seconds(*several)) for _ in range(rounds)]
    ratio = median(whole / single for single, whole in times)
    single, whole = (median(column) for column in zip(*times, strict=True))
    print(
        f"  {title:26} one {single:5.2f} s, all {whole:5.2f} s: {ratio:5.2f} x one, "
        f"{n_fits / ratio:.2f} x as fast as one after another",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    header("Fits at once")
    model = AutoencoderTransformer(2, random_state=0)
    for name, load in SETS.items():
        print(name)
        X = load()
        model.fit(X)
        five = [(model, fold) for fold in folds(X, 5)]
        grid = [
            (clone(model).set_params(weight_decay=decay), fold)
            for fold in folds(X, 3)
            for decay in DECAYS
        ]
        compare("5 folds", 5, (fit, five[:1]), (fit, five), rounds)
        compare("3 folds x 8 weight decays", 24, (fit, grid[:1]), (fit, grid), rounds)
        compare("cross_fit=5, with final", 6, (model.fit, X), (cross_fit, X), rounds)


if __name__ == "__main__":
    main()
