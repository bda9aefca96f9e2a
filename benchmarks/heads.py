"""Features and codes in two branches of a network, compared with both as features of an MLP.

    python benchmarks/heads.py [--seeds 2]

R² or accuracy on a third of the samples: diabetes, breast_cancer and Friedman's function. Codes
come from an encoder of the features that is trained without labels, and is frozen or fine-tuned.
"""

import argparse
import warnings

import numpy as np
from _data import header
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import (
    AutoencoderClassifier,
    AutoencoderFeatureUnion,
    AutoencoderRegressor,
    AutoencoderTransformer,
)
from sklearn_autoencoders.networks import Branches

TABLES = {
    "diabetes": load_diabetes(return_X_y=True),
    "breast_cancer": load_breast_cancer(return_X_y=True),
    "Friedman": make_friedman1(1000, 10, noise=1.0, random_state=0),
}
HEADS = {
    "linear head": {},
    "head_layer_sizes=(32, 16)": {"head_layer_sizes": (32, 16)},
    "Branches": {"head": Branches()},
    "Branches, encoder frozen": {"head": Branches(), "freeze": "all"},
    "Branches, frozen, rate 1e-3": {
        "head": Branches(),
        "freeze": "all",
        "learning_rate": 1e-3,
    },
}


def union(is_classifier, seed):
    """Return an MLP on features and codes."""
    codes = AutoencoderTransformer(8, scaling="feature", random_state=seed)
    mlp = MLPClassifier if is_classifier else MLPRegressor
    last = mlp(hidden_layer_sizes=(256, 64), early_stopping=True, max_iter=500, random_state=seed)
    parts = AutoencoderFeatureUnion(codes, random_state=seed), StandardScaler()
    return make_pipeline(StandardScaler(), *parts, last)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    n_seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")
    header("Heads")
    for name, (X, y) in TABLES.items():
        is_classifier = y.dtype.kind == "i"
        predictor = AutoencoderClassifier if is_classifier else AutoencoderRegressor
        makers = {
            "AutoencoderFeatureUnion and MLP": lambda seed, c=is_classifier: union(c, seed),
            **{
                head: lambda seed, p=params, c=predictor: c(8, random_state=seed, **p)
                for head, params in HEADS.items()
            },
        }
        for kind, make in makers.items():
            found = []
            for seed in range(n_seeds):
                train, test, target, rest = train_test_split(
                    X, y, test_size=1 / 3, random_state=seed
                )
                found.append(make(seed).fit(train, target).score(test, rest))
            print(f"{name:14} {kind:34} {np.mean(found):.3f} {np.round(found, 3)}", flush=True)


if __name__ == "__main__":
    main()
