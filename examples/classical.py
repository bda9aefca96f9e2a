"""
Classical and deep autoencoders
===============================

The classical autoencoder has one hidden layer with a rectified code. It is trained from random
weights with the binary cross-entropy. This example compares it with a deep autoencoder, with an
asymmetric autoencoder that uses batch normalization and dropout, and with the default, which is
initialized at the PCA solution.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import ReconstructionDisplay
from sklearn_autoencoders.networks import Dense

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)  # in [0, 1], as the loss requires

# %%
# The architecture of the network is a parameter of the estimator. All autoencoders have 16
# components.
one_layer = Dense((), code_activation="relu")
deep = Dense((256, 64), activation="relu")
asymmetric = Dense(
    (256, 64), activation="relu", batch_norm=True, dropout=0.1, decoder_layer_sizes=(128,)
)
settings = {"loss": "binary_cross_entropy", "random_state": 0}
autoencoders = {
    "one layer": AutoencoderTransformer(16, network=one_layer, init="random", **settings),
    "deep": AutoencoderTransformer(16, network=deep, init="random", **settings),
    "asymmetric": AutoencoderTransformer(16, network=asymmetric, init="random", **settings),
    "default": AutoencoderTransformer(16, **settings),
}
for name, autoencoder in autoencoders.items():
    autoencoder.fit(X)
    print(f"{name:11} held-out R² {autoencoder.score(X_test):.3f}")

# %%
# ``transform`` and ``inverse_transform`` apply the encoder and the decoder separately, so that
# codes can be stored and decoded later.
codes = autoencoders["one layer"].transform(X_test)
print(f"smallest value of a code {codes.min():.1f}, fraction of zeros {np.mean(codes == 0):.0%}")
back = autoencoders["one layer"].inverse_transform(codes)

# %%
# The reconstructions of the same test digits.
figure, axes = plt.subplots(2, 2, figsize=(13, 3.8), layout="constrained")
for axis, (name, autoencoder) in zip(axes.flat, autoencoders.items(), strict=True):
    ReconstructionDisplay.from_estimator(autoencoder, X_test, image_shape=(8, 8), ax=axis)
    axis.set_title(f"{name}: R² {autoencoder.score(X_test):.3f}")
plt.show()
