"""
Tasks without labels: hidden parts, jigsaws and turns
=====================================================

A network that restores spoiled images has to know what they show. This example hides a rectangle of
each digit, mixes its quarters or turns it, and lets denoising autoencoders undo that. Afterwards
their encoders, and that of a classifier of the turns, start classifiers of 50 labeled digits.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderClassifier, DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Jigsaw, Masking, Occlusion, QuarterTurns

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)
tasks = {
    "single pixels hidden": Masking(0.25),
    "a rectangle hidden": Occlusion((8, 8), size=0.5),
    "jigsaw of 2 x 2": Jigsaw((8, 8)),
    "quarter turns": QuarterTurns((8, 8)),
}
settings = {"max_epochs": 20, "random_state": 0}
encoders = {
    name: DenoisingAutoencoder(32, corruption=task, **settings).fit(X)
    for name, task in tasks.items()
}

# %%
# Test digits, what is given to the autoencoders (hidden pixels are blue), and what they return.
generator = torch.Generator().manual_seed(0)
colors = plt.get_cmap("gray_r").with_extremes(bad="#3f90da")
figure, axes = plt.subplots(len(tasks), 1, figsize=(7, 7), layout="constrained")
for axis, (name, task) in zip(axes, tasks.items(), strict=True):
    given = task(torch.from_numpy(X_test[:10]), generator).numpy()
    rows = [X_test[:10], given, encoders[name].transform(given)]
    images = np.pad(np.stack(rows).reshape(3, 10, 8, 8), [(0, 0), (0, 0), (1, 1), (1, 1)])
    axis.imshow(images.swapaxes(1, 2).reshape(30, 100), cmap=colors, vmin=0, vmax=16)
    axis.set(title=name, xticks=[], yticks=[5, 15, 25], yticklabels=["digit", "given", "returned"])

# %%
# Which turn a digit has undergone can also be predicted, as a class: an ordinary classifier of
# four copies of the digits.
turned = np.concatenate([np.rot90(X.reshape(-1, 8, 8), n, (1, 2)) for n in range(4)])
turns = np.repeat(range(4), len(X))
encoders["turns predicted"] = AutoencoderClassifier(
    32, pretraining=None, max_epochs=5, random_state=0
).fit(turned.reshape(len(turned), -1), turns)

# %%
# A classifier starts from a copy of each encoder. One draw of the labels is no comparison of the
# tasks: :doc:`../project/results` has one.
fine = {"max_epochs": 30, "random_state": 0}
models = {"not pretrained": AutoencoderClassifier(32, pretraining=None, **fine)}
for name, encoder in encoders.items():
    models[name] = AutoencoderClassifier(encoder=FrozenEstimator(encoder), **fine)
for name, model in models.items():
    print(f"{name:22} {model.fit(X[:50], y[:50]).score(X_test, y_test):.3f}")
plt.show()
