"""AutoencoderTransformer where PCA stood, on scikit-learn's 8x8 digits.

Prints a table and draws demo/digits.png: codes of two components, reconstructions from eight.
"""

import os
import time
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parents[1] / "demo" / "digits.png"
# Ten colours that remain apart for colour-blind readers (Petroff, arXiv:2107.02270).
COLOURS = "#3f90da #ffa90e #bd1f01 #94a4a2 #832db6 #a96b59 #e76300 #b9ac70 #717581 #92dadd".split()


def reconstruct(estimator, X):
    return estimator.inverse_transform(estimator.transform(X))


def explained_variance(estimator, X):
    """Return the R² that `AutoencoderTransformer.score` gives, which PCA lacks."""
    return 1 - ((X - reconstruct(estimator, X)) ** 2).sum() / ((X - X.mean(0)) ** 2).sum()


def fit_and_report(estimator, X_train, X_test, y_train, y_test):
    """Fit the estimator and print its row of the table."""
    started = time.perf_counter()
    estimator.fit(X_train)
    seconds = time.perf_counter() - started
    neighbours = KNeighborsClassifier(5).fit(estimator.transform(X_train), y_train)
    accuracy = neighbours.score(estimator.transform(X_test), y_test)
    score = explained_variance(estimator, X_test)
    name, k = type(estimator).__name__, estimator.n_components
    print(f"{name:22} {k:12} {score:12.3f} {accuracy:15.3f} {seconds:8.3f}", flush=True)
    return estimator


def draw_codes(axes, title, codes, y):
    for digit, colour in enumerate(COLOURS):
        marker = rf"$\mathbf{{{digit}}}$"
        axes.scatter(*codes[y == digit].T, s=55, color=colour, marker=marker, linewidths=0)
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, loc="left")


def draw_images(axes, title, rows):
    image = np.hstack([np.pad(row.reshape(8, 8), 1) for row in rows])
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=16)
    axes.set_axis_off()
    axes.set_title(title, loc="left")


def draw(estimators, X, y):
    """Save the picture: codes above, originals and reconstructions below."""
    pca_2, ours_2, pca_8, ours_8 = estimators
    figure, axes = plt.subplot_mosaic(
        "AB;CC;DD;EE", figsize=(12, 11.5), height_ratios=[5, 1, 1, 1], layout="constrained"
    )
    draw_codes(axes["A"], "PCA: codes of the test digits, 2 components", pca_2.transform(X), y)
    draw_codes(axes["B"], "AutoencoderTransformer: the same", ours_2.transform(X), y)
    rows = X[[np.flatnonzero(y == digit)[0] for digit in range(10)]]
    draw_images(axes["C"], "Test digits", rows)
    draw_images(axes["D"], "PCA: reconstructions, 8 components", reconstruct(pca_8, rows))
    draw_images(axes["E"], "AutoencoderTransformer: the same", reconstruct(ours_8, rows))
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)


def main():
    X, y = load_digits(return_X_y=True)
    split = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    print(f"{'':22} n_components  held-out R²  5-NN on codes  seconds")
    estimators = [
        fit_and_report(estimator, *split)
        for k in (2, 8)
        for estimator in (PCA(k, random_state=0), AutoencoderTransformer(k, random_state=0))
    ]
    draw(estimators, X=split[1], y=split[3])
    print(os.path.relpath(PICTURE))


if __name__ == "__main__":
    main()
