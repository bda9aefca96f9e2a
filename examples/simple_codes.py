"""
Simpler codes: β-VAE and codebook
=================================

A larger weight ``beta`` of the divergence makes a VAE use fewer components. A codebook restricts
the code to a small set of vectors. Both increase the reconstruction error.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_autoencoders import VAEGenerator
from sklearn_autoencoders.inspection import ReconstructionDisplay
from sklearn_autoencoders.networks import VectorQuantizer

X, y = load_digits(return_X_y=True)
X, X_test = train_test_split(X / 16, random_state=0)
settings = {"max_epochs": 20, "random_state": 0}

# %%
# Gaussian likelihood with one noise level for each feature, and the standard normal prior.
generators = {
    f"β = {beta:g}": VAEGenerator(10, beta=beta, latent="normal", **settings).fit(X)
    for beta in (0.5, 4, 12)
}
codebook = VAEGenerator(10, latent=VectorQuantizer(n_codes=32, group_size=2), **settings).fit(X)
for name, generator in generators.items():
    error = ((generator.reconstruct(X_test) - X_test) ** 2).mean()
    print(f"{name:9} in use {generator.active_units_:2}, error per pixel {error:.4f}")
values = {tuple(code) for code in np.round(codebook.transform(X_test)[:, :2], 4)}
error = ((codebook.reconstruct(X_test) - X_test) ** 2).mean()
print(f"codebook  first pair of components: {len(values)} different values, error {error:.4f}")

# %%
# Left: the divergence of each component from the prior, in decreasing order. A component with zero
# divergence carries no information. Right: the reconstructions.
figure, axes = plt.subplot_mosaic("AB;AC;AD", figsize=(13, 5), layout="constrained")
styles = (("#3f90da", "o-"), ("#bd1f01", "s--"), ("#832db6", "^:"))
for (name, generator), (color, style) in zip(generators.items(), styles, strict=True):
    kl = np.sort(generator.kl_per_component_)[::-1]
    axes["A"].plot(np.arange(1, 11), kl, style, color=color, label=name)
axes["A"].set(xlabel="component", ylabel="divergence in nats", xticks=range(1, 11))
axes["A"].legend(frameon=False)
shown = {"β = 0.5": generators["β = 0.5"], "β = 12": generators["β = 12"], "codebook": codebook}
for place, (name, generator) in zip("BCD", shown.items(), strict=True):
    ReconstructionDisplay.from_estimator(generator, X_test, image_shape=(8, 8), ax=axes[place])
    axes[place].set_title(name)
plt.show()
