"""Parts of the systems that no other benchmark measures.

    python benchmarks/systems.py [--part hashing]

hashing: retrieval by bits. How many of the ten nearest training samples have the class of a held-out
sample: by pixels, principal components, their signs, and binary codes (Hamming distance). The kind of
the bits (drawn or rounded in training) was chosen on the digits of scikit-learn; MNIST reports.
"""

import argparse
import time

import numpy as np
import torch
from _data import header, mnist
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors

import sklearn_autoencoders as sa
from sklearn_autoencoders.networks import Dense


def precision(train, test, y, y_test, metric="euclidean"):
    """Return the precision of the ten nearest training samples."""
    index = NearestNeighbors(n_neighbors=10, metric=metric, algorithm="brute").fit(train)
    return (y[index.kneighbors(test, return_distance=False)] == y_test[:, None]).mean()


def hashing():
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


PARTS = {"hashing": hashing}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    header("Parts of the systems")
    for part in arguments.part:
        PARTS[part]()


if __name__ == "__main__":
    main()
