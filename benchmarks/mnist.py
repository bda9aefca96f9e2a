"""MNIST: reconstruction error, and classification with two components.

The error is the mean over the 10 000 test images of the sum of squared errors, as in Hinton and
Salakhutdinov (Science 313:504, 2006): PCA-30 13.87, their deep autoencoder 3.00.

    python benchmarks/mnist.py [--part small codes deep]
"""

import argparse
import time

from _data import header, mnist, sum_of_squares
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer


def timed_fit(estimator, X):
    started = time.perf_counter()
    estimator.fit(X)
    return time.perf_counter() - started


def small(X, y, X_test, y_test):
    """Print the error of 784-256-64-32 after one epoch and after ten epochs, and that of PCA."""
    pca = PCA(32).fit(X)
    error = sum_of_squares(X_test, pca.inverse_transform(pca.transform(X_test)))
    print(f"PCA-32: {error:.2f}")
    for epochs in (1, 10):
        model = AutoencoderTransformer(
            32, hidden_layer_sizes=(256, 64), max_epochs=epochs, random_state=0
        )
        seconds = timed_fit(model, X)
        error = sum_of_squares(X_test, model.reconstruct(X_test))
        print(f"784-256-64-32, {epochs} epoch(s): {error:.2f} in {seconds:.0f} s", flush=True)


def codes(X, y, X_test, y_test):
    """Print the 5-NN accuracy on two components, with default parameters."""
    for model in (PCA(2), AutoencoderTransformer(2, random_state=0)):
        seconds = timed_fit(model, X)
        knn = KNeighborsClassifier(5).fit(model.transform(X), y)
        accuracy = knn.score(model.transform(X_test), y_test)
        name = type(model).__name__
        print(f"{name}(2): 5-NN accuracy {accuracy:.3f}, fit in {seconds:.0f} s", flush=True)


def deep(X, y, X_test, y_test):
    """Print the error of 784-1000-500-250-30; only sizes and epochs differ from the defaults."""
    model = AutoencoderTransformer(
        30, hidden_layer_sizes=(1000, 500, 250), max_epochs=60, random_state=0
    )
    seconds = timed_fit(model, X)
    test, train = (sum_of_squares(rows, model.reconstruct(rows)) for rows in (X_test, X))
    print(f"784-1000-500-250-30, 60 epochs: test {test:.2f}, train {train:.2f}, {seconds:.0f} s")


PARTS = {"small": small, "codes": codes, "deep": deep}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="*", choices=PARTS, default=list(PARTS))
    header("MNIST")
    data = mnist()
    for name in parser.parse_args().part:
        PARTS[name](*data)


if __name__ == "__main__":
    main()
