"""
Classification with few labels
==============================

This example measures the benefit of unlabeled digits if only 20 to 500 digits have a label.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import ImageAugmentation, Masking

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)

# %%
# An encoder is pretrained on all samples: it learns to reconstruct digits that are shifted, rotated
# or partly masked. The classifiers start from a copy of this encoder. ``AutoencoderClassifier`` can
# also pretrain its own encoder, on samples with the label -1.
moved = ImageAugmentation((8, 8), rotation=10, shift=0.08, zoom=0.1, value_range=(0, 16))
encoder = DenoisingAutoencoder(
    32, corruption=[moved, Masking(0.25)], max_epochs=40, random_state=0
).fit(X)
settings = {"corruption": moved, "max_epochs": 25, "random_state": 0}
models = {
    "pretrained": AutoencoderClassifier(encoder=FrozenEstimator(encoder), **settings),
    "not pretrained": AutoencoderClassifier(32, pretraining=None, **settings),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
}

# %%
n_labels = (20, 50, 100, 200, 500)
found = {
    name: [model.fit(X[:n], y[:n]).score(X_test, y_test) for n in n_labels]
    for name, model in models.items()
}
for name, scores in found.items():
    print(f"{name:20}" + "".join(f"{score:8.3f}" for score in scores))

# %%
# The labels are drawn once, so that differences of one point are not significant.
figure, axes = plt.subplots(figsize=(7, 4.4), layout="constrained")
styles = (("#3f90da", "o-"), ("#bd1f01", "s--"), ("#717581", "^:"))
for (name, scores), (color, style) in zip(found.items(), styles, strict=True):
    axes.plot(n_labels, scores, style, color=color, label=name)
axes.set(xscale="log", xlabel="labeled samples, of 1347", ylabel="accuracy on 450 test samples")
axes.set_xticks(n_labels, n_labels)
axes.minorticks_off()
axes.legend(frameon=False, loc="lower right")
plt.show()
