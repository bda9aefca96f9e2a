"""
Displays of a fitted autoencoder
================================

:mod:`sklearn_autoencoders.inspection` provides displays in the style of scikit-learn. Each of them
is a single call, which optionally plots on existing axes.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import AutoencoderTransformer
from sklearn_autoencoders.inspection import (
    CodesDisplay,
    LatentDisplay,
    LossCurveDisplay,
    ReconstructionDisplay,
    TraversalDisplay,
    WeightsDisplay,
)

X, y = load_digits(return_X_y=True)
X, X_test, y, y_test = train_test_split(X, y, random_state=0)
autoencoder = AutoencoderTransformer(8, early_stopping=True, random_state=0).fit(X)

# %%
# The loss of every epoch. On validation samples it stops decreasing earlier.
LossCurveDisplay.from_estimator(autoencoder)

# %%
# Original samples (top) and their reconstructions (bottom).
ReconstructionDisplay.from_estimator(autoencoder, X_test, image_shape=(8, 8))

# %%
# The samples in the latent space: two components of eight.
LatentDisplay.from_estimator(autoencoder, X_test, y_test)

# %%
# All eight components, one line for each sample, sorted by digit.
CodesDisplay.from_estimator(autoencoder, X_test, y_test)

# %%
# The weights of the units of the first layer. Few of them show recognizable strokes.
WeightsDisplay.from_estimator(autoencoder, image_shape=(8, 8), n_units=36)

# %%
# The effect on a median digit if one component changes and the others are constant.
TraversalDisplay.from_estimator(autoencoder, X_test, components=[0, 1, 2], image_shape=(8, 8))

# %%
# Linear interpolation between the codes of two digits. Not all intermediate images are digits.
# :doc:`latent_space` shows a generative model, which is designed for this.
TraversalDisplay.from_interpolation(autoencoder, X_test[:3], X_test[3:6], image_shape=(8, 8))
plt.show()
