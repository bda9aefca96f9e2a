"""Digits of which few have labels (S11): what the others are worth.

Prints and draws, in demo/few_labels.png, the accuracy of AutoencoderClassifier with and without
pretraining on all rows, and of logistic regression, for 20 to 500 labels.
"""

from pathlib import Path

import matplotlib
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import ImageAugmentation, Masking

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parents[1] / "demo" / "few_labels.png"
N_LABELS = (20, 50, 100, 200, 500)
STYLES = {
    "pretrained on all rows": ("#3f90da", "o-"),
    "not pretrained": ("#ffa90e", "s--"),
    "logistic regression": ("#717581", "^:"),
}


MOVED = ImageAugmentation((8, 8), rotation=10, shift=0.08, zoom=0.1, value_range=(0, 16))


def pretrained(X):
    """Return an encoder of all rows that has learnt to undo what moves and hides parts of them."""
    corruption = [MOVED, Masking(0.25)]
    encoder = DenoisingAutoencoder(32, corruption=corruption, max_epochs=40, random_state=0)
    return FrozenEstimator(encoder.fit(X))


def models(encoder):
    settings = {"corruption": MOVED, "random_state": 0}
    return {
        "pretrained on all rows": AutoencoderClassifier(encoder=encoder, **settings),
        "not pretrained": AutoencoderClassifier(32, pretraining=None, **settings),
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    }


def accuracies(X_train, y_train, X_test, y_test):
    """Return the accuracies of every model for every number of labels."""
    found, encoder = {name: [] for name in STYLES}, pretrained(X_train)
    for n_labels in N_LABELS:
        for name, model in models(encoder).items():
            model.fit(X_train[:n_labels], y_train[:n_labels])
            found[name].append(model.score(X_test, y_test))
        print(f"{n_labels:6}" + "".join(f"{found[name][-1]:25.3f}" for name in found), flush=True)
    return found


def main():
    X, y = load_digits(return_X_y=True)
    print("labels" + "".join(f"{name:>25}" for name in STYLES))
    found = accuracies(*_in_order(train_test_split(X, y, random_state=0, stratify=y)))
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, (colour, style) in STYLES.items():
        axes.plot(N_LABELS, found[name], style, color=colour, label=name)
    axes.set(xscale="log", xlabel="rows with labels, of 1347", ylabel="accuracy on 450 others")
    axes.set_xticks(N_LABELS, N_LABELS)
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right")
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)
    print(f"Picture: {PICTURE}")


def _in_order(split):
    X_train, X_test, y_train, y_test = split
    return X_train, y_train, X_test, y_test


if __name__ == "__main__":
    main()
