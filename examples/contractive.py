"""
Contractive autoencoder
=======================

A contractive penalty, the squared norm of the derivative of the code, makes the code robust to
small changes of the input. Its weight is a trade-off with the reconstruction error: a constant code
is the most robust.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Dense
from sklearn_autoencoders.objectives import Contractive

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
noisy = X_test + np.random.default_rng(0).normal(0, 3, X_test.shape)
network = Dense((), code_activation="logistic")

# %%
# The movement of the codes under noise is relative to the spread of the codes.
weights = (0.0, 0.001, 0.01, 0.1, 1.0)
moved, scores, clean, corrupted = [], [], [], []
for weight in weights:
    autoencoder = AutoencoderTransformer(
        32, network=network, init="random", penalty=Contractive(weight), random_state=0
    ).fit(X)
    codes, noisy_codes = autoencoder.transform(X_test), autoencoder.transform(noisy)
    spread = ((codes - codes.mean(0)) ** 2).sum()
    moved.append(np.sqrt(((codes - noisy_codes) ** 2).sum() / spread))
    scores.append(autoencoder.score(X_test))
    neighbors = KNeighborsClassifier().fit(autoencoder.transform(X), y)
    clean.append(neighbors.score(codes, y_test))
    corrupted.append(neighbors.score(noisy_codes, y_test))
    print(
        f"{weight:6}: moved {moved[-1]:.2f}, R² {scores[-1]:.3f}, 5-NN {clean[-1]:.3f}, "
        f"noisy {corrupted[-1]:.3f}"
    )

# %%
# Up to a weight of 0.1, the codes move less, and R² decreases from 0.87 to 0.81. The accuracy of
# the nearest neighbors increases by up to a point, which is not significant for 450 digits. With a
# weight of 1.0, both the reconstruction and the accuracy are worse.
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
places = np.arange(len(weights))
axes[0].plot(places, moved, "o-", color="#3f90da", label="movement of codes under noise")
axes[0].plot(places, scores, "s--", color="#bd1f01", label="held-out R²")
axes[1].plot(places, clean, "o-", color="#3f90da", label="5-NN on codes of clean digits")
axes[1].plot(places, corrupted, "s--", color="#bd1f01", label="5-NN on codes of noisy digits")
for axis in axes:
    axis.set_xticks(places, weights)
    axis.set_xlabel("weight of the penalty")
    axis.legend(frameon=False)
plt.show()
