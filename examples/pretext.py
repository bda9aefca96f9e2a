"""
Pretext tasks: inpainting, jigsaws and rotations
================================================

A pretext task trains an encoder without labels. In this example, denoising autoencoders fill in
hidden rectangles of digits, put shuffled tiles in order, or undo rotations. Afterwards, their
encoders are fine-tuned to classify digits with 50 labels.
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
    "masked pixels": Masking(0.25),
    "inpainting": Occlusion((8, 8), size=0.5),
    "jigsaw of 2 x 2": Jigsaw((8, 8)),
    "rotations": QuarterTurns((8, 8)),
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
# The rotation can also be predicted, by a classifier that is fitted to rotated copies.
turned = np.concatenate([np.rot90(X.reshape(-1, 8, 8), n, (1, 2)) for n in range(4)])
turns = np.repeat(range(4), len(X))
encoders["rotations predicted"] = AutoencoderClassifier(
    32, pretraining=None, max_epochs=5, random_state=0
).fit(turned.reshape(len(turned), -1), turns)

# %%
# Classifiers start from a copy of each encoder. A comparison of the tasks requires more than one
# draw of the labels: see :doc:`../decisions/0026-pretext-tasks`.
fine = {"max_epochs": 30, "random_state": 0}
models = {"not pretrained": AutoencoderClassifier(32, pretraining=None, **fine)}
for name, encoder in encoders.items():
    models[name] = AutoencoderClassifier(encoder=FrozenEstimator(encoder), **fine)
for name, model in models.items():
    print(f"{name:22} {model.fit(X[:50], y[:50]).score(X_test, y_test):.3f}")
plt.show()
