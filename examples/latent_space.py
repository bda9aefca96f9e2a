"""
Generation of digits
====================

:class:`~sklearn_autoencoders.VAEGenerator` models the distribution of the digits. With
``conditional=True`` it models the distribution of the digits given their class.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders.inspection import ReconstructionDisplay, TraversalDisplay

X, y = load_digits(return_X_y=True)
X, X_test, y, _ = train_test_split(X / 16, y, random_state=0)
settings = {"likelihood": "continuous_bernoulli", "max_epochs": 30, "random_state": 0}
plain = VAEGenerator(10, **settings).fit(X)
conditional = VAEGenerator(10, conditional=True, **settings).fit(X, y)
print(f"log-likelihood of test digits: {plain.score(X_test):.1f} nats")
print(f"components in use: {plain.active_units_} of {plain.n_components_}")

# %%
# Top: new digits of every class, without and with the learned noise of the pixels. Bottom: samples
# around one digit, drawn from its posterior and from a distribution three times as wide.
figure, axes = plt.subplots(2, 1, figsize=(8, 4), layout="constrained")
classes = np.arange(10)
drawn = [conditional.sample(y=classes, random_state=0, noise=noise) for noise in (False, True)]
around = [plain.perturb(X_test[:1], scale, 10, random_state=0, noise=False) for scale in (1, 3)]
for axis, pair in zip(axes, (drawn, around), strict=True):
    ReconstructionDisplay.from_predictions(*pair, image_shape=(8, 8), ax=axis)
axes[0].set_yticklabels(["sampled", "with noise"])
axes[1].set_yticklabels(["scale 1", "scale 3"])

# %%
# Interpolation between pairs of digits in the latent space, and the effect of the three components
# with the largest divergence.
TraversalDisplay.from_interpolation(plain, X_test[:3], X_test[3:6], image_shape=(8, 8))
largest = np.argsort(-plain.kl_per_component_)[:3]
TraversalDisplay.from_estimator(plain, X, components=largest, image_shape=(8, 8))
plt.show()
