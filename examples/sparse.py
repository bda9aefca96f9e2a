"""
Sparse and overcomplete codes
=============================

A code of 128 components could simply copy 64 pixels. Sparsity prevents this: an L1 penalty shrinks
every component of the code to zero, and the Kullback-Leibler penalty makes each component active
for a few samples only.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import CodesDisplay
from sklearn_autoencoders.networks import Dense
from sklearn_autoencoders.objectives import L1, KLSparsity

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X / 16, y, random_state=0)
settings = {"init": "random", "weight_decay": 0.0, "learning_rate": 1e-2, "random_state": 0}

# %%
# Encoder and decoder have one layer each. A rectified code can be exactly zero. The
# Kullback-Leibler penalty requires codes between zero and one.
relu, logistic = Dense((), code_activation="relu"), Dense((), code_activation="logistic")
autoencoders = {
    "no penalty": AutoencoderTransformer(128, network=relu, **settings),
    "L1": AutoencoderTransformer(128, network=relu, penalty=L1(0.005), **settings),
    "KL": AutoencoderTransformer(128, network=logistic, penalty=KLSparsity(0.02, 0.05), **settings),
}

# %%
# Each line of an image is the code of one digit, sorted by class. Without a penalty, most
# components are in use. Sparsity increases the reconstruction error.
figure, axes = plt.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
for axis, (name, autoencoder) in zip(axes, autoencoders.items(), strict=True):
    active = (autoencoder.fit(X).transform(X_test) > 0.1).mean(axis=0).sum()
    CodesDisplay.from_estimator(autoencoder, X_test, y_test, ax=axis)
    title = f"{name}: {active:.0f} of 128 in use, R² {autoencoder.score(X_test):.3f}"
    axis.set_title(title)
    axis.set_xticks((0, 32, 64, 96, 127), (0, 32, 64, 96, 127))
    print(title)
plt.show()
