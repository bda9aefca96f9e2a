"""AutoencoderOutlierDetector on digits that it has never seen: 5 and 9 (S16).

Prints how well they are found, and draws demo/outliers.png: scores of known and unknown digits with
the threshold, and the pixels that are the reasons.
"""

from pathlib import Path

import matplotlib
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderOutlierDetector

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PICTURE = Path(__file__).parents[1] / "demo" / "outliers.png"
KNOWN, UNKNOWN = "#3f90da", "#bd1f01"


def draw_scores(axes, detector, X, is_unknown):
    scores = -detector.score_samples(X)
    bins = np.linspace(scores.min(), scores.max(), 40)
    for rows, name, colour in ((~is_unknown, "known", KNOWN), (is_unknown, "5 and 9", UNKNOWN)):
        axes.hist(scores[rows], bins, label=name, color=colour, alpha=0.7)
    axes.axvline(-detector.offset_, color="black", linestyle="--", label="threshold")
    axes.set(xlabel="strangeness (minus the score)", ylabel="test digits")
    axes.legend(frameon=False)


def draw_reasons(axes, detector, X):
    """Draw rows, what was expected in their stead, and what each pixel adds to the strangeness."""
    found = detector.explain(X)
    parts = ("digit", X), ("expected", found.expected), ("reasons", -found.contribution)
    for axis, (name, rows) in zip(axes, parts, strict=True):
        strip = np.hstack([np.pad(row.reshape(8, 8), 1) for row in rows])
        axis.imshow(strip, cmap="Reds" if name == "reasons" else "gray_r", vmin=0)
        axis.set_axis_off()
        axis.set_title(name, loc="left")


def main():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    known, is_unknown = X_train[~np.isin(y_train, [5, 9])], np.isin(y_test, [5, 9])
    # pixels share one scale; rows known to be normal need no trimming
    detector = AutoencoderOutlierDetector(
        scaling="global", trim=0.0, hidden_layer_sizes=(128,), learning_rate=1e-2, random_state=0
    ).fit(known)
    detector.set_threshold(false_alarm_rate=0.05)
    for model in (IsolationForest(random_state=0).fit(known), detector):
        auc = roc_auc_score(is_unknown, -model.score_samples(X_test))
        print(f"{type(model).__name__:27} ROC-AUC {auc:.3f}")
    alarms = detector.predict(X_test) == -1
    print(f"alarms among digits it knows   {alarms[~is_unknown].mean():.3f}  (asked for: 0.05)")
    print(f"alarms among fives and nines   {alarms[is_unknown].mean():.3f}")
    figure, axes = plt.subplot_mosaic(
        "A;B;C;D", figsize=(10, 8), height_ratios=[4, 1, 1, 1], layout="constrained"
    )
    draw_scores(axes["A"], detector, X_test, is_unknown)
    strangest = X_test[np.argsort(detector.score_samples(X_test))[:10]]
    draw_reasons([axes[name] for name in "BCD"], detector, strangest)
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=100)
    print(f"Picture: {PICTURE}")


if __name__ == "__main__":
    main()
