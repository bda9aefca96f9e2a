"""
Every picture of a fitted autoencoder
=====================================

:mod:`sklearn_autoencoders.inspection` draws what was learnt, in the manner of scikit-learn's
displays: one call each, on axes of your own if you give some.
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
# The loss of every epoch. On rows that training has not seen it stops falling earlier.
LossCurveDisplay.from_estimator(autoencoder)

# %%
# Originals over what comes back of them.
ReconstructionDisplay.from_estimator(autoencoder, X_test, image_shape=(8, 8))

# %%
# Where rows lie among the codes: two components of eight.
LatentDisplay.from_estimator(autoencoder, X_test, y_test)

# %%
# All eight components, a line for each row, sorted by digit.
CodesDisplay.from_estimator(autoencoder, X_test, y_test)

# %%
# What the units of the first layer look for. Few of them show a stroke that a reader would name.
WeightsDisplay.from_estimator(autoencoder, image_shape=(8, 8), n_units=36)

# %%
# What happens to a median digit if one component changes and the others stay.
TraversalDisplay.from_estimator(autoencoder, X_test, components=[0, 1, 2], image_shape=(8, 8))

# %%
# And what lies on the straight way between the codes of two digits: not all of it is a digit.
# :doc:`latent_space` has a model that was made for that.
TraversalDisplay.from_interpolation(autoencoder, X_test[:3], X_test[3:6], image_shape=(8, 8))
plt.show()
