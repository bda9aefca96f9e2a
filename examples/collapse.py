"""
Posterior collapse
==================

A VAE with a large weight of the divergence may learn to ignore its code: the posterior collapses to
the prior, and every sample is reconstructed as the mean. In this example, a random initialization
and ``beta=4`` cause the collapse. Five remedies are applied, one at a time.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders.exceptions import PosteriorCollapseWarning
from sklearn_autoencoders.inspection import ReconstructionDisplay

X, _ = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)
collapsing = VAEGenerator(10, latent="normal", beta=4, init="random", max_epochs=12, random_state=0)
remedies = {
    "none": {},
    "input dropout": {"corruption": "dropout"},
    "slow increase of beta": {"kl_warmup": 0.5},
    "free bits": {"free_bits": 0.5},
    "auxiliary term": {"auxiliary": 1.0},
    "initialization at PCA": {"init": "pca"},
}

# %%
# The estimator warns if hardly any component is in use. ``active_units_`` counts the components in
# use. A component that varies slightly may still carry no information: compare the divergence in
# nats.
generators, errors = {}, {}
with warnings.catch_warnings():
    warnings.simplefilter("ignore", PosteriorCollapseWarning)
    for name, params in remedies.items():
        generators[name] = generator = VAEGenerator(**collapsing.get_params())
        generator.set_params(**params).fit(X)
        errors[name] = ((generator.reconstruct(X_test) - X_test) ** 2).mean()
        nats = generator.kl_per_component_.sum()
        print(f"{name:21} active {generator.active_units_:2}, {nats:4.1f} nats, {errors[name]:.4f}")

# %%
# Free bits, the auxiliary term and the initialization at PCA prevent the collapse. A slow increase
# of beta preserves about half of the code. Input dropout does not help here. The simplest remedy is
# a smaller beta.
figure, axes = plt.subplot_mosaic(
    "AB;AC;AD", figsize=(13, 5), width_ratios=[1, 1.2], layout="constrained"
)
names = list(remedies)
axes["A"].barh(names, [generators[name].kl_per_component_.sum() for name in names], color="#3f90da")
axes["A"].invert_yaxis()
axes["A"].set(xlabel="divergence of the code in nats")
for place, name in zip("BCD", ("none", "slow increase of beta", "free bits"), strict=True):
    back = generators[name].reconstruct(X_test[:10])
    ReconstructionDisplay.from_predictions(
        X_test[:10], np.clip(back, 0, 1), image_shape=(8, 8), ax=axes[place]
    )
    axes[place].set_title(f"{name}: error per pixel {errors[name]:.3f}")
plt.show()
