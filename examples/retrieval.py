"""Image search on the codes of an autoencoder and on pixels, with 8x8 digits.

Prints a table and draws demo/retrieval.png. The autoencoder sees no labels: they only say
afterwards how many of the ten nearest digits are of the query's kind.
"""

import os
import time
from pathlib import Path
from statistics import median

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import FunctionTransformer

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, ImageAugmentation

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle

PICTURE = Path(__file__).parents[1] / "demo" / "retrieval.png"
N_NEIGHBOURS = 10
N_REPEATS = 20
WRONG = "#bd1f01"
# Codes are to be alike for digits that are moved, turned or noisy: the network has to undo that.
CORRUPTION = [
    ImageAugmentation((8, 8), rotation=10, shift=0.08, zoom=0.1, value_range=(0, 16)),
    Gaussian(std=(0, 6)),
]


def codes_of(n_components):
    return DenoisingAutoencoder(n_components, corruption=CORRUPTION, output="code", random_state=0)


SPACES = {
    "pixels": FunctionTransformer(),
    "PCA, 16": PCA(16, random_state=0),
    "codes, 16": codes_of(16),
    "PCA, 8": PCA(8, random_state=0),
    "codes, 8": codes_of(8),
}


def microseconds(function, X):
    """Return the time per row, a median over repetitions."""
    times = []
    for _ in range(N_REPEATS):
        started = time.perf_counter()
        function(X)
        times.append(time.perf_counter() - started)
    return 1e6 * median(times) / len(X)


def search(name, space, X, X_query, is_hit):
    """Print a row of the table, and return the neighbours of the queries in X."""
    index = NearestNeighbors(n_neighbors=N_NEIGHBOURS).fit(space.fit_transform(X))
    queries = space.transform(X_query)
    neighbours = index.kneighbors(queries, return_distance=False)
    encode, query = microseconds(space.transform, X_query), microseconds(index.kneighbors, queries)
    precision = is_hit(neighbours).mean()
    print(
        f"{name:10} {queries.shape[1]:8} {precision:13.3f} {encode:11.1f} {query:10.1f}", flush=True
    )
    return neighbours


def draw_row(axes, images, hits):
    """Draw images side by side, with a frame and a cross where one is no hit."""
    axes.imshow(np.hstack([np.pad(image.reshape(8, 8), 1) for image in images]), cmap="gray_r")
    for i in np.flatnonzero(~hits):
        frame = Rectangle((10 * i, 0), 9, 9, fill=False, edgecolor=WRONG, linewidth=2)
        axes.add_patch(frame)
        axes.plot(10 * i + 8, 1, "x", color=WRONG, markersize=7, markeredgewidth=2)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def draw(X, X_query, found, is_hit, chosen):
    """Save the picture: a query in each row, then its neighbours by pixels and by codes."""
    figure, axes = plt.subplots(
        len(chosen), 3, figsize=(14, 7.5), width_ratios=[1, 10, 10], layout="constrained"
    )
    for row, i in zip(axes, chosen, strict=True):
        draw_row(row[0], X_query[[i]], np.array([True]))
        for cell, neighbours in zip(row[1:], found, strict=True):
            draw_row(cell, X[neighbours[i]], is_hit(neighbours)[i])
    for cell, title in zip(
        axes[0], ("Query", "Ten nearest by pixels", "By codes of 16"), strict=True
    ):
        cell.set_title(title, loc="left")
    axes[2, 0].set_ylabel("The first five queries")
    axes[7, 0].set_ylabel("The five with the fewest hits")
    figure.supxlabel("A frame with a cross: a digit of another kind", fontsize="medium")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.05)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)


def main():
    X, y = load_digits(return_X_y=True)
    X, X_query, y, y_query = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

    def is_hit(neighbours):
        return y[neighbours] == y_query[:, None]

    print(f"{len(X_query)} queries among {len(X)} digits; microseconds per query")
    print(f"{'':10} {'numbers':>8} {'precision@10':>13} {'to encode':>11} {'to search':>10}")
    found = {n: search(n, space, X, X_query, is_hit) for n, space in SPACES.items()}
    pair = found["pixels"], found["codes, 16"]
    hits = sum(is_hit(neighbours).sum(axis=1) for neighbours in pair)
    chosen = [*range(5), *np.argsort(hits, kind="stable")[:5]]
    draw(X, X_query, pair, is_hit, chosen)
    print(os.path.relpath(PICTURE))


if __name__ == "__main__":
    main()
