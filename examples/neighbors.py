"""
Neighbors in two dimensions
===========================

Two components of PCA, of an autoencoder, and of one with the penalty "neighbors", which keeps
neighbors as t-SNE does. All of them embed the same unseen digits.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_autoencoders import AutoencoderTransformer

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
models = {
    "PCA": PCA(2),
    "autoencoder": AutoencoderTransformer(2, random_state=0),
    'penalty="neighbors"': AutoencoderTransformer(2, penalty="neighbors", random_state=0),
}

# %%
# Accuracy of the five nearest neighbors, fraction of neighbors that are neighbors in 64 dimensions,
# and R² of the inverse.
figure, axes = plt.subplots(1, 3, figsize=(11, 3.8), layout="constrained")
for axis, (title, model) in zip(axes, models.items(), strict=True):
    codes = model.fit(X_train).transform(X_test)
    accuracy = KNeighborsClassifier().fit(model.transform(X_train), y_train).score(codes, y_test)
    trust = trustworthiness(X_test, codes, n_neighbors=10)
    error = ((X_test - model.inverse_transform(codes)) ** 2).sum()
    score = 1 - error / ((X_test - X_test.mean(0)) ** 2).sum()
    print(f"{title:20} accuracy {accuracy:.3f}, trustworthiness {trust:.3f}, R2 {score:.2f}")
    points = axis.scatter(*codes.T, c=y_test, s=8, cmap="tab10")
    axis.set(title=title, xticks=[], yticks=[])
figure.colorbar(points, ax=axes, ticks=range(10), label="digit")
plt.show()
