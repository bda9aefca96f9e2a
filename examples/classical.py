"""
The classical autoencoder, and a deep one
=========================================

One hidden layer with a rectified code, trained from random weights with the binary cross-entropy:
the autoencoder of the textbooks. Beside it a deep one, one with batch normalisation and dropout
whose decoder is no mirror of the encoder, and the default, which starts at PCA.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import ReconstructionDisplay
from sklearn_autoencoders.networks import Dense

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)  # in [0, 1], as the loss needs it

# %%
# A network is a value: a recipe that is given to the estimator. All codes have 16 numbers.
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
# Encoder and decoder are separate: codes can be kept, and decoded later.
codes = autoencoders["one layer"].transform(X_test)
print(f"codes from {codes.min():.1f} on, {np.mean(codes == 0):.0%} of them zero")
back = autoencoders["one layer"].inverse_transform(codes)

# %%
# What comes back of the same test digits.
figure, axes = plt.subplots(2, 2, figsize=(13, 3.8), layout="constrained")
for axis, (name, autoencoder) in zip(axes.flat, autoencoders.items(), strict=True):
    ReconstructionDisplay.from_estimator(autoencoder, X_test, image_shape=(8, 8), ax=axis)
    axis.set_title(f"{name}: R² {autoencoder.score(X_test):.3f}")
plt.show()
