"""
Latent codes of texts
=====================

A variational autoencoder of texts can predict a character so well from the preceding ones that it
ignores the code. In this example, this happens to a recurrent decoder, but not to a hybrid decoder
with an auxiliary loss. Its codes can be drawn, decoded and interpolated.
"""

# %%
# The data are the names in NumPy, SciPy and scikit-learn of at most 12 characters.
import warnings

import matplotlib.pyplot as plt
import numpy as np
from scipy import signal, special, stats
from sklearn import cluster, linear_model, metrics

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders.exceptions import PosteriorCollapseWarning
from sklearn_autoencoders.networks import TextHybrid

modules = np, special, stats, signal, metrics, cluster, linear_model
found = {name for module in modules for name in dir(module) if name[0] != "_"}
names = sorted(name for name in found if len(name) <= 12)
print(f"{len(names)} names, for instance {names[100:900:200]}")

sizes = {"channels": (32, 32), "hidden_size": 32}
settings = {"latent": "normal", "batch_size": 64, "max_epochs": 10, "random_state": 0}
generators = {
    "recurrent decoder": VAEGenerator(8, network=TextHybrid("recurrent", **sizes), **settings),
    "hybrid decoder": VAEGenerator(8, network=TextHybrid(**sizes), auxiliary=2.0, **settings),
}

# %%
# Names are decoded from codes that are drawn from the prior, with the most probable characters.
# ``kl_per_component_`` is the information in each component, in nats.
for label, generator in generators.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PosteriorCollapseWarning)
        generator.fit(names)
    drawn = generator.sample(200, random_state=0, noise=False)
    nats = generator.kl_per_component_.sum()
    print(f"{label}: {nats:.2f} nats, {len(set(drawn))} distinct names of 200, {drawn[:4]}")

# %%
# A path from one name to another. Its ends are the reconstructions of the names.
pairs = [("arcsin", "multiply"), ("Lasso", "logical_not"), ("zeros", "kmeans")]
figure, axes = plt.subplots(1, 2, figsize=(11, 4), width_ratios=[1, 1.5], layout="constrained")
for label, generator in generators.items():
    axes[0].plot(np.sort(generator.kl_per_component_)[::-1], "o-", label=label)
axes[0].set(xlabel="component, in order of its divergence", ylabel="divergence in nats", ylim=0)
axes[0].legend()
axes[1].axis("off")
for column, (start, end) in enumerate(pairs):
    path = generators["hybrid decoder"].interpolate(start, end, n_steps=6)
    for row, text in enumerate([start, *path, end]):
        is_given = row in (0, len(path) + 1)
        axes[1].text(
            column / 3,
            0.95 - row / 8,
            text,
            family="monospace",
            weight="bold" if is_given else "normal",
        )
axes[1].set_title("names (bold), and the path between their codes")
plt.show()
