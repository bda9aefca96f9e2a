"""Narrow, wide and denoising autoencoders on clean and on noisy 8x8 digits.

Prints a table and draws demo/robustness.png. All three networks are trained on clean digits; the
last one damages them for itself while it learns.
"""

import os
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parents[1] / "demo" / "robustness.png"
LEVELS = (0, 2, 4, 6, 8)  # standard deviations of the noise; pixels go from 0 to 16
SHOWN = 6
# Apart for colour-blind readers (Petroff, arXiv:2107.02270), and each with a marker of its own.
STYLES = (("#94a4a2", ":", "x"), ("#3f90da", "--", "s"), ("#ffa90e", "-.", "^"), ("#bd1f01", "-", "o"))

NETWORKS = {
    "narrow, 8": DenoisingAutoencoder(8, corruption=None, random_state=0),
    "wide, 128": DenoisingAutoencoder(128, corruption=None, random_state=0),
    "denoising, 128": DenoisingAutoencoder(
        128, corruption=Gaussian(std=(0, 8), clip=(0, 16)), random_state=0
    ),
}


def noisy(X, std):
    """Return pixels with normal noise, kept between 0 and 16; the same draw at every level."""
    return np.clip(X + std * np.random.default_rng(0).standard_normal(X.shape), 0, 16)


def errors(clean, restored):
    """Return the mean squared error per pixel, for each level of noise."""
    return [float(((rows - clean) ** 2).mean()) for rows in restored]


def print_table(table):
    """Print a row for every network and a column for every level of noise."""
    print("mean squared error per pixel against the clean digit, by the noise of the input")
    print(f"{'code':22} " + " ".join(f"std {level:<4}" for level in LEVELS))
    for name, row in table.items():
        print(f"{name:22} " + " ".join(f"{value:8.2f}" for value in row), flush=True)


def draw_curves(axes, table):
    for (name, row), (colour, line, marker) in zip(table.items(), STYLES, strict=True):
        axes.plot(LEVELS, row, line, marker=marker, color=colour, label=name, linewidth=2)
    axes.set(xlabel="standard deviation of the noise", ylabel="mean squared error per pixel")
    axes.set(xticks=LEVELS, ylim=(0, None))
    axes.set_title("Error against the clean digit", loc="left")
    axes.legend(title="autoencoder, width of its code", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def draw_images(axes, title, rows):
    image = np.hstack([np.pad(row.reshape(8, 8), 1) for row in rows])
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=16)
    axes.set_axis_off()
    axes.set_title(title, loc="left", fontsize="medium")
