"""
Digits drawn, varied and turned into one another
================================================

:class:`~sklearn_autoencoders.VAEGenerator` learns a distribution: of digits, and with
``conditional=True`` of digits given their kind.
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
# Top: new digits of every kind, without and with the noise of single pixels that the model has
# learnt. Below: draws around one digit, from its posterior and from one three times as wide.
figure, axes = plt.subplots(2, 1, figsize=(8, 4), layout="constrained")
kinds = np.arange(10)
drawn = [conditional.sample(y=kinds, random_state=0, noise=noise) for noise in (False, True)]
around = [plain.perturb(X_test[:1], scale, 10, random_state=0, noise=False) for scale in (1, 3)]
for axis, pair in zip(axes, (drawn, around), strict=True):
    ReconstructionDisplay.from_predictions(*pair, image_shape=(8, 8), ax=axis)
axes[0].set_yticklabels(["drawn", "with noise"])
axes[1].set_yticklabels(["around one", "farther"])

# %%
# From one digit to another along a line of codes, and what the three busiest components do.
TraversalDisplay.from_interpolation(plain, X_test[:3], X_test[3:6], image_shape=(8, 8))
busiest = np.argsort(-plain.kl_per_component_)[:3]
TraversalDisplay.from_estimator(plain, X, components=busiest, image_shape=(8, 8))
plt.show()
