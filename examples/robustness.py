"""Narrow, wide and denoising autoencoders on clean and on noisy 8x8 digits.

Prints a table and draws demo/robustness.png. All three learn from clean digits alone; the last one
damages them for itself while it learns.
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
SHOWN = 6  # the one in the pictures
NOISE = Gaussian(std=(0, 8), clip=(0, 16))
AUTOENCODERS = {
    "narrow: code of 8": DenoisingAutoencoder(8, corruption=None, random_state=0),
    "wide: code of 64": DenoisingAutoencoder(64, corruption=None, random_state=0),
    "denoising: code of 64": DenoisingAutoencoder(64, corruption=NOISE, random_state=0),
}
INPUT = "the input itself"
# Colours that remain apart for colour-blind readers (Petroff, arXiv:2107.02270).
STYLES = dict(
    zip(AUTOENCODERS, (("#3f90da", "s--"), ("#832db6", "^-."), ("#bd1f01", "o-")), strict=True)
)


def noisy(X, std):
    """Return pixels with the same noise at every level, but for its strength."""
    noise = np.random.default_rng(0).standard_normal(X.shape)
    return np.clip(X + std * noise, 0, 16)


def restored(X_train, X_test):
    """Return, by name and level, what each autoencoder makes of the noisy test digits."""
    inputs = {level: noisy(X_test, level) for level in LEVELS}
    outputs = {INPUT: inputs}
    for name, autoencoder in AUTOENCODERS.items():
        autoencoder.fit(X_train)
        outputs[name] = {level: autoencoder.transform(X) for level, X in inputs.items()}
    return outputs


def print_table(errors):
    print("Mean squared error per pixel against the clean digit")
    print(f"{'noise':22}" + "".join(f"{level:8}" for level in LEVELS))
    for name, values in errors.items():
        print(f"{name:22}" + "".join(f"{value:8.2f}" for value in values))


def draw_errors(axes, errors):
    axes.plot(LEVELS, errors[INPUT], color="#dddddd", label=INPUT, linewidth=9)
    for name, (colour, style) in STYLES.items():
        axes.plot(LEVELS, errors[name], style, color=colour, label=name, linewidth=2, markersize=7)
    axes.set(xlabel="standard deviation of the noise; pixels go from 0 to 16", xticks=LEVELS)
    axes.set_title("Mean squared error per pixel against the clean digit", loc="left")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def draw_images(axes, title, rows):
    image = np.hstack([np.pad(row.reshape(8, 8), 1) for row in rows])
    axes.imshow(image, cmap="gray_r", vmin=0, vmax=16)
    axes.set_axis_off()
    axes.set_title(title, loc="left", fontsize="medium")


def draw(errors, outputs, X, y):
    """Save the picture: the errors, and below them one digit of each kind."""
    chosen = [np.flatnonzero(y == digit)[0] for digit in range(10)]
    rows = {"Test digits": X} | {
        f"{name.capitalize()}, noise of {SHOWN}": by_level[SHOWN]
        for name, by_level in outputs.items()
    }
    figure, axes = plt.subplots(
        1 + len(rows), figsize=(8, 9.5), height_ratios=[4] + [1] * len(rows), layout="constrained"
    )
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.05)
    draw_errors(axes[0], errors)
    for below, (title, digits) in zip(axes[1:], rows.items(), strict=True):
        draw_images(below, title, digits[chosen])
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)


def main():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, _, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    outputs = restored(X_train, X_test)
    errors = {
        name: [((X - X_test) ** 2).mean() for X in by_level.values()]
        for name, by_level in outputs.items()
    }
    print_table(errors)
    draw(errors, outputs, X_test, y_test)
    print(os.path.relpath(PICTURE))


if __name__ == "__main__":
    main()
