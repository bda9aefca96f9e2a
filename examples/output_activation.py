"""
Reconstructions within the range of the data
============================================

The reconstructions of a linear output can lie outside the range of the data, such as negative
pixels. ``output_activation`` limits them, under any loss, by one function for all features or one
for each. This example compares the functions with clipping afterwards.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.networks import Dense

X, y = load_digits(return_X_y=True)
X, X_test = train_test_split(X, random_state=0)
scaler = MinMaxScaler().fit(X)
X, X_test = scaler.transform(X), scaler.transform(X_test)

# %%
# The functions act on scaled values, so that the data are scaled to [0, 1] and the estimator does
# not scale them again. Functions other than "identity" require a random initialization. Pixels
# that are constant in training need no limits, and have the identity in the last network.
by_feature = np.where(np.ptp(X, axis=0) > 0, "clip", "identity").tolist()
functions = {
    "identity, start at PCA": ("identity", "pca"),
    "identity": ("identity", "random"),
    "relu": ("relu", "random"),
    "clip": ("clip", "random"),
    "logistic": ("logistic", "random"),
    "clip, by feature": (by_feature, "random"),
}
outputs = {}
for name, (function, init) in functions.items():
    network = Dense((128, 64), output_activation=function)
    model = AutoencoderTransformer(
        8, network=network, init=init, scaling=None, max_epochs=25, random_state=0
    )
    outputs[name] = model.fit(X).reconstruct(X_test)
outputs["identity, clipped afterwards"] = np.clip(outputs["identity, start at PCA"], 0, 1)

# %%
# From random weights, "clip" and "relu" have a lower error than the identity, and "logistic" has a
# higher one. Starting at the principal components, which requires the identity, and clipping
# afterwards is as good as "clip".
figure, axes = plt.subplots(1, 2, figsize=(13, 3.8), layout="constrained")
errors = {name: ((rows - X_test) ** 2).mean() for name, rows in outputs.items()}
for name, rows in outputs.items():
    outside = ((rows < 0) | (rows > 1)).mean()
    print(f"{name:29} error {errors[name]:.4f}, outside the range {outside:.3f}")
axes[0].barh(list(errors), list(errors.values()), color="#3f90da")
axes[0].invert_yaxis()
axes[0].set(xlabel="squared error of test digits, scaled to [0, 1]")
for name in ("identity, start at PCA", "logistic", "clip"):
    axes[1].hist(outputs[name].ravel(), np.linspace(-0.3, 1.3, 81), histtype="step", label=name)
axes[1].set(xlabel="reconstructed value", ylabel="number of pixels", yscale="log")
axes[1].legend()
plt.show()
