"""
Autoencoder as a replacement for PCA
====================================

This example compares :class:`~sklearn_autoencoders.AutoencoderTransformer` with PCA on the 8x8
digits of scikit-learn, with default parameters. A table compares them on held-out samples. The
figure, ``demo/digits.png``, shows the codes of two components and the reconstructions from eight.
"""

# %%
# Each row of the table contains the fraction of the variance that the reconstruction explains, and
# the accuracy of a 5-nearest-neighbors classifier on the codes.
import os
import time
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import LatentDisplay, ReconstructionDisplay

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)


def reconstruct(estimator, rows):
    return estimator.inverse_transform(estimator.transform(rows))


def fit_and_report(estimator):
    """Fit the estimator and print its row of the table."""
    started = time.perf_counter()
    estimator.fit(X)
    seconds = time.perf_counter() - started
    neighbors = KNeighborsClassifier(5).fit(estimator.transform(X), y)
    accuracy = neighbors.score(estimator.transform(X_test), y_test)
    residual = ((X_test - reconstruct(estimator, X_test)) ** 2).sum()
    score = 1 - residual / ((X_test - X_test.mean(0)) ** 2).sum()  # `score` of the autoencoder
    name, k = type(estimator).__name__, estimator.n_components
    print(f"{name:22} {k:12} {score:12.3f} {accuracy:15.3f} {seconds:8.3f}", flush=True)
    return estimator


print(f"{'':22} n_components  held-out R²  5-NN on codes  seconds")
pca_2 = fit_and_report(PCA(2, random_state=0))
autoencoder_2 = fit_and_report(AutoencoderTransformer(2, random_state=0))
pca_8 = fit_and_report(PCA(8, random_state=0))
autoencoder_8 = fit_and_report(AutoencoderTransformer(8, random_state=0))

# %%
# With two components, the autoencoder separates the digits much better than PCA. With eight
# components its reconstructions are sharper, but the classifier is as accurate on the codes of PCA.
figure, axes = plt.subplot_mosaic(
    "AB;CD", figsize=(13, 7.5), height_ratios=[3.2, 1], layout="constrained"
)
for place, name, estimator in (("A", "PCA", pca_2), ("B", "Autoencoder", autoencoder_2)):
    LatentDisplay(estimator.transform(X_test), y_test, y_name="digit").plot(axes[place])
    axes[place].set_title(f"{name}: codes of the test digits")
for place, name, estimator in (("C", "PCA", pca_8), ("D", "Autoencoder", autoencoder_8)):
    back = reconstruct(estimator, X_test[:8])
    ReconstructionDisplay.from_predictions(X_test[:8], back, image_shape=(8, 8), ax=axes[place])
    axes[place].set_title(f"{name}: from 8 components")

picture = Path("demo") / "digits.png"
picture.parent.mkdir(exist_ok=True)
figure.savefig(picture, dpi=100)
print(os.path.relpath(picture))
