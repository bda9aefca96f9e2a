"""
PCA as a linear autoencoder
===========================

A linear autoencoder with the squared error converges to the subspace of PCA from any
initialization. With tied weights and a penalty on the angles between its directions, the directions
are also orthonormal, but not ordered as in PCA. A hyperbolic tangent activation makes it the
simplest nonlinear PCA.
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
# With ``network=Linear(tied_weights=True)``, the weight matrix of the decoder is the transpose of
# that of the encoder.
pca = PCA(6).fit(X)
linear = AutoencoderTransformer(
    6, network=Linear(tied_weights=True), penalty=Orthogonal(weight=0.1), **settings
).fit(X)
directions = linear.network_.encoder[-1].weight.detach().numpy()
angle = subspace_angles(pca.components_.T, directions.T).max()
products = directions @ directions.T
print(f"largest angle to the subspace of PCA: {np.degrees(angle):.2f} degrees")
print(f"largest deviation from orthonormality: {np.abs(products - np.eye(6)).max():.3f}")

# %%
# One hidden layer with hyperbolic tangent units in the encoder and in the decoder yields a curved
# manifold.
tanh = AutoencoderTransformer(6, network=Dense((64,), activation="tanh"), **settings).fit(X)
back = pca.inverse_transform(pca.transform(X_test))
pca_score = 1 - ((X_test - back) ** 2).sum() / ((X_test - X_test.mean(0)) ** 2).sum()
scores = {"PCA": pca_score, "linear": linear.score(X_test), "tanh": tanh.score(X_test)}
for name, score in scores.items():
    print(f"{name:7} held-out R² {score:.3f}")

# %%
# The subspace is the same, but its axes differ: the directions of the autoencoder are linear
# combinations of those of PCA.
figure, axes = plt.subplots(1, 2, figsize=(12, 4.5), layout="constrained")
WeightsDisplay(pca.components_, image_shape=(8, 8)).plot(axes[0])
axes[0].set_title(f"PCA: R² {scores['PCA']:.3f}")
WeightsDisplay(directions, image_shape=(8, 8)).plot(axes[1])
axes[1].set_title(f"linear autoencoder: R² {scores['linear']:.3f}")
plt.show()
