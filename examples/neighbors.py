"""
Neighbor embeddings with an inverse
===================================

This example compares two components of PCA, of an autoencoder with the penalty "neighbors", and of
t-SNE. The first two are fitted to 70 % of the digits and embed the others. t-SNE cannot embed new
samples, and is fitted to the samples that are drawn.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import LatentDisplay
from sklearn_autoencoders.metrics import embedding_report

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=0)
pca = PCA(2).fit(X_train)
autoencoder = AutoencoderTransformer(2, penalty="neighbors", random_state=0).fit(X_train)
codes = {
    "PCA": pca.transform(X_test),
    'penalty="neighbors"': autoencoder.transform(X_test),
    "t-SNE": TSNE(random_state=0).fit_transform(X_test),
}

# %%
# Trustworthiness is 1 if the neighbors of codes are neighbors of samples, too.
figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
for axis, (title, points) in zip(axes, codes.items(), strict=True):
    report = embedding_report(X_test, points, random_state=0)
    LatentDisplay.from_predictions(points, y_test.astype(str), ax=axis)
    axis.set(title=f"{title}: trustworthiness {report.trustworthiness:.2f}", xticks=[], yticks=[])

# %%
# Any point of the plane can be decoded: these images lie on the line between the codes of a zero
# and of a one. PCA decodes, too, but less accurately; t-SNE has no inverse.
ends = autoencoder.transform(X_train[[(y_train == digit).argmax() for digit in (0, 1)]])
line = [ends[0] + step * (ends[1] - ends[0]) for step in (0, 0.25, 0.5, 0.75, 1)]
figure, axes = plt.subplots(1, 5, figsize=(8, 2), layout="constrained")
for axis, image in zip(axes, autoencoder.inverse_transform(line), strict=True):
    axis.imshow(image.reshape(8, 8), cmap="gray_r")
    axis.set_axis_off()
for name, model in {"PCA": pca, 'penalty="neighbors"': autoencoder}.items():
    error = ((X_test - model.inverse_transform(codes[name])) ** 2).sum()
    print(f"{name}: R2 of the inverse {1 - error / ((X_test - X_test.mean(0)) ** 2).sum():.2f}")
plt.show()
