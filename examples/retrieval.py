"""
Image retrieval
===============

This example retrieves the nearest digits by pixels, by principal components, by codes and by bits.
The autoencoder is trained without labels. Labels are only used to count how many of the ten nearest
digits have the class of the query.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import FunctionTransformer

from sklearn_autoencoders import DenoisingAutoencoder
from sklearn_autoencoders.corruptions import Gaussian, ImageAugmentation
from sklearn_autoencoders.inspection import ReconstructionDisplay
from sklearn_autoencoders.networks import Dense

X, y = load_digits(return_X_y=True)
X, X_query, y, y_query = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)

# %%
# The network learns to remove shifts, rotations and noise, so that the codes become invariant to
# them.
#
# Codes of 32 bits take four bytes for each digit, where 64 pixels take 64. They are compared by the
# number of bits that differ (semantic hashing).
moved = ImageAugmentation((8, 8), rotation=10, shift=0.08, zoom=0.1, value_range=(0, 16))
settings = {"corruption": [moved, Gaussian((0, 6))], "output": "code", "random_state": 0}
binary = {"network": Dense((256,), code_activation="binary"), "init": "random"}
spaces = {
    "pixels": FunctionTransformer(),
    "PCA, 16": PCA(16, random_state=0),
    "codes, 16": DenoisingAutoencoder(16, **settings),
    "PCA, 8": PCA(8, random_state=0),
    "codes, 8": DenoisingAutoencoder(8, **settings),
    "32 bits": DenoisingAutoencoder(32, **binary, **settings),
}
nearest, precision = {}, {}
for name, space in spaces.items():
    metric = "hamming" if "bits" in name else "euclidean"
    index = NearestNeighbors(n_neighbors=10, metric=metric).fit(space.fit_transform(X))
    nearest[name] = index.kneighbors(space.transform(X_query), return_distance=False)
    precision[name] = (y[nearest[name]] == y_query[:, None]).mean()
    print(f"{name:10} precision@10 {precision[name]:.3f}")

# %%
# Eight components of the autoencoder are almost as good as 64 pixels, and better than eight
# principal components. With sixteen components, all methods are equally good, and so are 32 bits.
# Pixels are not worse: codes are useful for indexes that are too large for pixels.
figure, axes = plt.subplot_mosaic(
    "AB;AC;AD", figsize=(13, 5.4), width_ratios=[1, 1.4], layout="constrained"
)
axes["A"].plot(list(precision.values()), list(precision), "o", markersize=9, color="#3f90da")
axes["A"].invert_yaxis()
axes["A"].grid(axis="y", alpha=0.4)
axes["A"].set(xlabel="precision@10", xlim=(0.88, 0.96))
worst = np.argsort((y[nearest["codes, 8"]] == y_query[:, None]).sum(1), kind="stable")[:3]
for place, query in zip("BCD", worst, strict=True):
    by_pixels, by_codes = (
        np.vstack([X_query[[query]], X[nearest[name][query]]]) for name in ("pixels", "codes, 8")
    )
    ReconstructionDisplay.from_predictions(by_pixels, by_codes, image_shape=(8, 8), ax=axes[place])
    axes[place].set_yticklabels(["by pixels", "by codes, 8"])
axes["B"].set_title("query and its ten nearest digits: the three worst queries for codes")
plt.show()
