"""Benefit of unlabeled samples: pretrained classifiers compared with other methods.

    python benchmarks/pretraining.py [--part basic few adult union pretext] [--seeds 3]

basic: 10 000 digits with labels, three hidden layers, with pretraining and with random
initialization. few: 60 000 digits of which 100 or 1000 have labels. adult: numeric and categorical
features, 200 to 10 000 labels. union: logistic regression on features, and on features and codes.
pretext: tasks of images before a convolutional classifier of 3000 digits is fine-tuned; two seeds.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from _data import FOLDER, header, mnist
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderTransformer,
    DenoisingAutoencoder,
)
from sklearn_autoencoders.corruptions import (
    ImageAugmentation,
    Jigsaw,
    Masking,
    Occlusion,
    QuarterTurns,
)
from sklearn_autoencoders.networks import Convolutional


def timed(model, X, y, X_test, y_test):
    """Return the test error in percent, and the seconds of the fit."""
    started = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - started
    return 100 * (1 - model.score(X_test, y_test)), seconds


def logistic(C=1.0):
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=C, max_iter=1000))


# ------------------------------------------------------------------------------------ basic


def three_layers(seed, **params):
    """Return a classifier with sigmoid units, for which pretraining was invented."""
    settings = {
        "hidden_layer_sizes": (1000, 1000, 1000),
        "n_components": 100,
        "activation": "logistic",
        "loss": "binary_cross_entropy",
        "init": "random",
        "scaling": "global",
        "dropout": 0.2,
        "corruption": Masking(0.25),
        "max_epochs": 40,
        "pretraining": "layerwise",
        "pretraining_epochs": 20,
        "pretraining_learning_rate": 1e-3,
        "learning_rate": 1e-3,
        "random_state": seed,
    }
    return AutoencoderClassifier(**settings | params)


GELU = {
    "activation": "gelu",
    "loss": "squared_error",
    "dropout": 0.3,
    "pretraining": "joint",
    "max_epochs": 30,
}
BASIC = {
    "sigmoid, layer-wise pretraining": {},
    "sigmoid, random initialization": {"pretraining": None},
    "GELU, joint pretraining": GELU,
    "GELU, random initialization": {**GELU, "pretraining": None},
}
OTHERS = {
    "LogisticRegression": lambda seed: logistic(0.01),
    "MLPClassifier": lambda seed: MLPClassifier((1000, 1000, 1000), max_iter=15, random_state=seed),
    "HistGradientBoosting": lambda seed: HistGradientBoostingClassifier(random_state=seed),
}


def basic(n_seeds):
    print("\n10 000 MNIST training digits: test error in percent (SDAE-3 2.84, SVM 3.03)")
    X, y, X_test, y_test = mnist()
    makers = {
        **{name: lambda seed, p=params: three_layers(seed, **p) for name, params in BASIC.items()},
        **OTHERS,
    }
    for name, make in makers.items():
        found = []
        for seed in range(1 if name in OTHERS else n_seeds):
            rows = np.random.RandomState(seed).permutation(len(X))[:10_000]
            found.append(timed(make(seed), X[rows], y[rows], X_test, y_test))
        errors, seconds = np.array(found).T
        each = " ".join(f"{error:.2f}" for error in errors)
        print(f"{name:32} {errors.mean():6.2f} ({each}) {np.median(seconds):6.0f} s", flush=True)


# -------------------------------------------------------------------------------- few labels

MOVED = ImageAugmentation((28, 28), rotation=10, shift=0.08, zoom=0.1)


def with_few_labels(y, n_labels, seed):
    """Return labels that are -1 except for a few of every class."""
    rng, known = np.random.RandomState(seed), np.full(len(y), -1)
    for label in np.unique(y):
        chosen = rng.permutation(np.flatnonzero(y == label))[: n_labels // 10]
        known[chosen] = label
    return known


class SpreadThenLearn(ClassifierMixin, BaseEstimator):
    """Label spreading on codes, then two fits of a classifier on the confident labels."""

    def __init__(self, random_state=0):
        self.random_state = random_state

    def fit(self, X, y):
        encoder = DenoisingAutoencoder(
            32,
            output="code",
            corruption=[MOVED, Masking(0.25)],
            max_epochs=10,
            random_state=self.random_state,
        )
        spreading = LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.9, max_iter=50)
        spreading.fit(encoder.fit_transform(X), y)
        shares = spreading.label_distributions_
        for certain in (0.9, 0.95):
            labels = np.where(shares.max(axis=1) > certain, shares.argmax(axis=1), -1)
            labels = np.where(y == -1, labels, y)
            self.classifier_ = self._classifier().fit(X[labels != -1], labels[labels != -1])
            shares = self.classifier_.predict_proba(X)
        return self

    def _classifier(self):
        return AutoencoderClassifier(
            128,
            network=Convolutional((28, 28), channels=(16, 32)),
            init="random",
            scaling="global",
            pretraining=None,
            corruption=MOVED,
            learning_rate=3e-3,
            max_epochs=4,
            random_state=self.random_state,
        )

    def predict(self, X):
        return self.classifier_.predict(X)


class OnLabelsAlone(ClassifierMixin, BaseEstimator):
    """A classifier that is fitted to the labeled samples only."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        self.classifier.fit(X[y != -1], y[y != -1])
        return self

    def predict(self, X):
        return self.classifier.predict(X)


def spreading():
    return LabelSpreading(kernel="knn", n_neighbors=10, alpha=0.9, max_iter=50)


IMAGES = {
    "scaling": "global",
    "corruption": [MOVED, Masking(0.25)],
    "pretraining_epochs": 10,
    "random_state": 0,
}
FEW = {
    "codes, label spreading, classifier": SpreadThenLearn(),
    "AutoencoderClassifier": AutoencoderClassifier(**IMAGES),
    "the same, pseudo_labels=None": AutoencoderClassifier(pseudo_labels=None, **IMAGES),
    "LabelSpreading on 32 components": make_pipeline(PCA(32, random_state=0), spreading()),
    "SelfTraining, logistic regression": make_pipeline(
        PCA(64, random_state=0), SelfTrainingClassifier(LogisticRegression(max_iter=300))
    ),
    "LogisticRegression": OnLabelsAlone(logistic(0.01)),
    "MLPClassifier": OnLabelsAlone(MLPClassifier((500, 500), max_iter=100, random_state=0)),
    "HistGradientBoosting": OnLabelsAlone(HistGradientBoostingClassifier(random_state=0)),
}


def few(n_seeds):
    print("\n60 000 MNIST digits, few with labels: test error in percent (M1+TSVM 11.82 and 4.24)")
    X, y, X_test, y_test = mnist()
    for n_labels in (100, 1000):
        known = with_few_labels(y, n_labels, seed=0)
        for name, model in FEW.items():
            error, seconds = timed(clone(model), X, known, X_test, y_test)
            print(f"{n_labels:5} {name:34} {error:6.2f} {seconds:6.0f} s", flush=True)


# ------------------------------------------------------------------------------------- adult


def adult():
    """Return numeric and one-hot features, and labels."""
    table = pd.read_csv(FOLDER / "adult.csv.gz")
    y = (table.iloc[:, -1] == table.iloc[0, -1]).astype(int).to_numpy()
    numbers = table.iloc[:, :-1].select_dtypes("number")
    categories = table.iloc[:, :-1].drop(columns=numbers.columns).astype(str)
    encoder = OneHotEncoder(sparse_output=False, min_frequency=20)
    return np.hstack([numbers.to_numpy(float), encoder.fit_transform(categories)]), y


TABLE = {
    "AutoencoderClassifier": lambda seed: AutoencoderClassifier(
        pretraining_epochs=5, random_state=seed
    ),
    "the same, pseudo_labels=None": lambda seed: AutoencoderClassifier(
        pretraining_epochs=5, pseudo_labels=None, random_state=seed
    ),
    "the same, not pretrained": lambda seed: AutoencoderClassifier(
        pretraining=None, pseudo_labels=None, random_state=seed
    ),
    "LogisticRegression": lambda seed: OnLabelsAlone(logistic(0.1)),
    "HistGradientBoosting": lambda seed: OnLabelsAlone(
        HistGradientBoostingClassifier(random_state=seed)
    ),
}


def table(n_seeds):
    X, y = adult()
    print(f"\nadult, {X.shape[1]} features, 10 000 samples, some with labels: test accuracy")
    for n_labels in (200, 1000, 10_000):
        for name, make in TABLE.items():
            found = []
            for seed in range(5):
                order = np.random.RandomState(seed).permutation(len(X))
                test, rows = order[:10_000], order[10_000:20_000]
                known = np.where(np.arange(10_000) < n_labels, y[rows], -1)
                model = make(seed).fit(X[rows], known)
                found.append(model.score(X[test], y[test]))
            print(f"{n_labels:6} {name:26} {np.mean(found):.4f} +- {np.std(found):.4f}", flush=True)


# ------------------------------------------------------------------------------------- union


def union(n_seeds):
    print("\nlogistic regression: accuracy over 5 folds, twice, on standardized features")
    print(f"{'':24}{'features':>17}{'and codes':>17}{'cross-fitted':>17}")
    X_adult, y_adult = adult()
    rows = np.random.RandomState(0).permutation(len(X_adult))[:3000]
    noise = np.random.RandomState(0).randn(300, 20), np.random.RandomState(1).randint(2, size=300)
    supervised = AutoencoderClassifier(8, pretraining=None, learning_rate=1e-2, random_state=0)
    codes = AutoencoderTransformer(8, scaling="feature", max_epochs=20, random_state=0)
    for name, (X, y), encoder in (
        ("digits", load_digits(return_X_y=True), codes),
        ("breast_cancer", load_breast_cancer(return_X_y=True), codes),
        ("adult, 3000 samples", (np.nan_to_num(X_adult[rows]), y_adult[rows]), codes),
        ("noise, codes of labels", noise, supervised),
    ):
        folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0)
        line = f"{name:24}"
        for parts in ([], [None], [5]):
            steps = [
                AutoencoderFeatureUnion(encoder, cross_fit=cross_fit, random_state=0)
                for cross_fit in parts
            ]
            last = LogisticRegression(max_iter=2000)
            model = make_pipeline(StandardScaler(), *steps, StandardScaler(), last)
            found = cross_val_score(model, X, y, cv=folds)
            line += f"   {found.mean():.4f} +- {found.std():.3f}"
        print(line, flush=True)
    for cross_fit in (None, 5):
        part = AutoencoderFeatureUnion(supervised, cross_fit=cross_fit, random_state=0)
        model = make_pipeline(part, StandardScaler(), LogisticRegression(max_iter=2000))
        print(f"noise, cross_fit={cross_fit}: training accuracy: ", end="")
        print(f"{model.fit(*noise)[-1].score(*_codes_of_fit(model, *noise)):.3f}")


def _codes_of_fit(model, X, y):
    """Return the training data of the last step."""
    part, scaler, _ = (clone(step) for _, step in model.steps)
    return scaler.fit_transform(part.fit_transform(X, y)), y


# ------------------------------------------------------------------------------------- pretext

IMAGE = (28, 28)
NETWORK = {
    "network": Convolutional(IMAGE, channels=(16, 16, 16)),
    "init": "random",
    "scaling": "global",
}
# Of the pretraining; fine-tuning masks a quarter of the pixels for all of them.
TASKS = {
    "reconstruction": None,
    "masking, 0.25": Masking(0.25),
    "inpainting": Occlusion(IMAGE),
    "jigsaw, 2 x 2": Jigsaw(IMAGE),
    "jigsaw, 4 x 4": Jigsaw(IMAGE, n_tiles=4),
    "quarter turns, undone": QuarterTurns(IMAGE),
}


def turns_predicted(X, seed):
    """Return a classifier of turns, fitted to four copies of the images."""
    images = X.reshape(-1, *IMAGE)
    turned = np.concatenate([np.rot90(images, n, (1, 2)) for n in range(4)])
    turns = np.repeat(range(4), len(images))
    classifier = AutoencoderClassifier(
        32, pretraining=None, max_epochs=4, random_state=seed, **NETWORK
    )
    return classifier.fit(turned, turns)


def encoder_of(name, X, seed):
    """Return an encoder that was trained by a task, or None."""
    if name == "not pretrained":
        return None
    if name == "quarter turns, predicted":
        return turns_predicted(X, seed)
    settings = {"max_epochs": 12, "random_state": seed, **NETWORK}
    return DenoisingAutoencoder(32, corruption=TASKS[name], **settings).fit(X)


def fine_tuned(encoder, X, y, seed):
    """Return a classifier that starts from an encoder, or from random weights."""
    fine = {"max_epochs": 200 if len(X) <= 100 else 40, "pseudo_labels": None, "random_state": seed}
    if encoder is None:
        return AutoencoderClassifier(32, pretraining=None, **fine, **NETWORK).fit(X, y)
    return AutoencoderClassifier(encoder=FrozenEstimator(encoder), **fine).fit(X, y)


def pretext(n_seeds):
    print("\n3000 MNIST digits, 100 or 1000 with labels: test error in percent")
    X_all, y_all, X_test, y_test = mnist()
    for seed in range(2):
        rows = np.random.RandomState(seed).permutation(len(X_all))[:3000]
        X, y = X_all[rows], y_all[rows]
        for name in ("not pretrained", *TASKS, "quarter turns, predicted"):
            started = time.process_time()
            encoder = encoder_of(name, X, seed)
            spent = time.process_time() - started
            line = f"seed {seed} {name:26}"
            for n_labels in (100, 1000):
                known = with_few_labels(y, n_labels, seed) != -1
                model = fine_tuned(encoder, X[known], y[known], seed)
                line += f" {100 * (1 - model.score(X_test[:5000], y_test[:5000])):6.2f}"
            print(f"{line} {spent:5.0f} s", flush=True)


PARTS = {"basic": basic, "few": few, "adult": table, "union": union, "pretext": pretext}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=3, help="number of seeds of the part basic")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    header("Pretraining")
    for name in arguments.part:
        PARTS[name](arguments.seeds)


if __name__ == "__main__":
    main()
