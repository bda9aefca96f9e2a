"""
PCA as an autoencoder
=====================

A linear autoencoder with the squared error ends in PCA's subspace, wherever it starts. Tied weights
and a penalty on the angles between directions also make its directions orthonormal, but not in
PCA's order. A hyperbolic tangent then makes it the simplest non-linear PCA.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import subspace_angles
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import WeightsDisplay
from sklearn_autoencoders.networks import Dense, Linear
from sklearn_autoencoders.objectives import Orthogonal

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X, random_state=0)
settings = {"init": "random", "weight_decay": 0.0, "max_epochs": 60, "random_state": 0}

# %%
# ``network=Linear(tied_weights=True)`` decodes with the transpose of the encoder's matrix.
pca = PCA(6).fit(X)
linear = AutoencoderTransformer(
    6, network=Linear(tied_weights=True), penalty=Orthogonal(weight=0.1), **settings
).fit(X)
directions = linear.network_.encoder[-1].weight.detach().numpy()
angle = subspace_angles(pca.components_.T, directions.T).max()
products = directions @ directions.T
print(f"largest angle to PCA's subspace: {np.degrees(angle):.2f} degrees")
print(f"farthest from orthonormal: {np.abs(products - np.eye(6)).max():.3f}")

# %%
# One hidden layer each way with a hyperbolic tangent bends the subspace.
tanh = AutoencoderTransformer(6, network=Dense((64,), activation="tanh"), **settings).fit(X)
back = pca.inverse_transform(pca.transform(X_test))
pca_score = 1 - ((X_test - back) ** 2).sum() / ((X_test - X_test.mean(0)) ** 2).sum()
scores = {"PCA": pca_score, "linear": linear.score(X_test), "tanh": tanh.score(X_test)}
for name, score in scores.items():
    print(f"{name:7} held-out R² {score:.3f}")

# %%
# The same subspace, other axes of it: the directions of the autoencoder are mixtures of PCA's.
figure, axes = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
WeightsDisplay(pca.components_, image_shape=(8, 8)).plot(axes[0])
axes[0].set_title(f"PCA: R² {scores['PCA']:.3f}")
WeightsDisplay(directions, image_shape=(8, 8)).plot(axes[1])
axes[1].set_title(f"linear autoencoder: R² {scores['linear']:.3f}")
plt.show()
