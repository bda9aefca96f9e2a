"""
Clustering of codes
===================

This example applies k-means to pixels, to principal components and to the codes of an autoencoder.
The clusters are compared with the labels, which no method uses for training, over five seeds. The
example also compares the visualization by two components with that of t-SNE.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.metrics import homogeneity_score

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import LatentDisplay

X, y = load_digits(return_X_y=True)

# %%
# Codes with two and with eight components.
two = AutoencoderTransformer(2, random_state=0).fit_transform(X)
eight = AutoencoderTransformer(8, random_state=0).fit_transform(X)
spaces = {
    "pixels": X,
    "PCA, 8": PCA(8).fit_transform(X),
    "codes, 8": eight,
    "PCA, 2": PCA(2).fit_transform(X),
    "codes, 2": two,
}

# %%
# Homogeneity of ten clusters: 1 if each cluster contains digits of a single class.
found = {}
for name, rows in spaces.items():
    clusterings = [KMeans(10, n_init=3, random_state=seed).fit_predict(rows) for seed in range(5)]
    found[name] = [homogeneity_score(y, clusters) for clusters in clusterings]
    print(f"{name:9} homogeneity {np.mean(found[name]):.3f} ± {np.std(found[name]):.3f}")

# %%
# With eight components, the codes are about as good as pixels and PCA: an autoencoder preserves the
# appearance of a sample, not its class. With two components, the codes are much better than PCA.
# For visualization alone, t-SNE separates the digits best, but it has neither ``transform`` for new
# samples nor ``inverse_transform``.
figure, axes = plt.subplot_mosaic(
    "ABC", figsize=(15, 4.4), width_ratios=[0.8, 1, 1.15], layout="constrained"
)
axes["A"].barh(list(found), [np.mean(v) for v in found.values()], color="#3f90da")
axes["A"].invert_yaxis()
axes["A"].set(xlabel="homogeneity of ten clusters", xlim=(0, 1))
tsne = TSNE(random_state=0, max_iter=400).fit_transform(X)
for place, name, points in (("B", "autoencoder", two), ("C", "t-SNE", tsne)):
    LatentDisplay(points, y, y_name="digit").plot(axes[place])
    axes[place].set_title(name)
axes["B"].get_legend().remove()
plt.show()
